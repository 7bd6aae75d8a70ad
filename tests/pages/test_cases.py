"""A case from its door to its end: filed in Arabic, followed by receipt, handled by staff."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from casework import COMPLAINT, REPLY, file, followed, step, token_of
from sqlalchemy import select
from staff import signed_in

from portal.cases.beside import name_person
from portal.cases.chain import verify
from portal.cases.models import Case, CaseFact
from portal.cases.queries import case_by_reference, standing_of, thread
from portal.cases.rules import HANDLERS, STEPS, CaseState, Outcome
from portal.cases.standing import FILED, SIDE_EVENTS
from portal.people.rules import Role
from portal.web.case_words import DONE, EVENTS

if TYPE_CHECKING:
    from build import World


def test_a_complaint_in_arabic_is_asked_about_answered_and_closed(world: World) -> None:
    receipt, reference = file(world)
    lead = signed_in(world, Role.QUALITY_LEAD)
    assert reference in lead.get("/s/passerelle/cases").text
    assert COMPLAINT in lead.get(f"/s/passerelle/cases/{reference}").text
    assert step(lead, reference, "acknowledge").status_code == 303
    assert step(lead, reference, "ask", message="Quel jour était-ce ?").status_code == 303
    client, url, page = followed(world, receipt)
    assert "Quel jour était-ce ?" in page.text
    assert client.post(f"{url}/message", data={"token": token_of(page), "message": REPLY}).status_code == 303
    assert REPLY in lead.get(f"/s/passerelle/cases/{reference}").text
    assert step(lead, reference, "answer", message="نعتذر منكم.").status_code == 303
    assert "نعتذر منكم." in client.get(url).text
    assert step(lead, reference, "close", outcome="answered", finding="upheld").status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        row = case_by_reference(u, reference)
        assert (row.state, row.outcome) == (CaseState.CLOSED, Outcome.ANSWERED)
        assert verify(u) is None
        assert u.one(select(CaseFact.answer_net_days)) == 0


def test_the_same_form_twice_is_one_case_with_one_receipt(world: World) -> None:
    client, url = world.app.test_client(), f"/q/{world.lyon.code.code}/fr/request"
    token = token_of(client.get(url))
    pages = [
        client.get(client.post(url, data={"token": token, "message": "Une aide, svp"}).location).text
        for _ in range(2)
    ]
    numbers = [re.search(r"\d{6} \d{10} \d{2}", re.sub(r"<[^>]+>", "", page)) for page in pages]
    assert numbers[0]
    assert numbers[1]
    assert numbers[0][0] == numbers[1][0]
    with world.database.reading(world.lyon.scope) as u:
        assert len(u.all(select(Case.id))) == 1


def test_a_reply_sent_twice_is_stored_once(sqlite_world: World) -> None:
    receipt, _ = file(sqlite_world)
    client, url, page = followed(sqlite_world, receipt)
    for _ in range(2):
        sent = client.post(f"{url}/message", data={"token": token_of(page), "message": REPLY})
        assert sent.status_code == 303
    assert client.get(url).text.count(REPLY) == 1


def test_other_words_from_a_page_that_was_sent_already_stand_beside_the_first(world: World) -> None:
    client, url = world.app.test_client(), f"/q/{world.lyon.code.code}/fr/request"
    page = client.get(url)
    texts = ["Une aide, svp", "Une aide, svp, pour lire une lettre"]
    for text in [*texts, texts[1], texts[0]]:
        sent = client.post(url, data={"token": token_of(page), "message": text})
        assert sent.status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        row = u.one(select(Case))
        assert row is not None
        assert {said.text for said in thread(u, row)} == set(texts)
        assert len(thread(u, row)) == len(texts)
        assert verify(u) is None


def test_two_replies_from_one_page_are_both_kept(sqlite_world: World) -> None:
    receipt, _ = file(sqlite_world)
    client, url, page = followed(sqlite_world, receipt)
    for text in (REPLY, f"{REPLY} 2", f"{REPLY} 2"):
        client.post(f"{url}/message", data={"token": token_of(page), "message": text})
    assert client.get(url).text.count(REPLY) == 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"message": ""}, 422),
        ({"message": "a" * 10_001}, 422),
        ({"message": "ب" * 10_000}, 303),
        ({"message": "ok", "contact_kind": "email", "contact": "nobody"}, 422),
        ({"message": "ok", "contact_kind": "phone", "contact": "06"}, 422),
        ({"message": "ok", "contact_kind": "owl", "contact": ""}, 422),
        ({"message": "ok", "identity": "everybody"}, 422),
        ({"message": "ok", "identity": "handler", "name": "n" * 121}, 422),
    ],
)
def test_bad_input_comes_back_with_all_that_was_typed(
    sqlite_world: World, sent: dict[str, str], status: int
) -> None:
    client, url = sqlite_world.app.test_client(), f"/p/{sqlite_world.lyon.structure.slug}/fr/complaint"
    page = client.post(url, data={"token": token_of(client.get(url)), **sent})
    assert page.status_code == status
    if status == 422:
        assert sent["message"] in page.text
        assert sent.get("name", "") in page.text


def test_wrong_check_digits_are_told_before_any_look_up(sqlite_world: World) -> None:
    receipt, _ = file(sqlite_world)
    wrong = receipt[:-1] + str((int(receipt[-1]) + 1) % 10)
    client = sqlite_world.app.test_client()
    page = client.post(f"/p/{sqlite_world.lyon.structure.slug}/fr/follow", data={"receipt": wrong})
    assert page.status_code == 422
    assert "Ce numéro contient une erreur." in page.text
    assert wrong in page.text


def test_guessing_receipts_is_slowed_down(sqlite_world: World) -> None:
    client, url = sqlite_world.app.test_client(), f"/p/{sqlite_world.lyon.structure.slug}/fr/follow"
    answers = [client.post(url, data={"receipt": "000000 0000000000 98"}) for _ in range(6)]
    assert [one.status_code for one in answers] == [422] * 5 + [429]


def test_a_receipt_opens_nothing_at_another_structure(world: World) -> None:
    receipt, _ = file(world)
    url = f"/p/{world.strasbourg.structure.slug}/fr/follow"
    assert world.app.test_client().post(url, data={"receipt": receipt}).status_code == 422


def test_the_pages_of_a_case_expire_after_half_an_hour(sqlite_world: World) -> None:
    receipt, _ = file(sqlite_world)
    client, url, _ = followed(sqlite_world, receipt)
    sqlite_world.clock.advance(timedelta(minutes=31))
    assert client.get(url).status_code == 410


def test_a_stale_page_is_refused_and_keeps_the_words(sqlite_world: World) -> None:
    _, reference = file(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    step(lead, reference, "acknowledge")
    stale = lead.post(f"/s/passerelle/cases/{reference}/inform", version="1", message="Nous cherchons.")
    assert stale.status_code == 409
    assert "Nous cherchons." in stale.text


def test_a_stale_page_whose_step_is_gone_keeps_the_words_to_copy(sqlite_world: World) -> None:
    _, reference = file(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    step(lead, reference, "start")
    step(lead, reference, "answer", message="Voici.", finding="upheld")
    stale = lead.post(f"/s/passerelle/cases/{reference}/answer", version="2", message="Nous cherchons.")
    assert stale.status_code == 409
    assert re.search(r'<textarea[^>]+name="kept"[^>]*>\s*Nous cherchons\.', stale.text)


def test_an_empty_answer_is_told_at_the_field_of_its_own_form(sqlite_world: World) -> None:
    _, reference = file(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    step(lead, reference, "acknowledge")
    page = step(lead, reference, "answer")
    assert page.status_code == 422
    assert 'href="#answer-message"' in page.text
    assert 'id="answer-message"' in page.text


def test_an_empty_translation_is_told_beside_its_message(sqlite_world: World) -> None:
    _, reference = file(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    found = re.search(
        r'action="([^"]+/messages/[^"]+/note)"', lead.get(f"/s/passerelle/cases/{reference}").text
    )
    assert found
    page = lead.post(found[1], note="")
    link = re.search(r'href="#(note-\w+)"', page.text)
    assert link
    assert f'id="{link[1]}"' in page.text


def test_the_page_says_after_each_step_what_has_happened(sqlite_world: World) -> None:
    _, reference = file(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    for verb in ("acknowledge", "start", "inform", "wait", "resume", "ask", "answer", "note", "close"):
        sent = step(lead, reference, verb, message="Un mot.", outcome="answered", finding="upheld")
        assert 'role="status"' in lead.get(sent.location).text, verb
    assert DONE.keys() >= {one.verb for one in STEPS if one.who & HANDLERS}


def test_every_event_there_is_has_its_words() -> None:
    assert EVENTS.keys() >= {one.verb for one in STEPS} | SIDE_EVENTS | {FILED}


def test_the_list_marks_who_has_written_again_until_a_colleague_acts(world: World) -> None:
    receipt, reference = file(world)
    lead = signed_in(world, Role.QUALITY_LEAD)
    step(lead, reference, "acknowledge")
    assert "Nouveau message" not in lead.get("/s/passerelle/cases").text
    step(lead, reference, "ask", message="Quel jour ?")
    client, url, page = followed(world, receipt)
    client.post(f"{url}/message", data={"token": token_of(page), "message": REPLY})
    assert "Nouveau message" in lead.get("/s/passerelle/cases").text
    step(lead, reference, "inform", message="Merci, nous cherchons.")
    assert "Nouveau message" not in lead.get("/s/passerelle/cases").text


def test_the_list_says_what_it_was_narrowed_by_and_keeps_it(sqlite_world: World) -> None:
    for _ in range(2):
        _, reference = file(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    asked = "kind=complaint&from=2027-03-01&to=2027-03-31&late=1"
    page = lead.get(f"/s/passerelle/cases?{asked}").text
    assert "1 mars 2027" in page
    assert "Aucun message ne correspond" in page
    assert '<input type="hidden" name="from" value="2027-03-01">' in page
    assert reference in lead.get("/s/passerelle/cases").text


def test_a_person_named_in_a_case_meets_no_trace_of_it(world: World) -> None:
    _, reference = file(world)
    lead, other = signed_in(world, Role.QUALITY_LEAD), signed_in(world, Role.DIRECTOR, email="d@exemple.test")
    with world.database.transaction(other.scope) as u:
        name_person(u, case_by_reference(u, reference).id, lead.person_id)
    assert reference not in lead.get("/s/passerelle/cases").text
    assert lead.get(f"/s/passerelle/cases/{reference}").status_code == 404
    assert lead.post(f"/s/passerelle/cases/{reference}/acknowledge", version="2").status_code == 404
    assert reference in other.get("/s/passerelle/cases").text


def test_a_translation_stands_beside_its_message(sqlite_world: World) -> None:
    receipt, reference = file(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    page = lead.get(f"/s/passerelle/cases/{reference}")
    note_url = re.search(r'action="([^"]+/messages/[^"]+/note)"', page.text)
    assert note_url
    assert lead.post(note_url[1], note="Le médiateur n’est pas venu.").status_code == 303
    assert "Le médiateur n’est pas venu." in lead.get(f"/s/passerelle/cases/{reference}").text
    assert "Le médiateur n’est pas venu." not in followed(sqlite_world, receipt)[2].text


def test_thanks_are_read_and_settled_without_any_answer_clock(sqlite_world: World) -> None:
    _, reference = file(sqlite_world, "thanks", "Merci à toute l’équipe")
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    assert step(lead, reference, "settle").status_code == 303
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert standing_of(u, case_by_reference(u, reference)).state is CaseState.CLOSED
        assert u.one(select(CaseFact.answer_due_on)) is None


def test_an_answer_can_be_contested_and_a_closed_case_reopened(sqlite_world: World) -> None:
    receipt, reference = file(sqlite_world)
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    step(lead, reference, "start")
    step(lead, reference, "answer", message="Voici notre réponse.", finding="not_upheld")
    client, url, page = followed(sqlite_world, receipt)
    assert client.post(f"{url}/contest", data={"token": token_of(page)}).status_code == 303
    step(lead, reference, "answer", message="Nous avons tout relu.", finding="upheld")
    assert client.post(f"{url}/close", data={"token": token_of(page)}).status_code == 303
    page = client.get(url)
    again = {"token": token_of(page), "message": "Cela recommence."}
    assert client.post(f"{url}/message", data=again).status_code == 303
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        standing = standing_of(u, case_by_reference(u, reference))
        assert (standing.state, standing.reopened) == (CaseState.IN_PROGRESS, 2)


def test_a_colleague_who_is_named_on_the_page_does_not_see_the_case_any_more(world: World) -> None:
    _, reference = file(world)
    lead = signed_in(world)
    other = signed_in(world, Role.SUPERVISOR, email="noe@passerelle.example", name="Noé Fabre")
    signed_in(
        world, Role.DIRECTOR, email="ines@passerelle.example", name="Inès Roche"
    )  # who is left to handle it
    page = f"/s/passerelle/cases/{reference}"
    assert other.get(page).status_code == 200
    assert "Noé Fabre" in lead.get(page).text
    nobody = lead.post(f"{page}/concerns", person="")
    assert "choisissez" in lead.get(nobody.location).text.lower()
    assert other.get(page).status_code == 200
    named = lead.post(f"{page}/concerns", person=str(other.person_id))
    shown = lead.get(named.location)
    assert "ne voit plus ce dossier" in shown.text
    assert f'<option value="{other.person_id}"' not in shown.text
    assert other.get(page).status_code == 404
    assert reference not in other.get("/s/passerelle/cases").text
    assert lead.post(f"{page}/concerns", person=str(lead.person_id)).location == "/s/passerelle/cases"
    assert lead.get(page).status_code == 404
