"""The tablet of a counter in a browser: left alone, it starts anew; gone back to, it shows nobody's words.

The silences are shortened for the test; that a page tells the browser the full ones is looked at elsewhere.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from browsing import Resident
from playwright.sync_api import Error, expect
from sqlalchemy import select

from portal.questionnaires.models import Response
from portal.web import opinion_pages, tablet

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from serving import Served

pytestmark = pytest.mark.browser

WORD = "Personne n’est venu mardi."
SHORT = timedelta(seconds=2)


@pytest.fixture
def counter(served: Served, page: Page) -> Page:
    """A tablet on its first page."""
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(served.url(f"/t/{served.world.lyon.code.code}"))
    return page


def first_page(served: Served) -> re.Pattern[str]:
    """The address on which nobody has begun."""
    return re.compile(f"/t/{served.world.lyon.code.code}$")


def test_one_person_after_the_other_answers_and_nothing_stays(
    served: Served, counter: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tablet, "THANKS", SHORT)
    resident = Resident(counter)
    for answer in ("Bien", "Oui", "Un peu", "Non"):
        resident.tap(answer)
    resident.send(WORD)
    resident.reads("Merci.", "cette page se ferme seule")
    expect(counter).to_have_url(first_page(served))
    for _step in range(6):
        counter.go_back()
        assert WORD not in counter.content()
        assert counter.locator(".answer-chosen").count() == 0
    counter.goto(served.url(f"/t/{served.world.lyon.code.code}"))
    resident.tap("Pas bien")
    with served.world.database.reading(served.world.lyon.scope) as u:
        assert [row.mode for row in u.all(select(Response))] == ["tablet"] * 2


def test_a_page_left_halfway_starts_anew_in_the_first_language(
    served: Served, counter: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opinion_pages, "QUIET", SHORT)
    counter.locator("a[lang=ar]").click()
    Resident(counter).tap("جيّد")
    expect(counter).to_have_url(re.compile("/answers/"))
    expect(counter).to_have_url(first_page(served))
    expect(counter.locator("html")).to_have_attribute("lang", "fr")


def test_who_writes_slowly_keeps_the_words_and_files_when_ready(served: Served, counter: Page) -> None:
    resident = Resident(counter)
    resident.enter("complaint")
    counter.locator("textarea").fill(WORD)
    resident.tap("J’ai besoin de plus de temps")
    expect(counter.locator("textarea")).to_have_value(WORD)
    resident.tap("Envoyer")
    expect(counter.locator(".receipt")).to_be_visible()
    receipt = resident.receipt
    resident.tap("J’ai terminé : à la personne suivante")
    expect(counter).to_have_url(first_page(served))
    served.world.clock.advance(timedelta(seconds=61))
    counter.go_back()
    expect(counter.locator("body")).not_to_contain_text(receipt)
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the browser asks whether to send a form again
        counter.go_back()
    expect(counter.locator("body")).not_to_contain_text(WORD)
