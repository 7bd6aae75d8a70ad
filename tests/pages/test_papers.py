"""Papers that leave the house: they say what events say, no word of anybody, no share without counts."""

from __future__ import annotations

import csv
import random
import re
from datetime import date, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from insight_world import answered
from staff import signed_in
from walls.planting import planted_at

from portal.cases.actions import Given, take
from portal.cases.beside import name_person
from portal.cases.queries import events_of
from portal.cases.rules import Finding, Outcome
from portal.core.exports import csv_of
from portal.core.tables import read_table
from portal.insight.catalogue import Figure
from portal.people.rules import PERMISSIONS, Permission, Role
from portal.tenancy.actions import add_agreement
from portal.web.papers_words import COLUMNS, told

if TYPE_CHECKING:
    from build import World
    from walls.planting import Planted

MAY = Permission.READ_REGISTER
YEAR = "from=2027-01-01&to=2027-12-31"


def texts(pdf: bytes) -> list[str]:
    """What stands on each page."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def rows_of(world: World, kind: str = "") -> list[dict[str, str]]:
    """The register of the year, as the CSV has it."""
    answer = signed_in(world, email="yasmine@passerelle.example").get(
        f"/s/passerelle/papers/register.csv?{YEAR}&kind={kind}"
    )
    assert answer.status_code == 200
    table = list(csv.reader(StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    return [dict(zip(COLUMNS, row, strict=True)) for row in table[1:]]


@pytest.fixture
def planted(world: World) -> Planted:
    """A complaint that was asked for, answered and closed, and others."""
    made = planted_at(world, world.lyon, "Chêne", rounds=6)
    with world.database.transaction(made.lead) as u:
        take(u, made.ids["case_id"], "start")
    world.clock.set(world.clock.now() + timedelta(days=5))
    with world.database.transaction(made.lead) as u:
        take(u, made.ids["case_id"], "answer", Given(made.word("Voici notre réponse")))
        given = Given(outcome=Outcome.ANSWERED, finding=Finding.UPHELD)
        take(u, made.ids["case_id"], "close", given)
    return made


def test_each_cell_of_the_register_is_told_by_an_event(world: World, planted: Planted) -> None:
    rows = {row["reference"]: row for row in rows_of(world)}
    row = rows[planted.reference]
    with world.database.reading(planted.lead) as u:
        days = {one.type: one.occurred_at.date().isoformat() for one in events_of(u, planted.ids["case_id"])}
    assert (row["received_on"], row["acknowledged_on"]) == (days["filed"], days["acknowledge"])
    assert (row["first_response_on"], row["closed_on"]) == (days["inform"], days["close"])
    assert (row["answered_on"], row["outcome"]) == (days["answer"], "Répondu")
    others = [one for reference, one in rows.items() if reference != planted.reference]
    assert others
    assert {one["closed_on"] + one["answered_on"] + one["outcome"] for one in others} == {""}


def test_no_word_of_anybody_stands_in_a_paper(world: World, planted: Planted) -> None:
    with world.database.transaction(planted.lead) as u:
        held = add_agreement(u, partner="Ville", purpose="Présence", starts_on=date(2027, 1, 1), ends_on=None)
    lead = signed_in(world, email="yasmine@passerelle.example")
    for path in (
        f"register.csv?{YEAR}",
        f"register.pdf?{YEAR}",
        "month.pdf",
        f"agreement.pdf?agreement={held.id}",
    ):
        answer = lead.get(f"/s/passerelle/papers/{path}")
        assert answer.status_code == 200, path
        said = " ".join(texts(answer.data)) if "pdf" in path else answer.text
        assert [word for word in planted.words if len(word) > 4 and word in said] == []


def test_the_workbook_says_what_the_csv_says(sqlite_world: World) -> None:
    planted_at(sqlite_world, sqlite_world.lyon, "Chêne", rounds=3)
    lead = signed_in(sqlite_world, email="yasmine@passerelle.example")
    book = read_table(lead.get(f"/s/passerelle/papers/register.xlsx?{YEAR}").data)
    plain = read_table(lead.get(f"/s/passerelle/papers/register.csv?{YEAR}").data)
    assert [row.cells for row in book] == [row.cells for row in plain]


def test_what_would_run_in_a_spreadsheet_is_text() -> None:
    told_ = csv_of(["=A1"], [["=HYPERLINK(1)"], ["-2"], [-2], [date(2027, 3, 1)], [None]]).decode("utf-8-sig")
    assert told_.split("\r\n")[1:-1] == ["'=HYPERLINK(1)", "'-2", "-2", "2027-03-01", '""']


def test_the_page_of_a_month_has_figures_beside_those_before(sqlite_world: World) -> None:
    answered(sqlite_world, meeting={"good": 19, "bad": 5}, day=date(2027, 2, 9))
    answered(sqlite_world, meeting={"good": 9, "bad": 3}, day=date(2027, 1, 9))
    lead = signed_in(sqlite_world, email="yasmine@passerelle.example")
    (page,) = texts(lead.get("/s/passerelle/papers/month.pdf").data)
    assert "Février 2027" in page
    assert re.search(r"79\W%\W\(19 sur 24\)\W+9 sur 12", page)


@pytest.mark.parametrize("role", [role for role, row in PERMISSIONS.items() if row.floor and MAY in row.may])
def test_who_must_not_see_small_counts_gets_the_last_month_alone(sqlite_world: World, role: Role) -> None:
    answered(sqlite_world, meeting={"good": 19, "bad": 6}, day=date(2027, 2, 9))
    answered(sqlite_world, meeting={"good": 40, "bad": 10}, day=date(2027, 1, 9))
    who = signed_in(sqlite_world, role)
    (page,) = texts(who.get("/s/passerelle/papers/month.pdf?month=2027-02").data)
    assert "Février 2027" in page
    assert "76 % (19 sur 25)" in page.replace("\xa0", " ").replace("\u202f", " ")
    assert not re.search(r"sur 50|sur 75|janv|juin|mars", page.partition("Messages")[0])
    assert who.get("/s/passerelle/papers/month.pdf?month=2027-01").status_code == 404
    offered = re.findall(r'<option value="(20[^"]+)"', who.get("/s/passerelle/papers").text)
    assert set(offered) == {"2027-02"}


def test_every_share_of_a_drawn_page_comes_from_the_counts_beside_it(sqlite_world: World) -> None:
    for day, good in ((date(2027, 1, 9), 17), (date(2027, 2, 9), 23)):
        answered(sqlite_world, meeting={"good": good, "bad": 7}, listened={"yes": 21, "no": 3}, day=day)
    lead = signed_in(sqlite_world, email="yasmine@passerelle.example")
    (page,) = texts(lead.get("/s/passerelle/papers/month.pdf?month=2027-02").data)
    told_there = re.findall(r"(\d+)\W%\W\((\d+) sur (\d+)\)", page)
    assert ("77", "23", "30") in told_there
    assert [one for one in told_there if abs(int(one[0]) - 100 * int(one[1]) / int(one[2])) > 0.5] == []
    assert min(int(n) for *_, n in told_there) >= 20


def test_every_share_is_told_with_the_counts_it_is_made_of(sqlite_world: World) -> None:
    chance = random.Random(20270324)  # noqa: S311 -- no secret
    wrong = 0
    with sqlite_world.app.test_request_context("/s/passerelle/papers"):
        for _ in range(10_000):
            n = chance.randrange(1, 400)
            part = chance.randrange(n + 1)
            said = told(Figure("satisfied", part / n, n))
            counts = re.search(r"(\d+) sur (\d+)", said)
            assert counts
            again = (int(counts[1]), int(counts[2]))
            percent = re.match(r"(\d+)", said) if "%" in said else None
            is_right = again == (part, n) and (percent is None) == (n < 20)
            if percent is not None:
                is_right = is_right and abs(int(percent[1]) - 100 * part / n) <= 0.5
            wrong += not is_right
    assert wrong == 0


@pytest.mark.parametrize(
    "asked", ["from=x&to=2027-03-31", "from=2027-04-01&to=2027-03-31", "", "from=2027-01-01"]
)
def test_days_that_are_none_are_asked_for_again(sqlite_world: World, asked: str) -> None:
    lead = signed_in(sqlite_world)
    answer = lead.get(f"/s/passerelle/papers/register.pdf?{asked}")
    assert answer.status_code == 422
    assert "Indiquez les deux dates" in answer.text


def test_an_auditor_takes_papers_out_and_a_mediator_does_not(sqlite_world: World) -> None:
    auditor = signed_in(sqlite_world, Role.AUDITOR)
    assert auditor.get(f"/s/passerelle/papers/register.csv?{YEAR}").status_code == 200
    mediator = signed_in(sqlite_world, Role.MEDIATOR, email="sam@passerelle.example")
    assert mediator.get("/s/passerelle/papers").status_code == 403


def test_the_sheet_of_a_case_says_what_was_said_and_done(world: World, planted: Planted) -> None:
    lead = signed_in(world, email="yasmine@passerelle.example")
    answer = lead.get(f"/s/passerelle/cases/{planted.reference}/sheet.pdf")
    assert planted.reference.lower() in answer.headers["Content-Disposition"]
    pages = texts(answer.data)
    said = " ".join(" ".join(pages).split())
    assert len(pages) <= 2
    assert planted.reference in said
    assert "Voici notre réponse" in said
    assert said.count("La personne") >= 2


def test_nobody_takes_out_the_sheet_of_a_case_that_names_them(sqlite_world: World) -> None:
    made = planted_at(sqlite_world, sqlite_world.lyon, "Chêne", rounds=1)
    named = signed_in(sqlite_world, Role.DIRECTOR, email="sam@passerelle.example")
    path = f"/s/passerelle/cases/{made.reference}/sheet.pdf"
    assert named.get(path).status_code == 200
    with sqlite_world.database.transaction(made.lead) as u:
        name_person(u, made.ids["case_id"], named.person_id)
    assert named.get(path).status_code == 404
