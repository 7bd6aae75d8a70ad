"""What comes after the first words of a case: more of them, photos, second taps, pages that are late."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from casework import COMPLAINT, REPLY, file, followed, token_of
from PIL import Image
from sqlalchemy import select
from staff import signed_in
from walls.addresses import signed_in_again

from portal.cases.jobs import auto_close
from portal.cases.models import Case, CaseFact, Message
from portal.cases.queries import case_by_reference, contact_of, photos_of, written_again
from portal.notifications.models import OutboxRow
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World
    from staff import Colleague


def picture() -> bytes:
    """A small photo."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(stream, "PNG")
    return stream.getvalue()


def answered_case(world: World) -> tuple[str, str, Colleague]:
    """Receipt and reference of a complaint that has its answer, and who answered."""
    receipt, reference = file(world)
    lead = signed_in(world)
    for verb in ("acknowledge", "answer"):
        sent = lead.post(
            f"/s/passerelle/cases/{reference}/{verb}",
            message="Voici notre réponse.",
            finding="partly",
            told="call",
        )
        assert sent.status_code == 303, sent.text
    return receipt, reference, lead


def test_what_is_asked_after_the_answer_is_answered_and_keeps_the_case_open(world: World) -> None:
    receipt, reference, lead = answered_case(world)
    client, at, page = followed(world, receipt)
    client.post(f"{at}/message", data={"token": token_of(page), "message": REPLY})
    world.clock.advance(timedelta(days=40))
    with world.database.transaction(world.lyon.scope) as u:
        assert auto_close(u) == 0
    lead = signed_in_again(world, lead)
    said = lead.post(f"/s/passerelle/cases/{reference}/inform", message="Au guichet 3, le matin.")
    assert said.status_code == 303, said.text
    with world.database.transaction(world.lyon.scope) as u:
        assert auto_close(u) == 0
    world.clock.advance(timedelta(days=40))
    with world.database.transaction(world.lyon.scope) as u:
        assert auto_close(u) == 1


def test_a_second_tap_on_the_end_of_a_case_shows_the_case(world: World) -> None:
    receipt, _, _ = answered_case(world)
    client, at, _ = followed(world, receipt)
    assert [client.post(f"{at}/close").location for _ in range(2)] == [at, at]
    assert client.get(at).status_code == 200


def test_a_photo_is_kept_once_and_told_to_the_team(world: World) -> None:
    receipt, reference = file(world)
    lead = signed_in(world)
    signed_in(world, Role.SUPERVISOR, email="noe@passerelle.example", name="Noé Fabre")
    lead.post(f"/s/passerelle/cases/{reference}/acknowledge")
    client, at, _ = followed(world, receipt)
    before = notices(world)
    for _ in range(2):
        sent = client.post(f"{at}/photo", data={"photo": (io.BytesIO(picture()), "a.png")})
        assert sent.status_code == 303, sent.text
    with world.database.reading(world.lyon.scope) as u:
        row = case_by_reference(u, reference)
        assert len(photos_of(u, row.id)) == 1
        assert written_again(u, [row]) == {row.id}
    assert notices(world) == before + 2


def notices(world: World) -> int:
    """How many notices tell handlers that a filer wrote."""
    with world.database.reading(world.lyon.scope) as u:
        return u.all(select(OutboxRow.notice)).count("filer_replied")


def test_a_contact_given_when_the_form_is_sent_again_is_kept(world: World) -> None:
    client = world.app.test_client()
    url = f"/q/{world.lyon.code.code}/ar/complaint"
    token = token_of(client.get(url))
    for more in ({}, {"contact_kind": "phone", "contact": "06 41 88 02 73"}):
        assert client.post(url, data={"token": token, "message": COMPLAINT, **more}).status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        (row,) = u.all(select(Case))
        told = contact_of(u, row.id)
    assert told is not None
    assert (told.kind, told.value) == ("phone", "06 41 88 02 73")


def test_while_we_wait_for_the_filer_nothing_counts_as_late(world: World) -> None:
    _, reference = file(world)
    lead = signed_in(world)
    page = f"/s/passerelle/cases/{reference}"
    lead.post(f"{page}/acknowledge")
    assert lead.post(f"{page}/ask", message="Quel jour était-ce ?").status_code == 303
    world.clock.advance(timedelta(days=18))
    listed = signed_in_again(world, lead).get("/s/passerelle/cases?late=1&open=1")
    assert listed.status_code == 200
    assert reference not in listed.text
    with world.database.transaction(world.lyon.scope) as u:
        assert [fact.answer_due_on for fact in u.all(select(CaseFact))] == [None]


def test_words_of_a_form_from_a_session_before_are_given_back(world: World) -> None:
    _, reference = file(world)
    lead = signed_in(world)
    stale = lead.client.post(
        f"/s/passerelle/cases/{reference}/answer", data={"csrf_token": "x", "message": "Une longue réponse"}
    )
    assert stale.status_code == 400
    assert "Une longue réponse" in stale.text


def test_an_address_far_beyond_the_end_of_a_list_is_answered(world: World) -> None:
    lead = signed_in(world)
    for name in ("cases", "responses", "codes"):
        assert lead.get(f"/s/passerelle/{name}?offset={10**30}").status_code == 200


def test_ids_in_a_page_tell_no_minute(world: World) -> None:
    world.clock.advance(timedelta(minutes=37, seconds=11))
    file(world)
    with world.database.reading(world.lyon.scope) as u:
        (message_id,) = u.all(select(Message.id))
    assert (message_id.int >> 80) % (3_600 * 1_000) == 0


def test_the_year_of_a_reference_is_that_of_the_place(world: World) -> None:
    world.clock.set(datetime(2027, 12, 31, 23, 30, tzinfo=UTC))
    assert file(world)[1].startswith("PAS-2028-")


def test_the_last_who_could_handle_a_case_cannot_be_named(world: World) -> None:
    _, reference = file(world)
    lead = signed_in(world)
    other = signed_in(world, Role.SUPERVISOR, email="noe@passerelle.example", name="Noé Fabre")
    page = f"/s/passerelle/cases/{reference}"
    assert lead.post(f"{page}/concerns", person=str(other.person_id)).status_code == 303
    refused = lead.post(f"{page}/concerns", person=str(lead.person_id))
    assert refused.status_code == 409
    assert "Invitez d’abord" in refused.text
    assert lead.get(page).status_code == 200
