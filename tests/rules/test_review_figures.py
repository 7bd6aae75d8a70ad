"""Every percentage of a review comes from the counts printed beside it.

The usual run takes 200 random months; `PORTAL_TEST_LONG=1` takes the 10,000 of the bar.
"""

from __future__ import annotations

import os
import re
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from flask_babel import force_locale

from portal.cases.rules import Finding, Kind
from portal.certification.report import (
    BASE,
    ROWS,
    Count,
    Line,
    Seen,
    SeenAction,
    SeenCase,
    Span,
    from_document,
    lines,
    to_document,
)
from portal.web.review_words import lines_told

if TYPE_CHECKING:
    from build import World

MONTHS = 10_000 if os.environ.get("PORTAL_TEST_LONG") == "1" else 200
MARCH = Span(date(2027, 3, 1), date(2027, 3, 31))
_SHARE = re.compile(r"^(\d+) sur (\d+)(?: \(([\d,]+)\s%\))?$")
_CHANGE = re.compile(r"^([+−][\d,]+|0,0)\s%$")


def tenths(n: int, of: int) -> int:
    """The percentage in tenths, halves away from zero, by whole numbers alone: not as the code does it."""
    sign = -1 if n < 0 else 1
    return sign * ((2000 * abs(n) + of) // (2 * of))


def printed(told: str) -> int:
    """A printed percentage, in tenths."""
    return int(told.replace("−", "-").replace("+", "").replace(",", ""))


def differences(told: list[dict[str, str]]) -> list[str]:
    """Percentages that the counts beside them do not give, or that should not be printed at all."""
    wrong = []
    for line in told:
        for text in (line["now"], line["before"]):
            found = _SHARE.match(text)
            if found is None:
                assert text.isdigit(), text
                continue
            n, of, share = int(found[1]), int(found[2]), found[3]
            expected = tenths(n, of) if of >= BASE else None
            if (printed(share) if share else None) != expected:
                wrong.append(f"{line['id']}: {text}")
        if line["now"].isdigit():
            now, before = int(line["now"]), int(line["before"])
            expected = tenths(now - before, before) if before >= BASE else None
            found = _CHANGE.match(line["change"])
            if (printed(found[1]) if found else None) != expected:
                wrong.append(f"{line['id']}: {line['before']} to {line['now']}: {line['change']}")
        elif line["change"]:
            wrong.append(f"{line['id']}: a change of a share")
    return wrong


def drawn_month(chance: Random) -> Seen:
    """A month of anything, and the one before it: from none to hundreds."""
    most = chance.choice((0, 3, 19, 20, 21, 60, 250))
    today = MARCH.last + timedelta(days=chance.randint(1, 40))
    return Seen(
        today,
        [_case(chance) for _ in range(chance.randint(0, most))],
        [_action(chance) for _ in range(chance.randint(0, most))],
        {span: _opinions(chance) for span in (MARCH, MARCH.before)},
    )


def _day(chance: Random, around: int = 70) -> date:
    return MARCH.before.first + timedelta(days=chance.randint(0, around))


def _case(chance: Random) -> SeenCase:
    received = _day(chance)
    return SeenCase(
        chance.choice((*Kind, *(Kind.COMPLAINT,) * 6)),
        received,
        chance.random() < 0.2,
        received + timedelta(days=chance.randint(0, 30)) if chance.random() < 0.8 else None,
        received + timedelta(days=14) if chance.random() < 0.95 else None,
        chance.choice((None, *Finding)),
        is_owed=chance.random() < 0.9,
        has_follow_up=chance.random() < 0.5,
    )


def _action(chance: Random) -> SeenAction:
    due = _day(chance)
    return SeenAction(due, due + timedelta(days=chance.randint(-20, 20)) if chance.random() < 0.7 else None)


def _opinions(chance: Random) -> tuple[int, int, int]:
    n = chance.choice((0, 7, 19, 20, 143, 2_000))
    said = chance.randint(0, n)
    return n, chance.randint(0, said), said


def test_every_printed_percentage_is_that_of_the_counts_beside_it(sqlite_world: World) -> None:
    chance = Random(19)  # noqa: S311 -- months drawn again, not a secret
    shares = 0
    with sqlite_world.app.test_request_context(), force_locale("fr"):
        for _ in range(MONTHS):
            found = lines(MARCH, drawn_month(chance))
            told = lines_told(found)
            assert [line["id"] for line in told] == list(ROWS)
            assert differences(told) == []
            assert from_document(to_document(found)) == found
            shares += sum("%" in line["now"] for line in told)
    assert shares > MONTHS // 2, "there were percentages to check"
    print(f"{MONTHS} months, {shares} shares of the period")  # noqa: T201 -- what was measured


def test_a_percentage_that_is_wrong_is_found(sqlite_world: World) -> None:
    right = Line("answered", Count(15, 40), Count(0, 0))
    with sqlite_world.app.test_request_context(), force_locale("fr"):
        told = lines_told([right, Line("opinions", Count(30), Count(40))])
    assert told[0]["now"] == "15 sur 40 (37,5\N{NO-BREAK SPACE}%)"
    assert told[1]["change"] == "−25,0\N{NO-BREAK SPACE}%"
    assert differences(told) == []
    assert differences([{**told[0], "now": "15 sur 40 (37,6 %)"}, told[1]])
    assert differences([told[0], {**told[1], "change": "−24,9 %"}])
    assert differences([{**told[0], "now": "5 sur 19 (26,3 %)"}, told[1]]), "no percentage below the base"
    assert differences([{**told[0], "now": "15 sur 40"}, told[1]]), "and one above it"


def test_an_open_late_complaint_counts_as_late_and_spam_nowhere() -> None:
    def seen(answered: date | None, *, is_owed: bool = True) -> SeenCase:
        return SeenCase(
            Kind.COMPLAINT,
            date(2027, 3, 2),
            answered is None,
            answered,
            date(2027, 3, 16),
            None,
            is_owed=is_owed,
            has_follow_up=False,
        )

    cases = [seen(date(2027, 3, 16)), seen(date(2027, 3, 17)), seen(None), seen(None, is_owed=False)]
    found = {one.id: one.now for one in lines(MARCH, Seen(date(2027, 4, 2), cases, (), {}))}
    assert (found["on_time"].n, found["on_time"].of) == (1, 3)
    assert (found["complaints"].n, found["open"].n, found["answered"].n) == (3, 1, 2)


def test_the_period_before_is_as_long_and_touches() -> None:
    assert MARCH.before == Span(date(2027, 1, 29), date(2027, 2, 28))
