"""What time does to cases: a pause that lasted too long ends, an answer that nobody contests closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.actions import take
from portal.cases.models import Case
from portal.cases.queries import events_of, frame_of, standing_of, written_again
from portal.cases.rules import CLOSE_AFTER_DAYS, Actor, CaseState
from portal.core.worktime import MAX_PAUSE_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.core.db import Unit


def expire_pauses(u: Unit) -> int:
    """How many cases resumed because we had waited for their filer as long as a pause may last."""
    expired = [case for case in _in_state(u, CaseState.WAITING_FILER) if _is_pause_over(u, case)]
    for case in expired:
        take(u, case.id, "expire_pause", who=Actor.JOB)
    return len(expired)


def auto_close(u: Unit) -> int:
    """How many answered cases closed, long enough after the answer and uncontested."""
    closing = [case for case in _in_state(u, CaseState.ANSWERED) if _is_uncontested(u, case)]
    for case in closing:
        take(u, case.id, "auto_close", who=Actor.JOB)
    return len(closing)


def _in_state(u: Unit, state: CaseState) -> Sequence[Case]:
    return u.all(select(Case).where(Case.state == state).order_by(Case.id))


def _is_pause_over(u: Unit, case: Case) -> bool:
    """Whether the pauses so far, with the open one up to now, use up what is allowed in all."""
    standing, calendar = standing_of(u, case), frame_of(u, case).calendar
    pauses = [(pause.since, pause.until or u.now) for pause in standing.pauses]
    return calendar.paused_days(standing.received_at, pauses, MAX_PAUSE_DAYS) >= MAX_PAUSE_DAYS


def _is_uncontested(u: Unit, case: Case) -> bool:
    """Whether so many working days went by since the answer, or since the last word said after it.

    A filer who has written since, and whom nobody has answered, waits for us: their case stays open.
    """
    answered_at = standing_of(u, case).answered_at
    if answered_at is None or written_again(u, [case]):
        return False
    said = [event.occurred_at for event in events_of(u, case.id) if event.type == "inform"]
    since = max([answered_at, *said])
    return frame_of(u, case).calendar.working_days_between(since, u.now) > CLOSE_AFTER_DAYS
