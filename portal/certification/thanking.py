"""Thanks given back: a handler chooses words that somebody wrote, and the team or the colleague reads them.

A message of thanks that names a colleague is hidden from them, as every message about them is; so what they
read is an excerpt that a handler chose, without anything that could tell by whom. They read their own and how
many there are: no score, no rank. Nothing here enters a figure.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from portal.cases.models import Case
from portal.cases.rules import Kind
from portal.certification.actions import next_number
from portal.certification.models import ThanksCase, ThanksGiven
from portal.certification.queries import MOST
from portal.channels.models import Code
from portal.core.errors import Conflict, Invalid, NotFound, Refused
from portal.core.ids import new_id
from portal.core.languages import LANGUAGES
from portal.people.queries import members
from portal.tenancy.queries import local_day, teams
from portal.tenancy.vault import opened, sealed, structure_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit
    from portal.people.queries import Member

THANKS = "thanks_given"
MAX_THANKS = 400
MOST_WAITING = 30
"""Messages of thanks that a page offers to give back, the newest first."""


@dataclass(frozen=True, slots=True)
class Thanked:
    """What is given back, to a team or to one person, and where it was chosen from."""

    words: str
    language: str
    team_id: UUID | None = None
    person_id: UUID | None = None
    case_id: UUID | None = None
    response_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A word of thanks as it was given back; None of its words once it was withdrawn."""

    row: ThanksGiven
    words: str | None


def give(u: Unit, given: Thanked) -> ThanksGiven:
    """The words, given back: whoever they are for reads them from now on.

    Raises `Invalid("words" | "whom")` with a reason, `Refused("kind")` for a message that is no thanks,
    `Conflict("thanks_given")` for one whose thanks were given back already, `NotFound`.
    """
    words = given.words.replace("\r\n", "\n").strip()
    faults = (
        ("words", "empty", not words),
        ("words", "long", len(words) > MAX_THANKS),
        ("whom", "empty", (given.team_id is None) == (given.person_id is None)),
        ("whom", "unknown", given.team_id not in {None, *(one.id for one in teams(u))}),
        ("whom", "unknown", given.person_id not in {None, *(one.person.id for one in members(u))}),
        ("words", "empty", given.language not in LANGUAGES),
    )
    for field, reason, is_wrong in faults:
        if is_wrong:
            raise Invalid(field, reason=reason, limit=MAX_THANKS)
    if u.scope.actor_id is None:
        raise Refused("nobody")
    _require_new(u, given)
    row_id = new_id(u.now)
    row = ThanksGiven(
        id=row_id,
        number=next_number(u, THANKS),
        words_sealed=sealed(u, structure_key(u), words, (THANKS, row_id, "words_sealed")),
        language=given.language,
        response_id=given.response_id,
        team_id=given.team_id,
        person_id=given.person_id,
        given_at=u.now,
        given_by=u.scope.actor_id,
    )
    u.add(row)
    if given.case_id is not None:
        u.add(ThanksCase(case_id=given.case_id, thanks_id=row.id))
    return row


def _require_new(u: Unit, given: Thanked) -> None:
    if given.case_id is not None:
        case = u.one(select(Case).where(Case.id == given.case_id))
        if case is None:
            raise NotFound("case")
        if case.kind is not Kind.THANKS:
            raise Refused("kind")
        if case.id in _given_cases(u):
            raise Conflict(THANKS)
    if given.response_id is not None and given.response_id in given_responses(u):
        raise Conflict(THANKS)


def look(u: Unit, number: int) -> ThanksGiven:
    """The thanks, read by a second person, which is noted. Raises `Refused("second_person")`, `NotFound`."""
    row = thanks_by_number(u, number)
    if u.scope.actor_id in {None, row.given_by}:
        raise Refused("second_person")
    if row.checked_at is None:
        row.checked_at, row.checked_by = u.now, u.scope.actor_id
    return row


def withdraw_thanks(u: Unit, number: int) -> ThanksGiven:
    """The thanks, read by nobody any more, its words gone; once is enough. Raises `NotFound`."""
    row = thanks_by_number(u, number)
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by, row.words_sealed = u.now, u.scope.actor_id, None
    return row


def withdraw_thanks_of(u: Unit, case_id: UUID) -> None:
    """What was chosen from this message is read by nobody any more, its words gone."""
    chosen = select(ThanksCase.thanks_id).where(ThanksCase.case_id == case_id)
    for row in u.all(select(ThanksGiven).where(ThanksGiven.id.in_(chosen)).with_for_update()):
        if row.withdrawn_at is None:
            row.withdrawn_at, row.withdrawn_by = u.now, u.scope.actor_id
        row.words_sealed = None


def thanks_by_number(u: Unit, number: int) -> ThanksGiven:
    """One of them, for a change. Raises `NotFound`."""
    row = u.one(select(ThanksGiven).where(ThanksGiven.number == min(number, MOST)).with_for_update())
    if row is None:
        raise NotFound(THANKS)
    return row


def all_thanks(u: Unit) -> list[Kept]:
    """Every one that was given back, the last one first."""
    rows = u.all(select(ThanksGiven).order_by(ThanksGiven.number.desc()))
    return [_kept(u, one) for one in rows]


def thanks_for(u: Unit, person_id: UUID) -> list[Kept]:
    """What this person may read as theirs, the last first: given to them, or to their team."""
    team_id = next((one.team_id for one in members(u) if one.person.id == person_id), None)
    mine = [ThanksGiven.person_id == person_id]
    if team_id is not None:
        mine.append(ThanksGiven.team_id == team_id)
    wanted = select(ThanksGiven).where(or_(*mine), ThanksGiven.withdrawn_at.is_(None))
    return [_kept(u, one) for one in u.all(wanted.order_by(ThanksGiven.number.desc()))]


def thanks_of_week(u: Unit, monday: date, people: Iterable[Member]) -> Counter[UUID]:
    """How many each of these people was given in the week before that Monday, by person."""
    days = {monday - timedelta(days=n) for n in range(1, 8)}
    rows = [
        one
        for one in u.all(select(ThanksGiven).where(ThanksGiven.withdrawn_at.is_(None)))
        if local_day(u, one.given_at) in days
    ]
    found: Counter[UUID] = Counter()
    for who in people:
        found[who.person.id] = sum(
            one.person_id == who.person.id or (who.team_id is not None and one.team_id == who.team_id)
            for one in rows
        )
    return found


def waiting_thanks(u: Unit) -> Sequence[Case]:
    """Messages of thanks that nobody gave back yet, the newest first; words of an erased one are gone."""
    wanted = select(Case).where(Case.kind == Kind.THANKS, Case.key_wrapped.is_not(None))
    given = _given_cases(u)
    rows = u.all(wanted.order_by(Case.received_at.desc(), Case.id.desc()).limit(MOST_WAITING + len(given)))
    return [one for one in rows if one.id not in given][:MOST_WAITING]


def whose_code(u: Unit, case: Case) -> UUID | None:
    """The colleague whose code the message came by; None for a code of nobody, or none."""
    return None if case.code_id is None else u.one(select(Code.mediator_id).where(Code.id == case.code_id))


def given_responses(u: Unit) -> set[UUID]:
    """The opinions whose words were given back and stand."""
    wanted = select(ThanksGiven.response_id)
    rows = u.all(wanted.where(ThanksGiven.response_id.is_not(None), ThanksGiven.withdrawn_at.is_(None)))
    return {one for one in rows if one is not None}


def _given_cases(u: Unit) -> set[UUID]:
    """The messages whose thanks were given back and stand."""
    is_its = (ThanksCase.structure_id == ThanksGiven.structure_id) & (ThanksCase.thanks_id == ThanksGiven.id)
    return set(
        u.all(select(ThanksCase.case_id).join(ThanksGiven, is_its).where(ThanksGiven.withdrawn_at.is_(None)))
    )


def _kept(u: Unit, row: ThanksGiven) -> Kept:
    if row.words_sealed is None:
        return Kept(row, None)
    return Kept(row, opened(u, structure_key(u), row.words_sealed, (THANKS, row.id, "words_sealed")))
