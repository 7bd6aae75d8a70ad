"""Staff's work: the list by time left, a case with what was said and what may be done, its steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from flask_babel import format_date, gettext, ngettext

from portal.cases.actions import Given, take, translate
from portal.cases.queries import (
    PAGE,
    Sought,
    case_by_reference,
    case_key,
    clocks_of,
    contact_of,
    count_cases,
    events_of,
    first_words,
    name_of,
    photo_of,
    photos_of,
    standing_of,
    thread,
    work_list,
)
from portal.cases.rules import (
    KINDS,
    CaseState,
    Direction,
    Finding,
    Kind,
    Outcome,
    steps_for,
)
from portal.core.errors import Invalid
from portal.core.languages import LANGUAGES, N_, direction_of, written_in
from portal.core.worktime import WorkCalendar
from portal.people.queries import cards
from portal.people.rules import Permission
from portal.tenancy.queries import agreements, calendar, main_site, sites, teams
from portal.tenancy.queries import calendar_of as site_calendar
from portal.web.case_words import (
    CLOCKS,
    EVENTS,
    FINDINGS,
    MODES,
    OUTCOMES,
    STATES,
    reason_of,
    shown_at,
    time_left,
)
from portal.web.desk import render_staff
from portal.web.doors import told_faults
from portal.web.guard import Desk, requires
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue

    from portal.cases.models import Case, CaseEvent, Clock
    from portal.cases.queries import Said
    from portal.cases.rules import Step
    from portal.cases.standing import Standing
    from portal.core.db import Unit
    from portal.people.queries import Card

bp = Blueprint("cases", __name__)

GROUPS: dict[str, str] = {
    "late": N_("Late"),
    "today": N_("Today"),
    "week": N_("Within five working days"),
    "later": N_("Later"),
    "waiting": N_("Waiting, or settled"),
}
_WEEK = 5
_OPEN_STEPS = frozenset({"acknowledge", "answer"})
_QUIET = frozenset({"dismiss", "note", "wait", "resume"})


@bp.get("/s/<slug>/cases")
@requires(Permission.READ_CASES)
def cases(desk: Desk) -> Response:
    """The list of work, the nearest promise first."""
    offset = max(0, request.args.get("offset", 0, type=int))
    with house().database.reading(desk.scope) as u:
        sought = _sought(u)
        rows, total = work_list(u, sought, offset=offset), count_cases(u, sought)
        grouped = _grouped(u, desk, rows)
        filters = _filters(u)
    older = f"{desk.url('cases')}?offset={offset + PAGE}" if total > offset + PAGE else None
    return render_staff(
        "staff/work_list.html",
        desk,
        urls={"self": desk.url("cases"), "new": None},
        filters=filters,
        total=total,
        groups=[
            {"key": key, "title": gettext(title), "cases": grouped[key]} for key, title in GROUPS.items()
        ],
        older=older,
    )


def _sought(u: Unit) -> Sought:
    """What the address asks for; an unknown value asks for nothing."""
    args = request.args
    return Sought(
        kind=_member(Kind, args.get("kind")),
        state=_member(CaseState, args.get("state")),
        site_id=args.get("site", type=UUID),
        team_id=args.get("team", type=UUID),
        agreement_id=args.get("agreement", type=UUID),
        received_from=args.get("from", type=date.fromisoformat),
        received_to=args.get("to", type=date.fromisoformat),
        only_open=args.get("open") == "1",
        late_on=_today(u) if args.get("late") == "1" else None,
        with_closed=args.get("all") == "1" or "from" in args,
    )


def _member(words: type[Any], raw: str | None) -> Any:
    return next((word for word in words if word.value == raw), None)


def _today(u: Unit) -> date:
    """The local day of the main site."""
    return WorkCalendar.from_document(site_calendar(u, main_site(u).id).document).local(u.now).date()


def _filters(u: Unit) -> list[dict[str, Any]]:
    """The choices above the list: kind, state, site."""
    every = {"value": "", "label": gettext("All")}
    tables: tuple[tuple[str, str, list[tuple[str, str]]], ...] = (
        ("kind", gettext("Kind"), [(kind.value, gettext(row.plural)) for kind, row in KINDS.items()]),
        ("state", gettext("State"), [(state.value, gettext(label)) for state, label in STATES.items()]),
        ("site", gettext("Site"), [(str(site.id), site.name) for site in sites(u)]),
    )
    return [
        {
            "name": name,
            "label": label,
            "options": [every, *({"value": value, "label": shown} for value, shown in options)],
            "chosen": request.args.get(name, ""),
        }
        for name, label, options in tables
    ]


def _grouped(u: Unit, desk: Desk, rows: Sequence[Case]) -> dict[str, list[dict[str, Any]]]:
    places = {site.id: site.name for site in sites(u)}
    owners = cards(u, [row.handler_id for row in rows if row.handler_id])
    words = first_words(u, rows)
    grouped: dict[str, list[dict[str, Any]]] = {key: [] for key in GROUPS}
    calendars: dict[UUID, WorkCalendar] = {}
    for row in rows:
        if row.calendar_id not in calendars:
            calendars[row.calendar_id] = calendar(u, row.calendar_id)
        place = calendars[row.calendar_id]
        today = place.local(u.now).date()
        left, tone = time_left(place, row.due_on, today) if row.due_on else (None, "")
        said = words.get(row.id)
        spoken, direction = _spoken(said) if said else (None, "auto")
        owner = owners.get(row.handler_id) if row.handler_id else None
        line = {
            "reference": row.reference,
            "url": desk.url("cases", row.reference),
            "kind_label": gettext(KINDS[row.kind].label),
            "excerpt": said.text if said else None,
            "lang": spoken,
            "dir": direction,
            "state_label": gettext(STATES[row.state]),
            "due": format_date(row.due_on, "long") if row.due_on else None,
            "left": left,
            "tone": tone or ("waiting" if row.due_on is None else ""),
            "place": places.get(row.site_id, ""),
            "owner": owner.name if owner else None,
        }
        grouped[_group(place, row.due_on, today)].append(line)
    return grouped


def _group(place: WorkCalendar, due_on: date | None, today: date) -> str:
    if due_on is None:
        return "waiting"
    if due_on <= today:
        return "late" if due_on < today else "today"
    return "week" if place.days_apart(today, due_on) <= _WEEK else "later"


def _spoken(said: Said) -> tuple[str | None, str]:
    """The language and direction of a text; no language where it was not written in that of its page."""
    direction = direction_of(said.text, said.language)
    return None if direction == "auto" else said.language, direction


@bp.get("/s/<slug>/cases/<reference>")
@requires(Permission.READ_CASES)
def case(desk: Desk, reference: str) -> Response:
    """One case."""
    return _case_page(desk, reference)


@bp.post("/s/<slug>/cases/<reference>/<verb>")
@requires(Permission.HANDLE_CASES)
def step(desk: Desk, reference: str, verb: str) -> ResponseReturnValue:
    """Take a step that the page offers."""
    sent = request.form
    given = Given(
        sent.get("message", ""),
        desk.language,
        outcome=_member(Outcome, sent.get("outcome")),
        finding=_member(Finding, sent.get("finding")),
        version=sent.get("version", 0, type=int),
    )
    try:
        with house().database.transaction(desk.scope) as u:
            row = case_by_reference(u, reference)
            language = written_in(given.message, desk.language, row.language)
            take(u, row.id, verb, replace(given, language=language))
    except Invalid as fault:
        return _case_page(desk, reference, Refusal(verb, given, fault))
    return redirect(desk.url("cases", reference), 303)


@bp.post("/s/<slug>/cases/<reference>/messages/<uuid:message_id>/note")
@requires(Permission.HANDLE_CASES)
def note(desk: Desk, reference: str, message_id: UUID) -> ResponseReturnValue:
    """Keep a translation beside a message."""
    given = Given(request.form.get("note", ""), desk.language)
    try:
        with house().database.transaction(desk.scope) as u:
            translate(u, case_by_reference(u, reference).id, message_id, given)
    except Invalid as fault:
        return _case_page(desk, reference, Refusal("note", given, fault))
    return redirect(desk.url("cases", reference), 303)


@bp.get("/s/<slug>/cases/<reference>/photos/<uuid:photo_id>")
@requires(Permission.READ_CASES)
def photo(desk: Desk, reference: str, photo_id: UUID) -> Response:
    """A photo of the case."""
    with house().database.reading(desk.scope) as u:
        row = case_by_reference(u, reference)
        media_type, picture = photo_of(u, case_key(u, row), row.id, photo_id)
    response = Response(picture, mimetype=media_type)
    response.headers["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step that could not be taken: what was given, and what was wrong with it."""

    verb: str
    given: Given
    fault: Invalid


def _case_page(desk: Desk, reference: str, refusal: Refusal | None = None) -> Response:
    with house().database.reading(desk.scope) as u:
        row = case_by_reference(u, reference)
        place, standing, clocks = calendar(u, row.calendar_id), standing_of(u, row), clocks_of(u, row.id)
        events, said = events_of(u, row.id), thread(u, row)
        known = cards(u, _people(row, events, said))
        contact, name = contact_of(u, row.id), name_of(u, row)
        photos = [one.id for one in photos_of(u, row.id)]
        facts = _facts(u, row)
        today = place.local(u.now).date()
    errors = told_faults([refusal.fault]) if refusal else []
    return render_staff(
        "staff/case.html",
        desk,
        422 if refusal else 200,
        version=str(row.version),
        urls={"list": desk.url("cases")},
        case={
            "reference": row.reference,
            "title": gettext(KINDS[row.kind].label),
            "received": shown_at(place, row.received_at, row.mode),
        },
        tags=_tags(row),
        contact=_contact(contact.kind if contact else None, contact.value if contact else "", name),
        photos=[
            {"label": gettext("Photo %(number)d", number=number), "url": _photo_url(desk, row, one)}
            for number, one in enumerate(photos, 1)
        ],
        messages=[_message(desk, row, place, one, known) for one in said],
        steps=[_step(desk, row, one, refusal) for one in _steps(desk, row)],
        clocks=[_clock(place, clocks[one], standing, today) for one in clocks],
        facts=facts,
        history=[_event(row, place, event, known) for event in events],
        errors=errors,
    )


def _photo_url(desk: Desk, row: Case, photo_id: UUID) -> str:
    return desk.url("cases", row.reference, "photos", str(photo_id))


def _people(row: Case, events: Sequence[CaseEvent], said: Sequence[Said]) -> set[UUID]:
    """Everybody whose name the page shows."""
    named = {event.actor_id for event in events} | {one.author_id for one in said} | {row.handler_id}
    named |= {note.author_id for one in said for note in one.translations}
    return {one for one in named if one is not None}


def _tags(row: Case) -> list[dict[str, str]]:
    tags = [{"text": gettext(STATES[row.state]), "tone": ""}, {"text": gettext(MODES[row.mode]), "tone": ""}]
    if row.outcome is not None:
        tags.append({"text": gettext(OUTCOMES[row.outcome]), "tone": "done"})
    if row.finding is not None:
        tags.append({"text": gettext(FINDINGS[row.finding]), "tone": ""})
    return tags


_CONTACTS = {"phone": N_("Call"), "sms": N_("Text message to"), "email": N_("E-mail to")}


def _contact(kind: str | None, value: str, name: str | None) -> dict[str, str | None] | None:
    if kind is None and name is None:
        return None
    label = gettext(_CONTACTS[kind]) if kind in _CONTACTS else gettext("Reads with their number")
    return {"label": label, "value": value, "name": name}


def _facts(u: Unit, row: Case) -> list[dict[str, str]]:
    named: tuple[tuple[str, UUID | None, Mapping[UUID, str]], ...] = (
        (gettext("Site"), row.site_id, {one.id: one.name for one in sites(u)}),
        (gettext("Team"), row.team_id, {one.id: one.name for one in teams(u)}),
        (
            gettext("Agreement"),
            row.agreement_id,
            {one.id: f"{one.partner} · {one.purpose}" for one in agreements(u)},
        ),
    )
    language = LANGUAGES[row.language].own_name if row.language in LANGUAGES else row.language
    facts = [
        {"label": label, "value": names[key]}
        for label, key, names in named
        if key is not None and key in names
    ]
    return [*facts, {"label": gettext("Language"), "value": language}]


def _message(
    desk: Desk, row: Case, place: WorkCalendar, said: Said, known: Mapping[UUID, Card]
) -> dict[str, Any]:
    from_filer = said.direction is Direction.FROM_FILER
    author = gettext("The person") if from_filer else _named(said.author_id, known)
    if said.direction is Direction.NOTE:
        author = gettext("Note by %(name)s", name=author)
    newest = said.translations[-1] if said.translations else None
    spoken, direction = _spoken(said)
    can_note = from_filer and desk.may(Permission.HANDLE_CASES)
    return {
        "id": said.id.hex,
        "author": author,
        "ours": not from_filer,
        "date": shown_at(place, said.at, row.mode),
        "text": said.text,
        "lang": spoken,
        "dir": direction,
        "language_name": LANGUAGES[spoken].own_name if spoken else "",
        "note": {"text": newest.text, "author": _named(newest.author_id, known)} if newest else None,
        "note_url": desk.url("cases", row.reference, "messages", str(said.id), "note") if can_note else None,
    }


def _named(person_id: UUID | None, known: Mapping[UUID, Card]) -> str:
    card = known.get(person_id) if person_id else None
    return card.name if card else gettext("A colleague")


def _steps(desk: Desk, row: Case) -> tuple[Step, ...]:
    if desk.role is None or not desk.may(Permission.HANDLE_CASES):
        return ()
    return steps_for(row.kind, row.state, desk.role)


def _step(desk: Desk, row: Case, offered: Step, refusal: Refusal | None) -> dict[str, Any]:
    mine = refusal if refusal and refusal.verb == offered.verb else None
    given = mine.given if mine else Given()
    fault = {one["field"]: one["message"] for one in told_faults([mine.fault])} if mine else {}
    fields = []
    if "message" in offered.needs:
        fields.append(_text(gettext("Your words"), given.message))
    if "outcome" in offered.needs:
        usual = Outcome.ANSWERED if offered.verb == "close" else None
        chosen = given.outcome or usual
        fields.append(
            _choice("outcome", gettext("How does it end?"), chosen.value if chosen else "", OUTCOMES)
        )
    asks_finding = row.kind is Kind.COMPLAINT and row.finding is None
    if asks_finding and ("finding" in offered.needs or offered.verb == "answer"):
        found = given.finding.value if given.finding else ""
        fields.append(_choice("finding", gettext("What did you find?"), found, FINDINGS))
    for field in fields:
        field["error"] = fault.get(field["name"])
    return {
        "verb": offered.verb,
        "label": gettext(offered.label),
        "hint": None,
        "url": desk.url("cases", row.reference, offered.verb),
        "fields": fields,
        "open": mine is not None or offered.verb in _OPEN_STEPS,
        "quiet": offered.verb in _QUIET,
    }


def _text(label: str, value: str) -> dict[str, Any]:
    field = {"name": "message", "label": label, "kind": "textarea", "value": value}
    return {**field, "options": [], "hint": None, "error": None}


def _choice(name: str, label: str, chosen: str, words: Mapping[Any, str]) -> dict[str, Any]:
    options = [{"value": word.value, "label": gettext(shown)} for word, shown in words.items()]
    field = {"name": name, "label": label, "kind": "choices", "value": chosen}
    return {**field, "options": options, "hint": None, "error": None}


def _clock(place: WorkCalendar, row: Clock, standing: Standing, today: date) -> dict[str, Any]:
    pauses = standing.closed_pauses if row.name.value == "answer" else []
    reasons = [
        {"date": format_date(one.day, "EEEE d MMMM"), "text": reason_of(one)}
        for one in place.why(row.started_at, row.target_days, pauses)
    ]
    if row.stopped_at is not None:
        days = ngettext("%(num)d working day", "%(num)d working days", row.net_days or 0)
        kept = (
            gettext("done in %(days)s", days=days)
            if row.net_days == row.gross_days
            else gettext("done in %(days)s (%(gross)d with waiting)", days=days, gross=row.gross_days)
        )
        tone = "done" if place.local(row.stopped_at).date() <= row.due_on else "late"
        return {"label": gettext(CLOCKS[row.name]), "left": kept, "due": "", "tone": tone, "reasons": reasons}
    left, tone = time_left(place, row.due_on, today)
    if row.name.value == "answer" and standing.is_paused:
        left, tone = gettext("rests while we wait for the person"), ""
    due = format_date(row.due_on, "full")
    return {"label": gettext(CLOCKS[row.name]), "left": left, "due": due, "tone": tone, "reasons": reasons}


def _event(
    row: Case, place: WorkCalendar, event: CaseEvent, known: Mapping[UUID, Card]
) -> dict[str, str | None]:
    who = {"filer": gettext("The person"), "job": gettext("Portevoix")}.get(event.actor_kind)
    return {
        "what": gettext(EVENTS[event.type]),
        "who": who or _named(event.actor_id, known),
        "when": shown_at(place, event.occurred_at, row.mode),
    }
