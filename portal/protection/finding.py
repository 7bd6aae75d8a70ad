"""What has had its time on a day: tonight for the purge, in a month for whoever wants to be told before.

One place says what is due, so that what is announced is what will go. What is held is found too, and told
apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import func, select

from portal.cases.erasing import quiet_cases
from portal.cases.rules import Outcome
from portal.protection.holding import held_now
from portal.protection.models import RightsRequest
from portal.protection.queries import promised
from portal.protection.rules import Kept
from portal.questionnaires import forgetting as opinions
from portal.records import forgetting as registers
from portal.tenancy.queries import local_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.cases.erasing import Quiet
    from portal.core.db import Unit
    from portal.protection.queries import Promised

AHEAD = timedelta(days=30)
"""How long before it goes something is announced: one mail of the week, and three more."""
_DAY = timedelta(days=1)
_ANSWERED = frozenset({Outcome.ANSWERED, None})
"""How a case ends that was answered; one without outcome (a thanks that was read) is not set aside."""


class Words(Protocol):
    """Words of a slice that this one does not know: which rows have some, and how they lose them."""

    def resting(self, u: Unit, until: date, end: datetime, /) -> list[tuple[UUID, date]]:
        """Rows with words, last alive on that day or before, with that day."""

    def forget(self, u: Unit, ids: Sequence[UUID], /) -> int:
        """How many texts went."""


@dataclass(frozen=True, slots=True)
class DueCase:
    """A case whose words or contact have had their time: by which line, and after how many months."""

    kept: Kept
    months: int
    case: Quiet


def end_of(day: date) -> datetime:
    """An instant behind that day everywhere: what is judged by its local day is looked for up to here."""
    return datetime.combine(day + _DAY, time.max, UTC)


def due_cases(u: Unit, schedule: Promised) -> list[DueCase]:
    """Cases whose words go, each by the line it belongs to; held ones too."""
    until = end_of(schedule.last_day(min(schedule.shortest(one) for one in (Kept.CASE, Kept.CASE_ASIDE))))
    found = []
    for case in quiet_cases(u, until):
        kept = Kept.CASE if case.outcome in _ANSWERED else Kept.CASE_ASIDE
        then = schedule.of(case.policy_id)
        if schedule.is_due(kept, local_day(u, case.since), then):
            found.append(DueCase(kept, schedule.months(kept, then), case))
    return found


def due_contacts(u: Unit, schedule: Promised) -> list[DueCase]:
    """Cases whose contact and name go; held ones too."""
    kept = Kept.CONTACT
    found = []
    for case in quiet_cases(u, end_of(schedule.last_day(schedule.shortest(kept)))):
        then = schedule.of(case.policy_id)
        if case.has_contact and schedule.is_due(kept, local_day(u, case.since), then):
            found.append(DueCase(kept, schedule.months(kept, then), case))
    return found


def due_answer_words(u: Unit, schedule: Promised) -> dict[date, int]:
    """How many words of opinions go, by their day."""
    kept = Kept.ANSWER_WORDS
    days = opinions.days_with_words(u, schedule.last_day(schedule.shortest(kept)))
    return {day: n for day, n in days.items() if schedule.is_due(kept, day)}


def due_past_words(u: Unit, schedule: Promised) -> list[tuple[UUID, UUID]]:
    """Rows of registers whose words go, each with its register; held ones too."""
    kept = Kept.PAST_WORDS
    rows = registers.rows_with_words(u, schedule.last_day(schedule.shortest(kept)))
    return [(row_id, register_id) for row_id, register_id, day in rows if schedule.is_due(kept, day)]


def due_rights(u: Unit, schedule: Promised) -> list[RightsRequest]:
    """Requests about one's data whose words go."""
    closed = func.coalesce(RightsRequest.answered_on, RightsRequest.refused_on)
    until = schedule.last_day(schedule.shortest(Kept.RIGHTS))
    rows = u.all(select(RightsRequest).where(RightsRequest.key_wrapped.is_not(None), closed <= until))
    return [row for row in rows if schedule.is_due(Kept.RIGHTS, _closed_on(row))]


def due_words(u: Unit, schedule: Promised, kept: Kept, words: Words) -> list[UUID]:
    """Rows of another slice whose words go."""
    last = schedule.last_day(schedule.shortest(kept))
    return [row_id for row_id, day in words.resting(u, last, end_of(last)) if schedule.is_due(kept, day)]


def _closed_on(row: RightsRequest) -> date:
    return row.answered_on or row.refused_on or row.due_on


def coming(u: Unit, beside: Mapping[Kept, Words] | None = None) -> dict[Kept, int]:
    """How many things the next thirty nights will destroy, by line of the schedule; what is held is not.

    Words alone: lines of the journal and invitations go every night, and nobody would want to save them.
    """
    schedule, held = promised(u), held_now(u)
    later = replace(schedule, today=schedule.today + AHEAD)
    cases = [one for one in due_cases(u, later) if one.case.id not in held.cases]
    with_words = {one.case.id for one in cases}
    contacts = [one for one in due_contacts(u, later) if one.case.id not in with_words | held.cases.keys()]
    counts = {
        Kept.ANSWER_WORDS: sum(due_answer_words(u, later).values()),
        Kept.CONTACT: len(contacts),
        Kept.CASE: sum(one.kept is Kept.CASE for one in cases),
        Kept.CASE_ASIDE: sum(one.kept is Kept.CASE_ASIDE for one in cases),
        Kept.PAST_WORDS: len([one for one in due_past_words(u, later) if one[1] not in held.registers]),
        Kept.RIGHTS: len(due_rights(u, later)),
        **{kept: len(due_words(u, later, kept, words)) for kept, words in (beside or {}).items()},
    }
    return {kept: n for kept, n in counts.items() if n}
