"""Thanks given back: what a colleague reads as theirs, and for who handles messages the way to give some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext, lazy_gettext, ngettext
from wtforms import Form, TextAreaField

from portal.cases.queries import case_by_reference, first_words, thread
from portal.cases.rules import Direction, Kind
from portal.certification.thanking import (
    MAX_THANKS,
    Thanked,
    all_thanks,
    give,
    look,
    thanks_for,
    waiting_thanks,
    whose_code,
    withdraw_thanks,
)
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.languages import DEFAULT, LANGUAGES, N_, direction_of
from portal.core.worktime import WorkCalendar
from portal.people.queries import cards, members
from portal.people.rules import Permission
from portal.questionnaires.reading import Wanted, opinions
from portal.tenancy.queries import calendar_of, local_day, sites, teams
from portal.web.dates import day_told
from portal.web.desk import render_form, render_staff
from portal.web.fields import Pick, at_most, blame, needed
from portal.web.guard import Desk, requires
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from portal.certification.thanking import Kept
    from portal.core.db import Unit
    from portal.people.queries import Card

bp = Blueprint("thanks", __name__)

DONE: dict[str, str] = {
    "given": N_("Given back. They read it on their own page, and in the mail of the week."),
    "looked": N_("Noted: you have read it, too."),
    "withdrawn": N_("Withdrawn: nobody reads it any more."),
    "before": N_("These thanks were given back before."),
}
_TEAM, _PERSON = "team", "person"


class ThanksForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Which words, and to whom."""

    words = TextAreaField(
        lazy_gettext("The words to give back"),
        [needed(), at_most(MAX_THANKS)],
        description=lazy_gettext(
            "Take out names, addresses, days: whatever tells who wrote it. An excerpt is enough."
        ),
    )
    whom = Pick(lazy_gettext("To whom?"))


@dataclass(frozen=True, slots=True)
class Source:
    """Where words are chosen from: a message of thanks, or the free words of an opinion.

    `place` names it in an address; `whom_id` is the colleague whose code it came by.
    """

    text: str = field(repr=False)
    language: str
    place: Mapping[str, str]
    case_id: UUID | None = None
    response_id: UUID | None = None
    team_id: UUID | None = None
    whom_id: UUID | None = None


@bp.get("/s/<slug>/thanks")
@requires(Permission.OWN_ACTIONS)
def list_thanks(desk: Desk) -> Response:
    """One's own thanks; for who handles messages, those that wait to be given back, and those that were."""
    handles = desk.may(Permission.HANDLE_CASES)
    with house().database.reading(desk.scope) as u:
        own = [_line(u, desk, one, {}) for one in thanks_for(u, desk.person.id)]
        kept = all_thanks(u) if handles else []
        known = cards(u, _people(kept))
        waiting = _waiting(desk, u) if handles else []
        names = {one.id: one.name for one in teams(u)}
        given = [_line(u, desk, one, known, names) for one in kept]
    done = DONE.get(request.args.get("done", ""))
    return render_staff(
        "staff/thanks.html",
        desk,
        flashes=[gettext(done)] if done else [],
        urls={"plan": desk.url("actions")},
        own=own,
        count=ngettext("%(num)d word of thanks", "%(num)d words of thanks", len(own)),
        handles=handles,
        waiting=waiting,
        given=given,
    )


def _people(kept: list[Kept]) -> set[UUID]:
    rows = [one.row for one in kept]
    return {by for row in rows for by in (row.given_by, row.checked_by, row.person_id) if by is not None}


def _waiting(desk: Desk, u: Unit) -> list[dict[str, str]]:
    cases = waiting_thanks(u)
    said = first_words(u, cases)
    return [
        {
            "reference": one.reference,
            "text": said[one.id].text,
            "lang": said[one.id].language,
            "dir": direction_of(said[one.id].text, said[one.id].language),
            "day": day_told(local_day(u, one.received_at)),
            "url": f"{desk.url('thanks', 'new')}?{urlencode({'case': one.reference})}",
        }
        for one in cases
        if one.id in said
    ]


def _line(
    u: Unit, desk: Desk, one: Kept, known: Mapping[UUID, Card], names: Mapping[UUID, str] | None = None
) -> dict[str, Any]:
    row, words = one.row, one.words or ""
    whom = known.get(row.person_id) if row.person_id else None
    number, is_own = str(row.number), row.given_by == desk.person.id
    reader = known.get(row.checked_by) if row.checked_by else None
    return {
        "words": words,
        "lang": row.language,
        "dir": direction_of(words, row.language),
        "day": day_told(local_day(u, row.given_at)),
        "whom": whom.name if whom else (names or {}).get(row.team_id, "") if row.team_id else "",
        "by": known[row.given_by].name if row.given_by in known else gettext("A colleague"),
        "read_by": gettext("Read by %(name)s, too.", name=reader.name) if reader else None,
        "is_withdrawn": row.withdrawn_at is not None,
        "look": desk.url("thanks", number, "look")
        if not (row.withdrawn_at or row.checked_at or is_own)
        else None,
        "withdraw": desk.url("thanks", number, "withdraw") if row.withdrawn_at is None else None,
    }


@bp.get("/s/<slug>/thanks/new")
@requires(Permission.HANDLE_CASES)
def new(desk: Desk) -> ResponseReturnValue:
    """The form of a message's thanks (`?case=`), or of an opinion's words (`?response=`)."""
    with house().database.reading(desk.scope) as u:
        source = _source(desk, u)
        form = ThanksForm(words=source.text[:MAX_THANKS], whom=_proposed(source))
        return _form(desk, _offered(u, form), source)


@bp.post("/s/<slug>/thanks/new")
@requires(Permission.HANDLE_CASES)
def keep(desk: Desk) -> ResponseReturnValue:
    """The words are given back; 422 with every fault at its field."""
    form: Any = ThanksForm(request.form)
    with house().database.transaction(desk.scope) as u:
        source = _source(desk, u)
        if not _offered(u, form).validate():
            return _form(desk, form, source)
        kind, _, id_ = form.whom.data.partition(":")
        try:
            give(
                u,
                Thanked(
                    form.words.data,
                    source.language if source.language in LANGUAGES else DEFAULT,
                    team_id=UUID(id_) if kind == _TEAM else None,
                    person_id=UUID(id_) if kind == _PERSON else None,
                    case_id=source.case_id,
                    response_id=source.response_id,
                ),
            )
        except Invalid as fault:
            blame(form[fault.fact], gettext("Fill this in."))
            return _form(desk, form, source)
        except Conflict:
            return _back(desk, "before")
    return _back(desk, "given")


def _source(desk: Desk, u: Unit) -> Source:
    """What the address names. Raises `NotFound`, also for whom it names and who may not read free words."""
    reference, response = request.args.get("case", ""), request.args.get("response", type=UUID)
    if reference:
        return _of_case(u, reference)
    if response is None or not desk.may(Permission.READ_TEXTS):
        raise NotFound("thanks")
    return _of_opinion(u, response)


def _of_case(u: Unit, reference: str) -> Source:
    case = case_by_reference(u, reference)
    said = next((one for one in thread(u, case) if one.direction is Direction.FROM_FILER), None)
    if case.kind is not Kind.THANKS or said is None:
        raise NotFound("thanks")
    return Source(
        text=said.text,
        language=said.language,
        place={"case": reference},
        case_id=case.id,
        team_id=case.team_id,
        whom_id=whose_code(u, case),
    )


def _of_opinion(u: Unit, response_id: UUID) -> Source:
    """Free words, from the day on which they are read. Raises `NotFound`."""
    calendars = {one.id: WorkCalendar.from_document(calendar_of(u, one.id).document) for one in sites(u)}
    closed = {id_: one.opened_until(one.local(u.now).date()) for id_, one in calendars.items()}
    found = next(iter(opinions(u, Wanted(response_id=response_id), closed)), None)
    text = "\n".join(found.words.values()) if found else ""
    if found is None or not text:
        raise NotFound("thanks")
    return Source(
        text=text,
        language=found.row.language,
        place={"response": str(response_id)},
        response_id=response_id,
        team_id=found.row.team_id,
    )


def _proposed(source: Source) -> str:
    if source.whom_id is not None:
        return f"{_PERSON}:{source.whom_id}"
    return f"{_TEAM}:{source.team_id}" if source.team_id else ""


def _offered(u: Unit, form: Any) -> Any:
    """The form with whom to choose from: teams first, then colleagues."""
    people = {one.person.id: one.person.name for one in members(u)}
    form.whom.offer(
        [
            *((f"{_TEAM}:{one.id}", one.name) for one in teams(u)),
            *((f"{_PERSON}:{id_}", name) for id_, name in people.items()),
        ]
    )
    return form


def _form(desk: Desk, form: Any, source: Source) -> Response:
    return render_form(
        desk,
        form,
        title=gettext("Give thanks back"),
        lead=gettext("They read these words, and not who wrote them. No figure counts them."),
        submit=gettext("Give back"),
        post=f"{desk.url('thanks', 'new')}?{urlencode(source.place)}",
        back=desk.url("thanks"),
    )


@bp.post("/s/<slug>/thanks/<int:number>/look")
@requires(Permission.HANDLE_CASES)
def second_look(desk: Desk, number: int) -> ResponseReturnValue:
    """A second person has read it; whoever gave it is refused."""
    with house().database.transaction(desk.scope) as u:
        look(u, number)
    return _back(desk, "looked")


@bp.post("/s/<slug>/thanks/<int:number>/withdraw")
@requires(Permission.HANDLE_CASES)
def take_back(desk: Desk, number: int) -> ResponseReturnValue:
    """Nobody reads it any more."""
    with house().database.transaction(desk.scope) as u:
        withdraw_thanks(u, number)
    return _back(desk, "withdrawn")


def _back(desk: Desk, what: str) -> ResponseReturnValue:
    return redirect(f"{desk.url('thanks')}?done={what}", 303)
