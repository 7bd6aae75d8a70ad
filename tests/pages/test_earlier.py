"""Results from before the portal stand apart, whole or not at all, and leave without a trace."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

import pypdfium2
from insight_world import answered
from phone import Phone
from sqlalchemy import func, select
from staff import signed_in

from portal.insight.queries import figures
from portal.insight.selection import Selection, last_day, months_after
from portal.people.rules import Role
from portal.records.models import EarlierResult, EarlierSeries

if TYPE_CHECKING:
    from build import World
    from staff import Colleague
    from werkzeug.test import TestResponse

EARLIER = "/s/passerelle/records/earlier"
PAPER = "/s/passerelle/papers/earlier.pdf"
TABLE = (
    "question;période;réponses;satisfaits;taux\n"
    "Accueil ?;2024;200;168;\nAccueil ?;2025;250;;81,5\nDélais ?;2025;40;38;\nDélais ?;2024;12;9;\n"
)


def sent(lead: Colleague, table: str = TABLE, **more: str) -> TestResponse:
    """What the page answers to a table."""
    fields = {"csrf_token": lead.csrf, "name": "Enquête mairie", "source": "Rapport 2025, p. 12", **more}
    return lead.client.post(EARLIER, data={**fields, "table": (BytesIO(table.encode()), "avant.csv")})


def cells(page: str) -> str:
    """A page without its marks, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_series_is_shown_apart_and_moves_no_figure_and_goes_as_if_it_had_never_come(world: World) -> None:
    lead = signed_in(world)
    answered(world, meeting={"good": 30, "bad": 10})
    today = world.clock.now().date()
    asked = Selection(months_after(today, -11), last_day(today))

    def told() -> object:
        with world.database.reading(lead.scope) as u:
            return figures(u, asked).values

    before, dashboard = told(), lead.get("/s/passerelle/dashboard").text
    assert sent(lead).status_code == 303
    page = lead.get("/s/passerelle/dashboard").text
    for words in ("Série antérieure, non recalculable", "Enquête mairie", "Rapport 2025, p. 12"):
        assert words in cells(page)
    assert "84 % (168 sur 200)" in cells(page).replace("\xa0", " ").replace("\u202f", " ")
    assert "81,5 %" in cells(page).replace("\xa0", " ")
    assert "9 sur 12" in cells(page), "of twelve the counts alone"
    assert "75" not in cells(page[page.index('id="earlier"') :]).split("Que compte")[0]
    assert page.count("line-dotted") == 1, "a line needs two shares: the second question has one"
    assert told() == before
    paper = lead.get(PAPER)
    with pypdfium2.PdfDocument(paper.data) as document:
        (text,) = [each.get_textpage().get_text_range() for each in document]
    assert "non recalculable" in text
    assert "168 sur 200" in text
    assert "Enquête mairie" in Phone.at(world, "/p/passerelle/fr/results").page.text
    undo = re.search(rf'action="({EARLIER}/[^"]+/undo)"', lead.get(EARLIER).text)
    assert undo
    assert lead.post(undo[1]).status_code == 303
    assert lead.post(undo[1]).status_code == 303, "twice is once"
    assert lead.get("/s/passerelle/dashboard").text == dashboard
    assert lead.get(PAPER).status_code == 404
    with world.database.reading(lead.scope) as u:
        assert u.one(select(func.count()).select_from(EarlierResult)) == 0
        assert [one.undone_by for one in u.all(select(EarlierSeries))] == [lead.person_id]


def test_a_table_with_one_fault_leaves_nothing_in(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    page = sent(lead, TABLE + "Délais ?;2023;10;11;\n")
    assert page.status_code == 422
    assert "Ligne 6" in page.text
    assert sent(lead, "<html><table></table></html>").status_code == 422
    assert sent(lead, name="").status_code == 422
    assert "Donnez un nom" in sent(lead, name="").text
    assert lead.post(EARLIER, name="A", source="B").status_code == 422
    with sqlite_world.database.reading(lead.scope) as u:
        assert u.all(select(EarlierSeries)) == []


def test_one_result_is_typed_or_refused_at_its_field(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    typed = {"name": "Baromètre", "source": "Bailleur, 2026", "question": "Accueil ?", "n": "120"}
    page = lead.post(EARLIER, **typed, first="2026-03-01", last="2026-02-01", share="120")
    assert page.status_code == 422
    for field in ("first", "share"):
        assert f'href="#{field}"' in page.text
        assert f'id="{field}"' in page.text
    assert lead.post(EARLIER, **typed, first="2026-03-01", last="2026-06-30", share="84,5").status_code == 303
    assert "84,5" in lead.get(EARLIER).text


def test_small_counts_of_before_stay_hidden_from_whom_they_must(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    auditor = signed_in(sqlite_world, Role.AUDITOR, email="ana@passerelle.example", name="Ana Silva")
    assert sent(lead).status_code == 303
    # 38 of 40 leaves two who were not, 9 of 12 three: both are small; 168 of 200 is not.
    for seen in (
        auditor.get("/s/passerelle/dashboard").text,
        Phone.at(sqlite_world, "/p/passerelle/fr/results").page.text,
    ):
        assert "168 sur 200" in cells(seen)
        for few in ("38 sur 40", "9 sur 12", "95"):
            assert few not in cells(seen[seen.index("Enquête mairie") :])
    assert "38 sur 40" in cells(lead.get("/s/passerelle/dashboard").text), "the control"
    assert auditor.get(EARLIER).status_code == 403


def test_a_year_beside_its_ten_months_tells_nobody_the_rest(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    head = "question;du;au;réponses;satisfaits\n"
    year, months = "2025-01-01;2025-12-31", "2025-01-01;2025-10-31"
    assert sent(lead, f"{head}Accueil ?;{year};200;168\nDélais ?;{year};200;150\n").status_code == 303
    part = f"{head}Accueil ?;{months};195;165\nDélais ?;{months};150;110\n"
    assert sent(lead, part, name="Rapport").status_code == 303
    seen = cells(Phone.at(sqlite_world, "/p/passerelle/fr/results").page.text)
    assert "165 sur 195" not in seen
    for shown in ("168 sur 200", "150 sur 200", "110 sur 150"):
        assert shown in seen
    assert "165 sur 195" in cells(lead.get("/s/passerelle/dashboard").text)


def test_a_series_of_another_structure_is_not_there(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    assert sent(lead).status_code == 303
    with sqlite_world.database.reading(lead.scope) as u:
        id_ = u.all(select(EarlierSeries.id))[0]
    other = signed_in(sqlite_world, at=sqlite_world.strasbourg, email="ines@rive.example", name="Inès")
    assert other.post(f"/s/rive-gauche/records/earlier/{id_}/undo").status_code == 404
    assert "Enquête mairie" not in other.get("/s/rive-gauche/dashboard").text
