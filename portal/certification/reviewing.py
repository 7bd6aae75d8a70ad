"""A review from its first day to its closing: what it decided, what still blocks it, its figures frozen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.learning import founded_without_follow_up
from portal.cases.models import CaseFact, CasePerson
from portal.certification.actions import next_number
from portal.certification.drawing import drawn
from portal.certification.models import Action, Review
from portal.certification.queries import MOST, REVIEW, actions_of_review
from portal.certification.report import Span, to_document
from portal.certification.rules import MAX_REVIEW_WORDS
from portal.core.errors import Conflict, Invalid, NotFound, Refused
from portal.core.ids import new_id
from portal.core.languages import N_
from portal.tenancy.queries import local_day
from portal.tenancy.vault import opened, sealed, structure_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from portal.cases.models import Case
    from portal.core.db import Unit


class Block(StrEnum):
    """Why a review cannot be closed yet."""

    NOT_OVER = "not_over"
    NOT_HELD = "not_held"
    LATE_DECISION = "late_decision"
    NO_FOLLOW_UP = "no_follow_up"


BLOCKS: dict[Block, str] = {
    Block.NOT_OVER: N_("The period is not over yet."),
    Block.NOT_HELD: N_("The review has not taken place yet."),
    Block.LATE_DECISION: N_("A former decision is late: say that it is done, or put it off with a reason."),
    Block.NO_FOLLOW_UP: N_(
        "A complaint was justified, and nothing follows: decide an action, or say why not."
    ),
}


@dataclass(frozen=True, slots=True)
class Blocked:
    """One thing that blocks closing, with the action or the case to look at."""

    why: Block
    action: Action | None = None
    case: Case | None = None


def open_review(u: Unit, held_on: date | None, span: Span) -> Review:
    """A new review of a period. Raises `Invalid("held_on" | "period")`."""
    if held_on is None:
        raise Invalid("held_on", reason="empty")
    if span.last < span.first:
        raise Invalid("period", reason="order")
    review = Review(
        id=new_id(u.now),
        number=next_number(u, REVIEW),
        held_on=held_on,
        first_day=span.first,
        last_day=span.last,
        created_at=u.now,
        created_by=u.scope.actor_id,
    )
    u.add(review)
    return review


def reviews(u: Unit) -> Sequence[Review]:
    """Every review, the newest first."""
    return u.all(select(Review).order_by(Review.number.desc()))


def review_by_number(u: Unit, number: int) -> Review:
    """The review. Raises `NotFound`."""
    found = u.one(select(Review).where(Review.number == min(number, MOST)))
    if found is None:
        raise NotFound("review")
    return found


def open_review_by_number(u: Unit, number: int) -> Review:
    """The review, to decide something in. Raises `NotFound`, and `Conflict` for one that is closed."""
    review = review_by_number(u, number)
    if review.closed_at is not None:
        raise Conflict("review")
    return review


def span_of(review: Review) -> Span:
    """The days it looks at."""
    return Span(review.first_day, review.last_day)


def words_of_review(u: Unit, review: Review) -> str | None:
    """What was written at its closing; None for nothing."""
    if review.words_sealed is None:
        return None
    return opened(u, structure_key(u), review.words_sealed, (REVIEW, review.id, "words_sealed"))


def former_decisions(u: Unit, review: Review) -> Sequence[Action]:
    """What earlier reviews decided and this one looks at first: not done, or done since the last one."""
    earlier = select(Review.id).where(Review.number < review.number)
    last = u.one(select(Review).where(Review.number < review.number).order_by(Review.number.desc()).limit(1))
    wanted = select(Action).where(Action.review_id.in_(u.all(earlier)))
    rows = u.all(wanted.order_by(Action.due_on, Action.number))
    return [one for one in rows if one.done_on is None or (last is not None and one.done_on >= last.held_on)]


def blocked(u: Unit, review: Review) -> list[Blocked]:
    """What blocks closing, as the reader in scope may know it; empty when nothing does."""
    today = local_day(u)
    found = [Blocked(Block.NOT_OVER)] if review.last_day >= today else []
    found += [Blocked(Block.NOT_HELD)] if review.held_on > today else []
    found += [
        Blocked(Block.LATE_DECISION, action=one)
        for one in former_decisions(u, review)
        if one.done_on is None and one.due_on < today
    ]
    owed = founded_without_follow_up(u, review.first_day, review.last_day)
    return found + [Blocked(Block.NO_FOLLOW_UP, case=one) for one in owed]


def is_named_in(u: Unit, person_id: UUID, span: Span) -> bool:
    """Whether a case of the figures of a period names this person. The unit has no actor, or sees none."""
    is_its = (CaseFact.structure_id == CasePerson.structure_id) & (CaseFact.case_id == CasePerson.case_id)
    received = CaseFact.received_on.between(span.before.first, span.last)
    wanted = select(CasePerson.case_id).join(CaseFact, is_its)
    return u.one(wanted.where(CasePerson.person_id == person_id, received).limit(1)) is not None


def close_review(u: Unit, review_id: UUID, words: str, by: UUID) -> Review:
    """The review closed, its figures frozen as nobody in particular sees them.

    The unit has no actor: to a person whom a case names it does not exist, and the figures of the structure
    must not depend on who closes. What blocks is asked before, as that person may know it. Raises
    `Conflict("review")` for one that is closed, `Refused("blocked")`, `Invalid("words")` when neither a
    decision nor a word tells what came of it.
    """
    review = _locked(u, review_id)
    if review.closed_at is not None:
        raise Conflict("review")
    if any(one.case is None for one in blocked(u, review)):
        raise Refused("blocked")
    said = words.replace("\r\n", "\n").strip()
    if not said and not actions_of_review(u, review.id):
        raise Invalid("words", reason="nothing")
    if len(said) > MAX_REVIEW_WORDS:
        raise Invalid("words", reason="long", limit=MAX_REVIEW_WORDS)
    if said:
        review.words_sealed = sealed(u, structure_key(u), said, (REVIEW, review.id, "words_sealed"))
    review.figures = to_document(drawn(u, span_of(review)))
    review.closed_at, review.closed_by = u.now, by
    u.session.flush()
    return review


def _locked(u: Unit, review_id: UUID) -> Review:
    fresh = select(Review).where(Review.id == review_id).with_for_update()
    found = u.one(fresh.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("review")
    return found
