"""What every page is rendered with: the stylesheet's public part, the policy that names it, languages."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flask import make_response, render_template, request
from flask_babel import force_locale
from markupsafe import Markup

from portal.core.languages import LANGUAGES
from portal.core.paths import STATIC
from portal.web.theme import DEFAULT_COLOUR, corrected

if TYPE_CHECKING:
    from flask import Response

    from portal.web.place import Place

_MARKER = "/* ==== staff ==== */"
_PUBLIC_POLICY = (
    "default-src 'none'; style-src {styles}; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@lru_cache(maxsize=1)
def public_css() -> str:
    """The part of the stylesheet that residents' pages carry inside."""
    return (STATIC / "portal.css").read_text(encoding="utf-8").split(_MARKER)[0].strip()


@lru_cache(maxsize=512)
def theme_css(colour: str) -> str:
    """The custom properties of a structure's colour, corrected for contrast."""
    return corrected(colour).css()


@lru_cache(maxsize=512)
def style_source(css: str) -> str:
    """How a policy names a style block: the base64 of its SHA-256."""
    return f"'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'"


def render_public(
    template: str, place: Place | None, status: int = 200, *, language: str | None = None, **context: Any
) -> Response:
    """A resident's page: one request, no script, no cookie; its policy names its two style blocks by hash."""
    tag = language or (place.language if place else "fr")
    own = theme_css(place.structure.colour if place else DEFAULT_COLOUR)
    shared = {
        "lang": tag,
        "dir": LANGUAGES[tag].direction,
        "css": Markup(public_css()),  # noqa: S704 -- our own file
        "theme_css": Markup(own),  # noqa: S704 -- made of checked hex digits
        "structure": structure_bar(place) if place else None,
        "languages": language_row(place) if place else [],
    }
    with force_locale(tag):
        response = make_response(render_template(template, **{**shared, **context}), status)
    styles = " ".join(style_source(css) for css in (public_css(), own))
    response.headers["Content-Security-Policy"] = _PUBLIC_POLICY.format(styles=styles)
    response.headers["Content-Language"] = tag
    return response


def structure_bar(place: Place) -> dict[str, str | None]:
    """What the brand bar and the footer show of a structure."""
    root = f"/p/{place.structure.slug}"
    return {
        "name": place.structure.name,
        "url": place.url(),
        "logo": None,
        "accessibility_url": f"{root}/accessibility",
        "privacy_url": f"{root}/privacy",
        "results_url": f"{root}/results",
    }


def language_row(place: Place) -> list[dict[str, object]]:
    """Every language with the address of this entrance in it."""
    return [
        {
            "tag": language.tag,
            "own_name": language.own_name,
            "dir": language.direction,
            "url": place.speaking(language.tag).url(),
            "current": language.tag == place.language,
        }
        for language in LANGUAGES.values()
    ]


def accepted_language() -> str | None:
    """The shipped language that the browser asks for first; None when it asks for none of them."""
    return request.accept_languages.best_match(list(LANGUAGES))
