"""Figures of a small known world, counted by hand, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from insight_world import answered, asked_in, case_of, named
from sqlalchemy import event, select
from staff import signed_in

from portal.cases.rules import CaseState, Kind
from portal.core.db import Scope
from portal.insight.queries import figures
from portal.insight.selection import Period, Selection, span
from portal.people.rules import Role
from portal.questionnaires.models import Questionnaire
from portal.tenancy.actions import add_agreement, add_team

if TYPE_CHECKING:
    from uuid import UUID

    from build import World

    from portal.insight.queries import Figures

TODAY = date(2027, 3, 24)
YEAR = Selection(*span(Period.TWELVE, TODAY))
MARCH = Selection(date(2027, 3, 1), date(2027, 3, 31))


def told(world: World, selection: Selection = YEAR, role: Role | None = None) -> Figures:
    """The figures as a role sees them."""
    scope = world.lyon.scope._replace(role=role.value if role else None)
    with world.database.reading(scope) as u:
        return figures(u, selection)


def test_satisfied_is_the_share_of_good_among_the_three_faces(world: World) -> None:
    answered(world, meeting={"good": 6, "fair": 2, "bad": 2, "unknown": 3})
    found = told(world).values
    assert found["opinions"].value == 13
    satisfied = found["satisfied"]
    assert (satisfied.value, satisfied.n) == (0.6, 10)
    assert [satisfied.low, satisfied.high] == pytest.approx([0.3127, 0.8318], abs=1e-4)


def test_an_opinion_that_is_changed_counts_once(world: World) -> None:
    answered(world, meeting={"bad": 1}, nonce=b"the same page")
    answered(world, meeting={"good": 1}, nonce=b"the same page")
    assert told(world).values["satisfied"].value == 1


def test_each_question_has_its_distribution(world: World) -> None:
    answered(world, meeting={"good": 3}, listened={"yes": 2, "no": 1})
    questions = {one.question.code: one for one in told(world).questions}
    assert questions["listened"].choices == {"yes": 2, "little": 0, "no": 1}
    assert questions["helped"].n == 0


def test_a_selection_is_exact_to_the_day(world: World) -> None:
    for day in (9, 10, 12, 13):
        answered(world, meeting={"good": 1}, day=date(2027, 3, day))
    days = Selection(date(2027, 3, 10), date(2027, 3, 12))
    assert told(world, days).values["opinions"].value == 2
    assert told(world, MARCH).values["opinions"].value == 4


def test_days_and_months_count_alike(world: World) -> None:
    team, agreement = team_and_agreement(world)
    code = asked_in(world, team_id=team, agreement_id=agreement)
    answered(world, meeting={"good": 3, "bad": 1}, day=date(2027, 2, 28))
    answered(world, meeting={"good": 2, "fair": 1}, code=code)
    by_month = told(world, Selection(date(2027, 2, 1), date(2027, 3, 31)))
    by_day = told(world, Selection(date(2027, 2, 1), TODAY))
    assert by_month.values == by_day.values
    assert by_month.places == by_day.places


def team_and_agreement(world: World) -> tuple[UUID, UUID]:
    """A team at Lyon's site and an agreement."""
    with world.database.transaction(world.lyon.scope) as u:
        team = add_team(u, site_id=world.lyon.site.id, name="Équipe du soir")
        agreement = add_agreement(
            u, partner="Habitat Sud", purpose="Halls", starts_on=date(2026, 1, 1), ends_on=None
        )
        return team.id, agreement.id


def test_a_team_and_an_agreement_have_their_own_figures(world: World) -> None:
    team, agreement = team_and_agreement(world)
    code = asked_in(world, team_id=team, agreement_id=agreement)
    answered(world, meeting={"good": 4})
    answered(world, meeting={"good": 1, "bad": 1}, code=code)
    for narrowed in (replace(YEAR, team_id=team), replace(YEAR, agreement_id=agreement)):
        assert told(world, narrowed).values["satisfied"].value == 0.5
    places = told(world).places
    assert places is not None
    assert places["team_id", team].n == 2
    assert places["site_id", world.lyon.site.id].n == 6


def test_satisfaction_is_told_month_by_month(world: World) -> None:
    answered(world, meeting={"good": 3, "bad": 1}, day=date(2027, 1, 15))
    trend = told(world).trend
    assert [one.first_day for one in trend][::11] == [date(2026, 4, 1), date(2027, 3, 1)]
    assert [one.heard.n for one in trend if one.heard.n] == [4]


def test_cases_are_counted_by_kind_in_the_month_they_came(world: World) -> None:
    case_of(world, Kind.COMPLAINT, received_on=date(2027, 3, 2))
    case_of(world, Kind.REQUEST, received_on=date(2027, 3, 31))
    case_of(world, Kind.THANKS, received_on=date(2027, 2, 28))
    found = told(world, MARCH).values
    assert [found[f"cases_{kind.value}"].value for kind in Kind] == [1, 1, 0, 0, 0]


def test_on_time_counts_open_late_complaints_as_late(world: World) -> None:
    due = TODAY - timedelta(days=2)
    case_of(world, Kind.COMPLAINT, due=due, answered_on=due, net=5)
    case_of(world, Kind.COMPLAINT, due=due, answered_on=due + timedelta(days=1), net=11)
    case_of(world, Kind.COMPLAINT, due=due)
    case_of(world, Kind.COMPLAINT, due=TODAY)
    case_of(world, Kind.COMPLAINT, due=TODAY + timedelta(days=3), answered_on=TODAY, net=2)
    case_of(world, Kind.REQUEST, due=due)
    found = told(world).values
    assert [found["complaints_on_time"].value, found["complaints_on_time"].n] == pytest.approx([1 / 3, 3])
    assert found["complaints_late"].value == 1


def test_below_twenty_the_delays_are_listed_and_no_percentile_is_told(world: World) -> None:
    case_of(world, Kind.COMPLAINT, answered_on=TODAY, net=7, gross=9, first=1)
    case_of(world, Kind.COMPLAINT, answered_on=TODAY, net=3, first=2)
    case_of(world, Kind.REQUEST, answered_on=TODAY, net=1, first=1)
    found = told(world)
    assert (found.values["answer_median"].value, found.values["answer_median"].n) == (None, 2)
    assert found.delays is not None
    assert found.delays.answers == ((3, 3), (7, 9))
    assert found.delays.first_responses == (1, 2)


def test_from_twenty_on_percentiles_are_told_gross_beside_net(world: World) -> None:
    for days in range(1, 21):
        case_of(world, Kind.COMPLAINT, answered_on=TODAY, net=days, gross=days + 2, first=min(days, 4))
    found = told(world).values
    names = ["first_response_median", "first_response_p90", "answer_median", "answer_p90"]
    assert [found[name].value for name in names] == [4, 4, 10, 18]
    assert [found[f"answer_gross_{name}"].value for name in ("median", "p90")] == [12, 20]


def test_open_messages_are_told_by_their_age_in_working_days(world: World) -> None:
    # Wednesday 24 March 2027: Monday is 2 working days ago, Wednesday before 5, the one before that 10.
    for days_ago in (0, 2, 5, 7, 8, 14, 15, 40):
        case_of(world, Kind.IDEA, received_on=TODAY - timedelta(days=days_ago))
    case_of(world, Kind.IDEA, received_on=TODAY - timedelta(days=40), state=CaseState.CLOSED)
    found = told(world, MARCH).values
    ages = [found[name].value for name in ("open_up_to_2", "open_3_to_5", "open_6_to_10", "open_over_10")]
    assert ages == [2, 2, 2, 2]


def test_a_case_that_names_the_reader_is_in_none_of_their_figures(world: World) -> None:
    lead = signed_in(world, Role.QUALITY_LEAD)
    late = TODAY - timedelta(days=20)
    case_of(world, Kind.COMPLAINT, due=TODAY + timedelta(days=5))
    named(
        world,
        case_of(world, Kind.COMPLAINT, received_on=late, due=late, answered_on=TODAY, net=14),
        lead.person_id,
    )
    named(world, case_of(world, Kind.COMPLAINT, received_on=late, due=late), lead.person_id)
    with world.database.reading(
        Scope.of(world.lyon.structure.id, actor_id=lead.person_id, role="quality_lead")
    ) as u:
        theirs = figures(u, YEAR)
    others = told(world, role=Role.QUALITY_LEAD)
    assert (theirs.values["cases_complaint"].value, others.values["cases_complaint"].value) == (1, 3)
    assert (theirs.values["complaints_late"].value, others.values["complaints_late"].value) == (0, 1)
    assert (theirs.values["open_over_10"].value, others.values["open_over_10"].value) == (0, 1)
    assert theirs.delays is not None
    assert theirs.delays.answers == ()


def test_another_structure_is_in_no_figure(world: World) -> None:
    answered(world, meeting={"good": 9}, at=world.strasbourg)
    case_of(world, Kind.COMPLAINT, at=world.strasbourg)
    found = told(world)
    assert found.is_silent
    assert {one.value for one in found.values.values()} == {0, None}


def test_a_structure_that_was_answered_is_not_silent(world: World) -> None:
    answered(world, meeting={"unknown": 1})
    assert not told(world).is_silent


def test_figures_take_a_handful_of_statements_whatever_their_number(world: World) -> None:
    counted: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            counted.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", note)
    answered(world, meeting={"good": 3})
    case_of(world, Kind.IDEA)
    told(world)
    taken = []
    for _ in range(2):
        counted.clear()
        told(world)
        taken.append(len(counted))
        answered(world, meeting={"good": 20, "bad": 3})
        for kind in Kind:
            case_of(world, kind, due=TODAY, received_on=TODAY)
    assert taken[0] == taken[1] < 12


def test_a_structure_without_a_questionnaire_has_figures_all_the_same(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        u.all(select(Questionnaire))[0].current_version_id = None
    found = told(world)
    assert (found.values["opinions"].value, found.questions, found.trend) == (0, (), ())
