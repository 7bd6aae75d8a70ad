"""The page of a network: who has begun, as far as its lead may know, and one reminder a week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from insight_world import answered
from mailing import in_folder
from sqlalchemy import select
from staff import signed_in
from walls.addresses import signed_in_again

from portal.notifications.models import OutboxRow
from portal.people.rules import Role

if TYPE_CHECKING:
    from pathlib import Path

    from build import World
    from staff import Colleague

EMAIL = "ana@relais.example"
DAY = date(2027, 3, 23)


def leading(world: World) -> Colleague:
    """Somebody who leads the network of both structures."""
    signed_in(world, Role.NETWORK_LEAD, world.strasbourg, email=EMAIL)
    return signed_in(world, Role.NETWORK_LEAD, world.lyon, email=EMAIL)


def begun(page: str) -> int:
    """How many structures have begun, as the page tags them."""
    return page.count("A commencé")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.NETWORK_LEAD])
def test_only_a_network_lead_has_a_network(sqlite_world: World, role: Role) -> None:
    who = signed_in(sqlite_world, role)
    assert who.get("/network").status_code == 404
    assert who.post("/network/remind").status_code == 404


def test_a_network_is_where_one_leads_and_no_more(sqlite_world: World) -> None:
    one = signed_in(sqlite_world, Role.NETWORK_LEAD, email=EMAIL)
    page = one.get("/network").text
    assert ("La Passerelle" in page, "Rive Gauche" in page) == (True, False)
    both = leading_too(sqlite_world, one)
    assert "Rive Gauche" in both.get("/network").text
    assert 'href="/network"' in both.get("/structures").text


def leading_too(world: World, who: Colleague) -> Colleague:
    """The same person, who leads Strasbourg as well."""
    return signed_in(world, Role.NETWORK_LEAD, world.strasbourg, email=who.email)


@pytest.mark.parametrize(("answers", "has_begun"), [(0, 0), (1, 0), (4, 0), (5, 1)])
def test_below_five_answers_nobody_has_begun(world: World, answers: int, has_begun: int) -> None:
    lead = leading(world)
    if answers:
        answered(world, meeting={"good": answers}, day=DAY)
    silent = lead.get("/network").text
    assert begun(silent) == has_begun
    if answers < 5:
        assert ("2 sur 9" in silent, "3 sur 9" in silent) == (True, False)


def test_who_has_not_begun_is_reminded_once_a_week(world: World, tmp_path: Path) -> None:
    lead = leading(world)
    answered(world, meeting={"good": 5}, day=DAY, at=world.strasbourg)
    signed_in(world, Role.QUALITY_LEAD, world.strasbourg, email="s@r.example")
    for role, email in ((Role.QUALITY_LEAD, "q@p.example"), (Role.DIRECTOR, "d@p.example")):
        signed_in(world, role, world.lyon, email=email)
    assert lead.post("/network/remind").location == "/network?done=reminded"
    assert lead.post("/network/remind").location == "/network?done=nobody"
    (mail,) = in_folder(world, tmp_path)
    assert mail["To"] == "q@p.example"
    assert "/s/passerelle/start" in mail.get_content()
    with world.database.reading(world.strasbourg.scope) as u:
        assert u.all(select(OutboxRow)) == []
    world.clock.set(world.clock.now() + timedelta(days=7))
    lead = signed_in_again(world, lead)
    assert lead.post("/network/remind").location == "/network?done=reminded"


def test_without_a_quality_lead_the_director_is_reminded_and_nobody_is_no_harm(
    world: World, tmp_path: Path
) -> None:
    lead = leading(world)
    assert lead.post("/network/remind").location == "/network?done=nobody"
    signed_in(world, Role.DIRECTOR, world.lyon, email="d@p.example")
    assert lead.post("/network/remind").location == "/network?done=reminded"
    assert [mail["To"] for mail in in_folder(world, tmp_path)] == ["d@p.example"]
