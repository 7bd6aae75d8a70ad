"""A complaint that was right, an action, its effect, what residents are told: clicks and time counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from browsing import Colleague as Desk
from learning import NOBODY_CAME, complaint, leading
from playwright.sync_api import expect
from staff import PASSWORD, signed_in

from portal.cases.rules import Finding
from portal.people.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page
    from serving import Served
    from staff import Colleague

pytestmark = pytest.mark.browser

BEFORE, AFTER = 9, 1
MOST_SECONDS, MOST_SECONDS_OF_AN_INCIDENT = 30, 45
CHANGED = "Deux personnes de plus de 18 h à 22 h."


@dataclass(slots=True)
class Hand:
    """What is done on a page, counted: clicks on buttons, links and choices, and fields that are filled."""

    page: Page
    clicks: int = 0
    fields: int = 0

    def click(self, role: str, name: str) -> None:
        """One click."""
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]  # a role by name
        self.clicks += 1

    def fill(self, label: str, words: str) -> None:
        """One field."""
        self.page.get_by_label(label, exact=True).fill(words)
        self.fields += 1


def printed(path: Path) -> list[str]:
    """The words of each page of a file, on one line."""
    with pypdfium2.PdfDocument(path) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def planted(served: Served, lead: Colleague) -> str:
    """Months of complaints that nobody came, one a fortnight; the last was found right."""
    world, scope = served.world, leading(lead)
    now = world.clock.now()
    for turn in range(BEFORE - 1):
        world.clock.set(now - timedelta(days=14 * (BEFORE - turn)))
        complaint(world, scope, salt=turn)
    world.clock.set(now)
    return complaint(world, scope, motif=None, finding=Finding.UPHELD, salt=100)


def sat_down(served: Served, new_page: Callable[..., Page], lead: Colleague) -> Desk:
    """The lead in a browser of their own, signed in by the page for it."""
    desk = Desk(new_page(), served.base_url, "passerelle")
    desk.sign_in(lead.email, PASSWORD)
    return desk


def test_from_a_complaint_to_an_action_done_and_its_effect(
    served: Served, new_page: Callable[..., Page]
) -> None:
    lead = signed_in(served.world)
    reference = planted(served, lead)
    desk = sat_down(served, new_page, lead)
    hand = Hand(desk.page)

    # The subject, in three taps at most: open the list, choose, keep.
    desk.open(f"cases/{reference}")
    desk.page.get_by_label("De quoi s’agit-il ?").select_option(NOBODY_CAME)
    desk.page.locator("form[action$='/motif'] button").click()
    desk.reads("Le sujet est noté.")

    # The action: two clicks and three fields, in less than half a minute.
    began = monotonic()
    hand.click("link", "Créer une action")
    hand.fill("Qu’allez-vous faire ?", "Doubler les rondes du soir")
    desk.page.get_by_label("Qui la fait ?", exact=True).select_option(label="Camille Roux")
    hand.fields += 1
    hand.fill("Pour quand ?", "2027-04-20")
    hand.click("button", "Décider")
    desk.reads("L’action est décidée.")
    spent = monotonic() - began
    assert (hand.clicks, hand.fields) == (2, 3)
    assert spent <= MOST_SECONDS, spent
    expect(desk.page.get_by_text("Doubler les rondes du soir")).to_be_visible()

    # It is done three weeks later; nothing can be said of its effect yet.
    served.world.clock.advance(timedelta(days=21))
    desk = sat_down(served, new_page, lead)
    desk.open("actions")
    desk.page.get_by_role("link", name="Doubler les rondes du soir").click()
    desk.step("done", "Rondes de 18 h à 22 h depuis lundi, planning affiché.")
    desk.reads("Pas encore assez de données")

    # Half a year later one more complaint has come, and the page shows the effect: nobody types anything.
    served.world.clock.advance(timedelta(days=60))
    complaint(served.world, leading(lead), salt=200)
    served.world.clock.advance(timedelta(days=110))
    desk = sat_down(served, new_page, lead)
    desk.open("actions/1")
    effect = desk.page.locator("#effect")
    expect(effect).to_contain_text("Mieux")
    cells = [row.inner_text().split("\n") for row in effect.locator("tbody tr").all()]
    assert len(cells) == 2
    print(f"{hand.clicks} clicks, {hand.fields} fields, {spent:.1f} s; {effect.inner_text()}")  # noqa: T201 -- what was measured
    told_to_residents(served, new_page, desk)


def told_to_residents(served: Served, new_page: Callable[..., Page], desk: Desk) -> None:
    """The page of the month; then two sentences, written by one, shown once another has read them."""
    hand, began = Hand(desk.page), monotonic()
    hand.click("link", "Documents")
    with desk.page.expect_download() as month:
        desk.page.locator("form[action$='/papers/month.pdf'] button").click()
    hand.clicks += 1
    assert len(printed(month.value.path())) == 1
    hand.click("link", "Plan d’amélioration")
    hand.click("link", "Action 1 · Doubler les rondes du soir")
    hand.click("link", "Dire aux habitants ce qui a changé")
    desk.page.locator("#fr summary").click()
    desk.page.locator("#fr-said").fill("Le soir, on attend trop longtemps.")
    desk.page.locator("#fr-did").fill(CHANGED)
    hand.fields += 2
    desk.page.locator("#fr form[action$='/fr'] button").click()
    hand.clicks += 2
    desk.reads("le relit avant les habitants")
    second = sat_down(
        served, new_page, signed_in(served.world, Role.DIRECTOR, email="noe@passerelle.example")
    )
    second.open("given-back/1")
    reader = Hand(second.page)
    reader.click("button", "J’ai relu : montrer aux habitants")
    second.reads("Les habitants peuvent le lire")
    reader.click("link", "La page que lisent les habitants")
    expect(second.page.get_by_text(CHANGED)).to_be_visible()
    hand.click("link", "Vous avez dit, nous avons fait")
    with desk.page.expect_download() as sheet:
        desk.page.locator("#sheet button").click()
    hand.clicks += 1
    (text,) = printed(sheet.value.path())
    assert CHANGED in text
    assert "Depuis, moins de messages" in text
    assert (hand.clicks, hand.fields, reader.clicks) == (9, 2, 2)
    spent = monotonic() - began
    print(f"{hand.clicks} clicks, {reader.clicks} of a second person, {spent:.1f} s")  # noqa: T201 -- idem


def test_an_incident_is_told_from_a_phone_in_seconds(served: Served, new_page: Callable[..., Page]) -> None:
    mediator = signed_in(served.world, Role.MEDIATOR, email="sami@passerelle.example", name="Sami Diallo")
    desk = sat_down(served, new_page, mediator)
    hand = Hand(desk.page)
    desk.open("actions")
    began = monotonic()
    hand.click("link", "Ce que nous avons remarqué")
    hand.click("link", "Dire ce que vous avez remarqué")
    hand.fill("En quelques mots", "Une marche est cassée devant le local, quelqu’un est tombé.")
    hand.click("button", "Envoyer")
    desk.reads("Merci. Quelqu’un le lira")
    spent = monotonic() - began
    assert (hand.clicks, hand.fields) == (3, 1), "an incident is what is chosen already"
    assert spent <= MOST_SECONDS_OF_AN_INCIDENT, spent
    print(f"{hand.clicks} clicks, {hand.fields} field, {spent:.1f} s")  # noqa: T201 -- what was measured
