"""The questionnaire on paper: the same questions and codes, in each language, for each open point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pytest
from printed import require_fonts, sizes
from staff import signed_in

from portal.channels.actions import CodeGiven, issue_code, retire_code
from portal.channels.rules import CodeKind
from portal.core.languages import LANGUAGES
from portal.people.rules import Role
from portal.printing.proof import each_page, squares_in

if TYPE_CHECKING:
    from build import World

PAPER = "/s/passerelle/opinions/paper"


@pytest.fixture(autouse=True)
def _fonts() -> None:
    require_fonts()


def text_of(pdf: bytes) -> str:
    """What stands on the pages."""
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_asks_what_the_screen_asks_and_its_square_is_read_back(
    sqlite_world: World, language: str
) -> None:
    mediator, code = signed_in(sqlite_world, Role.MEDIATOR), sqlite_world.lyon.code.code
    answer = mediator.get(f"{PAPER}.pdf?code={code}&language={language}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    ((width, height),) = sizes(answer.data)
    assert (round(width), round(height)) == (210, 297)
    assert each_page(answer.data, squares_in, dpi=170) == [[f"HTTP://PORTAL.TEST/Q/{code}"]]
    said = text_of(answer.data)
    # The reader of a page that runs to the left turns what runs to the right.
    marks = {mark for at in range(1, 7) for mark in (f"Q{at}", f"{at}Q") if mark in said}
    assert {mark.strip("Q") for mark in marks} == set("12345")
    if LANGUAGES[language].direction == "ltr":
        assert f"v1 · {language}" in said
    if language == "fr":
        assert "Comment s’est passée la rencontre" in said
        assert "Pas de nom" in said
        assert b"pdfuaid" in answer.data


def test_a_site_without_a_code_has_a_sheet_without_a_square(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    answer = lead.get(f"{PAPER}.pdf?code={sqlite_world.lyon.site.id}")
    assert answer.status_code == 200
    assert each_page(answer.data, squares_in, dpi=170) == [[]]
    assert "par ce carré" not in text_of(answer.data)


def test_a_name_that_no_font_can_write_is_told_and_nothing_is_printed(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        u.session.merge(sqlite_world.lyon.structure).name = "La \U0001f9ff Passerelle"
    answer = lead.get(f"{PAPER}.pdf?code={sqlite_world.lyon.code.code}")
    assert answer.status_code == 422
    assert "\U0001f9ff" in answer.text


def test_only_open_points_of_ones_own_are_offered(sqlite_world: World) -> None:
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        retired = issue_code(u, CodeGiven(CodeKind.POSTER, "", sqlite_world.lyon.site.id))
        retire_code(u, retired.id)
        partners = issue_code(u, CodeGiven(CodeKind.PARTNER, "", sqlite_world.lyon.site.id))
        gone, theirs = retired.code, partners.code
    lead = signed_in(sqlite_world)
    page = lead.get(PAPER).text
    assert sqlite_world.lyon.code.code in page
    for code in (gone, theirs, sqlite_world.strasbourg.code.code):
        assert code not in page
        assert lead.get(f"{PAPER}.pdf?code={code}").status_code == 404
    assert lead.get(f"{PAPER}.pdf?language=xx").status_code == 404


def test_it_is_found_where_one_looks(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    for page in ("codes", "questionnaires"):
        assert PAPER in lead.get(f"/s/passerelle/{page}").text
