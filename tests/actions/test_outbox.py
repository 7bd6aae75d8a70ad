"""Who is told of what, and that nobody else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mailing import FILER, TEXT, filed, handling, hired, in_folder, stepped
from sqlalchemy import select

from portal.cases.actions import Given, take
from portal.cases.beside import name_person
from portal.cases.rules import Actor, Finding, Kind
from portal.notifications.models import OutboxRow
from portal.people.actions import PersonGiven, end_membership, invite, withdraw_invitation
from portal.people.queries import members, open_invitations
from portal.people.rules import Permission, Role, may

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path
    from uuid import UUID

    from build import Furnished, World

    from portal.core.db import Scope


def outbox(world: World, at: Furnished | None = None) -> list[OutboxRow]:
    """Every notice of a structure, in the order of writing."""
    with world.database.reading((at or world.lyon).scope) as u:
        return list(u.all(select(OutboxRow).order_by(OutboxRow.id)))


def recipients(mails: list[EmailMessage]) -> list[str]:
    """Who gets them, by address."""
    return sorted(str(mail["To"]) for mail in mails)


def test_a_new_case_is_told_to_those_who_handle_cases(world: World, tmp_path: Path) -> None:
    for role in Role:
        hired(world, role, role.value)
    filed(world)
    told = recipients(in_folder(world, tmp_path))
    assert told == sorted(
        f"{role.value}@passerelle.example" for role in Role if may(role, Permission.HANDLE_CASES)
    )


def test_a_case_is_told_to_nobody_of_another_structure(world: World, tmp_path: Path) -> None:
    hired(world, Role.DIRECTOR, "alsace", at=world.strasbourg)
    hired(world, Role.DIRECTOR, "lyon")
    filed(world)
    assert recipients(in_folder(world, tmp_path)) == ["lyon@passerelle.example"]
    assert outbox(world, world.strasbourg) == []


def test_a_person_whom_the_code_names_is_not_told(world: World, tmp_path: Path) -> None:
    named = hired(world, Role.SUPERVISOR, "nommee")
    hired(world, Role.DIRECTOR, "lea")
    filed(world, mediator_id=named)
    assert recipients(in_folder(world, tmp_path)) == ["lea@passerelle.example"]


def test_a_person_named_while_the_mail_waits_is_not_told(world: World, tmp_path: Path) -> None:
    named, lead = hired(world, Role.SUPERVISOR, "nommee"), hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    assert len(outbox(world)) == 2
    with world.database.transaction(handling(world, lead)) as u:
        name_person(u, case.case_id, named)
    assert recipients(in_folder(world, tmp_path)) == ["lea@passerelle.example"]


def test_who_left_while_the_mail_waits_is_not_told(world: World, tmp_path: Path) -> None:
    hired(world, Role.DIRECTOR, "lea")
    hired(world, Role.SUPERVISOR, "parti")
    filed(world)
    with world.database.transaction(world.lyon.scope) as u:
        end_membership(u, next(one.membership_id for one in members(u) if one.role is Role.SUPERVISOR))
    assert recipients(in_folder(world, tmp_path)) == ["lea@passerelle.example"]


def test_a_case_closed_while_the_mail_waits_is_told_to_no_handler(world: World, tmp_path: Path) -> None:
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world, kind=Kind.THANKS, contact="")
    stepped(world, handling(world, lead, Role.DIRECTOR), case.case_id, "settle", given=Given())
    assert in_folder(world, tmp_path) == []
    assert [row.given_up_at is None for row in outbox(world)] == [False]


@pytest.mark.parametrize(
    ("kind", "contact"), [("sms", "+33 6 41 88 00 73"), ("phone", "0641880073"), ("none", "")]
)
def test_a_filer_without_an_address_gets_no_row(sqlite_world: World, kind: str, contact: str) -> None:
    lead = hired(sqlite_world, Role.DIRECTOR, "lea")
    case = filed(sqlite_world, contact_kind=kind, contact=contact)
    stepped(sqlite_world, handling(sqlite_world, lead), case.case_id, "acknowledge", "inform")
    assert {row.notice for row in outbox(sqlite_world)} == {"case_filed"}


def test_a_filer_hears_when_there_is_something_to_read(world: World, tmp_path: Path) -> None:
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    stepped(world, handling(world, lead), case.case_id, "acknowledge", "note", "inform")
    news = [mail for mail in in_folder(world, tmp_path) if mail["To"] == FILER]
    assert len(news) == 1
    assert "http://avis.portal.test/p/passerelle/fr/follow" in news[0].get_content()


def test_an_address_lies_sealed_and_is_destroyed_when_the_mail_has_gone(world: World, tmp_path: Path) -> None:
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    stepped(world, handling(world, lead), case.case_id, "acknowledge", "inform")
    row = next(row for row in outbox(world) if row.notice == "case_news")
    assert row.address_sealed is not None
    assert FILER.encode() not in row.address_sealed
    assert row.facts == {}
    in_folder(world, tmp_path)
    row = next(row for row in outbox(world) if row.notice == "case_news")
    assert row.address_sealed is None
    assert row.sent_at is not None


@pytest.mark.parametrize(("verb", "told"), [("contest", 1), ("accept", 0), ("add", 1)])
def test_handlers_hear_what_a_filer_writes_unless_it_ends_the_case(
    world: World, verb: str, told: int
) -> None:
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    stepped(world, handling(world, lead), case.case_id, "acknowledge", "answer")
    with world.database.transaction(world.lyon.scope) as u:
        take(u, case.case_id, verb, Given(message="Encore un mot" if verb == "add" else ""), who=Actor.FILER)
    assert [row.notice for row in outbox(world)].count("filer_replied") == told


def test_what_is_added_to_a_closed_case_for_the_team_is_no_news_for_the_filer(world: World) -> None:
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    stepped(world, handling(world, lead), case.case_id, "acknowledge", "answer")
    with world.database.transaction(world.lyon.scope) as u:
        take(u, case.case_id, "accept", who=Actor.FILER)
    before = [row.notice for row in outbox(world)].count("case_news")
    with world.database.transaction(handling(world, lead)) as u:
        take(u, case.case_id, "note", Given(message="Vu avec l’équipe."))
        take(u, case.case_id, "conclude", Given(finding=Finding.UPHELD))
    assert [row.notice for row in outbox(world)].count("case_news") == before


def test_a_step_that_is_undone_tells_nobody(world: World) -> None:
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    with pytest.raises(ZeroDivisionError):
        told_then_undone(world, handling(world, lead), case.case_id)
    assert {row.notice for row in outbox(world)} == {"case_filed"}


def told_then_undone(world: World, scope: Scope, case_id: UUID) -> None:
    """Write to the filer in a transaction that fails."""
    with world.database.transaction(scope) as u:
        take(u, case_id, "acknowledge")
        take(u, case_id, "inform", Given(message="Bonjour"))
        assert u.one(select(OutboxRow).where(OutboxRow.notice == "case_news")) is not None
        raise ZeroDivisionError


def test_an_invitation_is_sent_with_its_link(world: World, tmp_path: Path) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        token = invite(u, PersonGiven("nora@exemple.test", "Nora", Role.SUPERVISOR))
    (mail,) = in_folder(world, tmp_path)
    assert mail["To"] == "nora@exemple.test"
    link = next(line for line in mail.get_content().splitlines() if line.startswith("http"))
    assert link.startswith("http://avis.portal.test/invitations/")
    assert world.app.test_client().get(link.removeprefix("http://avis.portal.test")).status_code == 200
    assert token not in str(outbox(world)[0].facts)


def test_an_invitation_that_was_withdrawn_is_not_sent(world: World, tmp_path: Path) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        invite(u, PersonGiven("nora@exemple.test", "Nora", Role.SUPERVISOR))
        withdraw_invitation(u, open_invitations(u)[0].id)
    assert in_folder(world, tmp_path) == []


def bare(mail: EmailMessage) -> bytes:
    """The bytes of a mail without its name and its date, the two things that differ."""
    for header in ("Message-ID", "Date"):
        del mail[header]
    return mail.as_bytes()


def test_a_question_an_answer_and_an_end_read_alike_to_the_filer(world: World, tmp_path: Path) -> None:
    lead = handling(world, hired(world, Role.DIRECTOR, "lea"), Role.DIRECTOR)
    ways = {"ask": ["acknowledge", "ask"], "answer": ["acknowledge", "answer"], "dismiss": ["dismiss"]}
    for verb, verbs in ways.items():
        case = filed(world, nonce=verb, kind=Kind.REQUEST if verb == "ask" else Kind.COMPLAINT)
        stepped(world, lead, case.case_id, *verbs)
    news = [mail for mail in in_folder(world, tmp_path) if mail["To"] == FILER]
    assert len(news) == 3
    assert len({bare(mail) for mail in news}) == 1


def test_no_mail_holds_a_word_of_the_case(world: World, tmp_path: Path) -> None:
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    stepped(world, handling(world, lead), case.case_id, "acknowledge", "ask")
    with world.database.transaction(world.lyon.scope) as u:
        take(u, case.case_id, "reply", Given(message="Quittenbaum encore"), who=Actor.FILER)
    mails = in_folder(world, tmp_path)
    assert len(mails) == 3
    words = [*TEXT.split(), "Fatoumata", "Habitante", "Réclamation", "complaint", case.receipt.digits]
    for mail in mails:
        if mail["To"] != FILER:
            assert FILER not in mail.as_string()
        shown = f"{mail['Subject']} {mail['From']} {mail.get_content()}"
        assert [word for word in words if len(word) > 4 and word.lower() in shown.lower()] == []
        assert mail["To"] != FILER or case.reference not in mail.as_string()
