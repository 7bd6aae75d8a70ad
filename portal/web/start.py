"""Founding a structure in the browser: one page with four fields, and the code that already collects.

An open page that founds would let anybody of the internet in: it opens only to the holder of a start link,
which the server prints while the portal is empty and which ends with the founding (docs/decisions/0019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, request
from flask_babel import force_locale, gettext, lazy_gettext
from wtforms import EmailField, Form, PasswordField, StringField

from portal.core.db import Scope
from portal.core.errors import Invalid, NotFound, Tampered
from portal.core.languages import DEFAULT, N_
from portal.people.entrance import begin, is_known, sign_in
from portal.people.passwords import PASSWORD_FAULTS, check_password, name_in, read_email, read_name
from portal.web.desk import render_form, render_staff
from portal.web.fields import Whole, at_most, between, blame, needed, optional
from portal.web.founding import MOST_DAYS, USUAL_DAYS, Founding, check_start, found, is_empty
from portal.web.guard import public
from portal.web.house import house
from portal.web.kit import accepted_language
from portal.web.sign_in import GUESSES, admit
from portal.web.throttle import check_tries, note_refusal

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.people.entrance import Admitted

bp = Blueprint("start", __name__)

_MOST_NAME = 80
_ADVICE = PASSWORD_FAULTS["short"]
_UNUSABLE = N_("This name cannot be used.")
_FAULTS: dict[tuple[str, str], str] = {
    ("email", "form"): N_("This is not an e-mail address. Example: first.name@example.org"),
    ("person", "form"): N_("Write the first name and the name."),
    ("name", "same"): N_("A structure has this name already: add its town, for example."),
    ("password", "known"): N_("You have an account already: give its password."),
    **{("password", reason): sentence for reason, sentence in PASSWORD_FAULTS.items()},
}


class StartForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Four fields that are needed, and one's own name."""

    name = StringField(
        lazy_gettext("Name of the structure"),
        [needed(), at_most(_MOST_NAME)],
        description=lazy_gettext("As residents know it."),
        render_kw={"autocomplete": "organization", "dir": "auto"},
    )
    answer_days = Whole(
        lazy_gettext("You answer a complaint within how many working days?"),
        [needed(), between(1, MOST_DAYS)],
        description=lazy_gettext("Every resident is promised a date by it. You can change it later."),
        default=USUAL_DAYS,
        render_kw={"inputmode": "numeric"},
    )
    email = EmailField(
        lazy_gettext("Your e-mail"),
        [needed()],
        description=lazy_gettext("You become the quality lead of this structure."),
        render_kw={"autocomplete": "username", "dir": "ltr"},
    )
    password = PasswordField(
        lazy_gettext("Password"),
        [needed()],
        description=lazy_gettext(_ADVICE),
        render_kw={"autocomplete": "new-password", "dir": "ltr"},
    )
    person = StringField(
        lazy_gettext("Your first name and name (optional)"),
        [optional()],
        description=lazy_gettext("As your colleagues will read it."),
        render_kw={"autocomplete": "name", "dir": "auto"},
    )


@bp.get("/start")
@public
def where() -> Response:
    """In a portal without structures, where the start link is to be found; nothing afterwards."""
    with house().database.reading(Scope.nobody()) as u:
        if not is_empty(u):
            raise NotFound("start")
    response = render_staff("staff/start_where.html", None, language=_language())
    response.vary.add("Accept-Language")
    return response


@bp.get("/start/<token>")
@public
def form(token: str) -> Response:
    """The form that founds a structure. Raises `NotFound` without a start link, `Expired("start")`."""
    _look_at(token)
    with force_locale(_language()):
        return _page(token, StartForm())


@bp.post("/start/<token>")
@public
def begin_structure(token: str) -> ResponseReturnValue:
    """The structure listens and its quality lead is signed in; 422 with every fault at its field."""
    _look_at(token)
    check_tries(GUESSES)
    with force_locale(_language()):
        given = StartForm(request.form)
        if not given.validate():
            return _page(token, given)
        try:
            admitted, slug = _founded(token, given)
        except Invalid as fault:
            blame(
                _fields(given).get(fault.fact, given.name),
                gettext(_FAULTS.get((fault.fact, str(fault.facts.get("reason"))), _UNUSABLE)),
            )
            return _page(token, given)
    return admit(admitted, f"/s/{slug}/start?done=founded")


def _fields(given: Any) -> dict[str, Any]:
    return {field.name: field for field in given}


def _founded(token: str, given: Any) -> tuple[Admitted, str]:
    """The session of the quality lead, and the slug of the structure.

    Whoever has an account proves it first; a new person's password is hashed before a transaction waits.
    Raises `Invalid` naming the field.
    """
    database, hasher = house().database, house().hasher
    email, password = read_email(given.email.data), given.password.data
    person = _name(given.person.data, email)
    with database.reading(Scope.nobody()) as u:
        known = is_known(u, email)
    hashed = None
    if known:
        _prove(email, password)
    else:
        check_password(password, email=email, structure=given.name.data)
        hashed = hasher.hash(password)
    made, admitted = found(
        database,
        Founding(given.name.data, given.answer_days.data),
        first=lambda u: begin(u, email=email, name=person, password_hash=hashed, locale=_language()),
        check=lambda u: check_start(u, house().tokens, token),
    )
    return admitted, made.slug


def _name(typed: str | None, email: str) -> str:
    try:
        return read_name(typed) if typed and typed.strip() else name_in(email)
    except Invalid as fault:
        raise Invalid("person", **fault.facts) from None


def _prove(email: str, password: str) -> None:
    try:
        sign_in(house().database, house().hasher, email=email, password=password)
    except Invalid:
        note_refusal(GUESSES)
        raise Invalid("password", reason="known") from None


def _look_at(token: str) -> None:
    """Nothing. Raises `NotFound` for what is no start link, `Expired("start")` for one that is over."""
    with house().database.reading(Scope.nobody()) as u:
        _check(u, token)


def _check(u: Unit, token: str) -> None:
    try:
        check_start(u, house().tokens, token)
    except Tampered:
        raise NotFound("start") from None


def _page(token: str, given: StartForm) -> Response:
    response = render_form(
        None,
        given,
        title=gettext("Found your structure"),
        lead=gettext("At the end of this page, a code already collects opinions."),
        submit=gettext("Found the structure"),
        post=f"/start/{token}",
        language=_language(),
    )
    response.vary.add("Accept-Language")
    return response


def _language() -> str:
    return accepted_language() or DEFAULT
