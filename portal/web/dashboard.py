"""The figures of a structure: a page that opens the list behind each of them, and the same as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify, request
from flask_babel import gettext

from portal.core.errors import NotFound
from portal.core.languages import N_
from portal.insight.catalogue import INDICATORS, Opens
from portal.insight.queries import figures, today_at
from portal.insight.selection import DEFAULT_PERIOD, PERIODS, Period, Selection, last_ended, narrowed, span
from portal.insight.shown import DIMENSIONS, reader_of
from portal.people.rules import Permission
from portal.tenancy.queries import agreements, sites, teams
from portal.web.dashboard_charts import age_rows, kind_rows, question_rows, tables, trend, way_rows
from portal.web.dashboard_words import Links, assisted, definitions, notes, numbers, sentences, tiles
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.earlier_words import earlier_told
from portal.web.guard import requires
from portal.web.house import house
from portal.web.readiness import held, open_steps, steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from flask import Response

    from portal.core.db import Unit
    from portal.insight.queries import Figures
    from portal.web.guard import Desk
    from portal.web.readiness import Held

bp = Blueprint("dashboard", __name__)

_MONTH = "LLLL y"
_ARGUMENTS = {"site_id": "site", "team_id": "team", "agreement_id": "agreement"}
"""How the address names a place."""
_PLACES = {
    "site": (N_("Site"), N_("All sites")),
    "team": (N_("Team"), N_("All teams")),
    "agreement": (N_("Agreement"), N_("All agreements")),
}
_LISTS = {Opens.CASES: Permission.READ_CASES, Opens.RESPONSES: Permission.READ_RESPONSES}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for, with the places that the structure has, by argument and id."""

    period: Period
    selection: Selection
    places: Mapping[str, Mapping[UUID, str]]


@bp.get("/s/<slug>/dashboard")
@requires(Permission.READ_FIGURES)
def dashboard(desk: Desk) -> Response:
    """The figures of the asked period and place, as far as the reader may see them."""
    with house().database.reading(desk.scope) as u:
        asked = asked_of(u)
        found = figures(u, asked.selection)
        before = [] if asked.selection.has_place else earlier_told(u, is_floored=found.reader.is_floored)
        begun = held(u) if desk.may(Permission.MANAGE_SETTINGS) else None
    links = _links(desk, asked, found)
    return render_staff(
        "staff/dashboard.html",
        desk,
        urls={"self": desk.url("dashboard"), "json": _with(desk.url("dashboard.json"), _kept(asked))},
        filters=_filters(asked),
        title=title_of(asked, found),
        start=_start(desk, begun),
        beginning=_beginning(desk, found) if found.is_silent else None,
        sentences=sentences(found),
        notes=notes(found),
        numbers=numbers(found, links),
        tiles=tiles(found, links),
        assisted=assisted(found, links),
        questions=question_rows(found, links, desk.language),
        trend=trend(found),
        kinds=kind_rows(found, links),
        ways=way_rows(found, links),
        ages=age_rows(found, links),
        tables=tables(found, links, asked.places),
        definitions=definitions(),
        earlier=before,
    )


@bp.get("/s/<slug>/dashboard.json")
@requires(Permission.READ_FIGURES)
def dashboard_json(desk: Desk) -> Response:
    """The page's figures: value, n and bounds are null where the page shows none."""
    with house().database.reading(desk.scope) as u:
        found = figures(u, asked_of(u).selection)
    rows = [
        {
            "id": row.id,
            "value": found.values[row.id].value,
            "n": found.values[row.id].n,
            "low": found.values[row.id].low,
            "high": found.values[row.id].high,
            "unit": row.unit.value,
        }
        for row in INDICATORS.values()
    ]
    response = jsonify(figures=rows)
    response.headers["Cache-Control"] = "no-store"
    return response


def asked_of(u: Unit) -> Asked:
    """What the address asks for, as the reader is told it. Raises `NotFound` for a place that is not here."""
    places = {
        "site": {one.id: one.name for one in sites(u)},
        "team": {one.id: one.name for one in teams(u)},
        "agreement": {one.id: f"{one.partner}, {one.purpose}" for one in agreements(u)},
    }
    given = request.args.get("period", DEFAULT_PERIOD.value)
    period = Period(given) if given in set(Period) else DEFAULT_PERIOD
    today, reader = today_at(u), reader_of(u)
    start, end = span(period, last_ended(today) if reader.is_floored else today)
    site, team, agreement = (_place(name, places[name]) for name in _ARGUMENTS.values())
    selection = Selection(start, end, site, team, agreement)
    if reader.is_floored:
        selection = narrowed(selection, today)
        period = period if selection.start == start else Period.TWELVE
    return Asked(period, selection, places)


def _place(name: str, known: Mapping[UUID, str]) -> UUID | None:
    """The place that an argument names; None where it is empty."""
    given = request.args.get(name, "")
    if not given:
        return None
    found = next((id_ for id_ in known if str(id_) == given), None)
    if found is None:
        raise NotFound(name)
    return found


def _kept(asked: Asked, **other: str) -> dict[str, str]:
    """The page's own arguments, with others in their stead."""
    named = {
        argument: str(value)
        for field, argument in _ARGUMENTS.items()
        if (value := getattr(asked.selection, field)) is not None
    }
    return {"period": asked.period.value, **named, **other}


def _with(url: str, arguments: Mapping[str, str]) -> str:
    return f"{url}?{urlencode(arguments)}" if arguments else url


def _links(desk: Desk, asked: Asked, found: Figures) -> Links:
    """The ways from a figure to its list, where the reader may open it, and to a place's own figures."""
    places = {name: value for name, value in _kept(asked).items() if name != "period"}
    days = {"from": found.selection.start.isoformat(), "to": found.selection.end.isoformat()}

    def to_list(id_: str) -> str | None:
        row = INDICATORS[id_]
        if not desk.may(_LISTS[row.opens]):
            return None
        return _with(
            desk.url(row.opens.value), {**(days if row.is_of_period else {}), **places, **dict(row.narrows)}
        )

    def to_place(field: str, id_: UUID) -> str:
        return _with(desk.url("dashboard"), _kept(asked, **{_ARGUMENTS[field]: str(id_)}))

    return Links(to_list, to_place)


def _filters(asked: Asked) -> list[dict[str, Any]]:
    """The one form of the page; it does not ask for a kind of place of which there is no choice."""
    periods = [{"value": period.value, "label": gettext(label)} for period, label in PERIODS.items()]
    chosen = _kept(asked)
    return [
        {"name": "period", "label": gettext("Period"), "options": periods, "chosen": asked.period.value},
        *(
            {
                "name": name,
                "label": gettext(label),
                "options": [
                    {"value": "", "label": gettext(every)},
                    *({"value": str(id_), "label": told} for id_, told in asked.places[name].items()),
                ],
                "chosen": chosen.get(name, ""),
            }
            for name, (label, every) in _PLACES.items()
            if len(asked.places[name]) > (1 if name == "site" else 0)
        ),
    ]


def title_of(asked: Asked, found: Figures) -> str:
    """The months and the places that the page tells of."""
    first, last = (day_told(day, _MONTH) for day in (found.selection.start, found.selection.end))
    months = first if first == last else gettext("%(first)s to %(last)s", first=first, last=last)
    named = [
        asked.places[_ARGUMENTS[field]][id_]
        for field in DIMENSIONS
        if (id_ := getattr(found.selection, field)) is not None
    ]
    return " · ".join([months, *(named or [gettext("The whole structure")])])


def _start(desk: Desk, begun: Held | None) -> dict[str, str] | None:
    """The way to what is still missing; None once nothing is, and for whoever cannot see to it."""
    left = open_steps(begun) if begun else []
    if begun is None or not left:
        return None
    total = len(steps_of(begun))
    text = gettext(
        "%(ready)d of %(total)d done. Next: %(next)s.",
        ready=total - len(left),
        total=total,
        next=gettext(left[0].sentence),
    )
    return {"text": text, "url": desk.url("start"), "label": gettext("Getting started")}


def _beginning(desk: Desk, found: Figures) -> dict[str, str | None]:
    """What to say and do while there is nothing to tell."""
    text = (
        N_("No figures yet: they begin with the first month that is over.")
        if found.reader.is_floored
        else N_(
            "Nobody has answered yet. Hand out cards with a code: the figures begin with the first answer."
        )
    )
    return {
        "text": gettext(text),
        "url": desk.url("codes") if desk.may(Permission.READ_CODES) else None,
        "label": gettext("Print cards"),
    }
