"""A form that is sent twice, or too late: one thing is kept, and no word is lost."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from learning import complaint, leading
from sqlalchemy import func, select
from staff import signed_in
from walls.addresses import signed_in_again

from portal.certification.actions import Decided, open_action
from portal.certification.models import Action, ActionCase, Observation, Review
from portal.certification.twice import WITHIN, same_action
from portal.protection.models import RightsRequest
from portal.records.models import EarlierSeries

if TYPE_CHECKING:
    from build import World
    from staff import Colleague

HERE = "/s/passerelle"


def forms(lead: Colleague) -> dict[str, tuple[type[Any], dict[str, str]]]:
    """What each form sends, and what it makes."""
    action = {"what": "Afficher les horaires", "who": str(lead.person_id), "when": "2027-05-04"}
    asked = {"right": "access", "received_on": "2027-03-22", "who": "Mme Quittenbaum", "proof": "met"}
    year = {"question": "Satisfait", "first": "2024-01-01", "last": "2024-12-31", "n": "100"}
    return {
        "actions/new": (Action, action),
        "observations/new": (Observation, {"kind": "incident", "words": "Le hall est dans le noir."}),
        "reviews/new": (Review, {"held_on": "2027-03-24", "period": "3-months"}),
        "rights/new": (RightsRequest, asked),
        "records/earlier": (
            EarlierSeries,
            {"name": "Mairie", "source": "Rapport 2024", "satisfied": "80", **year},
        ),
    }


@pytest.mark.parametrize(
    "what", ["actions/new", "observations/new", "reviews/new", "rights/new", "records/earlier"]
)
def test_a_form_sent_twice_makes_one_thing(sqlite_world: World, what: str) -> None:
    lead = signed_in(sqlite_world)
    made, sent = forms(lead)[what]
    first, second = (lead.post(f"{HERE}/{what}", **sent) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    with sqlite_world.database.reading(leading(lead)) as u:
        assert u.one(select(func.count(made.id))) == 1
    if made is not Review:
        sqlite_world.clock.advance(WITHIN)
        lead.post(f"{HERE}/{what}", **sent)
        with sqlite_world.database.reading(leading(lead)) as u:
            assert u.one(select(func.count(made.id))) == 2


@pytest.mark.both
def test_two_presses_at_once_make_one_action(world: World) -> None:
    lead = signed_in(world)
    decided = Decided("Afficher les horaires", lead.person_id, world.clock.now().date())
    start = Barrier(2)

    def press() -> None:
        start.wait()
        with world.database.transaction(leading(lead)) as u:
            if same_action(u, decided) is None:
                open_action(u, decided)

    presses = [Thread(target=press) for _ in range(2)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    with world.database.reading(leading(lead)) as u:
        assert u.one(select(func.count(Action.id))) == 1


@pytest.mark.both
@pytest.mark.parametrize("what", ["rights/new", "records/earlier"])
def test_two_presses_of_a_form_at_once_make_one_thing(world: World, what: str) -> None:
    """The first of all: there is no row yet that somebody could wait for."""
    lead, start, codes = signed_in(world), Barrier(2), []
    made, sent = forms(lead)[what]

    def press(one: Colleague) -> None:
        start.wait()
        codes.append(one.post(f"{HERE}/{what}", **sent).status_code)

    presses = [Thread(target=press, args=(one,)) for one in (lead, signed_in_again(world, lead))]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    assert codes == [303, 303]
    with world.database.reading(leading(lead)) as u:
        assert u.one(select(func.count(made.id))) == 1


def test_another_request_or_series_of_the_same_minute_is_another_one(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    others = {"rights/new": {"asked": "Tout."}, "records/earlier": {"satisfied": "81"}}
    for what, other in others.items():
        made, sent = forms(lead)[what]
        for more in ({}, other):
            assert lead.post(f"{HERE}/{what}", **{**sent, **more}).status_code == 303
        with sqlite_world.database.reading(leading(lead)) as u:
            assert u.one(select(func.count(made.id))) == 2


def test_the_same_decision_for_another_message_is_another_action(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    references = [complaint(sqlite_world, leading(lead), salt=salt) for salt in (1, 2)]
    sent = forms(lead)["actions/new"][1]
    for reference in references:
        assert lead.post(f"{HERE}/actions/new?case={reference}", **sent).status_code == 303
    with sqlite_world.database.reading(leading(lead)) as u:
        assert u.one(select(func.count(ActionCase.case_id.distinct()))) == 2
        assert u.one(select(func.count(Action.id))) == 2


def test_words_for_a_form_that_is_gone_come_back(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    lead.post(f"{HERE}/observations/new", kind="incident", words="Le hall est dans le noir.")
    assert lead.post(f"{HERE}/observations/1/answer", words="Une lampe arrive.").status_code == 303
    late = lead.post(f"{HERE}/observations/1/answer", words="Nous appelons le bailleur.")
    assert late.status_code == 409
    assert "Nous appelons le bailleur." in late.text
    lead.post(f"{HERE}/reviews/new", held_on="2027-03-24", period="month")
    assert lead.post(f"{HERE}/reviews/1/close", message="Tout va.").status_code == 303
    late = lead.post(
        f"{HERE}/reviews/1/decisions", what="Former l’équipe", who=str(lead.person_id), when="2027-05-04"
    )
    assert late.status_code == 409
    assert "Former l’équipe" in late.text
