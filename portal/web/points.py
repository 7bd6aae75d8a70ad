"""Many points of one structure from a table: looked at row by row, then opened all together."""

from __future__ import annotations

import csv
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from io import StringIO
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext
from markupsafe import Markup

from portal.channels.point_file import read_sheet
from portal.channels.points import COLUMNS, LISTED, Fault
from portal.core.errors import NotFound
from portal.core.languages import N_
from portal.people.rules import Permission
from portal.web.desk import render_staff
from portal.web.guard import requires, takes
from portal.web.house import house
from portal.web.opening import THINGS, fill, planned_here

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.channels.points import Sheet
    from portal.web.guard import Desk
    from portal.web.opening import Line

bp = Blueprint("points", __name__)

MOST_FILE = 256 * 1024
"""What a file of one structure may weigh: thousands of rows."""
_MOST_SENT = 2 * MOST_FILE
_NO_FILE = N_("Choose a file.")
_TOO_BIG = N_("The file is too long: divide it.")
_SHOWN = ("site", "team", "partner", "purpose", "starts_on", "ends_on", "kind", "label")
"""Columns of an example: those that a structure fills by itself."""
_EXAMPLE = (
    ("Centre", "Équipe nord", "", "", "", "", "affiche", "Hall"),
    ("Annexe", "", "Bailleur", "Présence en soirée", "01/01/2027", "31/12/2027", "carte", ""),
)


@bp.get("/s/<slug>/settings/points")
@requires(Permission.MANAGE_SETTINGS)
def ask(desk: Desk) -> Response:
    """What a table must be, and the field for it."""
    return _page(desk)


@bp.get("/s/<slug>/settings/points/example.csv")
@requires(Permission.MANAGE_SETTINGS)
def example(desk: Desk) -> Response:  # noqa: ARG001 -- every view of a desk receives it
    """A table to fill in, as spreadsheets open it."""
    text = StringIO(newline="")
    rows = csv.writer(text, delimiter=";")
    rows.writerow([COLUMNS[name].heading for name in _SHOWN])
    rows.writerows(_EXAMPLE)
    response = Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="points.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/s/<slug>/settings/points")
@takes(_MOST_SENT)
@requires(Permission.MANAGE_SETTINGS)
def look(desk: Desk) -> ResponseReturnValue:
    """What each row does, or what is wrong where; with `keep`, the points are opened."""
    kept = request.form.get("file")
    raw = _sent() if kept is None else _waited(kept)
    if not raw or len(raw) > MOST_FILE:
        return _page(desk, fault=_TOO_BIG if raw else _NO_FILE)
    sheet, faults = read_sheet(raw, own=_own(desk))
    lines: list[Line] = []
    if not faults:
        with house().database.reading(desk.scope) as u:
            lines, faults = planned_here(u, sheet)
    if faults:
        return _page(desk, faults=faults)
    if kept is None:
        return _page(desk, lines=lines, waiting=b64encode(raw).decode())
    return _opened(desk, sheet)


def _opened(desk: Desk, sheet: Sheet) -> ResponseReturnValue:
    with house().database.transaction(desk.scope) as u:
        fill(u, sheet.points)
    return redirect(f"{desk.url('codes')}?done=opened", 303)


def _sent() -> bytes:
    """The file of this form; nothing without one."""
    file = request.files.get("table")
    return b"" if file is None else file.stream.read(MOST_FILE + 1)


def _waited(kept: str) -> bytes:
    """The file that waited in the page; it is read and looked at as if it came anew."""
    try:
        return b64decode(kept, validate=True)
    except (NotBase64, ValueError):
        return b""


def _own(desk: Desk) -> str:
    if desk.structure is None:
        raise NotFound("structure")
    return desk.structure.name


def _page(
    desk: Desk,
    *,
    fault: str | None = None,
    faults: list[Fault] | None = None,
    lines: list[Line] | None = None,
    waiting: str = "",
) -> Response:
    """The form; with what is wrong, row by row, or with what each row would do."""
    sentence = (
        gettext(fault) if fault else gettext("Nothing was changed. Correct these, then send the file again.")
    )
    errors = [{"field": "table", "message": sentence}] if fault or faults else []
    return render_staff(
        "staff/points.html",
        desk,
        422 if errors else 200,
        errors=errors,
        columns=_french(", ".join(COLUMNS[name].heading for name in _SHOWN)),
        kinds=_french(LISTED["kind"]),
        faults=_table(
            (gettext("Row"), gettext("Column"), gettext("To correct")),
            [(str(one.row), _french(one.column) if one.column else "", _told(one)) for one in faults or ()],
        ),
        lines=_table(
            (gettext("Row"), gettext("New"), gettext("There already")),
            [(str(one.row), _things(one.new), _things(one.known)) for one in lines or ()],
        ),
        new=sum("code" in one.new for one in lines or ()),
        waiting=waiting,
        urls={
            "post": desk.url("settings", "points"),
            "example": desk.url("settings", "points", "example.csv"),
            "back": desk.url("settings"),
        },
    )


def _french(words: str) -> Markup:
    """Words of the table itself, which are French in whatever language the page is."""
    return Markup('<bdi lang="fr" dir="ltr">{}</bdi>').format(words)


def _told(fault: Fault) -> Markup:
    """What is wrong, with each word of the table apart from the sentence around it."""
    facts = {
        name: Markup("<bdi>{}</bdi>").format(value) if isinstance(value, str) else value
        for name, value in fault.facts.items()
    }
    return Markup(gettext(fault.sentence)) % facts  # noqa: S704 -- a sentence of ours; what fills it is escaped


def _things(what: tuple[str, ...]) -> str:
    return ", ".join(gettext(THINGS[one]) for one in what) or "\N{EN DASH}"


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> dict[str, Any] | None:
    """What `components/table.html` takes; None without a row."""
    if not rows:
        return None
    return {
        "columns": [{"label": heading, "numeric": False} for heading in headings],
        "rows": [{"cells": [{"text": cell, "url": None} for cell in row]} for row in rows],
    }
