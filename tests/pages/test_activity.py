"""Encounters are typed or sent as a table, and stand beside how many said how it went."""

from __future__ import annotations

import re
import threading
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hostile import OF_TWO_YEARS
from insight_world import answered, asked_in
from sqlalchemy.exc import SQLAlchemyError
from staff import signed_in

from portal.core.tables import read_table
from portal.people.rules import Role
from portal.records.actions import note_activity
from portal.records.activity import Count, Intervention, read_activity, read_month
from portal.records.queries import activity
from portal.tenancy.actions import open_site

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


def fields(page: str) -> dict[str, str]:
    """The counts that the form holds, by field."""
    found = re.findall(r'<input[^>]*name="(\w+)"[^>]*>', page)
    values = {name: re.search(rf'<input[^>]*name="{name}"[^>]*>', page) for name in found}
    told = {name: re.search(r'value="([^"]+)"', found[0]) for name, found in values.items() if found}
    return {name: value[1] for name, value in told.items() if value and name in set(Intervention)}


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
        ("9" * 5000 + " 2027", None),
        ("99999999999 05", None),
        ("05 " + "9" * 5000, None),
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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2", Intervention.CONFLICT),
        ("2. Conflits prévenus", Intervention.CONFLICT),
        ("n° 2", Intervention.CONFLICT),
        ("Registre 2", Intervention.CONFLICT),
        ("12", None),
        ("0", None),
        ("2,5", None),
        ("9" * 5000, None),
    ],
)
def test_a_register_is_told_by_its_whole_number(written: str, meant: Intervention | None) -> None:
    found, faults = read(f'Mois;Registre;Nombre\r\n02/2027;"{written}";7\r\n')
    assert [one.intervention for one in found] == ([meant] if meant else [])
    assert faults == ([] if meant else [(2, "register", "unknown")])


def test_digits_without_end_are_no_count(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    assert lead.post(HERE, month="2027-02", all="9" * 5000).status_code == 422
    lead.post(HERE, month="2027-02", all="١٢")  # digits as Arabic writes them
    assert fields(lead.get(f"{HERE}?month=2027-02").text) == {"all": "12"}
    assert read(f"Mois;Nombre\r\n02/2027;{'9' * 5000}\r\n")[1] == [(2, "n", "form")]


def test_a_month_that_was_counted_comes_back_and_only_what_is_emptied_goes(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    lead.post(HERE, month="2027-02", all="120")
    lead.post(HERE, month="2027-02", conflict="5")  # from a page that had not seen the 120
    shown = plain(lead.get(f"{HERE}?month=2027-02"))
    assert fields(shown) == {"all": "120", "conflict": "5"}
    assert fields(plain(lead.get(f"{HERE}?month=2027-01"))) == {}
    kept = lead.post(HERE, month="2027-02", all="", was_all="120", conflict="5", was_conflict="5")
    assert "month=2027-02" in kept.location
    assert fields(plain(lead.get(kept.location))) == {"conflict": "5"}


def test_what_somebody_else_counted_meanwhile_is_not_overwritten_unseen(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    lead.post(HERE, month="2027-02", all="120")
    stale = lead.post(HERE, month="2027-02", all="90", was_all="")
    assert stale.status_code == 422
    assert "120" in stale.text
    assert fields(plain(lead.get(f"{HERE}?month=2027-02"))) == {"all": "120"}
    again = fields(stale.text), dict(re.findall(r'name="was_(\w+)" value="(\d+)"', stale.text))
    assert again == ({"all": "90"}, {"all": "120"})


def test_opinions_count_only_where_encounters_are_known(sqlite_world: World) -> None:
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        annex = open_site(u, name="Annexe", zone="metropole").id
    answered(
        sqlite_world, meeting={"good": 50}, day=date(2027, 2, 9), code=asked_in(sqlite_world, site_id=annex)
    )
    answered(sqlite_world, meeting={"good": 10}, day=date(2027, 2, 9))
    lead = signed_in(sqlite_world)
    lead.post(HERE, month="2027-02", all="40", site=str(sqlite_world.lyon.site.id))
    assert "10 sur 40" in plain(lead.get(HERE))
    lead.post(HERE, month="2027-02", all="60", site=str(annex))
    assert "60 sur 100" in plain(lead.get(HERE))


@pytest.mark.both
def test_two_who_count_in_the_same_moment_are_both_answered(world: World) -> None:
    scope, site_id = world.lyon.scope, world.lyon.site.id
    faults: list[Exception] = []

    def count(n: int) -> Count:
        return Count(date(2027, 2, 1), site_id, Intervention.ALL, n)

    def again() -> None:
        try:
            with world.database.transaction(scope) as u:
                note_activity(u, [count(8)])
        except SQLAlchemyError as fault:
            faults.append(fault)

    other = threading.Thread(target=again)
    with world.database.transaction(scope) as u:
        note_activity(u, [count(7)])
        other.start()
        other.join(0.2)  # long enough to have read what is not committed yet
    other.join()
    assert faults == []
    with world.database.reading(scope) as u:
        assert [one.n for one in activity(u, date(2027, 2, 1))] == [8]


def test_encounters_stand_beside_opinions(world: World) -> None:
    answered(world, meeting={"good": 30, "bad": 6}, day=date(2027, 2, 9))
    lead = signed_in(world)
    assert lead.post(HERE, month="2027-02", all="1 200").status_code == 303
    shown = plain(lead.get(HERE))
    assert "3,0 % (36 sur 1 200)" in shown
    registers = {"presence": "12", "watch": "6"}
    assert lead.post(HERE, month="2027-02", all="", was_all="1200", **registers).status_code == 303
    assert "36 sur 18" in plain(lead.get(HERE))
    lead.post(HERE, month="2027-02", was_presence="12", was_watch="6")
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


def test_a_workbook_of_several_tables_is_refused_with_their_names(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    data = {"csrf_token": lead.csrf, "table": (BytesIO(OF_TWO_YEARS), "activite.xlsx")}
    answer = lead.client.post(f"{HERE}/table", data=data)
    assert answer.status_code == 422
    assert "plusieurs feuilles avec un tableau : \u20682025\u2069, \u20682024\u2069." in plain(answer)


def test_what_was_typed_wrong_comes_back(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    answer = lead.post(HERE, month="2027-02", all="douze", watch="7")
    assert answer.status_code == 422
    assert 'value="douze"' in answer.text
    assert 'value="7"' in answer.text
    assert lead.post(HERE, month="2031-02", all="7").status_code == 422


def test_who_sets_nothing_up_counts_nothing(sqlite_world: World) -> None:
    assert signed_in(sqlite_world, Role.SUPERVISOR).get(HERE).status_code == 403
