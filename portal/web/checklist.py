"""Getting started: the first code, whom to invite next, and what is still missing, with whose turn it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, request
from flask_babel import gettext, lazy_gettext, ngettext
from wtforms import EmailField, Form, SelectChoice, SelectField

from portal.channels.queries import codes
from portal.channels.rules import CodeKind
from portal.core.errors import Invalid, NotFound
from portal.core.languages import N_
from portal.people.actions import PersonGiven, invite, journal
from portal.people.passwords import name_in, read_email
from portal.people.rules import PERMISSIONS, Act, Permission, Role
from portal.tenancy.offers import campaign_now
from portal.web.codes import drawn
from portal.web.desk import form_errors, render_staff
from portal.web.fields import blame, optional
from portal.web.guard import requires
from portal.web.guide_text import BEGIN, path_of, spoken
from portal.web.house import house
from portal.web.offered import cards, take_or_not, told_campaign
from portal.web.readiness import STEPS, held, open_steps, steps_of

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response as Redirect

    from portal.core.db import Unit
    from portal.web.guard import Desk
    from portal.web.readiness import Held, Step

bp = Blueprint("checklist", __name__)

DONE: dict[str, str] = {
    "founded": N_("Your structure is there. This code already collects opinions."),
    "invited": N_("The invitations are on their way by e-mail."),
    "ticked": N_("It is written down."),
    "taken": N_("It is yours from now on."),
    "declined": N_("The network is told that you did not take it."),
}
"""What the page says after an act; the address names it (`?done=founded`)."""
_FAULTS: dict[str, str] = {
    "form": N_("This is not an e-mail address. Example: first.name@example.org"),
    "member": N_("This person already belongs to the structure."),
    "same": N_("These are two different people: write another address."),
    "empty": N_("Write at least one address."),
}
_HANDLERS = (Role.DIRECTOR, Role.SUPERVISOR, Role.QUALITY_LEAD)


class NextForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Whom to invite next: a second person to handle, and the recourse outside the line."""

    handler = EmailField(
        lazy_gettext("E-mail of a second person who handles messages"),
        [optional()],
        render_kw={"autocomplete": "off", "dir": "ltr"},
    )
    role = SelectField(
        lazy_gettext("As"),
        choices=[SelectChoice(role.value, lazy_gettext(PERMISSIONS[role].label)) for role in _HANDLERS],
        default=Role.DIRECTOR.value,
    )
    recourse = EmailField(
        lazy_gettext("E-mail of somebody outside the team's line"),
        [optional()],
        description=lazy_gettext("A member of the board, or of the network: they give the second look."),
        render_kw={"autocomplete": "off", "dir": "ltr"},
    )


@bp.get("/s/<slug>/start")
@requires(Permission.MANAGE_SETTINGS)
def show(desk: Desk) -> Response:
    """The first code, whom to invite next, and the list of what makes a structure ready."""
    return _page(desk, NextForm())


@bp.post("/s/<slug>/start/people")
@requires(Permission.MANAGE_SETTINGS)
def invite_next(desk: Desk) -> ResponseReturnValue:
    """The invitations are made, all or none; 422 with every fault at its field."""
    form = NextForm(request.form)
    if not form.validate() or not _are_usable(form):
        return _page(desk, form)
    asked = (("handler", Role(form.role.data)), ("recourse", Role.BOARD))
    field = form.handler
    try:
        with house().database.transaction(desk.scope) as u:
            for name, role in asked:
                field = form[name]
                if field.data:
                    invite(u, PersonGiven(field.data, name_in(field.data), role))
    except Invalid as fault:
        _blame(field, str(fault.facts["reason"]))
        return _page(desk, form)
    return _done(desk, "invited")


@bp.post("/s/<slug>/start/offers/<uuid:offer_id>/<any(take, decline):answer>")
@requires(Permission.MANAGE_SETTINGS)
def answer(desk: Desk, offer_id: UUID, answer: str) -> Redirect:
    """What the network proposes is taken or not. Raises `NotFound` for what waits for no answer."""
    taken = answer == "take"
    with house().database.transaction(desk.scope) as u:
        take_or_not(u, desk, offer_id, is_taken=taken)
    return _done(desk, "taken" if taken else "declined")


@bp.post("/s/<slug>/start/<step>/done")
@requires(Permission.MANAGE_SETTINGS)
def tick(desk: Desk, step: str) -> Redirect:
    """Somebody says that it is so. Raises `NotFound` for a row that the portal computes by itself."""
    if step not in {one.id for one in STEPS if one.is_told}:
        raise NotFound("step")
    with house().database.transaction(desk.scope) as u:
        journal(u, Act.START_TICKED, by=desk.person.id, step=step)
    return _done(desk, "ticked")


def _are_usable(form: Any) -> bool:
    """Whether each address that is given can be one, and they are not the same."""
    given = [field for field in (form.handler, form.recourse) if field.data]
    for field in given:
        try:
            read_email(field.data)
        except Invalid:
            _blame(field, "form")
    if not given:
        _blame(form.handler, "empty")
    if len(given) > len({field.data.strip().casefold() for field in given}):
        _blame(form.recourse, "same")
    return not form_errors(form)


def _blame(field: Any, reason: str) -> None:
    blame(field, gettext(_FAULTS[reason]))


def _done(desk: Desk, what: str) -> Redirect:
    return redirect(f"{desk.url('start')}?done={what}", 303)


def _page(desk: Desk, form: Any) -> Response:
    faults = form_errors(form)
    with house().database.reading(desk.scope) as u:
        now, code = held(u), _first_code(u, desk)
        proposed, campaign = cards(desk, u), campaign_now(u)
    rows = _rows(desk, now)
    left = [row for row in rows if row["state"] != "done"]
    asks = any(row["id"] in {"handlers", "recourse"} for row in left)
    done = DONE.get(request.args.get("done", ""))
    return render_staff(
        "staff/start.html",
        desk,
        422 if faults else 200,
        flashes=[gettext(done)] if done else [],
        title=gettext("Getting started"),
        code=code,
        proposed=proposed,
        campaign=None if campaign is None else told_campaign(campaign),
        form=form if asks else None,
        urls={"people": desk.url("start", "people"), "guide": path_of(BEGIN, spoken(desk.language))},
        steps=rows,
        total=len(rows),
        ready=len(rows) - len(left),
        errors=faults,
    )


def _first_code(u: Unit, desk: Desk) -> dict[str, Any] | None:
    """The oldest code in use that collects, with the ways to print and to try it; None without one."""
    rows = [
        row
        for row in codes(u)
        if row.retired_at is None and row.mediator_id is None and row.kind is not CodeKind.PARTNER
    ]
    if not rows:
        return None
    first = rows[-1]
    return {
        "code": first.code,
        "qr": drawn(first.code),
        "address": f"{house().config.base_url}/q/{first.code}",
        "open": f"/q/{first.code}",
        "print": f"{desk.url('codes', 'print')}?code={first.code}",
    }


def _rows(desk: Desk, now: Held) -> list[dict[str, Any]]:
    """Each row in words: done, next or to do, by whom and where."""
    waiting = open_steps(now)
    return [_row(desk, step, now, is_next=step in waiting[:1]) for step in steps_of(now)]


def _row(desk: Desk, step: Step, now: Held, *, is_next: bool) -> dict[str, Any]:
    is_done = step.done(now)
    coming = 0 if is_done else step.coming(now)
    return {
        "id": step.id,
        "sentence": gettext(step.sentence),
        "why": gettext(step.why),
        "owner": _turn(step, now),
        "coming": ngettext("%(num)d invitation on its way", "%(num)d invitations on their way", coming)
        if coming
        else None,
        "state": "done" if is_done else "next" if is_next else "todo",
        "url": None if is_done else desk.url(*_path(step, now)),
        "tick": desk.url("start", step.id, "done") if step.is_told and not is_done else None,
    }


def _turn(step: Step, now: Held) -> str:
    """Whose turn it is: the row's owner, or the quality lead as long as nobody has that role."""
    owner: str = gettext(PERMISSIONS[step.owner].label)
    if now.roles[step.owner] or step.owner is Role.QUALITY_LEAD:
        return owner
    deputy = gettext(PERMISSIONS[Role.QUALITY_LEAD].label)
    return str(gettext("%(deputy)s, while nobody is: %(role)s", deputy=deputy, role=owner))


def _path(step: Step, now: Held) -> list[str]:
    """Where the row is done; for calendars, the first site that nobody has looked at."""
    unseen = (str(site) for site, number in now.calendars.items() if number == 1)
    return step.path.replace("{site}", next(unseen, "new")).split("/")
