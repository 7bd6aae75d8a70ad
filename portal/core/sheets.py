"""A workbook of Excel, taken apart in a process of its own: bytes on its input, JSON on its output.

The library that reads sheets makes room for every cell up to the last one that a file names: a file of four
kilobytes can ask for more memory than there is, and the whole process ends. Here that process is this one, it
may have so much memory and so many seconds, and whoever asked goes on. It imports nothing else of the portal.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import datetime, time
from io import BytesIO
from typing import Any

MOST_MEMORY = 1 << 30
MOST_SECONDS = 20
SMALLEST = 2
"""Rows and columns of what is a table: less is a note beside it."""
_MIDNIGHT = time()


def main() -> None:
    """Print the names of the visible sheets that hold a table, which of them is read, and its rows as texts.

    Read is the one whose place among them is the argument, else the fullest one, and where none holds a
    table, what there is.
    """
    with suppress(ImportError):  # no such limits on Windows
        import resource  # noqa: PLC0415 -- absent there

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    import python_calamine  # noqa: PLC0415 -- only once the limits stand

    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read()))
    sheets = [
        book.get_sheet_by_name(one.name)
        for one in book.sheets_metadata
        if one.visible == python_calamine.SheetVisibleEnum.Visible
        and one.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    tables = [one for one in sheets if one.height >= SMALLEST and one.width >= SMALLEST]
    if not tables:
        tables = sorted(sheets, key=lambda one: one.height)[-1:]
    at = int(sys.argv[1]) if len(sys.argv) > 1 else -1
    if not 0 <= at < len(tables):
        at = max(range(len(tables)), key=lambda one: tables[one].height, default=0)
    told = {"sheets": [one.name for one in tables], "at": at, "rows": _rows(tables[at]) if tables else []}
    json.dump(told, sys.stdout)


def _rows(sheet: Any) -> list[list[str]]:
    """The cells as texts; a cell that was merged out of several stands in each of them."""
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for y in range(top, min(bottom + 1, len(rows))):
            for x in range(left, min(right + 1, len(rows[y]))):
                rows[y][x] = rows[top][left]
    return rows


def _text(cell: Any) -> str:
    """A cell as people write it: whole numbers without a point, dates as 2026-03-24."""
    match cell:
        case bool():
            told = str(int(cell))
        case float() if cell.is_integer():
            told = str(int(cell))
        case datetime() if cell.time() == _MIDNIGHT:
            told = cell.date().isoformat()
        case datetime():
            told = cell.isoformat(" ", "minutes")
        case time():
            told = cell.isoformat("minutes")
        case _:
            told = str(cell)  # a date is written as it should be
    return told


if __name__ == "__main__":
    main()
