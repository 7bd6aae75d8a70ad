"""Sheets of paper in a browser: how long one takes to type, by keys alone and by the mouse.

Time is told by the keystroke-level model (`hand`): a key, a press, and a thought before each question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browsing import Colleague
from hand import KEY, PRESS, THINK, Hand
from playwright.sync_api import expect
from sqlalchemy import select
from staff import PASSWORD, signed_in

from portal.people.rules import Role
from portal.questionnaires.models import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from serving import Served

pytestmark = pytest.mark.browser

WORD = "Merci, on m’a bien aidée."
MOST_SECONDS = 20


@pytest.fixture
def mediator(served: Served, new_page: Callable[..., Page]) -> Colleague:
    """A mediator with sheets of Friday, before the first one."""
    signed_in(served.world, Role.MEDIATOR, email="ines@passerelle.example", name="Inès Faure")
    colleague = Colleague(new_page(), served.base_url, "passerelle")
    colleague.sign_in("ines@passerelle.example", PASSWORD)
    page = colleague.page
    page.locator("a[href$='/cases/new']").first.click()
    page.locator("main a[href$='/opinions/key']").click()
    page.locator("select[name=code]").select_option(served.world.lyon.code.code)
    page.locator("input[name=day]").fill("2027-03-19")
    page.locator("main form .buttons button").click()
    return colleague


def days(served: Served) -> list[str]:
    """The day of each response."""
    with served.world.database.reading(served.world.lyon.scope) as u:
        return [str(day) for day in u.all(select(Response.day))]


def test_a_sheet_with_a_free_word_is_typed_by_keys_alone(
    served: Served, mediator: Colleague, record_property: Callable[[str, object], None]
) -> None:
    page = mediator.page
    expect(page.locator("input[name=row]")).to_be_focused()
    hand = Hand(page)
    presses = [*"1120", "Tab", *WORD, "Tab", "Tab", "Enter"]
    for key in presses:
        page.keyboard.insert_text(key) if len(key) == 1 else page.keyboard.press(key)
    expect(page.locator("[role=status]")).to_contain_text("Feuille 1 enregistrée. Bien · Oui · Un peu · – ·")
    # A thought for each of the four questions, for the word, and before sending.
    hand.keys, hand.thoughts = len(presses), 6
    record_property("sheet by keys", f"{hand.keys} keys, {hand.seconds:.1f} s")
    assert hand.seconds <= MOST_SECONDS
    assert hand.measured <= 10
    # The next one: point and day stay, the first field waits.
    expect(page.locator("input[name=row]")).to_be_focused()
    expect(page.locator("h1")).to_have_text("Feuille 2")
    for key in ("3", "3", "3", "3", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("[role=status]")).to_contain_text("Feuille 2 enregistrée.")
    assert 5 * KEY + 5 * THINK <= MOST_SECONDS / 2
    assert days(served) == ["2027-03-19"] * 2


def test_a_sheet_is_typed_with_the_mouse_and_taken_back(
    served: Served, mediator: Colleague, record_property: Callable[[str, object], None]
) -> None:
    page, hand = mediator.page, Hand(mediator.page)
    for name, value in (("meeting", "good"), ("listened", "yes"), ("understood", "little"), ("helped", "no")):
        hand.check(f"answer-{name}", value)
    hand.press("main form .buttons >> nth=-1 >> button")
    hand.thoughts += 1
    expect(page.locator("[role=status]")).to_contain_text("Feuille 1 enregistrée.")
    record_property("sheet by mouse", f"{hand.presses} presses, {hand.seconds:.1f} s")
    assert hand.seconds <= MOST_SECONDS
    assert hand.seconds == pytest.approx(5 * (PRESS + THINK))
    assert len(days(served)) == 1
    page.locator("form[action$='/undo'] button").click()
    expect(page.locator(".flash")).to_contain_text("La feuille est retirée")
    expect(page.locator("h1")).to_have_text("Feuille 1")
    assert days(served) == []
