"""Writes of the improvement plan: an action is decided, put off, done, taken up again; each is traced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from portal.cases.learning import note_action
from portal.cases.motifs import MOTIFS
from portal.cases.queries import case_by_id
from portal.certification.models import Action, ActionCase, ActionStep, PlanCounter
from portal.certification.queries import ACTION, STEP, locked_action
from portal.certification.reminding import remind
from portal.certification.rules import FARTHEST, MAX_WHAT, MAX_WORDS, ActionAct, Origin
from portal.core.errors import Conflict, Invalid, Refused
from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.people.queries import role_in
from portal.tenancy.queries import local_day, sites, teams
from portal.tenancy.vault import sealed, structure_key

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit

COUNT = Walled(insert(table_of(PlanCounter)), key=("structure_id", "series"), add=("last",))


@dataclass(frozen=True, slots=True)
class Decided:
    """What, who and when, and where it comes from; of a case, its motif, site and team come along."""

    what: str
    owner_id: UUID | None
    due_on: date | None
    case_id: UUID | None = None
    review_id: UUID | None = None
    motif: str | None = None
    site_id: UUID | None = None
    team_id: UUID | None = None
    from_where: Origin = Origin.PLAN
    """Of what comes neither from a case nor from a review."""

    @property
    def origin(self) -> Origin:
        """Where it comes from."""
        if self.case_id is not None:
            return Origin.CASE
        return Origin.REVIEW if self.review_id is not None else self.from_where


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Which messages an action should make fewer; a place that is None narrows nothing."""

    motif: str | None
    site_id: UUID | None = None
    team_id: UUID | None = None


def open_action(u: Unit, decided: Decided) -> Action:
    """The new action, of which its owner is told at once when its day is near.

    Raises `Invalid("what" | "who" | "when")` with a reason, and `NotFound` for a case that is not there.
    """
    case = case_by_id(u, decided.case_id) if decided.case_id is not None else None
    check_motif(decided.motif)
    action_id, what = new_id(u.now), read_what(decided.what)
    action = Action(
        id=action_id,
        what_sealed=sealed(u, structure_key(u), what, (ACTION, action_id, "what_sealed")),
        owner_id=_owner(u, decided.owner_id),
        due_on=_day(u, decided.due_on),
        number=next_number(u, ACTION),
        origin=decided.origin,
        review_id=decided.review_id,
        motif=case.motif if case else decided.motif,
        site_id=case.site_id if case else decided.site_id,
        team_id=case.team_id if case else decided.team_id,
        created_at=u.now,
        version=1,
    )
    u.add(action)
    _trace(u, action, ActionAct.OPENED)
    if case is not None:
        u.add(ActionCase(case_id=case.id, action_id=action.id))
        note_action(u, case.id, action.number)
    remind(u, action, local_day(u))
    return action


def finish(u: Unit, action_id: UUID, words: str, *, version: int = 0) -> Action:
    """The action is done today, with a word on what was done.

    Raises `Invalid("words")`, `Refused("done")` for one that is, `Conflict` for a stale page.
    """
    action = _changing(u, action_id, version)
    if action.done_on is not None:
        raise Refused("done")
    said = read_words(words)
    action.done_on = local_day(u)
    _trace(u, action, ActionAct.DONE, said)
    return action


def put_off(u: Unit, action_id: UUID, due_on: date | None, words: str, *, version: int = 0) -> Action:
    """The action has a later day, and a reason; it is reminded of anew.

    Raises `Invalid("when" | "words")`, `Refused("done")`, `Conflict`.
    """
    action = _changing(u, action_id, version)
    if action.done_on is not None:
        raise Refused("done")
    day = _day(u, due_on)
    if day <= action.due_on:
        raise Invalid("when", reason="earlier")
    said = read_words(words)
    action.due_on, action.reminded_before_at, action.reminded_late_at = day, None, None
    _trace(u, action, ActionAct.PUT_OFF, said)
    remind(u, action, local_day(u))
    return action


def hand_over(u: Unit, action_id: UUID, owner_id: UUID | None, words: str, *, version: int = 0) -> Action:
    """Another colleague does the action from now on, who is told at once when its day is near.

    Raises `Invalid("who" | "words")`, `Refused("done")`, `Conflict`.
    """
    action = _changing(u, action_id, version)
    if action.done_on is not None:
        raise Refused("done")
    said = read_words(words)
    owner = _owner(u, owner_id)
    if owner == action.owner_id:
        raise Invalid("who", reason="same")
    action.owner_id, action.reminded_before_at, action.reminded_late_at = owner, None, None
    _trace(u, action, ActionAct.HANDED, said)
    remind(u, action, local_day(u))
    return action


def take_up(u: Unit, action_id: UUID, words: str, *, version: int = 0) -> Action:
    """The action is not done after all: it goes on, with a reason. Raises as `finish` does."""
    action = _changing(u, action_id, version)
    if action.done_on is None:
        raise Refused("done")
    said = read_words(words)
    action.done_on = None
    _trace(u, action, ActionAct.REOPENED, said)
    return action


def count_by(u: Unit, action_id: UUID, by: Yardstick, *, version: int = 0) -> Action:
    """The action is measured by other messages. Raises `Invalid("motif" | "site" | "team")`, `Conflict`."""
    action = _changing(u, action_id, version)
    check_motif(by.motif)
    if by.site_id is not None and by.site_id not in {one.id for one in sites(u)}:
        raise Invalid("site", reason="unknown")
    if by.team_id is not None and by.team_id not in {one.id for one in teams(u)}:
        raise Invalid("team", reason="unknown")
    action.motif, action.site_id, action.team_id = by.motif, by.site_id, by.team_id
    _trace(u, action, ActionAct.COUNTED)
    return action


def _changing(u: Unit, action_id: UUID, version: int) -> Action:
    action = locked_action(u, action_id)
    if version and version != action.version:
        raise Conflict("action", version=version)
    action.version += 1
    return action


def read_what(raw: str) -> str:
    """What is to be done, on one line. Raises `Invalid("what")`."""
    what = " ".join(raw.split())
    if not what:
        raise Invalid("what", reason="empty")
    if len(what) > MAX_WHAT:
        raise Invalid("what", reason="long", limit=MAX_WHAT)
    return what


def read_words(raw: str) -> str:
    """A word on what was done, or why. Raises `Invalid("words")`."""
    words = raw.replace("\r\n", "\n").strip()
    if not words:
        raise Invalid("words", reason="empty")
    if len(words) > MAX_WORDS:
        raise Invalid("words", reason="long", limit=MAX_WORDS)
    return words


def check_motif(motif: str | None) -> None:
    """Nothing. Raises `Invalid("motif")` for a code that nobody knows."""
    if motif is not None and motif not in MOTIFS:
        raise Invalid("motif", reason="unknown")


def _owner(u: Unit, person_id: UUID | None) -> UUID:
    if person_id is None:
        raise Invalid("who", reason="empty")
    if role_in(u, person_id) is None:
        raise Invalid("who", reason="unknown")
    return person_id


def _day(u: Unit, day: date | None) -> date:
    if day is None:
        raise Invalid("when", reason="empty")
    today = local_day(u)
    if day < today:
        raise Invalid("when", reason="past")
    if day > today + FARTHEST:
        raise Invalid("when", reason="far")
    return day


def next_number(u: Unit, series: str) -> int:
    """The next number of an action or a review in this structure, from 1."""
    u.run(COUNT, series=series, last=1)
    return u.one(select(PlanCounter.last).where(PlanCounter.series == series)) or 1


def _trace(u: Unit, action: Action, act: ActionAct, words: str = "") -> None:
    step_id = new_id(u.now)
    where = (STEP, step_id, "words_sealed")
    u.add(
        ActionStep(
            id=step_id,
            action_id=action.id,
            number=action.version,
            act=act,
            at=u.now,
            by_id=u.scope.actor_id,
            due_on=action.due_on,
            owner_id=action.owner_id,
            words_sealed=sealed(u, structure_key(u), words, where) if words else None,
        )
    )
