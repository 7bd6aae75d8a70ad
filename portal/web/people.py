"""Who works here: members and open invitations, to invite, to withdraw, to end an access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request
from flask_babel import gettext, lazy_gettext
from wtforms import EmailField, Form, RadioField, SelectChoice, StringField

from portal.core.errors import Invalid
from portal.core.languages import N_
from portal.people.actions import PersonGiven, end_membership, invite, withdraw_invitation
from portal.people.passwords import read_email, read_name
from portal.people.queries import INVITATION_AGE, members, open_invitations
from portal.people.rules import PERMISSIONS, Permission, Role, may, may_give
from portal.tenancy.queries import calendar_of, main_site
from portal.web.dates import day_told
from portal.web.desk import form_errors, render_form, render_staff
from portal.web.guard import requires
from portal.web.house import house
from portal.web.role_words import told_permissions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from flask import Response
    from werkzeug.wrappers import Response as Redirect

    from portal.core.db import Unit
    from portal.people.queries import Member, Offer
    from portal.web.guard import Desk

bp = Blueprint("people", __name__)

DONE: dict[str, str] = {
    "invited": N_("The invitation is on its way by e-mail."),
    "withdrawn": N_("The invitation is withdrawn: its link opens nothing any more."),
    "ended": N_("The access has ended."),
}
"""What the page says after an act; the address names it (`?done=ended`), for there is no store of notices."""

_FAULTS: dict[tuple[str, str], str] = {
    ("email", "form"): N_("This is not an e-mail address. Example: first.name@example.org"),
    ("email", "member"): N_("This person already belongs to the structure."),
    ("name", "form"): N_("Write the first name and the name."),
}
_CHOOSE = N_("Choose one of the roles.")


class InviteForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Whom to invite, and as what; the roles are those the inviting person may give."""

    name = StringField(lazy_gettext("First name and name"), render_kw={"autocomplete": "off", "dir": "auto"})
    email = EmailField(lazy_gettext("E-mail"), render_kw={"autocomplete": "off", "dir": "ltr"})
    role = RadioField(lazy_gettext("Role"), validate_choice=False)


@bp.get("/s/<slug>/people")
@requires(Permission.MANAGE_PEOPLE)
def people(desk: Desk) -> Response:
    """Members by name, then open invitations, the newest first."""
    with house().database.reading(desk.scope) as u:
        joined, invited, zone = members(u), open_invitations(u), _zone(u)
    done = DONE.get(request.args.get("done", ""))
    return render_staff(
        "staff/people.html",
        desk,
        flashes=[gettext(done)] if done else [],
        urls={"invite": desk.url("people", "invite")},
        people=[
            *(_member_line(desk, one, zone, can_end=_can_end(desk, one, joined)) for one in joined),
            *(_invitation_line(desk, one, zone) for one in invited),
        ],
    )


@bp.get("/s/<slug>/people/invite")
@requires(Permission.MANAGE_PEOPLE)
def invite_form(desk: Desk) -> Response:
    """The form for one invitation."""
    return _invite_page(desk, _form(desk))


@bp.post("/s/<slug>/people/invite")
@requires(Permission.MANAGE_PEOPLE)
def send_invitation(desk: Desk) -> Response | Redirect:
    """The invitation is made; 422 with every fault at its field, and nothing typed is lost."""
    form = _form(desk)
    if not _is_complete(form):
        return _invite_page(desk, form)
    given = PersonGiven(form.email.data, form.name.data, Role(form.role.data))
    try:
        with house().database.transaction(desk.scope) as u:
            invite(u, given)
    except Invalid as fault:
        _tell(form, fault)
        return _invite_page(desk, form)
    return _done(desk, "invited")


def _is_complete(form: Any) -> bool:
    """Whether each field can be used by itself; each that cannot gets its error."""
    for field, read in ((form.name, read_name), (form.email, read_email)):
        try:
            read(field.data or "")
        except Invalid as fault:
            _tell(form, fault)
    if form.role.data not in [choice.value for choice in form.role.choices]:
        form.role.errors = [gettext(_CHOOSE)]
    return not form_errors(form)


def _tell(form: Any, fault: Invalid) -> None:
    form[fault.fact].errors = [gettext(_FAULTS[fault.fact, str(fault.facts["reason"])])]


@bp.post("/s/<slug>/people/<uuid:membership_id>/end")
@requires(Permission.MANAGE_PEOPLE)
def end(desk: Desk, membership_id: UUID) -> Redirect:
    """The access has ended, from the next request of that person on."""
    with house().database.transaction(desk.scope) as u:
        end_membership(u, membership_id)
    return _done(desk, "ended")


@bp.post("/s/<slug>/people/invitations/<uuid:invitation_id>/withdraw")
@requires(Permission.MANAGE_PEOPLE)
def withdraw(desk: Desk, invitation_id: UUID) -> Redirect:
    """The invitation opens nothing any more."""
    with house().database.transaction(desk.scope) as u:
        withdraw_invitation(u, invitation_id)
    return _done(desk, "withdrawn")


def _done(desk: Desk, what: str) -> Redirect:
    return redirect(f"{desk.url('people')}?done={what}", 303)


def _form(desk: Desk) -> Any:
    form = InviteForm(request.form)
    form.role.choices = [
        SelectChoice(
            role.value, gettext("%(role)s: %(may)s", role=gettext(row.label), may=told_permissions(role))
        )
        for role, row in PERMISSIONS.items()
        if desk.role is not None and may_give(desk.role, role)
    ]
    return form


def _invite_page(desk: Desk, form: Any) -> Response:
    with house().database.reading(desk.scope) as u:
        until = _day(u.now + INVITATION_AGE, _zone(u))
    return render_form(
        desk,
        form,
        title=gettext("Invite a person"),
        lead=gettext("They receive a link by e-mail. It works once, until %(date)s.", date=until),
        submit=gettext("Send the invitation"),
        post=desk.url("people", "invite"),
        back=desk.url("people"),
    )


def _zone(u: Unit) -> ZoneInfo:
    """The time zone of the main site, in which the page tells its dates."""
    return ZoneInfo(calendar_of(u, main_site(u).id).document["timezone"])


def _day(at: datetime, zone: ZoneInfo) -> str:
    return day_told(at.astimezone(zone).date(), "long")


def _can_end(desk: Desk, one: Member, joined: Sequence[Member]) -> bool:
    """Whether the page offers it: not for oneself, nor beyond one's role, nor for the last who can invite."""
    managers = [other for other in joined if may(other.role, Permission.MANAGE_PEOPLE)]
    is_allowed = desk.role is not None and may_give(desk.role, one.role)
    return is_allowed and one.person.id != desk.person.id and managers != [one]


def _member_line(desk: Desk, one: Member, zone: ZoneInfo, *, can_end: bool) -> dict[str, str | None]:
    return {
        "name": one.person.name,
        "email": one.person.email,
        "role_label": gettext(PERMISSIONS[one.role].label),
        "state_label": gettext("Since %(date)s", date=_day(one.since, zone)),
        "tone": "done",
        "revoke_url": desk.url("people", str(one.membership_id), "end") if can_end else None,
        "revoke_label": gettext("End the access"),
        "revoke_words": gettext("%(name)s will open nothing any more, from now on.", name=one.person.name),
    }


def _invitation_line(desk: Desk, one: Offer, zone: ZoneInfo) -> dict[str, str | None]:
    can_withdraw = desk.role is not None and may_give(desk.role, one.role)
    address = desk.url("people", "invitations", str(one.id), "withdraw")
    return {
        "name": one.name,
        "email": one.email,
        "role_label": gettext(PERMISSIONS[one.role].label),
        "state_label": gettext("Invited, until %(date)s", date=_day(one.until, zone)),
        "tone": "waiting",
        "revoke_url": address if can_withdraw else None,
        "revoke_label": gettext("Withdraw the invitation"),
        "revoke_words": gettext("The link that was sent will open nothing any more."),
    }
