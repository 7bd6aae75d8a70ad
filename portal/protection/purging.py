"""Every day, what has had its time is destroyed, and a line of the log says how much and by which rule.

Figures do not move: they rest on days, states, choices and counts, none of which is touched. A line is
written in the transaction that destroys, so there is never one without the other.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.cases.chain import Author
from portal.cases.erasing import Forgotten, forget_contact, forget_words, quiet_cases
from portal.cases.rules import Outcome
from portal.core.ids import new_id
from portal.people.forgetting import forget_invitations, forget_journal
from portal.protection.models import Destruction, RightsRequest
from portal.protection.queries import promised
from portal.protection.rules import Kept
from portal.questionnaires import forgetting as opinions
from portal.records import forgetting as registers
from portal.tenancy.queries import local_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from portal.cases.erasing import Quiet
    from portal.core.db import Unit
    from portal.protection.queries import Promised

_DAY = timedelta(days=1)
_ANSWERED = frozenset({Outcome.ANSWERED, None})
"""How a case ends that was answered; one without outcome (a thanks that was read) is not set aside."""
PIECES = ("texts", "photos", "contacts")


@dataclass(frozen=True, slots=True)
class Line:
    """Why things went: the line of the schedule with its months, or a request; and the policy in force."""

    rule: str
    policy_number: int
    months: int | None = None


def purge(u: Unit) -> int:
    """How many things were destroyed in the structure in scope because their time is over."""
    schedule = promised(u)
    return sum(destroy(u, schedule) for destroy in _PURGES)


def note_destroyed(u: Unit, line: Line, things: int, pieces: Mapping[str, int] | None = None) -> int:
    """How many things a line of the log tells of; no line for none."""
    if things:
        row = Destruction(
            id=new_id(u.now),
            at=u.now,
            rule=line.rule,
            things=things,
            pieces={name: n for name, n in (pieces or {}).items() if n},
            months=line.months,
            policy_number=line.policy_number,
            person_id=u.scope.actor_id,
        )
        u.add(row)
    return things


def pieces_of(gone: Forgotten) -> dict[str, int]:
    """The pieces of a case by name."""
    return dict(zip(PIECES, astuple(gone), strict=True))


def _end_of(day: date) -> datetime:
    """An instant behind that day everywhere: what is judged by its local day is looked for up to here."""
    return datetime.combine(day + _DAY, time.max, UTC)


def _kept(case: Quiet) -> Kept:
    return Kept.CASE if case.outcome in _ANSWERED else Kept.CASE_ASIDE


def _purge_cases(u: Unit, schedule: Promised) -> int:
    """Cases whose words go, each by the line it belongs to."""
    lines = (Kept.CASE, Kept.CASE_ASIDE)
    until = _end_of(schedule.last_day(min(schedule.shortest(one) for one in lines)))
    number, done = schedule.versions[-1].number, 0
    gone: dict[tuple[Kept, int], list[Forgotten]] = {}
    for case in quiet_cases(u, until):
        kept, then = _kept(case), schedule.of(case.policy_id)
        if schedule.is_due(kept, local_day(u, case.since), then):
            pieces = forget_words(u, case.id, Author("job"), rule=kept.value, policy=number)
            gone.setdefault((kept, schedule.months(kept, then)), []).append(pieces)
    for (kept, months), several in sorted(gone.items()):
        done += note_destroyed(u, Line(kept, number, months), len(several), _sum(several))
    return done


def _purge_contacts(u: Unit, schedule: Promised) -> int:
    """Cases whose contact and name go; their words stay for now."""
    until = _end_of(schedule.last_day(schedule.shortest(Kept.CONTACT)))
    number, gone = schedule.versions[-1].number, list[tuple[int, Forgotten]]()
    for case in quiet_cases(u, until):
        then = schedule.of(case.policy_id)
        if case.has_contact and schedule.is_due(Kept.CONTACT, local_day(u, case.since), then):
            gone.append((schedule.months(Kept.CONTACT, then), forget_contact(u, case.id)))
    return sum(
        note_destroyed(u, Line(Kept.CONTACT, number, months), len(of), _sum(of))
        for months in sorted({one for one, _ in gone})
        for of in [[pieces for one, pieces in gone if one == months]]
    )


def _sum(several: list[Forgotten]) -> dict[str, int]:
    return {name: sum(getattr(one, name) for one in several) for name in PIECES}


def _purge_answer_words(u: Unit, schedule: Promised) -> int:
    kept, texts = Kept.ANSWER_WORDS, 0
    for day, n in opinions.days_with_words(u, schedule.last_day(schedule.shortest(kept))).items():
        if schedule.is_due(kept, day):
            opinions.forget_words(u, day)
            texts += n
    return _noted(u, schedule, kept, texts)


def _purge_past_words(u: Unit, schedule: Promised) -> int:
    kept = Kept.PAST_WORDS
    rows = registers.rows_with_words(u, schedule.last_day(schedule.shortest(kept)))
    due = [row_id for row_id, day in rows if schedule.is_due(kept, day)]
    if due:
        registers.forget_words(u, due)
    return _noted(u, schedule, kept, len(due))


def _purge_rights(u: Unit, schedule: Promised) -> int:
    """Words of requests that are over; that there was one, and whether it was in time, stays."""
    closed = func.coalesce(RightsRequest.answered_on, RightsRequest.refused_on)
    until = schedule.last_day(schedule.shortest(Kept.RIGHTS))
    rows = u.all(select(RightsRequest).where(RightsRequest.key_wrapped.is_not(None), closed <= until))
    due = [row for row in rows if schedule.is_due(Kept.RIGHTS, _closed_on(row))]
    for row in due:
        row.key_wrapped = row.words_sealed = None
    u.session.flush()
    return _noted(u, schedule, Kept.RIGHTS, len(due))


def _closed_on(row: RightsRequest) -> date:
    return row.answered_on or row.refused_on or row.due_on


def _purge_invitations(u: Unit, schedule: Promised) -> int:
    return _by_instant(u, schedule, Kept.INVITATION, forget_invitations)


def purge_journal(u: Unit) -> int:
    """How many lines of the journal were destroyed.

    A job of its own: the database refuses to let go of the last six months by its own clock, and when the two
    clocks differ nothing else may wait for that.
    """
    return _by_instant(u, promised(u), Kept.JOURNAL, forget_journal)


def _by_instant(u: Unit, schedule: Promised, kept: Kept, forget: Callable[[Unit, datetime], int]) -> int:
    """What belongs to the house itself goes by the schedule in force: nobody outside was promised another."""
    months = schedule.months(kept, schedule.versions[-1])
    until = datetime.combine(schedule.last_day(months), time.min, UTC)
    number = schedule.versions[-1].number
    return note_destroyed(u, Line(kept, number, months), forget(u, until))


def _noted(u: Unit, schedule: Promised, kept: Kept, texts: int) -> int:
    in_force = schedule.versions[-1]
    months = schedule.months(kept, in_force)
    return note_destroyed(u, Line(kept, in_force.number, months), texts, {"texts": texts})


_PURGES: tuple[Callable[[Unit, Promised], int], ...] = (
    _purge_cases,
    _purge_contacts,
    _purge_answer_words,
    _purge_past_words,
    _purge_invitations,
    _purge_rights,
)
"""Contacts after whole cases: what went with its case is not told twice."""
