"""One case on paper, for the file that an auditor opens: facts, promises, what was said, what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint
from flask_babel import gettext

from portal.cases.ledger import line_of
from portal.cases.queries import case_by_reference, clocks_of, events_of, thread
from portal.cases.rules import KINDS, Direction
from portal.core.languages import N_, direction_of
from portal.insight.queries import today_at
from portal.people.queries import cards
from portal.people.rules import Permission
from portal.printing.papers import Facts, Grid, Head, Heading, Quote, Text, papered
from portal.tenancy.queries import calendar
from portal.web.case_words import CLOCKS, EVENTS, STATES
from portal.web.dates import day_told
from portal.web.guard import requires
from portal.web.house import house
from portal.web.papers_words import COLUMNS, Names, cell_of, paper_of, sent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from flask import Response

    from portal.cases.models import Case, CaseEvent
    from portal.cases.queries import Said
    from portal.core.db import Unit
    from portal.core.worktime import WorkCalendar
    from portal.people.queries import Card
    from portal.printing.papers import Part
    from portal.web.guard import Desk

bp = Blueprint("case_sheet", __name__)

_FACTS = (
    *("kind", "channel", "received_on", "registered_on", "site_id", "team_id", "agreement_id", "motif"),
    *("answered_on", "told_on", "closed_on", "outcome", "finding"),
)
"""What stands on top, where it is known."""
_GONE = N_("The words of this case are erased: the schedule of retention says when.")


@bp.get("/s/<slug>/cases/<reference>/sheet.pdf")
@requires(Permission.READ_CASES)
def sheet(desk: Desk, reference: str) -> Response:
    """The sheet of a case. Raises `NotFound`, also for whom it names."""
    with house().database.reading(desk.scope) as u:
        row = case_by_reference(u, reference)
        place, events, today = calendar(u, row.calendar_id), events_of(u, row.id), today_at(u)
        said = thread(u, row) if row.key_wrapped is not None else []
        known = cards(u, _people(events, said))
        parts = [
            Facts(_facts(u, row, events)),
            Heading(gettext("Promises")),
            _promises(u, row, place),
            Heading(gettext("What was said")),
            *(quote for one in said for quote in _quotes(one, place, known)),
            *([] if said else [Text(gettext(_GONE))]),
            Heading(gettext("What happened")),
            _history(events, place, known),
        ]
        title = gettext("Sheet of %(reference)s", reference=row.reference)
        paper = replace(
            paper_of(desk, title, today, parts),
            mark=row.reference,
            lead=f"{gettext(KINDS[row.kind].label)} · {gettext(STATES[row.state])}",
        )
    return sent(papered(paper), "application/pdf", row.reference)


def _people(events: Sequence[CaseEvent], said: Sequence[Said]) -> set[UUID]:
    named = {event.actor_id for event in events} | {one.author_id for one in said}
    named |= {beside.author_id for one in said for beside in one.translations}
    return {one for one in named if one is not None}


def _facts(u: Unit, row: Case, events: Sequence[CaseEvent]) -> list[tuple[str, str]]:
    """Those that are known; a day in full."""
    names, line = Names.of(u), line_of(u, row, events)
    found = []
    for field in _FACTS:
        cell = cell_of(names, line, field)
        if cell is not None and cell != "":
            told = str(cell) if isinstance(cell, str | int) else day_told(cell)
            found.append((gettext(COLUMNS[field]), told))
    return found


def _promises(u: Unit, row: Case, place: WorkCalendar) -> Grid:
    """Each promise: for when, kept when, in how many working days."""
    clocks = sorted(clocks_of(u, row.id).values(), key=lambda one: one.due_on)
    heads = (gettext("Promise"), gettext("Promised for"), gettext("Kept on"), gettext("Working days, net"))
    return Grid(
        [Head(label, numeric=at == 3, wide=at == 0) for at, label in enumerate(heads)],  # noqa: PLR2004 -- the last
        [
            (
                gettext(CLOCKS[one.name]),
                day_told(one.due_on),
                day_told(_day(place, one.stopped_at)) if one.stopped_at else "",
                "" if one.net_days is None else str(one.net_days),
            )
            for one in clocks
        ],
    )


def _day(place: WorkCalendar, at: datetime) -> date:
    return place.local(at).date()


def _quotes(said: Said, place: WorkCalendar, known: Mapping[UUID, Card]) -> list[Part]:
    """A message and the translations beside it, each with who wrote it and when."""
    words = {
        Direction.FROM_FILER: gettext("The person"),
        Direction.TO_FILER: _name(said.author_id, known),
        Direction.NOTE: gettext("Note by %(name)s", name=_name(said.author_id, known)),
    }
    head = f"{words[said.direction]}, {day_told(_day(place, said.at))}"
    beside = [
        _quote(gettext("Translated by %(name)s", name=_name(one.author_id, known)), one)
        for one in said.translations
    ]
    return [_quote(head, said), *beside]


def _quote(head: str, said: Said) -> Quote:
    direction = direction_of(said.text, said.language)
    return Quote(head, said.text, said.language, "rtl" if direction == "rtl" else "ltr")


def _name(person_id: UUID | None, known: Mapping[UUID, Card]) -> str:
    card = known.get(person_id) if person_id else None
    return card.name if card else gettext("A colleague")


def _history(events: Sequence[CaseEvent], place: WorkCalendar, known: Mapping[UUID, Card]) -> Grid:
    """What happened, in order, each with its number in the chain of the structure."""
    who = {"filer": gettext("The person"), "job": gettext("Portevoix")}
    heads = (gettext("Number"), gettext("Day"), gettext("What happened"), gettext("Who"))
    return Grid(
        [Head(label, numeric=at == 0, wide=at == 2) for at, label in enumerate(heads)],  # noqa: PLR2004 -- idem
        [
            (
                str(event.number),
                day_told(_day(place, event.occurred_at)),
                gettext(EVENTS[event.type]),
                who.get(event.actor_kind) or _name(event.actor_id, known),
            )
            for event in events
        ],
    )
