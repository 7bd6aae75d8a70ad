"""Whatever comes by telephone, tablet or paper, alone or helped, is counted once, and apart where it must."""

from __future__ import annotations

from collections import Counter
from datetime import date
from secrets import token_bytes
from threading import Thread
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.core.errors import NotFound
from portal.insight.opinions import asked_now, own_and_assisted, tallies_by_day, tallies_by_month
from portal.questionnaires.actions import Journey, finish, record, withdraw
from portal.questionnaires.keying import take_back, type_sheet
from portal.questionnaires.models import Answer, AnswerText, Response, RollupMonth
from portal.questionnaires.queries import published
from portal.questionnaires.rules import MODES, Mode

if TYPE_CHECKING:
    from uuid import UUID

    from build import World

    from portal.insight.opinions import Tally

_DAYS = (date(2027, 2, 27), date(2027, 2, 28), date(2027, 3, 1), date(2027, 3, 24))
_TYPED = (Mode.PAPER, Mode.AIDED, Mode.ASSISTED)
Step = tuple[str, int, Mode, list[int]]

steps = st.lists(
    st.tuples(
        st.sampled_from(("tap", "skip", "sheet", "sheet", "back")),
        st.integers(0, len(_DAYS) - 1),
        st.sampled_from(Mode),
        st.lists(st.integers(0, 3), min_size=4, max_size=4),
    ),
    max_size=12,
)


def live(world: World, plan: list[Step]) -> None:
    """What people and colleagues do, one after the other."""
    sheets: list[UUID] = []
    lyon = world.lyon
    for what, at, mode, boxes in plan:
        with world.database.transaction(lyon.scope) as u:
            shown = published(u)
            asked = shown.form.questions[:4]
            choices = {
                one.code: one.choices[box - 1].code for one, box in zip(asked, boxes, strict=True) if box > 0
            }
            code_id = lyon.code.id if boxes[0] % 2 else None
            if what in {"tap", "skip"}:
                way = Mode.TABLET if mode is Mode.TABLET else Mode.WEB
                journey = Journey(token_bytes(8), _DAYS[at], "fr", lyon.site.id, code_id, mode=way)
                for question in asked:
                    if question.code in choices:
                        record(u, shown, journey, question, choices[question.code])
                if what == "skip":
                    withdraw(u, shown, journey, asked[1])
                finish(u, journey)
            elif what == "sheet" and choices:
                typed = mode if mode in _TYPED else Mode.ASSISTED
                journey = Journey(
                    token_bytes(8), _DAYS[at], "fr", lyon.site.id, code_id, mode=typed, entered_at=u.now
                )
                sheets.append(type_sheet(u, shown, journey, {**choices, "word": "Bien."}).response_id)
            elif what == "back" and sheets:
                take_back(u, sheets.pop())


def told(found: list[Tally]) -> Counter[object]:
    """The counts, by question, choice and whether staff helped."""
    counts: Counter[object] = Counter()
    for one in found:
        counts[one.item_id, one.choice, one.site_id, one.assisted] += one.n
    return counts


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=steps)
def test_counts_by_month_and_by_day_equal_a_recount_with_and_without_our_help(
    sqlite_world: World, plan: list[Step]
) -> None:
    world = sqlite_world
    live(world, plan)
    with world.database.reading(world.lyon.scope) as u:
        modes = {row.id: Mode(row.mode) for row in u.all(select(Response))}
        answers, words = u.all(select(Answer)), u.all(select(AnswerText))
        again = Counter(
            (row.item_id, row.choice, row.site_id, MODES[modes[row.response_id]].assisted) for row in answers
        )
        assert {row.response_id for row in words} <= modes.keys()
        assert {row.response_id for row in answers} <= modes.keys()
        assert all(row.n >= 0 for row in u.all(select(RollupMonth)))
        asked = asked_now(u)
        months = tallies_by_month(u, asked, _DAYS[0], _DAYS[-1])
        days = tallies_by_day(u, asked, _DAYS[0], _DAYS[-1])
        assert told(months) == told(days) == again
        own, helped = own_and_assisted(months)
        assert {one.assisted for one in helped} <= {True}
        assert sum(one.n for one in own) + sum(one.n for one in helped) == len(answers)


def test_a_sheet_taken_back_by_two_presses_at_once_comes_off_the_counts_once(world: World) -> None:
    lyon, gone = world.lyon, []
    with world.database.transaction(lyon.scope) as u:
        shown = published(u)
        answers = {one.code: one.choices[0].code for one in shown.form.questions[:4]}
        sheets = [
            type_sheet(
                u, shown, Journey(token_bytes(8), _DAYS[3], "fr", lyon.site.id, entered_at=u.now), answers
            )
            for _ in range(2)
        ]

    def press() -> None:
        try:
            with world.database.transaction(lyon.scope) as u:
                take_back(u, sheets[0].response_id)
        except NotFound:
            gone.append(True)

    second = Thread(target=press)
    with world.database.transaction(lyon.scope) as u:
        take_back(u, sheets[0].response_id)
        second.start()
        second.join(0.3)  # by now it waits for what the first one holds
    second.join()
    assert gone == [True]
    with world.database.reading(lyon.scope) as u:
        assert {row.n for row in u.all(select(RollupMonth))} == {1}
