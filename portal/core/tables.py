"""Tables that people have: a CSV however it was saved, or a sheet of Excel, read as rows of texts.

What arrives is what a spreadsheet wrote on somebody's desk: semicolons where French settings rule, an old
Windows encoding, titles above the headings, merged cells, a web page that calls itself .csv. It is read, or
refused with the place of the fault; nothing is guessed that would change a value.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from portal.core import sheets
from portal.core.errors import Invalid

MOST_BYTES = 4 * 1024 * 1024
MOST_UNPACKED = 48 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_IN_CELL = 20_000
"""Characters."""
_PATIENCE = 60
_SEPARATORS = ";\t,"
_LOOKED_AT = 40
_WEB = ("<!doctype", "<html", "<table", "<meta", "<head", "<body", "<?xml")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""How an .xls begins, and an .xlsx that a password closes."""
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it, from 1, and its cells without spaces around."""

    number: int
    cells: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written in it."""
        return not any(self.cells)


@dataclass(frozen=True, slots=True)
class Book:
    """What a file holds: the names of its sheets that hold a table, the place of the one read, its rows.

    A CSV has no names.
    """

    sheets: tuple[str, ...]
    at: int
    rows: tuple[Row, ...]


def read_table(raw: bytes) -> tuple[Row, ...]:
    """The rows of a file that holds one table: see `read_book`.

    Raises `Invalid("table")` as it does, and with the reason "sheets" and their names for several of them:
    which one was meant cannot be known, and reading one would leave the others out without a word.
    """
    book = read_book(raw)
    if len(book.sheets) > 1:
        raise Invalid("table", reason="sheets", sheets=book.sheets)
    return book.rows


def read_book(raw: bytes, sheet: int | None = None) -> Book:
    """A file with the rows of one sheet, all of one width, empty ones at the end left out.

    `sheet` is a place among those that hold a table; without it, or when there is none there, the fullest one
    is read.

    Raises `Invalid("table")` with `reason`, and `row` where it has a place: "size" above 4 MB, "web" for a
    page of HTML or XML, "old" for .xls or a file closed by a password, "sheet" for a damaged .xlsx or none,
    "text" for bytes that are no text, "quotes" for a quotation mark that is not closed, "long" for a cell of
    more than 20,000 characters, "many" for more than 20,000 rows or 200 columns, "empty".
    """
    if len(raw) > MOST_BYTES:
        raise Invalid("table", reason="size")
    if raw.startswith(_OLD_OFFICE):
        raise Invalid("table", reason="old")
    is_book = raw.startswith(_ZIP)
    names, at, rows = _of_sheet(raw, sheet) if is_book else ((), 0, _of_text(_text(raw)))
    found = [Row(number, tuple(_plain(cell) for cell in row)) for number, row in enumerate(rows, 1)]
    while found and found[-1].is_empty:
        found.pop()
    if not found:
        raise Invalid("table", reason="empty")
    width = max(len(row.cells) for row in found)
    if len(found) > MOST_ROWS or width > MOST_COLUMNS:
        raise Invalid("table", reason="many")
    for row in found:
        if any(len(cell) > MOST_IN_CELL for cell in row.cells):
            raise Invalid("table", reason="long", row=row.number)
    filled = tuple(Row(row.number, row.cells + ("",) * (width - len(row.cells))) for row in found)
    return Book(names, at, filled)


def _plain(cell: str) -> str:
    """A cell without spaces around it, of whatever kind they are, and without marks nobody sees."""
    return cell.replace("\u00a0", " ").replace("\u202f", " ").strip("\ufeff\u200b \t\r\n")


def _text(raw: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 if it says so, else what Windows in French writes (cp1252)."""
    is_wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if is_wide else ["utf-8-sig", "cp1252"]:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(ord(sign) < ord(" ") and sign not in "\t\r\n" for sign in text):
            break
        return text
    raise Invalid("table", reason="text")


def _of_text(text: str) -> list[list[str]]:
    """The rows of a CSV. Raises `Invalid("table")`."""
    if text.lstrip().lower().startswith(_WEB):
        raise Invalid("table", reason="web")
    told, _, rest = text.partition("\n")
    if told.strip().lower().startswith("sep=") and len(told.strip()) == len("sep=;"):
        return [[], *_parsed(rest, told.strip()[-1], first=2)]
    return _parsed(text, _separator(text))


def _separator(text: str) -> str:
    """What stands between cells: the sign with which most rows are as wide as one another, and wide."""

    def looks(separator: str) -> tuple[int, int]:
        rows = csv.reader(StringIO(text, newline=""), delimiter=separator)
        try:
            widths = Counter(len(row) for _, row in zip(range(_LOOKED_AT), rows, strict=False) if row)
        except csv.Error:
            return 0, 0
        several = {width: n for width, n in widths.items() if width > 1}
        width = max(several, key=lambda one: (several[one], one), default=0)
        return several.get(width, 0), width

    return max(_SEPARATORS, key=looks)


def _parsed(text: str, separator: str, *, first: int = 1) -> list[list[str]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > MOST_ROWS:
                raise Invalid("table", reason="many")
    except csv.Error as fault:
        reason = "long" if "field" in str(fault) else "quotes"
        raise Invalid("table", reason=reason, row=len(rows) + first) from None
    return rows


def _of_sheet(raw: bytes, sheet: int | None) -> tuple[tuple[str, ...], int, list[list[str]]]:
    """The names of the sheets of a workbook, which one is read, and its rows. Raises `Invalid`."""
    try:
        with ZipFile(BytesIO(raw)) as package:
            if sum(one.file_size for one in package.infolist()) > MOST_UNPACKED:
                raise Invalid("table", reason="many")
            if "xl/workbook.xml" not in package.namelist():
                raise Invalid("table", reason="sheet")
    except BadZipFile:
        raise Invalid("table", reason="sheet") from None
    try:
        done = subprocess.run(  # noqa: S603 -- our own module; the file is its input
            [sys.executable, "-I", str(Path(sheets.__file__)), *([] if sheet is None else [str(sheet)])],
            input=raw,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Invalid("table", reason="sheet") from None
    if done.returncode:
        raise Invalid("table", reason="sheet")
    told = json.loads(done.stdout)
    return tuple(told["sheets"]), told["at"], told["rows"]
