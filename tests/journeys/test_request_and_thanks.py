"""A request for help and a word of thanks: they reach people like a complaint does, and count as none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from browsing import Resident, changes

if TYPE_CHECKING:
    from collections.abc import Callable

    from browsing import Office
    from playwright.sync_api import Page
    from serving import Served

pytestmark = pytest.mark.browser

HELP = "I cannot read the letter of the housing office. Could somebody read it with me?"
ANSWER = "Come any Tuesday from 2 pm: somebody will read it with you."
THANKS = "Merci à toute l’équipe d’avoir ouvert le local samedi."
AFTERWARDS = datetime(2027, 4, 30, 9, 0, tzinfo=UTC)
RECEIVED = {"Demandes d’aide": ("1", "2"), "Remerciements": ("1", "2"), "Par un code QR": ("0", "2")}


def test_a_request_and_a_thanks_are_handled_and_change_no_figure_of_complaints(
    served: Served, page: Page, new_page: Callable[..., Page], office: Office
) -> None:
    clock, entrance = served.world.clock, served.url(f"/q/{served.world.lyon.code.code}")
    before, then = office.board(clock.now()), office.board(AFTERWARDS)

    # Somebody needs help, and leaves a number to be called.
    resident = Resident(page)
    page.goto(f"{entrance}/en")
    resident.enter("request")
    page.get_by_label("Call me").check()
    page.locator("input[name=contact]").fill("06 39 98 12 34")
    resident.send(HELP)
    resident.reads("Thursday, 8 April 2027")
    request = resident.receipt

    # Somebody else says thank you: nothing is owed, and nothing is promised.
    thankful = Resident(new_page())
    thankful.page.goto(f"{entrance}/fr")
    thankful.enter("thanks")
    thankful.send(THANKS)
    thankful.reads("C’est bien reçu.")
    both = {**RECEIVED, "Depuis 2 jours ouvrés ou moins": ("0", "2")}
    assert changes(before, office.board(clock.now())) == both

    # A colleague reads both: one is answered and closed, the other needs nothing more.
    lead = office.sits_down()
    lead.open_case(THANKS[:30])
    lead.step("settle")
    lead.sees("Clos")
    lead.open_case(HELP[:30])
    lead.reads("06 39 98 12 34")
    lead.step("start")
    lead.step("answer", ANSWER)
    lead.step("close")
    lead.sees("Clos")

    page.goto(f"{entrance}/en/follow")
    resident.send_number(request)
    resident.reads(ANSWER)
    reached = {"Réponses arrivées à la personne": ("0 sur 1", "1 sur 2")}
    assert changes(then, office.board(AFTERWARDS)) == {**RECEIVED, **reached}
