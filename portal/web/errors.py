"""One table from what went wrong to what a person reads: status, sentence, next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from portal.core.errors import (
    Conflict,
    Expired,
    Invalid,
    NotFound,
    PortalError,
    Refused,
    Retired,
    Tampered,
    Throttled,
)
from portal.core.languages import DEFAULT, LANGUAGES, N_
from portal.web.kit import accepted_language, render_public
from portal.web.place import UnknownLanguage

if TYPE_CHECKING:
    from flask import Flask, Response


@dataclass(frozen=True, slots=True)
class Told:
    """What a person is told: status, title, sentence, what to do, and whether a code can be typed there."""

    status: int
    title: str
    sentence: str
    next_step: str
    asks_code: bool = False


_AGAIN = N_("Go back to the first page and try again.")

TOLD: dict[type[PortalError], Told] = {
    NotFound: Told(
        404,
        N_("We do not find this page"),
        N_("The address or the code is not known here."),
        N_("Check the code under the square and type it again."),
        asks_code=True,
    ),
    Retired: Told(
        410,
        N_("This code is no longer used"),
        N_("The card or poster is an old one."),
        N_("Ask the team for the new code, or type another one."),
        asks_code=True,
    ),
    Expired: Told(
        410, N_("This page has waited too long"), N_("What was sent from it can no longer be taken."), _AGAIN
    ),
    Tampered: Told(400, N_("This link is not complete"), N_("A part of the address is missing."), _AGAIN),
    Invalid: Told(422, N_("Something is missing"), N_("What was sent could not be read."), _AGAIN),
    Refused: Told(
        403,
        N_("This is not possible now"),
        N_("Your role does not allow it, or it has been done already."),
        N_("Go back to the page and look again."),
    ),
    Conflict: Told(
        409,
        N_("Somebody else was faster"),
        N_("The page has changed since you opened it."),
        N_("Open it again and look before you send."),
    ),
    Throttled: Told(
        429, N_("Too many tries"), N_("The page rests for a moment."), N_("Try again in a few minutes.")
    ),
}
_BY_STATUS: dict[int, Told] = {
    404: TOLD[NotFound],
    405: Told(
        405, N_("This page cannot be used like this"), N_("It was opened in a way it does not know."), _AGAIN
    ),
    413: Told(
        413,
        N_("This is too big"),
        N_("The text or the file is larger than we can take."),
        N_("Send a smaller file or a shorter text."),
    ),
    429: TOLD[Throttled],
}
_BROKEN = Told(
    500,
    N_("Something broke on our side"),
    N_("It is not your fault. Nothing that was already saved is lost."),
    N_("Try again in a few minutes."),
)


def register(app: Flask) -> None:
    """Let the application answer every fault by this table."""
    app.register_error_handler(UnknownLanguage, _languages)
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _broken)


def told(error: PortalError) -> Told:
    """The line for an error of ours; one that is no line of the table is our own fault."""
    for kind in type(error).__mro__:
        if kind in TOLD:
            return TOLD[kind]
    return _BROKEN


def _portal_error(error: PortalError) -> Response:
    return _page(told(error))


def _http_error(error: HTTPException) -> Response:
    line = _BY_STATUS.get(error.code or 500)
    return _page(line or Told(error.code or 500, TOLD[Invalid].title, TOLD[Invalid].sentence, _AGAIN))


def _broken(_error: Exception) -> Response:
    return _page(_BROKEN)


def _languages(_error: UnknownLanguage) -> Response:
    choices = [
        {"tag": row.tag, "own_name": row.own_name, "dir": row.direction, "url": f"?lang={row.tag}"}
        for row in LANGUAGES.values()
    ]
    return render_public(
        "public/languages.html", None, 404, language=accepted_language() or DEFAULT, choices=choices
    )


def _page(line: Told) -> Response:
    return render_public(
        "errors/public.html",
        None,
        line.status,
        language=accepted_language() or DEFAULT,
        title=gettext(line.title),
        sentence=gettext(line.sentence),
        next_step=gettext(line.next_step),
        urls={"code": "/", "back": None},
        asks_code=line.asks_code,
    )
