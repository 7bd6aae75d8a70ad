"""Many points of a file: what people's spreadsheets write is read, whatever cannot be used is told where."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.channels.point_file import MOST_ROWS, read_sheet
from portal.channels.points import BY_HEADING, COLUMNS, same
from portal.channels.rules import CodeKind
from portal.core.tables import MOST_BYTES

LEAST = "Structure;E-mail;Site\nL’Escale;lea@escale.example;Centre\n"
WHOLE = (
    "Structure;E-mail;Délai;Slug;Lettres;Couleur;Site;Zone;Équipe;Partenaire;Objet;Début;Fin;Code;Libellé\n"
    "L’Escale;lea@escale.example;8;escale;ESC;#17606B;Centre;Alsace-Moselle;Nord;Bailleur;Soirées;"
    "01/09/2027;31/12/2027;Événement;Fête\n"
)


def faults(text: str | bytes, own: str | None = None) -> list[tuple[int, str]]:
    """Row and column of each fault."""
    data = text.encode() if isinstance(text, str) else text
    return [(fault.row, fault.column) for fault in read_sheet(data, own=own)[1]]


def test_a_row_tells_all_that_a_point_stands_on() -> None:
    sheet, wrong = read_sheet(WHOLE.encode())
    assert wrong == []
    (head,), (point,) = sheet.heads, sheet.points
    assert (head.email, head.days, head.slug, head.letters) == ("lea@escale.example", 8, "escale", "ESC")
    assert (head.colour, point.zone, point.kind) == ("#17606b", "alsace_moselle", CodeKind.EVENT)
    assert (point.starts_on, point.ends_on) == (date(2027, 9, 1), date(2027, 12, 31))
    assert (point.site, point.team, point.partner, point.purpose, point.label) == (
        *("Centre", "Nord", "Bailleur"),
        *("Soirées", "Fête"),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_as_spreadsheets_write_it(encoding: str, delimiter: str, end: str) -> None:
    text = WHOLE.replace(";", delimiter).replace("\n", end)
    assert read_sheet(text.encode(encoding)) == read_sheet(WHOLE.encode())


def test_a_quoted_cell_holds_delimiters_and_empty_rows_count_as_rows() -> None:
    text = 'Structure;E-mail;Libellé\n\n"L’Escale; Nord";a@b.example;"Hall ""A"""\n;;\n'
    sheet, wrong = read_sheet(text.encode())
    assert wrong == []
    assert (sheet.points[0].row, sheet.points[0].structure, sheet.points[0].label) == (
        *(3, "L’Escale; Nord"),
        'Hall "A"',
    )


def test_headings_are_read_in_any_case_and_in_both_languages() -> None:
    assert read_sheet(b"STRUCTURE,EMAIL,TEAM\nA B C,a@b.example,Nord\n")[0].points[0].team == "Nord"
    assert len(BY_HEADING) >= 2 * len(COLUMNS)


WRONG: dict[str, tuple[str | bytes, list[tuple[int, str]]]] = {
    "empty": ("", [(1, "")]),
    "headings alone": ("Structure;Site\n", [(2, "")]),
    "a damaged workbook": (b"PK\x03\x04" + b"x" * 40, [(1, "")]),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + b"x" * 40, [(1, "")]),
    "a page named .csv": ("<html><table><tr><td>Structure</td></tr></table>", [(1, "")]),
    "signs that are no text": ("Structure;Site\nA\x00B;C\n", [(1, "")]),
    "no encoding we know": (b"Structure;Site\nA\x81;C\n", [(1, "")]),
    "a mark not closed": ('Structure;Site\n"A;C\n', [(2, "")]),
    "an unknown column": (LEAST.replace("Site", "Téléphone"), [(1, "Téléphone")]),
    "a column twice": (LEAST.replace("Site", "E-mail"), [(1, "e-mail")]),
    "no structure": ("Site\nCentre\n", [(1, "structure")]),
    "a row without structure": (LEAST + ";;Nord\n", [(3, "structure")]),
    "no address": (LEAST.replace("lea@escale.example", "Léa"), [(2, "e-mail")]),
    "a promise that is none": (WHOLE.replace(";8;", ";dix;"), [(2, "délai")]),
    "a promise too long": (WHOLE.replace(";8;", ";61;"), [(2, "délai")]),
    "a slug": (WHOLE.replace(";escale;", ";Escale !;"), [(2, "slug")]),
    "letters": (WHOLE.replace(";ESC;", ";Esc;"), [(2, "lettres")]),
    "a colour": (WHOLE.replace("#17606B", "bleu"), [(2, "couleur")]),
    "a zone": (WHOLE.replace("Alsace-Moselle", "Bretagne"), [(2, "zone")]),
    "a day": (WHOLE.replace("01/09/2027", "31/02/2027"), [(2, "début")]),
    "an end before the beginning": (WHOLE.replace("31/12/2027", "31/08/2027"), [(2, "fin")]),
    "a purpose without partner": (WHOLE.replace("Bailleur", ""), [(2, "partenaire")]),
    "a kind": (WHOLE.replace("Événement", "Tampon"), [(2, "code")]),
    "a long cell": (LEAST.replace("Centre", "C" * 81), [(2, "site")]),
    "too many cells": (LEAST + "L’Escale;;Nord;x\n", [(3, "")]),
    "two rows alike": (LEAST + "l’escale;;CENTRE\n", [(3, "libellé")]),
    "another address": (LEAST + "L’Escale;b@b.example;Nord\n", [(3, "e-mail")]),
    "two faults": ("Structure;E-mail;Délai\nA B;x;0\n", [(2, "e-mail"), (2, "délai")]),
    "too many rows": (
        "Structure;Libellé\n" + "".join(f"A;{n}\n" for n in range(MOST_ROWS + 1)),
        [(2002, "")],
    ),
    "too long": (LEAST + ";;\n" * (MOST_BYTES // 3 + 1), [(1, "")]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_used_is_told_by_row_and_column(what: str) -> None:
    text, where = WRONG[what]
    assert faults(text) == where


def test_a_structure_s_own_file_speaks_of_no_other() -> None:
    assert faults("Site\nNord\n", own="L’Escale") == []
    assert faults(LEAST, own="l’escale") == []
    assert faults(LEAST, own="Autre") == [(2, "structure")]


def test_every_sentence_finds_its_placeholders() -> None:
    for text, _where in WRONG.values():
        for fault in read_sheet(text.encode() if isinstance(text, str) else text)[1]:
            assert "%(" not in fault.sentence % fault.facts


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_file_breaks_the_reading(data: bytes) -> None:
    for begun in (data, b"Structure;Site;Code\n" + data):
        sheet, wrong = read_sheet(begun)
        assert sheet.points or wrong
        for fault in wrong:
            assert fault.row >= 1
            assert fault.sentence % fault.facts


@given(st.lists(st.text(alphabet='AaÉé ;,"\n’', min_size=1, max_size=12).filter(str.strip), min_size=1))
def test_names_are_one_however_they_are_written(names: list[str]) -> None:
    for name in names:
        assert same(name) == same(f"  {name.upper().lower()} ") or name.upper().lower() != name.lower()
