"""What a hurried hand does to the forms of a case: no words are lost, and none are kept twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from browsing import Resident
from playwright.sync_api import expect
from sqlalchemy import select

from portal.cases.models import Case, Message

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from serving import Served

pytestmark = pytest.mark.browser

STORY = "L’éclairage du hall est éteint depuis lundi, et personne ne répond."


@pytest.fixture
def resident(page: Page) -> Resident:
    """Somebody with a phone."""
    return Resident(page)


def entrance(served: Served, door: str) -> str:
    """The address of a door of Lyon's code, in French."""
    return served.url(f"/q/{served.world.lyon.code.code}/fr/{door}")


def kept(served: Served) -> tuple[int, int]:
    """How many cases Lyon has, and how many messages in them."""
    with served.world.database.reading(served.world.lyon.scope) as u:
        return len(u.all(select(Case.id))), len(u.all(select(Message.id)))


def test_two_taps_on_send_are_one_case_and_going_back_makes_no_other(
    served: Served, resident: Resident, page: Page
) -> None:
    page.goto(entrance(served, "complaint"))
    page.locator("textarea").fill(STORY)
    page.locator("main form button:not([name])").dblclick()
    expect(page.locator(".receipt")).to_be_visible()
    receipt = resident.receipt
    page.go_back()
    expect(page.locator("textarea")).to_be_visible()
    page.go_forward()
    expect(page.locator(".receipt")).to_be_visible()
    assert resident.receipt == receipt
    assert kept(served) == (1, 1)


def test_a_form_left_open_for_a_day_gives_the_words_back_and_takes_them_then(
    served: Served, resident: Resident, page: Page
) -> None:
    page.goto(entrance(served, "complaint"))
    served.world.clock.advance(timedelta(hours=25))
    resident.send(STORY)
    expect(page.locator("textarea")).to_have_value(STORY)
    assert kept(served) == (0, 0)
    page.locator("main form button:not([name])").click()
    expect(page.locator(".receipt")).to_be_visible()
    assert kept(served) == (1, 1)


def test_a_reply_that_waited_too_long_is_sent_after_the_number_is_given_again(
    served: Served, resident: Resident, page: Page
) -> None:
    page.goto(entrance(served, "complaint"))
    resident.send(STORY)
    expect(page.locator(".receipt")).to_be_visible()
    receipt = resident.receipt
    page.goto(entrance(served, "follow"))
    resident.send_number(receipt)
    resident.reads(STORY)
    served.world.clock.advance(timedelta(minutes=31))
    resident.send("Encore éteint ce soir.", "textarea[name=message]")
    resident.send_number(receipt)
    expect(page.locator("textarea[name=message]")).to_have_value("Encore éteint ce soir.")
    resident.send("Encore éteint ce soir.", "textarea[name=message]")
    resident.reads("Encore éteint ce soir.")
    assert kept(served) == (1, 2)


def test_a_number_opens_its_message_however_it_is_typed_and_a_wrong_one_stays_in_its_field(
    served: Served, resident: Resident, page: Page
) -> None:
    page.goto(entrance(served, "request"))
    resident.send(STORY)
    expect(page.locator(".receipt")).to_be_visible()
    receipt = resident.receipt
    digits = receipt.replace(" ", "")
    ways = (
        digits,
        "-".join(receipt.split()),
        receipt.replace("0", "O").replace("1", "l"),
        receipt.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    )
    for typed in ways:
        page.goto(entrance(served, "follow"))
        resident.send_number(typed)
        resident.reads(STORY)
    last = str((int(digits[-1]) + 1) % 10)
    for typed, told in {
        digits[:-1]: "Comptez-les",
        digits[:-1] + last: "chiffre",
        "123456 7890123456 11": "Nous ne trouvons",
    }.items():
        page.goto(entrance(served, "follow"))
        resident.send_number(typed)
        resident.reads(told)
        expect(page.locator("input[name=receipt]")).to_have_value(typed)
