"""A campaign draws its own figures, waits for its note, and closes on counts that the answers give again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from giving import carried_out, colleague, told, two_months_on
from insight_world import answered
from learning import leading
from phone import Phone
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from staff import signed_in
from walls.addresses import signed_in_again

from portal.certification.campaigning import Campaigned, open_campaign, same_campaign
from portal.certification.hearing import from_document, heard_again, heard_in
from portal.certification.models import Action, Campaign, CampaignAction, GivenBack, ThanksGiven
from portal.certification.report import Span
from portal.certification.rules import CampaignSource, Origin
from portal.certification.thanking import Thanked, give
from portal.certification.twice import WITHIN
from portal.core.db import Scope
from portal.core.errors import Conflict, Invalid
from portal.core.ids import new_id
from portal.jobs import purge_all
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World
    from staff import Colleague

CAMPAIGNS = "/s/passerelle/campaigns"
APRIL = datetime(2027, 4, 12, 8, 0, tzinfo=UTC)
MARCH = Span(date(2027, 3, 3), date(2027, 4, 10))
NOTE = {"learnt": "Le soir, on nous attend plus longtemps.", "decided": "Revoir les rondes."}


def opened_by(lead: Colleague, **more: str) -> str:
    """The address of a campaign of some weeks."""
    fields = {"name": "Printemps", "first": "2027-03-03", "last": "2027-04-10", **more}
    sent = lead.post(f"{CAMPAIGNS}/new", **fields)
    assert sent.status_code == 303, sent.text
    return sent.location.partition("?")[0]


def moved(world: World, who: Colleague) -> Colleague:
    """The colleague after the campaign."""
    world.clock.set(APRIL)
    return signed_in_again(world, who)


def heard_of_march(world: World) -> None:
    """Thirty opinions within the campaign, twelve before it."""
    answered(world, meeting={"good": 24, "bad": 6}, day=date(2027, 3, 10))
    answered(world, meeting={"good": 9, "bad": 3}, day=date(2027, 2, 20))


def forge(world: World, scope: Scope) -> None:
    """Write other figures onto the campaign there is."""
    with world.database.transaction(scope) as u:
        u.all(select(Campaign))[0].figures = {"questions": []}
        u.session.flush()


def test_a_campaign_is_a_name_and_two_days_and_closes_with_its_note(world: World) -> None:
    lead = signed_in(world)
    heard_of_march(world)
    address = opened_by(lead)
    page = lead.get(address).text
    assert "En cours" in page
    assert "24 sur 30 (80,0" in page
    assert "entre 63" in page, "the interval stands beside it"
    assert "9 sur 12" in page
    assert "9 sur 12 (" not in page, "of twelve the counts alone"
    for missing in ("Son dernier jour", "La note manque"):
        assert missing in page
    assert lead.post(f"{address}/close").status_code == 422
    lead = moved(world, lead)
    assert "La note manque" in lead.get(address).text
    assert lead.get(f"{address}/note.pdf").status_code == 404
    assert lead.post(f"{address}/note", learnt="", decided="").status_code == 422
    assert lead.post(f"{address}/note", **NOTE).status_code == 303
    fields = {"what": "Revoir les rondes", "who": str(lead.person_id), "when": "2027-05-20"}
    assert lead.post(f"{address}/decisions", **{**fields, "what": ""}).status_code == 422
    assert lead.post(f"{address}/decisions", **fields).status_code == 303
    assert lead.post(f"{address}/close").status_code == 303
    for verb, given in (("close", {}), ("note", NOTE), ("decisions", fields)):
        assert lead.post(f"{address}/{verb}", **given).status_code == 409
    with world.database.reading(leading(lead)) as u:
        assert [one.origin for one in u.all(select(Action))] == [Origin.CAMPAIGN]
    assert "les mêmes chiffres" in lead.get(address).text
    with pypdfium2.PdfDocument(lead.get(f"{address}/note.pdf").data) as document:
        (text,) = [" ".join(one.get_textpage().get_text_range().split()) for one in document]
    for words in (
        NOTE["learnt"],
        NOTE["decided"],
        "24 sur 30 (80,0",
        "9 sur 12",
        "Printemps",
        "les mêmes chiffres",
    ):
        assert words in text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.both
def test_frozen_figures_hold_against_the_answers_and_are_kept_by_the_database(world: World) -> None:
    lead = signed_in(world)
    heard_of_march(world)
    address = opened_by(lead)
    lead = moved(world, lead)
    lead.post(f"{address}/note", **NOTE)
    assert lead.post(f"{address}/close").status_code == 303
    answered(
        world, meeting={"good": 1}, day=date(2027, 3, 11)
    )  # as a fault of ours would: into a day long over
    with world.database.reading(Scope.of(world.lyon.structure.id)) as u:
        row = u.all(select(Campaign))[0]
        assert row.figures is not None
        assert row.closed_at is not None
        frozen = from_document(row.figures)
        assert frozen[0].now.n == 24
        assert heard_in(u, row)[0].now.n == 25
        assert heard_again(u, row, frozen, row.closed_at) != frozen, "the control"
    assert "d’autres chiffres" in lead.get(address).text
    assert "24 sur 30" in lead.get(address).text
    with pytest.raises(DBAPIError, match="never changed"):
        forge(world, leading(lead))


def test_a_campaign_at_a_site_counts_what_was_said_there(sqlite_world: World) -> None:
    world = sqlite_world
    heard_of_march(world)
    with world.database.transaction(world.lyon.scope) as u:
        here = open_campaign(u, Campaigned("Ici", MARCH, world.lyon.site.id))
        assert heard_in(u, here)[0].n == 30
        with pytest.raises(Invalid):
            open_campaign(u, Campaigned("Ailleurs", MARCH, world.strasbourg.site.id))
        with pytest.raises(Invalid):
            open_campaign(u, Campaigned("Longue", Span(date(2026, 1, 1), date(2027, 3, 1))))


def test_what_the_network_proposed_is_a_campaign_once(sqlite_world: World) -> None:
    world = sqlite_world
    with world.database.transaction(world.lyon.scope) as u:
        offer = new_id(u.now)
        row = open_campaign(u, Campaigned("Réseau " * 20, MARCH, offer_id=offer))
        assert row.source is CampaignSource.NETWORK
        with pytest.raises(Conflict):
            open_campaign(u, Campaigned("Réseau", MARCH, offer_id=offer))


def test_each_fault_of_a_new_campaign_stands_at_its_field(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    sent = lead.post(f"{CAMPAIGNS}/new", name="", first="2027-03-03", last="x")
    assert sent.status_code == 422
    sent = lead.post(f"{CAMPAIGNS}/new", name="A", first="2027-03-03", last="2027-03-01")
    assert "avant le premier" in sent.text
    assert sent.status_code == 422
    for year in ("0001", "9999"):
        sent = lead.post(f"{CAMPAIGNS}/new", name="A", first=f"{year}-01-02", last=f"{year}-12-31")
        assert (sent.status_code, "entre 2000 et 2100" in sent.text) == (422, True), year
    assert lead.get(f"{CAMPAIGNS}/1").status_code == 404


def test_a_campaign_sent_twice_is_one_and_so_is_what_it_decides(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    assert opened_by(lead) == opened_by(lead)
    addresses = [opened_by(lead, name="  Printemps "), opened_by(lead, name="Été")]
    assert [one.rpartition("/")[2] for one in addresses] == ["1", "2"]
    lead = moved(world, lead)
    sent = {"what": "Revoir les rondes", "who": str(lead.person_id), "when": "2027-05-04"}
    for address in (*addresses, *addresses):
        assert lead.post(f"{address}/decisions", **sent).status_code == 303
    with world.database.reading(leading(lead)) as u:
        links = Counter(u.all(select(CampaignAction.campaign_id)))
        assert sorted(links.values()) == [1, 1], "the same words in another campaign are another action"
        assert len(u.all(select(Action))) == 2
    world.clock.advance(WITHIN)
    assert lead.post(f"{addresses[0]}/decisions", **sent).status_code == 303
    with world.database.reading(leading(lead)) as u:
        assert len(u.all(select(Action))) == 3


@pytest.mark.both
def test_two_presses_at_once_open_one_campaign(world: World) -> None:
    lead = signed_in(world)
    start, given = Barrier(2), Campaigned("Printemps", MARCH)

    def press() -> None:
        start.wait()
        with world.database.transaction(leading(lead)) as u:
            if same_campaign(u, given) is None:
                open_campaign(u, given)

    presses = [Thread(target=press) for _ in range(2)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    with world.database.reading(leading(lead)) as u:
        assert len(u.all(select(Campaign))) == 1


def test_days_of_its_own_would_tell_small_counts_apart_so_the_floor_hides_them(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    auditor = signed_in(world, Role.AUDITOR, email="ana@passerelle.example", name="Ana Silva")
    heard_of_march(world)
    address = opened_by(lead)
    assert "24 sur 30" in lead.get(address).text, "the control"
    page = auditor.get(address).text
    assert "24 sur 30" not in page
    assert "trop petits" in page
    assert auditor.get(f"{CAMPAIGNS}/new").status_code == 403
    mediator = signed_in(world, Role.MEDIATOR, email="sami@passerelle.example", name="Sami Diallo")
    assert mediator.get(CAMPAIGNS).status_code == 403
    other = signed_in(world, at=world.strasbourg, email="ines@rive.example", name="Inès")
    assert other.get("/s/rive-gauche/campaigns/1").status_code == 404


def test_words_that_were_given_back_go_in_their_time_and_counts_stay(world: World) -> None:
    lead, other = signed_in(world), colleague(world)
    heard_of_march(world)
    address = opened_by(lead)
    carried_out(world, lead)
    lead, other = two_months_on(world, lead, other)
    told(lead, other)
    with world.database.transaction(leading(lead)) as u:
        give(u, Thanked("Merci pour tout.", "fr", person_id=other.person_id))
    lead.post(f"{address}/note", **NOTE)
    assert lead.post(f"{address}/close").status_code == 303

    def left() -> list[int]:
        with world.database.reading(leading(lead)) as u:
            return [
                sum(one is not None for one in u.all(select(column)))
                for column in (Campaign.note_sealed, GivenBack.words_sealed, ThanksGiven.words_sealed)
            ]

    def purged(months: int) -> list[int]:
        world.clock.advance(timedelta(days=31 * months))
        with world.database.transaction(world.lyon.scope) as u:
            purge_all(u)
        return left()

    assert left() == [1, 1, 1]
    assert purged(25) == [1, 1, 0]
    assert purged(36) == [0, 0, 0]
    assert "Deux personnes de plus" not in Phone.at(world, "/p/passerelle/fr/results").page.text
    lead = signed_in_again(world, lead)
    page = lead.get(address).text
    assert "24 sur 30" in page, "figures are frozen, and stay"
    assert NOTE["learnt"] not in page
    assert lead.get(f"{address}/note.pdf").status_code == 200
    with world.database.reading(leading(lead)) as u:
        (row,) = u.all(select(GivenBack))
    assert (row.written_by, row.checked_by) == (lead.person_id, other.person_id), "who answered for it stays"
