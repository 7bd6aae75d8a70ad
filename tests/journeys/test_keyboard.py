"""Six journeys without a mouse or a finger: Tab to what is wanted, type, and press it (WCAG 2.1.1).

Nothing is clicked and no field is filled but by keys; what Tab does not come to cannot be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from browsing import Office
    from playwright.sync_api import Page
    from serving import Served

pytestmark = pytest.mark.browser

MOST_STOPS = 80
STORY = "L’éclairage du hall est éteint depuis lundi."
_NAME = """() => { const el = document.activeElement;
    return ((el.labels && el.labels[0]) || el).innerText.replace(/\\s+/g, ' ').trim(); }"""


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Somebody who has nothing but a keyboard."""

    page: Page

    def reach(self, words: str) -> None:
        """Tab until the focus is on what begins with these words; fails where it never is."""
        met = []
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            met.append(str(self.page.evaluate(_NAME)))
            if met[-1].startswith(words):
                return
        pytest.fail(f"Tab never comes to {words}: {met}")

    def press(self, words: str, key: str = "Enter") -> None:
        """Reach a button or link and press it; the next page is there when it has been taken."""
        self.reach(words)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def write(self, label: str, words: str) -> None:
        """Reach a field and type."""
        self.reach(label)
        self.page.keyboard.insert_text(words)

    def reads(self, words: str) -> None:
        """These words stand on the page."""
        expect(self.page.locator("main")).to_contain_text(words)


@pytest.fixture
def resident(page: Page, served: Served) -> Keyboard:
    """A resident at the first question of Lyon's code."""
    page.goto(served.url(f"/q/{served.world.lyon.code.code}/fr"))
    return Keyboard(page)


@pytest.fixture
def colleague(office: Office) -> Keyboard:
    """The quality lead, who signs in by keys."""
    keys = Keyboard(office.new_page())
    keys.page.goto(f"{office.served.base_url}/sign-in")
    keys.write("E-mail", office.email)
    keys.write("Mot de passe", office.password)
    keys.press("Se connecter")
    return keys


def test_an_opinion_is_given_by_keys(resident: Keyboard) -> None:
    resident.press("Bien")
    for answer in ("Oui", "Oui", "Oui"):
        resident.press(answer, "Space")
    resident.reach("Un mot à ajouter")
    resident.page.keyboard.insert_text("Merci à l’équipe.")
    resident.press("Envoyer")
    resident.reads("Merci")


def test_a_complaint_is_filed_and_followed_by_keys(resident: Keyboard) -> None:
    resident.press("Un problème avec notre travail")
    resident.write("Que s’est-il passé", STORY)
    resident.press("Envoyer")
    receipt = resident.page.locator(".receipt").inner_text()
    resident.page.goto(resident.page.url.partition("/receipts/")[0] + "/follow")
    resident.reach("Votre numéro")
    resident.page.keyboard.insert_text(receipt)
    with resident.page.expect_navigation():
        resident.page.keyboard.press("Enter")
    resident.reads(STORY)


def test_help_is_asked_for_with_a_number_to_call(resident: Keyboard) -> None:
    resident.press("J’ai besoin d’aide")
    resident.write("De quoi avez-vous besoin", STORY)
    resident.reach("Je reviendrai lire ici")
    for name in ("Je passerai au local", "Appelez-moi"):
        resident.page.keyboard.press("ArrowDown")
        assert resident.page.evaluate(_NAME) == name
    resident.write("Votre téléphone", "06 41 88 73 10")
    resident.press("Envoyer")
    resident.reads("C’est bien reçu")


def test_a_mistake_is_found_and_mended_by_keys(resident: Keyboard) -> None:
    resident.press("Un problème avec notre travail")
    resident.press("Envoyer")
    expect(resident.page.locator(".error-summary")).to_be_focused()  # some moments after the page is there
    resident.page.keyboard.press("Tab")
    resident.page.keyboard.press("Enter")
    assert resident.page.evaluate("() => document.activeElement.name") == "message"
    resident.page.keyboard.insert_text(STORY)
    resident.press("Envoyer")
    resident.reads("C’est bien reçu")


def test_a_case_is_acknowledged_by_keys(colleague: Keyboard, office: Office) -> None:
    resident = Keyboard(office.new_page())
    resident.page.goto(f"{office.served.base_url}/q/{office.served.world.lyon.code.code}/fr/complaint")
    resident.write("Que s’est-il passé", STORY)
    resident.press("Envoyer")
    colleague.page.reload()
    colleague.press("Réclamation · PAS-2027")
    colleague.reads(STORY)
    colleague.press("J’ai lu le message")
    colleague.reads("Vous l’avez lu")


def test_a_person_is_invited_by_keys(colleague: Keyboard) -> None:
    colleague.press("Équipe")
    colleague.press("Inviter une personne")
    colleague.write("Prénom et nom", "Noor Haddad")
    colleague.write("E-mail", "noor@passerelle.example")
    colleague.reach("Médiation")
    colleague.page.keyboard.press("ArrowDown")
    colleague.press("Envoyer l’invitation")
    colleague.reads("Noor Haddad")


def test_what_tab_does_not_come_to_fails(page: Page) -> None:
    page.set_content("<main><a href='#'>un</a><span onclick='x()'>Envoyer</span></main>")
    with pytest.raises(pytest.fail.Exception, match="Tab never comes to Envoyer"):
        Keyboard(page).reach("Envoyer")
