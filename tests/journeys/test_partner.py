"""A partner in a browser: by the square they were given to a case of theirs, and back by a link in a mail."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from browsing import Colleague, Resident
from hand import Hand
from mailing import trap
from PIL import Image
from playwright.sync_api import expect
from staff import PASSWORD, signed_in

from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.notifications.sending import Post, send_due
from portal.web.mail_text import mail_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailing import Trap
    from playwright.sync_api import Page
    from serving import Served

pytestmark = pytest.mark.browser

SAID = "Le local du 14 reste ouvert la nuit depuis lundi, personne ne répond au numéro de la convention."
ANSWER = "Nous passons chaque soir à 21 heures cette semaine, et fermons le local avec votre gardien."
EMAIL = "nora.lenoir@habitat.example"
_LINK = re.compile(r"https?://\S+/partner/cases/\S+")
CLICKS, SECONDS = 9, 75
"""The most that filing may cost a partner: presses, and seconds of typing and pressing."""


def photo() -> bytes:
    """A picture from a phone."""
    file = BytesIO()
    Image.new("RGB", (640, 480), "#887755").save(file, "JPEG")
    return file.getvalue()


def link_to(served: Served, server: Trap, email: str) -> str:
    """The newest link in a mail to an address, which has travelled through the mail server."""
    post = Post(served.base_url, mail_text(served.world.app), server.mailer)
    send_due(served.world.database, served.world.lyon.scope, post)
    found = (_LINK.search(mail.get_content()) for mail in server.mails if mail["To"] == email)
    return [link[0] for link in found if link][-1]


def test_a_partner_files_by_their_square_and_comes_back_by_a_link_for_half_an_hour(
    served: Served,
    page: Page,
    new_page: Callable[..., Page],
    record_property: Callable[[str, object], None],
) -> None:
    world = served.world
    with world.database.transaction(world.lyon.scope) as u:
        code = issue_code(u, CodeGiven(CodeKind.PARTNER, "Habitat", world.lyon.site.id)).code
    hand, partner = Hand(page), Resident(page)
    page.goto(served.url(f"/Q/{code}"))
    partner.reads("Vous êtes partenaire")
    hand.check("wants", "complaint")
    hand.write("organisation", "Habitat Confluent")
    hand.write("reference", "HC-2027-88")
    hand.check("urgency", "stopped")
    hand.write("message", SAID)
    hand.write("email", EMAIL)
    hand.press("main form .buttons button")
    expect(page.locator(".receipt")).to_be_visible()
    hand.press("main a[href*='/case/']")
    hand.press("details:has(input[name=photo]) summary")
    page.locator("input[name=photo]").set_input_files(
        {"name": "local.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    page.get_by_role("button", name="Envoyer la photo").click()
    partner.reads("Photos", "Photo 1")
    record_property("partner", f"{hand.presses} presses, {hand.keys} keys, {hand.seconds:.0f} s")
    assert hand.presses <= CLICKS
    assert hand.seconds <= SECONDS
    assert hand.measured <= 15

    with trap().listening() as server:
        lead = Colleague(new_page(), served.base_url, "passerelle")
        signed = signed_in(world)
        lead.sign_in(signed.email, PASSWORD)
        lead.open_case(SAID[:30])
        lead.reads("HC-2027-88")
        lead.step("acknowledge")
        lead.step("answer", ANSWER, "Fondé")

        desk = Resident(new_page())
        link = link_to(served, server, EMAIL)
        world.clock.set(world.clock.now() + timedelta(minutes=29))
        desk.page.goto(link)
        desk.reads("HC-2027-88", "Réponse envoyée")
        desk.page.locator("main a[href*='/case/']").click()
        desk.reads(SAID, ANSWER)

        world.clock.set(world.clock.now() + timedelta(minutes=2))
        desk.page.goto(link)
        desk.reads("Ce lien a trop attendu")
        back = Hand(desk.page)
        back.write("email", EMAIL)
        back.press("main form .buttons button")
        desk.reads("un lien est en route")
        desk.page.goto(link_to(served, server, EMAIL))
        desk.reads("HC-2027-88")
        record_property("partner, by link", f"{back.presses} presses, {back.seconds:.0f} s")
