"""A name, a colour and a logo as residents would see them: three pages and a card, before anything is kept.

The pages are rendered by the very templates of residents' pages. Each stands in a frame that holds its markup
(no address is asked for), takes no touch and runs nothing; the page says in words what the frames show.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from flask_babel import force_locale, format_decimal, gettext

from portal.cases.rules import Kind
from portal.core.errors import NotFound, Refused
from portal.questionnaires.queries import published
from portal.web.desk import render_staff
from portal.web.house import house
from portal.web.kit import language_row, public_css, public_html, style_source, theme_css
from portal.web.opinion_pages import Asking, question_html
from portal.web.place import place_at
from portal.web.printing import FAULTS, specimen
from portal.web.reaching import help_options, moment_options
from portal.web.settings_page import logo_picture, logo_words
from portal.web.theme import TEXT_CONTRAST, contrast, corrected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Response

    from portal.tenancy.models import Structure
    from portal.web.guard import Desk
    from portal.web.place import Place
    from portal.web.printing import Sign

_WHITE = "#ffffff"


def previewed(desk: Desk, now: Structure, sign: Sign, *, given: Mapping[str, str], post: str) -> Response:
    """The page that shows a sign before it is kept; `given` is what its form sends again, to `post`."""
    card, card_fault = _card(desk, sign)
    response = render_staff(
        "staff/identity_preview.html",
        desk,
        card=card,
        card_fault=card_fault,
        given=given,
        urls={"post": post, "back": desk.url("settings")},
        name={"now": now.name, "then": sign.name},
        colours=list(_colours(now, sign)),
        is_darkened=corrected(sign.colour).brand != sign.colour,
        logo=None if sign.logo is None else logo_picture(sign.logo),
        logo_words=gettext(logo_words(sign.logo)),
        screens=list(_screens(desk, sign)),
    )
    # The frames inherit the policy of the page, so it names the styles of residents' pages too.
    styles = f"{style_source(public_css())} {style_source(theme_css(sign.colour))}"
    policy = response.headers["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace("'self' ", f"'self' {styles} ", 1)
    return response


def _colours(now: Structure, sign: Sign) -> Iterator[dict[str, Any]]:
    """The colour as chosen and as shown, with today's before them when another one is chosen."""
    rows = [(gettext("Chosen"), sign.colour), (gettext("Shown"), corrected(sign.colour).brand)]
    if now.colour != sign.colour:
        rows.insert(0, (gettext("Today"), corrected(now.colour).brand))
    for label, colour in rows:
        ratio = contrast(colour, _WHITE)
        yield {
            "label": label,
            "colour": colour,
            "on": max((_WHITE, "#000000"), key=lambda text: contrast(text, colour)),
            "contrast": format_decimal(int(ratio * 10) / 10),  # never rounded up to what it does not reach
            "is_readable": ratio >= TEXT_CONTRAST,
        }


def _screens(desk: Desk, sign: Sign) -> Iterator[dict[str, str]]:
    """Title and markup of the pages, in the language of whoever looks; without questionnaire no question."""
    place = place_at("p", desk.slug, desk.language)
    board = place.structure._replace(name=sign.name, colour=sign.colour)
    place = place._replace(structure=board, logo=sign.logo.on_page if sign.logo else None)
    theme = theme_css(sign.colour)
    try:
        with house().database.reading(place.scope) as u:
            shown = published(u)
        yield {"title": gettext("First question"), "html": question_html(place, Asking(shown, 1, ""))}
    except NotFound:
        pass
    for title, template, context in _forms(place):
        html = public_html(template, place, place.language, theme, **context)
        yield {"title": title, "html": html}


def _forms(place: Place) -> Iterator[tuple[str, str, dict[str, Any]]]:
    shared: dict[str, Any] = {"token": "", "errors": [], "languages": language_row(place)}
    urls = {"post": place.url(), "back": place.url(), "danger": place.url("danger")}
    given = {"contact_kind": "none", "identity": "nobody"}
    names = ("message", "contact_kind", "contact", "when", "leave", "help", "identity", "name")
    values = {name: given.get(name, "") for name in names}
    offered = {"when_options": moment_options(), "help_options": help_options()}
    door = {"kind": Kind.COMPLAINT.value, "asks_contact": True, "values": values, "urls": urls, **offered}
    yield gettext("A problem with our work"), "public/door.html", {**shared, **door}
    follow = {"value": "", "words": "", "urls": urls}
    yield gettext("Follow my message"), "public/follow.html", {**shared, **follow}


def _card(desk: Desk, sign: Sign) -> tuple[str, None] | tuple[None, str]:
    """The card as a `data:` address, or the sentence that says why there is none."""
    try:
        with force_locale(desk.language):
            png = specimen(sign, desk.language)
    except Refused as refusal:
        reason = str(refusal.facts.get("reason"))
        if refusal.fact != "print" or reason not in FAULTS:
            raise
        return None, gettext(FAULTS[reason][1], told=refusal.facts.get("told"))
    return f"data:image/png;base64,{b64encode(png).decode()}", None
