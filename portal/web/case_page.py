"""The page of one case: what came, what was said, the steps to take, the promises, what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext, ngettext

from portal.cases.erasing import erased_at
from portal.cases.partners import partner_of
from portal.cases.queries import (
    case_by_reference,
    clocks_of,
    contact_of,
    events_of,
    name_of,
    photos_of,
    seen_before,
    standing_of,
    thread,
    voices_of,
)
from portal.cases.rules import KINDS, CaseState, Direction
from portal.cases.ways import CHANNELS, URGENCIES
from portal.core.languages import LANGUAGES, direction_of
from portal.people.queries import cards
from portal.people.rules import Permission
from portal.tenancy.queries import agreements, calendar, sites, teams
from portal.web.case_errands import Around, passed_rows
from portal.web.case_people import concerned
from portal.web.case_reach import reach_card, told_line
from portal.web.case_steps import errors_of, kept_words, status_of, step_line, steps_of
from portal.web.case_words import (
    CLOCKS,
    DONE,
    EVENTS,
    FINDINGS,
    MODES,
    OUTCOMES,
    STATES,
    erased_told,
    reason_of,
    shown_at,
    time_left,
)
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.house import house
from portal.web.learning import learning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from flask import Response

    from portal.cases.models import Case, CaseEvent, Clock
    from portal.cases.partners import PartnerGiven
    from portal.cases.queries import Said
    from portal.cases.standing import Standing
    from portal.core.db import Unit
    from portal.core.worktime import WorkCalendar
    from portal.people.queries import Card
    from portal.web.case_steps import Refusal
    from portal.web.guard import Desk

_SIDES = {Direction.FROM_FILER: "theirs", Direction.TO_FILER: "ours", Direction.NOTE: "note"}


def case_page(desk: Desk, reference: str, refusal: Refusal | None = None, *, done: str = "") -> Response:
    """The page; 422 with the faults at their fields, 409 when it was stale: what was written is kept."""
    with house().database.reading(desk.scope) as u:
        row = case_by_reference(u, reference)
        place, standing, clocks = calendar(u, row.calendar_id), standing_of(u, row), clocks_of(u, row.id)
        events, said = events_of(u, row.id), thread(u, row)
        known = cards(u, _people(row, events, said))
        contact, name = contact_of(u, row.id), name_of(u, row)
        photos = [one.id for one in photos_of(u, row.id)]
        voices = [one.id for one in voices_of(u, row.id)]
        facts, concern = _facts(u, row, place, standing, known), concerned(u, desk, row)
        today = place.local(u.now).date()
        has_answered = desk.person.id in seen_before(u, row.id)
        learnt = learning(u, desk, row, events, refusal)
        around = Around.of(u, row, standing, place)
        gone = erased_told(place, erased_at(events))
    offered, leading = steps_of(desk, row, around, has_answered=has_answered)
    promises = sorted((_clock(place, one, standing, today) for one in clocks.values()), key=_nearest)
    return render_staff(
        "staff/case.html",
        desk,
        status_of(refusal),
        flashes=[gettext(DONE[done])] if done in DONE else [],
        version=str(row.version),
        urls={"list": desk.url("cases"), "sheet": desk.url("cases", reference, "sheet.pdf")},
        case={"reference": row.reference, "title": gettext(KINDS[row.kind].label)},
        tags=_tags(row),
        urgent=next((one for one in promises if one["is_running"]), None),
        leading=gettext(offered[0].label) if leading else None,
        contact=reach_card(desk, row, contact, name),
        told=told_line(row, place),
        mode=gettext(MODES[row.mode]),
        photos=[
            {"label": gettext("Photo %(number)d", number=number), "url": _photo_url(desk, row, one)}
            for number, one in enumerate(photos, 1)
        ],
        voices=[
            {
                "label": gettext("Voice message %(number)d", number=number),
                "url": desk.url("cases", row.reference, "voices", str(one)),
            }
            for number, one in enumerate(voices, 1)
        ],
        messages=[
            {**_message(row, place, one, known, gone), **_translation(desk, row, one, known, refusal)}
            for one in said
        ],
        steps=[step_line(desk, row, one, refusal, around, is_leading=one.verb == leading) for one in offered],
        passed=passed_rows(around),
        bodies_url=desk.url("bodies") if desk.may(Permission.HANDLE_CASES) else None,
        has_answered=has_answered,
        unread=bool(standing.unread_answer),
        kept=kept_words(offered, refusal),
        clocks=promises,
        facts=facts,
        concern=concern,
        learning=learnt,
        history=[_event(row, place, event, known) for event in events],
        errors=errors_of(refusal),
    )


def _photo_url(desk: Desk, row: Case, photo_id: UUID) -> str:
    return desk.url("cases", row.reference, "photos", str(photo_id))


def _people(row: Case, events: Sequence[CaseEvent], said: Sequence[Said]) -> set[UUID]:
    """Everybody whose name the page shows."""
    named = {event.actor_id for event in events} | {one.author_id for one in said} | {row.handler_id}
    named.add(row.entered_by)
    named |= {note.author_id for one in said for note in one.translations}
    return {one for one in named if one is not None}


def _tags(row: Case) -> list[dict[str, str]]:
    is_over = row.state in {CaseState.ANSWERED, CaseState.CLOSED}
    tags = [{"text": gettext(STATES[row.state]), "tone": "done" if is_over else ""}]
    if row.outcome is not None:
        tags.append({"text": gettext(OUTCOMES[row.outcome]), "tone": ""})
    if row.finding is not None:
        tags.append({"text": gettext(FINDINGS[row.finding]), "tone": ""})
    return tags


def _facts(
    u: Unit, row: Case, place: WorkCalendar, standing: Standing, known: Mapping[UUID, Card]
) -> list[dict[str, str]]:
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
    handler = _named(row.handler_id, known) if row.handler_id else gettext("nobody yet")
    facts = [
        {"label": label, "value": names[key]}
        for label, key, names in named
        if key is not None and key in names
    ]
    return [
        *_way_in(row, place, standing, known),
        *_partner(partner_of(u, row.id)),
        {"label": gettext("Handled by"), "value": handler},
        *facts,
        {"label": gettext("Language"), "value": language},
    ]


def _partner(given: PartnerGiven | None) -> list[dict[str, str]]:
    """In whose name it was filed, and why it cannot wait."""
    if given is None:
        return []
    told = [{"label": gettext("Partner"), "value": given.organisation}]
    if given.reference:
        told.append({"label": gettext("Their reference"), "value": given.reference})
    if given.urgency is not None:
        told.append({"label": gettext("Urgent"), "value": gettext(URGENCIES[given.urgency])})
    return told


def _way_in(
    row: Case, place: WorkCalendar, standing: Standing, known: Mapping[UUID, Card]
) -> list[dict[str, str]]:
    """When and how it came; of what was typed, by whom and how much later."""
    received = shown_at(place, row.received_at, row.mode)
    if not standing.hour_known:
        received = day_told(place.local(row.received_at).date(), "long")
    told = [
        {"label": gettext("Received on"), "value": received},
        {"label": gettext("How it came"), "value": gettext(CHANNELS[row.channel].label)},
    ]
    if row.registered_at is not None:
        days = place.working_days_between(row.received_at, row.registered_at)
        lag = ngettext("%(num)d working day later", "%(num)d working days later", days)
        typed = gettext(
            "%(when)s, by %(name)s",
            when=lag if days else gettext("the same day"),
            name=_named(row.entered_by, known),
        )
        told.append({"label": gettext("Typed in"), "value": typed})
    return told


def spoken(said: Said) -> tuple[str | None, str]:
    """The language and direction of a text; no language where it was not written in that of its page."""
    direction = direction_of(said.text, said.language)
    return None if direction == "auto" else said.language, direction


def _message(
    row: Case, place: WorkCalendar, said: Said, known: Mapping[UUID, Card], gone: str | None
) -> dict[str, Any]:
    """What was said, as it was written, or `gone` in its place; a note of the team says so."""
    side = _SIDES[said.direction]
    author = gettext("The person") if side == "theirs" else _named(said.author_id, known)
    language, direction = (None, "auto") if gone else spoken(said)
    return {
        "id": said.id.hex,
        "author": gettext("Note by %(name)s", name=author) if side == "note" else author,
        "side": side,
        "date": shown_at(place, said.at, row.mode),
        "text": gone or said.text,
        "lang": language,
        "dir": direction,
        "language_name": LANGUAGES[language].own_name if language else "",
    }


def _translation(
    desk: Desk, row: Case, said: Said, known: Mapping[UUID, Card], refusal: Refusal | None
) -> dict[str, Any]:
    """The newest translation beside a message, and the way to add one; what was refused is still there."""
    newest = said.translations[-1] if said.translations and row.key_wrapped is not None else None
    is_theirs = said.direction is Direction.FROM_FILER
    is_foreign = said.direction is Direction.TO_FILER and said.language != row.language
    can_note = row.key_wrapped is not None and (is_theirs or is_foreign) and desk.may(Permission.HANDLE_CASES)
    mine = refusal if refusal and refusal.message_id == said.id else None
    return {
        "note": {"text": newest.text, "author": _named(newest.author_id, known)} if newest else None,
        "note_url": desk.url("cases", row.reference, "messages", str(said.id), "note") if can_note else None,
        "note_kept": mine.given.message if mine else "",
        "note_error": next(iter(mine.errors.values()), None) if mine else None,
    }


def _named(person_id: UUID | None, known: Mapping[UUID, Card]) -> str:
    card = known.get(person_id) if person_id else None
    return card.name if card else gettext("A colleague")


def _clock(place: WorkCalendar, row: Clock, standing: Standing, today: date) -> dict[str, Any]:
    """A promise: what is left of it, when it ends and why then; a kept one says how long it took."""
    pauses = standing.closed_pauses if row.name.value == "answer" else []
    told = {
        "label": gettext(CLOCKS[row.name]),
        "due_on": row.due_on,
        "is_running": False,
        "reasons": [
            {"date": day_told(one.day, "EEEE d MMMM"), "text": reason_of(one)}
            for one in place.why(row.started_at, row.target_days, pauses)
        ],
    }
    if row.stopped_at is not None:
        days = ngettext("%(num)d working day", "%(num)d working days", row.net_days or 0)
        if not row.gross_days:
            kept = gettext("done within a working day")
        elif row.net_days == row.gross_days:
            kept = gettext("done in %(days)s", days=days)
        else:
            kept = gettext("done in %(days)s (%(gross)d with waiting)", days=days, gross=row.gross_days)
        tone = "done" if place.local(row.stopped_at).date() <= row.due_on else "late"
        return {**told, "left": kept, "due": "", "tone": tone}
    due = day_told(row.due_on, "full")
    if row.name.value == "answer" and standing.is_paused:
        return {**told, "left": gettext("rests while we wait for the person"), "due": due, "tone": ""}
    if standing.is_erased:
        return {**told, "left": gettext("no longer owed: the words are erased"), "due": due, "tone": ""}
    left, tone = time_left(place, row.due_on, today)
    return {**told, "left": left, "due": due, "tone": tone, "is_running": True}


def _nearest(told: Mapping[str, Any]) -> tuple[bool, date]:
    """Running promises before the others, the nearest first."""
    due_on: date = told["due_on"]
    return not told["is_running"], due_on


def _event(
    row: Case, place: WorkCalendar, event: CaseEvent, known: Mapping[UUID, Card]
) -> dict[str, str | None]:
    who = {"filer": gettext("The person"), "job": gettext("Portevoix")}.get(event.actor_kind)
    return {
        "what": gettext(EVENTS[event.type]),
        "who": who or _named(event.actor_id, known),
        "when": shown_at(place, event.occurred_at, row.mode),
    }
