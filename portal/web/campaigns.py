"""Campaigns: their list, a new one, the page with its figures and its note, its closing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, StringField, TextAreaField

from portal.certification.campaigning import (
    LACKS,
    Campaigned,
    Note,
    campaign_by_number,
    campaigns,
    close_campaign,
    decide_after,
    lacks,
    note_of,
    open_campaign,
    same_campaign,
    span_of,
    write_note,
)
from portal.certification.report import Span
from portal.certification.rules import MAX_CAMPAIGN, MAX_REVIEW_WORDS
from portal.core.db import Scope
from portal.core.errors import Conflict, Invalid, Refused
from portal.core.languages import N_
from portal.people.rules import Permission
from portal.printing.papers import papered
from portal.tenancy.queries import agreements, local_day, sites
from portal.web.action_forms import USUAL, ActionForm, chosen_person, offer_people, tell
from portal.web.campaign_page import campaign_page, note_paper, state_of, told_span
from portal.web.desk import form_errors, render_form, render_staff
from portal.web.fields import NOTHING, Day, Pick, at_most, blame, needed, optional
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.papers_words import sent

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit

bp = Blueprint("campaigns", __name__)

FAULTS: dict[tuple[str, str], str] = {
    ("period", "order"): N_("The last day lies before the first one."),
    ("period", "long"): N_("A campaign lasts a year at most."),
    ("period", "far"): N_("Choose days between 2000 and 2100."),
}


class CampaignForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A name and two days; perhaps a place."""

    name = StringField(
        lazy_gettext("Its name"),
        [needed(), at_most(MAX_CAMPAIGN)],
        render_kw={"autocomplete": "off", "dir": "auto"},
    )
    first = Day(lazy_gettext("First day"), [needed()])
    last = Day(lazy_gettext("Last day"), [needed()])
    site = Pick(lazy_gettext("Site"))
    agreement = Pick(lazy_gettext("Agreement"))


class NoteForm(Form):  # type: ignore[misc]  # WTForms has no types
    """What was learnt, and what is decided."""

    learnt = TextAreaField(
        lazy_gettext("What have we learnt?"),
        [needed(), at_most(MAX_REVIEW_WORDS)],
        description=lazy_gettext(
            "Figures stand above: write what they mean. Without the name of a resident."
        ),
    )
    decided = TextAreaField(
        lazy_gettext("What do we decide? (optional)"), [optional(), at_most(MAX_REVIEW_WORDS)]
    )


@bp.get("/s/<slug>/campaigns")
@requires(Permission.READ_ACTIONS)
def list_campaigns(desk: Desk) -> Response:
    """The campaigns, the newest first."""
    with house().database.reading(desk.scope) as u:
        rows, today = campaigns(u), local_day(u)
    return render_staff(
        "staff/campaigns.html",
        desk,
        urls={
            "plan": desk.url("actions"),
            "new": desk.url("campaigns", "new") if desk.may(Permission.MANAGE_ACTIONS) else None,
        },
        campaigns=[
            {
                "url": desk.url("campaigns", str(one.number)),
                "name": one.name,
                "period": told_span(span_of(one)),
                "state": state_of(one, today),
            }
            for one in rows
        ],
    )


@bp.get("/s/<slug>/campaigns/new")
@requires(Permission.MANAGE_ACTIONS)
def new(desk: Desk) -> Response:
    """The form of a campaign."""
    with house().database.reading(desk.scope) as u:
        return _new_page(desk, _offered(u, CampaignForm(first=local_day(u))))


def _offered(u: Unit, form: Any) -> Any:
    """The form with the places to choose from; a kind of place of which there is no choice is not asked."""
    form.site.offer([(one.id, one.name) for one in sites(u)], nothing=gettext("The whole structure"))
    held = [(one.id, f"{one.partner}, {one.purpose}") for one in agreements(u)]
    form.agreement.offer(held, nothing=gettext("All agreements"))
    for field in (form.site, form.agreement):
        field.data = field.data or NOTHING
    for name, several in (("site", len(sites(u)) > 1), ("agreement", bool(held))):
        if not several:
            del form[name]
    return form


def _new_page(desk: Desk, form: Any) -> Response:
    return render_form(
        desk,
        form,
        title=gettext("A new campaign"),
        lead=gettext("Days in which you ask for opinions. Their figures are drawn by themselves."),
        submit=gettext("Begin"),
        post=desk.url("campaigns", "new"),
        back=desk.url("campaigns"),
    )


@bp.post("/s/<slug>/campaigns/new")
@requires(Permission.MANAGE_ACTIONS)
def begin(desk: Desk) -> ResponseReturnValue:
    """The campaign is opened; 422 with every fault at its field."""
    with house().database.transaction(desk.scope) as u:
        form = _offered(u, CampaignForm(request.form))
        if not form.validate():
            return _new_page(desk, form)
        site = form.site.chosen(one.id for one in sites(u)) if "site" in form else None
        held = form.agreement.chosen(one.id for one in agreements(u)) if "agreement" in form else None
        try:
            span = Span(form.first.data, form.last.data)
            given = Campaigned(form.name.data, span, site, held)
            row = same_campaign(u, given) or open_campaign(u, given)
        except Invalid as fault:
            sentence = FAULTS.get((fault.fact, str(fault.facts["reason"])), N_("Fill this in."))
            blame(form.last if fault.fact == "period" else form.name, gettext(sentence))
            return _new_page(desk, form)
    return redirect(desk.url("campaigns", str(row.number)), 303)


@bp.get("/s/<slug>/campaigns/<int:number>")
@requires(Permission.READ_ACTIONS)
def campaign(desk: Desk, number: int) -> Response:
    """One campaign."""
    return _page(desk, number)


def _page(
    desk: Desk, number: int, *, deciding: Any = None, noting: Any = None, status: int = 200
) -> Response:
    with house().database.reading(desk.scope) as u:
        row = campaign_by_number(u, number)
        if deciding is None:
            deciding = ActionForm(who=str(desk.person.id), when=local_day(u) + USUAL)
            offer_people(u, deciding.who)
        if noting is None:
            note = note_of(u, row)
            noting = NoteForm(learnt=note.learnt, decided=note.decided)
    return campaign_page(desk, number, (deciding, noting), status=status, done=request.args.get("done", ""))


@bp.post("/s/<slug>/campaigns/<int:number>/note")
@requires(Permission.MANAGE_ACTIONS)
def note(desk: Desk, number: int) -> ResponseReturnValue:
    """The note is kept, and may still change until the campaign is closed."""
    form: Any = NoteForm(request.form)
    with house().database.reading(desk.scope) as u:
        campaign_id = campaign_by_number(u, number).id
    if not form.validate():
        return _page(desk, number, noting=form, status=422)
    try:
        with house().database.transaction(desk.scope) as u:
            write_note(u, campaign_id, Note(form.learnt.data, form.decided.data or ""))
    except Invalid as fault:
        blame(form[fault.fact], gettext("Fill this in."))
        return _page(desk, number, noting=form, status=422)
    except Conflict:
        return _page(desk, number, noting=form, status=409)
    return _back(desk, number, "noted", "note")


@bp.post("/s/<slug>/campaigns/<int:number>/decisions")
@requires(Permission.MANAGE_ACTIONS)
def decide(desk: Desk, number: int) -> ResponseReturnValue:
    """A decision is an action, in three fields."""
    form: Any = ActionForm(request.form)
    try:
        with house().database.transaction(desk.scope) as u:
            row = campaign_by_number(u, number)
            offer_people(u, form.who)
            if form.validate():
                decide_after(u, row.id, form.what.data, chosen_person(u, form.who), form.when.data)
    except Invalid as fault:
        tell(form, fault)
    except Conflict:
        return _page(desk, number, status=409)
    if form_errors(form):
        return _page(desk, number, deciding=form, status=422)
    return _back(desk, number, "decided", "decisions")


@bp.post("/s/<slug>/campaigns/<int:number>/close")
@requires(Permission.MANAGE_ACTIONS)
def close(desk: Desk, number: int) -> ResponseReturnValue:
    """The campaign is closed, its figures frozen; 422 while something is missing, 409 when it is closed."""
    with house().database.reading(desk.scope) as u:
        row = campaign_by_number(u, number)
    try:
        # Without an actor: the figures of the structure do not depend on who closes.
        with house().database.transaction(Scope.of(row.structure_id, locale=desk.language)) as u:
            close_campaign(u, row.id, desk.person.id)
    except Refused:
        return _page(desk, number, noting=_missing(desk, number), status=422)
    except Conflict:
        return _page(desk, number, status=409)
    return _back(desk, number, "closed", "main")


def _missing(desk: Desk, number: int) -> Any:
    """The note's form, which says what is missing before the campaign can be closed."""
    with house().database.reading(desk.scope) as u:
        row = campaign_by_number(u, number)
        kept, why = note_of(u, row), lacks(u, row)
    form = NoteForm(learnt=kept.learnt, decided=kept.decided)
    form.learnt.errors = []
    for one in why:
        sentence = LACKS[one]
        blame(form.learnt, gettext(sentence))
    return form


@bp.get("/s/<slug>/campaigns/<int:number>/note.pdf")
@requires(Permission.READ_ACTIONS)
def paper(desk: Desk, number: int) -> Response:
    """The note as a paper. Raises `NotFound` before the campaign is closed."""
    title, made = note_paper(desk, number)
    return sent(papered(made), "application/pdf", title)


def _back(desk: Desk, number: int, what: str, place: str) -> ResponseReturnValue:
    return redirect(f"{desk.url('campaigns', str(number))}?done={what}#{place}", 303)
