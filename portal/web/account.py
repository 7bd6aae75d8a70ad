"""One's own account: what one may do where, the language of the pages, and the end of every session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, SelectChoice, SelectField

from portal.core.languages import LANGUAGES, N_
from portal.people.actions import revoke_all, set_locale
from portal.people.rules import PERMISSION_LABELS, PERMISSIONS
from portal.web.desk import render_staff
from portal.web.guard import places_of, signed_in
from portal.web.house import house
from portal.web.sign_in import without_cookie

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as Redirect

    from portal.people.queries import Place
    from portal.web.guard import Desk

bp = Blueprint("account", __name__)

_ACCOUNT = "/account"
_KEPT = N_("It is kept.")


class LanguageForm(Form):  # type: ignore[misc]  # WTForms has no types
    """The language of the staff pages, each in its own name."""

    locale = SelectField(
        lazy_gettext("Language of the pages"),
        choices=[SelectChoice(row.tag, row.own_name) for row in LANGUAGES.values()],
    )


@bp.get("/account")
@signed_in
def account(desk: Desk) -> Response:
    """What the person may do in each structure, and the two settings that are theirs."""
    return render_staff(
        "staff/account.html",
        desk,
        flashes=[gettext(_KEPT)] if request.args.get("done") == "kept" else [],
        email=desk.person.email,
        places=[_place(one) for one in places_of(desk)],
        form=LanguageForm(data={"locale": desk.language}),
        urls={"language": f"{_ACCOUNT}/language", "sign_out_everywhere": f"{_ACCOUNT}/sign-out-everywhere"},
    )


@bp.post("/account/language")
@signed_in
def language(desk: Desk) -> Redirect:
    """The pages speak the chosen language from now on. Raises `Invalid("locale")`."""
    with house().database.transaction(desk.scope) as u:
        set_locale(u, desk.person.id, request.form.get("locale", ""))
    return redirect(f"{_ACCOUNT}?done=kept", 303)


@bp.post("/account/sign-out-everywhere")
@signed_in
def leave_everywhere(desk: Desk) -> Redirect:
    """Every session of the person has ended, this one too."""
    with house().database.transaction(desk.scope) as u:
        revoke_all(u, desk.person.id)
    return without_cookie(redirect("/sign-in", 303))


def _place(one: Place) -> dict[str, object]:
    """A structure, the role there, and what it lets the person do, in the order of the table."""
    row = PERMISSIONS[one.role]
    return {
        "name": one.structure.name,
        "url": f"/s/{one.structure.slug}/",
        "role_label": gettext(row.label),
        "may": [gettext(label) for permission, label in PERMISSION_LABELS.items() if permission in row.may],
    }
