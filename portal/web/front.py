"""The way in without a square to scan, and what a structure says of itself: notice, statement, results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, request
from flask_babel import force_locale, format_percent, gettext, ngettext

from portal.core.db import Scope
from portal.core.errors import NotFound
from portal.core.ids import read_code
from portal.core.languages import DEFAULT, N_
from portal.insight.queries import figures, today_at
from portal.insight.selection import Period, Selection, last_ended, span
from portal.protection.queries import schedule
from portal.protection.rules import Kept
from portal.tenancy.queries import privacy_contact
from portal.web.dates import day_told
from portal.web.earlier_words import earlier_told
from portal.web.founding import is_empty
from portal.web.given_words import everybody, told_on_page
from portal.web.guard import public
from portal.web.house import house
from portal.web.kit import accepted_language, render_public
from portal.web.place import Address, place_at, read_language
from portal.web.statement import told
from portal.web.tablet import TABLET

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.web.place import Place

bp = Blueprint("front", __name__)

_MONTH = "LLLL y"
_FOUND, _UNKNOWN, _UNREADABLE = 200, 404, 422

FAULTS: dict[str, str] = {
    "empty": N_("Type the six signs that stand under the square."),
    "unreadable": N_("A code has six letters and digits, and never 0, 1, I, L, O or U. Look at it again."),
    "unknown": N_("We do not know this code. Compare it with the card, sign by sign."),
}
"""What is said of a code that leads nowhere."""

KEEPS: tuple[tuple[str, str], ...] = (
    (N_("A page that you are filling in"), N_("24 hours")),
    (N_("The page that shows the number of your message"), N_("30 minutes")),
)
"""What is kept for hours, and how long."""
KEEPS_FOR: dict[Kept, str] = {
    Kept.ANSWER_WORDS: N_("The words you add to your opinion"),
    Kept.CASE: N_("Your message, your photos and recordings, and our answer, once it is finished"),
    Kept.CASE_ASIDE: N_("A message that we could not answer, once it is finished"),
    Kept.CONTACT: N_("Your name and how to reach you, once it is finished"),
}
"""What is kept for the months of the schedule in force."""


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """One field for the code under the square, and the way to sign in."""
    language, typed = accepted_language() or DEFAULT, request.args.get("code")
    if typed is None:
        return _home(language, "", None, _FOUND)
    code = read_code(typed)
    if code is None:
        return _home(language, typed, "unreadable" if typed.strip() else "empty", _UNREADABLE)
    address = Address(code, is_code=True, language=language)
    try:
        address.scope(house().database)
    except NotFound:
        return _home(language, typed, "unknown", _UNKNOWN)
    return redirect(address.root, 303)


def _home(language: str, typed: str, fault: str | None, status: int) -> Response:
    with force_locale(language):
        errors = [{"field": "code", "message": gettext(FAULTS[fault])}] if fault else []
    response = render_public(
        "public/home.html",
        None,
        status,
        language=language,
        urls={"code": "/", "sign_in": "/sign-in", "start": "/start" if _is_new() else None},
        value=typed,
        errors=errors,
    )
    response.vary.add("Accept-Language")
    return response


def _is_new() -> bool:
    """Whether the portal waits for its first structure."""
    with house().database.reading(Scope.nobody()) as u:
        return is_empty(u)


@bp.get("/p/<slug>/privacy")
@bp.get("/p/<slug>/<language>/privacy")
@bp.get("/t/<code>/<language>/privacy")
@public
def privacy(slug: str = "", language: str | None = None, code: str = "") -> Response:
    """The notice: who is responsible, what is kept and how long, what one may ask for."""
    place = _place(slug, language, code)
    with house().database.reading(place.scope) as u:
        contact, months = privacy_contact(u), schedule(u)
    with force_locale(place.language):
        keeps = [{"what": gettext(what), "how_long": gettext(how_long)} for what, how_long in KEEPS]
        keeps += [
            {"what": gettext(what), "how_long": ngettext("%(num)d month", "%(num)d months", months[kept])}
            for kept, what in KEEPS_FOR.items()
        ]
        keeps.append(
            {"what": gettext("Faces and choices, without any name"), "how_long": gettext("no limit")}
        )
    return _page("privacy", place, language, door="request", contact=contact, keeps=keeps)


@bp.get("/p/<slug>/accessibility")
@bp.get("/p/<slug>/<language>/accessibility")
@bp.get("/t/<code>/<language>/accessibility")
@public
def accessibility(slug: str = "", language: str | None = None, code: str = "") -> Response:
    """The statement, which says what is true today."""
    place = _place(slug, language, code)
    with house().database.reading(place.scope) as u, force_locale(place.language):
        statement = told(u)
    return _page("accessibility", place, language, door="complaint", statement=statement)


@bp.get("/p/<slug>/results")
@bp.get("/p/<slug>/<language>/results")
@bp.get("/t/<code>/<language>/results")
@public
def results(slug: str = "", language: str | None = None, code: str = "") -> Response:
    """What residents said in the last twelve months that are over, once there are enough of them."""
    place = _place(slug, language, code)
    with (
        house().database.reading(everybody(place.structure.id, place.language)) as u,
        force_locale(place.language),
    ):
        period, told = _results(u)
        changes = told_on_page(u, place.language)
        before = earlier_told(u, is_floored=True)
    return _page("results", place, language, results=told, changes=changes, period=period, earlier=before)


@bp.get("/P/<slug>/<language>/RESULTS")
@public
def scanned_results(slug: str, language: str) -> ResponseReturnValue:
    """The results from the square of a sheet, whose address is in capitals: a size smaller that way."""
    return redirect(f"/p/{slug.lower()}/{read_language(language.lower())}/results", 308)


@bp.get("/P/<slug>/<language>/FOLLOW")
@public
def scanned_follow(slug: str, language: str) -> ResponseReturnValue:
    """The field for the number of a message, from the square of the card to take home."""
    return redirect(f"/p/{slug.lower()}/{read_language(language.lower())}/follow", 308)


def _results(u: Unit) -> tuple[str | None, list[dict[str, str]]]:
    """The period in words and the share satisfied; None and nothing below the floor."""
    start, end = span(Period.TWELVE, last_ended(today_at(u)))
    satisfied = figures(u, Selection(start, end)).values["satisfied"]
    if satisfied.value is None:
        return None, []
    # A dash reads in every language; "from" and "to" would have to agree with the months' names.
    period = f"{day_told(start, _MONTH)} \N{EN DASH} {day_told(end, _MONTH)}"
    result = {
        "label": gettext("The meeting with the team went well"),
        "value": format_percent(satisfied.value),
        "note": gettext("%(n)d opinions", n=satisfied.n),
    }
    return period, [result]


def _place(slug: str, language: str | None, code: str) -> Place:
    """The structure by its slug, or by the code of a tablet that shows it."""
    kind, key = (TABLET, code) if code else ("p", slug)
    return place_at(kind, key, read_language(language, accepted_language()))


def _page(name: str, place: Place, language: str | None, *, door: str = "", **context: Any) -> Response:
    """A page about the structure; `door` is the one behind which one may write about it."""
    response = render_public(f"public/{name}.html", place, urls={"write": place.url(door)}, **context)
    if language is None:
        response.vary.add("Accept-Language")
    return response
