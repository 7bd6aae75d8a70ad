"""A voice message: sent where one would write, heard by the team alone, sealed and destroyed like a photo."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from phone import Phone
from sqlalchemy import select
from staff import signed_in

from portal.cases import filing, voices
from portal.cases.erasing import forget_words
from portal.cases.models import Attachment, Case
from portal.cases.queries import case_by_id, thread, voices_of
from portal.cases.replay import differences
from portal.cases.rules import CaseState
from portal.cases.writing import BY_FILER
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World
    from staff import Colleague
    from werkzeug.test import TestResponse

SOUND = b"#!AMR\n" + bytes(range(200)) * 20
SHORTEST = 6_000
"""A limit that needs no file of two megabytes to be passed."""
PATH = "/p/passerelle/fr/complaint"


def spoken(world: World, sound: bytes = SOUND, *, token: str = "", **fields: str) -> TestResponse:
    """What comes of a complaint with a voice message."""
    phone = Phone.at(world, PATH)
    file = (io.BytesIO(sound), "memo.amr")
    data = {"token": token or phone.token, "message": "", "voice": file, **fields}
    return phone.client.post(PATH, data=data, content_type="multipart/form-data")


def only_case(world: World) -> Case:
    """The one case of Lyon."""
    with world.database.reading(world.lyon.scope) as u:
        (case,) = u.all(select(Case))
        return case


def voices_kept(world: World) -> list[Attachment]:
    """The voice messages of the one case of Lyon."""
    with world.database.reading(world.lyon.scope) as u:
        return list(voices_of(u, u.all(select(Case))[0].id))


def voice_url(colleague: Colleague, case: Case) -> str:
    """Where the case's page plays its voice message."""
    page = colleague.get(f"/s/passerelle/cases/{case.reference}").text
    found = re.search(r'<audio controls preload="none" src="([^"]+)"', page)
    assert found, page
    return found[1]


def test_who_cannot_write_files_a_complaint_by_voice_alone(world: World) -> None:
    assert spoken(world).status_code == 303
    case = only_case(world)
    lead = signed_in(world)
    page = lead.get(f"/s/passerelle/cases/{case.reference}")
    assert "(Message vocal)" in page.text
    # RGAA 4.7, 4.10, 4.11: one knows what will be heard, nothing plays by itself, by keys as by hand.
    player = re.search(r"<audio[^>]*>", page.text)
    assert player
    assert 'aria-label="Message vocal 1"' in player[0]
    assert "autoplay" not in player[0]
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    heard = lead.get(voice_url(lead, case))
    assert (heard.status_code, heard.data, heard.mimetype) == (200, SOUND, "audio/amr")
    assert heard.headers["Content-Disposition"] == f'attachment; filename="{case.reference}.amr"'
    assert heard.headers["X-Content-Type-Options"] == "nosniff"
    assert heard.headers["Cache-Control"] == "no-store"
    with world.database.reading(world.lyon.scope) as u:
        assert differences(u, case_by_id(u, case.id)) == []
        (row,) = u.all(select(Attachment))
        assert SOUND[6:40] not in row.body_sealed


def test_a_form_sent_twice_keeps_one_voice_and_words_stay_beside_it(world: World) -> None:
    token = Phone.at(world, PATH).token
    for _ in range(2):
        assert spoken(world, token=token, message="L'ascenseur est en panne.").status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        (case,) = u.all(select(Case))
        assert len(voices_of(u, case.id)) == 1
        assert [said.text for said in thread(u, case)] == ["L'ascenseur est en panne."]


def test_a_voice_that_could_not_be_kept_leaves_no_case_of_which_nobody_knows_what_it_says(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = Phone.at(world, PATH).token

    def cut(*_given: object, **_more: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(filing, "attach", cut)
        assert spoken(world, token=token).status_code == 500
    with world.database.reading(world.lyon.scope) as u:
        assert u.all(select(Case)) == []
    assert spoken(world, token=token).status_code == 303
    assert len(voices_kept(world)) == 1


def test_a_form_sent_again_with_other_voices_keeps_three_and_says_so(sqlite_world: World) -> None:
    token = Phone.at(sqlite_world, PATH).token
    sent = [spoken(sqlite_world, SOUND + bytes([n]), token=token) for n in range(4)]
    assert [one.status_code for one in sent] == [303, 303, 303, 422]
    assert "3 messages vocaux" in sent[3].text
    assert len(voices_kept(sqlite_world)) == 3


def test_no_voice_is_added_to_a_case_that_is_closed_or_erased(sqlite_world: World) -> None:
    token = Phone.at(sqlite_world, PATH).token
    spoken(sqlite_world, token=token)
    case = only_case(sqlite_world)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        case_by_id(u, case.id).state = CaseState.CLOSED
    assert spoken(sqlite_world, token=token).status_code == 303  # the same form, sent twice
    assert spoken(sqlite_world, SOUND + b"more", token=token).status_code == 403
    assert len(voices_kept(sqlite_world)) == 1
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        forget_words(u, case.id, BY_FILER)
    assert spoken(sqlite_world, token=token).status_code == 409
    assert voices_kept(sqlite_world) == []


@pytest.mark.parametrize(
    ("sound", "told"),
    [
        (b"<html><script>alert(1)</script>", "Nous ne pouvons pas ouvrir ce message vocal."),
        (b"#!AMR\n" + bytes(SHORTEST), "Ce message vocal est trop long"),
    ],
)
def test_what_is_no_voice_is_told_and_the_words_stay(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, sound: bytes, told: str
) -> None:
    monkeypatch.setattr(voices, "MAX_BYTES", SHORTEST)
    sent = spoken(sqlite_world, sound, message="Trois semaines sans réponse.")
    assert sent.status_code == 422
    assert told in sent.text
    assert "Trois semaines sans réponse." in sent.text
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert u.all(select(Case)) == []


def test_another_mistake_says_that_the_voice_has_to_be_chosen_again(sqlite_world: World) -> None:
    sent = spoken(sqlite_world, contact_kind="phone", contact="12")
    assert sent.status_code == 422
    assert "Choisissez encore une fois votre message vocal" in sent.text


def test_a_voice_message_can_be_added_later_and_there_are_three_at_most(world: World) -> None:
    phone = Phone.at(world, PATH)
    phone.send(message="Bonjour.")
    case_path = re.search(r'href="(/p/passerelle/fr/case/[^"]+)"', phone.page.text)
    assert case_path
    at = case_path[1]
    for number in range(4):
        file = (io.BytesIO(SOUND + bytes([number])), "a.amr")
        sent = phone.client.post(f"{at}/voice", data={"voice": file})
        assert sent.status_code == (303 if number < 3 else 422), sent.text
    assert "Message vocal 3" in phone.client.get(at).text
    assert f"{at}/voice" not in phone.client.get(at).text
    assert phone.client.post(f"{at}/voice", data={}).status_code == 422


def test_a_voice_is_for_those_who_read_the_case_and_not_for_whom_it_names(world: World) -> None:
    spoken(world)
    case, lead = only_case(world), signed_in(world)
    url = voice_url(lead, case)
    assert signed_in(world, Role.MEDIATOR, email="ines@passerelle.example").get(url).status_code == 403
    assert world.app.test_client().get(url).status_code == 303
    abroad = signed_in(world, at=world.strasbourg, email="lea@rive.example")
    assert abroad.get(url).status_code == 404
    assert abroad.get(url.replace("/passerelle/", "/rive-gauche/")).status_code == 404


def test_a_voice_goes_with_the_words_of_its_case(world: World) -> None:
    spoken(world)
    case = only_case(world)
    with world.database.transaction(world.lyon.scope) as u:
        case_by_id(u, case.id).state = CaseState.CLOSED
        u.session.flush()
        assert forget_words(u, case.id, BY_FILER).photos == 1
        assert u.all(select(Attachment)) == []


def test_a_tablet_records_nobody(sqlite_world: World) -> None:
    page = Phone.at(sqlite_world, f"/t/{sqlite_world.lyon.code.code}/fr/complaint").page.text
    assert 'name="voice"' not in page
    assert 'accept="audio/*" capture' in Phone.at(sqlite_world, PATH).page.text
