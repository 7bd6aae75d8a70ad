"""The portal's main job from end to end, in a browser: a scanned code, an answer, a case, the figures.

A resident who reads Arabic, a small phone without JavaScript; a colleague who signs in like everybody.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from browsing import Resident, changes, scanned
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from browsing import Office
    from playwright.sync_api import Page
    from serving import Served

pytestmark = pytest.mark.browser

STORY = "تركتُ رسالتين عند الباب ولم يتّصل بي أحد. المصعد معطّل منذ ١٢ يومًا."
QUESTION = "في أيّ مبنى يقع المصعد؟"
REPLY = "المبنى ب، المدخل الثاني."
ANSWER = "نعتذر. أُصلح المصعد يوم الخميس ١ أبريل، وسيتّصل بكم السيّد كريم غدًا."
WORD = "شكرًا لكم"
OPINION = (
    ("كيف كان اللقاء مع فريقنا؟", "جيّد"),
    ("هل استُمع إليك؟", "نعم"),
    ("هل كانت الشروح مفهومة؟", "تخطّي"),
    ("هل أفادك ذلك؟", "قليلاً"),
)
AFTERWARDS = datetime(2027, 4, 30, 9, 0, tzinfo=UTC)
"""A day on which every promise of the story has fallen due."""
MEETING, LISTENED, HELPED, HERE = (
    "Comment s’est passée la rencontre avec notre équipe ?",
    "On vous a écouté ?",
    "Cela vous a aidé ?",
    "Par site · La Passerelle, centre",
)
HEARD = {
    "phrase 1": (
        "Sur 27 avis, 78 % sont « Bien » (entre 59 % et 89 %). C’est peu : à lire avec prudence.",
        "Sur 28 avis, 79 % sont « Bien » (entre 60 % et 90 %). C’est peu : à lire avec prudence.",
    ),
    "Avis": ("28", "29"),
    "Satisfaits": ("78 % | entre 59 % et 89 % · n = 27", "79 % | entre 60 % et 90 % · n = 28"),
    "mois · mars 2027": ("80 % (55 % à 93 %) | n = 15", "81 % (57 % à 93 %) | n = 16"),
    MEETING: ("28 avis", "29 avis"),
    f"{MEETING} · Bien": ("78 %", "79 %"),
    f"{MEETING} · Bien, nombre": ("21", "22"),
    f"{MEETING} · Pas bien": ("15 %", "14 %"),
    LISTENED: ("7 avis", "8 avis"),
    f"{LISTENED} · Oui": ("71 %", "75 %"),
    f"{LISTENED} · Oui, nombre": ("5", "6"),
    f"{LISTENED} · Non": ("29 %", "25 %"),
    HELPED: ("0 avis", "1 avis"),
    f"{HELPED} · Oui": ("", "0 %"),
    f"{HELPED} · Oui, nombre": ("", "0"),
    f"{HELPED} · Un peu": ("", "100 %"),
    f"{HELPED} · Un peu, nombre": ("", "1"),
    f"{HELPED} · Non": ("", "0 %"),
    f"{HELPED} · Non, nombre": ("", "0"),
    f"{HELPED} · Trop tôt pour le dire": ("", "(0)"),
    f"{HELPED} · Trop tôt pour le dire, nombre": ("", "0"),
    f"{HERE} · Avis": ("28", "29"),
    f"{HERE} · Satisfaits": ("78 %", "79 %"),
    f"{HERE} · Entre": ("59 % à 89 %", "60 % à 90 %"),
}
"""What one answer changes on the dashboard; the question that was skipped is not among it."""
ASKED = {
    "Réclamations": ("2", "3"),
    "Depuis 2 jours ouvrés ou moins": ("0", "1"),
    "Par un code QR": ("0", "1"),
    f"{HERE} · Réclamations": ("2", "3"),
}
"""What a complaint changes on the day it comes."""
_ONE, _TWO = (f"– | {n} pour l’instant : chiffre donné à partir de 20." for n in (1, 2))
ANSWERED = {
    "phrase 2": (
        "Réclamations : réponses données à temps, 1 sur 2.",
        "Réclamations : réponses données à temps, 2 sur 3.",
    ),
    "Réponses données à temps": ("1 sur 2", "2 sur 3"),
    "Réponses arrivées à la personne": ("0 sur 1", "1 sur 2"),
    "Réclamations": ("2", "3"),
    "Premier retour : la moitié en": (_ONE, _TWO),
    "Réponse : la moitié en": (_ONE, _TWO),
    "Réponse, attente comprise : la moitié en": (_ONE, _TWO),
    "Par un code QR": ("0", "1"),
    f"{HERE} · Réclamations": ("2", "3"),
    f"{HERE} · À temps": ("1 sur 2", "2 sur 3"),
    "Délais du premier retour · 1 · Réclamations": ("", "1"),
    "Délais de réponse · 4 · Attente comprise": ("", "5"),
    "Délais de réponse · 4 · Réclamations": ("", "1"),
}
"""What it has changed once it is answered: first word after a day, answer after four without the wait."""


def at(month: int, day: int, hour: int) -> datetime:
    """That hour of Greenwich in 2027."""
    return datetime(2027, month, day, hour, tzinfo=UTC)


def followed(served: Served, phone: Page, receipt: str) -> Resident:
    """The page of a message, found again on another phone with nothing but the card and the number."""
    phone.goto(served.base_url)
    resident = Resident(phone)
    resident.send(served.world.lyon.code.code.lower(), "input[name=code]")
    resident.enter("follow")
    resident.send_number(receipt)
    return resident


def test_a_scanned_code_leads_to_an_answer_in_arabic_and_the_figures_tell_exactly_that(
    served: Served, page: Page, new_page: Callable[..., Page], office: Office
) -> None:
    clock = served.world.clock
    before, then = office.board(clock.now()), office.board(AFTERWARDS)

    # Wednesday, on the landing: the picture on the card, one tap for each question, then what went wrong.
    lead = office.sits_down()
    lead.open("codes")
    resident = Resident(page)
    page.goto(scanned(lead.page.locator(".qr").first))
    resident.tap("العربية")
    for question, answer in OPINION:
        resident.reads(question)
        resident.tap(answer)
    resident.reads("هل من كلمة تضاف؟")
    resident.send(WORD)
    resident.enter("complaint")
    resident.send(STORY)
    resident.reads("الخميس، 8 أبريل 2027")
    receipt = resident.receipt
    page.close()
    assert changes(before, office.board(clock.now())) == {**HEARD, **ASKED}

    # Thursday, at the desk: a colleague has read it, and lacks one thing to answer.
    clock.set(at(3, 25, 9))
    lead = office.sits_down()
    lead.open_case(STORY[:30])
    lead.step("acknowledge")
    lead.step("ask", QUESTION)
    lead.sees("En attente de la personne")

    # Friday, on another phone: the number opens the question, and takes the reply.
    clock.set(at(3, 26, 9))
    resident = followed(served, new_page("ar"), receipt)
    resident.reads(QUESTION)
    assert (QUESTION, "ar", "rtl") in resident.said()
    resident.send(REPLY)
    resident.reads(REPLY)
    assert (REPLY, "ar", "rtl") in resident.said()
    resident.reads("الجمعة، 9 أبريل 2027")

    # Thursday after Easter: answered and closed.
    clock.set(at(4, 1, 9))
    lead = office.sits_down()
    lead.open_case(STORY[:30])
    expect(lead.page.locator(".messages")).to_contain_text(REPLY)
    lead.step("answer", ANSWER, finding="Fondé")
    lead.step("close")
    lead.sees("Clos")

    # The day after: the answer is read where it was promised.
    clock.set(at(4, 2, 9))
    resident = followed(served, new_page("ar"), receipt)
    resident.reads(ANSWER)
    assert (ANSWER, "ar", "rtl") in resident.said()

    assert changes(then, office.board(AFTERWARDS)) == {**HEARD, **ANSWERED}
