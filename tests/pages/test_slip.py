"""The card to take home: the number of a message typed for somebody, on paper, and stored nowhere."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from printed import require_fonts, sizes
from staff import Colleague, signed_in

from portal.people.rules import Role
from portal.printing.proof import each_page, squares_in

if TYPE_CHECKING:
    from build import World

NEW = "/s/passerelle/cases/new"


@pytest.fixture(autouse=True)
def _fonts() -> None:
    require_fonts()


def kept(colleague: Colleague, **fields: str) -> str:
    """Where the receipt of what was just typed stands."""
    token = re.search(r'name="token" value="([^"]+)"', colleague.get(NEW).text)
    assert token
    given = {"kind": "complaint", "channel": "counter", "message": "Personne.", "received_on": "2027-03-24"}
    return colleague.post(NEW, token=token[1], **{**given, **fields}).location


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_a_card_holds_the_number_and_a_square_that_leads_to_the_answer(
    sqlite_world: World, language: str
) -> None:
    mediator = signed_in(sqlite_world, Role.MEDIATOR)
    page = mediator.get(kept(mediator, language=language))
    link = re.search(r'href="([^"]+/card\.pdf)"', page.text)
    assert link
    number = re.search(r"\d{6} \d{10} \d{2}", re.sub("<[^>]+>", "", page.text))
    assert number
    card = mediator.get(link[1])
    assert (card.status_code, card.mimetype, card.headers["Cache-Control"]) == (
        200,
        "application/pdf",
        "no-store",
    )
    ((width, height),) = sizes(card.data)
    assert (round(width), round(height)) == (148, 105)
    address = f"HTTP://PORTAL.TEST/P/PASSERELLE/{language.upper()}/FOLLOW"
    assert each_page(card.data, squares_in, dpi=200) == [[address]]
    with pypdfium2.PdfDocument(card.data) as document:
        said = document[0].get_textpage().get_text_range()
    assert all(group in said for group in number[0].split())
    scanned = sqlite_world.app.test_client().get(address.removeprefix("HTTP://PORTAL.TEST"))
    assert (scanned.status_code, scanned.location) == (308, f"/p/passerelle/{language}/follow")


def test_thanks_promise_nothing_on_their_card(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    card = lead.get(f"{kept(lead, kind='thanks')}/card.pdf")
    with pypdfium2.PdfDocument(card.data) as document:
        assert "au plus tard" not in document[0].get_textpage().get_text_range()


def test_a_card_is_made_for_half_an_hour_and_for_colleagues_of_the_structure(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    card = f"{kept(lead)}/card.pdf"
    abroad = signed_in(sqlite_world, at=sqlite_world.strasbourg, email="lea@rive.example")
    assert abroad.get(card).status_code == 404
    assert abroad.get(card.replace("/passerelle/", "/rive-gauche/")).status_code == 410
    sqlite_world.clock.advance(timedelta(minutes=31))
    assert lead.get(card).status_code == 410
