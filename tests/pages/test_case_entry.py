"""What came by telephone or over the counter is typed by staff: dated as it came, with the same receipt."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from staff import Colleague, signed_in

from portal.cases.models import Case, CaseEvent, CaseFact, CasePerson
from portal.cases.replay import differences
from portal.cases.rules import CaseState
from portal.cases.ways import Channel
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse

NEW = "/s/passerelle/cases/new"
SAID = "Personne n'est venu mardi, j'ai attendu une heure dans le hall."
CALLED = {"kind": "complaint", "channel": "phone", "message": SAID, "received_on": "2027-03-24"}


def token_of(page: TestResponse) -> str:
    """The token of the form."""
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found
    return found[1]


def typed(colleague: Colleague, **fields: object) -> TestResponse:
    """What comes back of a form as this colleague opens and fills it."""
    token = token_of(colleague.get(NEW))
    return colleague.post(NEW, token=token, **{**CALLED, **fields})


def only_case(world: World) -> Case:
    """The one case of Lyon."""
    with world.database.reading(world.lyon.scope) as u:
        (case,) = u.all(select(Case))
        return case


def receipt_on(page: TestResponse) -> str:
    """The receipt number that a page shows."""
    found = re.search(r"\d{6} \d{10} \d{2}", re.sub(r"<[^>]+>", "", page.text))
    assert found, page.text
    return found[0]


def test_a_call_typed_by_a_mediator_is_a_case_with_the_receipt_and_nothing_else(world: World) -> None:
    mediator = signed_in(world, Role.MEDIATOR)
    sent = typed(mediator)
    assert sent.status_code == 303, sent.text
    shown = mediator.get(sent.location)
    receipt, case = receipt_on(shown), only_case(world)
    assert (case.channel, case.entered_by, case.registered_at) == (
        Channel.PHONE,
        mediator.person_id,
        case.received_at,
    )
    assert f"/cases/{case.reference}" not in shown.text
    assert mediator.get(f"/s/passerelle/cases/{case.reference}").status_code == 403
    followed = world.app.test_client().post("/p/passerelle/fr/follow", data={"receipt": receipt})
    assert followed.status_code == 303
    assert SAID.replace("'", "&#39;") in world.app.test_client().get(followed.location).text


def test_the_clocks_run_from_the_day_it_came_and_the_lag_is_kept(world: World) -> None:
    lead = signed_in(world)
    assert typed(lead, received_on="2027-03-19").status_code == 303
    case = only_case(world)
    with world.database.reading(world.lyon.scope) as u:
        fact, event = u.all(select(CaseFact))[0], u.all(select(CaseEvent))[0]
        assert differences(u, case) == []
    assert (event.actor_kind, event.actor_id, event.payload["channel"]) == ("staff", lead.person_id, "phone")
    assert (event.occurred_at, event.recorded_at) == (case.received_at, case.registered_at)
    assert (fact.entry_lag_days, fact.channel) == (3, Channel.PHONE)
    # Friday the 19th is day zero: two working days later ends on Tuesday.
    assert str(case.due_on) == "2027-03-23"
    page = lead.get(f"/s/passerelle/cases/{case.reference}").text
    assert "3 jours ouvrés plus tard, par Camille Roux" in page
    assert "19 mars 2027" in page
    assert "00:00" not in page


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": ""}, "Choisissez ce que la personne attend."),
        ({"channel": ""}, "Choisissez par où c’est arrivé."),
        ({"channel": "web"}, "Choisissez par où c’est arrivé."),
        ({"message": " "}, "Écrivez quelques mots"),
        ({"received_on": "2027-03-25"}, "Ce jour est encore à venir."),
        ({"received_on": "2025-03-25"}, "Il y a plus d’un an"),
        ({"received_on": "hier"}, "Indiquez le jour où c’est arrivé."),
        ({"received_at": "14:30"}, "Cette heure n’est pas encore venue."),
        ({"received_at": "matin"}, "Ce n’est pas une heure."),
        ({"contact_kind": "phone", "contact": "12"}, "Écrivez un numéro"),
        ({"concerns": "nobody"}, "Choisissez dans la liste."),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(
    sqlite_world: World, fields: dict[str, str], told: str
) -> None:
    sent = typed(signed_in(sqlite_world), **{"name": "Amina Diallo", **fields})
    assert sent.status_code == 422
    assert told in sent.text
    assert "Amina Diallo" in sent.text
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert u.all(select(Case)) == []


def test_the_same_form_sent_twice_is_one_case_with_one_receipt(sqlite_world: World) -> None:
    supervisor = signed_in(sqlite_world, Role.SUPERVISOR)
    token = token_of(supervisor.get(NEW))
    pages = [supervisor.get(supervisor.post(NEW, token=token, **CALLED).location) for _ in range(2)]
    assert receipt_on(pages[0]) == receipt_on(pages[1])
    assert only_case(sqlite_world).version == 1


def test_whom_it_is_about_never_sees_it(world: World) -> None:
    lead = signed_in(world)
    director = signed_in(world, Role.DIRECTOR, email="dir@passerelle.example", name="Hugo Blanc")
    assert typed(lead, concerns=str(director.person_id)).status_code == 303
    case = only_case(world)
    with world.database.reading(world.lyon.scope) as u:
        assert u.all(select(CasePerson.person_id)) == [director.person_id]
        payload = u.all(select(CaseEvent.payload))[0]
    assert payload["concerns"] == [director.person_id.hex]
    assert director.get(f"/s/passerelle/cases/{case.reference}").status_code == 404
    assert case.reference not in director.get("/s/passerelle/cases").text
    assert lead.get(f"/s/passerelle/cases/{case.reference}").status_code == 200


def test_whoever_it_is_about_cannot_type_it_and_a_case_is_never_left_without_a_handler(
    sqlite_world: World,
) -> None:
    lead = signed_in(sqlite_world)
    about_oneself = typed(lead, concerns=str(lead.person_id))
    assert about_oneself.status_code == 422
    assert "confiez-le à un collègue" in about_oneself.text
    mediator = signed_in(sqlite_world, Role.MEDIATOR, email="m@passerelle.example", name="Inès Faure")
    alone = typed(mediator, concerns=str(lead.person_id))
    assert alone.status_code == 422
    assert "Personne d’autre ne pourrait" in alone.text


def test_the_slip_speaks_the_person_s_language_and_the_page_the_colleague_s(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    page = lead.get(typed(lead, language="ar").location).text
    slip = page.split('<section class="slip', 1)[1].split("</section>", 1)[0]
    assert 'lang="ar" dir="rtl"' in slip
    assert "/p/passerelle/ar/follow" in slip
    assert "Donnez ce numéro à la personne" in page
    case = only_case(sqlite_world)
    assert (case.language, case.state) == ("ar", CaseState.RECEIVED)


def test_the_receipt_page_closes_after_half_an_hour(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    shown = typed(lead).location
    sqlite_world.clock.set(datetime(2027, 3, 24, 9, 45, tzinfo=UTC))
    assert lead.get(shown).status_code == 410


def test_who_meets_nobody_cannot_type(sqlite_world: World) -> None:
    for role in (Role.BOARD, Role.AUDITOR, Role.NETWORK_LEAD, Role.OPERATOR):
        other = signed_in(sqlite_world, role, email=f"{role.value}@passerelle.example")
        assert other.get(NEW).status_code == 403
