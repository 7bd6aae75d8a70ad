"""A partner files in their own terms, is told the dates by mail, and sees their cases by a link in a mail."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pypdfium2
import pytest
import zxingcpp
from mailing import read, sent
from sqlalchemy import select
from staff import signed_in

from portal.cases.erasing import forget_contact
from portal.cases.models import Case, PartnerCase
from portal.cases.rules import Kind
from portal.cases.ways import Channel, Urgency
from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.notifications.mailers import FileMailer
from portal.notifications.partners import tell_partners
from portal.tenancy.actions import add_agreement
from portal.web import partner
from portal.web.partner import CONFIRMED, CONFIRMED_WITHIN, MOST_CONFIRMED

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from build import World
    from werkzeug.test import TestResponse

HERE = "/p/passerelle/fr/partner"
GIVEN = {
    "wants": "complaint",
    "organisation": "Habitat Confluent",
    "reference": "HC-2027-88",
    "urgency": "stopped",
    "message": "Aucun passage depuis lundi",
    "name": "Nora Lenoir",
    "email": "Nora.Lenoir@habitat.example",
}


def filed(world: World, **other: str) -> TestResponse:
    """What a partner who fills the form in is answered."""
    client = world.app.test_client()
    page = client.get(HERE).text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    return client.post(HERE, data={**GIVEN, **other, "token": token[1]})


def mails(world: World, folder: Path) -> list[EmailMessage]:
    """What has left the house since the last look."""
    sent(world, FileMailer(folder))
    found = [read(path.read_bytes()) for path in sorted(folder.iterdir())]
    for path in folder.iterdir():
        path.unlink()
    return found


def link_in(mail: EmailMessage) -> str:
    """The address, below the portal's, that a mail leads to."""
    found = re.search(r"https?://[^/\s]+(/\S+)", mail.get_content())
    assert found
    return found[1]


def test_a_partner_files_gets_the_dates_and_sees_the_case_by_the_link(world: World, tmp_path: Path) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        held = add_agreement(
            u, partner="Habitat Confluent", purpose="Médiation", starts_on=date(2027, 1, 1), ends_on=None
        ).id
    answer = filed(world, agreement=str(held))
    assert answer.status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        case, beside = u.one(select(Case)), u.one(select(PartnerCase))
        assert case is not None
        assert beside is not None
        assert (case.kind, case.channel, case.agreement_id) == (Kind.COMPLAINT, Channel.PARTNER, held)
        assert (beside.organisation, beside.urgency) == ("Habitat Confluent", Urgency.STOPPED)
        reference = case.reference
    (mail,) = mails(world, tmp_path / "out")
    assert mail["To"] == GIVEN["email"]
    assert reference in mail["Subject"]
    assert "Premier retour au plus tard le" in mail.get_content()
    assert GIVEN["message"] not in mail.get_content()
    client = world.app.test_client()
    shown = client.get(link_in(mail)).text
    assert reference in shown
    assert "HC-2027-88" in shown
    into = re.search(r'href="(/p/passerelle/fr/case/[^"]+)"', shown)
    assert into
    assert GIVEN["message"] in client.get(into[1]).text


def test_a_link_goes_to_who_filed_and_the_page_says_the_same_of_others(world: World, tmp_path: Path) -> None:
    filed(world)
    mails(world, tmp_path / "out")
    client = world.app.test_client()
    pages = [
        client.post(f"{HERE}/cases", data={"email": email}).text
        for email in ("nora.lenoir@HABITAT.example ", "autre@habitat.example")
    ]
    assert pages[0] == pages[1]
    (mail,) = mails(world, tmp_path / "out")
    assert "Habitat" not in mail.get_content()
    link = link_in(mail)
    assert client.get(link).status_code == 200
    assert client.get(link.replace("passerelle", "rive-gauche")).status_code == 400
    world.clock.set(world.clock.now() + timedelta(minutes=31))
    late = client.get(link)
    assert late.status_code == 410
    assert "Demandez-en un autre" in late.text


def test_another_address_opens_other_cases(sqlite_world: World, tmp_path: Path) -> None:
    filed(sqlite_world)
    mails(sqlite_world, tmp_path / "out")
    filed(sqlite_world, email="paul@regie.example", reference="R-1", organisation="Régie")
    (mail,) = mails(sqlite_world, tmp_path / "out")
    shown = sqlite_world.app.test_client().get(link_in(mail)).text
    assert "R-1" in shown
    assert "HC-2027-88" not in shown


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("organisation", "", "Écrivez le nom de votre organisme."),
        ("wants", "thanks", "Choisissez ce que vous attendez de nous."),
        ("urgency", "very", "Dites si c’est urgent."),
        ("email", "nora at habitat", "Écrivez une adresse e-mail complète"),
        ("message", " ", ""),
        ("agreement", "00000000-0000-0000-0000-000000000000", "Choisissez dans la liste."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(
    sqlite_world: World, name: str, value: str, words: str
) -> None:
    answer = filed(sqlite_world, **{name: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert all(kept in answer.text for field, kept in GIVEN.items() if field != name)


def test_a_form_sent_twice_files_once_and_tells_once(sqlite_world: World, tmp_path: Path) -> None:
    client = sqlite_world.app.test_client()
    token = re.search(r'name="token" value="([^"]+)"', client.get(HERE).text)
    assert token
    for _ in range(2):
        assert client.post(HERE, data={**GIVEN, "token": token[1]}).status_code == 303
    assert len(mails(sqlite_world, tmp_path / "out")) == 1
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert len(u.all(select(Case.id))) == 1


def test_staff_read_in_whose_name_it_was_filed(sqlite_world: World) -> None:
    filed(sqlite_world)
    lead = signed_in(sqlite_world)
    page = lead.get("/s/passerelle/cases/PAS-2027-000001").text
    assert "Habitat Confluent" in page
    assert "HC-2027-88" in page
    assert "le service s’arrête" in page


def test_once_a_month_a_partner_hears_how_their_cases_stand(world: World, tmp_path: Path) -> None:
    filed(world)
    filed(world, wants="request", reference="HC-2")
    mails(world, tmp_path / "out")
    told = []
    for day in range(36):  # from 25 March to 29 April
        world.clock.set(world.clock.now() + timedelta(days=1))
        with world.database.transaction(world.lyon.scope) as u:
            tell_partners(u)
        told += [(day, mail.get_content()) for mail in mails(world, tmp_path / "out")]
    ((day, words),) = told
    assert world.clock.now().date() - timedelta(days=35 - day) == date(2027, 4, 1)
    assert "2 reçus, 0 avec réponse. En cours aujourd’hui : 2." in words.replace("\N{NO-BREAK SPACE}", " ")


def test_a_partner_hears_of_the_month_at_the_newest_address_that_is_left(
    sqlite_world: World, tmp_path: Path
) -> None:
    filed(sqlite_world)
    filed(sqlite_world)
    mails(sqlite_world, tmp_path / "out")
    sqlite_world.clock.set(sqlite_world.clock.now() + timedelta(days=8))
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        newest = u.all(select(Case).order_by(Case.received_at.desc(), Case.id.desc()))[0]
        forget_contact(u, newest.id)
        assert tell_partners(u) == 1
    assert len(mails(sqlite_world, tmp_path / "out")) == 1


def test_nobody_can_have_an_address_mailed_without_end(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MOST_CONFIRMED + 2):
        assert filed(sqlite_world, message=f"Message {number}").status_code == 303
    assert len(mails(sqlite_world, tmp_path / "out")) == MOST_CONFIRMED
    sqlite_world.clock.set(sqlite_world.clock.now() + CONFIRMED_WITHIN)
    filed(sqlite_world)
    assert len(mails(sqlite_world, tmp_path / "out")) == 1
    monkeypatch.setattr(partner, "CONFIRMED", replace(CONFIRMED, tries=2))
    sqlite_world.clock.set(sqlite_world.clock.now() + CONFIRMED_WITHIN)
    for name in ("un", "deux", "trois"):
        assert filed(sqlite_world, email=f"{name}@ailleurs.example").status_code == 303
    assert len(mails(sqlite_world, tmp_path / "out")) == 2


def test_a_code_given_to_a_partner_leads_to_their_page_and_counts_as_opened(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        code = issue_code(u, CodeGiven(CodeKind.PARTNER, "Habitat", world.lyon.site.id))
    client = world.app.test_client()
    for path, page in (
        (f"/Q/{code.code}", f"/q/{code.code}/fr/partner"),
        (f"/q/{code.code}/ar", f"/q/{code.code}/ar/partner"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, page)
        assert client.get(page).status_code == 200
    # The same with a card: the question, and nobody is sent anywhere.
    assert client.get(f"/q/{world.lyon.code.code}/fr").status_code == 200


def test_the_settings_and_the_page_of_the_agreement_show_the_partner_s_address_and_square(
    world: World,
) -> None:
    lead = signed_in(world)
    shown = lead.get("/s/passerelle/settings").text
    assert "http://portal.test/p/passerelle/fr/partner" in shown
    assert "?kind=partner" in shown
    asked = lead.get("/s/passerelle/codes/new?kind=partner").text
    assert re.search(r'<option value="partner"[^>]* selected', asked)
    with world.database.transaction(world.lyon.scope) as u:
        held = add_agreement(
            u, partner="Habitat Confluent", purpose="Médiation", starts_on=date(2027, 1, 1), ends_on=None
        ).id
        code = issue_code(u, CodeGiven(CodeKind.PARTNER, "", world.lyon.site.id, agreement_id=held)).code
    shown = lead.get("/s/passerelle/settings").text
    assert f"http://portal.test/q/{code}" in shown
    assert f"<title>{code}</title>" in shown
    pdf = lead.get(f"/s/passerelle/papers/agreement.pdf?agreement={held}")
    with pypdfium2.PdfDocument(pdf.data) as document:
        (page,) = list(document)
        assert f"http://portal.test/q/{code}" in page.get_textpage().get_text_range()
        picture = page.render(scale=3).to_pil()
    assert [one.text for one in zxingcpp.read_barcodes(picture)] == [f"HTTP://PORTAL.TEST/Q/{code}"]
