"""From what went wrong to the page that says so: in the language of the person, at the desk or outside.

What is said stands in `told`. Nothing of a request but the name of its view reaches the log.
"""

from __future__ import annotations

import logging
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, TypeVar

from flask import request
from flask_babel import force_locale, gettext
from werkzeug.exceptions import HTTPException

from portal.core.errors import Conflict, NotFound, PortalError, Retired, Throttled
from portal.core.languages import DEFAULT, LANGUAGES
from portal.core.outage import Outage, outage_of
from portal.web.desk import landing, render_staff
from portal.web.guard import KEPT_WORDS, current_desk, is_staff_address
from portal.web.kit import accepted_language, render_public
from portal.web.place import UnknownLanguage, place_at
from portal.web.sent import sent_form
from portal.web.tablet import TABLET, start_here
from portal.web.told import (
    BROKEN,
    LOST,
    NOT_KEPT,
    UNAVAILABLE,
    at_counter,
    by_status,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response

    from portal.web.guard import Desk
    from portal.web.place import Place
    from portal.web.sent import SentForm
    from portal.web.told import Told

T = TypeVar("T")

log = logging.getLogger("portal.web")

_BROKEN_STATUS = 500
"""Where nothing is looked up: that could break again."""
_THROTTLED = 429
"""Where no entrance is looked up: that would cost."""
_FRAMES = 6
_FORM_FACTS = frozenset({"session", "csrf"})
"""Forms of a session that is over, or another one's: what they hold is given back."""
_ENTRANCES = frozenset({"q", "p", TABLET})
_KEPT_HEADERS = ("Allow", "Retry-After")
_RETRY_SECONDS = 30
"""When a database that was away is asked for again: a restart takes seconds, making room takes a person."""


def register(app: Flask) -> None:
    """Let the application answer every fault by one table, and log none with what was sent."""
    app.register_error_handler(UnknownLanguage, _languages)
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _broken)
    # Flask's own record would tell the address, where tokens stand, and the error's text, where rows do.
    app.logger.addFilter(lambda record: record.exc_info is None)


def _portal_error(error: PortalError) -> Response:
    line = told(error, staff=is_staff_address(request.path))
    if line is BROKEN:
        return _broken(error)
    is_kept = isinstance(error, Conflict) or error.fact in _FORM_FACTS
    kept = (
        next((words for name in KEPT_WORDS if (words := request.form.get(name))), None) if is_kept else None
    )
    instead = str(error.facts.get("slug", "")) if isinstance(error, Retired) else ""
    response = _page(line, kept=kept, instead=instead)
    if isinstance(error, Throttled) and "seconds" in error.facts:
        response.headers["Retry-After"] = str(error.facts["seconds"])
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or _BROKEN_STATUS
    if status == _BROKEN_STATUS:
        return _broken(getattr(error, "original_exception", None) or error)
    response = _page(by_status(status, staff=is_staff_address(request.path)))
    for name, value in error.get_headers():
        if name in _KEPT_HEADERS:
            response.headers[name] = value
    return response


def _broken(error: BaseException) -> Response:
    outage = outage_of(error)
    if outage is not None:
        return _unavailable(outage, error)
    kinds, frames = [type(error).__name__], extract_tb(error.__traceback__)[-_FRAMES:]
    if error.__cause__ is not None:
        kinds.append(type(error.__cause__).__name__)
    way = " > ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames)
    log.error("%s in %s: %s", " from ".join(kinds), request.endpoint, way)
    return _page(BROKEN)


def _unavailable(outage: Outage, error: BaseException) -> Response:
    """The page of a database that is away, with the form that was sent, ready to be sent again."""
    log.error("database %s in %s: %s", outage.value, request.endpoint, type(error).__name__)
    again = sent_form()
    line = NOT_KEPT[is_staff_address(request.path), outage.is_readable] if again else UNAVAILABLE
    response = _page(line, again=again, looks_up=outage.is_readable)
    response.headers["Retry-After"] = str(_RETRY_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(
    line: Told,
    *,
    kept: str | None = None,
    instead: str = "",
    again: SentForm | None = None,
    looks_up: bool = True,
) -> Response:
    """What is told, under the structure's name where there is one; `instead` is whose old code it was.

    `looks_up` False: who asks, and where, is not looked up. `again` is a form that may be sent once more.
    """
    looks_up = looks_up and line.status != _BROKEN_STATUS
    if is_staff_address(request.path):
        return _staff_page(line, kept, again, _if_readable(_desk) if looks_up else None)
    language, place, start = _spoken(), None, start_here()
    if start:  # the page of another code would lead the tablet away
        instead = ""
    if looks_up and line.status != _THROTTLED:
        place = _if_readable(lambda: _place(instead, language))
    if place and line.asks_code and not instead:
        line = LOST
    elif start and line.asks_code:
        line = at_counter(line)
    with force_locale(language):
        words = _words(line)
    response = render_public(
        "errors/public.html",
        place,
        line.status,
        language=language,
        languages=[],
        home=start or "/",
        urls={
            "code": "/",
            "back": None if line.asks_code else _entrance(),
            "instead": place.url() if place and instead else None,
        },
        asks_code=line.asks_code,
        again=again,
        **words,
    )
    response.vary.add("Accept-Language")
    return response


def _staff_page(line: Told, kept: str | None, again: SentForm | None, desk: Desk | None) -> Response:
    language = desk.language if desk else accepted_language() or DEFAULT
    back = "/sign-in"
    if desk:
        back = landing(desk) if desk.structure else "/structures"
    with force_locale(language):
        words = _words(line)
    context = {"urls": {"back": back}, "kept": kept, "again": again, **words}
    if desk is None:
        context["language"] = language
    return render_staff("errors/staff.html", desk, line.status, **context)


def _if_readable(look_up: Callable[[], T | None]) -> T | None:
    """What is found; None when the database is away for that too."""
    try:
        return look_up()
    except Exception as error:
        if outage_of(error) is None:
            raise
        return None


def _desk() -> Desk | None:
    """Who is signed in, at the structure of the address if it is theirs."""
    parts = request.path.split("/")
    if parts[1] == "s" and len(parts) > 2:  # noqa: PLR2004 -- "", "s", the slug
        try:
            return current_desk(parts[2])
        except NotFound:
            pass
    return current_desk()


def _words(line: Told) -> dict[str, str]:
    return {
        "title": gettext(line.title),
        "sentence": gettext(line.sentence),
        "next_step": gettext(line.next_step),
    }


def _spoken() -> str:
    """The language of a resident's address, else the one their browser asks for, else French."""
    parts = request.path.split("/")
    named = parts[3] if len(parts) > 3 and parts[1].lower() in _ENTRANCES else ""  # noqa: PLR2004 -- "", "q", key, language
    return named if named in LANGUAGES else accepted_language() or DEFAULT


def _place(instead: str, language: str) -> Place | None:
    """The entrance of a resident's address, or the structure that an old code belonged to; None elsewhere."""
    _root, kind, key, *_ = ("", "p", instead) if instead else (*request.path.split("/"), "", "")
    if kind.lower() not in _ENTRANCES or not key.isprintable():
        return None
    try:
        return place_at(kind, key, language)
    except PortalError:
        return None


def _entrance() -> str | None:
    """The first page of a resident's address, in its language; None elsewhere, and on that page itself."""
    parts = request.path.split("/")
    if len(parts) <= 3 or parts[1].lower() not in _ENTRANCES:  # noqa: PLR2004 -- "", "q", key, language
        return None
    return "/".join(parts[:4] if parts[3] in LANGUAGES else parts[:3])


def _languages(_error: UnknownLanguage) -> Response:
    """The same address in each language the portal speaks."""
    _root, kind, key, _unknown, *rest = request.path.split("/")
    choices = [
        {
            "tag": row.tag,
            "own_name": row.own_name,
            "dir": row.direction,
            "url": "/".join(("", kind, key, row.tag, *rest)),
        }
        for row in LANGUAGES.values()
    ]
    response = render_public(
        "public/languages.html",
        None,
        404,
        language=accepted_language() or DEFAULT,
        choices=choices,
        home=start_here() or "/",
    )
    response.vary.add("Accept-Language")
    return response
