"""Results of surveys held before the portal: typed or sent as a table, shown apart, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from flask import Blueprint, redirect, request
from flask_babel import gettext, ngettext

from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.languages import N_
from portal.core.tables import read_table
from portal.insight.queries import today_at
from portal.insight.shown import reader_of
from portal.people.actions import journal
from portal.people.rules import Act, Permission
from portal.printing.papers import papered
from portal.records.earlier import (
    MOST_NAME,
    MOST_QUESTION,
    MOST_SOURCE,
    ResultFault,
    read_result,
    read_results,
)
from portal.records.series import all_series, same_series, take_series, undo_series
from portal.tenancy.queries import local_day
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.earlier_words import earlier_parts, earlier_told
from portal.web.guard import requires, takes
from portal.web.house import house
from portal.web.papers_words import paper_of, sent
from portal.web.records import MOST_BYTES
from portal.web.records_page import read_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.records.earlier import Result
    from portal.records.series import Series
    from portal.web.guard import Desk

bp = Blueprint("earlier", __name__)

_MOST_TOLD = 20
DONE: dict[str, str] = {
    "taken": N_("The series is in. You can take it back as long as you wish."),
    "undone": N_("The series is taken back: nothing of it is left."),
}
RESULT_FAULTS: dict[tuple[str, str], str] = {
    ("question", "missing"): N_("No column is called “question”."),
    ("question", "empty"): N_("Write the question as it was asked."),
    ("question", "long"): N_("Shorten the question: 160 characters at most."),
    ("question", "double"): N_("This question and period stand in another row, too."),
    ("period", "missing"): N_("No column tells the period: call it “période”, or two of them “du” and “au”."),
    ("period", "form"): N_("This is no period. Write a year, a month like 03/2024, or two days."),
    ("period", "order"): N_("The period ends before it begins."),
    ("period", "future"): N_("This period is not over."),
    ("period", "old"): N_("This period is too long ago: 1990 at the earliest."),
    ("n", "missing"): N_("No column is called “réponses”: how many answered."),
    ("n", "form"): N_("Write how many answered, as a whole number."),
    ("n", "many"): N_("More than 500 results: send fewer at a time."),
    ("n", "nothing"): N_("There is no row below the headings."),
    ("satisfied", "missing"): N_("Tell how many were satisfied (“satisfaits”), or their share (“taux”)."),
    ("satisfied", "form"): N_("Write how many were satisfied, as a whole number."),
    ("satisfied", "more"): N_("More were satisfied than answered."),
    ("share", "form"): N_("Write a share from 0 to 100, like 84,5, with one decimal at most."),
    ("share", "differs"): N_("The share is not that of the two counts beside it."),
}
"""What is said of a result, by column and reason; those of "first" are those of "period"."""
_NAMED = {
    ("name", "empty"): N_("Name the series."),
    ("source", "empty"): N_("Say where the figures stand: a report, its page."),
    ("name", "long"): N_("Write at most %(limit)d characters."),
    ("source", "long"): N_("Write at most %(limit)d characters."),
}
_TYPED = ("question", "first", "last", "n", "satisfied", "share")
_ROW = N_("Row %(row)d: %(sentence)s")


@bp.get("/s/<slug>/records/earlier")
@requires(Permission.MANAGE_SETTINGS)
def series(desk: Desk) -> Response:
    """The series that were brought in, and the form for another one."""
    with house().database.reading(desk.scope) as u:
        return _page(desk, u)


@bp.post("/s/<slug>/records/earlier")
@takes(MOST_BYTES)
@requires(Permission.MANAGE_SETTINGS)
def bring_in(desk: Desk) -> ResponseReturnValue:
    """The series is in, whole, once; with a fault nothing is, and each is told with its row."""
    with house().database.transaction(desk.scope) as u:
        try:
            found, faults = _results(today_at(u))
        except Invalid as fault:
            return _page(desk, u, [{"field": "table", "message": read_words(fault)}])
        errors = _name_faults() + [_told(one) for one in faults[:_MOST_TOLD]]
        if errors:
            return _page(desk, u, errors)
        named = request.form["name"], request.form["source"]
        if same_series(u, *named, found, by=desk.person.id) is None:
            row = take_series(u, *named, found, by=desk.person.id)
            journal(u, Act.SERIES_TAKEN, by=desk.person.id, series=str(row.id), rows=str(len(found)))
    return redirect(f"{desk.url('records', 'earlier')}?done=taken", 303)


@bp.post("/s/<slug>/records/earlier/<uuid:series_id>/undo")
@requires(Permission.MANAGE_SETTINGS)
def take_back(desk: Desk, series_id: UUID) -> ResponseReturnValue:
    """Nothing is left of the series but the line that it was here; twice is once."""
    try:
        with house().database.transaction(desk.scope) as u:
            undo_series(u, series_id, by=desk.person.id)
            journal(u, Act.SERIES_UNDONE, by=desk.person.id, series=str(series_id))
    except Conflict:
        return redirect(desk.url("records", "earlier"), 303)
    return redirect(f"{desk.url('records', 'earlier')}?done=undone", 303)


@bp.get("/s/<slug>/papers/earlier.pdf")
@requires(Permission.READ_REGISTER)
def paper(desk: Desk) -> Response:
    """Every series as a paper. Raises `NotFound` where there is none."""
    with house().database.reading(desk.scope) as u:
        parts = earlier_parts(u, is_floored=reader_of(u).is_floored)
        if not parts:
            raise NotFound("earlier_series")
        title = gettext("Earlier survey results")
        return sent(papered(paper_of(desk, title, today_at(u), parts)), "application/pdf", title)


def _results(today: date) -> tuple[Sequence[Result], list[ResultFault]]:
    """What the table or the typed fields tell. Raises `Invalid("table")` for a file that is no table."""
    file = request.files.get("table")
    if file is not None and file.filename:
        return read_results(read_table(file.stream.read()), today)
    told = {name: request.form.get(name, "") for name in _TYPED}
    if not any(text.strip() for text in told.values()):
        _nothing()
    one, wrong = read_result(told, today)
    return ([one] if one else []), [ResultFault(0, column, reason) for column, reason in wrong]


def _nothing() -> NoReturn:
    raise Invalid("table", reason="none")


def _name_faults() -> list[dict[str, str]]:
    errors = []
    for field, most in (("name", MOST_NAME), ("source", MOST_SOURCE)):
        text = " ".join(request.form.get(field, "").split())
        reason = "empty" if not text else "long" if len(text) > most else None
        if reason:
            sentence = _NAMED[field, reason]
            errors.append({"field": field, "message": gettext(sentence, limit=most)})
    return errors


def _told(fault: ResultFault) -> dict[str, str]:
    """A fault at its field; of a table, at the table, with its row."""
    sentence = RESULT_FAULTS["period" if fault.column == "first" else fault.column, fault.reason]
    words = str(gettext(sentence))
    file = request.files.get("table")
    if file is None or not file.filename:
        return {"field": "first" if fault.column == "period" else fault.column, "message": words}
    return {
        "field": "table",
        "message": gettext(_ROW, row=fault.row, sentence=words) if fault.row else words,
    }


def _page(desk: Desk, u: Unit, errors: Sequence[dict[str, str]] = ()) -> Response:
    done = DONE.get(request.args.get("done", ""))
    given = request.form
    return render_staff(
        "staff/earlier.html",
        desk,
        422 if errors else 200,
        flashes=[gettext(done)] if done and not errors else [],
        errors=list(errors),
        values={name: given.get(name, "") for name in ("name", "source", *_TYPED)},
        limits={"name": MOST_NAME, "source": MOST_SOURCE, "question": MOST_QUESTION},
        lines=[_line(desk, u, one) for one in all_series(u)],
        shown=earlier_told(u, is_floored=False),
        urls={"post": desk.url("records", "earlier"), "back": desk.url("records")},
    )


def _line(desk: Desk, u: Unit, one: Series) -> dict[str, Any]:
    row = one.row
    return {
        "name": row.name,
        "source": row.source,
        "sent": gettext("brought in on %(date)s", date=day_told(local_day(u, row.taken_at))),
        "rows": ngettext("%(num)d result", "%(num)d results", len(one.results)),
        "is_undone": row.undone_at is not None,
        "undo": desk.url("records", "earlier", str(row.id), "undo") if row.undone_at is None else None,
    }
