"""The way back in for whoever forgot the password: a page that asks for the address, and the link's page.

What the first page answers is the same for every address, so that it tells nobody who works here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request
from flask_babel import force_locale, gettext, lazy_gettext
from wtforms import EmailField, Form, PasswordField

from portal.core.errors import Expired, Invalid
from portal.core.languages import DEFAULT
from portal.people.forgotten import RESET, ask, choose_password, who_resets
from portal.people.passwords import PASSWORD_FAULTS
from portal.web.desk import render_form
from portal.web.guard import public
from portal.web.house import house
from portal.web.kit import accepted_language
from portal.web.throttle import Limit, check_tries, note_refusal

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as Redirect

    from portal.people.queries import Card

bp = Blueprint("forgotten", __name__)

ASKED = Limit("forgotten", tries=10, within=timedelta(minutes=10))
_FORGOTTEN = "/forgotten-password"


class AddressForm(Form):  # type: ignore[misc]  # WTForms has no types
    """The address of the account."""

    email = EmailField(lazy_gettext("E-mail"), render_kw={"autocomplete": "username", "dir": "ltr"})


class NewPasswordForm(Form):  # type: ignore[misc]  # WTForms has no types
    """The address, for whatever keeps passwords in the browser, and the new password."""

    email = EmailField(
        lazy_gettext("E-mail"), render_kw={"readonly": "readonly", "autocomplete": "username", "dir": "ltr"}
    )
    password = PasswordField(
        lazy_gettext("New password"), render_kw={"autocomplete": "new-password", "dir": "ltr"}
    )


@bp.get(_FORGOTTEN)
@public
def show() -> Response:
    """The page that asks for the address; `?sent` says what happens now."""
    language = accepted_language() or DEFAULT
    with force_locale(language):
        sent = gettext(
            "If this address has an account, a link is on its way. It is good for half an hour. "
            "Nothing comes? Look among unwanted mail, or ask whoever manages the accesses of your team."
        )
        response = render_form(
            None,
            AddressForm(),
            title=gettext("Forgotten password"),
            submit=gettext("Send me a link"),
            post=_FORGOTTEN,
            back="/sign-in",
            lead=gettext("We send you a link with which you choose a new one."),
            language=language,
            flashes=[sent] if "sent" in request.args else [],
        )
    response.vary.add("Accept-Language")
    return response


@bp.post(_FORGOTTEN)
@public
def send() -> Redirect:
    """The same answer for every address. Raises `Throttled` for a visitor who asks for many."""
    check_tries(ASKED)
    note_refusal(ASKED)
    ask(house().database, request.form.get("email", ""))
    return redirect(f"{_FORGOTTEN}?sent", 303)


@bp.get("/new-password/<token>")
@public
def link(token: str) -> Response:
    """The field for a new password; 410 when the link has been used or is too old."""
    return _page(token, _who(token))


@bp.post("/new-password/<token>")
@public
def choose(token: str) -> Response | Redirect:
    """The password is changed, and one signs in with it; 422 with its fault, without repeating it."""
    who = _who(token)
    try:
        choose_password(house().database, house().hasher, token, request.form.get("password", ""))
    except Invalid as fault:
        return _page(token, who, str(fault.facts["reason"]))
    except Expired:
        raise Expired(RESET) from None
    return redirect("/sign-in?changed", 303)


def _who(token: str) -> Card:
    try:
        return who_resets(house().database, token)
    except Expired:
        raise Expired(RESET) from None


def _page(token: str, who: Card, fault: str | None = None) -> Response:
    language = accepted_language() or who.locale
    with force_locale(language):
        form = NewPasswordForm(data={"email": who.email})
        advice = PASSWORD_FAULTS["short"]
        form.password.description = "" if fault == "short" else gettext(advice)
        if fault:
            form.password.errors = [gettext(PASSWORD_FAULTS[fault])]
        response = render_form(
            None,
            form,
            title=gettext("Choose a new password"),
            submit=gettext("Change my password"),
            post=f"/new-password/{token}",
            lead=gettext("Every browser that was signed in is signed out."),
            language=language,
        )
    response.vary.add("Accept-Language")
    return response
