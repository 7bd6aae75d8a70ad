"""The tablet of a counter: pages that start anew by themselves, with nothing of the last person on them.

Without a script: each page tells the browser where to go after a silence (`Refresh`), says so, and offers
more time by one tap, as often as wished (WCAG 2.2.1). The page on which nobody has begun stays as it is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import request

from portal.core.ids import read_code

if TYPE_CHECKING:
    from flask import Flask, Response

TABLET = "t"
"""The first segment of the pages that stand on the tablet of a counter; then a code, as in a square."""
MORE = "more"
"""The argument, or the button of a form, by which somebody asks for more time."""
QUIET = timedelta(seconds=60)
"""Without a tap for so long, a page is left alone."""
WRITING = timedelta(minutes=5)
"""Whoever writes taps no page: a text has more time, and what was written comes back with more of it."""
THANKS = timedelta(seconds=20)
"""After the last answer there is only thanks to read, and the next person waits."""

_BEGINNING = f"/{TABLET}/"
_MINUTE = 60
_START_SEGMENTS = 3
_FIRST_ERROR = 400
_WRITTEN = frozenset({"doors.door", "doors.send"})
_THANKED = "survey.thanks"
_CLEAR = '"cache"'
"""Pages that "back" would show without asking us go, too."""


def register(app: Flask) -> None:
    """Let every page below `/t/` start anew, errors included, and be kept nowhere."""
    app.after_request(_rest)


def time_here() -> timedelta:
    """How long a page of this request waits for a tap, unless whoever makes it knows better."""
    if request.endpoint in _WRITTEN:
        return WRITING
    return THANKS if request.endpoint == _THANKED and MORE not in request.args else QUIET


def resting(root: str, path: str, time: timedelta) -> dict[str, Any]:
    """What a page at this path says of its time, and where it begins: see `components/resting.html`."""
    seconds = int(time.total_seconds())
    return {
        "minutes": 0 if seconds % _MINUTE else seconds // _MINUTE,
        "seconds": seconds,
        "is_writing": time == WRITING,
        "start": root,
        "more": f"{path}?{MORE}=1",
    }


def rests(response: Response, root: str, time: timedelta) -> Response:
    """The response, which the browser leaves for the first page after a silence of this length."""
    response.headers["Refresh"] = f"{int(time.total_seconds())}; url={root}"
    return response


def start_here() -> str | None:
    """Where the tablet of this request begins; None elsewhere, and where no code stands."""
    segments = request.path.rstrip("/").split("/")
    if not request.path.startswith(_BEGINNING) or len(segments) < _START_SEGMENTS:
        return None
    code = read_code(segments[2])
    return f"{_BEGINNING}{code}" if code else None


def _rest(response: Response) -> Response:
    if not request.path.startswith(_BEGINNING):
        return response
    response.headers["Cache-Control"] = "no-store"
    segments, start = request.path.rstrip("/").split("/"), start_here()
    if start is None or "Location" in response.headers or "Refresh" in response.headers:
        return response
    if len(segments) == _START_SEGMENTS and response.status_code < _FIRST_ERROR:
        response.headers["Clear-Site-Data"] = _CLEAR
    else:  # an error: it tells nothing of anybody, and nobody would bring the tablet back
        response.headers["Refresh"] = f"{int(QUIET.total_seconds())}; url={start}"
    return response
