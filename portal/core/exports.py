"""Tables that are handed out: a CSV that a spreadsheet in French opens by a click, or a workbook of Excel.

A cell that begins like a formula is one that a spreadsheet would run: in a CSV it gets an apostrophe in front
(OWASP, *CSV Injection*), in a workbook it is written as the text it is. An empty cell says that nothing is
known: no value stands in for it.
"""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, TypeAlias

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cell: TypeAlias = str | int | date | None

_RUNS = ("=", "+", "-", "@", "\t", "\r")
_MOST_NAME = 31
"""Signs of a sheet's name (Excel's own limit)."""
_UNNAMEABLE = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_WIDTHS = 12, 48
"""Least and most width of a column, in signs."""


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with its mark, semicolons, days as 2026-03-24."""
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    told = str(cell)
    return f"'{told}" if isinstance(cell, str) and told.startswith(_RUNS) else told


def workbook_of(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook with one sheet: headings that stay in sight and filter, days as days, numbers as numbers."""
    file = BytesIO()
    several = [tuple(row) for row in rows]
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(name.translate(_UNNAMEABLE).strip()[:_MOST_NAME])
        day, bold = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, header, bold)
        for at, row in enumerate(several, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(at, column, cell, day)
                elif cell is not None and cell != "":
                    sheet.write(at, column, cell)
        if several:
            sheet.autofilter(0, 0, len(several), len(header) - 1)
        least, most = _WIDTHS
        for column, label in enumerate(header):
            longest = max([len(label), *(len(_plain(row[column])) for row in several)])
            sheet.set_column(column, column, min(max(longest + 2, least), most))
    return file.getvalue()
