"""What is said and not written, in a browser: a call typed in, passed on, called back in Arabic.

Clicks and signs are counted, and their time told as `hand` does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from browsing import Colleague, Resident
from hand import Hand
from playwright.sync_api import expect
from sqlalchemy import select
from staff import PASSWORD, signed_in

from portal.cases.models import Case
from portal.people.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from serving import Served

pytestmark = pytest.mark.browser

SAID = (
    "Mme Diallo dit que personne n’est venu mardi pour l’ascenseur : elle a attendu une heure dans le hall."
)
STORY = "تركتُ رسالتين عند الباب ولم يتّصل بي أحد."
ANSWER = "نعتذر. أُصلح المصعد يوم الخميس."


@pytest.fixture
def team(served: Served, new_page: Callable[..., Page]) -> Callable[..., Colleague]:
    """What seats a colleague with a role at a desk of their own."""

    def seated(role: Role, name: str) -> Colleague:
        email = f"{role.value.replace('_', '.')}@passerelle.example"
        signed_in(served.world, role, email=email, name=name)
        colleague = Colleague(new_page(), served.base_url, "passerelle")
        colleague.sign_in(email, PASSWORD)
        return colleague

    return seated


def reference(served: Served) -> str:
    """The one case of Lyon."""
    with served.world.database.reading(served.world.lyon.scope) as u:
        (found,) = u.all(select(Case.reference))
        return str(found)


def test_a_complaint_by_telephone_is_typed_in_less_than_a_minute(
    served: Served, page: Page, team: Callable[..., Colleague], record_property: Callable[[str, object], None]
) -> None:
    mediator = team(Role.MEDIATOR, "Inès Faure")
    hand = Hand(mediator.page)
    hand.press("a[href$='/cases/new']")
    hand.check("kind", "complaint")
    hand.check("channel", "phone")
    hand.write("message", SAID)
    hand.press("main form .buttons button")
    expect(mediator.page.locator(".receipt")).to_be_visible()
    record_property("telephone", f"{hand.presses} presses, {hand.keys} keys, {hand.seconds:.0f} s")
    assert (hand.presses, hand.keys) == (5, len(SAID))
    assert hand.seconds <= 60
    assert hand.measured <= 15
    # The number on the mediator's screen is the person's; the case is closed to the mediator.
    receipt = Resident(mediator.page).receipt
    mediator.open(f"cases/{reference(served)}")
    expect(mediator.page.locator("main")).not_to_contain_text(SAID)
    page.goto(f"{served.base_url}/p/passerelle/fr/follow")
    resident = Resident(page)
    resident.send_number(receipt)
    resident.reads(SAID)


def test_when_the_director_is_the_subject_another_handles_it_and_the_director_sees_no_trace(
    served: Served, team: Callable[..., Colleague]
) -> None:
    lead = team(Role.QUALITY_LEAD, "Camille Roux")
    director = team(Role.DIRECTOR, "Hugo Blanc")
    hand = Hand(lead.page)
    hand.press("a[href$='/cases/new']")
    hand.check("kind", "complaint")
    hand.check("channel", "counter")
    hand.write("message", SAID)
    hand.press("details:has(input[name=concerns]) summary")
    lead.page.get_by_label("Hugo Blanc").check()
    hand.presses += 1
    hand.press("main form .buttons button")
    expect(lead.page.locator(".receipt")).to_be_visible()
    assert hand.presses <= 7
    assert hand.seconds <= 60
    director.open("cases")
    expect(director.page.locator("main")).not_to_contain_text(reference(served))
    director.open(f"cases/{reference(served)}")
    expect(director.page.locator("main")).to_contain_text("Nous ne trouvons pas cette page")
    lead.open_case(SAID[:30])
    lead.reads("Hugo Blanc")


def test_what_is_the_landlord_s_is_passed_on_and_looked_at_again(
    served: Served, page: Page, team: Callable[..., Colleague]
) -> None:
    lead = team(Role.QUALITY_LEAD, "Camille Roux")
    page.goto(served.url(f"/q/{served.world.lyon.code.code}/fr"))
    resident = Resident(page)
    resident.enter("concern")
    resident.send("L’ascenseur du 12 est en panne depuis dix jours.")
    receipt = resident.receipt
    lead.open("bodies")
    bodies = Hand(lead.page)
    bodies.write("name", "Lyon Habitat")
    bodies.press("form[action$='/bodies'] button")
    lead.reads("Lyon Habitat")

    lead.open_case("L’ascenseur du 12")
    hand = Hand(lead.page)
    hand.press("details:has(form[action$='/pass_on']) > summary")
    lead.page.locator("form[action$='/pass_on'] select").select_option(label="Lyon Habitat")
    hand.presses += 1
    hand.check("consent", "written")
    hand.press("form[action$='/pass_on'] button")
    lead.sees("En attente d’un tiers")
    assert hand.presses <= 4
    page.goto(f"{served.base_url}/p/passerelle/fr/follow")
    resident.send_number(receipt)
    resident.reads("Ce n’est pas nous, mais nous savons à qui le dire.", "Lyon Habitat", "8 avril 2027")

    served.world.clock.set(datetime(2027, 4, 8, 8, 0, tzinfo=UTC))
    lead = again(lead, Role.QUALITY_LEAD)
    lead.open("cases")
    lead.reads("demandez ce qui a été fait")
    lead.open_case("L’ascenseur du 12")
    look = Hand(lead.page)
    look.press("details:has(form[action$='/check']) > summary")
    look.check("checked", "done")
    look.press("form[action$='/check'] button")
    lead.sees("En cours de traitement")
    assert look.presses <= 3
    page.reload()
    page.goto(f"{served.base_url}/p/passerelle/fr/follow")
    resident.send_number(receipt)
    resident.reads("C’est fait.")


def again(colleague: Colleague, role: Role) -> Colleague:
    """The same colleague, signed in anew after weeks."""
    colleague.sign_in(f"{role.value.replace('_', '.')}@passerelle.example", PASSWORD)
    return colleague


def test_somebody_who_reads_arabic_is_called_back_and_the_call_is_noted(
    served: Served, page: Page, team: Callable[..., Colleague]
) -> None:
    lead = team(Role.QUALITY_LEAD, "Camille Roux")
    page.goto(served.url(f"/q/{served.world.lyon.code.code}/ar"))
    resident = Resident(page)
    resident.enter("complaint")
    page.locator("input[name=contact_kind][value=phone]").check()
    page.locator("input[name=contact]").fill("06 39 98 12 34")
    resident.send(STORY)

    lead.open_case(STORY[:20])
    lead.step("acknowledge")
    lead.step("answer", ANSWER, "Fondé")
    lead.sees("Répondu")
    lead.open("cases")
    lead.reads("Appeler la personne")
    lead.open_case(STORY[:20])
    hand = Hand(lead.page)
    hand.press("details:has(form[action$='/reach']) > summary")
    hand.check("reached", "reached")
    hand.press("form[action$='/reach'] button")
    lead.reads("La personne l’a su le 24 mars 2027, par téléphone.")
    assert hand.presses <= 3
