"""A resident gives an opinion in Arabic, on a small phone without JavaScript; the team reads the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.core.languages import LANGUAGES
from portal.questionnaires.models import Answer, AnswerText, Response
from portal.tenancy import vault

if TYPE_CHECKING:
    from build import World
    from playwright.sync_api import Page
    from serving import Served

pytestmark = pytest.mark.browser

PHONE_WIDTH = 360
WORDS = "شكرًا جزيلًا، لقد استمع إليّ الفريق جيّدًا 🙏"


def words_read(world: World) -> list[str]:
    """The free words of Lyon's structure, opened with its keys as staff pages open them."""
    with world.database.reading(world.lyon.scope) as u:
        return [
            vault.opened(
                u,
                vault.row_key(u, "answer_text", row.response_id, row.key_wrapped),
                row.body_sealed,
                ("answer_text", row.response_id, "word"),
            )
            for row in u.all(select(AnswerText))
        ]


def test_a_resident_answers_in_arabic_from_the_square_to_the_thanks(served: Served, page: Page) -> None:
    page.goto(served.url(f"/Q/{served.world.lyon.code.code}"))
    page.get_by_role("link", name="العربية").click()
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.get_by_role("heading", level=1).inner_text() == "كيف كان اللقاء مع فريقنا؟"
    page.get_by_role("button", name="جيّد", exact=True).click()
    page.get_by_role("button", name="نعم").click()
    page.get_by_role("button", name="تخطّ").click()
    page.get_by_role("button", name="قليلاً").click()
    page.get_by_label("هل من كلمة تضاف؟").fill(WORDS)
    page.locator("button:not([name])").click()
    assert page.url.endswith("/ar/done")
    assert "شكرا" in page.get_by_role("heading", level=1).inner_text().replace("ً", "")
    world = served.world
    with world.database.reading(world.lyon.scope) as u:
        assert u.all(select(Response.language)) == ["ar"]
        assert u.all(select(Response.finished)) == [True]
        assert sorted(u.all(select(Answer.choice))) == ["good", "little", "yes"]
    assert words_read(world) == [WORDS]


def test_the_browsers_back_button_corrects_an_answer_instead_of_counting_two(
    served: Served, page: Page
) -> None:
    page.goto(served.url(f"/q/{served.world.lyon.code.code}/ar"))
    page.get_by_role("button", name="جيّد", exact=True).click()
    page.get_by_role("button", name="نعم").wait_for()
    page.go_back()
    page.get_by_role("button", name="غير جيّد").click()
    page.get_by_role("button", name="لا", exact=True).click()
    with served.world.database.reading(served.world.lyon.scope) as u:
        assert sorted(u.all(select(Answer.choice))) == ["bad", "no"]
        assert len(u.all(select(Response.id))) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_is_wider_than_a_small_phone(served: Served, page: Page, language: str) -> None:
    code = served.world.lyon.code.code
    about = [f"/p/passerelle/{language}/{name}" for name in ("privacy", "accessibility", "results")]
    for path in (
        "/",
        "/?code=O0I1LU",
        f"/q/{code}/{language}",
        f"/q/{code}/{language}/done",
        f"/q/{code}/{language}/danger",
        f"/q/{code}/tlh",
        f"/q/{code}/{language}/answers/x/2",
        *about,
    ):
        page.goto(served.url(path))
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH, path
