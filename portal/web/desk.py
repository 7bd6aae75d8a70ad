"""What every staff page is rendered with: name, menu within the person's rights, theme, policy of content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import make_response, render_template, request
from flask_babel import force_locale, gettext
from markupsafe import Markup

from portal.core.languages import DEFAULT, LANGUAGES, N_
from portal.people.rules import PERMISSIONS, Permission
from portal.web.guide_text import guide_of, path_of, spoken
from portal.web.kit import style_source, theme_css

if TYPE_CHECKING:
    from flask import Response
    from wtforms import Form

    from portal.web.guard import Desk

_POLICY = (
    "default-src 'none'; style-src 'self' {styles}; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


_PLAYER = "media-src 'self'"
"""Beside it on a page with a voice message to play, and on no other."""
_ENDINGS = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}?\N{ARABIC QUESTION MARK}:"
"""What a label may end with and a sentence that begins with it may not go on with."""

_FARTHEST = 10_000_000
"""Beyond the end of any list, and a number that every database takes."""


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A line of the menu: where it leads, its words, and the permission that shows it."""

    path: str
    label: str
    permission: Permission
    is_first: bool = True
    """Whether somebody may land there after the sign-in."""


NAV: tuple[NavEntry, ...] = (
    NavEntry("cases", N_("To do"), Permission.READ_CASES),
    NavEntry("cases/new", N_("Write down"), Permission.ENTER_CASES, is_first=False),
    NavEntry("actions", N_("Improvement plan"), Permission.OWN_ACTIONS, is_first=False),
    NavEntry("responses", N_("Responses"), Permission.READ_RESPONSES),
    NavEntry("dashboard", N_("Figures"), Permission.READ_FIGURES),
    NavEntry("papers", N_("Papers"), Permission.READ_REGISTER, is_first=False),
    NavEntry("codes", N_("Codes"), Permission.READ_CODES),
    NavEntry("questionnaires", N_("Questionnaires"), Permission.READ_QUESTIONNAIRES),
    NavEntry("people", N_("People"), Permission.MANAGE_PEOPLE),
    NavEntry("settings", N_("Settings"), Permission.MANAGE_SETTINGS),
)


def render_staff(template: str, desk: Desk | None, status: int = 200, **context: Any) -> Response:
    """A page for staff, never stored by a browser or a proxy; `desk` is None before the sign-in.

    `context` may hold what `staff/layout.html` leaves open (`flashes`, `errors`), and before the sign-in the
    `language`, a structure's `colour` and the `structure` of the bar.
    """
    language = desk.language if desk else context.pop("language", DEFAULT)
    structure = desk.structure if desk else None
    colour = context.pop("colour", structure.colour if structure else None)
    own = theme_css(colour) if colour else ""
    with force_locale(language):
        shared: dict[str, Any] = {
            "lang": language,
            "dir": LANGUAGES[language].direction,
            "structure": {"name": structure.name, "url": landing(desk)} if desk and structure else None,
            "theme_css": Markup(own),  # noqa: S704 -- made of checked hex digits
            "csrf": desk.csrf if desk else "",
            "person": _person(desk) if desk else None,
            "nav": _nav(desk) if desk else [],
            "sign_out_url": "/sign-out" if desk else None,
            "flashes": [],
        }
        response = make_response(render_template(template, **{**shared, **context}), status)
    policy = _POLICY.format(styles=style_source(own) if own else "")
    response.headers["Content-Security-Policy"] = f"{policy}; {_PLAYER}" if context.get("voices") else policy
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    return response


def render_form(  # noqa: PLR0913 -- what the one template of forms needs
    desk: Desk | None,
    form: Form,
    *,
    title: str,
    submit: str,
    post: str,
    back: str | None = None,
    lead: str | None = None,
    **context: Any,
) -> Response:
    """A page with one form: 422 and every fault on top once its fields have errors, else 200."""
    faults = form_errors(form)
    return render_staff(
        "staff/form.html",
        desk,
        422 if faults else 200,
        form=form,
        title=title,
        submit=submit,
        lead=lead,
        urls={"post": post, "back": back},
        **{"errors": faults, **context},
    )


def form_errors(form: Form) -> list[dict[str, str]]:
    """The first error of each wrong field with its name, for the summary on top; empty when all is well."""
    return [
        {
            "field": field.name,
            "message": gettext(
                "%(label)s: %(sentence)s",
                label=str(field.label.text).rstrip(_ENDINGS),
                sentence=field.errors[0],
            ),
        }
        for field in form
        if field.errors
    ]


def asked_offset() -> int:
    """From which line of a list the address asks for it; 0 for what is no number."""
    return min(max(0, request.args.get("offset", 0, type=int)), _FARTHEST)


def landing(desk: Desk) -> str:
    """The first page of the structure that this person may open."""
    allowed = (entry.path for entry in NAV if entry.is_first and desk.may(entry.permission))
    return desk.url(next(allowed, ""))


def _person(desk: Desk) -> dict[str, str]:
    return {
        "name": desk.person.name,
        "role_label": gettext(PERMISSIONS[desk.role].label) if desk.role else "",
        "url": "/account",
    }


def _nav(desk: Desk) -> list[dict[str, Any]]:
    """Where the person may go, and last the guide of their role."""
    if desk.structure is None or desk.role is None:
        return []
    help_url = path_of(guide_of(desk.role), spoken(desk.language))
    here = [entry.path for entry in NAV if request.path.startswith(desk.url(entry.path))]
    pages = [
        {
            "label": gettext(entry.label),
            "url": desk.url(entry.path),
            "current": entry.path == max(here, key=len, default=None),
            "count": None,
        }
        for entry in NAV
        if desk.may(entry.permission)
    ]
    return [*pages, {"label": gettext("Help"), "url": help_url, "current": False, "count": None}]
