"""The desk of rights: what people ask about their data, by when they are answered, and the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, StringField, TextAreaField

from portal.cases.queries import case_by_id, case_by_reference
from portal.core.errors import Invalid, NotFound
from portal.core.languages import N_
from portal.people.actions import journal
from portal.people.queries import cards
from portal.people.rules import Act, Permission
from portal.printing.papers import papered
from portal.protection.requests import (
    Asked,
    answer,
    enter,
    erase,
    extend,
    is_over,
    refuse,
    request_of,
    requests,
    same_request,
    words_of,
)
from portal.protection.rights import PROOFS, RIGHTS, Proof, Right
from portal.tenancy.queries import local_day
from portal.web.dates import day_told
from portal.web.desk import render_form, render_staff
from portal.web.fields import Day, Pick, at_most, blame, needed
from portal.web.guard import requires
from portal.web.house import house
from portal.web.papers_words import sent
from portal.web.rights_copy import REMEDIES, bundle_of, copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from flask.typing import ResponseReturnValue

    from portal.cases.models import Case
    from portal.core.db import Unit
    from portal.protection.models import RightsRequest
    from portal.web.guard import Desk

bp = Blueprint("rights", __name__)

_MOST_WHO, _MOST_WORDS = 200, 4000
DONE: dict[str, str] = {
    "entered": N_("The request is written down. Its last day stands below."),
    "answer": N_("The request is answered."),
    "refuse": N_("The request is refused. Tell the person why, and whom they may turn to: see below."),
    "extend": N_("The day is put off. Tell the person why today."),
    "erase": N_("The words are destroyed, and the request is answered."),
}
"""What the page says after an act; the address names it."""
_FAULTS: dict[tuple[str, str], str] = {
    ("received_on", "future"): N_("This day is still to come."),
    ("received_on", "far"): N_("This is more than three months ago."),
    ("reference", "unknown"): N_("No message has this reference."),
}
_EMPTY = N_("Fill this in.")
_SAID_FAULTS = {"empty": N_("Say why: the person is told."), "long": N_("Shorten this.")}
_SAYING: dict[str, Callable[[Unit, int, str], object]] = {
    "answer": answer,
    "refuse": refuse,
    "extend": extend,
}
"""What a request's page does with words, by the verb of its address."""
_ACTS: dict[str, Act] = {
    "answer": Act.RIGHTS_ANSWERED,
    "refuse": Act.RIGHTS_REFUSED,
    "extend": Act.RIGHTS_EXTENDED,
    "erase": Act.RIGHTS_ERASED,
}
_ERASING = frozenset({Right.ERASURE, Right.OBJECTION})


class AskedForm(Form):  # type: ignore[misc]  # WTForms has no types
    """What somebody asks for, when, and how it is known who they are."""

    right = Pick(lazy_gettext("What do they ask for?"), [needed()])
    received_on = Day(lazy_gettext("Received on"), [needed()])
    who = StringField(
        lazy_gettext("Who asks, and how to answer them"),
        [needed(), at_most(_MOST_WHO)],
        render_kw={"autocomplete": "off", "dir": "auto"},
    )
    proof = Pick(
        lazy_gettext("How do you know who they are?"),
        [needed()],
        description=lazy_gettext("Never ask for a copy of an identity card."),
    )
    reference = StringField(
        lazy_gettext("Reference of their message"),
        [at_most(40)],
        description=lazy_gettext("If it is about one: PAS-2027-000123."),
        render_kw={"autocomplete": "off", "dir": "ltr"},
    )
    asked = TextAreaField(
        lazy_gettext("What they say"), [at_most(_MOST_WORDS)], render_kw={"rows": 4, "dir": "auto"}
    )


@bp.get("/s/<slug>/rights")
@requires(Permission.MANAGE_RIGHTS)
def desk_of_rights(desk: Desk) -> Response:
    """Every request, the open ones first by their day."""
    with house().database.reading(desk.scope) as u:
        today, rows = local_day(u), requests(u)
        lines = [_line(desk, row, today) for row in rows]
    heads = (
        gettext("Which request"),
        gettext("What they ask for"),
        gettext("Received on"),
        gettext("Where it stands"),
    )
    return render_staff(
        "staff/rights.html",
        desk,
        columns=[{"label": label, "numeric": False} for label in heads],
        rows=lines,
        urls={"new": desk.url("rights", "new"), "back": desk.url("protection")},
    )


def _line(desk: Desk, row: RightsRequest, today: date) -> dict[str, Any]:
    texts = (gettext(RIGHTS[row.right]), day_told(row.received_on, "long"), _standing(row, today))
    name = gettext("Request %(number)d", number=row.number)
    number = {"text": name, "url": desk.url("rights", str(row.number))}
    return {"cells": [number, *({"text": text, "url": None} for text in texts)]}


def _standing(row: RightsRequest, today: date) -> str:
    """Where a request stands: over since when, or by when it is to be answered."""
    if row.answered_on is not None:
        told = gettext("answered on %(date)s", date=day_told(row.answered_on, "long"))
    elif row.refused_on is not None:
        told = gettext("refused on %(date)s", date=day_told(row.refused_on, "long"))
    elif today > row.due_on:
        told = gettext("late: the limit was %(date)s", date=day_told(row.due_on, "long"))
    else:
        told = gettext("to be answered by %(date)s", date=day_told(row.due_on, "long"))
    return f"{told[:1].upper()}{told[1:]}"


@bp.route("/s/<slug>/rights/new", methods=("GET", "POST"))
@requires(Permission.MANAGE_RIGHTS)
def new(desk: Desk) -> ResponseReturnValue:
    """A request is written down, with the day on which it came."""
    form = AskedForm(request.form)
    form.right.offer((one.value, gettext(label)) for one, label in RIGHTS.items())
    form.proof.offer((one.value, gettext(label)) for one, label in PROOFS.items())
    if request.method == "POST" and form.validate():
        try:
            return redirect(f"{desk.url('rights', str(_entered(desk, form)))}?done=entered", 303)
        except Invalid as fault:
            words = _FAULTS.get((fault.fact, str(fault.facts.get("reason"))), _EMPTY)
            blame(form[fault.fact], gettext(words))
    return render_form(
        desk,
        form,
        title=gettext("A request about one's data"),
        submit=gettext("Write it down"),
        post=desk.url("rights", "new"),
        back=desk.url("rights"),
        lead=gettext("By law it is answered within a month of the day on which it came."),
    )


def _entered(desk: Desk, form: Any) -> int:
    with house().database.transaction(desk.scope) as u:
        case = _case(u, (form.reference.data or "").strip().upper())
        asked = Asked(
            Right(form.right.data),
            Proof(form.proof.data),
            form.received_on.data,
            who=form.who.data,
            asked=form.asked.data or "",
            case_id=case.id if case else None,
        )
        row = same_request(u, asked)
        if row is None:
            row = enter(u, asked)
            journal(u, Act.RIGHTS_ENTERED, by=desk.person.id, request=str(row.number))
        return row.number


def _case(u: Unit, reference: str) -> Case | None:
    """The case that was named; None for none. Raises `Invalid("reference")`."""
    if not reference:
        return None
    try:
        return case_by_reference(u, reference)
    except NotFound:
        raise Invalid("reference", reason="unknown") from None


@bp.get("/s/<slug>/rights/<int:number>")
@requires(Permission.MANAGE_RIGHTS)
def one_request(desk: Desk, number: int) -> Response:
    """One request, and what can be done with it."""
    return _page(desk, number)


def _page(desk: Desk, number: int, fault: Invalid | None = None, verb: str = "") -> Response:
    with house().database.reading(desk.scope) as u:
        row, today = request_of(u, number), local_day(u)
        words = words_of(u, row)
        case = case_by_id(u, row.case_id) if row.case_id else None
        known = cards(u, {row.entered_by, *([row.closed_by] if row.closed_by else [])})
    here = desk.url("rights", str(number))
    is_open = not is_over(row)
    has_words = case is not None and case.key_wrapped is not None
    done = DONE.get(request.args.get("done", ""))
    facts = [
        (gettext("What they ask for"), gettext(RIGHTS[row.right])),
        (gettext("Received on"), day_told(row.received_on, "long")),
        (gettext("Who asks, and how to answer them"), words.get("who", "")),
        (gettext("How we know who they are"), gettext(PROOFS[row.proof])),
        (gettext("What they say"), words.get("asked", "")),
        (gettext("Why it takes longer"), words.get("extended", "")),
        (gettext("What we said"), words.get("said", "")),
        (gettext("To be told with it"), gettext(REMEDIES) if row.refused_on else ""),
        (gettext("Written down by"), known[row.entered_by].name if row.entered_by in known else ""),
    ]
    can_extend = is_open and row.extended_on is None and today <= row.due_on
    return render_staff(
        "staff/rights_request.html",
        desk,
        422 if fault else 200,
        flashes=[gettext(done)] if done else [],
        number=number,
        standing=_standing(row, today),
        is_late=is_open and today > row.due_on,
        facts=[{"label": label, "value": value} for label, value in facts if value],
        case=None
        if case is None
        else {"reference": case.reference, "url": desk.url("cases", case.reference)},
        urls={
            "back": desk.url("rights"),
            "answer": f"{here}/answer" if is_open else None,
            "refuse": f"{here}/refuse" if is_open else None,
            "extend": f"{here}/extend" if can_extend else None,
            "erase": f"{here}/erase" if is_open and has_words and row.right in _ERASING else None,
            "paper": f"{here}/copy" if is_open and has_words and row.right is Right.ACCESS else None,
            "hold": desk.url("settings", "retention") if is_open and row.right is Right.RESTRICTION else None,
        },
        verb=verb,
        said=request.form.get("said", "") if fault else "",
        errors=_told(verb, fault),
    )


def _told(verb: str, fault: Invalid | None) -> list[dict[str, str]]:
    """The fault at its field, if there is one."""
    if fault is None:
        return []
    sentence = _SAID_FAULTS[str(fault.facts["reason"])]
    return [{"field": f"said-{verb}", "message": gettext(sentence)}]


@bp.post("/s/<slug>/rights/<int:number>/<any(answer, refuse, extend, erase):verb>")
@requires(Permission.MANAGE_RIGHTS)
def act(desk: Desk, number: int, verb: str) -> ResponseReturnValue:
    """The request, one step further; 422 with its page where a reason is missing."""
    said = request.form.get("said", "")
    try:
        with house().database.transaction(desk.scope) as u:
            if verb == "erase":
                erase(u, number)
            else:
                _SAYING[verb](u, number, said)
            journal(u, _ACTS[verb], by=desk.person.id, request=str(number))
    except Invalid as fault:
        if fault.fact != "said":
            raise
        return _page(desk, number, fault, verb)
    return redirect(f"{desk.url('rights', str(number))}?done={verb}", 303)


@bp.post("/s/<slug>/rights/<int:number>/copy")
@requires(Permission.MANAGE_RIGHTS)
def copy(desk: Desk, number: int) -> Response:
    """What is kept of the request's message, as a PDF, in a ZIP with its photos and voice messages.

    `without` = "notes" leaves those of the team out. Raises `NotFound` without words. It is made while others
    write, and sent once the journal tells of it.
    """
    with house().database.reading(desk.scope) as u:
        row = request_of(u, number)
        if row.right is not Right.ACCESS or row.case_id is None:
            raise NotFound("case")
        case = case_by_id(u, row.case_id)
        with_notes = "notes" not in request.form.getlist("without")
        pdf = papered(copy_of(u, desk, case, with_notes=with_notes))
        whole = bundle_of(u, case, pdf)
    with house().database.transaction(desk.scope) as u:
        journal(u, Act.RIGHTS_COPIED, by=desk.person.id, request=str(number))
    if whole is not None:
        return sent(whole, "application/zip", case.reference, "zip")
    return sent(pdf, "application/pdf", case.reference)
