"""Whoever forgot the password comes back in by a mail, and nobody learns from the page who works here."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from mailing import sent, trap
from sqlalchemy import select
from staff import PASSWORD, signed_in

from portal.notifications.models import OutboxRow
from portal.people.models import JournalEntry, Membership

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse

ADDRESS = "camille@passerelle.example"
NEW = "trois bateaux sous la pluie"


def asked(world: World, email: str = ADDRESS) -> TestResponse:
    """Somebody asks for a link."""
    return world.app.test_client().post("/forgotten-password", data={"email": email})


def mailed_link(world: World) -> str:
    """The path of the link in the mail that arrived."""
    with trap().listening() as server:
        assert sent(world, server.mailer).sent == 1
    (mail,) = server.mails
    assert mail["To"] == ADDRESS
    found = re.search(r"https?://[^/\s]+(/new-password/\S+)", mail.get_content())
    assert found is not None
    return found[1]


def changed(world: World, link: str, password: str = NEW) -> TestResponse:
    """A new password is sent through the link."""
    return world.app.test_client().post(link, data={"password": password})


def enters(world: World, password: str) -> bool:
    """Whether one signs in with this password."""
    client = world.app.test_client()
    return client.post("/sign-in", data={"email": ADDRESS, "password": password}).status_code == 303


def test_a_link_by_mail_leads_to_a_new_password_and_ends_every_session(world: World) -> None:
    colleague = signed_in(world)
    assert asked(world).location == "/forgotten-password?sent"
    link = mailed_link(world)
    page = world.app.test_client().get(link)
    assert page.status_code == 200
    assert ADDRESS in page.text
    assert changed(world, link).location == "/sign-in?changed"
    assert enters(world, NEW)
    assert not enters(world, PASSWORD)
    assert colleague.get("/account").status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        assert "password_changed" in u.all(select(JournalEntry.act))


def test_a_link_is_good_once_and_for_half_an_hour(world: World) -> None:
    signed_in(world)
    asked(world)
    link = mailed_link(world)
    world.clock.advance(timedelta(minutes=29))
    assert changed(world, link).status_code == 303
    assert changed(world, link, "quatre bateaux sous la pluie").status_code == 410
    world.clock.advance(timedelta(minutes=10))
    asked(world)
    later = mailed_link(world)
    world.clock.advance(timedelta(minutes=31))
    assert world.app.test_client().get(later).status_code == 410
    assert enters(world, NEW)


def test_an_unknown_address_reads_the_same_and_nothing_is_sent(world: World) -> None:
    signed_in(world)
    known, unknown = asked(world), asked(world, "personne@passerelle.example")
    assert (known.status_code, known.location, known.data) == (
        unknown.status_code,
        unknown.location,
        unknown.data,
    )
    with world.database.reading(world.lyon.scope) as u:
        assert len(u.all(select(OutboxRow.id))) == 1


def test_a_mailbox_is_not_filled_by_whoever_knows_its_address(sqlite_world: World) -> None:
    signed_in(sqlite_world)
    for _ in range(8):
        asked(sqlite_world)
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert len(u.all(select(OutboxRow.id))) == 1
    assert [asked(sqlite_world).status_code for _ in range(3)] == [303, 303, 429]


@pytest.mark.parametrize("password", ["court", "camille@passerelle.example", "x" * 300])
def test_a_poor_password_is_refused_with_its_fault_and_the_link_stays(
    sqlite_world: World, password: str
) -> None:
    signed_in(sqlite_world)
    asked(sqlite_world)
    link = mailed_link(sqlite_world)
    refused = changed(sqlite_world, link, password)
    assert refused.status_code == 422
    assert password not in re.sub(r'value="[^"]*"', "", refused.text)
    assert changed(sqlite_world, link).status_code == 303


@pytest.mark.parametrize("token", ["x", "é", "A" * 120])
def test_what_is_no_link_of_ours_leads_nowhere(sqlite_world: World, token: str) -> None:
    assert sqlite_world.app.test_client().get(f"/new-password/{token}").status_code in {400, 404, 410}


def test_whoever_left_gets_no_link(world: World) -> None:
    colleague = signed_in(world)
    asked(world)
    with world.database.transaction(world.lyon.scope) as u:
        for row in u.all(select(Membership).where(Membership.person_id == colleague.person_id)):
            row.ended_at = u.now
    with trap().listening() as server:
        assert sent(world, server.mailer).sent == 0
    assert server.mails == []
