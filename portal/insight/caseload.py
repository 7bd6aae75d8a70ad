"""What became of the messages: counts, promises kept, delays and ages.

The wall takes out by itself the cases that name the reader: their figures differ from a colleague's, and that
is decided (decisions, 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, select

from portal.cases.models import Case, CaseFact
from portal.cases.rules import CaseState, Kind
from portal.cases.ways import Channel
from portal.cases.worklist import is_overdue, is_owed
from portal.core.worktime import WorkCalendar
from portal.insight.catalogue import AGES
from portal.tenancy.models import CalendarVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select

    from portal.core.db import Unit
    from portal.insight.selection import Selection

_OPEN = frozenset(CaseState) - {CaseState.ANSWERED, CaseState.CLOSED}


@dataclass(frozen=True, slots=True)
class Load:
    """Cases of one kind received at one place between two of the asked days.

    `due` counts those whose promised day has passed, `on_time` those of them that were answered by it; what
    answers nobody is in neither.
    `since` is the latest of the asked days that is not after their reception.
    """

    kind: Kind
    site_id: UUID
    team_id: UUID | None
    agreement_id: UUID | None
    since: date
    n: int
    due: int
    on_time: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How many cases there are, how many are due, how many of those were answered on time."""

    n: int
    due: int
    on_time: int


@dataclass(frozen=True, slots=True)
class Delays:
    """Working days until the first reply and until the answer, of complaints that got one, shortest first.

    `answers` are pairs: without the days spent waiting for the person, and with them.
    """

    first_responses: tuple[int, ...]
    answers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class WaysIn:
    """How messages of every kind came, and after how many working days staff had typed those they typed."""

    counts: Mapping[Channel, int]
    lags: tuple[int, ...]
    """Shortest first."""


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What became of messages of every kind: passed on, outcome known; answered, person told."""

    passed_on: int
    passed_on_known: int
    answered: int
    told: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that is open today: its age in working days, and whether the day promised to it has passed."""

    kind: Kind
    site_id: UUID
    team_id: UUID | None
    agreement_id: UUID | None
    age: int
    is_late: bool

    @property
    def bucket(self) -> str:
        """The figure of `AGES` that counts it."""
        return next(name for name, last in AGES if last is None or self.age <= last)


def total(found: Iterable[Load]) -> Counted:
    """These counts taken together."""
    rows = list(found)
    return Counted(sum(one.n for one in rows), sum(one.due for one in rows), sum(one.on_time for one in rows))


def loads(u: Unit, starts: Sequence[date], end: date, today: date) -> list[Load]:
    """Cases received from the first of `starts` to `end`, for all places, told apart by the later starts."""
    days = sorted(set(starts), reverse=True)
    since = case(*((CaseFact.received_on >= day, n) for n, day in enumerate(days)))
    by = (CaseFact.kind, CaseFact.site_id, CaseFact.team_id, CaseFact.agreement_id, since)
    is_due = and_(CaseFact.answer_due_on < today, is_owed())
    rows = u.rows(
        select(
            *by,
            func.count(),
            _number(is_due),
            _number(and_(is_due, CaseFact.answered_on <= CaseFact.answer_due_on)),
        )
        .where(CaseFact.kind.in_(list(Kind)), CaseFact.received_on.between(days[-1], end))
        .group_by(*by)
    )
    return [
        Load(kind, site, team, agreement, days[which], n, int(due), int(on_time))
        for kind, site, team, agreement, which, n, due, on_time in rows
    ]


def _number(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def complaint_delays(u: Unit, selection: Selection) -> Delays:
    """Delays of the complaints received in the selection; what answers nobody has none."""
    first = _of(select(CaseFact.first_response_net_days, func.count()), selection).where(
        CaseFact.first_response_net_days.is_not(None)
    )
    answer = _of(select(CaseFact.answer_net_days, CaseFact.answer_gross_days, func.count()), selection).where(
        CaseFact.answer_net_days.is_not(None)
    )
    replies = u.rows(first.group_by(CaseFact.first_response_net_days))
    answers = u.rows(answer.group_by(CaseFact.answer_net_days, CaseFact.answer_gross_days))
    return Delays(
        tuple(sorted(days for days, n in replies for _ in range(n))),
        tuple(sorted((net, net if gross is None else gross) for net, gross, n in answers for _ in range(n))),
    )


def _of(wanted: Select[*tuple[Any, ...]], selection: Selection) -> Select[*tuple[Any, ...]]:
    """A reading of facts, narrowed to the complaints of the selection that are owed an answer."""
    received = CaseFact.received_on.between(selection.start, selection.end)
    return wanted.where(CaseFact.kind == Kind.COMPLAINT, received, is_owed(), *_at(selection))


def _at(selection: Selection) -> list[ColumnElement[bool]]:
    """The conditions of the place of a selection."""
    places = (
        (CaseFact.site_id, selection.site_id),
        (CaseFact.team_id, selection.team_id),
        (CaseFact.agreement_id, selection.agreement_id),
    )
    return [column == value for column, value in places if value is not None]


def ways_in(u: Unit, selection: Selection) -> WaysIn:
    """The ways in of the messages received in the selection, whatever became of them."""
    wanted = select(CaseFact.channel, CaseFact.entry_lag_days, func.count()).where(
        CaseFact.received_on.between(selection.start, selection.end), *_at(selection)
    )
    rows = u.rows(wanted.group_by(CaseFact.channel, CaseFact.entry_lag_days))
    counts = dict.fromkeys(Channel, 0)
    for channel, _, n in rows:
        counts[channel] += n
    return WaysIn(counts, tuple(sorted(lag for _, lag, n in rows if lag is not None for _ in range(n))))


def afterwards(u: Unit, selection: Selection) -> Afterwards:
    """What became of the messages received in the selection; answers to nobody are left out."""
    is_answered = CaseFact.answered_on.is_not(None) & is_owed()
    wanted = select(
        func.sum(CaseFact.passed_on),
        func.sum(CaseFact.passed_on_known),
        _number(is_answered),
        _number(is_answered & CaseFact.told_on.is_not(None)),
    ).where(CaseFact.received_on.between(selection.start, selection.end), *_at(selection))
    (row,) = u.rows(wanted)
    return Afterwards(*(int(n or 0) for n in row))


def waiting(u: Unit, today: date) -> list[Waiting]:
    """Every case that is open today, of all kinds and places."""
    is_its_fact = (CaseFact.structure_id == Case.structure_id) & (CaseFact.case_id == Case.id)
    rows = u.rows(
        select(
            Case.kind,
            Case.site_id,
            Case.team_id,
            Case.agreement_id,
            Case.calendar_id,
            Case.received_at,
            case((is_overdue(today), 1), else_=0),
        )
        .join(CaseFact, is_its_fact)
        .where(Case.state.in_(list(_OPEN)))
    )
    calendars = _calendars(u, {row.calendar_id for row in rows})
    return [
        Waiting(
            kind, site, team, agreement, calendars[kept].working_days_between(received, u.now), bool(late)
        )
        for kind, site, team, agreement, kept, received, late in rows
    ]


def _calendars(u: Unit, ids: set[UUID]) -> dict[UUID, WorkCalendar]:
    """The calendars that open cases were received under, by id."""
    kept = u.all(select(CalendarVersion).where(CalendarVersion.id.in_(ids))) if ids else ()
    return {one.id: WorkCalendar.from_document(one.document) for one in kept}
