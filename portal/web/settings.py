"""The settings of a structure: who it is, what it promises, its calendars, teams and agreements.

Each change is a new version where figures or dates depend on it, and a line in the journal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext

from portal.core.errors import Conflict, Invalid
from portal.core.languages import N_
from portal.core.worktime import WorkCalendar
from portal.people.actions import journal
from portal.people.passwords import read_email
from portal.people.rules import Act, Permission
from portal.tenancy.actions import (
    add_agreement,
    add_team,
    change_policy,
    open_site,
    set_calendar,
    set_privacy_contact,
    tell_staff_informed,
)
from portal.tenancy.queries import calendar_of, current_structure, policy, privacy_contact, sites
from portal.tenancy.queries import site as site_by_id
from portal.web.desk import form_errors, render_form, render_staff
from portal.web.fields import blame
from portal.web.guard import requires
from portal.web.house import house
from portal.web.identity import STALE, identity
from portal.web.settings_forms import (
    AgreementForm,
    InformedForm,
    PrivacyForm,
    SiteForm,
    TeamForm,
    calendar_form,
    check_order,
    offer_zones,
    opening_of,
    promise_rows,
    promised,
    promises_form,
)
from portal.web.settings_page import sections, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.web.guard import Desk

bp = Blueprint("settings", __name__)

Seen: TypeAlias = "Callable[[Unit], int]"
"""What tells the version that stands now."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a good form does: the act of the journal, and the change, which gives the journal its facts.

    `also` checks what concerns several fields. `seen` tells what the page must have been made from: one that
    is older comes back, with all that was typed.
    """

    act: Act
    change: Callable[[Unit], dict[str, str]]
    also: Callable[[Any], bool] = lambda _form: True
    seen: Seen | None = None


_SEEN = "seen"
DONE: dict[Act, str] = {
    Act.BRANDING_CHANGED: N_("The pages show it from now on."),
    Act.POLICY_CHANGED: N_("The new promises hold for messages received from now on."),
    Act.STAFF_INFORMED: N_("The date is written down."),
    Act.CALENDAR_CHANGED: N_("The calendar holds for messages received from now on."),
    Act.SITE_ADDED: N_("The site is there. Check its opening hours."),
    Act.TEAM_ADDED: N_("The team is there."),
    Act.AGREEMENT_ADDED: N_("The agreement is there."),
    Act.PRIVACY_CONTACT: N_("Your page “Your data” shows it from now on."),
    Act.ACCESS_AUDITED: N_("The statement and the foot of every page say so from now on."),
}
"""What the page says after a change; the address names it (`?done=team_added`)."""

_FAULTS: dict[tuple[str, str | None], str] = {
    ("name", "taken"): N_("A site has this name already."),
    ("ends_on", "before_start"): N_("This is before the agreement begins."),
    ("email", "form"): N_("This is not an e-mail address. Example: first.name@example.org"),
    ("day", "future"): N_("This day is still to come."),
}
_EMPTY = N_("Fill this in.")
_BOTH = ("GET", "POST")


@bp.get("/s/<slug>/settings")
@requires(Permission.MANAGE_SETTINGS)
def settings(desk: Desk) -> Response:
    """Everything that is set, with the way to change it."""
    with house().database.reading(desk.scope) as u:
        structure = current_structure(u)
        shown, below = sections(u, desk, structure), tables(u)
    done = next((words for act, words in DONE.items() if act.value == request.args.get("done")), None)
    return render_staff(
        "staff/settings.html",
        desk,
        flashes=[gettext(done)] if done else [],
        sections=shown,
        tables=below,
    )


bp.add_url_rule("/s/<slug>/settings/identity", view_func=identity, methods=list(_BOTH))


@bp.route("/s/<slug>/settings/promises", methods=_BOTH)
@requires(Permission.MANAGE_SETTINGS)
def promises(desk: Desk) -> ResponseReturnValue:
    """Other promises, in a new version."""
    with house().database.reading(desk.scope) as u:
        form = promises_form(request.form, policy(u))

    def change(u: Unit) -> dict[str, str]:
        row = change_policy(
            u,
            document_code=form.document_code.data,
            document_version=form.document_version.data,
            targets=promised(form),
        )
        return {"version": str(row.number)}

    lead = gettext("A new version begins. Messages received before keep the promises of their day.")
    saved = _saved(desk, form, Change(Act.POLICY_CHANGED, change, also=check_order, seen=_policy_seen))
    if saved:
        return saved
    faults = form_errors(form)
    return render_staff(
        "staff/promises.html",
        desk,
        _status(form, 422 if faults else 200),
        title=gettext("Promises"),
        lead=lead,
        form=form,
        kinds=promise_rows(form),
        urls={"post": _post_of(desk, _policy_seen), "back": desk.url("settings")},
        errors=faults,
    )


@bp.route("/s/<slug>/settings/staff-informed", methods=_BOTH)
@requires(Permission.MANAGE_SETTINGS)
def staff_informed(desk: Desk) -> ResponseReturnValue:
    """When staff and works council were informed of codes that name a mediator."""
    with house().database.reading(desk.scope) as u:
        form = InformedForm(request.form, data={"day": policy(u).staff_informed_on})

    def change(u: Unit) -> dict[str, str]:
        row = tell_staff_informed(u, form.day.data)
        return {"version": str(row.number)}

    lead = gettext("They open once staff and works council have been informed.")
    saved = _saved(desk, form, Change(Act.STAFF_INFORMED, change, seen=_policy_seen))
    return saved or _page(desk, form, gettext("Codes that name a mediator"), lead=lead, seen=_policy_seen)


@bp.route("/s/<slug>/settings/privacy", methods=_BOTH)
@requires(Permission.MANAGE_SETTINGS)
def privacy(desk: Desk) -> ResponseReturnValue:
    """Whom residents write to about their data."""
    with house().database.reading(desk.scope) as u:
        form = PrivacyForm(request.form, data={"email": privacy_contact(u)})

    def change(u: Unit) -> dict[str, str]:
        set_privacy_contact(u, read_email(form.email.data))
        return {}

    lead = gettext("Whoever answers when somebody asks to read, correct or erase what they wrote.")
    saved = _saved(desk, form, Change(Act.PRIVACY_CONTACT, change))
    return saved or _page(desk, form, gettext("Personal data"), lead=lead)


@bp.route("/s/<slug>/settings/sites/<uuid:site_id>", methods=_BOTH)
@requires(Permission.MANAGE_SETTINGS)
def calendar(desk: Desk, site_id: UUID) -> ResponseReturnValue:
    """A site's zone, opening hours and closing days, in a new version of its calendar."""
    with house().database.reading(desk.scope) as u:
        site, now = site_by_id(u, site_id), calendar_of(u, site_id)
    form = calendar_form(request.form, now, WorkCalendar.from_document(now.document))

    def change(u: Unit) -> dict[str, str]:
        row = set_calendar(
            u, site_id, zone=form.zone.data, opening=opening_of(form), closures=form.closures.closures
        )
        return {"site": str(site_id), "version": str(row.number)}

    def seen(u: Unit) -> int:
        return calendar_of(u, site_id).number

    lead = gettext("Closing days are announced. They do not move a promised date.")
    saved = _saved(desk, form, Change(Act.CALENDAR_CHANGED, change, seen=seen))
    return saved or _page(desk, form, gettext("Calendar: %(site)s", site=site.name), lead=lead, seen=seen)


@bp.route("/s/<slug>/settings/sites/new", methods=_BOTH)
@requires(Permission.MANAGE_SETTINGS)
def new_site(desk: Desk) -> ResponseReturnValue:
    """A further site."""
    form = SiteForm(request.form)
    offer_zones(form.zone)

    def change(u: Unit) -> dict[str, str]:
        return {"site": str(open_site(u, name=form.name.data, zone=form.zone.data).id)}

    return _saved(desk, form, Change(Act.SITE_ADDED, change)) or _page(desk, form, gettext("Add a site"))


@bp.route("/s/<slug>/settings/teams/new", methods=_BOTH)
@requires(Permission.MANAGE_SETTINGS)
def new_team(desk: Desk) -> ResponseReturnValue:
    """A further team."""
    with house().database.reading(desk.scope) as u:
        places = {one.id: one.name for one in sites(u)}
    form = TeamForm(request.form)
    form.site.offer(places.items())

    def change(u: Unit) -> dict[str, str]:
        team = add_team(u, site_id=form.site.chosen(places), name=form.name.data)
        return {"team": str(team.id)}

    return _saved(desk, form, Change(Act.TEAM_ADDED, change)) or _page(desk, form, gettext("Add a team"))


@bp.route("/s/<slug>/settings/agreements/new", methods=_BOTH)
@requires(Permission.MANAGE_SETTINGS)
def new_agreement(desk: Desk) -> ResponseReturnValue:
    """A further agreement with a partner."""
    form = AgreementForm(request.form)

    def change(u: Unit) -> dict[str, str]:
        row = add_agreement(
            u,
            partner=form.partner.data,
            purpose=form.purpose.data,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
        )
        return {"agreement": str(row.id)}

    saved = _saved(desk, form, Change(Act.AGREEMENT_ADDED, change))
    return saved or _page(desk, form, gettext("Add an agreement"))


def _saved(desk: Desk, form: Any, what: Change) -> ResponseReturnValue | None:
    """The way back once a good form has changed something; None to show the form, with its faults if any."""
    if request.method != "POST" or not (form.validate() and what.also(form)):
        return None
    try:
        with house().database.transaction(desk.scope) as u:
            _check_seen(u, what.seen)
            journal(u, what.act, by=desk.person.id, **what.change(u))
    except Conflict:
        form.is_stale = True
        blame(next(iter(form)), gettext(STALE))
        return None
    except Invalid as fault:
        if fault.fact not in form:
            raise
        reason = fault.facts.get("reason")
        blame(form[fault.fact], gettext(_FAULTS.get((fault.fact, str(reason) if reason else None), _EMPTY)))
        return None
    return redirect(f"{desk.url('settings')}?done={what.act.value}", 303)


def _check_seen(u: Unit, seen: Seen | None) -> None:
    """Nothing. Raises `Conflict` when the page was made from something older than what stands now."""
    if seen is not None and request.args.get(_SEEN, type=int) not in {None, seen(u)}:
        raise Conflict(_SEEN)


def _page(
    desk: Desk,
    form: Any,
    title: str,
    *,
    lead: str | None = None,
    seen: Seen | None = None,
) -> Response:
    response = render_form(
        desk,
        form,
        title=title,
        lead=lead,
        submit=gettext("Save"),
        post=_post_of(desk, seen),
        back=desk.url("settings"),
    )
    response.status_code = _status(form, response.status_code)
    return response


def _policy_seen(u: Unit) -> int:
    return policy(u).number


def _post_of(desk: Desk, seen: Seen | None) -> str:
    """Where the form goes, with what it was made from: whoever was slower is told, and overwrites nobody."""
    if seen is None:
        return request.path
    with house().database.reading(desk.scope) as u:
        return f"{request.path}?{_SEEN}={seen(u)}"


def _status(form: Any, usual: int) -> int:
    """409 for a page that was stale, else the usual one."""
    return 409 if getattr(form, "is_stale", False) else usual
