"""What is late, for figures and for the lists behind them: second looks, and what answers nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from mailing import WORDS, filed, handling, hired, stepped

from portal.cases.actions import Given, take
from portal.cases.rules import Actor, Finding, Kind, Outcome
from portal.cases.worklist import Sought, work_list
from portal.insight.queries import figures
from portal.insight.selection import Period, Selection, span
from portal.people.rules import Role

if TYPE_CHECKING:
    from uuid import UUID

    from build import World

    from portal.insight.catalogue import Figure

TODAY = date(2027, 3, 24)
NOON = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
YEAR = Selection(*span(Period.TWELVE, TODAY))
FEBRUARY = Selection(*span(Period.MONTH, date(2027, 2, 1)))
LATE_TODAY = Sought(kind=Kind.COMPLAINT, only_open=True, late_on=TODAY)
LATE_EVER = Sought(
    kind=Kind.COMPLAINT, received_from=YEAR.start, received_to=YEAR.end, late_on=TODAY, with_closed=True
)


def told(world: World, selection: Selection = YEAR) -> dict[str, Figure]:
    """The figures as the structure itself sees them."""
    with world.database.reading(world.lyon.scope) as u:
        return dict(figures(u, selection).values)


def listed(world: World, sought: Sought) -> list[str]:
    """The references of a list."""
    with world.database.reading(world.lyon.scope) as u:
        return [case.reference for case in work_list(u, sought)]


def answered(world: World, days_ago: int, answered_days_ago: int, reopened_days_ago: int) -> UUID:
    """A complaint of so many days ago, answered and closed, then opened again by its filer."""
    lead = handling(world, hired(world, Role.QUALITY_LEAD, "camille"))
    world.clock.set(NOON - timedelta(days=days_ago))
    case_id = filed(world).case_id
    world.clock.set(NOON - timedelta(days=answered_days_ago))
    ending = Given("Voici.", outcome=Outcome.ANSWERED, finding=Finding.SETTLED)
    stepped(world, lead, case_id, "acknowledge", "answer", "close", given=ending)
    world.clock.set(NOON - timedelta(days=reopened_days_ago))
    with world.database.transaction(world.lyon.scope) as u:
        take(u, case_id, "reopen", Given(), who=Actor.FILER)
    world.clock.set(NOON)
    return case_id


def test_a_second_look_is_not_late_because_the_first_answer_was(world: World) -> None:
    answered(world, days_ago=40, answered_days_ago=10, reopened_days_ago=2)
    found = told(world)
    assert (found["complaints_late"].value, listed(world, LATE_TODAY)) == (0, [])
    assert (found["complaints_on_time"].value, found["complaints_on_time"].n) == (0, 1)
    assert listed(world, LATE_EVER) == ["PAS-2027-000001"]


def test_a_second_look_is_late_once_its_own_day_has_passed(world: World) -> None:
    answered(world, days_ago=40, answered_days_ago=38, reopened_days_ago=30)
    found = told(world)
    assert (found["complaints_late"].value, listed(world, LATE_TODAY)) == (1, ["PAS-2027-000001"])
    # How often a first answer came in time is not changed by what was asked after it.
    assert (found["complaints_on_time"].value, found["complaints_on_time"].n) == (1, 1)
    assert listed(world, LATE_EVER) == []


def test_a_second_look_is_late_no_more_once_it_was_answered(world: World) -> None:
    case_id = answered(world, days_ago=40, answered_days_ago=38, reopened_days_ago=30)
    with world.database.transaction(handling(world, hired(world, Role.DIRECTOR, "dominique"))) as u:
        take(u, case_id, "answer", WORDS)
    assert (told(world)["complaints_late"].value, listed(world, LATE_TODAY)) == (0, [])


@pytest.mark.parametrize("outcome", Outcome)
def test_what_answers_nobody_is_received_and_neither_on_time_nor_late(world: World, outcome: Outcome) -> None:
    lead = handling(world, hired(world, Role.QUALITY_LEAD, "camille"))
    ending = Given("Lu.", outcome=outcome, finding=Finding.NOT_ESTABLISHED)
    for days_ago, ended_days_ago in ((40, 39), (40, 10)):
        world.clock.set(NOON - timedelta(days=days_ago))
        case_id = filed(world, f"{days_ago} {ended_days_ago}").case_id
        world.clock.set(NOON - timedelta(days=ended_days_ago))
        stepped(world, lead, case_id, "dismiss", given=ending)
    world.clock.set(NOON)
    found, counts = told(world, FEBRUARY), outcome not in {Outcome.SPAM, Outcome.DUPLICATE}
    assert found["cases_complaint"].value == 2
    assert found["complaints_on_time"].n == (2 if counts else 0)
    assert found["answer_median"].n == found["first_response_median"].n == (2 if counts else 0)
    assert listed(world, LATE_EVER) == (["PAS-2027-000002"] if counts else [])


def test_what_was_taken_for_spam_and_is_opened_again_counts_again(world: World) -> None:
    lead = handling(world, hired(world, Role.QUALITY_LEAD, "camille"))
    world.clock.set(NOON - timedelta(days=40))
    case_id = filed(world).case_id
    stepped(
        world, lead, case_id, "dismiss", given=Given("Lu.", outcome=Outcome.SPAM, finding=Finding.SETTLED)
    )
    assert told(world)["complaints_on_time"].n == 0
    with world.database.transaction(world.lyon.scope) as u:
        take(u, case_id, "reopen", Given(), who=Actor.FILER)
    world.clock.set(NOON)
    assert told(world)["complaints_on_time"].n == 1
