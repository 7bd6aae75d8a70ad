"""Files that call themselves tables: read as they were meant, or refused with the place of the fault."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from hostile import UNREADABLE, Hostile, Unreadable, far_sheet, named, sheet_of
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.core.tables import read_book, read_table

if TYPE_CHECKING:
    import xlsxwriter

CELLS = [["N°", "Reçue le", "Objet"], ["1", "03/02/2026", "Retard ; l’équipe « B »"], ["2", "", "Bruit"]]


def csv_of(separator: str, encoding: str, newline: str = "\r\n") -> bytes:
    """The cells as a spreadsheet saves them."""
    quoted = [[f'"{cell}"' if separator in cell else cell for cell in row] for row in CELLS]
    return newline.join(separator.join(row) for row in quoted).encode(encoding)


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


@pytest.mark.parametrize("one", **named(UNREADABLE))
def test_what_is_no_table_is_refused_with_its_place(one: Hostile) -> None:
    why = refused(one.raw)
    assert Unreadable(str(why.pop("reason")), **why) == one.says  # type: ignore[arg-type]  # a row's number


def test_a_sheet_with_a_cell_further_on_is_read_as_far() -> None:
    assert cells(far_sheet("C3"))[2] == ["", "", "1"]


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
