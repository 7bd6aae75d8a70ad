"""A form that is sent twice: the same again by the same person within minutes is the same thing.

A slow line and a second press must not give two actions. Whoever means to file the same thing once more does
so later, or in other words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.certification.actions import COUNT
from portal.certification.models import Action, ActionCase, ActionStep, Observation, Review
from portal.certification.observing import OBSERVATION, words_of_observation
from portal.certification.queries import ACTION, REVIEW, what_of
from portal.certification.rules import ActionAct

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.certification.actions import Decided
    from portal.certification.report import Span
    from portal.certification.rules import Observed
    from portal.core.db import Unit

WITHIN = timedelta(minutes=10)


def same_action(u: Unit, decided: Decided) -> Action | None:
    """The action that this form has opened already; None for a new one."""
    _wait_for_others(u, ACTION)
    opened_here = select(ActionStep.action_id).where(
        ActionStep.act == ActionAct.OPENED,
        ActionStep.by_id == u.scope.actor_id,
        ActionStep.at > u.now - WITHIN,
    )
    wanted = select(Action).where(
        Action.id.in_(u.all(opened_here)),
        Action.owner_id == decided.owner_id,
        Action.due_on == decided.due_on,
        Action.origin == decided.origin,
        Action.review_id == decided.review_id,
    )
    if decided.case_id is not None:
        its = select(ActionCase.action_id).where(ActionCase.case_id == decided.case_id)
        wanted = wanted.where(Action.id.in_(u.all(its)))
    what = " ".join(decided.what.split())
    return next((row for row in u.all(wanted) if what_of(u, row) == what), None)


def same_observation(u: Unit, kind: Observed, words: str, about_id: UUID | None) -> Observation | None:
    """What this form has filed already; None for something new."""
    _wait_for_others(u, OBSERVATION)
    wanted = select(Observation).where(
        Observation.kind == kind,
        Observation.by_id == u.scope.actor_id,
        Observation.about_id.is_(None) if about_id is None else Observation.about_id == about_id,
        Observation.at > u.now - WITHIN,
    )
    said = words.replace("\r\n", "\n").strip()
    return next((row for row in u.all(wanted) if words_of_observation(u, row) == said), None)


def same_review(u: Unit, held_on: date, span: Span) -> Review | None:
    """The open review of this day and period; None where there is none: two of them would tell the same."""
    _wait_for_others(u, REVIEW)
    return u.one(
        select(Review).where(
            Review.held_on == held_on,
            Review.first_day == span.first,
            Review.last_day == span.last,
            Review.closed_at.is_(None),
        )
    )


def _wait_for_others(u: Unit, series: str) -> None:
    """Whoever is about to take a number of this series is waited for: then what they made is seen."""
    u.run(COUNT, series=series, last=0)
