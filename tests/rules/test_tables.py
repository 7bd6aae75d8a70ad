"""Files that call themselves tables: read as they were meant, or refused with the place of the fault."""

from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.core.tables import MOST_ROWS, read_book, read_table

if TYPE_CHECKING:
    from collections.abc import Callable

CELLS = [["N°", "Reçue le", "Objet"], ["1", "03/02/2026", "Retard ; l’équipe « B »"], ["2", "", "Bruit"]]


def csv_of(separator: str, encoding: str, newline: str = "\r\n") -> bytes:
    """The cells as a spreadsheet saves them."""
    quoted = [[f'"{cell}"' if separator in cell else cell for cell in row] for row in CELLS]
    return newline.join(separator.join(row) for row in quoted).encode(encoding)


def sheet_of(write: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    """A workbook."""
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        write(book)
    return file.getvalue()


def cells(raw: bytes) -> list[list[str]]:
    """What was read, row by row."""
    return [list(row.cells) for row in read_table(raw)]


def refused(raw: bytes) -> dict[str, object]:
    """Why it was not read."""
    with pytest.raises(Invalid) as fault:
        read_table(raw)
    return {name: fact for name, fact in fault.value.facts.items() if name in {"reason", "row"}}


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_a_csv_is_read_however_it_was_saved(separator: str, encoding: str, newline: str) -> None:
    assert cells(csv_of(separator, encoding, newline)) == CELLS


def test_excels_own_line_about_the_separator_is_no_row_of_cells() -> None:
    rows = read_table(b"sep=,\r\na,b\r\n1,2")
    assert [(row.number, row.cells) for row in rows] == [(1, ("", "")), (2, ("a", "b")), (3, ("1", "2"))]


def test_a_line_break_inside_a_cell_and_a_row_that_is_short_are_kept() -> None:
    assert cells(b'a;b;c\r\n"deux\nlignes";2\r\n') == [["a", "b", "c"], ["deux\nlignes", "2", ""]]


def test_spaces_that_nobody_sees_are_taken_off() -> None:
    assert cells("\ufeffa ;\u00a0b\u202f\r\n\u200b1;2\r\n;\r\n;".encode()) == [["a", "b"], ["1", "2"]]


def test_a_sheet_is_read_with_its_dates_numbers_and_merged_cells() -> None:
    def write(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("Notes").write("A1", "rien")
        sheet = book.add_worksheet("Registre")
        sheet.merge_range("A1:C1", "Registre 2026")
        sheet.write_row("A2", ["N°", "Reçue le", "Site"])
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for row in (3, 4):
            sheet.write_number(f"A{row}", row)
            sheet.write_datetime(f"B{row}", datetime(2026, 2, row), day)  # noqa: DTZ001 -- a cell has no zone
        sheet.merge_range("C3:C4", "Gerland")
        hidden = book.add_worksheet("Brouillon")
        hidden.write_column("A1", ["caché"] * 9)
        hidden.hide()

    assert cells(sheet_of(write)) == [
        ["Registre 2026"] * 3,
        ["N°", "Reçue le", "Site"],
        ["3", "2026-02-03", "Gerland"],
        ["4", "2026-02-04", "Gerland"],
    ]


def of_two_years(book: xlsxwriter.Workbook) -> None:
    """A sheet for each year, beside a note."""
    book.add_worksheet("Notes").write("A1", "rien")
    for year, rows in (("2024", 2), ("2025", 1)):
        sheet = book.add_worksheet(year)
        sheet.write_row("A1", ["N°", "Objet"])
        for row in range(rows):
            sheet.write_row(row + 1, 0, [row + 1, year])


def test_a_workbook_of_several_tables_says_so_and_each_of_them_can_be_read() -> None:
    raw = sheet_of(of_two_years)
    with pytest.raises(Invalid) as fault:
        read_table(raw)
    assert fault.value.facts == {"reason": "sheets", "sheets": ("2024", "2025")}
    for place, at, rows in ((None, 0, 3), (0, 0, 3), (1, 1, 2), (7, 0, 3)):
        book = read_book(raw, place)
        assert (book.sheets, book.at, len(book.rows)) == (("2024", "2025"), at, rows)


def hostile(far: str) -> bytes:
    """A sheet whose last cell is far away."""
    made = sheet_of(lambda book: book.add_worksheet().write("B2", 1) and None)
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(made)) as package, zipfile.ZipFile(file, "w") as harmed:
        for one in package.namelist():
            harmed.writestr(one, package.read(one).replace(b'r="B2"', f'r="{far}"'.encode()))
    return file.getvalue()


def bomb() -> bytes:
    """A package that is a thousand times as large as it seems."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", b"<x>" + b" " * 60_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", {"reason": "empty"}),
        (b" ;\r\n;;\r\n", {"reason": "empty"}),
        (b"<!DOCTYPE html><table><tr><td>1</td></tr></table>", {"reason": "web"}),
        (b"\xef\xbb\xbf  <HTML><body>", {"reason": "web"}),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, {"reason": "old"}),
        (b"PK\x03\x04 no package at all", {"reason": "sheet"}),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {"reason": "text"}),
        (b"a;b\r\n1;\x81\x8d", {"reason": "text"}),
        (b"a;b\r\n1;\0", {"reason": "text"}),
        (b'a;b\r\n1;2\r\n3;"open', {"reason": "quotes", "row": 3}),
        (b'a;b\r\n1;"x"y', {"reason": "quotes", "row": 2}),
        (b"a;b\r\n1;" + b"x" * 20_001, {"reason": "long", "row": 2}),
        (b"a;b\r\n1;" + b"x" * 140_000, {"reason": "long", "row": 2}),
        (b"a;b\r\n" * (MOST_ROWS + 1), {"reason": "many"}),
        (b";".join([b"x"] * 201), {"reason": "many"}),
        (b"x" * (4 * 1024 * 1024 + 1), {"reason": "size"}),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(raw: bytes, why: dict[str, object]) -> None:
    assert refused(raw) == why


def test_a_sheet_that_asks_for_all_the_memory_there_is_ends_nothing() -> None:
    assert cells(hostile("C3"))[2] == ["", "", "1"]
    assert refused(hostile("XFD1048576")) == {"reason": "sheet"}
    assert refused(bomb()) == {"reason": "many"}


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_rows_or_a_refusal(raw: bytes) -> None:
    try:
        rows = read_table(raw)
    except Invalid as fault:
        assert fault.facts["reason"]  # noqa: PT017 -- a refusal is as good an answer as rows
        return
    assert rows
    assert len({len(row.cells) for row in rows}) == 1
