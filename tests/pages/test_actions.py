"""From a complaint to an action, done, with its effect: as staff do it on the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from learning import NOBODY_CAME, complaint, decided, leading, version_on
from sqlalchemy import select
from staff import signed_in

from portal.cases.beside import name_person
from portal.cases.models import Case
from portal.cases.queries import case_by_reference
from portal.cases.rules import Finding
from portal.certification.models import Action, ActionStep
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World
    from staff import Colleague

PLAN = "/s/passerelle/actions"


def test_an_action_comes_from_a_case_by_three_fields_and_brings_along_where_it_comes_from(
    world: World,
) -> None:
    lead = signed_in(world)
    reference = complaint(world, leading(lead), finding=Finding.UPHELD)
    case = lead.get(f"/s/passerelle/cases/{reference}").text
    assert "Fondée" in case or "Justifi" in case
    link = f"{PLAN}/new?case={reference}"
    assert link in case
    form = lead.get(link).text
    assert [name for name in ("what", "who", "when") if f'name="{name}"' in form] == ["what", "who", "when"]
    assert form.count('class="field') == 3
    when = (world.clock.now().date() + timedelta(days=20)).isoformat()
    sent = lead.post(link, what="Doubler les rondes du soir", who=str(lead.person_id), when=when)
    assert sent.status_code == 303, sent.text
    with world.database.reading(world.lyon.scope) as u:
        action, row = u.all(select(Action))[0], u.all(select(Case))[0]
    assert (action.motif, action.site_id, action.team_id) == (NOBODY_CAME, row.site_id, row.team_id)
    page = lead.get(f"{PLAN}/1").text
    assert reference in page
    assert "Doubler les rondes du soir" in lead.get(PLAN).text
    assert f"{PLAN}/1" in lead.get(f"/s/passerelle/cases/{reference}").text


def test_an_action_is_put_off_with_a_reason_done_with_a_word_and_taken_up_again(world: World) -> None:
    lead = signed_in(world)
    decided(world, lead)
    page = lead.get(f"{PLAN}/1").text
    later = (world.clock.now().date() + timedelta(days=60)).isoformat()
    version = version_on(page)
    assert lead.post(f"{PLAN}/1/later", version=version, when=later, words="").status_code == 422
    assert (
        lead.post(f"{PLAN}/1/later", version=version, when="2027-03-25", words="Absence").status_code == 422
    )
    sent = lead.post(f"{PLAN}/1/later", version=version, when=later, words="Une absence")
    assert sent.status_code == 303
    assert lead.post(f"{PLAN}/1/done", version=version, words="Fait").status_code == 409
    version = version_on(lead.get(f"{PLAN}/1").text)
    assert lead.post(f"{PLAN}/1/done", version=version, words="").status_code == 422
    assert lead.post(f"{PLAN}/1/done", version=version, words="Planning affiché").status_code == 303
    done = lead.get(f"{PLAN}/1").text
    assert "Planning affiché" in done
    assert "Une absence" in done
    assert 'id="effect"' in done
    version = version_on(done)
    assert lead.post(f"{PLAN}/1/again", version=version, words="Décroché").status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        acts = [one.act.value for one in u.all(select(ActionStep).order_by(ActionStep.number))]
    assert acts == ["opened", "put_off", "done", "reopened"]


def test_a_mediator_sees_and_ends_their_own_actions_and_no_others(world: World) -> None:
    lead = signed_in(world)
    mediator = signed_in(world, Role.MEDIATOR, email="sami@passerelle.example", name="Sami Diallo")
    decided(world, lead, "Celle de la référente")
    decided(world, mediator, "Celle de Sami")
    listed = mediator.get(PLAN).text
    assert "Celle de Sami" in listed
    assert "Celle de la référente" not in listed
    assert mediator.get(f"{PLAN}/1").status_code == 404
    assert mediator.post(f"{PLAN}/1/done", words="Fait").status_code == 404
    assert mediator.get(f"{PLAN}/new").status_code == 403
    assert mediator.post(f"{PLAN}/2/done", words="Fait").status_code == 303


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.BOARD, Role.AUDITOR])
def test_who_reads_the_plan_changes_only_what_is_theirs(world: World, role: Role) -> None:
    lead = signed_in(world)
    reader = signed_in(world, role, email="lea@passerelle.example", name="Léa Morel")
    decided(world, lead)
    decided(world, reader)
    assert reader.get(f"{PLAN}/1").status_code == 200
    assert reader.post(f"{PLAN}/1/done", words="Fait").status_code == 403
    assert reader.post(f"{PLAN}/2/done", words="Fait").status_code == 303
    assert reader.post(f"{PLAN}/2/again", words="Non").status_code == 403


def test_to_whom_the_case_names_the_action_is_one_of_the_plan_without_it(world: World) -> None:
    lead = signed_in(world)
    named = signed_in(world, Role.SUPERVISOR, email="noe@passerelle.example", name="Noé Petit")
    reference = complaint(world, leading(lead), finding=Finding.UPHELD)
    with world.database.transaction(leading(lead)) as u:
        case_id = u.all(select(Case.id))[0]
    action = decided(world, named.__class__(lead.client, named.person_id, "", lead.csrf, lead.structure))
    with world.database.transaction(leading(lead)) as u:
        from_case = u.all(select(Action))[0]
        assert from_case.id == action.id
    page = _decide_from(world, lead, reference)
    with world.database.transaction(leading(lead)) as u:
        name_person(u, case_id, named.person_id)
    seen, known = named.get(f"{PLAN}/{page}").text, lead.get(f"{PLAN}/{page}").text
    for word in (reference, "Personne n’est venu", "D’un message"):
        assert word not in seen
    assert reference in known
    assert reference not in named.get(PLAN).text


def _decide_from(world: World, lead: Colleague, reference: str) -> int:
    when = (world.clock.now().date() + timedelta(days=20)).isoformat()
    sent = lead.post(f"{PLAN}/new?case={reference}", what="Former", who=str(lead.person_id), when=when)
    assert sent.status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        return max(one.number for one in u.all(select(Action)))


def test_a_complaint_that_was_right_is_owed_an_action_or_a_reason(world: World) -> None:
    lead = signed_in(world)
    first = complaint(world, leading(lead), finding=Finding.UPHELD)
    second = complaint(world, leading(lead), finding=Finding.PARTLY, salt=1)
    third = complaint(world, leading(lead), finding=Finding.NOT_UPHELD, salt=2)
    plan = lead.get(PLAN).text
    assert first in plan
    assert second in plan
    assert third not in plan
    _decide_from(world, lead, first)
    case = f"/s/passerelle/cases/{second}"
    version = version_on(lead.get(case).text)
    assert lead.post(f"{case}/no-action", version=version, message=" ").status_code == 422
    assert lead.post(f"{case}/no-action", version="1", message="Fait unique").status_code == 409
    assert lead.post(f"{case}/no-action", version=version, message="Fait unique").status_code == 303
    plan = lead.get(PLAN).text
    assert first not in plan
    assert second not in plan
    assert "Fait unique" in lead.get(case).text


def test_the_subject_of_a_message_is_chosen_on_its_page(world: World) -> None:
    lead = signed_in(world)
    reference = complaint(world, leading(lead), motif=None)
    case = f"/s/passerelle/cases/{reference}"
    assert lead.post(f"{case}/motif", motif="nonsense").location.endswith("done=no_motif#learning")
    assert lead.post(f"{case}/motif", motif=NOBODY_CAME).location.endswith("done=motif#learning")
    assert f'value="{NOBODY_CAME}" selected' in lead.get(case).text
    with world.database.reading(world.lyon.scope) as u:
        assert u.all(select(Case.motif)) == [NOBODY_CAME]


def test_whom_a_complaint_names_cannot_tell_its_action_from_the_teams_nor_change_how_it_is_counted(
    sqlite_world: World,
) -> None:
    lead = signed_in(sqlite_world)
    boss = signed_in(sqlite_world, Role.DIRECTOR, email="dir@exemple.test", name="Direction")
    reference = complaint(sqlite_world, leading(lead))
    with sqlite_world.database.transaction(leading(lead)) as u:
        name_person(u, case_by_reference(u, reference).id, boss.person_id)
    for link in (f"{PLAN}/new?case={reference}", f"{PLAN}/new"):
        lead.post(link, what="Former", who=str(lead.person_id), when="2027-04-20")
    pages = [boss.get(f"{PLAN}/{n}").text.replace(f"/{n}/", "/N/") for n in (1, 2)]
    assert all("De l’équipe" in page and "/counted" not in page for page in pages)
    assert boss.get(PLAN).text.count("De l’équipe") == 2
    for number in (1, 2):
        refused = boss.post(f"{PLAN}/{number}/counted", version="1", motif="")
        assert refused.status_code == 403
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert set(u.all(select(Action.motif))) == {NOBODY_CAME, None}
    assert all("/counted" in lead.get(f"{PLAN}/{n}").text for n in (1, 2))
    assert lead.post(f"{PLAN}/1/counted", version="1", motif="").status_code == 303


def test_a_history_tells_the_days_of_the_place(sqlite_world: World) -> None:
    sqlite_world.clock.set(datetime(2027, 3, 24, 23, 30, tzinfo=UTC))
    lead = signed_in(sqlite_world)
    decided(sqlite_world, lead)
    history = lead.get(f"{PLAN}/1").text
    assert "25 mars 2027" in history
    assert "24 mars 2027" not in history
