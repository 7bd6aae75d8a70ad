"""Hostile registers, each by its name: the bytes of a file, and what must be said of it.

One list for three suites: what no table is (`rules/test_tables`), what no register is
(`rules/test_register`), and what brings a register in whole or leaves no trace (`actions/test_hostile`).
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import xlsxwriter

from portal.core.tables import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Unreadable:
    """It is no table: why, and the row where that has a place."""

    reason: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Faulty:
    """It is a table and no register: each fault by row (0: the whole file), column and reason."""

    faults: tuple[tuple[int, str | None, str], ...]


@dataclass(frozen=True, slots=True)
class Right:
    """It is brought in: row, day of reception and motif of each; what it says of several sheets."""

    rows: tuple[tuple[int, date, str], ...]
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, and what must be said of it."""

    name: str
    raw: bytes
    says: Unreadable | Faulty | Right


HEAD = "N°;Reçue le;Répondu le;Motif;Site;Canal;Fondée;Type\r\n"
KNOWN = "2024-007;05/06/2025;;;;;;\r\n"
"""A row that was brought in before."""
_FEBRUARY, _MARCH = date(2025, 2, 3), date(2025, 3, 1)
_TWO = ((2, _FEBRUARY, "Retard"), (3, _MARCH, "Bruit d’été"))
_PLAIN = "N°;Reçue le;Motif\r\n1;03/02/2025;Retard\r\n2;01/03/2025;Bruit d’été\r\n"


def sheet_of(write: Callable[[xlsxwriter.Workbook], None], **options: object) -> bytes:
    """A workbook."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, options) as book:
        write(book)
    return file.getvalue()


def far_sheet(cell: str) -> bytes:
    """A sheet whose last cell is far away."""
    made = sheet_of(lambda book: book.add_worksheet().write("B2", 1) and None)
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(made)) as package, zipfile.ZipFile(file, "w") as harmed:
        for one in package.namelist():
            harmed.writestr(one, package.read(one).replace(b'r="B2"', f'r="{cell}"'.encode()))
    return file.getvalue()


def bomb() -> bytes:
    """A package that is a thousand times as large as it seems."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", b"<x>" + b" " * 60_000_000)
    return file.getvalue()


def _merged(book: xlsxwriter.Workbook) -> None:
    """A title over all columns, headings on row 3, a motif for two rows; days as Excel counts them."""
    sheet = book.add_worksheet("Registre")
    sheet.merge_range("A1:C1", "Registre des réclamations 2025")
    sheet.write_row("A3", ["N°", "Reçue le", "Motif"])
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for row, on in ((4, _FEBRUARY), (5, _MARCH)):
        sheet.write_number(f"A{row}", row)
        sheet.write_datetime(f"B{row}", datetime(on.year, on.month, on.day), day)  # noqa: DTZ001 -- a cell has no zone
    sheet.merge_range("C4:C5", "Retard")


def _calculated(book: xlsxwriter.Workbook) -> None:
    """Days that formulas make out of a year, a month and a day."""
    sheet = book.add_worksheet()
    sheet.write_row("A1", ["N°", "Reçue le", "Motif"])
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for row, on, motif in _TWO:
        sheet.write_formula(f"A{row}", "=ROW()-1", None, row - 1)
        value = (on - date(1899, 12, 30)).days
        sheet.write_formula(f"B{row}", f"=DATE({on.year},{on.month},{on.day})", day, value)
        sheet.write_formula(f"C{row}", f'="{motif}"', None, motif)


def _of_two_years(book: xlsxwriter.Workbook) -> None:
    for year, rows in (("2025", _TWO), ("2024", _TWO[:1])):
        sheet = book.add_worksheet(year)
        sheet.write_row("A1", ["N°", "Reçue le", "Motif"])
        for row, on, motif in rows:
            sheet.write_row(row - 1, 0, [row, on.isoformat(), motif])


OF_TWO_YEARS = sheet_of(_of_two_years)
"""A workbook with a sheet for each year."""


def _text(text: str, encoding: str = "utf-8") -> bytes:
    return text.encode(encoding)


def _wrong(name: str, row: str, *faults: tuple[int, str | None, str]) -> Hostile:
    return Hostile(name, _text(f"{HEAD}{row}\r\n"), Faulty(faults))


UNREADABLE: tuple[Hostile, ...] = (
    Hostile("nothing", b"", Unreadable("empty")),
    Hostile("separators alone", b" ;\r\n;;\r\n", Unreadable("empty")),
    Hostile(
        "an HTML page named .csv",
        b"<!DOCTYPE html><table><tr><td>1</td></tr></table>",
        Unreadable("web"),
    ),
    Hostile("an HTML page behind a BOM", b"\xef\xbb\xbf  <HTML><body>", Unreadable("web")),
    Hostile("an .xls renamed", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, Unreadable("old")),
    Hostile("a ZIP that is none", b"PK\x03\x04 no package at all", Unreadable("sheet")),
    Hostile("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Unreadable("text")),
    Hostile("bytes of no encoding", b"a;b\r\n1;\x81\x8d", Unreadable("text")),
    Hostile("NUL bytes", b"a;b\r\n1;\0", Unreadable("text")),
    Hostile("a quotation mark left open", b'a;b\r\n1;2\r\n3;"open', Unreadable("quotes", 3)),
    Hostile("a quotation mark within", b'a;b\r\n1;"x"y', Unreadable("quotes", 2)),
    Hostile("a long cell", b"a;b\r\n1;" + b"x" * 20_001, Unreadable("long", 2)),
    Hostile("a cell longer than the reader takes", b"a;b\r\n1;" + b"x" * 140_000, Unreadable("long", 2)),
    Hostile("a huge table", b"a;b\r\n" * (MOST_ROWS + 1), Unreadable("many")),
    Hostile("a wide table", b";".join([b"x"] * 201), Unreadable("many")),
    Hostile("a heavy file", b"x" * (4 * 1024 * 1024 + 1), Unreadable("size")),
    Hostile("a huge sheet", far_sheet("XFD1048576"), Unreadable("sheet")),
    Hostile("a bomb", bomb(), Unreadable("many")),
)
FAULTY: tuple[Hostile, ...] = (
    _wrong("a date that does not exist", "1;31/02/2025;;;;;;", (2, "received", "day")),
    _wrong("no date", "1;;10/02/2025;;;;;", (2, "received", "missing")),
    _wrong("a future date", "1;03/02/2028;;;;;;", (2, "received", "future")),
    _wrong("a date of another century", "1;03/02/1925;;;;;;", (2, "received", "old")),
    _wrong("an answer before the question", "1;10/02/2025;03/02/2025;;;;;", (2, "answered", "before")),
    _wrong("a date in words", "1;10/02/2025;bientôt;;;;;", (2, "answered", "day")),
    _wrong("an unknown site", "1;10/02/2025;;;Villeurbanne;;;", (2, "site", "word")),
    _wrong("an unknown channel", "1;10/02/2025;;;;pigeon;;", (2, "channel", "word")),
    _wrong("an unknown finding", "1;10/02/2025;;;;;peut-être;", (2, "finding", "word")),
    _wrong("an unknown kind", "1;10/02/2025;;;;;;divers", (2, "kind", "word")),
    _wrong("a number brought in before", "2024-007;10/02/2025;;;;;;", (2, "number", "known")),
    _wrong("a long motif", f"1;10/02/2025;;{'x' * 121};;;;", (2, "motif", "long")),
    _wrong("a long number", f"{'1' * 61};10/02/2025;;;;;;", (2, "number", "long")),
    _wrong("mixed separators", "1,10/02/2025,,Bruit,,,,", (2, "received", "missing")),
    _wrong("days and months turned round", "1;12/25/2025;;;;;;", (2, "received", "day")),
    _wrong(
        "a number twice",
        "5;10/02/2025;;;;;;\r\n5;10/02/2025;;;;;;",
        (2, "number", "double"),
        (3, "number", "double"),
    ),
    _wrong("a row twice", ";10/02/2025;;Bruit;;;;\r\n;10/02/2025;;Bruit;;;;", (3, None, "double")),
    _wrong("two faults in a row", "1;demain;;;Lyon;;;", (2, "received", "day"), (2, "site", "word")),
    Hostile("no headings", b"a;b;c\r\n1;2;3\r\n", Faulty(((0, None, "headings"),))),
    Hostile("no column of days", b"Motif;Site\r\nBruit;Gerland\r\n", Faulty(((0, "received", "missing"),))),
    Hostile("headings alone", _text(HEAD), Faulty(((0, None, "empty"),))),
    Hostile("headings twice and nothing else", _text(HEAD + HEAD), Faulty(((0, None, "empty"),))),
)
RIGHT: tuple[Hostile, ...] = (
    Hostile("semicolons, as Windows in French saves", _text(_PLAIN, "cp1252"), Right(_TWO)),
    Hostile("a BOM", _text(_PLAIN, "utf-8-sig"), Right(_TWO)),
    Hostile("UTF-16", _text(_PLAIN, "utf-16"), Right(_TWO)),
    Hostile("tabs", _text(_PLAIN.replace(";", "\t")), Right(_TWO)),
    Hostile(
        "headings on row 3, below titles",
        _text("Registre 2025;;\r\nService qualité;;\r\n" + _PLAIN),
        Right(((4, _FEBRUARY, "Retard"), (5, _MARCH, "Bruit d’été"))),
    ),
    Hostile(
        "empty rows, and headings on every page",
        _text(_PLAIN.replace("\r\n2;", "\r\n;;\r\n \r\nN°;Reçue le;Motif\r\n2;") + ";;\r\n;;\r\n"),
        Right(((2, _FEBRUARY, "Retard"), (6, _MARCH, "Bruit d’été"))),
    ),
    Hostile(
        "French dates of every shape",
        _text(
            "Reçue le;Motif\r\n3 févr. 2025;a\r\nlundi 3 février 2025;b\r\n3.2.25;c\r\n1er mars 2025;d\r\n"
            "03-02-2025 à 14h30;e\r\n45691;f\r\n"
        ),
        Right(
            tuple(
                (row, _MARCH if motif == "d" else _FEBRUARY, motif) for row, motif in enumerate("abcdef", 2)
            )
        ),
    ),
    Hostile(
        "a line break between quotes",
        _text('N°;Reçue le;Motif\r\n1;03/02/2025;"Retard\r\n« une heure » ; dit-on"\r\n'),
        Right(((2, _FEBRUARY, "Retard\r\n« une heure » ; dit-on"),)),
    ),
    Hostile(
        "Excel's own line about the separator",
        _text("sep=;\r\n" + _PLAIN),
        Right(((3, _FEBRUARY, "Retard"), (4, _MARCH, "Bruit d’été"))),
    ),
    Hostile(
        "numbers and days between spaces",
        _text("N°;Reçue le;Motif\r\n1\u202f024;\u00a003/02/2025 ; Retard\u200b\r\n"),
        Right(((2, _FEBRUARY, "Retard"),)),
    ),
    Hostile(
        "merged cells, headings on row 3",
        sheet_of(_merged),
        Right(((4, _FEBRUARY, "Retard"), (5, _MARCH, "Retard"))),
    ),
    Hostile(
        "a workbook that counts days from 1904",
        sheet_of(_merged, default_date_1904=True),
        Right(((4, _FEBRUARY, "Retard"), (5, _MARCH, "Retard"))),
    ),
    Hostile("formulas", sheet_of(_calculated), Right(_TWO)),
    Hostile("a sheet for each year", OF_TWO_YEARS, Right(_TWO, ("2025", "2024"))),
)
HOSTILE: tuple[Hostile, ...] = (*UNREADABLE, *FAULTY, *RIGHT)


def named(several: tuple[Hostile, ...]) -> dict[str, Any]:
    """The arguments of a parametrized test, each by its name."""
    return {"argvalues": several, "ids": [one.name for one in several]}
