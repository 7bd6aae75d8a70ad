"""A complaint that was right, an action from it, done, and what it changed: clicks and time counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from browsing import Colleague as Desk
from learning import NOBODY_CAME, complaint, leading
from playwright.sync_api import expect
from staff import PASSWORD, signed_in

from portal.cases.rules import Finding
from portal.people.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from serving import Served
    from staff import Colleague

pytestmark = pytest.mark.browser

BEFORE, AFTER = 9, 1
MOST_SECONDS, MOST_SECONDS_OF_AN_INCIDENT = 30, 45


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
