"""Every day, what has had its time is destroyed, and a line of the log says how much and by which rule.

Figures do not move: they rest on days, states, choices and counts, none of which is touched. A line is
written in the transaction that destroys, so there is never one without the other.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from portal.cases.chain import Author
from portal.cases.erasing import Forgotten, forget_contact, forget_words
from portal.core.ids import new_id
from portal.people.forgetting import forget_invitations, forget_journal
from portal.protection.finding import (
    due_answer_words,
    due_cases,
    due_contacts,
    due_past_words,
    due_rights,
    due_words,
)
from portal.protection.holding import held_now, note_kept
from portal.protection.models import Destruction
from portal.protection.queries import promised
from portal.protection.rules import HELD, Kept
from portal.questionnaires import forgetting as opinions
from portal.records import forgetting as registers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from portal.core.db import Unit
    from portal.protection.finding import Words
    from portal.protection.holding import Held
    from portal.protection.queries import Promised

PIECES = ("texts", "photos", "contacts")


@dataclass(frozen=True, slots=True)
class Line:
    """Why things went: the line of the schedule with its months, or a request; and the policy in force."""

    rule: str
    policy_number: int
    months: int | None = None


def purge(u: Unit, beside: Mapping[Kept, Words] | None = None) -> int:
    """How many things were destroyed in the structure in scope because their time is over.

    `beside` are words of slices that this one does not know, by their line of the schedule. What is held
    stays, and the log says so once.
    """
    schedule, held = promised(u), held_now(u)
    done = sum(destroy(u, schedule, held) for destroy in _PURGES)
    done += sum(_purge_beside(u, schedule, kept, words) for kept, words in (beside or {}).items())
    _note_held(u, schedule, held)
    return done


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


def _purge_cases(u: Unit, schedule: Promised, held: Held) -> int:
    """Cases whose words go, each by the line it belongs to."""
    number, done = schedule.versions[-1].number, 0
    gone: dict[tuple[Kept, int], list[Forgotten]] = {}
    for due in due_cases(u, schedule):
        if due.case.id not in held.cases:
            pieces = forget_words(u, due.case.id, Author("job"), rule=due.kept.value, policy=number)
            gone.setdefault((due.kept, due.months), []).append(pieces)
    for (kept, months), several in sorted(gone.items()):
        done += note_destroyed(u, Line(kept, number, months), len(several), _sum(several))
    return done


def _purge_contacts(u: Unit, schedule: Promised, held: Held) -> int:
    """Cases whose contact and name go; their words stay for now."""
    number, gone = schedule.versions[-1].number, list[tuple[int, Forgotten]]()
    for due in due_contacts(u, schedule):
        if due.case.id not in held.cases:
            gone.append((due.months, forget_contact(u, due.case.id)))
    return sum(
        note_destroyed(u, Line(Kept.CONTACT, number, months), len(of), _sum(of))
        for months in sorted({one for one, _ in gone})
        for of in [[pieces for one, pieces in gone if one == months]]
    )


def _sum(several: list[Forgotten]) -> dict[str, int]:
    return {name: sum(getattr(one, name) for one in several) for name in PIECES}


def _purge_answer_words(u: Unit, schedule: Promised, _held: Held) -> int:
    days = due_answer_words(u, schedule)
    for day in days:
        opinions.forget_words(u, day)
    return _noted(u, schedule, Kept.ANSWER_WORDS, sum(days.values()))


def _purge_past_words(u: Unit, schedule: Promised, held: Held) -> int:
    due = [row_id for row_id, of in due_past_words(u, schedule) if of not in held.registers]
    if due:
        registers.forget_words(u, due)
    return _noted(u, schedule, Kept.PAST_WORDS, len(due))


def _purge_rights(u: Unit, schedule: Promised, _held: Held) -> int:
    """Words of requests that are over; that there was one, and whether it was in time, stays."""
    due = due_rights(u, schedule)
    for row in due:
        row.key_wrapped = row.words_sealed = None
    u.session.flush()
    return _noted(u, schedule, Kept.RIGHTS, len(due))


def _purge_beside(u: Unit, schedule: Promised, kept: Kept, words: Words) -> int:
    """Words of another slice; its rows are the things, their texts the pieces."""
    due = due_words(u, schedule, kept, words)
    if not due:
        return 0
    line = Line(kept, schedule.versions[-1].number, schedule.months(kept, schedule.versions[-1]))
    return note_destroyed(u, line, len(due), {"texts": words.forget(u, due)})


def _note_held(u: Unit, schedule: Promised, held: Held) -> None:
    """A line of the log, once for each hold, when it keeps what would have gone."""
    cases = {due.case.id for due in (*due_cases(u, schedule), *due_contacts(u, schedule))}
    registered = {of for _row, of in due_past_words(u, schedule)}
    kept = [held.cases[one] for one in sorted(cases & held.cases.keys())]
    kept += [held.registers[one] for one in sorted(registered & held.registers.keys())]
    note_destroyed(u, Line(HELD, schedule.versions[-1].number), note_kept(u, kept))


def _purge_invitations(u: Unit, schedule: Promised, _held: Held) -> int:
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


_PURGES: tuple[Callable[[Unit, Promised, Held], int], ...] = (
    _purge_cases,
    _purge_contacts,
    _purge_answer_words,
    _purge_past_words,
    _purge_invitations,
    _purge_rights,
)
"""Contacts after whole cases: what went with its case is not told twice."""
