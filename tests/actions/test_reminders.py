"""A year of nights, some of them without the job: each action is told of before its day and once it is late.

The usual run takes a few hundred actions; `PORTAL_TEST_LONG=1` takes the 10,000 of the bar.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from learning import decided, leading
from sqlalchemy import select
from staff import signed_in

from portal.certification.actions import Decided, finish, hand_over, open_action, put_off
from portal.certification.models import Action
from portal.certification.reminding import remind_of_actions
from portal.certification.rules import AHEAD
from portal.core.errors import Invalid
from portal.notifications.models import OutboxRow
from portal.notifications.reminders import Due, Reminder, reminder_of
from portal.notifications.rules import Notice
from portal.people.actions import end_membership
from portal.people.queries import members
from portal.people.rules import Permission, Role, may

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from build import World

LONG = os.environ.get("PORTAL_TEST_LONG") == "1"
MOST = 10_000 if LONG else 300
FARTHEST, NIGHTS, WITHOUT = 400, 365, 0.05
START = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)


def told(world: World) -> Counter[tuple[int, str, bool]]:
    """How often each action was told of, by number, day, and whether it was late."""
    with world.database.reading(world.lyon.scope) as u:
        rows = u.all(select(OutboxRow).where(OutboxRow.notice == Notice.ACTION_DUE.value))
        return Counter((row.facts["action"], row.facts["due"], row.facts["late"]) for row in rows)


def test_over_a_year_with_missing_nights_none_is_lost_and_none_comes_twice(sqlite_world: World) -> None:
    world, chance = sqlite_world, Random(20270324)  # noqa: S311 -- a world drawn again, not a secret
    lead = signed_in(world)
    begins: dict[int, list[int]] = {}
    for _ in range(MOST):
        begins.setdefault(chance.randrange(NIGHTS), []).append(chance.randint(0, FARTHEST))
    due: dict[int, tuple[date, date]] = {}
    finished: dict[int, date] = {}
    open_ids: dict[int, UUID] = {}
    nights = 0
    for day in range(NIGHTS):
        world.clock.set(START + timedelta(days=day))
        today = world.clock.now().date()
        with world.database.transaction(leading(lead)) as u:
            for ahead in begins.get(day, ()):
                action = open_action(u, Decided("Faire", lead.person_id, today + timedelta(days=ahead)))
                due[action.number], open_ids[action.number] = (today, action.due_on), action.id
            for number in [n for n in open_ids if chance.random() < 0.002]:
                finish(u, open_ids.pop(number), "Fait")
                finished[number] = today
        if chance.random() >= WITHOUT:
            nights += 1
            with world.database.transaction(world.lyon.scope) as u:
                remind_of_actions(u)
    last = START.date() + timedelta(days=NIGHTS - 1)
    found = told(world)
    assert set(found.values()) == {1}, "none twice"
    assert NIGHTS * 0.9 < nights < NIGHTS, "some nights were without the job"
    missed = [
        (number, which)
        for number, (begun, day) in due.items()
        for which, from_day in ((False, max(begun, day - AHEAD)), (True, day + timedelta(days=1)))
        # Three nights in a row without the job are left to chance: what counts is that the next one does it.
        if from_day + timedelta(days=6) <= min(last, finished.get(number, last))
        and found[number, day.isoformat(), which] != 1
    ]
    assert missed == []
    at_once = [number for number, (begun, day) in due.items() if day - begun <= AHEAD]
    assert at_once
    assert all(found[number, due[number][1].isoformat(), False] == 1 for number in at_once)
    before = [number for number, (_, day) in due.items() if day <= last and finished.get(number, last) >= day]
    assert all(found[number, due[number][1].isoformat(), False] == 1 for number in before), (
        "each before its day"
    )
    print(f"{len(due)} actions, {nights} nights, {sum(found.values())} reminders")  # noqa: T201 -- what was measured


def lost_or_doubled(rule: Callable[[Due, date], Reminder | None], actions: int = 2_000) -> list[str]:
    """What a rule loses or says twice over a year of nights, some without the job; by the rule alone."""
    chance, start = Random(7), START.date()  # noqa: S311 -- idem
    nights = [start + timedelta(days=day) for day in range(NIGHTS) if chance.random() >= WITHOUT]
    wrong = []
    for number in range(actions):
        begun = start + timedelta(days=chance.randrange(NIGHTS))
        due, said = Due(begun + timedelta(days=chance.randint(0, FARTHEST))), []
        for today in [begun, *(night for night in nights if night > begun)]:
            which = rule(due, today)
            if which is not None:
                said.append(which)
                before, late = which is Reminder.BEFORE, which is Reminder.LATE
                due = replace(
                    due,
                    reminded_before=due.reminded_before or before,
                    reminded_late=due.reminded_late or late,
                )
        owed = [Reminder.BEFORE] if max(begun, due.due_on - AHEAD) + timedelta(days=6) <= nights[-1] else []
        owed += [Reminder.LATE] if due.due_on + timedelta(days=6) <= nights[-1] else []
        wrong += [f"{number}: {one.value}" for one in owed if said.count(one) != 1]
        wrong += [f"{number}: twice" for one in set(said) if said.count(one) > 1]
    return wrong


def owed(due: Due, today: date) -> Reminder | None:
    """What is owed of an action."""
    return reminder_of(due, today, AHEAD)


def by_equality(due: Due, today: date) -> Reminder | None:
    """The rule of another system: ten days before to the day, and the day after."""
    if due.due_on - today == AHEAD:
        return Reminder.BEFORE
    return Reminder.LATE if today - due.due_on == timedelta(days=1) else None


def every_night(due: Due, today: date) -> Reminder | None:
    """A rule that forgets what it has said."""
    return owed(replace(due, reminded_before=False, reminded_late=False), today)


def test_a_rule_that_loses_reminders_or_says_them_twice_is_found() -> None:
    assert lost_or_doubled(owed) == []
    assert any("before" in one for one in lost_or_doubled(by_equality))
    assert any("late" in one for one in lost_or_doubled(by_equality))
    assert any("twice" in one for one in lost_or_doubled(every_night))


def test_a_day_put_off_is_told_of_anew(world: World) -> None:
    lead = signed_in(world)
    first = world.clock.now().date() + timedelta(days=3)
    action = decided(world, lead, due_on=first)
    later = first + timedelta(days=40)
    with world.database.transaction(leading(lead)) as u:
        put_off(u, action.id, later, "Une absence")
        assert remind_of_actions(u) == 0
    world.clock.set(START + timedelta(days=43 - 9))
    with world.database.transaction(world.lyon.scope) as u:
        assert remind_of_actions(u) == 1
        assert remind_of_actions(u) == 0
    assert told(world) == {(1, first.isoformat(), False): 1, (1, later.isoformat(), False): 1}
    with world.database.reading(world.lyon.scope) as u:
        assert u.all(select(Action))[0].reminded_late_at is None


@pytest.mark.parametrize(
    ("due", "which"),
    [
        (Due(date(2027, 4, 3)), Reminder.BEFORE),
        (Due(date(2027, 4, 4)), None),
        (Due(date(2027, 3, 24)), Reminder.BEFORE),
        (Due(date(2027, 3, 24), reminded_before=True), None),
        (Due(date(2027, 3, 23)), Reminder.LATE),
        (Due(date(2027, 3, 23), reminded_before=True), Reminder.LATE),
        (Due(date(2027, 3, 23), reminded_late=True), None),
        (Due(date(2027, 3, 23), is_done=True), None),
    ],
)
def test_a_reminder_follows_from_facts_alone(due: Due, which: Reminder | None) -> None:
    assert owed(due, date(2027, 3, 24)) is which


def test_who_left_is_not_told_and_whoever_leads_is(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    gone = signed_in(world, Role.MEDIATOR, email="sam@passerelle.example", name="Sam Petit")
    with world.database.transaction(leading(lead)) as u:
        open_action(u, Decided("Afficher les horaires", gone.person_id, u.now.date() + timedelta(days=30)))
        end_membership(u, next(one.membership_id for one in members(u) if one.person.id == gone.person_id))
    world.clock.advance(timedelta(days=25))
    with world.database.transaction(world.lyon.scope) as u:
        assert remind_of_actions(u) == 1
    with world.database.reading(world.lyon.scope) as u:
        rows = u.all(select(OutboxRow).where(OutboxRow.notice == Notice.ACTION_DUE.value))
        assert {row.person_id for row in rows} == {
            one.person.id for one in members(u) if may(one.role, Permission.MANAGE_ACTIONS)
        }


def test_an_action_that_is_handed_over_is_told_of_to_who_does_it_now(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    other = signed_in(world, Role.MEDIATOR, email="sam@passerelle.example", name="Sam Petit")
    action = decided(world, lead, due_on=date(2027, 3, 26))
    with world.database.transaction(leading(lead)) as u:
        for whom, reason in ((lead.person_id, "same"), (None, "empty")):
            with pytest.raises(Invalid) as refused:
                hand_over(u, action.id, whom, "Sam connaît le lieu.")
            assert refused.value.facts["reason"] == reason
    with world.database.transaction(leading(lead)) as u:
        hand_over(u, action.id, other.person_id, "Sam connaît le lieu.")
    with world.database.reading(world.lyon.scope) as u:
        rows = u.all(select(OutboxRow).where(OutboxRow.notice == Notice.ACTION_DUE.value))
        assert [row.person_id for row in rows] == [lead.person_id, other.person_id]
    page = lead.get(f"/s/passerelle/actions/{action.number}").text
    assert "confiée à Sam Petit" in re.sub(r"<[^>]+>", "", page)
    assert "Sam connaît le lieu." in page
