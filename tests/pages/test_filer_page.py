"""What a filer reads of their case, and what becomes of words on a page that was open too long."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from casework import step
from phone import Phone
from sqlalchemy import select
from staff import signed_in

from portal.cases.models import Case
from portal.channels.actions import retire_code
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World

STORY = "On m’a parlé <sèchement>.\nDevant tous."
LATER = timedelta(minutes=31)


def shown(phone: Phone) -> str:
    """The words of the page, without markup and doubled spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", phone.page.text.split("<main")[1])).split())


def typed(phone: Phone) -> str:
    """What stands in the page's text field."""
    found = re.search(r"(?s)<textarea[^>]*>\n(.*?)</textarea>", phone.page.text)
    assert found
    return unescape(found[1])


def filed(world: World, door: str = "complaint") -> tuple[Phone, str, str]:
    """A phone on the receipt page, the receipt, and the reference that the team sees."""
    phone = Phone.at(world, f"/q/{world.lyon.code.code}/fr/{door}")
    phone.send(message=STORY)
    number = re.search(r"\d{6} \d{10} \d{2}", shown(phone))
    assert number
    with world.database.reading(world.lyon.scope) as u:
        reference = u.all(select(Case.reference).order_by(Case.reference.desc()))[0]
    return phone, number[0], reference


def follow(world: World, receipt: str) -> Phone:
    """A phone on the case's page."""
    return ask(Phone.at(world, f"/q/{world.lyon.code.code}/fr/follow"), receipt=receipt)


def ask(phone: Phone, **fields: str) -> Phone:
    """Send the form for a number, which carries no token."""
    answer = phone.client.post(phone.action, data=fields)
    phone.page = phone.open(answer.location) if answer.status_code == 303 else answer
    return phone


# Where it stands


def test_a_new_case_says_by_when_somebody_reads_it_and_by_when_somebody_answers(sqlite_world: World) -> None:
    _, receipt, _ = filed(sqlite_world)
    text = shown(follow(sqlite_world, receipt))
    assert "Une personne le lit au plus tard le 26 mars 2027" in text
    assert "Une personne vous répond au plus tard le 8 avril 2027" in text
    assert not re.search(r"\b(clos|dossier|traitement|instruction)\b", text, re.IGNORECASE)


def test_while_we_wait_for_the_filer_no_date_is_promised_and_none_is_broken(sqlite_world: World) -> None:
    _, receipt, reference = filed(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    step(lead, reference, "acknowledge")
    step(lead, reference, "ask", message="Quel jour était-ce ?")
    sqlite_world.clock.set(datetime(2027, 4, 12, 9, 0, tzinfo=UTC))
    text = shown(follow(sqlite_world, receipt))
    assert "Nous continuons dès votre réponse." in text
    assert "avril" not in text.split("Les étapes")[0]
    assert "retard" not in text
    assert text.index("Votre réponse") < text.index("Les étapes")


def test_a_promise_that_was_broken_is_owned_with_its_date(sqlite_world: World) -> None:
    _, receipt, _ = filed(sqlite_world)
    sqlite_world.clock.set(datetime(2027, 4, 12, 9, 0, tzinfo=UTC))
    text = shown(follow(sqlite_world, receipt))
    assert "Nous sommes en retard" in text
    assert "Nous avions promis une réponse pour le jeudi 8 avril 2027" in text


def test_a_second_look_is_said_and_promised_anew(sqlite_world: World) -> None:
    _, receipt, reference = filed(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    step(lead, reference, "start")
    step(lead, reference, "answer", message="Voici notre réponse.", finding="not_upheld")
    phone = follow(sqlite_world, receipt)
    assert "Réponse envoyée" in shown(phone)
    action = re.search(r'action="([^"]+/contest)"', phone.page.text)
    assert action
    phone.client.post(action[1], data={"token": phone.token})
    text = shown(follow(sqlite_world, receipt))
    assert "Nous relisons tout." in text
    assert "au plus tard le jeudi 8 avril 2027" in text


def test_a_case_closed_long_ago_takes_no_more_words_and_leads_to_the_first_page(sqlite_world: World) -> None:
    _, receipt, reference = filed(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    step(lead, reference, "start")
    step(lead, reference, "answer", message="Voici notre réponse.", finding="upheld")
    step(lead, reference, "close", outcome="answered", finding="upheld")
    assert "Vous pouvez encore nous écrire" in shown(follow(sqlite_world, receipt))
    sqlite_world.clock.advance(timedelta(days=61))
    phone = follow(sqlite_world, receipt)
    assert "Pour autre chose, écrivez-nous de nouveau." in shown(phone)
    assert "<textarea" not in phone.page.text
    assert phone.open(phone.link("Aller à la première page")).status_code == 200


def test_thanks_are_thanked_for_and_promise_nothing(sqlite_world: World) -> None:
    phone, receipt, reference = filed(sqlite_world, "thanks")
    assert "il ouvre votre réponse" not in shown(phone)
    step(signed_in(sqlite_world, Role.QUALITY_LEAD), reference, "settle")
    text = shown(follow(sqlite_world, receipt))
    assert "Une personne a lu votre message. Merci à vous." in text
    assert "répond" not in text


def test_the_page_of_a_case_can_be_read_in_another_language(sqlite_world: World) -> None:
    _, receipt, _ = filed(sqlite_world)
    phone = follow(sqlite_world, receipt)
    phone.open(phone.link("English"))
    assert "Somebody will answer you" in shown(phone)


# Nothing is lost


@pytest.mark.parametrize("door", ["complaint", "request", "concern", "thanks", "idea"])
def test_a_form_that_was_open_for_a_day_comes_back_with_its_words_and_can_be_sent(
    sqlite_world: World, door: str
) -> None:
    phone = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr/{door}")
    sqlite_world.clock.advance(timedelta(hours=24, seconds=1))
    phone.send(message=STORY)
    assert phone.page.status_code == 410
    assert "Vos mots sont toujours là" in shown(phone)
    assert typed(phone) == STORY
    phone.send(message=typed(phone))
    assert "C’est bien reçu." in shown(phone)


def test_a_reply_on_a_page_open_too_long_goes_with_the_number_to_the_case(
    sqlite_world: World,
) -> None:
    _, receipt, _ = filed(sqlite_world)
    phone = follow(sqlite_world, receipt)
    sqlite_world.clock.advance(LATER)
    phone.send(message="C’était <mardi>.")
    assert phone.page.status_code == 410
    assert "rien n’est perdu" in shown(phone)
    assert typed(phone) == "C’était <mardi>."
    ask(phone, receipt="1", message=typed(phone))
    assert typed(phone) == "C’était <mardi>."
    ask(phone, receipt=receipt, message=typed(phone))
    assert phone.page.status_code == 200
    assert typed(phone) == "C’était <mardi>."
    phone.send(message=typed(phone))
    assert "Vous · 24 mars 2027 C’était <mardi>." in shown(phone)


def test_a_photo_or_a_second_look_asked_too_late_leads_to_the_number(sqlite_world: World) -> None:
    _, receipt, _ = filed(sqlite_world)
    phone = follow(sqlite_world, receipt)
    here = phone.path
    sqlite_world.clock.advance(LATER)
    for name in ("photo", "contest", "close"):
        page = phone.client.post(f"{here}/{name}", data={"token": phone.token})
        assert page.status_code == 410, name
        assert 'name="receipt"' in page.text
        assert "<textarea" not in page.text


# Ways on


def test_an_old_card_leads_to_the_structure_it_came_from(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        retire_code(u, world.lyon.code.id)
    phone = Phone.at(world, f"/q/{world.lyon.code.code}/ar")
    assert phone.page.status_code == 410
    assert "La Passerelle" in phone.page.text
    phone.open(phone.link("المتابعة من دون رمز"))
    assert phone.path == "/p/passerelle/ar"


def test_below_a_good_code_a_wrong_address_blames_the_address_and_not_the_code(sqlite_world: World) -> None:
    here = f"/q/{sqlite_world.lyon.code.code}/fr"
    phone = Phone.at(sqlite_world, f"{here}/complaint/x")
    assert phone.page.status_code == 404
    assert "La Passerelle" in phone.page.text
    assert 'name="code"' not in phone.page.text
    assert phone.link("Aller à la première page") == here


@pytest.mark.parametrize("slug", ["nowhere", "a%00b", "%F0%9F%99%8F", "x" * 5000])
def test_a_structure_that_is_none_gets_the_page_of_the_portal(world: World, slug: str) -> None:
    page = world.app.test_client().get(f"/p/{slug}/fr/complaint/x")
    assert page.status_code in {400, 404}
    assert "Portevoix" in page.text
