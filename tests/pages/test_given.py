"""« Vous avez dit, nous avons fait »: nothing is shown before a second person has read it, and only then."""

from __future__ import annotations

import re
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from giving import DID, GIVEN, SAID, carried_out, colleague, told, two_months_on
from insight_world import answered
from learning import complaint, leading
from mailing import in_folder
from migrations.test_frozen import bare
from phone import Phone
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError
from staff import signed_in
from walls.addresses import signed_in_again

from portal.cases.beside import name_person
from portal.cases.models import Case
from portal.cases.rules import Finding
from portal.certification.actions import Decided, finish, open_action, take_up
from portal.certification.campaigning import Campaigned, Note, close_campaign, open_campaign, write_note
from portal.certification.giving import MAX_SAID, Said, check, write
from portal.certification.models import Action, Campaign, GivenBack
from portal.certification.report import Span
from portal.certification.weekly import tell_week
from portal.core.errors import Conflict, Refused
from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.people.rules import Role
from portal.tenancy.queries import local_day

if TYPE_CHECKING:
    from pathlib import Path

    from build import World

SHEET = "/s/passerelle/papers/given-back.pdf"
ROWS = table_of(GivenBack)


def outside(world: World, language: str = "fr") -> str:
    """What residents read."""
    return Phone.at(world, f"/p/passerelle/{language}/results").page.text


def printed(pdf: bytes) -> list[str]:
    """The words of each page, on one line."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_residents_read_it_once_a_second_person_has_and_not_before(world: World) -> None:
    lead, other = signed_in(world), colleague(world)
    carried_out(world, lead)
    lead, other = two_months_on(world, lead, other)
    assert "Dire aux habitants" in lead.get("/s/passerelle/actions/1").text
    page = lead.get(f"{GIVEN}/1").text
    assert "Doubler les rondes" in page
    assert lead.post(f"{GIVEN}/1/fr", said=SAID, did=DID, version="0").status_code == 303
    assert "Attend une relecture" in lead.get(GIVEN).text
    assert SAID not in outside(world)
    assert SAID not in printed(lead.get(SHEET).data)[0]
    # Whoever wrote it is not the one who checks it: no button, and no way round it.
    assert "/check" not in lead.get(f"{GIVEN}/1").text
    assert lead.post(f"{GIVEN}/1/fr/check", version="1").status_code == 403
    assert SAID not in outside(world)
    assert "/check" in other.get(f"{GIVEN}/1").text
    assert other.post(f"{GIVEN}/1/fr/check", version="1").status_code == 303
    assert SAID in outside(world)
    assert DID in outside(world)
    (sheet,) = printed(lead.get(SHEET).data)
    assert SAID in sheet
    assert DID in sheet
    # The action that goes on after all is told of no more.
    with world.database.transaction(leading(lead)) as u:
        take_up(u, u.all(select(Action.id))[0], "Les rondes ont cessé")
    assert SAID not in outside(world)


@pytest.mark.both
def test_the_database_itself_wants_two_persons_and_keeps_what_was_shown(world: World) -> None:
    lead, other = signed_in(world), colleague(world)
    carried_out(world, lead)
    lead, other = two_months_on(world, lead, other)
    assert lead.post(f"{GIVEN}/1/fr", said=SAID, did=DID, version="0").status_code == 303
    with bare(world) as connection:
        same = update(ROWS).values(checked_at=world.clock.now(), checked_by=ROWS.c.written_by)
        with pytest.raises(DBAPIError, match="second_person"):
            connection.execute(same)
        connection.rollback()
    assert other.post(f"{GIVEN}/1/fr/check", version="1").status_code == 303
    with bare(world) as connection:
        for changed in (
            {"words_sealed": b"x"},
            {"words_sealed": None},
            {"written_by": other.person_id},
            {"checked_by": None, "checked_at": None},
            {"language": "ar"},
        ):
            with pytest.raises(DBAPIError, match="never changed"):
                connection.execute(update(ROWS).values(**changed))
            connection.rollback()
        with pytest.raises(DBAPIError, match="never changed"):
            connection.execute(ROWS.delete())
        connection.rollback()
        assert connection.execute(update(ROWS).values(withdrawn_at=world.clock.now())).rowcount == 1


def test_what_was_shown_or_closed_is_not_replaced_by_an_insertion(sqlite_world: World) -> None:
    world = sqlite_world
    lead, other = signed_in(world), colleague(world)
    carried_out(world, lead)
    lead, other = two_months_on(world, lead, other)
    told(lead, other)
    with world.database.transaction(leading(lead)) as u:
        row = open_campaign(u, Campaigned("Hiver", Span(date(2027, 2, 1), date(2027, 2, 28))))
        write_note(u, row.id, Note("Rien à dire."))
        close_campaign(u, row.id, lead.person_id)
    for table, other_words in ((ROWS, {"words_sealed": b"x"}), (table_of(Campaign), {"name": "Été"})):
        with bare(world) as connection:
            kept = dict(connection.execute(select(table)).mappings().one())
            for twin in (kept | other_words, kept | other_words | {"id": new_id(world.clock.now())}):
                with pytest.raises(DBAPIError, match="never changed"):
                    connection.execute(insert(table).prefix_with("OR REPLACE"), twin)


def test_the_one_who_wrote_it_is_refused_below_the_pages_too(sqlite_world: World) -> None:
    world = sqlite_world
    lead, other = signed_in(world), colleague(world)
    carried_out(world, lead)
    lead, other = two_months_on(world, lead, other)
    lead.post(f"{GIVEN}/1/fr", said=SAID, did=DID, version="0")
    with world.database.transaction(leading(lead)) as u:
        action = u.all(select(Action))[0]
        with pytest.raises(Refused, match="second_person"):
            check(u, action, "fr", 1)
    with world.database.transaction(other.scope) as u:
        assert check(u, u.all(select(Action))[0], "fr", 1).checked_by == other.person_id


def test_what_is_written_anew_waits_while_residents_read_the_old_and_withdrawing_ends_both(
    sqlite_world: World,
) -> None:
    world = sqlite_world
    lead, other = signed_in(world), colleague(world)
    carried_out(world, lead)
    lead, other = two_months_on(world, lead, other)
    told(lead, other)
    anew = "Trois personnes de plus après 18 heures."
    assert lead.post(f"{GIVEN}/1/fr", said=SAID, did=anew, version="0").status_code == 409, "a stale page"
    assert lead.post(f"{GIVEN}/1/fr", said=SAID, did=anew, version="1").status_code == 303
    assert DID in outside(world)
    assert anew not in outside(world)
    assert other.post(f"{GIVEN}/1/fr/check", version="1").status_code == 409, "not what was read"
    assert other.post(f"{GIVEN}/1/fr/check", version="2").status_code == 303
    assert anew in outside(world)
    assert lead.post(f"{GIVEN}/1/withdraw", erase="y").status_code == 303
    assert SAID not in outside(world)
    with world.database.reading(leading(lead)) as u:
        rows = u.all(select(GivenBack))
    assert [(one.words_sealed, one.withdrawn_by, one.checked_by) for one in rows] == [
        (None, lead.person_id, other.person_id)
    ] * 2
    # It may be told again, in other words, read again by somebody else.
    assert lead.post(f"{GIVEN}/1/fr", said=SAID, did=DID, version="2").status_code == 303
    assert SAID not in outside(world)
    assert other.post(f"{GIVEN}/1/fr/check", version="3").status_code == 303
    assert DID in outside(world)


def test_an_action_is_not_told_of_before_its_effect_could_be_looked_at(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    carried_out(world, lead)
    world.clock.advance(timedelta(days=30))
    lead = signed_in_again(world, lead)
    assert "ne peut pas encore être racontée" in lead.get(f"{GIVEN}/1").text
    assert "Rien ne peut encore être raconté" in lead.get(GIVEN).text
    assert lead.post(f"{GIVEN}/1/fr", said=SAID, did=DID, version="0").status_code == 409
    assert lead.get(f"{GIVEN}/7").status_code == 404
    assert lead.post(f"{GIVEN}/7/withdraw").status_code == 404


def test_each_fault_stands_at_its_field_in_its_language(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    carried_out(world, lead)
    (lead,) = two_months_on(world, lead)
    sent = lead.post(f"{GIVEN}/1/ar", said="", did="x" * (MAX_SAID + 1), version="0")
    assert sent.status_code == 422
    for id_ in ("ar-said", "ar-did"):
        assert f'href="#{id_}"' in sent.text
        assert f'id="{id_}"' in sent.text


def test_the_verdict_is_told_without_the_counts_behind_it(sqlite_world: World) -> None:
    world = sqlite_world
    lead, other = signed_in(world), colleague(world)
    scope, now = leading(lead), world.clock.now()
    for turn in range(12):
        world.clock.set(now - timedelta(days=8 * (12 - turn)))
        complaint(world, scope, salt=turn)
    world.clock.set(now)
    lead, other = signed_in_again(world, lead), signed_in_again(world, other)
    carried_out(world, lead)
    lead, other = two_months_on(world, lead, other)
    told(lead, other)
    assert "moins de messages" in outside(world)
    assert "96 jours" not in outside(world)
    assert re.search(r">\s*12\s*<", lead.get("/s/passerelle/actions/1").text), (
        "the control: inside they stand"
    )


def test_a_share_stands_on_the_sheet_with_its_base_once_nobody_can_be_worked_out(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    answered(world, meeting={"good": 20, "bad": 3}, day=date(2027, 2, 9))
    address = f"{SHEET}?site={world.lyon.site.id}"
    assert "%" not in printed(lead.get(address).data)[0], "three were not: a small count"
    answered(world, meeting={"good": 10, "bad": 3}, day=date(2027, 2, 10))
    assert "83 % (36 avis)" in printed(lead.get(address).data)[0], "the control"


def test_a_sheet_holds_one_page_and_says_how_many_it_leaves_out(sqlite_world: World) -> None:
    world = sqlite_world
    lead, other = signed_in(world), colleague(world)
    for turn in range(9):
        carried_out(world, lead, f"Action {turn}", site_id=world.lyon.site.id if turn % 2 else None)
    lead, other = two_months_on(world, lead, other)
    for turn in range(9):
        told(
            lead, other, turn + 1, said=f"Demande {turn} " + "et encore des mots " * 6, did=f"Réponse {turn}."
        )
    (sheet,) = printed(lead.get(f"{SHEET}?site={world.lyon.site.id}").data)
    shown = [turn for turn in range(9) if f"Réponse {turn}." in sheet]
    assert 3 <= len(shown) < 9
    assert shown == list(range(9))[-len(shown) :], "the last ones"
    assert f"Les derniers changements : {len(shown)} sur 9." in sheet
    assert "passerelle/fr/results" in sheet
    (arabic,) = printed(lead.get(f"{SHEET}?language=ar").data)
    assert "Réponse" in arabic, "in French where nobody wrote it in Arabic"
    assert lead.get(f"{SHEET}?site={world.strasbourg.site.id}").status_code == 404
    assert lead.get(f"{SHEET}?language=xx").status_code == 404
    assert lead.get(f"{SHEET}?site=x").status_code == 404


def test_the_square_of_a_sheet_leads_to_the_results(sqlite_world: World) -> None:
    phone = sqlite_world.app.test_client()
    found = phone.get("/P/PASSERELLE/AR/RESULTS")
    assert found.status_code == 308
    assert found.location == "/p/passerelle/ar/results"
    assert phone.get("/P/PASSERELLE/XX/RESULTS").status_code == 404


def test_the_mail_of_the_week_asks_a_second_person_and_not_who_wrote(
    sqlite_world: World, tmp_path: Path
) -> None:
    world = sqlite_world
    lead, other = signed_in(world), colleague(world)
    carried_out(world, lead)
    lead, other = two_months_on(world, lead, other)
    assert lead.post(f"{GIVEN}/1/fr", said=SAID, did=DID, version="0").status_code == 303
    with world.database.transaction(leading(lead)) as u:
        open_campaign(u, Campaigned("Hiver", Span(date(2027, 2, 1), date(2027, 2, 28))))
    world.clock.advance(timedelta(days=7))
    with world.database.transaction(world.lyon.scope) as u:
        assert tell_week(u) == 2
    mails = [one for one in in_folder(world, tmp_path) if "semaine" in one["Subject"]]
    bodies = {mail["To"]: mail.get_content() for mail in mails}
    for body in bodies.values():
        assert "Une campagne est finie" in body
        assert SAID not in body
    assert "attend une relecture" in bodies[other.email]
    assert "attend une relecture" not in bodies[lead.email]


def test_who_may_what(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    carried_out(world, lead)
    auditor = signed_in(world, Role.AUDITOR, email="ana@passerelle.example", name="Ana Silva")
    mediator = signed_in(world, Role.MEDIATOR, email="sami@passerelle.example", name="Sami Diallo")
    supervisor = signed_in(world, Role.SUPERVISOR, email="lou@passerelle.example", name="Lou Martin")
    lead, auditor, mediator, supervisor = two_months_on(world, lead, auditor, mediator, supervisor)
    lead.post(f"{GIVEN}/1/fr", said=SAID, did=DID, version="0")
    assert mediator.get(GIVEN).status_code == 403
    assert auditor.get(f"{GIVEN}/1").status_code == 200
    for one in (auditor, supervisor):
        assert one.post(f"{GIVEN}/1/fr", said=SAID, did=DID, version="1").status_code == 403
        assert one.post(f"{GIVEN}/1/withdraw").status_code == 403
    assert auditor.post(f"{GIVEN}/1/fr/check", version="1").status_code == 403
    assert supervisor.post(f"{GIVEN}/1/fr/check", version="1").status_code == 303


def test_whom_the_message_names_finds_nothing_of_what_is_told_of_it(sqlite_world: World) -> None:
    world = sqlite_world
    lead, named = signed_in(world), colleague(world)
    scope = leading(lead)
    reference = complaint(world, scope, finding=Finding.UPHELD)
    with world.database.transaction(scope) as u:
        (case_id,) = u.all(select(Case.id).where(Case.reference == reference))
        decided = Decided("Doubler les rondes", lead.person_id, local_day(u), case_id=case_id)
        finish(u, open_action(u, decided).id, "Fait")
    lead, named = two_months_on(world, lead, named)
    assert "Doubler les rondes" in named.get(GIVEN).text
    assert named.get(f"{GIVEN}/1").status_code == 200
    lead.post(f"{GIVEN}/1/fr", said=SAID, did=DID, version="0")
    with world.database.transaction(scope) as u:
        name_person(u, case_id, named.person_id)
    assert "Doubler les rondes" not in named.get(GIVEN).text
    assert named.get(f"{GIVEN}/1").status_code == 404
    for way, fields in (("fr", {"said": SAID, "did": DID}), ("fr/check", {}), ("withdraw", {})):
        assert named.post(f"{GIVEN}/1/{way}", version="1", **fields).status_code == 404, way
    assert "Doubler les rondes" in lead.get(GIVEN).text


@pytest.mark.both
def test_two_presses_at_once_give_one_writing(world: World) -> None:
    lead = signed_in(world)
    action = carried_out(world, lead)
    two_months_on(world, lead)
    start, refused = Barrier(2), []

    def press() -> None:
        start.wait()
        with world.database.transaction(leading(lead)) as u:
            try:
                write(u, action, "fr", Said(SAID, DID))
            except Conflict as fault:
                refused.append(fault)

    presses = [Thread(target=press) for _ in range(2)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    assert len(refused) == 1
    with world.database.reading(leading(lead)) as u:
        assert [row.number for row in u.all(select(GivenBack))] == [1]
