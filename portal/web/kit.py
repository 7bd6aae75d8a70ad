"""What every page is rendered with: the stylesheet's public part, the policy that names it, languages."""

from __future__ import annotations

import gzip
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, render_template, request
from flask_babel import force_locale
from markupsafe import Markup
from werkzeug.datastructures import Accept, Headers
from werkzeug.http import HTTP_STATUS_CODES, parse_accept_header

from portal.core.languages import DEFAULT, LANGUAGES
from portal.core.paths import STATIC
from portal.web.brand import mark
from portal.web.tablet import resting, rests, time_here
from portal.web.theme import DEFAULT_COLOUR, corrected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment

    from portal.web.place import Place

_MARKER = "/* ==== staff ==== */"
_PUBLIC_POLICY = (
    "default-src 'none'; style-src {styles}; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_LARGER = "html{font-size:125%}.answer{min-height:5rem}"
"""On a tablet, which is touched standing."""
_COLOURS = 4096
_HEADERS = 256
"""Browsers are many, what they accept is said in a few ways."""
_STATUSES = 64
_GZIP_LEVEL = 5
"""Beyond it a page of ten kilobytes gets no smaller by a packet, and takes twice as long."""
_SEGMENTS_BEFORE_LANGUAGE = 3
_BY_TAG = {tag.lower(): tag for tag in LANGUAGES}


@lru_cache(maxsize=1)
def public_css() -> str:
    """The part of the stylesheet that residents' pages carry inside."""
    return (STATIC / "portal.css").read_text(encoding="utf-8").split(_MARKER)[0].strip()


@lru_cache(maxsize=_COLOURS)
def theme_css(colour: str) -> str:
    """The custom properties of a structure's colour, corrected for contrast."""
    return corrected(colour).css()


def theme_of(place: Place | None) -> str:
    """The second style block of a page: the structure's colour, and what a tablet draws larger."""
    theme = theme_css(place.structure.colour if place else DEFAULT_COLOUR)
    return f"{theme}{_LARGER}" if place is not None and place.is_tablet else theme


@lru_cache(maxsize=_COLOURS)
def style_source(css: str) -> str:
    """How a policy names a style block: the base64 of its SHA-256."""
    return f"'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'"


def render_public(
    template: str, place: Place | None, status: int = 200, /, *, language: str | None = None, **context: Any
) -> Response:
    """A resident's page: one request, no script, no cookie; its policy names its two style blocks by hash."""
    tag = language or (place.language if place else DEFAULT)
    theme = theme_of(place)
    if place is None or not place.is_tablet:
        html = public_html(template, place, tag, theme, **context)
        return public_response(html.encode(), status, language=tag, theme=theme)
    time = time_here()
    html = public_html(template, place, tag, theme, tablet=resting(place.root, request.path, time), **context)
    return rests(public_response(html.encode(), status, language=tag, theme=theme), place.root, time)


def public_html(template: str, place: Place | None, language: str, theme: str, **context: Any) -> str:
    """The markup of a resident's page; `context` may replace what the layout shares, such as `languages`."""
    shared: dict[str, Any] = {
        "lang": language,
        "dir": LANGUAGES[language].direction,
        "css": Markup(public_css()),  # noqa: S704 -- our own file
        "theme_css": Markup(theme),  # noqa: S704 -- made of checked hex digits
        "structure": structure_bar(place) if place else None,
    }
    if "languages" not in context:
        shared["languages"] = language_row(place, below()) if place else []
    with force_locale(language):
        return render_template(template, **{**shared, **context})


def gzipped(body: bytes) -> bytes:
    """The page, compressed anew."""
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


class _GivenHeaders(Headers):
    """Headers of our own making, kept as they are: Werkzeug looks at each of them, gunicorn does so again."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        self._list = headers


@lru_cache(maxsize=_STATUSES)
def _status_line(status: int) -> str:
    """The status with its words, as a response begins."""
    return f"{int(status)} {HTTP_STATUS_CODES[status].upper()}"


class FinalResponse(Response):
    """A response that is sent as it stands: whoever makes it has given it all its headers, and its bytes.

    Werkzeug looks through the headers of each response for what it might have to mend, and wraps its body to
    tell when it was sent: of this one nobody is told. No header is looked through for line breaks, either:
    only texts of ours and tokens that were opened may stand in them, and gunicorn refuses others.
    """

    def __init__(self, body: tuple[bytes, ...], status: int, headers: list[tuple[str, str]]) -> None:
        # All that Werkzeug's own beginning sets, which works out each of these first.
        self.headers = _GivenHeaders(headers)
        self._status, self._status_code = _status_line(status), int(status)
        self.response, self.direct_passthrough = body, True
        self._on_close = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The bytes, as they stand; none for whoever asks for the headers alone."""
        start_response(self.status, [*self.headers])
        return () if environ["REQUEST_METHOD"] == "HEAD" else self.response  # type: ignore[return-value]  # bytes


def public_response(
    body: bytes, status: int, *, language: str, theme: str, pack: Callable[[bytes], bytes] = gzipped
) -> Response:
    """The page as it is sent: its policy, its language, compressed by `pack` for whoever takes that."""
    # No cookie opens these pages, so what is secret in one cannot be asked for again and measured.
    is_packed = _takes_gzip(request.headers.get("Accept-Encoding", ""))
    sent = pack(body) if is_packed else body
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(sent))),
        ("Content-Security-Policy", public_policy(theme)),
        ("Content-Language", language),
        ("Vary", "Accept-Encoding"),
    ]
    if is_packed:
        headers.append(("Content-Encoding", "gzip"))
    return FinalResponse((sent,), status, headers)


def see_other(path: str) -> Response:
    """The way to another page of ours, after a form; a path of ours is plain ASCII."""
    headers = [("Location", path), ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "0")]
    return FinalResponse((), HTTPStatus.SEE_OTHER, headers)


@lru_cache(maxsize=_COLOURS)
def public_policy(theme: str) -> str:
    """What a resident's page may load: its own two style blocks, and pictures that stand in it."""
    return _PUBLIC_POLICY.format(styles=f"{style_source(public_css())} {style_source(theme)}")


@lru_cache(maxsize=_HEADERS)
def _takes_gzip(accepted: str) -> bool:
    return parse_accept_header(accepted, Accept).quality("gzip") > 0


def structure_bar(place: Place) -> dict[str, str]:
    """What the brand bar and the footer show of a structure."""
    # What is said about the structure stands on the tablet, too: else nobody would bring it back.
    root = place.url() if place.is_tablet else f"/p/{place.structure.slug}/{place.language}"
    return {
        "name": place.structure.name,
        "mark": mark(place.structure.name, place.logo),
        "url": place.url(),
        "accessibility_url": f"{root}/accessibility",
        "accessibility_grade": place.grade.value,
        "privacy_url": f"{root}/privacy",
        "results_url": f"{root}/results",
    }


def language_row(place: Place, at: Sequence[str] = ()) -> list[dict[str, object]]:
    """Every language with the same address in it; `at` are the segments below the entrance."""
    return [
        {
            "tag": language.tag,
            "own_name": language.own_name,
            "dir": language.direction,
            "url": place.speaking(language.tag).url(*at),
            "current": language.tag == place.language,
        }
        for language in LANGUAGES.values()
    ]


def below() -> list[str]:
    """The segments of this request's address after entrance and language; none where they only take forms."""
    if request.method == "POST":
        adapter = current_app.create_url_adapter(request)
        if adapter is None or "GET" not in adapter.allowed_methods():
            return []
    parts = request.path.split("/")[_SEGMENTS_BEFORE_LANGUAGE:]
    return parts[1:] if parts and parts[0] in LANGUAGES else parts


def accepted_language() -> str | None:
    """The shipped language that the browser asks for first; None when it asks for none of them.

    A tag with script or region finds its language ("ar-MA" finds "ar"): look-up of RFC 4647, section 3.4.
    Equal weights go by the order of the header; "any language" names none.
    """
    asked = sorted(request.accept_languages, key=itemgetter(1), reverse=True)
    return next((found for tag, weight in asked if weight > 0 and (found := _shipped(tag))), None)


def _shipped(tag: str) -> str | None:
    """The shipped language of a tag, its last parts left out as far as it takes; None without one."""
    parts = tag.lower().split("-")
    shorter = ("-".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((_BY_TAG[one] for one in shorter if one in _BY_TAG), None)
