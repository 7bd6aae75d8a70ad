"""The register of a period: a line for each case, told by its events, without a word that anybody wrote.

An empty cell says that it did not happen, or not yet: nothing stands in for what no event tells.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.models import Case, CaseEvent, CaseFact
from portal.cases.queries import frame_of, happened
from portal.cases.rules import ClockName
from portal.cases.standing import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from portal.cases.rules import CaseState, Finding, Kind, Outcome
    from portal.cases.ways import Channel
    from portal.core.db import Unit

_AT_ONCE = 500
"""Cases whose events are read together."""


@dataclass(frozen=True, slots=True)
class Line:
    """A case in the register. Days are those of its site; `net_days` and `gross_days` working days."""

    reference: str
    kind: Kind
    channel: Channel
    site_id: UUID
    team_id: UUID | None
    agreement_id: UUID | None
    motif: str | None
    received_on: date
    registered_on: date | None
    acknowledged_on: date | None
    first_response_on: date | None
    due_on: date | None
    answered_on: date | None
    told_on: date | None
    closed_on: date | None
    net_days: int | None
    gross_days: int | None
    state: CaseState
    outcome: Outcome | None
    finding: Finding | None
    reopened: int
    passed_on: int


def ledger(u: Unit, first: date, last: date, kinds: Collection[Kind]) -> list[Line]:
    """The cases of these kinds received from the first to the last day, the oldest first.

    Cases that name the reader are not in it, as everywhere.
    """
    is_its_fact = (CaseFact.structure_id == Case.structure_id) & (CaseFact.case_id == Case.id)
    rows = u.all(
        select(Case)
        .join(CaseFact, is_its_fact)
        .where(CaseFact.received_on.between(first, last), CaseFact.kind.in_(list(kinds)))
        .order_by(Case.received_at, Case.id)
    )
    lines: list[Line] = []
    for begin in range(0, len(rows), _AT_ONCE):
        part = rows[begin : begin + _AT_ONCE]
        events = _events(u, [row.id for row in part])
        lines += [line_of(u, row, events[row.id]) for row in part]
    return lines


def _events(u: Unit, ids: Sequence[UUID]) -> dict[UUID, list[CaseEvent]]:
    by_case: defaultdict[UUID, list[CaseEvent]] = defaultdict(list)
    for event in u.all(select(CaseEvent).where(CaseEvent.case_id.in_(ids)).order_by(CaseEvent.number)):
        by_case[event.case_id].append(event)
    return by_case


def line_of(u: Unit, row: Case, events: Sequence[CaseEvent]) -> Line:
    """The line of one case, told by its events."""
    frame = frame_of(u, row)
    stands = fold(frame, happened(events))

    def day(at: datetime | None) -> date | None:
        return None if at is None else frame.calendar.local(at).date()

    def kept(name: ClockName) -> date | None:
        clock = stands.clocks.get(name)
        return None if clock is None else day(clock.stopped_at)

    answer = stands.first_answer or stands.clocks.get(ClockName.ANSWER)
    return Line(
        reference=row.reference,
        kind=stands.kind,
        channel=row.channel,
        site_id=row.site_id,
        team_id=row.team_id,
        agreement_id=row.agreement_id,
        motif=row.motif,
        received_on=frame.calendar.local(stands.received_at).date(),
        registered_on=day(stands.registered_at),
        acknowledged_on=kept(ClockName.ACK),
        first_response_on=kept(ClockName.FIRST_RESPONSE),
        due_on=stands.first_answer_due_on,
        answered_on=None if answer is None else day(answer.stopped_at),
        told_on=day(stands.told_at),
        closed_on=day(stands.closed_at),
        net_days=None if answer is None else answer.net_days,
        gross_days=None if answer is None else answer.gross_days,
        state=stands.state,
        outcome=stands.outcome,
        finding=stands.finding,
        reopened=stands.reopened,
        passed_on=len(stands.referrals),
    )
