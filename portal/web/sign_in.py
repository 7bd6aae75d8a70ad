"""The doors of the teams: sign in, sign out, an invitation's link, the way to one's structures."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, redirect, request
from flask_babel import force_locale, gettext, lazy_gettext
from wtforms import EmailField, Form, PasswordField

from portal.core.db import Scope
from portal.core.errors import Conflict, Expired, Invalid
from portal.core.languages import DEFAULT, N_
from portal.people.actions import close_session
from portal.people.entrance import join, look_at, sign_in
from portal.people.passwords import PASSWORD_FAULTS
from portal.people.rules import PERMISSIONS, Role
from portal.web.desk import landing, render_form, render_staff
from portal.web.guard import (
    cookie_name,
    current_desk,
    is_https,
    member,
    places_of,
    public,
    signed_in,
)
from portal.web.house import house
from portal.web.kit import accepted_language
from portal.web.throttle import Limit, check_tries, note_refusal

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as Redirect

    from portal.people.entrance import Admitted, Invited
    from portal.web.guard import Desk

bp = Blueprint("sign_in", __name__)

GUESSES = Limit("sign_in", tries=30, within=timedelta(minutes=10))
"""A team behind one address may mistype; who tries one password on many accounts is slowed."""

_STRUCTURES = "/structures"
_NEXT = re.compile(r"/(?:s/|structures(?:$|[/?]))")
_WRONG = N_("The e-mail or the password is not right. Check both, then try again in a moment.")
_FOR_TEAMS = N_("For the teams. Residents need no account.")
_CHANGED = N_("Your password is changed. Sign in with the new one.")
_TO_GO_ON = N_("Sign in to open the page you asked for.")
_FAULTS = {
    **PASSWORD_FAULTS,
    "wrong": N_("This is not the password of your account, or you must wait a moment before the next try."),
}


class InvitationForm(Form):  # type: ignore[misc]  # WTForms has no types
    """The address an invitation is for, and the password: a new one, or that of the account."""

    email = EmailField(
        lazy_gettext("E-mail"), render_kw={"readonly": "readonly", "autocomplete": "username", "dir": "ltr"}
    )
    password = PasswordField(lazy_gettext("Password"), render_kw={"dir": "ltr"})


@bp.get("/sign-in")
@public
def show() -> Response | Redirect:
    """The sign-in page; whoever is signed in goes on at once."""
    if current_desk() is not None:
        return redirect(_next() or _STRUCTURES, 303)
    return _page()


@bp.post("/sign-in")
@public
def enter() -> Response | Redirect:
    """A session and the way to where one wanted to go; 422 with one sentence for every refusal.

    Raises `Throttled` for a visitor who was refused too often, whatever the account.
    """
    email, password = request.form.get("email", ""), request.form.get("password", "")
    check_tries(GUESSES)
    try:
        admitted = sign_in(house().database, house().hasher, email=email, password=password)
    except Invalid:
        note_refusal(GUESSES)
        return _page(422, email=email, wrong=True)
    return admit(admitted, _next() or _STRUCTURES)


@bp.post("/sign-out")
@signed_in
def leave(_desk: Desk) -> Redirect:
    """The session has ended, and the cookie with it."""
    _close_session()
    return without_cookie(redirect("/sign-in", 303))


@bp.get("/structures")
@signed_in
def structures(desk: Desk) -> Response | Redirect:
    """Where the person may work; the first page of the structure when there is only one."""
    places = places_of(desk)
    if len(places) == 1:
        return redirect(f"/s/{places[0].structure.slug}/", 303)
    rows = [
        {
            "name": place.structure.name,
            "url": f"/s/{place.structure.slug}/",
            "role_label": gettext(PERMISSIONS[place.role].label),
        }
        for place in places
    ]
    leads = any(place.role is Role.NETWORK_LEAD for place in places)
    return render_staff("staff/structures.html", desk, structures=rows, network="/network" if leads else None)


@bp.get("/s/<slug>/")
@member
def first_page(desk: Desk) -> Redirect:
    """The way to the first page that the person may open."""
    return redirect(landing(desk), 303)


@bp.get("/invitations/<token>")
@public
def invitation(token: str) -> Response:
    """What the link offers, and the field for a password; 410 when it has been used or is too old."""
    return _invitation_page(token, _invited(token))


@bp.post("/invitations/<token>")
@public
def accept(token: str) -> Response | Redirect:
    """The person has joined and is signed in; 422 with the fault of the password, which is not repeated."""
    invited, language = _invited(token), _language()
    check_tries(GUESSES)
    try:
        admitted = join(
            house().database,
            house().hasher,
            invited=invited,
            password=request.form.get("password", ""),
            locale=language,
        )
    except Invalid as fault:
        if fault.fact != "password":
            raise Conflict("member") from None
        if fault.facts["reason"] == "wrong":
            note_refusal(GUESSES)
        return _invitation_page(token, invited, str(fault.facts["reason"]))
    return admit(admitted, f"/s/{invited.structure_slug}/")


def without_cookie(response: Redirect) -> Redirect:
    """The answer, which takes the session's cookie away."""
    response.delete_cookie(cookie_name(), path="/", secure=is_https(), httponly=True, samesite="Lax")
    return response


def _page(status: int = 200, *, email: str = "", wrong: bool = False) -> Response:
    language, wanted = _language(), _next()
    with force_locale(language):
        errors = [{"field": "email", "message": gettext(_WRONG)}] if wrong else []
        lead = gettext(_TO_GO_ON) if wanted else gettext(_FOR_TEAMS)
        flashes = [gettext(_CHANGED)] if "changed" in request.args else []
    response = render_staff(
        "staff/sign_in.html",
        None,
        status,
        language=language,
        urls={
            "post": f"/sign-in?next={quote(wanted)}" if wanted else "/sign-in",
            "forgotten": "/forgotten-password",
        },
        values={"email": email},
        lead=lead,
        flashes=flashes,
        errors=errors,
    )
    response.vary.add("Accept-Language")
    return response


def _invited(token: str) -> Invited:
    try:
        return look_at(house().database, house().tokens, token)
    except Expired:
        raise Expired("invitation") from None


def _invitation_page(token: str, invited: Invited, fault: str | None = None) -> Response:
    language = _language()
    with force_locale(language):
        form = InvitationForm(data={"email": invited.offer.email})
        title, submit, hint = _invitation_words(invited)
        # The fault of a short password says what the hint says.
        form.password.description = "" if fault == "short" else hint
        form.password.render_kw = {
            **form.password.render_kw,
            "autocomplete": "current-password" if invited.is_known else "new-password",
        }
        if fault:
            form.password.errors = [gettext(_FAULTS[fault])]
        response = render_form(
            None,
            form,
            title=title,
            submit=submit,
            post=f"/invitations/{token}",
            lead=gettext(
                "%(name)s, you are invited as: %(role)s.",
                name=invited.offer.name,
                role=gettext(PERMISSIONS[invited.offer.role].label),
            ),
            language=language,
            colour=invited.structure_colour,
            structure={"name": invited.structure_name, "url": "/"},
        )
    response.vary.add("Accept-Language")
    return response


def _invitation_words(invited: Invited) -> tuple[str, str, str]:
    """Title, button and the hint of the password."""
    title = gettext("%(structure)s invites you", structure=invited.structure_name)
    if invited.is_known:
        return title, gettext("Join"), gettext("You have an account already: give its password.")
    advice = PASSWORD_FAULTS["short"]
    return title, gettext("Create my account"), gettext(advice)


def admit(admitted: Admitted, url: str) -> Redirect:
    """The way on, with the cookie of a new session; the one this browser had before ends."""
    _close_session()
    response = redirect(url, 303)
    # No age: on a shared computer the cookie goes with the browser; the server ends sessions by itself.
    response.set_cookie(
        cookie_name(), admitted.token, path="/", secure=is_https(), httponly=True, samesite="Lax"
    )
    return response


def _close_session() -> None:
    token = request.cookies.get(cookie_name())
    if token:
        with house().database.transaction(Scope.nobody()) as u:
            close_session(u, token)


def _next() -> str | None:
    """Where the person wanted to go, if it is a page of ours: an address of elsewhere is dropped."""
    wanted = request.args.get("next", "")
    return wanted if _NEXT.match(wanted) and wanted.isprintable() and "\\" not in wanted else None


def _language() -> str:
    return accepted_language() or DEFAULT
