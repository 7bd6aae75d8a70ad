"""Somebody asks about their data: a day is set, a copy is made, words are erased, nobody forgets the day."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from threading import Thread
from typing import TYPE_CHECKING
from zipfile import ZipFile

from casework import file, followed, step
from pages.test_protection import text_of
from sqlalchemy import select
from staff import signed_in
from walls.siege import unwalled

from portal.cases.beside import attach, name_person
from portal.cases.chain import verify
from portal.cases.models import Case
from portal.cases.queries import case_by_reference
from portal.cases.replay import drifted
from portal.notifications.models import OutboxRow
from portal.people.actions import journal
from portal.people.models import JournalEntry
from portal.people.rules import Act, Role
from portal.printing.papers import papered
from portal.protection.models import Destruction
from portal.protection.requests import MOST_WORDS, remind_of_requests, request_of, words_of

if TYPE_CHECKING:
    import pytest
    from build import World
    from staff import Colleague

    from portal.printing.papers import Paper

HERE = "/s/passerelle/rights"
WHO = "Mme Quittenbaum, 06 41 88 02 73"


def asked(lead: Colleague, right: str = "erasure", reference: str = "", day: str = "2027-03-22") -> str:
    """The address of a new request."""
    sent = lead.post(
        f"{HERE}/new",
        right=right,
        received_on=day,
        who=WHO,
        proof="receipt",
        reference=reference,
        asked="Tout.",
    )
    assert sent.status_code == 303, sent.text
    return sent.location.split("?")[0]


def test_a_request_has_a_month(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    page = lead.get(asked(lead, "access"))
    assert "22 avril 2027" in page.text
    assert WHO in page.text
    assert "/copy" not in page.text  # it is about no message
    assert "22 avril 2027" in lead.get(HERE).text
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert words_of(u, request_of(u, 1))["who"] == WHO
        assert WHO.encode() not in (request_of(u, 1).words_sealed or b"")


def test_what_is_missing_is_said(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    assert lead.post(f"{HERE}/new").status_code == 422
    fields = {"right": "access", "who": WHO, "proof": "met", "asked": ""}
    assert lead.post(f"{HERE}/new", received_on="2027-03-25", **fields).status_code == 422
    assert lead.post(f"{HERE}/new", received_on="2026-03-25", **fields).status_code == 422
    wrong = lead.post(f"{HERE}/new", received_on="2027-03-22", reference="PAS-2020-1", **fields)
    assert wrong.status_code == 422
    where = asked(lead)
    assert lead.post(f"{where}/refuse", said=" ").status_code == 422
    assert lead.post(f"{where}/extend").status_code == 422


def test_two_more_months_once_and_for_a_reason(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    where = asked(lead)
    assert lead.post(f"{where}/extend", said="Trois registres à relire.").status_code == 303
    assert "22 juin 2027" in lead.get(where).text
    assert lead.post(f"{where}/extend", said="Encore.").status_code == 409
    assert lead.post(f"{where}/refuse", said="Nous n’avons rien de vous.").status_code == 303
    assert lead.post(f"{where}/answer").status_code == 409


def test_a_person_reads_all_that_is_kept_why_and_who_sees_it(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    _, reference = file(sqlite_world)
    step(lead, reference, "acknowledge")
    step(lead, reference, "note", message="Note de l’équipe")
    where = asked(lead, "access", reference)
    assert f"{where}/copy" in lead.get(where).text
    copied = lead.post(f"{where}/copy")
    assert copied.status_code == 200
    told = text_of(copied.data)
    for words in (reference, "Note de l’équipe", "24 mois", "à personne", "tribunal"):
        assert words in told
    short = text_of(lead.post(f"{where}/copy", without="notes").data)
    assert "Note de l’équipe" not in short
    assert "article 15" in short
    assert copied.headers["Content-Disposition"] == f'attachment; filename="{reference.lower()}.pdf"'
    assert lead.post(f"{asked(lead, 'erasure', reference)}/copy").status_code == 404


def test_nobody_waits_to_write_while_a_copy_is_made(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = signed_in(sqlite_world)
    where = asked(lead, "access", file(sqlite_world)[1])
    others, waited = list[Thread](), []

    def write() -> None:
        with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
            journal(u, Act.RIGHTS_ENTERED, by=lead.person_id, request="7")

    def slowly(paper: Paper) -> bytes:
        others.append(Thread(target=write))
        others[0].start()
        others[0].join(2)
        waited.append(others[0].is_alive())
        return papered(paper)

    monkeypatch.setattr("portal.web.rights.papered", slowly)
    copied = lead.post(f"{where}/copy")
    others[0].join()
    assert (copied.status_code, waited) == (200, [False])
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        copies = u.all(select(JournalEntry.facts).where(JournalEntry.act == Act.RIGHTS_COPIED))
        assert copies == [{"request": "1"}]


def test_photos_and_voice_messages_come_with_the_copy(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    _, reference = file(sqlite_world)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        case_id = case_by_reference(u, reference).id
        attach(u, case_id, b"JFIF", media_type="image/jpeg")
    copied = lead.post(f"{asked(lead, 'access', reference)}/copy")
    assert copied.headers["Content-Disposition"] == f'attachment; filename="{reference.lower()}.zip"'
    with ZipFile(BytesIO(copied.data)) as bundle:
        assert bundle.namelist() == [f"{reference}.pdf", "photo-1.jpeg"]
        assert bundle.read("photo-1.jpeg") == b"JFIF"
        assert "photo-1.jpeg" in text_of(bundle.read(f"{reference}.pdf"))


def test_no_word_of_an_answer_is_cut_or_lost(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    where, long = asked(lead, "restriction"), "a" * MOST_WORDS + "FIN"
    kept = lead.post(f"{where}/refuse", said=long)
    assert kept.status_code == 422
    assert long in kept.text
    refused = lead.post(f"{where}/refuse", said=long[3:])
    assert refused.status_code == 303
    page = lead.get(where).text
    assert long[3:] in page
    assert "vous pouvez vous adresser à la CNIL" in page
    assert "tribunal" in page
    late = lead.post(f"{where}/answer", said="Écrit dans un autre onglet")
    assert late.status_code == 409
    assert "Écrit dans un autre onglet" in late.text


def test_an_erasure_destroys_the_words_of_the_case_now(world: World) -> None:
    lead = signed_in(world)
    receipt, reference = file(world)
    where = asked(lead, "erasure", reference.lower())
    assert lead.post(f"{where}/erase").status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        case = case_by_reference(u, reference)
        assert (case.key_wrapped, case.contact_sealed, case.state.value) == (None, None, "closed")
        assert case.outcome is not None
        assert case.outcome.value == "withdrawn"
        assert verify(u) is None
        assert list(drifted(u)) == []
        (line,) = u.all(select(Destruction))
        assert (line.rule, line.things, line.months, line.person_id) == ("request", 1, None, lead.person_id)
        assert line.pieces == {"texts": 1}
        assert request_of(u, 1).answered_on is not None
    seen = followed(world, receipt)[2].text
    assert "لم نعد نحتفظ بكلماتك" in seen
    assert "سيردّ عليكم شخص" not in seen  # nobody will
    assert "sans objet" in lead.get(f"/s/passerelle/cases/{reference}").text
    assert lead.get("/s/passerelle/protection/destroyed").status_code == 200
    assert lead.post(f"{where}/erase").status_code == 409


def test_an_answered_case_ends_by_it(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    _, reference = file(sqlite_world)
    step(lead, reference, "acknowledge")
    step(lead, reference, "answer", message="تم.", language="ar", finding="upheld")
    where = asked(lead, "erasure", reference)
    assert lead.post(f"{where}/erase").status_code == 303


def test_whoever_may_answer_is_told_in_time_and_whom_it_names_is_not(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    boss = signed_in(sqlite_world, Role.DIRECTOR, email="dir@exemple.test", name="Direction")
    _, reference = file(sqlite_world)
    where = asked(lead, "access", reference)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        name_person(u, case_by_reference(u, reference).id, boss.person_id)
    told = []
    for _ in range(40):
        with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
            told.append(remind_of_requests(u))
        sqlite_world.clock.advance(timedelta(days=1))
    assert sum(told) == 2
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        rows = u.all(select(OutboxRow).where(OutboxRow.notice == "rights_due").order_by(OutboxRow.id))
        assert {row.person_id for row in rows} == {lead.person_id}
        assert [row.facts["late"] for row in rows] == [False, True]
        assert "Quittenbaum" not in json.dumps([row.facts for row in rows])
    boss = signed_in(sqlite_world, Role.DIRECTOR, at=sqlite_world.strasbourg, email="dir@exemple.test")
    assert boss.get(where).status_code == 404
    assert boss.get(where.replace("passerelle", "rive-gauche")).status_code == 404


def test_others_do_not_come_to_the_desk(sqlite_world: World) -> None:
    auditor = signed_in(sqlite_world, Role.AUDITOR, email="audit@exemple.test", name="Audit")
    assert auditor.get(HERE).status_code == 403
    kit = auditor.get("/s/passerelle/protection")
    assert kit.status_code == 200
    assert HERE not in kit.text
    assert HERE in signed_in(sqlite_world).get("/s/passerelle/protection").text


def test_no_word_of_a_request_lies_in_clear(sqlite_world: World) -> None:
    asked(signed_in(sqlite_world))
    engine = unwalled(sqlite_world.database.engine.url.render_as_string())
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("select * from rights_request").all()
    engine.dispose()
    assert len(rows) == 1
    assert b"Quittenbaum" not in repr(rows).encode()
    assert Case.__tablename__ == "cases"
