"""A quality lead brings the old register in: sees every row first, mends, takes it in, takes it back."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import xlsxwriter
from hostile import UNREADABLE, Unreadable
from staff import signed_in

from portal.channels.point_file import UNREADABLE as POINT_FAULTS
from portal.people.rules import Role
from portal.web.records_page import TABLE_FAULTS

if TYPE_CHECKING:
    from build import World
    from staff import Colleague
    from werkzeug.test import TestResponse

GOOD = (
    "Registre des réclamations\r\n"
    "N°;Reçue le;Nom;Motif;Répondu le;Fondée\r\n"
    "1;03/02/2025;Mme Quittenbaum;Retard;10/02/2025;oui\r\n"
    "2;05/05/2025;M. Orme;Bruit;23/05/2025;non\r\n"
)


def sent(lead: Colleague, text: str, name: str = "registre 2025.csv") -> TestResponse:
    """The answer to a register that was sent."""
    return lead.client.post(
        "/s/passerelle/records",
        data={"csrf_token": lead.csrf, "register": (BytesIO(text.encode("cp1252")), name)},
    )


def told(answer: TestResponse) -> str:
    """What a page says, with plain spaces, without the signs that keep a direction."""
    return re.sub("[\u2068\u2069]", "", answer.text.replace("\N{NO-BREAK SPACE}", " "))


def test_a_register_is_looked_at_brought_in_and_taken_back(world: World) -> None:
    lead = signed_in(world)
    where = sent(lead, GOOD).location
    shown = told(lead.get(where))
    assert "2 lignes peuvent être reprises." in shown
    assert "Non repris : Nom." in shown
    taken = lead.post(f"{where}/take")
    assert taken.status_code == 303
    assert lead.post(f"{where}/take").location == taken.location  # pressed twice
    rows = lead.get(taken.location).text
    assert "23 mai 2025" in rows
    assert "Quittenbaum" not in rows
    front = lead.get("/s/passerelle/records").text
    assert "registre 2025.csv" in front
    assert "5, 13" in front
    undone = lead.post(f"{where}/undo")
    after = lead.get(undone.location).text
    assert "5, 13" not in after
    assert "registre 2025.csv" not in after
    assert "Annulé" in after
    assert lead.post(f"{where}/take").status_code == 409


def test_a_number_reads_the_same_way_on_an_arabic_page(sqlite_world: World) -> None:
    """Else the page's direction would show 2025/014-R as R-2025/014."""
    lead = signed_in(sqlite_world, locale="ar")
    where = sent(lead, GOOD.replace("\n1;", "\n2025/014-R;")).location
    assert "<bdi>2025/014-R</bdi>" in lead.get(where).text
    taken = lead.get(lead.post(f"{where}/take").location).text
    assert "<bdi>2025/014-R</bdi>" in taken
    assert f"<bdi>{sqlite_world.lyon.site.name}</bdi>" in taken
    # The kind is told in the page's own words.
    assert re.search(r">\s*شكوى", taken)
    assert "<bdi>شكوى" not in taken


def test_a_column_keeps_its_own_direction_on_an_arabic_page(sqlite_world: World) -> None:
    """Else the page's direction would show N° as °N."""
    lead = signed_in(sqlite_world, locale="ar")
    shown = lead.get(sent(lead, GOOD.replace("Nom", "Rang°")).location).text
    assert "><bdi>N°</bdi></label>" in shown
    assert "\N{FIRST STRONG ISOLATE}Rang°\N{POP DIRECTIONAL ISOLATE}" in shown


def test_rows_are_shown_as_they_were_read_before_anything_is_in(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    more = "".join(f"{n};05/05/2025;M. Orme;;;\r\n" for n in range(3, 26))
    shown = told(lead.get(sent(lead, GOOD + more).location))
    table = shown[shown.index("Les premières lignes, telles qu’elles sont lues") :]
    assert [part for part in ("3 févr. 2025", "Retard", "Fondée", "23 mai 2025") if part not in table] == []
    assert "Orme" not in table  # a column that stays out
    assert "Et 5 autres." in table
    assert "Les premières lignes" not in told(lead.get(sent(lead, GOOD + "3;demain;;;;\r\n").location))


def test_a_fault_is_told_with_row_column_and_what_to_do(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    where = sent(lead, GOOD + "3;31/02/2025;;;;peut-être\r\n").location
    shown = told(lead.get(where))
    assert "2 erreurs : rien n’est encore repris." in shown
    assert "31/02/2025" in shown
    assert "Ce n’est pas une date. Écrivez-la ainsi : 24/03/2026." in shown
    assert "Reprendre</button>" not in shown
    assert lead.post(f"{where}/take").location == where
    assert lead.get("/s/passerelle/records").text.count("<th scope=") == 0


def test_other_columns_can_be_chosen(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    where = sent(lead, "N°;Reçue le;Fin\r\n1;03/02/2025;10/02/2025\r\n").location
    assert "Non repris : Fin." in told(lead.get(where))
    chosen = lead.post(
        f"{where}/columns", column_0="number", column_1="received", column_2="answered", column_9="text"
    )
    assert "Non repris" not in told(lead.get(chosen.location))


def test_a_workbook_of_two_years_names_both_and_either_can_be_brought_in(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for year, rows in (("2024", 4), ("2025", 3)):
            sheet = book.add_worksheet(year)
            sheet.write_row(0, 0, ["N°", "Reçue le"])
            for row in range(1, rows + 1):
                sheet.write_row(row, 0, [f"{year}-{row}", f"0{row}/03/{year}"])
    data = {"csrf_token": lead.csrf, "register": (BytesIO(file.getvalue()), "registre.xlsx")}
    where = lead.client.post("/s/passerelle/records", data=data).location
    shown = told(lead.get(where))
    assert "4 lignes peuvent être reprises." in shown
    assert "Feuille lue : « 2024 »." in shown
    assert "Non lues : 2025." in shown
    other = lead.post(f"{where}/columns", sheet="1")
    assert "3 lignes peuvent être reprises." in told(lead.get(other.location))
    lead.post(f"{where}/take")
    assert "<bdi>registre.xlsx, 2025</bdi>" in lead.get("/s/passerelle/records").text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html><table><tr><td>1</td></tr></table>", "Ce fichier est une page web"),
        ("", "Ce fichier est vide."),
        ('a;b\r\n1;"x', "Ligne 2 : un guillemet est ouvert"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(sqlite_world: World, text: str, words: str) -> None:
    answer = sent(signed_in(sqlite_world), text)
    assert answer.status_code == 422
    assert words in told(answer)


def test_whatever_a_file_is_refused_for_is_said_wherever_tables_are_sent() -> None:
    reasons = {one.says.reason for one in UNREADABLE if isinstance(one.says, Unreadable)} | {"sheets"}
    assert reasons - TABLE_FAULTS.keys() == set()
    assert reasons - POINT_FAULTS.keys() == set()


def test_no_file_is_asked_for_again(sqlite_world: World) -> None:
    answer = signed_in(sqlite_world).post("/s/passerelle/records")
    assert answer.status_code == 422
    assert "Choisissez le fichier de votre registre." in answer.text


def test_only_who_sets_the_structure_up_brings_registers_in(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    where = sent(lead, GOOD).location
    other = signed_in(sqlite_world, Role.SUPERVISOR, email="sam@passerelle.example")
    assert other.get("/s/passerelle/records").status_code == 403
    assert other.get(where).status_code == 403
    abroad = signed_in(sqlite_world, at=sqlite_world.strasbourg, email="alix@rive-gauche.example")
    assert abroad.get(where.replace("passerelle", "rive-gauche")).status_code == 404
