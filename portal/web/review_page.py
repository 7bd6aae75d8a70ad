"""The page of one review and its minutes: former decisions, figures, decisions, what blocks closing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from portal.certification.drawing import derived, drawn
from portal.certification.queries import actions_of_review, what_of
from portal.certification.report import from_document
from portal.certification.reviewing import (
    BLOCKS,
    blocked,
    former_decisions,
    is_named_in,
    review_by_number,
    span_of,
    words_of_review,
)
from portal.certification.rules import is_late
from portal.core.db import Scope
from portal.core.errors import NotFound
from portal.core.languages import N_
from portal.people.queries import cards
from portal.people.rules import Permission
from portal.tenancy.queries import local_day
from portal.web.dates import day_told, days_told
from portal.web.desk import form_errors, render_staff
from portal.web.house import house
from portal.web.review_words import context_of, hidden_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from flask import Response

    from portal.certification.models import Action, Review
    from portal.certification.report import Line, Span
    from portal.certification.reviewing import Blocked
    from portal.core.db import Unit
    from portal.web.guard import Desk

DONE: dict[str, str] = {
    "decided": N_("The decision is in the plan."),
    "closed": N_("The review is closed. Its figures do not change any more."),
}
_STALE = N_("The page has changed since you opened it. Look again, then send.")


def review_page(
    desk: Desk, number: int, forms: tuple[Any, Any, str | None], *, status: int = 200, done: str = ""
) -> Response:
    """The page; `forms` are those of a decision and of the closing, with what was refused in them.

    Their third is what was written for a form that the page has no more; None for nothing.
    """
    deciding, closing, kept = forms
    with house().database.reading(desk.scope) as u:
        row = review_by_number(u, number)
        today = local_day(u)
        former = decisions_told(u, desk, former_decisions(u, row), today)
        decided = decisions_told(u, desk, actions_of_review(u, row.id), today)
        blocks = blocked(u, row) if row.closed_at is None else []
        words = words_of_review(u, row)
        live = drawn(u, span_of(row)) if row.figures is None else ()
    is_open = row.closed_at is None
    manages = is_open and desk.may(Permission.MANAGE_ACTIONS)
    errors = form_errors(deciding) + form_errors(closing)
    if status == 409:  # noqa: PLR2004 -- the status of a stale page
        errors = [{"field": "main" if kept is None else "kept", "message": gettext(_STALE)}]
    elif status == 422 and not errors:  # noqa: PLR2004 -- the status of a form that lacks something
        errors = [{"field": "blocks", "message": gettext("Something still blocks the closing.")}]
    return render_staff(
        "staff/review.html",
        desk,
        status,
        flashes=[gettext(DONE[done])] if done in DONE else [],
        urls={
            "list": desk.url("reviews"),
            "decide": desk.url("reviews", str(number), "decisions") if manages else None,
            "close": desk.url("reviews", str(number), "close") if manages else None,
            "minutes": desk.url("reviews", str(number), "minutes") if not is_open else None,
        },
        review=_head(row),
        figures=_figures(desk, row, live),
        former=former,
        decided=decided,
        blocks=[_block(desk, one) for one in blocks],
        words=words,
        deciding=deciding,
        closing=closing,
        kept=kept,
        errors=errors,
    )


def minutes_page(desk: Desk, number: int) -> Response:
    """What is printed of a closed review. Raises `NotFound` for one that is not closed."""
    urls = {
        "review": desk.url("reviews", str(number)),
        "pdf": desk.url("reviews", str(number), "minutes.pdf"),
    }
    return render_staff("staff/minutes.html", desk, urls=urls, **minutes_of(desk, number))


def minutes_of(desk: Desk, number: int) -> dict[str, Any]:
    """What the minutes of a closed review say, on a page or on paper. Raises `NotFound`."""
    with house().database.reading(desk.scope) as u:
        row = review_by_number(u, number)
        if row.closed_at is None:
            raise NotFound("minutes")
        today = local_day(u)
        former = decisions_told(u, desk, former_decisions(u, row), today)
        decided = decisions_told(u, desk, actions_of_review(u, row.id), today)
        words, closed_on = words_of_review(u, row), local_day(u, row.closed_at)
        by = cards(u, [row.closed_by] if row.closed_by else [])
    closed = {
        "on": day_told(closed_on, "full"),
        "by": next((card.name for card in by.values()), gettext("A colleague")),
    }
    told = {"former": former, "decided": decided, "words": words, "closed": closed}
    return {"review": _head(row), "figures": _figures(desk, row, ()), **told}


def _head(row: Review) -> dict[str, Any]:
    span = span_of(row)
    return {
        "number": row.number,
        "title": gettext("Review of %(date)s", date=day_told(row.held_on)),
        "period": _told(span),
        "now": days_told(span.first, span.last),
        "before": days_told(span.before.first, span.before.last),
        "is_closed": row.closed_at is not None,
    }


def _told(span: Span) -> str:
    return str(gettext("From %(first)s to %(last)s", first=day_told(span.first), last=day_told(span.last)))


def _figures(desk: Desk, row: Review, live: Sequence[Line]) -> dict[str, Any]:
    """The frozen figures of a closed review, beside what the events give again; else those of now."""
    if row.figures is None or row.closed_at is None:
        return {**context_of(live, hidden_from(desk, live, is_named=False)), "proof": None}
    frozen, span = from_document(row.figures), span_of(row)
    # As nobody in particular: the figures of the structure, whoever reads them.
    with house().database.reading(Scope.of(row.structure_id)) as u:
        again = derived(u, span, row.closed_at)
        is_named = is_named_in(u, desk.person.id, span)
    proof = (
        gettext("Derived again from the events just now: the same figures.")
        if again == frozen
        else gettext("Derived again from the events just now: other figures. Tell whoever runs the portal.")
    )
    return {**context_of(frozen, hidden_from(desk, frozen, is_named=is_named)), "proof": proof}


def decisions_told(u: Unit, desk: Desk, actions: Sequence[Action], today: date) -> list[dict[str, Any]]:
    """Actions as `decisions` shows them: what, who, until when, and how each stands."""
    known = cards(u, {one.owner_id for one in actions})
    return [
        {
            "number": one.number,
            "url": desk.url("actions", str(one.number)),
            "what": what_of(u, one) or gettext("Text erased"),
            "owner": known[one.owner_id].name if one.owner_id in known else gettext("A colleague"),
            "day": day_told(one.done_on or one.due_on),
            "is_done": one.done_on is not None,
            "is_late": is_late(one.due_on, today, is_done=one.done_on is not None),
        }
        for one in actions
    ]


def _block(desk: Desk, one: Blocked) -> dict[str, str | None]:
    told: dict[str, str | None] = {"why": gettext(BLOCKS[one.why]), "label": None, "url": None}
    if one.action is not None:
        number = one.action.number
        told |= {
            "label": gettext("Action %(number)d", number=number),
            "url": desk.url("actions", str(number)),
        }
    if one.case is not None:
        sees = desk.may(Permission.READ_CASES)
        told |= {
            "label": one.case.reference if sees else None,
            "url": f"{desk.url('cases', one.case.reference)}#learning" if sees else None,
        }
    return told
