"""How often people were met, typed for a month or sent as a table; and how many said how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from flask import Blueprint, redirect, request
from flask_babel import format_decimal, gettext

from portal.core.errors import Invalid
from portal.core.languages import N_
from portal.core.tables import read_table
from portal.insight.opinions import asked_now, counted, tallies_by_month
from portal.insight.queries import today_at
from portal.insight.selection import month_of, months_after
from portal.people.rules import Permission
from portal.records.actions import count_alone, forget_activity, note_activity
from portal.records.activity import INTERVENTIONS, Count, Intervention, read_activity, whole
from portal.records.queries import activity, encounters
from portal.records.words import plain
from portal.tenancy.queries import main_site, sites
from portal.web.dashboard_words import NOTHING_TO_TELL, share_with_counts, with_decimal
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.guard import requires, takes
from portal.web.house import house
from portal.web.records import MOST_BYTES
from portal.web.records_page import read_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.insight.opinions import Tally
    from portal.records.activity import CountFault
    from portal.web.guard import Desk

bp = Blueprint("activity", __name__)

_MONTHS = 12
DONE = N_("The counts are kept.")
COUNT_FAULTS: dict[tuple[str, str], str] = {
    ("month", "missing"): N_("No column is called “mois”. Name the columns: mois, site, registre, nombre."),
    ("n", "missing"): N_("No column is called “nombre”. Name the columns: mois, site, registre, nombre."),
    ("month", "form"): N_("This is no month. Write it like 03/2026."),
    ("month", "future"): N_("This month is still to come."),
    ("month", "double"): N_("This month, site and register stand in another row, too."),
    ("site", "unknown"): N_("No site has this name. Write it as it stands in the settings."),
    ("register", "unknown"): N_("Write the number of the register, 1 to 8, or leave it empty."),
    ("n", "form"): N_("Write a whole number."),
}
"""What is said of a row, by column and reason."""
_MEANWHILE = N_("%(kept)s was kept here meanwhile. Press again to put yours in its place.")
_ROW = N_("Row %(row)d: %(sentence)s")


@bp.get("/s/<slug>/records/activity")
@requires(Permission.MANAGE_SETTINGS)
def counts(desk: Desk) -> Response:
    """The form of a month, the counts of the last twelve, and how many said how it went."""
    with house().database.reading(desk.scope) as u:
        return _page(desk, u)


@bp.post("/s/<slug>/records/activity")
@requires(Permission.MANAGE_SETTINGS)
def keep(desk: Desk) -> ResponseReturnValue:
    """Keep what was typed for a month and a site; a count that was shown and emptied is taken out.

    422 for what is no number, and for a count that changed since it was shown: pressed again, it gives way.
    """
    with house().database.transaction(desk.scope) as u:
        month, site_id = _month(u), _site(u)
        typed = {one: request.form.get(one.value, "").strip() for one in Intervention}
        errors = [{"field": one.value, "message": _said("n", "form")} for one in _wrong(typed)]
        if month is None:
            return _page(desk, u, [{"field": "month", "message": _said("month", "form")}, *errors], typed)
        count_alone(u, [site_id])
        kept = _kept(u, month, site_id)
        changed = {one: whole(text) for one, text in typed.items() if whole(text) != whole(_shown(one))}
        errors += [_meanwhile(one, kept.get(one)) for one in changed if kept.get(one) != whole(_shown(one))]
        if errors:
            return _page(desk, u, errors, typed)
        for one, n in changed.items():
            if n is None:
                forget_activity(u, month, site_id, one)
        note_activity(u, [Count(month, site_id, one, n) for one, n in changed.items() if n is not None])
    return redirect(f"{_at(desk, month, site_id)}&done=1", 303)


@bp.post("/s/<slug>/records/activity/table")
@takes(MOST_BYTES)
@requires(Permission.MANAGE_SETTINGS)
def send_table(desk: Desk) -> ResponseReturnValue:
    """Keep the counts of a table, all of them; with a fault none, and each is told with its row."""
    file = request.files.get("table")
    with house().database.transaction(desk.scope) as u:
        try:
            raw = file.stream.read() if file is not None and file.filename else None
            names = {plain(name): one.id for one in sites(u) for name in (one.name, one.slug)}
            rows = read_table(raw) if raw is not None else _nothing()
            found, faults = read_activity(rows, names, main_site(u).id, today_at(u))
        except Invalid as fault:
            return _page(desk, u, [{"field": "table", "message": read_words(fault)}])
        if faults:
            return _page(desk, u, [{"field": "table", "message": _told(one)} for one in faults[:20]])
        note_activity(u, found)
    return redirect(f"{desk.url('records', 'activity')}?done=1", 303)


def _at(desk: Desk, month: date, site_id: UUID) -> str:
    return f"{desk.url('records', 'activity')}?month={month:%Y-%m}&site={site_id}"


def _shown(one: Intervention) -> str:
    """What the form had shown of a count when it was sent."""
    return request.form.get(f"was_{one.value}", "")


def _wrong(typed: Mapping[Intervention, str]) -> list[Intervention]:
    return [one for one, text in typed.items() if text and whole(text) is None]


def _meanwhile(one: Intervention, kept: int | None) -> dict[str, str]:
    told = NOTHING_TO_TELL if kept is None else format_decimal(kept)
    return {"field": one.value, "message": gettext(_MEANWHILE, kept=told)}


def _kept(u: Unit, month: date, site_id: UUID) -> dict[Intervention, int]:
    """The counts of a month at a site."""
    counts = activity(u, month)
    return {one.intervention: one.n for one in counts if (one.month, one.site_id) == (month, site_id)}


def _said(column: str, reason: str) -> str:
    words = COUNT_FAULTS[column, reason]
    return str(gettext(words))


def _nothing() -> NoReturn:
    raise Invalid("table", reason="none")


def _told(fault: CountFault) -> str:
    sentence = _said(fault.column, fault.reason)
    return str(gettext(_ROW, row=fault.row, sentence=sentence) if fault.row else sentence)


def _month(u: Unit) -> date | None:
    """The month that was chosen; None for none that is over or runs."""
    given = request.values.get("month", "")
    return next((one for one in _offered(u) if f"{one:%Y-%m}" == given), None)


def _site(u: Unit) -> UUID:
    """The site that was chosen; the main one for any other word."""
    given = request.values.get("site", "")
    return next((one.id for one in sites(u) if str(one.id) == given), main_site(u).id)


def _offered(u: Unit) -> list[date]:
    """The running month and those before it."""
    first = month_of(today_at(u))
    return [months_after(first, -n) for n in range(_MONTHS + 1)]


def _page(
    desk: Desk,
    u: Unit,
    errors: Sequence[dict[str, str]] = (),
    typed: Mapping[Intervention, str] | None = None,
) -> Response:
    offered, places = _offered(u), sites(u)
    month, site_id = _month(u) or offered[1], _site(u)
    kept = _kept(u, month, site_id)
    was = {one: str(kept.get(one, "")) for one in Intervention}
    month_told = day_told(month, "LLLL y")
    return render_staff(
        "staff/activity.html",
        desk,
        422 if errors else 200,
        flashes=[gettext(DONE)] if request.args.get("done") else [],
        errors=list(errors),
        months=[{"value": f"{one:%Y-%m}", "label": day_told(one, "LLLL y")} for one in offered],
        month=f"{month:%Y-%m}",
        month_told=month_told,
        sites=[{"value": str(one.id), "label": one.name} for one in places],
        site=str(site_id),
        site_told=next(one.name for one in places if one.id == site_id),
        fields=[
            {
                "name": one.value,
                "label": gettext(label),
                "value": (was if typed is None else typed)[one],
                "was": was[one],
            }
            for one, label in INTERVENTIONS.items()
        ],
        is_by_register=any(
            (was | dict(typed or {}))[one] for one in Intervention if one is not Intervention.ALL
        ),
        table=_table(desk, u, offered, encounters(activity(u, offered[-1]))),
        urls={
            "post": desk.url("records", "activity"),
            "table": desk.url("records", "activity", "table"),
            "back": desk.url("records"),
        },
    )


def _table(
    desk: Desk, u: Unit, months: Sequence[date], met: Mapping[date, Mapping[UUID, int]]
) -> dict[str, Any] | None:
    """Encounters and opinions month by month; None before anything was counted.

    Opinions of a site whose encounters are not known that month stay out: no rate could be read from them.
    """
    if not met:
        return None
    asked = asked_now(u)[:1]
    tallies = tallies_by_month(u, asked, months[-1], months[0]) if asked else []
    said = {
        month: sum(counted(asked[0], _where_met(tallies, month, met.get(month, {}))).values()) if asked else 0
        for month in months
    }
    heads = (gettext("Month"), gettext("Encounters"), gettext("Opinions"), gettext("Coverage"))
    return {
        "columns": [{"label": label, "numeric": at > 0} for at, label in enumerate(heads)],
        "rows": [
            {"cells": _linked(desk, one, _line(one, sum(met[one].values()), said[one]))}
            for one in months
            if one in met
        ],
    }


def _where_met(tallies: Sequence[Tally], month: date, met: Mapping[UUID, int]) -> list[Tally]:
    return [one for one in tallies if one.month == month and one.site_id in met]


def _linked(desk: Desk, month: date, texts: Sequence[str]) -> list[dict[str, str | None]]:
    """The cells of a line; its month leads to the form that has its counts."""
    where = f"{desk.url('records', 'activity')}?month={month:%Y-%m}"
    return [{"text": text, "url": None if at else where} for at, text in enumerate(texts)]


def _line(month: date, met: int, said: int) -> tuple[str, ...]:
    name = day_told(month, "LLLL y")
    if not met:
        return (name, format_decimal(met), format_decimal(said), NOTHING_TO_TELL)
    return (name, format_decimal(met), format_decimal(said), share_with_counts(said, met, with_decimal("0")))
