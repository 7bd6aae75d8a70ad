"""The guides of the teams: a page for each role under `/help`, in French and English, open to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from portal.core.errors import NotFound
from portal.core.languages import LANGUAGES
from portal.core.paths import STATIC
from portal.web.guard import public
from portal.web.guide_text import FRONT, LANGUAGES_OF_GUIDES, NAMES, guide, path_of, spoken
from portal.web.kit import accepted_language, public_html, public_response, theme_css
from portal.web.theme import DEFAULT_COLOUR

if TYPE_CHECKING:
    from flask import Response

bp = Blueprint("guides", __name__)

_MARKER = "/* ==== guides ==== */"
_STYLE = (STATIC / "portal.css").read_text(encoding="utf-8").partition(_MARKER)[2].strip()


@bp.get("/help")
@bp.get("/help/<language>")
@public
def front(language: str | None = None) -> Response:
    """How to sign in, and whose page is which."""
    response = _page(FRONT, language or spoken(accepted_language()))
    if language is None:
        response.vary.add("Accept-Language")
    return response


@bp.get("/help/<language>/<name>")
@public
def show(language: str, name: str) -> Response:
    """One guide. Raises `NotFound` for what is none."""
    return _page(name, language)


def _page(name: str, language: str) -> Response:
    if name not in NAMES or language not in LANGUAGES_OF_GUIDES:
        raise NotFound("guide")
    shown, theme = guide(name, language), theme_css(DEFAULT_COLOUR) + _STYLE
    html = public_html(
        "public/guide.html",
        None,
        language,
        theme,
        languages=[
            {
                "tag": row.tag,
                "own_name": row.own_name,
                "dir": row.direction,
                "url": path_of(name, row.tag),
                "current": row.tag == language,
            }
            for row in LANGUAGES.values()
            if row.tag in LANGUAGES_OF_GUIDES
        ],
        guide=shown,
        urls={"front": None if name == FRONT else path_of(FRONT, language), "sign_in": "/sign-in"},
    )
    return public_response(html.encode(), 200, language=language, theme=theme)
