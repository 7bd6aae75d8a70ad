"""What an audit finds and what the team notices: filed in seconds, read soon, answered to whoever filed it.

A strength is worth as much as a gap: both are kept. From either an action may follow, or a word why none
does; whoever filed it reads what became of it on their own page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.certification.actions import Decided, next_number, open_action, read_words
from portal.certification.models import Action, Observation
from portal.certification.queries import MOST
from portal.certification.rules import AUDITED, Observed, Origin
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.ids import new_id
from portal.people.queries import role_in
from portal.tenancy.vault import opened, sealed, structure_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from portal.core.db import Unit

OBSERVATION = "observation"


class Sees(StrEnum):
    """How much of what was noticed somebody may read."""

    ALL = "all"
    AUDITED = "audited"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and how much."""

    person_id: UUID
    sees: Sees


def observe(u: Unit, kind: Observed, words: str, *, about_id: UUID | None = None) -> Observation:
    """Something new that was noticed, perhaps about a colleague, who never sees it.

    Raises `Invalid("words")`, and `Invalid("about")` for nobody who works here, or for oneself.
    """
    if about_id is not None and (about_id == u.scope.actor_id or role_in(u, about_id) is None):
        raise Invalid("about", reason="unknown")
    said = read_words(words)
    row_id = new_id(u.now)
    row = Observation(
        id=row_id,
        number=next_number(u, OBSERVATION),
        kind=kind,
        words_sealed=sealed(u, structure_key(u), said, (OBSERVATION, row_id, "words_sealed")),
        at=u.now,
        about_id=about_id,
        by_id=u.scope.actor_id,
    )
    u.add(row)
    return row


def observations(u: Unit, reader: Reader) -> Sequence[Observation]:
    """What this reader may see, the newest first; incidents and ideas of colleagues only for who leads."""
    wanted = select(Observation).order_by(Observation.number.desc())
    own = Observation.by_id == reader.person_id
    if reader.sees is Sees.OWN:
        wanted = wanted.where(own)
    elif reader.sees is Sees.AUDITED:
        wanted = wanted.where(own | Observation.kind.in_(AUDITED))
    return u.all(wanted)


def observation_by_number(u: Unit, number: int, reader: Reader) -> Observation:
    """One of them. Raises `NotFound`, also for what this reader may not see."""
    found = u.one(select(Observation).where(Observation.number == min(number, MOST)))
    if found is None or not _may_see(found, reader):
        raise NotFound(OBSERVATION)
    return found


def _may_see(row: Observation, reader: Reader) -> bool:
    is_open_to_all = reader.sees is Sees.ALL or (reader.sees is Sees.AUDITED and row.kind in AUDITED)
    return is_open_to_all or row.by_id == reader.person_id


def words_of_observation(u: Unit, row: Observation) -> str:
    """What was noticed; "" once its words have had their time."""
    if not row.words_sealed:
        return ""
    return opened(u, structure_key(u), row.words_sealed, (OBSERVATION, row.id, "words_sealed"))


def answer_of_observation(u: Unit, row: Observation) -> str | None:
    """What whoever filed it was told; None before."""
    if row.answer_sealed is None:
        return None
    return opened(u, structure_key(u), row.answer_sealed, (OBSERVATION, row.id, "answer_sealed"))


def note_read(u: Unit, row_id: UUID) -> None:
    """Who leads has read it: the first time is kept. Whoever filed it does not read it for others."""
    row = _locked(u, row_id)
    if row.read_at is None and row.by_id != u.scope.actor_id:
        row.read_at, row.read_by = u.now, u.scope.actor_id


def answer(u: Unit, row_id: UUID, words: str) -> Observation:
    """Whoever filed it is told what becomes of it. Raises `Invalid("words")`, `Conflict` when answered."""
    row = _locked(u, row_id)
    if row.answered_at is not None:
        raise Conflict(OBSERVATION)
    said = read_words(words)
    row.answer_sealed = sealed(u, structure_key(u), said, (OBSERVATION, row.id, "answer_sealed"))
    row.answered_at = u.now
    _read(u, row)
    return row


def follow(u: Unit, row_id: UUID, decided: Decided) -> Action:
    """The action that follows. Raises `Conflict` when one does already, and as `open_action` does.

    Of what concerns a colleague nothing but the plan is told as its origin: they read the plan too. It is
    not given to them to do: `Invalid("who")`.
    """
    row = _locked(u, row_id)
    if row.action_id is not None:
        raise Conflict(OBSERVATION)
    if decided.case_id is not None or decided.review_id is not None:
        raise Invalid("what", reason="origin")
    if row.about_id is not None:
        if decided.owner_id == row.about_id:
            raise Invalid("who", reason="concerned")
        decided = replace(decided, from_where=Origin.PLAN)
    action = open_action(u, decided)
    row.action_id = action.id
    _read(u, row)
    return action


def action_of(u: Unit, row: Observation) -> Action | None:
    """The action that followed; None without one."""
    return None if row.action_id is None else u.one(select(Action).where(Action.id == row.action_id))


def _read(u: Unit, row: Observation) -> None:
    if row.read_at is None:
        row.read_at, row.read_by = u.now, u.scope.actor_id


def _locked(u: Unit, row_id: UUID) -> Observation:
    fresh = select(Observation).where(Observation.id == row_id).with_for_update()
    found = u.one(fresh.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(OBSERVATION)
    return found
