"""What readers bound by the display floor are told of a structure, page after page, and what they are not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from insight_attack import found_by_attack
from insight_world import TODAY, answered, asked_in, case_of

from portal.cases.rules import Kind
from portal.insight.floor import Group
from portal.insight.queries import figures
from portal.insight.selection import Period, Selection, last_ended, span
from portal.people.rules import PERMISSIONS, Permission, Role, may
from portal.tenancy.actions import SiteGiven, add_agreement, add_site, add_team

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from build import World

    from portal.channels.models import Code
    from portal.insight.queries import Figures

LAST = last_ended(TODAY)
YEAR = Selection(*span(Period.TWELVE, LAST))
MONTHS = (date(2026, 11, 5), date(2027, 1, 12), date(2027, 2, 10))
FLOORED = [role for role, row in PERMISSIONS.items() if row.floor and may(role, Permission.READ_FIGURES)]
BLIND = [role for role in FLOORED if not may(role, Permission.READ_CASES)]


def told(world: World, selection: Selection = YEAR, role: Role = Role.MEDIATOR) -> Figures:
    """The figures as a role sees them."""
    with world.database.reading(world.lyon.scope._replace(role=role.value)) as u:
        return figures(u, selection)


def codes(world: World) -> list[Code]:
    """Codes at three sites, two teams and two agreements that cross one another."""
    with world.database.transaction(world.lyon.scope) as u:
        east, west = (add_site(u, SiteGiven(name=name, slug=name)).id for name in ("est", "ouest"))
        evening = add_team(u, site_id=east, name="soir").id
        day = add_team(u, site_id=world.lyon.site.id, name="jour").id
        halls, trams = (
            add_agreement(u, partner=name, purpose="p", starts_on=date(2026, 1, 1), ends_on=None).id
            for name in ("Habitat Sud", "Trams")
        )
    return [
        world.lyon.code,
        asked_in(world, team_id=day, agreement_id=halls),
        asked_in(world, site_id=east, agreement_id=halls),
        asked_in(world, site_id=east, team_id=evening, agreement_id=trams),
        asked_in(world, site_id=west),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_no_page_nor_all_of_them_together_tell_of_fewer_than_five(sqlite_world: World, seed: int) -> None:
    chance, heard = Random(seed), Counter[tuple[object, ...]]()  # noqa: S311 -- a repeatable world, no secret
    for code in codes(sqlite_world):
        for month in MONTHS:
            for choice in ("good", "bad"):
                n = chance.choice([0, 0, 1, 2, 4, 5, 7, 12])
                answered(sqlite_world, meeting={choice: n}, day=month, code=code)
                heard[code.site_id, code.team_id, code.agreement_id, month.replace(day=1), choice] += n
    for level in ("n", "share"):
        shown = {group.atoms: group for group in seen(sqlite_world, heard, level)}
        cells: dict[Hashable, tuple[int, ...]] = {
            atom: at_level(heard, atom, level) for atom in {key[:4] for key in heard}
        }
        assert 5 < len(shown) < 12, "too little to attack with, or more than can be tried"
        assert found_by_attack(shown.values(), cells) == []


def at_level(heard: Counter[tuple[object, ...]], atom: tuple[object, ...], level: str) -> tuple[int, ...]:
    """What a shown number of this level counts of an atom (place and month)."""
    good, bad = heard[*atom, "good"], heard[*atom, "bad"]
    return (good + bad,) if level == "n" else (good, bad)


def seen(world: World, heard: Counter[tuple[object, ...]], level: str) -> Iterator[Group]:
    """Every number that a mediator gets by opening all pages there are, as the set of atoms it counts."""
    atoms = {key[:4] for key in heard}
    for period in Period:
        start, end = span(period, LAST)
        found = told(world, Selection(start, end))
        figure = found.values["opinions" if level == "n" else "satisfied"]
        if figure.value is not None:
            yield Group("time", period, frozenset(a for a in atoms if a[3] >= start))  # type: ignore[operator]  # a date
        for (name, id_), at in (found.places or {}).items():
            axis = ("site_id", "team_id", "agreement_id").index(name)
            its = frozenset(a for a in atoms if a[axis] == id_)
            if (at.n if level == "n" else at.satisfied) is not None:
                yield Group(name, id_, its)
            place: dict[str, Any] = {name: id_}
            alone = told(world, replace(YEAR, **place)).values["opinions"]
            assert alone.value == at.n
        for month in found.trend:
            if month.heard.n and (level == "n" or month.heard.satisfied):
                yield Group("month", month.first_day, frozenset(a for a in atoms if a[3] == month.first_day))


@pytest.mark.parametrize("role", FLOORED)
def test_four_opinions_are_not_told(world: World, role: Role) -> None:
    answered(world, meeting={"good": 4}, day=MONTHS[0])
    found = told(world, role=role)
    assert (found.values["opinions"].value, found.values["opinions"].is_withheld) == (None, True)
    assert {
        (one.n, one.satisfied, one.choices) for one in found.questions if one.question.code == "meeting"
    } == {(None, None, None)}


def test_five_opinions_are_told(world: World) -> None:
    answered(world, meeting={"good": 5}, day=MONTHS[0])
    assert told(world).values["satisfied"].value == 1


def test_the_quality_lead_is_told_all(world: World) -> None:
    answered(world, meeting={"good": 1}, day=MONTHS[0])
    assert told(world, role=Role.QUALITY_LEAD).values["opinions"].value == 1


def test_a_share_is_told_where_its_choices_are_not(world: World) -> None:
    answered(world, meeting={"good": 20, "fair": 4, "bad": 3}, day=MONTHS[0])
    meeting = told(world).questions[0]
    assert meeting.satisfied is not None
    assert (meeting.satisfied.n, meeting.choices) == (27, None)


def test_who_does_not_know_neither_counts_nor_withholds(world: World) -> None:
    answered(world, meeting={"good": 20, "fair": 5, "bad": 5, "unknown": 2}, day=MONTHS[0])
    found = told(world)
    assert (found.values["opinions"].value, found.values["satisfied"].n) == (30, 30)
    assert found.questions[0].choices == {"good": 20, "fair": 5, "bad": 5}


def test_a_running_month_is_told_once_it_is_over(world: World) -> None:
    answered(world, meeting={"good": 9})
    assert told(world, Selection(*span(Period.MONTH, TODAY))).values["opinions"].value == 0
    world.clock.advance(timedelta(days=8))
    assert told(world).values["opinions"].value == 9


@pytest.mark.parametrize(
    "asked",
    [
        Selection(date(2027, 2, 10), date(2027, 2, 10)),
        Selection(date(2027, 1, 1), date(2027, 1, 31)),
        Selection(date(2020, 1, 1), date(2027, 3, 31)),
    ],
)
def test_days_and_free_periods_are_told_as_twelve_months(world: World, asked: Selection) -> None:
    assert told(world, asked).selection == YEAR


def test_of_several_places_one_is_told_and_over_twelve_months(world: World) -> None:
    site, other = world.lyon.site.id, world.strasbourg.site.id
    asked = Selection(*span(Period.MONTH, LAST), site_id=site, team_id=other)
    assert told(world, asked).selection == replace(YEAR, site_id=site)


@pytest.mark.parametrize("role", BLIND)
def test_few_cases_are_not_told_to_who_may_not_open_them(world: World, role: Role) -> None:
    for _ in range(4):
        case_of(world, Kind.COMPLAINT, received_on=MONTHS[2], due=MONTHS[2] + timedelta(days=10))
    found = told(world, role=role)
    hidden = {name for name, figure in found.values.items() if figure.is_withheld}
    assert {"cases_complaint", "complaints_on_time", "complaints_late", "open_over_10"} <= hidden
    assert (found.delays, found.loads) == (None, None)


def test_many_cases_are_told_and_of_those_late_only_enough(world: World) -> None:
    for n in range(12):
        due = MONTHS[2] + timedelta(days=10)
        late = timedelta(days=1 if n < 3 else 0)
        case_of(world, Kind.COMPLAINT, received_on=MONTHS[2], due=due, answered_on=due + late, net=10)
    found = told(world).values
    assert (found["cases_complaint"].value, found["complaints_on_time"].value) == (12, None)


def test_a_case_count_of_a_place_is_not_found_by_subtracting_another(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        east = add_site(u, SiteGiven(name="est", slug="est")).id
    for site, n in ((world.lyon.site.id, 8), (east, 2)):
        for _ in range(n):
            case_of(world, Kind.COMPLAINT, received_on=MONTHS[2], site_id=site)
    values = [
        told(world, replace(YEAR, site_id=site)).values["cases_complaint"].value
        for site in (None, world.lyon.site.id, east)
    ]
    assert values == [10, None, None]
