"""Before the portal: the register a structure kept, looked at row by row, brought in whole, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request
from flask_babel import gettext

from portal.core.errors import Conflict, Invalid, Refused
from portal.core.languages import N_
from portal.people.actions import journal
from portal.people.rules import Act, Permission
from portal.protection.holding import held_now
from portal.records.actions import choose_columns, choose_sheet, look_at, take, undo
from portal.records.queries import past_years, register, registers, report
from portal.records.rules import Column, Standing
from portal.web.desk import render_staff
from portal.web.guard import requires, takes
from portal.web.house import house
from portal.web.records_page import line_of, read_words, taken_words, waiting_words, years_table

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.web.guard import Desk

bp = Blueprint("records", __name__)

MOST_BYTES = 6 * 1024 * 1024
"""A file that is too big still gets a sentence of ours."""
DONE: dict[str, str] = {
    "taken": N_("The register is in. You can take it back as long as you wish."),
    "undone": N_("The register is taken back: nothing of it is left."),
    "columns": N_("Read again with these columns."),
    "sheet": N_("Read again with this sheet."),
}
"""What the page says after an act; the address names it."""
_PLACES = frozenset(map(str, range(256)))
"""Where a sheet may stand in a workbook, as forms send it."""
_TAKEN, _UNDONE, _AGAIN, _SHEET = "taken", "undone", "columns", "sheet"


@bp.get("/s/<slug>/records")
@requires(Permission.MANAGE_SETTINGS)
def records(desk: Desk) -> Response:
    """The registers that were sent, what they tell year by year, and the way to send one."""
    return _front(desk)


@bp.post("/s/<slug>/records")
@takes(MOST_BYTES)
@requires(Permission.MANAGE_SETTINGS)
def send_register(desk: Desk) -> ResponseReturnValue:
    """A register is read and shown; nothing of it is in yet. 422 with what to do for what is no table."""
    file = request.files.get("register")
    if file is None or not file.filename:
        return _front(desk, Invalid("table", reason="none"))
    try:
        with house().database.transaction(desk.scope) as u:
            row = look_at(u, name=file.filename, raw=file.stream.read(), by=desk.person.id)
            where = desk.url("records", str(row.id))
    except Invalid as fault:
        return _front(desk, fault)
    return redirect(where, 303)


@bp.get("/s/<slug>/records/<uuid:register_id>")
@requires(Permission.MANAGE_SETTINGS)
def one_register(desk: Desk, register_id: UUID) -> Response:
    """A register that waits, with every fault; one that is in, with its rows; one that was taken back."""
    with house().database.reading(desk.scope) as u:
        return _page(desk, u, register_id)


@bp.post("/s/<slug>/records/<uuid:register_id>/columns")
@requires(Permission.MANAGE_SETTINGS)
def columns(desk: Desk, register_id: UUID) -> ResponseReturnValue:
    """The register is read again, each column as it was chosen; of two that were chosen alike the first.

    With a sheet, that one is read, its columns as they are named.
    """
    sheet = request.form.get("sheet", "")
    with house().database.transaction(desk.scope) as u:
        if sheet in _PLACES:
            choose_sheet(u, register_id, int(sheet))
            return redirect(f"{desk.url('records', str(register_id))}?done={_SHEET}", 303)
        found = report(u, register(u, register_id))
        chosen: dict[int, Column] = {}
        for at in range(len(found.headings)):
            word = request.form.get(f"column_{at}", "")
            if word in set(Column) and Column(word) not in chosen.values():
                chosen[at] = Column(word)
        choose_columns(u, register_id, chosen)
    return redirect(f"{desk.url('records', str(register_id))}?done={_AGAIN}", 303)


@bp.post("/s/<slug>/records/<uuid:register_id>/take")
@requires(Permission.MANAGE_SETTINGS)
def take_register(desk: Desk, register_id: UUID) -> ResponseReturnValue:
    """The register is in, whole; with a fault it is shown again, and nothing is. Pressed twice is once."""
    try:
        with house().database.transaction(desk.scope) as u:
            row = take(u, register_id)
            journal(u, Act.REGISTER_TAKEN, by=desk.person.id, rows=str(row.rows))
    except Refused:
        return redirect(desk.url("records", str(register_id)), 303)
    except Conflict as fault:
        if fault.facts["standing"] != Standing.TAKEN:
            raise
    return redirect(f"{desk.url('records', str(register_id))}?done={_TAKEN}", 303)


@bp.post("/s/<slug>/records/<uuid:register_id>/undo")
@requires(Permission.MANAGE_SETTINGS)
def undo_register(desk: Desk, register_id: UUID) -> ResponseReturnValue:
    """Nothing is left of the register but the line that it was here."""
    with house().database.transaction(desk.scope) as u:
        row = undo(u, register_id)
        # After it was locked: a hold of the same moment is seen, and undoes this.
        if register_id in held_now(u).registers:
            raise Refused("held")
        journal(u, Act.REGISTER_UNDONE, by=desk.person.id, rows=str(row.rows))
    return redirect(f"{desk.url('records')}?done={_UNDONE}", 303)


def _flashes() -> list[str]:
    done = DONE.get(request.args.get("done", ""))
    return [gettext(done)] if done else []


def _front(desk: Desk, fault: Invalid | None = None) -> Response:
    with house().database.reading(desk.scope) as u:
        lines = [line_of(u, desk, row) for row in registers(u)]
        years = years_table(past_years(u))
    words = None if fault is None else read_words(fault)
    return render_staff(
        "staff/records.html",
        desk,
        200 if fault is None else 422,
        flashes=_flashes(),
        errors=[] if words is None else [{"field": "register", "message": words}],
        fault=words,
        lines=lines,
        years=years,
        urls={
            "post": desk.url("records"),
            "back": desk.url("settings"),
            "activity": desk.url("records", "activity"),
            "earlier": desk.url("records", "earlier"),
        },
    )


def _page(desk: Desk, u: Unit, register_id: UUID) -> Response:
    row = register(u, register_id)
    words = waiting_words(u, desk, row) if row.standing is Standing.LOOKED_AT else taken_words(u, desk, row)
    return render_staff("staff/register.html", desk, flashes=_flashes(), **words)
