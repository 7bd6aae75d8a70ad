"""The page of a network: which of its structures have begun, a reminder, and what is proposed to all.

A network is the structures in which somebody is network lead (docs/decisions/0023): rights come from there
alone, and the display floor binds them, so that a structure has begun once five answers have come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from wtforms import FileField, Form, StringField

from portal.certification.campaigning import can_hold
from portal.certification.report import Span
from portal.certification.rules import LONGEST_CAMPAIGN
from portal.core.db import Scope
from portal.core.errors import Invalid, NotFound
from portal.core.languages import N_
from portal.insight.floor import FLOOR
from portal.notifications.actions import tell_member
from portal.notifications.rules import Notice
from portal.people.actions import journal
from portal.people.models import JournalEntry
from portal.people.queries import members
from portal.people.rules import Act, Role
from portal.questionnaires.models import Response as Answers
from portal.tenancy.offers import Offered, Sort, last_answers, offer
from portal.tenancy.pictures import redrawn
from portal.tenancy.queries import local_day
from portal.web.dates import day_told
from portal.web.desk import form_errors, render_staff
from portal.web.fields import Day, at_most, blame, optional
from portal.web.guard import places_of, signed_in, takes
from portal.web.house import house
from portal.web.identity import LOGO_FAULTS, MOST_BYTES
from portal.web.readiness import STEPS, held, open_steps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from flask import Response
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response as Redirect

    from portal.core.db import Unit
    from portal.people.queries import Place
    from portal.tenancy.pictures import Drawn
    from portal.web.guard import Desk
    from portal.web.readiness import Step

bp = Blueprint("network", __name__)

SHOWN = tuple(step for step in STEPS if step.id != "answer")
"""Not whether one answer has come: between one and four the floor keeps silent."""
REMIND_AGAIN = timedelta(days=7)
"""A structure is not reminded twice in a week, however often the button is pressed."""
DONE: dict[str, str] = {
    "reminded": N_("The reminders are on their way by e-mail."),
    "proposed": N_("Every structure sees the proposal, and answers it."),
    "nobody": N_("Nobody was reminded: all have begun, were reminded this week, or have nobody yet."),
}
"""What the page says after an act; the address names it (`?done=reminded`)."""
_ANSWERS: dict[tuple[Sort, bool | None], str] = {
    (Sort.LOOK, None): N_("Colour and logo: no answer yet"),
    (Sort.LOOK, True): N_("Colour and logo: taken"),
    (Sort.LOOK, False): N_("Colour and logo: not taken"),
    (Sort.CAMPAIGN, None): N_("Campaign: no answer yet"),
    (Sort.CAMPAIGN, True): N_("Campaign: taken"),
    (Sort.CAMPAIGN, False): N_("Campaign: not taken"),
    (Sort.QUESTIONS, None): N_("Questions: no answer yet"),
    (Sort.QUESTIONS, True): N_("Questions: taken"),
    (Sort.QUESTIONS, False): N_("Questions: not taken"),
}
_FAULTS: dict[tuple[str, str], str] = {
    ("colour", "empty"): N_("Propose a campaign, a colour or a logo."),
    ("colour", "form"): N_("Write a colour like this: #17606b"),
    ("starts_on", "empty"): N_("Fill this in."),
    ("ends_on", "empty"): N_("Fill this in."),
    ("ends_on", "before_start"): N_("This is before the campaign begins."),
    ("ends_on", "long"): N_("A campaign lasts a year at most."),
    ("ends_on", "far"): N_("Choose days between 2000 and 2100."),
}
_MOST_NAME = 80
_REMINDED = (Role.QUALITY_LEAD, Role.DIRECTOR)
"""Who gets a reminder: those of the first of these roles that anybody has."""


@dataclass(frozen=True, slots=True)
class Member:
    """A structure of the network, as its lead may see it."""

    place: Place
    has_begun: bool
    ready: int
    next: str | None
    """The first thing that is missing, as a msgid."""
    reminded_on: date | None
    may_remind: bool
    offers: Mapping[Sort, bool | None]
    """What became of the last proposal of each sort."""


@bp.get("/network")
@signed_in
def show(desk: Desk) -> Response:
    """Every structure of the network. Raises `NotFound` for whoever leads none."""
    return _page(desk, led_by(desk), OfferForm())


def _page(desk: Desk, led: list[Place], form: Any) -> Response:
    rows = [_member(desk, place) for place in led]
    faults = form_errors(form)
    done = DONE.get(request.args.get("done", ""))
    return render_staff(
        "staff/network.html",
        desk,
        422 if faults else 200,
        errors=faults,
        form=form,
        flashes=[gettext(done)] if done else [],
        structures=[_row(one) for one in sorted(rows, key=lambda one: one.has_begun)],
        begun=sum(one.has_begun for one in rows),
        total=len(rows),
        total_steps=len(SHOWN),
        urls={
            "remind": "/network/remind" if any(one.may_remind for one in rows) else None,
            "offer": "/network/offer",
            "questions": "/network/questionnaire",
        },
    )


class OfferForm(Form):  # type: ignore[misc]  # WTForms has no types
    """What is proposed to every structure at once: a colour, a logo, a campaign."""

    campaign = StringField(
        lazy_gettext("Name of the campaign"),
        [at_most(_MOST_NAME)],
        render_kw={"autocomplete": "off", "dir": "auto"},
    )
    starts_on = Day(lazy_gettext("From"), [optional()])
    ends_on = Day(lazy_gettext("Until"), [optional()])
    colour = StringField(
        lazy_gettext("Colour of the network"),
        description=lazy_gettext("Such as #17606b; empty: each keeps its own."),
        render_kw={"autocomplete": "off", "dir": "ltr"},
    )
    logo = FileField(
        lazy_gettext("Logo of the network"),
        description=lazy_gettext(
            "PNG, JPEG or WebP, 4 MB at most. It takes the place of a structure's own, once taken."
        ),
    )


@bp.post("/network/offer")
@takes(MOST_BYTES)
@signed_in
def propose(desk: Desk) -> ResponseReturnValue:
    """Every structure gets the proposal; 422 with every fault at its field, and none gets it."""
    led, form = led_by(desk), OfferForm(request.form)
    if not form.validate():
        return _page(desk, led, form)
    try:
        if form.campaign.data and form.starts_on.data and form.ends_on.data:
            _check_days(form.starts_on.data, form.ends_on.data)
        given = Offered(
            (form.colour.data or "").strip() or None,
            (form.campaign.data or "").strip() or None,
            form.starts_on.data,
            form.ends_on.data,
            _logo(),
        )
    except Invalid as fault:
        reason = str(fault.facts["reason"])
        sentence = LOGO_FAULTS[reason] if fault.fact == "logo" else _FAULTS[fault.fact, reason]
        blame(form[fault.fact], gettext(sentence))
        return _page(desk, led, form)
    for place in led:
        with house().database.transaction(scope_at(desk, place)) as u:
            for row in offer(u, given, by=desk.person.id):
                journal(u, Act.OFFER_MADE, offer=str(row.id))
    return redirect("/network?done=proposed", 303)


def _check_days(first: date, last: date) -> None:
    """Nothing. Raises `Invalid("ends_on")` for days that no structure could open as a campaign."""
    if last - first > LONGEST_CAMPAIGN:
        raise Invalid("ends_on", reason="long")
    if not can_hold(Span(first, last)):
        raise Invalid("ends_on", reason="far")


def _logo() -> Drawn | None:
    """The logo that was sent, drawn anew; None without one. Raises `Invalid("logo")` as `redrawn` does."""
    file = request.files.get("logo")
    return redrawn(file.stream.read()) if file is not None and file.filename else None


@bp.post("/network/remind")
@signed_in
def remind(desk: Desk) -> Redirect:
    """Whoever has not begun is reminded, at most once a week. Raises `NotFound` for whoever leads none."""
    reminded = 0
    for place in led_by(desk):
        with house().database.transaction(scope_at(desk, place)) as u:
            if not _has_begun(u) and _may_remind(u):
                reminded += _remind(u)
    return redirect(f"/network?done={'reminded' if reminded else 'nobody'}", 303)


def led_by(desk: Desk) -> list[Place]:
    """The structures that the person leads as a network."""
    led = [place for place in places_of(desk) if place.role is Role.NETWORK_LEAD]
    if not led:
        raise NotFound("network")
    return led


def scope_at(desk: Desk, place: Place) -> Scope:
    """The scope of a network lead at one of their structures."""
    return Scope.of(place.structure.id, actor_id=desk.person.id, role=place.role.value, locale=desk.language)


def _member(desk: Desk, place: Place) -> Member:
    with house().database.reading(scope_at(desk, place)) as u:
        left, has_begun, last = _left(u), _has_begun(u), _reminded_at(u)
        return Member(
            place=place,
            has_begun=has_begun,
            ready=len(SHOWN) - len(left),
            next=left[0].sentence if left else None,
            reminded_on=local_day(u, last) if last else None,
            may_remind=not has_begun and _may_remind(u),
            offers=last_answers(u),
        )


def _left(u: Unit) -> list[Step]:
    """What is missing, of what a network lead is shown."""
    return [step for step in open_steps(held(u)) if step in SHOWN]


def _has_begun(u: Unit) -> bool:
    """Whether as many have answered as a network lead may know of."""
    return len(u.all(select(Answers.id).limit(FLOOR))) == FLOOR


def _reminded_at(u: Unit) -> Any:
    return u.one(select(func.max(JournalEntry.at)).where(JournalEntry.act == Act.NETWORK_REMINDED.value))


def _may_remind(u: Unit) -> bool:
    last = _reminded_at(u)
    return last is None or last <= u.now - REMIND_AGAIN


def _remind(u: Unit) -> int:
    """How many people are reminded; the journal says that they were."""
    joined = members(u)
    found = ([one for one in joined if one.role is role] for role in _REMINDED)
    told = next((people for people in found if people), [])
    ready = len(SHOWN) - len(_left(u))
    for one in told:
        facts = {"ready": ready, "total": len(SHOWN)}
        tell_member(u, Notice.NETWORK_REMINDER, one.person.id, **facts)
    if told:
        journal(u, Act.NETWORK_REMINDED)
    return len(told)


def _row(one: Member) -> dict[str, Any]:
    return {
        "name": one.place.structure.name,
        "url": f"/s/{one.place.structure.slug}/",
        "has_begun": one.has_begun,
        "ready": one.ready,
        "next": gettext(one.next) if one.next else None,
        "offers": [gettext(told) for key, told in _ANSWERS.items() if key in one.offers.items()],
        "reminded": gettext("Reminded on %(date)s", date=day_told(one.reminded_on, "long"))
        if one.reminded_on
        else None,
    }
