"""An answer reaches somebody: in their language or told to them, by whom and when, apart from its date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from casework import file, followed, step
from sqlalchemy import select
from staff import signed_in
from walls.addresses import signed_in_again

from portal.cases.models import Case, CaseFact, Message
from portal.cases.replay import differences
from portal.cases.rules import CaseState, Direction
from portal.cases.tongues import language_of
from portal.cases.ways import Help, Moment, Told

if TYPE_CHECKING:
    from build import World
    from staff import Colleague

PHONE = {"contact_kind": "phone", "contact": "06 39 98 12 34", "when": "evening", "leave": "no"}
FRENCH = "Nous sommes désolés, une équipe passera mardi."
ARABIC = "نأسف، سيمرّ فريق يوم الثلاثاء."


def only(world: World) -> tuple[Case, CaseFact]:
    """The one case and its facts; its rows are what its events say."""
    with world.database.reading(world.lyon.scope) as u:
        (case,), (fact,) = u.all(select(Case)), u.all(select(CaseFact))
        assert differences(u, case) == []
        return case, fact


def answer(lead: Colleague, reference: str, text: str) -> None:
    """Read it, and answer."""
    assert step(lead, reference, "acknowledge").status_code == 303
    assert step(lead, reference, "answer", message=text, finding="upheld").status_code == 303


def test_who_is_called_hears_the_answer_and_the_day_is_kept(world: World) -> None:
    lead = signed_in(world)
    _, reference = file(world, **PHONE, help="language")
    case, _ = only(world)
    assert (case.contact_when, case.may_leave_message, case.help) == (Moment.EVENING, False, Help.LANGUAGE)
    answer(lead, reference, ARABIC)
    case, fact = only(world)
    assert (str(case.call_on), case.told_at, str(fact.answered_on)) == ("2027-03-24", None, "2027-03-24")
    page = lead.get(f"/s/passerelle/cases/{reference}").text
    assert "Ne pas laisser de message" in page
    assert "/p/passerelle/ar/follow" in page
    assert "Appeler la personne" in lead.get("/s/passerelle/cases").text

    assert (
        step(lead, reference, "reach", how="call", reached="no_answer", next_try="2027-03-25").status_code
        == 303
    )
    assert "Appeler la personne" not in lead.get("/s/passerelle/cases").text
    world.clock.set(datetime(2027, 3, 25, 9, 0, tzinfo=UTC))
    lead = signed_in_again(world, lead)
    assert "Appeler la personne" in lead.get("/s/passerelle/cases").text
    assert (
        step(lead, reference, "reach", how="call", reached="reached", message="Contente.").status_code == 303
    )
    case, fact = only(world)
    assert (case.call_on, case.told_how, str(fact.told_on)) == (None, Told.CALL, "2027-03-25")
    assert str(fact.answered_on) == "2027-03-24"
    assert (
        "La personne l’a su le 25 mars 2027, par téléphone."
        in lead.get(f"/s/passerelle/cases/{reference}").text
    )
    with world.database.reading(world.lyon.scope) as u:
        notes = u.all(select(Message.author_id).where(Message.direction == Direction.NOTE))
    assert notes == [lead.person_id]


@pytest.mark.parametrize("way", ["translated", "called", "accepted"])
def test_an_answer_in_another_language_counts_once_it_is_understood(sqlite_world: World, way: str) -> None:
    lead = signed_in(sqlite_world)
    receipt, reference = file(sqlite_world)
    answer(lead, reference, FRENCH)
    case, fact = only(sqlite_world)
    assert (case.state, fact.is_open, fact.answered_on) == (CaseState.ANSWERED, True, None)
    assert case.due_on is not None
    assert "La personne ne peut pas lire votre réponse" in lead.get(f"/s/passerelle/cases/{reference}").text

    client, address, page = followed(sqlite_world, receipt)
    if way == "translated":
        with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
            ours = u.all(select(Message.id).where(Message.direction == Direction.TO_FILER))[0]
        sent = lead.post(f"/s/passerelle/cases/{reference}/messages/{ours}/note", note=ARABIC)
        assert sent.status_code == 303
        assert ARABIC in client.get(address).text
    elif way == "called":
        assert step(lead, reference, "reach", how="call", reached="left_message").status_code == 303
        assert only(sqlite_world)[1].answered_on is None
        assert step(lead, reference, "reach", how="call", reached="reached").status_code == 303
    else:
        token = page.text.split('name="token" value="', 1)[1].split('"', 1)[0]
        assert client.post(f"{address}/close", data={"token": token}).status_code == 303
    case, fact = only(sqlite_world)
    assert (fact.is_open, str(fact.answered_on)) == (False, "2027-03-24")
    assert (fact.told_on is not None) == (way == "called")


def test_who_reads_here_has_learnt_of_it_once_they_open_it(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    receipt, reference = file(sqlite_world)
    answer(lead, reference, ARABIC)
    assert only(sqlite_world)[1].told_on is None
    sqlite_world.clock.set(datetime(2027, 3, 26, 9, 0, tzinfo=UTC))
    followed(sqlite_world, receipt)
    case, fact = only(sqlite_world)
    assert (case.told_how, str(fact.told_on)) == (Told.READ, "2027-03-26")
    version = case.version
    followed(sqlite_world, receipt)
    assert only(sqlite_world)[0].version == version


def test_a_text_message_to_copy_tells_nothing_of_the_case(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    _, reference = file(sqlite_world, contact_kind="sms", contact="0639981234")
    page = lead.get(f"/s/passerelle/cases/{reference}").text
    words = page.split('<p class="copy" lang="ar" dir="rtl">', 1)[1].split("</p>", 1)[0]
    assert "لديك جديد" in words
    assert reference not in words


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"how": ""}, "Dites comment vous avez essayé."),
        ({"reached": ""}, "Dites si vous avez joint la personne."),
        ({"next_try": ""}, "Choisissez le jour du prochain essai."),
        ({"next_try": "2027-03-24"}, "Choisissez un jour après aujourd’hui."),
    ],
)
def test_a_try_says_how_and_what_came_of_it(sqlite_world: World, fields: dict[str, str], told: str) -> None:
    lead = signed_in(sqlite_world)
    _, reference = file(sqlite_world, **PHONE)
    given = {"how": "call", "reached": "no_answer", "next_try": "2027-03-29", **fields}
    sent = step(lead, reference, "reach", **given)
    assert sent.status_code == 422
    assert told in sent.text


@pytest.mark.parametrize(
    ("text", "said", "own", "theirs", "language"),
    [
        (FRENCH, None, "fr", "ar", "fr"),
        (ARABIC, None, "fr", "ar", "ar"),
        (FRENCH, "ar", "fr", "ar", "fr"),
        (FRENCH, None, "fr", "en", "fr"),
        ("Come any Tuesday from 2 pm: somebody will read it with you.", None, "fr", "en", "en"),
        ("Come any Tuesday from 2 pm.", "fr", "fr", "en", "fr"),
        ("OK", None, "fr", "en", "en"),
        (FRENCH, None, "fr", "fr", "fr"),
    ],
)
def test_the_language_of_a_text_is_what_was_said_or_what_it_shows(
    text: str, said: str | None, own: str, theirs: str, language: str
) -> None:
    assert language_of(text, said=said, own=own, theirs=theirs) == language
