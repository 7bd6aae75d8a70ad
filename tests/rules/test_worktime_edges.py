"""Where one day more or less changes what a calendar says."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from portal.core.worktime import WorkCalendar
from portal.tenancy.rules import DEFAULT_OPENING

CALENDAR = WorkCalendar("Europe/Paris", DEFAULT_OPENING, {}, {})
FRIDAY = date(2027, 3, 5)


def closed(*days: date) -> WorkCalendar:
    return WorkCalendar("Europe/Paris", DEFAULT_OPENING, dict.fromkeys(days, "closed"), {})


@pytest.mark.parametrize(("today", "until"), [(5, 5), (6, 5), (7, 5), (8, 8), (4, 4)])
def test_texts_open_on_the_working_day_that_follows(today: int, until: int) -> None:
    assert CALENDAR.opened_until(date(2027, 3, today)) == date(2027, 3, until)


def test_texts_stay_closed_through_however_many_days_without_work() -> None:
    assert closed(FRIDAY + timedelta(days=3)).opened_until(FRIDAY + timedelta(days=3)) == FRIDAY
    assert closed(FRIDAY).opened_until(FRIDAY) == FRIDAY - timedelta(days=1)
    summer = [FRIDAY + timedelta(days=n) for n in range(1, 40)]
    assert closed(*summer).opened_until(summer[-1]) == FRIDAY


def test_opening_is_counted_to_the_second_and_never_below_none() -> None:
    nine = datetime(2027, 3, 5, 8, 0, tzinfo=UTC)
    assert CALENDAR.open_seconds_between(nine, nine + timedelta(seconds=1)) == 1
    assert CALENDAR.open_seconds_between(nine - timedelta(hours=1), nine) == 0
    assert CALENDAR.open_seconds_between(nine + timedelta(hours=2), nine) == 0
    assert CALENDAR.open_seconds_between(nine + timedelta(hours=2), nine + timedelta(hours=1)) == 0
    assert CALENDAR.open_seconds_between(nine, nine + timedelta(days=7)) == 5 * 7 * 3600
    assert CALENDAR.open_seconds_between(nine, nine + timedelta(hours=9)) == 7 * 3600


def test_a_place_open_over_noon_alone_is_open_that_long() -> None:
    noon = WorkCalendar("Europe/Paris", {4: ((time(12), time(12, 1)),)}, {}, {})
    start = datetime(2027, 3, 5, tzinfo=UTC)
    assert noon.open_seconds_between(start, start + timedelta(days=7)) == 60
    assert noon.add_open_seconds(start, 60) == datetime(2027, 3, 5, 11, 1, tzinfo=UTC)
    assert noon.add_open_seconds(start, 61) == datetime(2027, 3, 12, 11, 0, 1, tzinfo=UTC)
    assert noon.add_open_seconds(start, 0) == start


def test_days_apart_are_working_days_after_the_first() -> None:
    apart = [CALENDAR.days_apart(FRIDAY, FRIDAY + timedelta(days=n)) for n in (-1, 0, 1, 2, 3, 4, 7)]
    assert apart == [0, 0, 0, 0, 1, 2, 5]
