"""The end of the words of the plan: who, when, how far and all figures stay.

Words of staff may name somebody. They are the proof of the certification for one cycle and a year more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, update

from portal.certification.models import (
    Action,
    ActionStep,
    Campaign,
    GivenBack,
    Observation,
    Review,
    ThanksGiven,
)
from portal.tenancy.queries import local_day

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from portal.core.db import Unit

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Words:
    """Words that have an end: which rows have some and since when they rest, and how they lose them."""

    resting: Callable[[Unit, date, datetime], list[tuple[UUID, date]]]
    """Rows with words that were last alive on that day or before; the instant is the end of that day."""
    forget: Callable[[Unit, Sequence[UUID]], int]
    """How many texts were destroyed of these rows."""


def _resting_actions(u: Unit, until: date, _end: datetime) -> list[tuple[UUID, date]]:
    """Actions that were done by that day; also one that was taken up again once its own words were gone."""
    worded = select(ActionStep.action_id).where(ActionStep.words_sealed.is_not(None))
    has_words = or_(Action.what_sealed != b"", Action.id.in_(worded))
    wanted = select(Action.id, Action.done_on).where(Action.done_on <= until, has_words)
    return [(row_id, day) for row_id, day in u.rows(wanted.order_by(Action.number)) if day is not None]


def _forget_actions(u: Unit, ids: Sequence[UUID]) -> int:
    texts = 0
    for some in _batches(ids):
        worded = (ActionStep.action_id.in_(some), ActionStep.words_sealed.is_not(None))
        told = (Action.id.in_(some), Action.what_sealed != b"")
        texts += u.one(select(func.count(Action.id)).where(*told)) or 0
        texts += u.one(select(func.count(ActionStep.id)).where(*worded)) or 0
        u.session.execute(update(Action).where(Action.id.in_(some)).values(what_sealed=b""))
        u.session.execute(update(ActionStep).where(*worded).values(words_sealed=None))
    return texts


def _resting_reviews(u: Unit, _until: date, end: datetime) -> list[tuple[UUID, date]]:
    """Reviews that were closed by that day."""
    wanted = select(Review.id, Review.closed_at).where(
        Review.closed_at <= end, Review.words_sealed.is_not(None)
    )
    return [(row_id, local_day(u, at)) for row_id, at in u.rows(wanted.order_by(Review.number)) if at]


def _forget_reviews(u: Unit, ids: Sequence[UUID]) -> int:
    for some in _batches(ids):
        u.session.execute(update(Review).where(Review.id.in_(some)).values(words_sealed=None))
    return len(ids)


def _resting_observations(u: Unit, _until: date, end: datetime) -> list[tuple[UUID, date]]:
    """What was noticed and answered by that day; or noticed then, and never answered."""
    last = func.coalesce(Observation.answered_at, Observation.at)
    has_words = or_(Observation.words_sealed != b"", Observation.answer_sealed.is_not(None))
    wanted = select(Observation.id, Observation.at, Observation.answered_at).where(last <= end, has_words)
    return [
        (row_id, local_day(u, answered_at or at))
        for row_id, at, answered_at in u.rows(wanted.order_by(Observation.number))
    ]


def _forget_observations(u: Unit, ids: Sequence[UUID]) -> int:
    texts = 0
    for some in _batches(ids):
        these: Any = Observation.id.in_(some)
        texts += len(some)
        texts += u.one(select(func.count(Observation.answer_sealed)).where(these)) or 0
        u.session.execute(update(Observation).where(these).values(words_sealed=b"", answer_sealed=None))
    return texts


def _batches(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH)]


def _resting_campaigns(u: Unit, _until: date, end: datetime) -> list[tuple[UUID, date]]:
    """Campaigns that were closed by that day."""
    wanted = select(Campaign.id, Campaign.closed_at).where(
        Campaign.closed_at <= end, Campaign.note_sealed.is_not(None)
    )
    return [(row_id, local_day(u, at)) for row_id, at in u.rows(wanted.order_by(Campaign.number)) if at]


def _forget_campaigns(u: Unit, ids: Sequence[UUID]) -> int:
    for some in _batches(ids):
        u.session.execute(update(Campaign).where(Campaign.id.in_(some)).values(note_sealed=None))
    return len(ids)


def _resting_sentences(u: Unit, _until: date, end: datetime) -> list[tuple[UUID, date]]:
    """What residents were told, or what waited for it, and was written by that day."""
    wanted = select(GivenBack.id, GivenBack.written_at).where(
        GivenBack.written_at <= end, GivenBack.words_sealed.is_not(None)
    )
    return [(row_id, local_day(u, at)) for row_id, at in u.rows(wanted.order_by(GivenBack.written_at))]


def _forget_sentences(u: Unit, ids: Sequence[UUID]) -> int:
    """Withdrawn first: a sentence whose words are gone is shown nowhere."""
    for some in _batches(ids):
        these: Any = GivenBack.id.in_(some)
        shown = (these, GivenBack.withdrawn_at.is_(None))
        u.session.execute(update(GivenBack).where(*shown).values(withdrawn_at=u.now))
        u.session.execute(update(GivenBack).where(these).values(words_sealed=None))
    return len(ids)


def _resting_thanks(u: Unit, _until: date, end: datetime) -> list[tuple[UUID, date]]:
    """Thanks that were given back by that day."""
    wanted = select(ThanksGiven.id, ThanksGiven.given_at).where(
        ThanksGiven.given_at <= end, ThanksGiven.words_sealed.is_not(None)
    )
    return [(row_id, local_day(u, at)) for row_id, at in u.rows(wanted.order_by(ThanksGiven.number))]


def _forget_thanks(u: Unit, ids: Sequence[UUID]) -> int:
    for some in _batches(ids):
        gone = {"words_sealed": None, "withdrawn_at": u.now}
        u.session.execute(update(ThanksGiven).where(ThanksGiven.id.in_(some)).values(**gone))
    return len(ids)


ACTIONS = Words(_resting_actions, _forget_actions)
REVIEWS = Words(_resting_reviews, _forget_reviews)
OBSERVATIONS = Words(_resting_observations, _forget_observations)
CAMPAIGNS = Words(_resting_campaigns, _forget_campaigns)
SENTENCES = Words(_resting_sentences, _forget_sentences)
THANKS = Words(_resting_thanks, _forget_thanks)
