"""What is not ours is passed on with a trace: to whom, with which consent, and when we look again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from casework import file, followed, step
from sqlalchemy import select
from staff import signed_in
from walls.addresses import signed_in_again

from portal.cases.models import Case, CaseEvent, CaseFact, OutsideBody
from portal.cases.replay import differences
from portal.cases.rules import CaseState
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World
    from staff import Colleague

NAME = "Lyon Habitat"


def listed(colleague: Colleague, name: str = NAME) -> None:
    """A body, put on the list."""
    sent = colleague.post(
        "/s/passerelle/bodies", name=name, kind="landlord", reached_by="Agence Est, guichet"
    )
    assert sent.status_code == 303, sent.text


def body_id(world: World, name: str = NAME) -> str:
    """Its id, as the form of the step sends it."""
    with world.database.reading(world.lyon.scope) as u:
        return str(u.all(select(OutsideBody.id).where(OutsideBody.name == name))[0])


def only(world: World) -> tuple[Case, CaseFact]:
    """The one case, and its line of facts; its rows are what its events say."""
    with world.database.reading(world.lyon.scope) as u:
        (case,), (fact,) = u.all(select(Case)), u.all(select(CaseFact))
        assert differences(u, case) == []
        return case, fact


def passed(world: World, colleague: Colleague, reference: str, **fields: str) -> None:
    """The case, passed on to be looked at again on the second of April."""
    given = {"body": body_id(world), "consent": "call", "on": "2027-03-24", "next_check": "2027-04-02"}
    sent = step(colleague, reference, "pass_on", **{**given, **fields})
    assert sent.status_code == 303, sent.text


def test_a_case_is_passed_on_looked_at_again_and_settled_and_the_filer_reads_each(world: World) -> None:
    lead = signed_in(world)
    receipt, reference = file(world)
    listed(lead)
    passed(world, lead, reference)
    case, fact = only(world)
    assert (case.state, str(case.check_on)) == (CaseState.WAITING_THIRD_PARTY, "2027-04-02")
    assert (fact.passed_on, fact.passed_on_known) == (1, 0)
    page = followed(world, receipt)[2].text
    assert NAME in page
    assert "ليس من شأننا، لكننا نعرف من نخبر" in page

    sent = step(lead, reference, "check", checked="no_answer", next_check="2027-04-12")
    assert sent.status_code == 303, sent.text
    case, fact = only(world)
    assert (case.state, str(case.check_on)) == (CaseState.WAITING_THIRD_PARTY, "2027-04-12")
    assert fact.passed_on_known == 0

    assert step(lead, reference, "check", checked="done").status_code == 303
    case, fact = only(world)
    assert (case.state, case.check_on, fact.passed_on_known) == (CaseState.IN_PROGRESS, None, 1)
    assert "لقد قاموا بذلك." in followed(world, receipt)[2].text
    assert "Fait" in lead.get(f"/s/passerelle/cases/{reference}").text
    with world.database.reading(world.lyon.scope) as u:
        told = [event.payload for event in u.all(select(CaseEvent)) if event.type == "pass_on"]
    assert told[0]["consent"] == "call"
    assert NAME not in str(told)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"body": ""}, "Choisissez à qui."),
        ({"consent": ""}, "Dites comment la personne a donné son accord."),
        ({"next_check": ""}, "Choisissez un jour pour refaire le point."),
        ({"next_check": "2027-03-24"}, "Choisissez un jour après aujourd’hui."),
        ({"next_check": "2031-03-24"}, "Choisissez un jour plus proche."),
        ({"on": "2027-03-25"}, "Ce jour est encore à venir."),
        ({"on": "2027-03-01"}, "Ce jour est avant l’arrivée du message."),
    ],
)
def test_nothing_is_passed_on_without_a_trace(sqlite_world: World, fields: dict[str, str], told: str) -> None:
    lead = signed_in(sqlite_world)
    _, reference = file(sqlite_world)
    listed(lead)
    given = {"body": body_id(sqlite_world), "consent": "call", "next_check": "2027-04-02", **fields}
    sent = step(lead, reference, "pass_on", **given)
    assert sent.status_code == 422
    assert told in sent.text
    assert only(sqlite_world)[1].passed_on == 0


def test_an_overdue_look_stands_on_top_of_the_work_even_after_the_case_is_closed(
    sqlite_world: World,
) -> None:
    lead = signed_in(sqlite_world)
    _, reference = file(sqlite_world)
    listed(lead)
    passed(sqlite_world, lead, reference)
    assert (
        step(lead, reference, "answer", message="نقلنا طلبك إلى المالك.", finding="settled").status_code
        == 303
    )
    assert step(lead, reference, "close", outcome="answered").status_code == 303
    assert reference not in lead.get("/s/passerelle/cases").text
    sqlite_world.clock.set(datetime(2027, 4, 2, 8, 0, tzinfo=UTC))
    lead = signed_in_again(sqlite_world, lead)
    _, newer = file(sqlite_world)
    page = lead.get("/s/passerelle/cases").text
    assert "demandez ce qui a été fait" in page
    assert page.index(reference) < page.index(newer)
    assert step(lead, reference, "check", checked="refused").status_code == 303
    assert reference not in lead.get("/s/passerelle/cases").text


def test_a_look_is_offered_only_where_something_was_passed_on(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    _, reference = file(sqlite_world)
    assert step(lead, reference, "start").status_code == 303
    assert "/check" not in lead.get(f"/s/passerelle/cases/{reference}").text
    assert step(lead, reference, "check", checked="done").status_code in {403, 409}


def test_the_list_of_bodies_takes_a_name_once_and_lets_it_go(sqlite_world: World) -> None:
    supervisor = signed_in(sqlite_world, Role.SUPERVISOR)
    listed(supervisor)
    again = supervisor.post("/s/passerelle/bodies", name=f" {NAME.upper()} ", kind="landlord")
    assert again.status_code == 422
    assert "Il est déjà dans la liste." in again.text
    assert supervisor.post(f"/s/passerelle/bodies/{body_id(sqlite_world)}/end").status_code == 303
    assert NAME not in supervisor.get("/s/passerelle/bodies").text
    other = signed_in(sqlite_world, at=sqlite_world.strasbourg, email="s@rive.example")
    foreign = f"/s/rive-gauche/bodies/{body_id(sqlite_world)}/end"
    assert other.client.post(foreign, data={"csrf_token": other.csrf}).status_code == 404
