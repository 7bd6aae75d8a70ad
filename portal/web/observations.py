"""What the team notices and an audit finds: filed in seconds, answered to whoever filed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, RadioField, SelectChoice, TextAreaField

from portal.certification.actions import Decided
from portal.certification.observing import (
    Reader,
    Sees,
    action_of,
    answer,
    answer_of_observation,
    follow,
    note_read,
    observation_by_number,
    observations,
    observe,
    words_of_observation,
)
from portal.certification.queries import what_of
from portal.certification.rules import AUDITED, MAX_WORDS, OBSERVED, Observed, Origin
from portal.certification.twice import same_observation
from portal.core.errors import Conflict, Invalid
from portal.core.languages import N_
from portal.people.queries import cards, members
from portal.people.rules import Permission
from portal.tenancy.queries import local_day
from portal.web.action_forms import USUAL, ActionForm, WordsForm, chosen_person, offer_people, tell
from portal.web.dates import day_told
from portal.web.desk import form_errors, render_form, render_staff
from portal.web.fields import NOTHING, Pick, at_most, needed
from portal.web.guard import Desk, requires
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from portal.certification.models import Observation
    from portal.core.db import Unit
    from portal.people.queries import Card

bp = Blueprint("observations", __name__)

DONE: dict[str, str] = {
    "kept": N_("Thank you. Somebody will read it, and you will see here what becomes of it."),
    "answered": N_("The answer is kept: whoever filed it reads it on their page."),
    "followed": N_("The action is decided. Who does it will be reminded."),
}


_MEANWHILE = N_("The page has changed since you opened it. Look again, then send.")


class NoticeForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Two fields: what it is, and what happened."""

    kind = RadioField(lazy_gettext("What is it?"), default=Observed.INCIDENT.value)
    words = TextAreaField(
        lazy_gettext("In a few words"),
        [needed(), at_most(MAX_WORDS)],
        description=lazy_gettext("One sentence, without the name of a resident."),
    )
    about = Pick(
        lazy_gettext("Does it concern a colleague?"),
        description=lazy_gettext("They will not see it, and nothing of it will be shown to them."),
        default=NOTHING,
    )


def reader_of(desk: Desk) -> Reader:
    """How much of what was noticed this colleague may read."""
    if desk.may(Permission.MANAGE_ACTIONS):
        return Reader(desk.person.id, Sees.ALL)
    return Reader(desk.person.id, Sees.AUDITED if desk.may(Permission.READ_ACTIONS) else Sees.OWN)


@bp.get("/s/<slug>/observations")
@requires(Permission.OWN_ACTIONS)
def list_observations(desk: Desk) -> Response:
    """What was noticed, with the way to say something new."""
    with house().database.reading(desk.scope) as u:
        rows = observations(u, reader_of(desk))
        known = cards(u, {one.by_id for one in rows if one.by_id})
        lines = [_line(u, desk, one, known) for one in rows]
    done = DONE.get(request.args.get("done", ""))
    return render_staff(
        "staff/observations.html",
        desk,
        flashes=[gettext(done)] if done else [],
        urls={"plan": desk.url("actions"), "new": desk.url("observations", "new")},
        observations=lines,
    )


def _line(u: Unit, desk: Desk, row: Observation, known: Mapping[UUID, Card]) -> dict[str, Any]:
    card = known.get(row.by_id) if row.by_id else None
    action = action_of(u, row)
    return {
        "url": desk.url("observations", str(row.number)),
        "kind": gettext(OBSERVED[row.kind]),
        "words": words_of_observation(u, row) or gettext("Text erased"),
        "by": card.name if card else gettext("A colleague"),
        "day": day_told(local_day(u, row.at)),
        "state": _state(row, has_action=action is not None),
        "tone": "done" if action or row.answered_at else "" if row.read_at else "new",
    }


def _state(row: Observation, *, has_action: bool) -> str:
    if has_action:
        return str(gettext("An action follows"))
    if row.answered_at is not None:
        return str(gettext("Answered"))
    return str(gettext("Read") if row.read_at else gettext("Not read yet"))


@bp.get("/s/<slug>/observations/new")
@requires(Permission.OWN_ACTIONS)
def new(desk: Desk) -> Response:
    """Two fields."""
    with house().database.reading(desk.scope) as u:
        form = _offered(u, desk, NoticeForm())
    return _new_page(desk, form)


@bp.post("/s/<slug>/observations/new")
@requires(Permission.OWN_ACTIONS)
def file(desk: Desk) -> ResponseReturnValue:
    """It is filed; 422 with every fault at its field."""
    with house().database.transaction(desk.scope) as u:
        form = _offered(u, desk, NoticeForm(request.form))
        if not form.validate():
            return _new_page(desk, form)
        kind, words = Observed(form.kind.data), form.words.data
        about = form.about.chosen(one for one, _ in _colleagues(u, desk))
        if same_observation(u, kind, words, about) is None:
            observe(u, kind, words, about_id=about)
    return redirect(f"{desk.url('observations')}?done=kept", 303)


def _offered(u: Unit, desk: Desk, form: Any) -> Any:
    """The form with the kinds that this colleague may file: what an audit says is for who reads the plan."""
    form.about.offer(((str(id_), name) for id_, name in _colleagues(u, desk)), nothing=gettext("Nobody"))
    form.kind.choices = [
        SelectChoice(kind.value, gettext(label))
        for kind, label in OBSERVED.items()
        if kind not in AUDITED or desk.may(Permission.READ_ACTIONS)
    ]
    return form


def _colleagues(u: Unit, desk: Desk) -> list[tuple[UUID, str]]:
    return [(one.person.id, one.person.name) for one in members(u) if one.person.id != desk.person.id]


def _new_page(desk: Desk, form: Any) -> Response:
    return render_form(
        desk,
        form,
        title=gettext("Say what you noticed"),
        submit=gettext("Send"),
        post=desk.url("observations", "new"),
        back=desk.url("observations"),
    )


@bp.get("/s/<slug>/observations/<int:number>")
@requires(Permission.OWN_ACTIONS)
def observation(desk: Desk, number: int) -> Response:
    """One of them; that who leads has read it is kept by what they do, for a look writes nothing."""
    return _page(desk, number)


def _page(
    desk: Desk, number: int, *, following: Any = None, answering: Any = None, kept: str | None = None
) -> Response:
    """The page; with what was refused in its form, or what was written (`kept`) for a form that is gone."""
    with house().database.reading(desk.scope) as u:
        row = observation_by_number(u, number, reader_of(desk))
        known = cards(u, [row.by_id] if row.by_id else [])
        line, said = _line(u, desk, row, known), answer_of_observation(u, row)
        action = action_of(u, row)
        what = (what_of(u, action) or gettext("Text erased")) if action else ""
        if following is None:
            following = ActionForm(who=str(desk.person.id), when=local_day(u) + USUAL)
            offer_people(u, following.who)
    manages, path = desk.may(Permission.MANAGE_ACTIONS), str(number)
    errors = form_errors(following) + (form_errors(answering) if answering else [])
    if kept is not None:
        errors = [{"field": "kept", "message": gettext(_MEANWHILE)}]
    shown = (
        {
            "number": action.number,
            "what": what,
            "url": desk.url("actions", str(action.number)) if desk.may(Permission.READ_ACTIONS) else None,
        }
        if action
        else None
    )
    return render_staff(
        "staff/observation.html",
        desk,
        409 if kept is not None else 422 if errors else 200,
        urls={
            "list": desk.url("observations"),
            "read": desk.url("observations", path, "read") if manages and row.read_at is None else None,
            "follow": desk.url("observations", path, "follow") if manages and action is None else None,
            "answer": desk.url("observations", path, "answer")
            if manages and row.answered_at is None
            else None,
        },
        observation=line,
        answer=said,
        action=shown,
        following=following,
        answering=answering or WordsForm(),
        kept=kept,
        errors=errors,
    )


@bp.post("/s/<slug>/observations/<int:number>/read")
@requires(Permission.MANAGE_ACTIONS)
def mark_read(desk: Desk, number: int) -> ResponseReturnValue:
    """Who leads has read it."""
    with house().database.transaction(desk.scope) as u:
        note_read(u, observation_by_number(u, number, reader_of(desk)).id)
    return redirect(desk.url("observations", str(number)), 303)


@bp.post("/s/<slug>/observations/<int:number>/follow")
@requires(Permission.MANAGE_ACTIONS)
def decide(desk: Desk, number: int) -> ResponseReturnValue:
    """An action follows, in three fields."""
    form: Any = ActionForm(request.form)
    try:
        with house().database.transaction(desk.scope) as u:
            row = observation_by_number(u, number, reader_of(desk))
            offer_people(u, form.who)
            if form.validate():
                who = chosen_person(u, form.who)
                origin = Origin.AUDIT if row.kind in AUDITED else Origin.TEAM
                follow(u, row.id, Decided(form.what.data, who, form.when.data, from_where=origin))
    except Invalid as fault:
        tell(form, fault)
    except Conflict:
        return _page(desk, number, kept=form.what.data or "")
    if form_errors(form):
        return _page(desk, number, following=form)
    return redirect(f"{desk.url('observations')}?done=followed", 303)


@bp.post("/s/<slug>/observations/<int:number>/answer")
@requires(Permission.MANAGE_ACTIONS)
def say(desk: Desk, number: int) -> ResponseReturnValue:
    """Whoever filed it is told what becomes of it."""
    form: Any = WordsForm(request.form)
    if not form.validate():
        return _page(desk, number, answering=form)
    try:
        with house().database.transaction(desk.scope) as u:
            answer(u, observation_by_number(u, number, reader_of(desk)).id, form.words.data)
    except Conflict:
        return _page(desk, number, kept=form.words.data)
    return redirect(f"{desk.url('observations')}?done=answered", 303)
