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

from portal.certification.campaigning import campaigns
from portal.certification.rules import CampaignSource
from portal.notifications.models import OutboxRow
from portal.people.rules import Role
from portal.tenancy.queries import current_structure

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


# What is proposed to all

CAMPAIGN = {"campaign": "Printemps", "starts_on": "2027-04-01", "ends_on": "2027-04-30", "colour": "#7a3b69"}


def colour(world: World) -> str:
    """Lyon's."""
    with world.database.reading(world.lyon.scope) as u:
        return current_structure(u).colour


def proposed(page: str, what: str) -> str:
    """Where an answer to the proposal of a page goes."""
    return next(part for part in page.split('"') if part.endswith(f"/{what}"))


def taking(page: str) -> list[str]:
    """Where each proposal of a page is taken."""
    return [part for part in page.split('"') if part.endswith("/take")]


def campaign_card(page: str) -> str:
    """Where the proposal of a campaign is taken."""
    return proposed(page.split("Printemps", 1)[1], "take")


def test_a_proposal_changes_nothing_before_a_structure_takes_it(world: World) -> None:
    lead, before = leading(world), colour(world)
    own = signed_in(world)
    assert lead.post("/network/offer", **CAMPAIGN).location == "/network?done=proposed"
    assert colour(world) == before
    page = own.get("/s/passerelle/start").text
    assert "Printemps\N{POP DIRECTIONAL ISOLATE}, du 1er avril 2027 au 30 avril 2027" in page
    taken = campaign_card(page)
    assert own.post(taken).status_code == 303
    after = own.get("/s/passerelle/start").text
    assert "Campagne de votre réseau" in after
    assert "Printemps" in after
    assert colour(world) == before
    with world.database.reading(world.lyon.scope) as u:
        (opened,) = campaigns(u)
        assert (opened.name, opened.source, opened.first_day) == (
            "Printemps",
            CampaignSource.NETWORK,
            date(2027, 4, 1),
        )
    assert lead.get("/network").text.count("Campagne\N{NO-BREAK SPACE}: acceptée") == 1
    assert own.post(taken.replace("/take", "/decline")).status_code == 404
    assert own.post(proposed(after, "take")).status_code == 303
    assert colour(world) == "#7a3b69"
    assert 'id="proposed"' not in own.get("/s/passerelle/start").text


def test_a_proposal_that_is_declined_leaves_all_as_it_was(world: World) -> None:
    lead, before, own = leading(world), colour(world), signed_in(world)
    lead.post("/network/offer", **CAMPAIGN)
    for _ in range(2):
        page = own.get("/s/passerelle/start").text
        assert own.post(proposed(page, "decline")).status_code == 303
    assert colour(world) == before
    assert "Campagne de votre réseau" not in own.get("/s/passerelle/start").text


def test_a_new_proposal_replaces_its_like_without_answer_and_no_other(world: World) -> None:
    lead, own = leading(world), signed_in(world)
    lead.post("/network/offer", **CAMPAIGN)
    old = next(
        one
        for one in taking(own.get("/s/passerelle/start").text)
        if one != campaign_card(own.get("/s/passerelle/start").text)
    )
    lead.post("/network/offer", colour="#2f5d9b")
    assert own.post(old).status_code == 404
    page = own.get("/s/passerelle/start").text
    assert ("Printemps" in page, "#2f5d9b" in page, "#7a3b69" in page) == (True, True, False)


def test_a_campaign_that_is_over_is_told_no_more(sqlite_world: World) -> None:
    lead, own = leading(sqlite_world), signed_in(sqlite_world)
    lead.post("/network/offer", **{**CAMPAIGN, "starts_on": "2027-03-01", "ends_on": "2027-03-23"})
    own.post(campaign_card(own.get("/s/passerelle/start").text))
    assert "Campagne de votre réseau" not in own.get("/s/passerelle/start").text


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "colour"),
        ({"colour": "bleu"}, "colour"),
        ({"campaign": "Printemps"}, "starts_on"),
        ({"campaign": "Printemps", "starts_on": "2027-04-01"}, "ends_on"),
        ({**CAMPAIGN, "ends_on": "2027-03-01"}, "ends_on"),
        ({**CAMPAIGN, "starts_on": "hier"}, "starts_on"),
        ({**CAMPAIGN, "ends_on": "2028-06-01"}, "ends_on"),
        ({**CAMPAIGN, "starts_on": "0001-01-02", "ends_on": "0001-02-01"}, "ends_on"),
        ({**CAMPAIGN, "starts_on": "9999-11-01", "ends_on": "9999-12-31"}, "ends_on"),
        ({**CAMPAIGN, "campaign": "x" * 81}, "campaign"),
    ],
)
def test_what_cannot_be_proposed_is_told_and_nobody_gets_it(
    sqlite_world: World, fields: dict[str, str], wrong: str
) -> None:
    lead = leading(sqlite_world)
    page = lead.post("/network/offer", **fields)
    assert (page.status_code, f'href="#{wrong}"' in page.text) == (422, True)
    assert 'id="proposed"' not in signed_in(sqlite_world).get("/s/passerelle/start").text


def test_whoever_leads_no_network_proposes_nothing(sqlite_world: World) -> None:
    assert signed_in(sqlite_world).post("/network/offer", **CAMPAIGN).status_code == 404


def test_a_proposal_to_another_structure_is_not_there(world: World) -> None:
    lead = leading(world)
    lead.post("/network/offer", **CAMPAIGN)
    theirs = signed_in(world, Role.DIRECTOR, world.strasbourg, email="d@r.example")
    foreign = proposed(theirs.get("/s/rive-gauche/start").text, "take")
    own = signed_in(world)
    assert own.post(foreign.replace("rive-gauche", "passerelle")).status_code == 404
    assert own.post(foreign).status_code == 404
