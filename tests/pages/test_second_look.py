"""After the answer: a second look by another colleague, and what was found when the person has closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework import file, followed, step, token_of
from staff import signed_in

from portal.cases.queries import case_by_reference
from portal.cases.rules import CaseState, Finding
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World
    from staff import Colleague


def looked_at_again(world: World, lead: Colleague) -> str:
    """The reference of a case whose answer by this colleague does not suit."""
    receipt, reference = file(world)
    step(lead, reference, "start")
    step(lead, reference, "answer", message="Voici notre réponse.", finding="not_upheld")
    client, url, page = followed(world, receipt)
    assert client.post(f"{url}/contest", data={"token": token_of(page)}).status_code == 303
    return reference


def test_a_second_look_is_given_by_another_colleague(world: World) -> None:
    lead = signed_in(world, Role.QUALITY_LEAD)
    other = signed_in(world, Role.DIRECTOR, email="direction@passerelle.example")
    reference = looked_at_again(world, lead)
    mine = lead.get(f"/s/passerelle/cases/{reference}")
    assert f"/cases/{reference}/answer" not in mine.text
    assert f"/cases/{reference}/dismiss" not in mine.text
    assert f"/cases/{reference}/note" in mine.text
    assert "Un ou une collègue donne la prochaine" in mine.text
    for verb in ("answer", "dismiss"):
        refused = step(lead, reference, verb, message="Encore moi.", outcome="withdrawn")
        assert refused.status_code == 409
        assert "Vous avez donné la réponse" in refused.text
    assert step(other, reference, "answer", message="J’ai tout relu.", finding="upheld").status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        row = case_by_reference(u, reference)
        assert (row.state, row.finding) == (CaseState.ANSWERED, Finding.UPHELD)


def test_once_it_is_given_nobody_is_told_to_wait_and_who_answered_gives_no_third(world: World) -> None:
    lead = signed_in(world, Role.QUALITY_LEAD)
    other = signed_in(world, Role.DIRECTOR, email="direction@passerelle.example")
    third = signed_in(world, Role.BOARD, email="bureau@passerelle.example")
    receipt, reference = file(world)
    page = f"/s/passerelle/cases/{reference}"
    for one, waits in ((lead, (lead,)), (other, (lead, other))):
        step(one, reference, "start")
        assert step(one, reference, "answer", message="Voici.").status_code == 303
        for who in (lead, other, third):
            assert "demande un réexamen de votre réponse" not in who.get(page).text
        client, url, shown = followed(world, receipt)
        assert client.post(f"{url}/contest", data={"token": token_of(shown)}).status_code == 303
        for who in (lead, other, third):
            assert ("demande un réexamen de votre réponse" in who.get(page).text) is (who in waits)


def test_where_nobody_else_handles_cases_the_second_look_does_not_wait_for_ever(world: World) -> None:
    lead = signed_in(world, Role.QUALITY_LEAD)
    reference = looked_at_again(world, lead)
    assert step(lead, reference, "answer", message="J’ai tout relu.").status_code == 303


def test_what_was_found_can_be_said_and_corrected_after_the_person_closed(world: World) -> None:
    receipt, reference = file(world)
    lead = signed_in(world, Role.QUALITY_LEAD)
    step(lead, reference, "start")
    step(lead, reference, "answer", message="Voici notre réponse.")
    client, url, page = followed(world, receipt)
    assert client.post(f"{url}/close", data={"token": token_of(page)}).status_code == 303
    assert "Dire ce qui a été constaté" in lead.get(f"/s/passerelle/cases/{reference}").text
    assert step(lead, reference, "conclude").status_code == 422
    for finding in (Finding.NOT_UPHELD, Finding.UPHELD):
        assert step(lead, reference, "conclude", finding=finding.value).status_code == 303
        with world.database.reading(world.lyon.scope) as u:
            row = case_by_reference(u, reference)
            assert (row.state, row.finding) == (CaseState.CLOSED, finding)
    assert step(lead, reference, "note", message="Vu avec l’équipe.").status_code == 303


def test_only_a_complaint_has_a_finding(sqlite_world: World) -> None:
    _, reference = file(sqlite_world, "thanks", "Merci à toute l’équipe")
    lead = signed_in(sqlite_world, Role.QUALITY_LEAD)
    step(lead, reference, "settle")
    assert "/conclude" not in lead.get(f"/s/passerelle/cases/{reference}").text
    assert step(lead, reference, "conclude", finding="upheld").status_code == 403
