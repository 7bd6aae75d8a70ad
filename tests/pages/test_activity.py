"""Encounters are typed or sent as a table, and stand beside how many said how it went."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from insight_world import answered
from staff import signed_in

from portal.core.tables import read_table
from portal.people.rules import Role
from portal.records.activity import Count, Intervention, read_activity, read_month

if TYPE_CHECKING:
    from build import World
    from staff import Colleague
    from werkzeug.test import TestResponse

HERE = "/s/passerelle/records/activity"
MAIN, OTHER = UUID(int=1), UUID(int=2)


def read(text: str) -> tuple[list[Count], list[tuple[int, str, str]]]:
    """What a table holds, or its faults."""
    found, faults = read_activity(
        read_table(text.encode()), {"centre": MAIN, "vaise": OTHER}, MAIN, date(2027, 3, 24)
    )
    return found, [(one.row, one.column, one.reason) for one in faults]


def plain(answer: TestResponse) -> str:
    """What a page says, with plain spaces."""
    return answer.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def sent(lead: Colleague, text: str) -> TestResponse:
    """What a table is answered."""
    data = {"csrf_token": lead.csrf, "table": (BytesIO(text.encode()), "activite.csv")}
    return lead.client.post(f"{HERE}/table", data=data)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-02", date(2027, 2, 1)),
        ("02/2027", date(2027, 2, 1)),
        ("février 2027", date(2027, 2, 1)),
        ("12/02/2027", date(2027, 2, 1)),
        ("13/2027", None),
        ("février", None),
        ("", None),
    ],
)
def test_a_month_is_read_as_it_was_typed(written: str, meant: date | None) -> None:
    assert read_month(written) == meant


def test_a_table_is_read_whole_or_not_at_all() -> None:
    found, faults = read("Mois;Site;Registre;Nombre\r\n02/2027;Vaise;2;1 240\r\n02/2027;;;90\r\n")
    assert faults == []
    assert found == [
        Count(date(2027, 2, 1), OTHER, Intervention.CONFLICT, 1240),
        Count(date(2027, 2, 1), MAIN, Intervention.ALL, 90),
    ]
    assert read("Mois;Nombre;Site;Registre\r\n02/2027;12;Lyon;9\r\n05/2027;x;;\r\n02/2027;1;;\r\n")[1] == [
        (2, "site", "unknown"),
        (2, "register", "unknown"),
        (3, "month", "future"),
        (3, "n", "form"),
    ]
    assert read("Mois;Nombre\r\n02/2027;1\r\n02/2027;2\r\n")[1] == [(3, "month", "double")]
    assert read("Quand;Nombre\r\n02/2027;1\r\n")[1] == [(0, "month", "missing")]


def test_encounters_stand_beside_opinions(world: World) -> None:
    answered(world, meeting={"good": 30, "bad": 6}, day=date(2027, 2, 9))
    lead = signed_in(world)
    assert lead.post(HERE, month="2027-02", all="1 200").status_code == 303
    shown = plain(lead.get(HERE))
    assert "3,0 % (36 sur 1 200)" in shown
    assert lead.post(HERE, month="2027-02", all="", presence="12", watch="6").status_code == 303
    assert "36 sur 18" in plain(lead.get(HERE))
    lead.post(HERE, month="2027-02")
    assert "sur 18" not in plain(lead.get(HERE))


def test_a_table_that_is_wrong_is_told_row_by_row_and_changes_nothing(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    assert sent(lead, "Mois;Nombre\r\n02/2027;90\r\n").status_code == 303
    wrong = sent(lead, "Mois;Nombre\r\n02/2027;95\r\n01/2027;beaucoup\r\n")
    assert wrong.status_code == 422
    assert "Ligne 3 : Écrivez un nombre entier." in plain(wrong)
    shown = plain(lead.get(HERE))
    assert ">90<" in shown
    assert ">95<" not in shown


def test_what_was_typed_wrong_comes_back(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    answer = lead.post(HERE, month="2027-02", all="douze", watch="7")
    assert answer.status_code == 422
    assert 'value="douze"' in answer.text
    assert 'value="7"' in answer.text
    assert lead.post(HERE, month="2031-02", all="7").status_code == 422


def test_who_sets_nothing_up_counts_nothing(sqlite_world: World) -> None:
    assert signed_in(sqlite_world, Role.SUPERVISOR).get(HERE).status_code == 403
