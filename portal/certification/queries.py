"""Reads of the improvement plan: one action, the list, what was done with each, what waits for a person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.models import Case
from portal.certification.models import Action, ActionCase, ActionStep
from portal.core.errors import NotFound
from portal.tenancy.vault import opened, structure_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Select

    from portal.core.db import Unit


ACTION, STEP, REVIEW = "improvement_action", "action_step", "review"
"""The tables, as their sealed texts are bound to them."""
MOST = 2**31 - 1
"""The largest number that every database takes; nothing is ever called so."""


@dataclass(frozen=True, slots=True)
class Source:
    """The case an action comes from, as this reader may know it."""

    case_id: UUID
    reference: str
    motif: str | None


def action_by_number(u: Unit, number: int, *, owner_id: UUID | None = None) -> Action:
    """The action; with an owner, only if it is theirs. Raises `NotFound`."""
    wanted = select(Action).where(Action.number == min(number, MOST))
    found = u.one(_of_owner(wanted, owner_id))
    if found is None:
        raise NotFound("action")
    return found


def locked_action(u: Unit, action_id: UUID) -> Action:
    """The action, for a change: nobody else makes one meanwhile, and it is read fresh. Raises `NotFound`."""
    fresh = select(Action).where(Action.id == action_id).with_for_update()
    found = u.one(fresh.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("action")
    return found


def what_of(u: Unit, action: Action) -> str:
    """What is to be done; "" once its words have had their time."""
    if not action.what_sealed:
        return ""
    return opened(u, structure_key(u), action.what_sealed, (ACTION, action.id, "what_sealed"))


def words_of(u: Unit, step: ActionStep) -> str | None:
    """What was said at a step; None for nothing."""
    if step.words_sealed is None:
        return None
    return opened(u, structure_key(u), step.words_sealed, (STEP, step.id, "words_sealed"))


def open_actions(u: Unit, *, owner_id: UUID | None = None) -> Sequence[Action]:
    """Actions that are not done, the nearest day first: the late ones lead by themselves."""
    wanted = select(Action).where(Action.done_on.is_(None)).order_by(Action.due_on, Action.number)
    return u.all(_of_owner(wanted, owner_id))


def done_actions(
    u: Unit, *, owner_id: UUID | None = None, offset: int = 0, most: int | None = None
) -> Sequence[Action]:
    """Actions that are done, the last first."""
    wanted = select(Action).where(Action.done_on.is_not(None))
    wanted = wanted.order_by(Action.done_on.desc(), Action.number.desc()).offset(offset)
    return u.all(_of_owner(wanted if most is None else wanted.limit(most), owner_id))


def actions_of_review(u: Unit, review_id: UUID) -> Sequence[Action]:
    """What a review decided, in the order in which it did."""
    return u.all(select(Action).where(Action.review_id == review_id).order_by(Action.number))


def actions_of_case(u: Unit, case_id: UUID) -> Sequence[Action]:
    """What follows from a case, in the order of numbers."""
    is_its = (ActionCase.structure_id == Action.structure_id) & (ActionCase.action_id == Action.id)
    wanted = select(Action).join(ActionCase, is_its).where(ActionCase.case_id == case_id)
    return u.all(wanted.order_by(Action.number))


def steps_of_action(u: Unit, action_id: UUID) -> Sequence[ActionStep]:
    """What was done with an action, in order."""
    return u.all(select(ActionStep).where(ActionStep.action_id == action_id).order_by(ActionStep.number))


def sources_of(u: Unit, actions: Iterable[Action]) -> Mapping[UUID, list[Source]]:
    """The cases that actions come from, by action; without those that do not exist for the reader."""
    ids = [action.id for action in actions]
    is_its = (ActionCase.structure_id == Case.structure_id) & (ActionCase.case_id == Case.id)
    rows = u.rows(
        select(ActionCase.action_id, Case.id, Case.reference, Case.motif)
        .join(Case, is_its)
        .where(ActionCase.action_id.in_(ids))
        .order_by(Case.reference)
    )
    found: dict[UUID, list[Source]] = defaultdict(list)
    for action_id, case_id, reference, motif in rows:
        found[action_id].append(Source(case_id, reference, motif))
    return found


def due_by(u: Unit, day: date) -> Sequence[Action]:
    """Actions that are not done and are due by this day, the nearest first."""
    wanted = select(Action).where(Action.done_on.is_(None), Action.due_on <= day)
    return u.all(wanted.order_by(Action.due_on, Action.number))


def _of_owner(wanted: Select[Action], owner_id: UUID | None) -> Select[Action]:
    return wanted if owner_id is None else wanted.where(Action.owner_id == owner_id)
