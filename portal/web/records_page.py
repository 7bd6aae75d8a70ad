"""What the pages of earlier registers say: each fault as a sentence with what to do, each year as a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal, gettext, ngettext

from portal.core.languages import N_, apart
from portal.insight.catalogue import MIN_FOR_PERCENTILES
from portal.insight.measures import quantile
from portal.records.queries import name_of, report
from portal.records.rules import COLUMNS, Column, Standing
from portal.tenancy.queries import local_day
from portal.web.dates import day_told
from portal.web.records_rows import NO, cell, first_rows, rows_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.core.db import Unit
    from portal.core.errors import Invalid
    from portal.records.models import PastRegister
    from portal.records.queries import PastYear
    from portal.records.rules import Fault, Report
    from portal.web.guard import Desk

SHOWN_FAULTS = 100

TABLE_FAULTS: dict[str, str] = {
    "none": N_("Choose the file of your register."),
    "size": N_("This file is too big: 4 MB at most. Send one year at a time."),
    "web": N_("This file is a web page, whatever its name says. Open it, and save it as a workbook (.xlsx)."),
    "old": N_(
        "This file is of an old Excel, or a password closes it. Open it, and save it as a workbook (.xlsx)"
        " without a password."
    ),
    "sheet": N_("This file is damaged, or no workbook. Open it, and save it again as a workbook (.xlsx)."),
    "text": N_("This file is no table. Send a workbook (.xlsx) or a CSV file."),
    "quotes": N_("Row %(row)d: a quotation mark is opened and never closed. Mend it, or send a workbook."),
    "long": N_("Row %(row)d: a cell holds more than 20,000 characters. Shorten it."),
    "many": N_("This file has too many rows or columns: 20,000 rows and 200 columns at most."),
    "empty": N_("This file is empty."),
    "sheets": N_(
        "This workbook has several sheets with a table: %(sheets)s. Leave one in it, and send it again."
    ),
}
"""What is said of a file that cannot be read, by the fault's reason."""
ROW_FAULTS: dict[tuple[Column | None, str], str] = {
    (None, "headings"): N_(
        "No row of headings was found in the first 20 rows. Name the columns, such as “Date de réception” and"
        " “Motif”, then send the file again."
    ),
    (None, "empty"): N_("There is no row below the headings."),
    (None, "double"): N_("This row says the same as another one. Take one of them out."),
    (None, "known"): N_(
        "This row was brought in before, from another file. Take it out here, or take the earlier one back."
    ),
    (Column.NUMBER, "double"): N_("This number stands in several rows. Each complaint has its own."),
    (Column.NUMBER, "known"): N_("This number was brought in before. Take the row out."),
    (Column.RECEIVED, "missing"): N_("The day of reception is missing: nothing can be counted without it."),
    (Column.KIND, "word"): N_("Write “réclamation”, “demande”, “signalement”, “remerciement” or “idée”."),
    (Column.CHANNEL, "word"): N_("Write “téléphone”, “accueil”, “courrier”, “courriel”, “site” or “QR”."),
    (Column.FINDING, "word"): N_("Write “oui”, “partiellement”, “non”, “non établie” or “réglée”."),
    (Column.SITE, "word"): N_("No site has this name. Write it as it stands in the settings."),
}
"""What is said of a fault, by its column and reason; else by its reason alone."""
_ANY_COLUMN: dict[str, str] = {
    "day": N_("This is no day. Write it like 24/03/2026."),
    "old": N_("This day is before 1990. Check the year."),
    "future": N_("This day is still to come. Check the year."),
    "before": N_("This day is before the day of reception."),
    "long": N_("This is too long for a column of this kind. Shorten it, or choose another column."),
}
STANDINGS: dict[Standing, tuple[str, str]] = {
    Standing.LOOKED_AT: (N_("To be looked at"), "waiting"),
    Standing.TAKEN: (N_("Brought in"), "done"),
    Standing.UNDONE: (N_("Taken back"), "quiet"),
}
"""The words for a standing, and the tone of its tag."""


def read_words(fault: Invalid) -> str:
    """What is said of a file that cannot be read."""
    sentence = TABLE_FAULTS[str(fault.facts["reason"])]
    places = {name: fault.facts[name] for name in ("row",) if name in fault.facts}
    if isinstance(names := fault.facts.get("sheets"), tuple):
        places["sheets"] = _listed(names)
    return str(gettext(sentence, **places))


def line_of(u: Unit, desk: Desk, row: PastRegister) -> dict[str, Any]:
    """One register in the list."""
    label, tone = STANDINGS[row.standing]
    return {
        "name": name_of(u, row) or gettext("A register"),
        "url": desk.url("records", str(row.id)),
        "sent": gettext("Sent on %(date)s", date=day_told(local_day(u, row.sent_at))),
        "rows": ngettext("%(num)d row", "%(num)d rows", row.rows) if row.rows else None,
        "standing": gettext(label),
        "tone": tone,
    }


def years_table(years: Sequence[PastYear]) -> dict[str, Any] | None:
    """What registers tell year by year; None without any."""
    if not years:
        return None
    heads = (
        gettext("Year"),
        gettext("Complaints"),
        gettext("Answered"),
        gettext("On time, of those with a promised day"),
        gettext("Days until the first reply"),
        gettext("Days until the answer"),
    )
    return {
        "columns": [{"label": label, "numeric": at in {1, 2}} for at, label in enumerate(heads)],
        "rows": [{"cells": [cell(text) for text in _year(one)]} for one in years],
    }


def _year(one: PastYear) -> tuple[str, ...]:
    on_time = gettext("%(kept)d of %(due)d", kept=one.kept, due=one.due) if one.due else NO
    return (
        str(one.year),
        format_decimal(one.n),
        format_decimal(one.answered),
        on_time,
        _delays(one.first_responses),
        _delays(one.answers),
    )


def _delays(days: Sequence[int]) -> str:
    """Half and nine in ten of so many delays; below twenty, each of them."""
    if not days:
        return NO
    if len(days) < MIN_FOR_PERCENTILES:
        return ", ".join(format_decimal(one) for one in days)
    half, most = quantile(days, 0.5), quantile(days, 0.9)
    return str(gettext("half within %(half)d, nine in ten within %(most)d", half=half, most=most))


def waiting_words(u: Unit, desk: Desk, row: PastRegister) -> dict[str, Any]:
    """The page of a register that waits: how it would be brought in, and every fault."""
    found = report(u, row)
    return {
        **_frame(u, desk, row),
        "verdict": _verdict(found),
        "sheets": _sheets(found),
        "is_good": found.is_good,
        "ignored": _ignored(found),
        "faults": _faults_table(found),
        "first": first_rows(u, found),
        "headings": [_heading(found, at) for at in range(len(found.headings))],
        "columns": [{"value": "", "label": gettext("Leave it out")}]
        + [{"value": column.value, "label": gettext(one.label)} for column, one in COLUMNS.items()],
    }


def taken_words(u: Unit, desk: Desk, row: PastRegister) -> dict[str, Any]:
    """The page of a register that is in, or was taken back."""
    return {
        **_frame(u, desk, row),
        "verdict": _standing_words(u, row),
        "sheets": None,
        "is_good": False,
        "ignored": None,
        "faults": None,
        "first": None,
        "headings": [],
        "columns": [],
        "rows": rows_table(u, row) if row.standing is Standing.TAKEN else None,
    }


def _frame(u: Unit, desk: Desk, row: PastRegister) -> dict[str, Any]:
    is_there = row.standing is not Standing.UNDONE
    here = desk.url("records", str(row.id))
    return {
        "name": name_of(u, row) or gettext("A register"),
        "is_taken": row.standing is Standing.TAKEN,
        "rows": None,
        "urls": {
            "back": desk.url("records"),
            "columns": f"{here}/columns",
            "take": f"{here}/take",
            "undo": f"{here}/undo" if is_there else None,
        },
    }


def _standing_words(u: Unit, row: PastRegister) -> str:
    at = row.undone_at or row.taken_at or row.sent_at
    day = day_told(local_day(u, at))
    if row.standing is Standing.UNDONE:
        return str(gettext("Taken back on %(date)s: nothing of it is left.", date=day))
    return str(
        ngettext(
            "%(num)d row, brought in on %(date)s.",
            "%(num)d rows, brought in on %(date)s.",
            row.rows,
            date=day,
        )
    )


def _verdict(found: Report) -> str:
    n = len(found.rows)
    if found.is_good:
        ready = ngettext("%(num)d row can be brought in.", "%(num)d rows can be brought in.", n)
        return str(ready)
    faults = len(found.faults)
    told = ngettext("%(num)d fault: nothing is in yet.", "%(num)d faults: nothing is in yet.", faults)
    return str(told)


def _ignored(found: Report) -> str | None:
    """Which columns stay out; None when each is used."""
    names = [name for at, name in enumerate(found.headings) if name and at not in found.mapping]
    if not names:
        return None
    return str(gettext("Left out: %(columns)s.", columns=_listed(names)))


def _listed(names: Sequence[str]) -> str:
    separator: str = gettext(", ")
    return separator.join(apart(name) for name in names)


def _sheets(found: Report) -> dict[str, Any] | None:
    """Which sheet was read and which were not, and the choice of another one; None where there is one."""
    if len(found.sheets) < 2:  # noqa: PLR2004 -- several
        return None
    others = [name for at, name in enumerate(found.sheets) if at != found.sheet]
    return {
        "read": gettext("Sheet read: “%(sheet)s”.", sheet=apart(found.sheets[found.sheet])),
        "others": gettext(
            "Not read: %(sheets)s. One sheet is brought in at a time: send the file again for the next one.",
            sheets=_listed(others),
        ),
        "choices": [{"value": str(at), "label": name} for at, name in enumerate(found.sheets)],
        "chosen": str(found.sheet),
    }


def _heading(found: Report, at: int) -> dict[str, Any]:
    column = found.mapping.get(at)
    name = found.headings[at] or gettext("Column %(number)d", number=at + 1)
    return {"name": f"column_{at}", "label": name, "chosen": "" if column is None else column.value}


def _faults_table(found: Report) -> dict[str, Any] | None:
    if not found.faults:
        return None
    heads = (gettext("Row"), gettext("Column"), gettext("Written"), gettext("What to do"))
    rest = len(found.faults) - SHOWN_FAULTS
    return {
        "columns": [{"label": label, "numeric": False} for label in heads],
        "rows": [{"cells": [cell(text) for text in _fault(one)]} for one in found.faults[:SHOWN_FAULTS]],
        "rest": ngettext("And %(num)d more.", "And %(num)d more.", rest) if rest > 0 else None,
    }


def _fault(one: Fault) -> tuple[str, ...]:
    sentence = ROW_FAULTS.get((one.column, one.reason)) or _ANY_COLUMN[one.reason]
    return (
        str(one.row) if one.row else gettext("The file"),
        gettext(COLUMNS[one.column].label) if one.column else NO,
        one.given or NO,
        gettext(sentence),
    )
