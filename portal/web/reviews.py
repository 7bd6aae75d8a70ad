"""Reviews: their list, a new one, the page on which one is held, its closing and its minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, TextAreaField

from portal.certification.actions import Decided, open_action
from portal.certification.report import Span
from portal.certification.reviewing import (
    blocked,
    close_review,
    open_review,
    open_review_by_number,
    review_by_number,
    reviews,
)
from portal.certification.rules import MAX_REVIEW_WORDS
from portal.certification.twice import same_action, same_review
from portal.core.db import Scope
from portal.core.errors import Conflict, Invalid, Refused
from portal.core.languages import N_
from portal.insight.selection import PERIODS, Period, last_ended, span
from portal.people.rules import Permission
from portal.tenancy.queries import local_day
from portal.web.action_forms import ActionForm, chosen_person, offer_people, tell
from portal.web.dates import day_told, days_told
from portal.web.desk import form_errors, render_form, render_staff
from portal.web.fields import Day, Pick, at_most, blame, needed, optional
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.review_page import minutes_page, review_page

if TYPE_CHECKING:
    from datetime import date

    from flask.typing import ResponseReturnValue

bp = Blueprint("reviews", __name__)

_YEAR_BEFORE = "year-before"
_NOTHING_SAID = N_("Decide an action, or write what came of it.")


class ReviewForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A date and a period: the page of figures is drawn from these."""

    held_on = Day(lazy_gettext("On which day?"), [needed()])
    period = Pick(lazy_gettext("Which period?"))


class ClosingForm(Form):  # type: ignore[misc]  # WTForms has no types
    """What came of it, in a few words."""

    message = TextAreaField(
        lazy_gettext("What came of it (optional)"), [optional(), at_most(MAX_REVIEW_WORDS)]
    )


def _periods(today: date) -> dict[str, tuple[str, Span]]:
    """The periods that can be looked at: they have ended, but for the year."""
    last = last_ended(today)
    found = {
        one.value: (gettext(label), Span(*span(one, last)))
        for one, label in PERIODS.items()
        if one is not Period.YEAR
    }
    year = last.year if last.month == 12 else last.year - 1  # noqa: PLR2004 -- the last month of a year
    whole = Span(last.replace(year=year, month=1, day=1), last.replace(year=year, month=12, day=31))
    return {**found, _YEAR_BEFORE: (gettext("The year %(year)d", year=year), whole)}


@bp.get("/s/<slug>/reviews")
@requires(Permission.READ_ACTIONS)
def list_reviews(desk: Desk) -> Response:
    """The reviews, the newest first."""
    with house().database.reading(desk.scope) as u:
        rows = reviews(u)
    return render_staff(
        "staff/reviews.html",
        desk,
        urls={
            "plan": desk.url("actions"),
            "new": desk.url("reviews", "new") if desk.may(Permission.MANAGE_ACTIONS) else None,
        },
        reviews=[
            {
                "url": desk.url("reviews", str(one.number)),
                "title": gettext("Review of %(date)s", date=day_told(one.held_on)),
                "period": _told(Span(one.first_day, one.last_day)),
                "is_closed": one.closed_at is not None,
            }
            for one in rows
        ],
    )


def _told(one: Span) -> str:
    return str(gettext("From %(first)s to %(last)s", first=day_told(one.first), last=day_told(one.last)))


@bp.get("/s/<slug>/reviews/new")
@requires(Permission.MANAGE_ACTIONS)
def new(desk: Desk) -> Response:
    """Two fields."""
    with house().database.reading(desk.scope) as u:
        today = local_day(u)
    return _new_page(desk, _offered(ReviewForm(held_on=today, period=Period.QUARTER.value), today))


def _offered(form: Any, today: date) -> Any:
    """The form with the periods to choose from."""
    offered = _periods(today)
    form.period.offer(
        (value, gettext("%(name)s: %(period)s", name=label, period=days_told(one.first, one.last)))
        for value, (label, one) in offered.items()
    )
    return form


def _new_page(desk: Desk, form: Any) -> Response:
    return render_form(
        desk,
        form,
        title=gettext("A new review"),
        lead=gettext("Its page of figures is drawn at once; former decisions come first."),
        submit=gettext("Begin"),
        post=desk.url("reviews", "new"),
        back=desk.url("reviews"),
    )


@bp.post("/s/<slug>/reviews/new")
@requires(Permission.MANAGE_ACTIONS)
def begin(desk: Desk) -> ResponseReturnValue:
    """The review is begun; 422 with every fault at its field."""
    with house().database.reading(desk.scope) as u:
        today = local_day(u)
    form = _offered(ReviewForm(request.form), today)
    if not form.validate():
        return _new_page(desk, form)
    with house().database.transaction(desk.scope) as u:
        held_on, period = form.held_on.data, _periods(today)[form.period.data][1]
        review = same_review(u, held_on, period) or open_review(u, held_on, period)
    return redirect(desk.url("reviews", str(review.number)), 303)


@bp.get("/s/<slug>/reviews/<int:number>")
@requires(Permission.READ_ACTIONS)
def review(desk: Desk, number: int) -> Response:
    """The page on which a review is held."""
    return _page(desk, number)


def _page(
    desk: Desk, number: int, *, deciding: Any = None, closing: Any = None, kept: str | None = None
) -> Response:
    with house().database.reading(desk.scope) as u:
        if deciding is None:
            deciding = ActionForm(who=str(desk.person.id))
            offer_people(u, deciding.who)
    closing = closing or ClosingForm()
    done = request.args.get("done", "")
    status = 409 if kept is not None else 422 if request.method == "POST" else 200
    return review_page(desk, number, (deciding, closing, kept), status=status, done=done)


@bp.post("/s/<slug>/reviews/<int:number>/decisions")
@requires(Permission.MANAGE_ACTIONS)
def decide(desk: Desk, number: int) -> ResponseReturnValue:
    """A decision is an action, in three fields."""
    form: Any = ActionForm(request.form)
    try:
        with house().database.transaction(desk.scope) as u:
            row = open_review_by_number(u, number)
            offer_people(u, form.who)
            if form.validate():
                who = chosen_person(u, form.who)
                decided = Decided(form.what.data, who, form.when.data, review_id=row.id)
                if same_action(u, decided) is None:
                    open_action(u, decided)
    except Invalid as fault:
        tell(form, fault)
    except Conflict:
        return _page(desk, number, kept=form.what.data or "")
    if form_errors(form):
        return _page(desk, number, deciding=form)
    return redirect(f"{desk.url('reviews', str(number))}?done=decided#decisions", 303)


@bp.post("/s/<slug>/reviews/<int:number>/close")
@requires(Permission.MANAGE_ACTIONS)
def close(desk: Desk, number: int) -> ResponseReturnValue:
    """The review is closed, its figures frozen; 422 while something blocks it, 409 when it is."""
    form: Any = ClosingForm(request.form)
    with house().database.reading(desk.scope) as u:
        row = review_by_number(u, number)
        is_blocked = bool(blocked(u, row))
    if is_blocked and row.closed_at is None:
        return _page(desk, number, closing=form)
    if not form.validate():
        return _page(desk, number, closing=form)
    try:
        # Without an actor: the figures of the structure do not depend on who closes.
        with house().database.transaction(Scope.of(row.structure_id, locale=desk.language)) as u:
            close_review(u, row.id, form.message.data or "", desk.person.id)
    except Invalid:
        blame(form.message, gettext(_NOTHING_SAID))
        return _page(desk, number, closing=form)
    except (Conflict, Refused):
        return _page(desk, number, kept=form.message.data or "")
    return redirect(f"{desk.url('reviews', str(number))}?done=closed", 303)


@bp.get("/s/<slug>/reviews/<int:number>/minutes")
@requires(Permission.READ_ACTIONS)
def minutes(desk: Desk, number: int) -> Response:
    """The minutes, to print."""
    return minutes_page(desk, number)
