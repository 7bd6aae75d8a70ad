"""Codes on paper, from the page that offers them: who gets which file, and what it never says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from printed import require_fonts, sizes, words_of
from staff import signed_in

from portal.channels.actions import CodeGiven, issue_code, retire_code
from portal.channels.rules import CodeKind
from portal.core.languages import LANGUAGES
from portal.people.rules import Permission, Role, may
from portal.printing.fonts import missing
from portal.printing.formats import FORMATS
from portal.printing.proof import each_page, squares_in
from portal.tenancy.actions import set_branding, tell_staff_informed

if TYPE_CHECKING:
    from uuid import UUID

    from build import World

PRINT = "/s/passerelle/codes/print"


@pytest.fixture(autouse=True)
def _fonts() -> None:
    require_fonts()


def issued(world: World, mediator_id: UUID | None = None) -> str:
    """One more code of Lyon, by its signs."""
    with world.database.transaction(world.lyon.scope) as u:
        given = CodeGiven(CodeKind.BADGE, "secret de la maison", world.lyon.site.id, mediator_id=mediator_id)
        return issue_code(u, given).code


@pytest.mark.parametrize("what", FORMATS)
def test_a_code_is_printed_in_every_format_and_read_back(sqlite_world: World, what: str) -> None:
    lead, code = signed_in(sqlite_world), sqlite_world.lyon.code.code
    answer = lead.get(f"{PRINT}/{what}.pdf?code={code}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    format_ = FORMATS[what]
    ((width, height),) = sizes(answer.data)
    assert width == pytest.approx(format_.width, abs=0.2)
    assert height == pytest.approx(format_.height, abs=0.2)
    assert each_page(answer.data, squares_in, dpi=100) == [
        [f"HTTP://PORTAL.TEST/Q/{code}"] * format_.per_page
    ]
    assert "La Passerelle" in words_of(answer.data)


@pytest.mark.parametrize(
    ("locale", "what", "name"),
    [
        ("fr", "badge", "badge-passerelle-{code}.pdf"),
        ("fr", "poster-a4", "affiche-a4-passerelle-{code}.pdf"),
        ("ar", "badge", "badge-passerelle-{code}.pdf"),
        ("en", "sheet", "sheet-of-ten-cards-passerelle-{code}.pdf"),
    ],
)
def test_a_file_has_a_name_that_says_what_it_is(
    sqlite_world: World, locale: str, what: str, name: str
) -> None:
    lead, code = signed_in(sqlite_world, locale=locale), sqlite_world.lyon.code.code
    answer = lead.get(f"{PRINT}/{what}.pdf?code={code}")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{name.format(code=code)}"'


def test_every_open_code_is_printed_when_none_is_named(sqlite_world: World) -> None:
    lead, mine = signed_in(sqlite_world), {sqlite_world.lyon.code.code, issued(sqlite_world)}
    answer = lead.get(f"{PRINT}/card.pdf?site={sqlite_world.lyon.site.id}")
    read = each_page(answer.data, squares_in, dpi=150)
    assert {page[0].rpartition("/")[2] for page in read} == mine
    assert lead.get(f"{PRINT}/card.pdf").data == answer.data
    sheet = lead.get(f"{PRINT}/sheet.pdf").data
    assert [len(page) for page in each_page(sheet, squares_in, dpi=150)] == [2]
    assert lead.get(f"{PRINT}/card.pdf?site={sqlite_world.strasbourg.site.id}").status_code == 404


def test_a_poster_speaks_every_language_that_is_shipped(sqlite_world: World) -> None:
    lead, code = signed_in(sqlite_world), sqlite_world.lyon.code.code
    shown = words_of(lead.get(f"{PRINT}/poster-a3.pdf?code={code}").data)
    assert "Ici, votre avis compte." in shown
    assert "Here, your opinion" in shown
    assert "رأيكم" in shown
    assert len(LANGUAGES) == 3, "a language more: say here what its poster says"


def test_a_badge_names_no_mediator(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    nadia = signed_in(sqlite_world, Role.MEDIATOR, email="nadia@passerelle.example", name="Nadia Zwiebelturm")
    code = issued(sqlite_world, nadia.person_id)
    closed = lead.get(f"{PRINT}/badge.pdf?code={code}")
    assert closed.status_code == 422
    assert "CSE" in closed.text
    with sqlite_world.database.transaction(lead.scope) as u:
        tell_staff_informed(u, date(2027, 1, 4))
    for what in FORMATS:
        answer = lead.get(f"{PRINT}/{what}.pdf?code={code}")
        shown = words_of(answer.data) + str(answer.headers) + answer.data.decode("latin-1")
        for word in ("Nadia", "Zwiebelturm", "secret de la maison"):
            assert word not in shown


def test_the_page_offers_every_format_and_leads_there(sqlite_world: World) -> None:
    lead, code = signed_in(sqlite_world), sqlite_world.lyon.code.code
    assert f"{PRINT}?code={code}" in lead.get("/s/passerelle/codes").text
    page = lead.get(f"{PRINT}?code={code}").text
    for what in FORMATS:
        assert f'action="{PRINT}/{what}.pdf"' in page
    assert page.count(f'name="code" value="{code}"') == len(FORMATS)


@pytest.mark.parametrize("wrong", ["right=16", "down=-99", "gap_x=beaucoup", "gap_y=nan", "gap_x=-1"])
def test_a_shift_off_the_paper_is_said_and_kept(sqlite_world: World, wrong: str) -> None:
    lead = signed_in(sqlite_world)
    answer = lead.get(f"{PRINT}/sheet.pdf?{wrong}")
    assert answer.status_code == 422
    assert "La planche se décale" in answer.text
    name, _, value = wrong.partition("=")
    assert f'<a href="#{name}">' in answer.text
    assert f'value="{value}" aria-describedby="{name}-error"' in answer.text
    assert lead.get(f"{PRINT}/sheet.pdf?right=1,5&down=-2.25").status_code == 200


def test_fonts_that_are_missing_are_named_to_the_team(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "portal.printing.drawing.missing", lambda fonts: [*missing(fonts), "Noto Sans Arabic"]
    )
    answer = signed_in(sqlite_world).get(f"{PRINT}/badge.pdf")
    assert answer.status_code == 503
    assert "fonts-noto-core" in answer.text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Passerelle \U000f1234", "\\u{f1234}"),
        ("Verbindung" * 40, "Le texte ne tient pas"),
    ],
)
def test_a_name_that_cannot_be_printed_is_told(sqlite_world: World, name: str, told: str) -> None:
    lead = signed_in(sqlite_world)
    with sqlite_world.database.transaction(lead.scope) as u:
        set_branding(u, name=name, colour="#0b5c68")
    answer = lead.get(f"{PRINT}/badge.pdf")
    assert answer.status_code == 422
    assert told in answer.text


def test_only_who_may_see_codes_prints_them(sqlite_world: World) -> None:
    code = sqlite_world.lyon.code.code
    for at, role in enumerate(Role):
        somebody = signed_in(sqlite_world, role, email=f"r{at}@passerelle.example")
        expected = 200 if may(role, Permission.READ_CODES) else 403
        assert somebody.get(f"{PRINT}?code={code}").status_code == expected
        assert somebody.get(f"{PRINT}/sticker.pdf?code={code}").status_code == expected


def test_foreign_unknown_and_retired_codes_are_not_printed(world: World) -> None:
    lead = signed_in(world)
    for code in (world.strasbourg.code.code, "222222"):
        for path in (PRINT, f"{PRINT}/badge.pdf"):
            assert lead.get(f"{path}?code={code}").status_code == 404
            assert lead.get(f"{path}?code={world.lyon.code.code}&code={code}").status_code == 404
    with world.database.transaction(lead.scope) as u:
        retire_code(u, world.lyon.code.id)
    assert lead.get(f"{PRINT}/badge.pdf?code={world.lyon.code.code}").status_code == 410
    nothing = lead.get(f"{PRINT}/badge.pdf")
    assert nothing.status_code == 422
    assert "Aucun code" in nothing.text
    assert lead.get(f"{PRINT}/mug.pdf").status_code == 404
