"""The improvement plan: the list, one action with its effect, a new one in three fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext

from portal.cases.learning import founded_without_follow_up
from portal.cases.motifs import MOTIFS
from portal.cases.queries import case_by_reference
from portal.certification.actions import (
    Decided,
    Yardstick,
    count_by,
    finish,
    hand_over,
    open_action,
    put_off,
    take_up,
)
from portal.certification.measuring import effects
from portal.certification.queries import (
    action_by_number,
    done_actions,
    open_actions,
    sources_of,
    steps_of_action,
    what_of,
)
from portal.certification.rules import ORIGINS, Origin, is_late
from portal.certification.twice import same_action
from portal.core.errors import Conflict, Invalid, Refused
from portal.people.queries import cards
from portal.people.rules import Permission
from portal.tenancy.queries import local_day, sites
from portal.web.action_forms import (
    USUAL,
    ActionForm,
    HandForm,
    LaterForm,
    WordsForm,
    chosen_person,
    offer_people,
    sent_version,
    tell,
)
from portal.web.action_page import Turned, action_page, is_told_of, may_count, shown_origin, theirs
from portal.web.case_words import FINDINGS
from portal.web.dates import day_told
from portal.web.desk import asked_offset, form_errors, render_form, render_staff
from portal.web.effect_words import effect_told
from portal.web.guard import Desk, requires
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from flask.typing import ResponseReturnValue

    from portal.cases.models import Case
    from portal.certification.effects import Effect
    from portal.certification.models import Action
    from portal.certification.queries import Source
    from portal.core.db import Unit
    from portal.people.queries import Card

bp = Blueprint("actions", __name__)

PAGE = 50
"""Done actions on one page; those to do all stand there."""


@bp.get("/s/<slug>/actions")
@requires(Permission.OWN_ACTIONS)
def plan(desk: Desk) -> Response:
    """The plan: late first, then by day, then what is done; only one's own to who reads no more."""
    owner_id, offset = theirs(desk), asked_offset()
    with house().database.reading(desk.scope) as u:
        waiting = open_actions(u, owner_id=owner_id) if not offset else ()
        done = done_actions(u, owner_id=owner_id, offset=offset, most=PAGE + 1)
        shown = [*waiting, *done[:PAGE]]
        sources, today = sources_of(u, shown), local_day(u)
        found, known = effects(u, shown, sources), cards(u, {one.owner_id for one in shown})
        owed = founded_without_follow_up(u) if desk.may(Permission.READ_CASES) else ()
        places = {site.id: site.name for site in sites(u)}
        lines = [
            {
                **_line(desk, one, known, today),
                **_origin(desk, one, sources.get(one.id, []), found),
                "what": what_of(u, one) or gettext("Text erased"),
            }
            for one in shown
        ]
        owed_lines = [_owed(desk, one, places) for one in owed]
    return render_staff(
        "staff/actions.html",
        desk,
        urls={
            "new": desk.url("actions", "new") if desk.may(Permission.MANAGE_ACTIONS) else None,
            "noticed": desk.url("observations"),
            "thanks": desk.url("thanks"),
            "reviews": desk.url("reviews") if desk.may(Permission.READ_ACTIONS) else None,
            "campaigns": desk.url("campaigns") if desk.may(Permission.READ_ACTIONS) else None,
            "given": desk.url("given-back") if desk.may(Permission.READ_ACTIONS) else None,
            "older": f"{desk.url('actions')}?{urlencode({'offset': offset + PAGE})}"
            if len(done) > PAGE
            else None,
        },
        groups=[
            {"title": gettext("Late"), "actions": [one for one in lines if one["group"] == "late"]},
            {"title": gettext("Still to do"), "actions": [one for one in lines if one["group"] == "open"]},
            {
                "title": gettext("Actions carried out"),
                "actions": [one for one in lines if one["group"] == "done"],
            },
        ],
        owed=owed_lines,
        is_own=owner_id is not None,
    )


def _line(desk: Desk, action: Action, known: Mapping[UUID, Card], today: date) -> dict[str, Any]:
    is_done = action.done_on is not None
    late = is_late(action.due_on, today, is_done=is_done)
    owner = known.get(action.owner_id)
    return {
        "group": "done" if is_done else "late" if late else "open",
        "number": action.number,
        "url": desk.url("actions", str(action.number)),
        "owner": owner.name if owner else gettext("A colleague"),
        "day": day_told(action.done_on or action.due_on, "d MMM yyyy"),
    }


def _origin(
    desk: Desk, action: Action, sources: Sequence[Source], found: Mapping[UUID, Effect | None]
) -> dict[str, Any]:
    """Where a line comes from and what became of it, as this reader may know."""
    origin = shown_origin(action, sources)
    is_counted = action.done_on is not None and is_told_of(action, sources)
    told = effect_told(desk, found.get(action.id)) if is_counted else None
    return {
        "origin": gettext(ORIGINS[origin]) if origin is not Origin.CASE else None,
        "effect": {"text": told["label"], "tone": told["tone"]} if told else None,
    }


def _owed(desk: Desk, case: Case, places: Mapping[UUID, str]) -> dict[str, str | None]:
    motif = MOTIFS.get(case.motif or "")
    return {
        "reference": case.reference,
        "url": f"{desk.url('cases', case.reference)}#learning",
        "finding": gettext(FINDINGS[case.finding]) if case.finding else None,
        "motif": gettext(motif.label) if motif else None,
        "place": places.get(case.site_id, ""),
    }


@bp.get("/s/<slug>/actions/new")
@requires(Permission.MANAGE_ACTIONS)
def new(desk: Desk) -> Response:
    """The three fields, with what the case of `?case=` brings along."""
    with house().database.reading(desk.scope) as u:
        source = _case(u)
        form = ActionForm(who=str(desk.person.id), when=local_day(u) + USUAL)
        offer_people(u, form.who)
    return _form_page(desk, form, source)


@bp.post("/s/<slug>/actions/new")
@requires(Permission.MANAGE_ACTIONS)
def decide(desk: Desk) -> ResponseReturnValue:
    """The action is decided; 422 with every fault at its field."""
    form: Any = ActionForm(request.form)
    source: Case | None = None
    try:
        with house().database.transaction(desk.scope) as u:
            source = _case(u)
            offer_people(u, form.who)
            if form.validate():
                case_id = source.id if source else None
                person_id = chosen_person(u, form.who)
                decided = Decided(form.what.data, person_id, form.when.data, case_id=case_id)
                action = same_action(u, decided) or open_action(u, decided)
    except Invalid as fault:
        tell(form, fault)
    if form_errors(form):
        return _form_page(desk, form, source)
    if source is not None:
        return redirect(f"{desk.url('cases', source.reference)}?done=action#learning", 303)
    return done_at(desk, action.number, "opened")


def _case(u: Unit) -> Case | None:
    """The case of the address. Raises `NotFound`, also for whom it names."""
    reference = request.args.get("case", "")
    return case_by_reference(u, reference) if reference else None


def _form_page(desk: Desk, form: Any, source: Case | None) -> Response:
    motif = MOTIFS.get(source.motif or "") if source else None
    carried = (
        [source.reference, gettext(motif.label)] if source and motif else [source.reference] if source else []
    )
    back = desk.url("cases", source.reference) if source else desk.url("actions")
    post = desk.url("actions", "new")
    return render_form(
        desk,
        form,
        title=gettext("Decide an action"),
        lead=gettext("Comes along: %(what)s.", what=" · ".join(carried)) if carried else None,
        submit=gettext("Decide"),
        post=f"{post}?{urlencode({'case': source.reference})}" if source else post,
        back=back,
    )


@bp.get("/s/<slug>/actions/<int:number>")
@requires(Permission.OWN_ACTIONS)
def action(desk: Desk, number: int) -> Response:
    """One action."""
    return action_page(desk, number, done=request.args.get("done", ""))


@bp.post("/s/<slug>/actions/<int:number>/done")
@requires(Permission.OWN_ACTIONS)
def mark_done(desk: Desk, number: int) -> ResponseReturnValue:
    """The action is done."""
    form: Any = WordsForm(request.form)
    return _changed(
        desk, number, "done", form, lambda u, one: finish(u, one.id, form.words.data, version=sent_version())
    )


@bp.post("/s/<slug>/actions/<int:number>/later")
@requires(Permission.OWN_ACTIONS)
def later(desk: Desk, number: int) -> ResponseReturnValue:
    """The action has a later day."""
    form: Any = LaterForm(request.form)
    return _changed(
        desk,
        number,
        "later",
        form,
        lambda u, one: put_off(u, one.id, form.when.data, form.words.data, version=sent_version()),
    )


@bp.post("/s/<slug>/actions/<int:number>/hand")
@requires(Permission.MANAGE_ACTIONS)
def hand(desk: Desk, number: int) -> ResponseReturnValue:
    """Another colleague does the action from now on."""
    form: Any = HandForm(request.form)
    with house().database.reading(desk.scope) as u:
        offer_people(u, form.who)
        whom = chosen_person(u, form.who)
    return _changed(
        desk,
        number,
        "hand",
        form,
        lambda u, one: hand_over(u, one.id, whom, form.words.data, version=sent_version()),
    )


@bp.post("/s/<slug>/actions/<int:number>/again")
@requires(Permission.MANAGE_ACTIONS)
def again(desk: Desk, number: int) -> ResponseReturnValue:
    """The action goes on."""
    form: Any = WordsForm(request.form)
    return _changed(
        desk,
        number,
        "again",
        form,
        lambda u, one: take_up(u, one.id, form.words.data, version=sent_version()),
    )


@bp.post("/s/<slug>/actions/<int:number>/counted")
@requires(Permission.MANAGE_ACTIONS)
def counted(desk: Desk, number: int) -> ResponseReturnValue:
    """The action is measured by other messages."""
    sent = request.form
    by = Yardstick(sent.get("motif") or None, sent.get("site", type=UUID), sent.get("team", type=UUID))
    return _changed(desk, number, "counted", None, lambda u, one: _count(u, desk, one, by))


def _count(u: Unit, desk: Desk, one: Action, by: Yardstick) -> None:
    """Measure it so. Raises `Refused("permission")` for who may not say by what."""
    decided_by = next((step.by_id for step in steps_of_action(u, one.id)), None)
    if not may_count(desk, one, decided_by, is_told=is_told_of(one, sources_of(u, [one]).get(one.id, []))):
        raise Refused("permission", permission=Permission.MANAGE_ACTIONS.value)
    count_by(u, one.id, by, version=sent_version())


def _changed(
    desk: Desk, number: int, verb: str, form: Any, change: Callable[[Unit, Action], object]
) -> ResponseReturnValue:
    """The way back to the action, changed; 422 and 409 show it again with what was written."""
    with house().database.reading(desk.scope) as u:
        _own_or_managed(u, desk, number)
    if form is not None and not form.validate():
        return action_page(desk, number, Turned(verb, form))
    try:
        with house().database.transaction(desk.scope) as u:
            change(u, _own_or_managed(u, desk, number))
    except Invalid as fault:
        if form is None:
            raise
        tell(form, fault)
        return action_page(desk, number, Turned(verb, form))
    except Conflict:
        return action_page(desk, number, Turned(verb, form, is_stale=True))
    except Refused as fault:
        if fault.fact != "done":
            raise
        return action_page(desk, number, Turned(verb, form, is_stale=True))
    return done_at(desk, number, verb)


def _own_or_managed(u: Unit, desk: Desk, number: int) -> Action:
    """The action, for who does it or leads the plan. Raises `NotFound`, `Refused("permission")`."""
    found = action_by_number(u, number, owner_id=theirs(desk))
    if found.owner_id != desk.person.id and not desk.may(Permission.MANAGE_ACTIONS):
        raise Refused("permission", permission=Permission.MANAGE_ACTIONS.value)
    return found


def done_at(desk: Desk, number: int, what: str) -> ResponseReturnValue:
    """The way to an action, which says what was done."""
    return redirect(f"{desk.url('actions', str(number))}?done={what}", 303)
