"""Papers for the auditor and the funder: the register of a period, the page of a month or an agreement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from flask_babel import gettext

from portal.cases.ledger import ledger
from portal.cases.rules import KINDS, Kind
from portal.channels.qr import code_url, svg
from portal.channels.queries import partner_codes
from portal.core.errors import NotFound
from portal.core.exports import csv_of, workbook_of
from portal.core.languages import N_
from portal.insight.queries import figures, is_told, today_at
from portal.insight.selection import Selection, last_day, last_ended, month_of, months_after
from portal.people.rules import Permission
from portal.printing.papers import Scan, papered
from portal.records.series import standing_series
from portal.tenancy.queries import agreements
from portal.web.chart_pictures import pictures_offered
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.guard import requires
from portal.web.house import house
from portal.web.papers_words import Names, month_paper, register_paper, register_table, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from portal.cases.ledger import Line
    from portal.core.db import Unit
    from portal.core.exports import Cell
    from portal.printing.papers import Part
    from portal.web.guard import Desk

bp = Blueprint("papers", __name__)

_MONTHS_OFFERED = 24
_NO_DAY = N_("Write both days like 24/03/2026, the earlier one first.")
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMS: dict[str, tuple[str, Callable[[str, Sequence[str], Sequence[Sequence[Cell]]], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", lambda _name, header, rows: csv_of(header, rows)),
    "xlsx": (_SHEET, workbook_of),
}


@bp.get("/s/<slug>/papers")
@requires(Permission.READ_REGISTER)
def papers(desk: Desk) -> Response:
    """What can be handed out, each with its few choices."""
    with house().database.reading(desk.scope) as u:
        return _front(desk, u)


@bp.get("/s/<slug>/papers/register.<any(pdf, xlsx, csv):form>")
@requires(Permission.READ_REGISTER)
def register(desk: Desk, form: str) -> Response:
    """The register of the asked days and kind, as a file; 422 with the page when they are no days."""
    with house().database.reading(desk.scope) as u:
        first, last = _day("from"), _day("to")
        if first is None or last is None or first > last:
            return _front(desk, u, fault=gettext(_NO_DAY))
        kinds = [Kind(word)] if (word := request.args.get("kind", "")) in set(Kind) else list(Kind)
        lines, names = ledger(u, first, last, kinds), Names.of(u)
        today = today_at(u)
    title = _register_title(kinds, first, last)
    if form == "pdf":
        return sent(papered(register_paper(desk, names, title, lines, today)), "application/pdf", title)
    media_type, made = _FORMS[form]
    header, rows = register_table(names, lines)
    return sent(made(gettext("Register"), header, rows), media_type, title, form)


@bp.get("/s/<slug>/papers/month.pdf")
@requires(Permission.READ_REGISTER)
def month(desk: Desk) -> Response:
    """One page on a month. Raises `NotFound` for what is no month."""
    with house().database.reading(desk.scope) as u:
        first = _month(u, _months(u))
        title = day_told(first, "LLLL y")
        return sent(_month_pdf(desk, u, title, Selection(first, last_day(first))), "application/pdf", title)


@bp.get("/s/<slug>/papers/agreement.pdf")
@requires(Permission.READ_REGISTER)
def agreement(desk: Desk) -> Response:
    """One page on an agreement, over the twelve months that end with the asked one. Raises `NotFound`."""
    with house().database.reading(desk.scope) as u:
        given = request.args.get("agreement", "")
        row = next((one for one in agreements(u) if str(one.id) == given), None)
        if row is None:
            raise NotFound("agreement")
        last = _month(u, _years(u))
        selection = _year(last, row.id)
        title = f"{row.partner}, {row.purpose}"
        scan = _way_in(u, row.id)
        return sent(_month_pdf(desk, u, title, selection, scan), "application/pdf", title)


def _way_in(u: Unit, agreement_id: UUID) -> list[Part]:
    """The square by which the partner of an agreement files; nothing when no code was given to them."""
    code = next((one.code for one in partner_codes(u) if one.agreement_id == agreement_id), None)
    if code is None:
        return []
    base = house().config.base_url
    return [
        Scan(
            svg(code_url(base, code), title=code),
            gettext("Square of the code %(code)s", code=code),
            gettext("Something to ask of us? File it here, with your own reference."),
            f"{base}/q/{code}",
        )
    ]


def _month_pdf(desk: Desk, u: Unit, title: str, selection: Selection, more: Sequence[Part] = ()) -> bytes:
    """The page of a selection, beside the same length of time before it where the reader is told that too.

    `more` stands at its end.
    """
    start, end = selection.start, selection.end
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    before = Selection(
        months_after(start, -months),
        last_day(months_after(start, -1)),
        selection.site_id,
        selection.team_id,
        selection.agreement_id,
    )
    lines: list[Line] = [
        one
        for one in ledger(u, date.min, selection.end, list(Kind))
        if selection.takes(one.site_id, one.team_id, one.agreement_id)
    ]
    paper = month_paper(
        desk, title, figures(u, selection), figures(u, before) if is_told(u, before) else None, lines
    )
    return papered(replace(paper, parts=[*paper.parts, *more]))


def _register_title(kinds: Sequence[Kind], first: date, last: date) -> str:
    what = gettext(KINDS[kinds[0]].plural) if len(kinds) == 1 else gettext("All messages")
    return str(
        gettext("%(what)s from %(first)s to %(last)s", what=what, first=day_told(first), last=day_told(last))
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _month(u: Unit, offered: Sequence[date]) -> date:
    """The first day of the asked month; the last one that is over unless asked. Raises `NotFound`."""
    given = request.args.get("month", "") or f"{last_ended(today_at(u)):%Y-%m}"
    found = next((one for one in offered if f"{one:%Y-%m}" == given), None)
    if found is None:
        raise NotFound("month")
    return found


def _over(u: Unit) -> list[date]:
    """The months that are over, the last one first."""
    last = month_of(last_ended(today_at(u)))
    return [months_after(last, -n) for n in range(_MONTHS_OFFERED)]


def _months(u: Unit) -> list[date]:
    """Those of which the reader is told the figures; who must not see small counts gets the last alone."""
    return [one for one in _over(u) if is_told(u, Selection(one, last_day(one)))]


def _years(u: Unit) -> list[date]:
    """Those with which twelve months end of which the reader is told the figures."""
    return [one for one in _over(u) if is_told(u, _year(one))]


def _year(last: date, agreement_id: UUID | None = None) -> Selection:
    """The twelve months that end with this one."""
    return Selection(months_after(last, -11), last_day(last), agreement_id=agreement_id)


def _offered(months: Sequence[date]) -> list[dict[str, Any]]:
    return [{"value": f"{one:%Y-%m}", "label": day_told(one, "LLLL y")} for one in months]


def _front(desk: Desk, u: Unit, *, fault: str | None = None) -> Response:
    today = today_at(u)
    held = [{"value": str(one.id), "label": f"{one.partner}, {one.purpose}"} for one in agreements(u)]
    kinds = [{"value": kind.value, "label": gettext(row.plural)} for kind, row in KINDS.items()]
    return render_staff(
        "staff/papers.html",
        desk,
        200 if fault is None else 422,
        errors=[] if fault is None else [{"field": "from", "message": fault}],
        fault=fault,
        days={
            "from": request.args.get("from", date(today.year, 1, 1).isoformat()),
            "to": request.args.get("to", today.isoformat()),
        },
        kinds=[*kinds, {"value": "", "label": gettext("All messages")}],
        kind=request.args.get("kind", Kind.COMPLAINT.value),
        months=_offered(_months(u)),
        years=_offered(_years(u)),
        agreements=held,
        forms=[
            {"url": desk.url("papers", f"register.{form}"), "label": label}
            for form, label in (("pdf", "PDF"), ("xlsx", "Excel"), ("csv", "CSV"))
        ],
        pictures=pictures_offered(desk),
        urls={
            "month": desk.url("papers", "month.pdf"),
            "agreement": desk.url("papers", "agreement.pdf"),
            "protection": desk.url("protection"),
            "given": desk.url("given-back"),
            "earlier": desk.url("papers", "earlier.pdf") if standing_series(u) else None,
        },
    )
