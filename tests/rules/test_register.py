"""Registers as associations keep them, read right or refused with row and column; nothing in between."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hostile import FAULTY, HEAD, Faulty, Hostile, named
from hypothesis import given
from hypothesis import strategies as st

from portal.cases.rules import Finding, Kind
from portal.cases.ways import Channel
from portal.core.tables import read_table
from portal.records.dates import read_day
from portal.records.register import proposed, read_register
from portal.records.rules import COLUMNS, Column, Ground, Report
from portal.records.words import plain

TODAY = date(2027, 3, 24)
GERLAND, VAISE = UUID(int=1), UUID(int=2)
GROUND = Ground(TODAY, {"gerland": GERLAND, "vaise centre": VAISE}, known=frozenset({("2024-007", 2025)}))


def read(text: str) -> Report:
    """The register of a CSV."""
    return read_register(read_table(text.encode()), None, GROUND)


def faults(text: str) -> list[tuple[int, str | None, str]]:
    """What is wrong with the register of a CSV."""
    found = read(text)
    assert not found.rows
    return [(one.row, one.column and one.column.value, one.reason) for one in found.faults]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("24/03/2026", date(2026, 3, 24)),
        ("24.3.26", date(2026, 3, 24)),
        ("24-03-2026 à 14h30", date(2026, 3, 24)),
        ("2026-03-24 14:30", date(2026, 3, 24)),
        ("1er avril 2026", date(2026, 4, 1)),
        ("mardi 24 mars 2026", date(2026, 3, 24)),
        ("3 févr. 2025", date(2025, 2, 3)),
        ("24 Août 25", date(2025, 8, 24)),
        ("March", None),
        ("46105", date(2026, 3, 24)),
        ("29/02/2024", date(2024, 2, 29)),
        ("29/02/2025", None),
        ("12/25/2025", None),
        ("", None),
        ("hier", None),
        ("24/03", None),
        ("2026", None),
    ],
)
def test_a_day_is_read_as_it_was_typed_or_not_at_all(written: str, meant: date | None) -> None:
    assert read_day(written) == meant


@given(st.dates(date(1990, 1, 1), date(2069, 12, 31)), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y"]))
def test_every_day_is_read_back(day: date, form: str) -> None:
    assert read_day(day.strftime(form)) == day


def test_a_register_is_read_below_its_title_with_what_each_column_says() -> None:
    found = read(
        "Registre des réclamations 2025;;;;;;;\r\n"
        "N°;Reçue le;Canal;Nom;Motif;Site;Répondu le;Fondée\r\n"
        "12;03/02/2025;Téléphone;Mme Martin;Retard;Gerland;10/02/2025;oui\r\n"
        ";;;;;;;\r\n"
        "13;4 févr. 2025;courriel;;Bruit;VAISE  (centre);;\r\n"
    )
    assert found.is_good
    assert found.unread == 1
    assert "Nom" in found.headings
    assert set(found.mapping.values()) == set(Column) - {
        *(Column.KIND, Column.ACKNOWLEDGED, Column.FIRST_RESPONSE, Column.DUE, Column.CLOSED, Column.TEXT)
    }
    first, second = found.rows
    assert (first.row, first.number, first.received_on) == (3, "12", date(2025, 2, 3))
    assert (first.channel, first.motif, first.site_id) == (Channel.PHONE, "Retard", GERLAND)
    assert (first.answered_on, first.finding, first.is_complete) == (date(2025, 2, 10), Finding.UPHELD, True)
    assert (second.row, second.site_id, second.is_complete, second.kind) == (5, VAISE, False, Kind.COMPLAINT)


@pytest.mark.parametrize("one", **named(FAULTY))
def test_what_cannot_be_read_is_told_with_its_row_and_column(one: Hostile) -> None:
    assert Faulty(tuple(faults(one.raw.decode()))) == one.says


def test_every_fault_is_told_at_once_and_nothing_is_brought_in() -> None:
    good = "1;10/02/2025;;;;;;\r\n"
    assert faults(HEAD + good + "2;demain;;;Lyon;;;\r\n") == [(3, "received", "day"), (3, "site", "word")]


def test_headings_are_told_as_last_time() -> None:
    assert proposed(["Date", "Nature", "Qui"], {}) == {0: Column.RECEIVED, 1: Column.KIND}
    remembered = {"date": "answered", "nature": "", "qui": "number"}
    assert proposed(["Date", "Nature", "Qui"], remembered) == {0: Column.ANSWERED, 2: Column.NUMBER}


def test_no_heading_stands_for_two_columns() -> None:
    names = [name for row in COLUMNS.values() for name in row.headings]
    assert len(names) == len(set(names))
    assert [name for name in names if plain(name) != name] == []
