"""How answers are kept: a response begins once, a correction replaces, the rollup always equals a recount."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from secrets import token_bytes
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.errors import Invalid, Refused
from portal.questionnaires import actions
from portal.questionnaires.actions import NO_CODE, Journey, finish, record, withdraw
from portal.questionnaires.models import Answer, AnswerText, Response, RollupMonth
from portal.questionnaires.queries import published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from build import World

    from portal.core.db import Unit
    from portal.questionnaires.queries import Published
    from portal.questionnaires.rules import Question

LAST_OF_MARCH = date(2027, 3, 31)
FIRST_OF_APRIL = date(2027, 4, 1)
LAST = 4
"""Where the free word stands among the questions."""


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who answers Lyon's questionnaire; each step is a transaction, as each tap is."""

    world: World
    journey: Journey

    @classmethod
    def of(cls, world: World, **where: Any) -> Resident:
        """A resident with a page of their own, on the last day of March by the structure's code."""
        lyon = world.lyon
        journey = Journey(token_bytes(12), LAST_OF_MARCH, "fr", lyon.site.id, lyon.code.id)
        return cls(world, journey._replace(**where))

    def at(self, **where: Any) -> Resident:
        """The same page, later or elsewhere."""
        return Resident(self.world, self.journey._replace(**where))

    def answers(self, raw: str, position: int = 0) -> UUID:
        """Tap or write an answer."""
        with self.world.database.transaction(self.world.lyon.scope) as u:
            return record(u, *self._asked(u, position), raw)

    def skips(self, position: int) -> None:
        """Skip a question."""
        with self.world.database.transaction(self.world.lyon.scope) as u:
            withdraw(u, *self._asked(u, position))

    def sees_the_thanks(self) -> None:
        """Come to the end."""
        with self.world.database.transaction(self.world.lyon.scope) as u:
            finish(u, self.journey)

    def has_given(self, position: int = 0) -> str | None:
        """What the page shows as given."""
        with self.world.database.reading(self.world.lyon.scope) as u:
            shown, journey, question = self._asked(u, position)
            return actions.given(u, shown, journey.nonce, question)

    def _asked(self, u: Unit, position: int) -> tuple[Published, Journey, Question]:
        shown = published(u)
        return shown, self.journey, shown.form.questions[position]


def rollup(world: World) -> Counter[tuple[object, ...]]:
    """The cells that are not zero."""
    with world.database.reading(world.lyon.scope) as u:
        return Counter(
            {
                (row.item_id, row.meaning_rev, row.month, row.site_id, row.code_id, row.choice): row.n
                for row in u.all(select(RollupMonth))
                if row.n
            }
        )


def recount(world: World) -> Counter[tuple[object, ...]]:
    """The same, counted on the answers themselves."""
    with world.database.reading(world.lyon.scope) as u:
        codes = {row.id: row.code_id or NO_CODE for row in u.all(select(Response))}
        return Counter(
            (
                row.item_id,
                row.meaning_rev,
                row.day.replace(day=1),
                row.site_id,
                codes[row.response_id],
                row.choice,
            )
            for row in u.all(select(Answer))
        )


def counts(world: World) -> dict[tuple[date, str], int]:
    """How often each choice was made, by month."""
    found: Counter[tuple[date, str]] = Counter()
    with world.database.reading(world.lyon.scope) as u:
        for row in u.all(select(RollupMonth)):
            found[row.month, row.choice] += row.n
    return {cell: n for cell, n in found.items() if n}


def responses(world: World) -> int:
    """How many responses there are."""
    with world.database.reading(world.lyon.scope) as u:
        return len(u.all(select(Response.id)))


# A correction


def test_a_correction_after_midnight_comes_off_the_month_it_was_counted_in(world: World) -> None:
    resident = Resident.of(world)
    resident.answers("good")
    resident.at(day=FIRST_OF_APRIL).answers("bad")
    assert counts(world) == {(LAST_OF_MARCH.replace(day=1), "bad"): 1}
    assert rollup(world) == recount(world)


def test_a_following_answer_after_midnight_belongs_to_the_day_the_response_began(world: World) -> None:
    resident = Resident.of(world)
    resident.answers("good")
    resident.at(day=FIRST_OF_APRIL).answers("yes", 1)
    resident.at(day=FIRST_OF_APRIL).answers("Un mot", LAST)
    with world.database.reading(world.lyon.scope) as u:
        days = {*u.all(select(Answer.day)), *u.all(select(AnswerText.day)), *u.all(select(Response.day))}
    assert days == {LAST_OF_MARCH}


def test_a_correction_by_another_card_comes_off_the_first_ones_cell(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        poster = issue_code(u, CodeGiven(CodeKind.POSTER, "Hall", world.lyon.site.id)).id
    resident = Resident.of(world)
    resident.answers("good")
    resident.at(code_id=poster).answers("fair")
    assert rollup(world) == recount(world)
    assert {cell[4] for cell in rollup(world)} == {world.lyon.code.id}


def test_skipping_an_answer_takes_it_out_of_the_figures(world: World) -> None:
    resident = Resident.of(world, code_id=None)
    resident.answers("good")
    resident.answers("yes", 1)
    resident.skips(1)
    resident.skips(2)
    assert counts(world) == {(LAST_OF_MARCH.replace(day=1), "good"): 1}
    assert resident.has_given(1) is None


# Replay


def test_the_same_answer_again_is_the_same_response_before_and_after_the_thanks(world: World) -> None:
    resident = Resident.of(world)
    first = resident.answers("good")
    assert resident.answers("good") == first
    resident.sees_the_thanks()
    assert resident.answers("good") == first
    resident.sees_the_thanks()
    assert responses(world) == 1


def test_another_answer_after_the_thanks_begins_another_response(world: World) -> None:
    resident = Resident.of(world)
    first = resident.answers("good")
    resident.sees_the_thanks()
    second = resident.answers("bad")
    assert second != first
    assert resident.answers("fair") == second
    assert counts(world) == {(LAST_OF_MARCH.replace(day=1), choice): 1 for choice in ("good", "fair")}


def test_a_free_word_sent_twice_is_one_word_in_one_response(world: World) -> None:
    resident = Resident.of(world)
    first = resident.answers("good")
    for _ in range(2):
        assert resident.answers("Un mot", LAST) == first
        resident.sees_the_thanks()
    with world.database.reading(world.lyon.scope) as u:
        assert len(u.all(select(AnswerText.body_sealed))) == 1
    assert responses(world) == 1


def test_the_same_nonce_at_two_structures_leaves_two_keys(world: World) -> None:
    """Who reads both databases could else tell that one phone wrote at both."""
    keys = set()
    for where in (world.lyon, world.strasbourg):
        journey = Journey(b"one and the same", LAST_OF_MARCH, "fr", where.site.id, where.code.id)
        with world.database.transaction(where.scope) as u:
            shown = published(u)
            record(u, shown, journey, shown.form.questions[0], "good")
        with world.database.reading(where.scope) as u:
            keys |= set(u.all(select(Response.submit_key)))
    assert len(keys) == 2


def test_two_taps_at_the_same_moment_are_one_answer(world: World) -> None:
    resident, start = Resident.of(world), Barrier(4)
    refused: list[BaseException] = []

    def tap() -> None:
        start.wait()
        try:
            resident.answers("good")
        except Exception as error:  # noqa: BLE001 -- whatever it is, the test shows it
            refused.append(error)

    taps = [Thread(target=tap) for _ in range(4)]
    for one in taps:
        one.start()
    for one in taps:
        one.join()
    assert refused == []
    assert responses(world) == 1
    assert counts(world) == {(LAST_OF_MARCH.replace(day=1), "good"): 1}


def test_one_page_begins_only_so_many_responses(sqlite_world: World) -> None:
    resident = Resident.of(sqlite_world)
    for number in range(20):
        resident.answers(f"mot {number}", LAST)
        resident.sees_the_thanks()
    with pytest.raises(Refused):
        resident.answers("un mot de trop", LAST)
    assert responses(sqlite_world) == 20


# The free word


def test_a_free_word_is_unreadable_where_it_lies_and_shown_to_its_page_until_the_thanks(world: World) -> None:
    resident = Resident.of(world)
    resident.answers("good")
    resident.answers("Rue de l’Arbre-Sec", LAST)
    with world.database.reading(world.lyon.scope) as u:
        row = u.all(select(AnswerText))[0]
    assert b"Arbre" not in row.body_sealed + row.key_wrapped
    assert resident.has_given(LAST) == "Rue de l’Arbre-Sec"
    assert Resident.of(world).has_given(LAST) is None
    resident.sees_the_thanks()
    assert resident.has_given(LAST) is None
    assert resident.has_given() is None


def test_a_word_changed_has_another_key_and_the_old_one_is_gone(world: World) -> None:
    resident = Resident.of(world)
    resident.answers("good")
    resident.answers("D’abord", LAST)
    with world.database.reading(world.lyon.scope) as u:
        before = u.all(select(AnswerText.key_wrapped))
    resident.answers("Ensuite", LAST)
    with world.database.reading(world.lyon.scope) as u:
        after = u.all(select(AnswerText.key_wrapped))
    assert len(before) == len(after) == 1
    assert before != after
    resident.skips(LAST)
    assert resident.has_given(LAST) is None


@pytest.mark.parametrize(("raw", "position"), [("superb", 0), ("", 0), ("x" * 10_001, LAST), (" \n", LAST)])
def test_what_cannot_be_kept_writes_nothing(world: World, raw: str, position: int) -> None:
    with pytest.raises(Invalid):
        Resident.of(world).answers(raw, position)
    assert responses(world) == 0


# Any way through


STEPS = st.one_of(
    st.tuples(st.just("answer"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("skip"), st.integers(1, LAST), st.just(0)),
    st.tuples(st.just("word"), st.just(LAST), st.integers(0, 2)),
    st.tuples(st.just("finish"), st.just(0), st.just(0)),
    st.tuples(st.just("midnight"), st.just(0), st.just(0)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), STEPS), max_size=25))
def test_after_any_steps_of_three_people_the_rollup_equals_a_recount(
    sqlite_world: World, steps: list[tuple[int, tuple[str, int, int]]]
) -> None:
    people = [Resident.of(sqlite_world, code_id=None), *(Resident.of(sqlite_world) for _ in range(2))]
    for who, (step, position, value) in steps:
        if step == "midnight":
            people[who] = people[who].at(day=people[who].journey.day + timedelta(days=1))
        else:
            walk(people[who], step, position, value)
    assert rollup(sqlite_world) == recount(sqlite_world)


def walk(resident: Resident, step: str, position: int, value: int) -> None:
    """One step of a resident."""
    if step == "finish":
        resident.sees_the_thanks()
    elif step == "skip":
        resident.skips(position)
    elif step == "word":
        resident.answers(f"mot {value}", position)
    else:
        with suppress(Refused):
            resident.answers(list(choices(resident, position))[value % 3], position)


def choices(resident: Resident, position: int) -> Iterator[str]:
    """The codes of a question's answers."""
    with resident.world.database.reading(resident.world.lyon.scope) as u:
        yield from (choice.code for choice in published(u).form.questions[position].choices)
