"""Promises in working days: the vectors that the contract fixes, and faults seen elsewhere, by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from portal.core.errors import Invalid
from portal.core.worktime import MAX_PAUSE_DAYS, Reason, WorkCalendar
from portal.tenancy.holidays_fr import ZONES, public_holidays
from portal.tenancy.rules import DEFAULT_OPENING

RECEIVED = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
"""Wednesday 24 March 2027, ten in the morning in Lyon and in Strasbourg, both open."""
PARIS = ZoneInfo("Europe/Paris")
HOUR = 3600


def calendar(zone: str, **changes: object) -> WorkCalendar:
    fields: dict[str, object] = {
        "timezone": ZONES[zone].timezone,
        "opening": DEFAULT_OPENING,
        "holidays": public_holidays(zone, [2026, 2027, 2028]),
        "closures": {},
    }
    return WorkCalendar(**(fields | changes))  # type: ignore[arg-type] # a test may change any field


def paris(day: int, hour: int = 10, minute: int = 0, *, month: int = 3) -> datetime:
    """A day of 2027 by the clock of Lyon."""
    return datetime(2027, month, day, hour, minute, tzinfo=PARIS)


def test_two_working_days_from_24_march_2027_end_on_the_26th_in_lyon() -> None:
    assert calendar("metropole").due_day(RECEIVED, 2) == date(2027, 3, 26)


def test_two_working_days_from_24_march_2027_end_on_the_30th_in_strasbourg() -> None:
    """Good Friday is a holiday there, Easter Monday everywhere."""
    assert calendar("alsace_moselle").due_day(RECEIVED, 2) == date(2027, 3, 30)


def test_ten_working_days_from_24_march_2027_end_on_8_april_in_lyon() -> None:
    assert calendar("metropole").due_day(RECEIVED, 10) == date(2027, 4, 8)


def test_ten_working_days_from_24_march_2027_end_on_9_april_in_strasbourg() -> None:
    assert calendar("alsace_moselle").due_day(RECEIVED, 10) == date(2027, 4, 9)


@pytest.mark.parametrize(("zone", "days"), [("metropole", 254), ("alsace_moselle", 253), ("la_reunion", 253)])
def test_a_year_has_its_working_days(zone: str, days: int) -> None:
    place = calendar(zone)
    first, last = date(2027, 1, 1).toordinal(), date(2027, 12, 31).toordinal()
    assert sum(place.is_working_day(date.fromordinal(n)) for n in range(first, last + 1)) == days


def test_a_calendar_survives_its_document() -> None:
    place = calendar("alsace_moselle", closures={date(2027, 8, 9): "Fermeture d'été"})
    assert WorkCalendar.from_document(place.as_document()) == place


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (paris(24, 0, 0), 24),
        (paris(24, 13, 0), 24),
        (paris(24, 18, 0), 24),
        (paris(24, 18, 1), 25),
        (paris(26, 23, 59), 30),
        (paris(27), 30),
        (paris(29), 30),
    ],
    ids=["midnight", "lunch", "closing time", "after closing", "friday night", "saturday", "easter monday"],
)
def test_day_zero_is_the_working_day_that_can_still_receive(at: datetime, day: int) -> None:
    assert calendar("metropole").day_zero(at) == date(2027, 3, day)


def test_day_zero_is_told_by_the_clock_of_the_place() -> None:
    """20:30 UTC on a Wednesday: past closing in Lyon, Thursday in Saint-Denis, afternoon in Cayenne."""
    at = datetime(2027, 3, 24, 20, 30, tzinfo=UTC)
    zones = {"metropole": 25, "la_reunion": 25, "guyane": 24}
    assert {zone: calendar(zone).day_zero(at).day for zone in zones} == zones


def test_a_promise_falls_due_at_the_end_of_the_day_across_the_change_of_clocks() -> None:
    place = calendar("metropole")
    assert place.due_at(RECEIVED, 2) == datetime(2027, 3, 26, 22, 59, 59, tzinfo=UTC)
    assert place.due_at(RECEIVED, 3) == datetime(2027, 3, 30, 21, 59, 59, tzinfo=UTC)


def test_closing_days_stop_opening_hours_and_no_promise() -> None:
    shut = calendar("metropole", closures={date(2027, 3, 25): "Inventaire", date(2027, 3, 26): "Inventaire"})
    assert shut.due_day(RECEIVED, 2) == date(2027, 3, 26)
    assert shut.open_seconds_between(paris(25, 0), paris(27, 0)) == 0


def test_overlapping_pauses_count_once() -> None:
    place = calendar("metropole")
    pauses = [(paris(24, 11), paris(26)), (paris(25), paris(30)), (paris(25, 11), paris(25, 12))]
    assert place.paused_days(RECEIVED, pauses) == 3
    assert place.net_working_days(RECEIVED, paris(31), pauses) == 1
    assert place.working_days_between(RECEIVED, paris(31)) == 4


def test_a_pause_within_a_day_takes_no_day() -> None:
    place = calendar("metropole")
    assert place.paused_days(RECEIVED, [(paris(25, 9), paris(25, 17))]) == 0


def test_a_pause_counts_fifteen_working_days_at_most() -> None:
    place = calendar("metropole")
    pauses = [(paris(24, 11), paris(30, month=6))]
    assert place.paused_days(RECEIVED, pauses) == MAX_PAUSE_DAYS
    assert place.due_day_with_pauses(RECEIVED, 2, pauses) == place.due_day(RECEIVED, 2 + MAX_PAUSE_DAYS)
    reasons = [day.reason for day in place.why(RECEIVED, 2, pauses)]
    assert reasons.count(Reason.PAUSED) == MAX_PAUSE_DAYS
    assert reasons.count(Reason.COUNTED) == 2


def test_a_pause_begun_on_the_due_day_still_moves_it() -> None:
    place = calendar("metropole")
    assert place.due_day_with_pauses(RECEIVED, 2, [(paris(26), paris(31))]) == date(2027, 3, 31)


def test_a_pause_begun_after_the_due_day_saves_nothing() -> None:
    """Clearing the past due date would erase the evidence that the promise was broken."""
    place = calendar("metropole")
    assert place.due_day_with_pauses(RECEIVED, 2, [(paris(30), paris(9, month=4))]) == date(2027, 3, 26)


def test_a_pause_over_holidays_and_weekends_takes_working_days_only() -> None:
    """Hold time added to the first instant, blind to the calendar, is a known fault elsewhere."""
    place = calendar("alsace_moselle")
    assert place.paused_days(RECEIVED, [(paris(25), paris(30, 9))]) == 1


def test_a_complaint_filed_at_night_is_answered_in_more_than_no_time() -> None:
    """Filed on Saturday night, answered on Wednesday: not 0 days, and not 4 either."""
    assert calendar("metropole").working_days_between(paris(3, 23, month=4), paris(7, month=4)) == 2


def test_a_lunch_break_shortens_the_day_by_itself_alone() -> None:
    place = calendar("metropole")
    assert place.open_seconds_between(paris(24, 0), paris(25, 0)) == 7 * HOUR
    assert place.open_seconds_between(paris(24, 11), paris(24, 15)) == 2 * HOUR
    assert place.add_open_seconds(paris(24, 11), 2 * HOUR) == paris(24, 15)


def test_a_place_open_on_tuesdays_alone_has_its_hours() -> None:
    """A schedule that works only when certain weekdays are in it is a known fault elsewhere."""
    place = calendar("metropole", opening={1: ((time(9), time(10)),)})
    assert place.add_open_seconds(paris(24), 2 * HOUR) == paris(6, 10, month=4)
    assert place.due_day(RECEIVED, 2) == date(2027, 3, 26)


@pytest.mark.parametrize(
    ("month", "day", "hours"), [(3, 28, 2), (10, 31, 4), (4, 4, 3)], ids=["spring", "autumn", "plain"]
)
def test_a_night_post_is_open_as_long_as_the_night_lasts(month: int, day: int, hours: int) -> None:
    """Clocks go from 2 to 3 on 28 March 2027 and from 3 back to 2 on 31 October; open from 1 to 4."""
    night = calendar("metropole", opening={6: ((time(1), time(4)),)})
    start = datetime(2027, month, day, tzinfo=PARIS)
    assert night.open_seconds_between(start, start + timedelta(days=1)) == hours * HOUR
    assert night.add_open_seconds(start, hours * HOUR) == start.replace(hour=4)


def test_an_hour_that_the_night_skips_is_never_open() -> None:
    night = calendar("metropole", opening={6: ((time(2), time(3)),)})
    assert night.open_periods(date(2027, 3, 28)) == ()
    assert night.add_open_seconds(paris(28, 0), 60) == paris(4, 2, 1, month=4)


def test_periods_that_overlap_are_open_once() -> None:
    place = calendar(
        "metropole", opening={2: ((time(9), time(12)), (time(10), time(11)), (time(11), time(14)))}
    )
    assert place.open_seconds_between(paris(24, 0), paris(25, 0)) == 5 * HOUR


@pytest.mark.parametrize(
    "opening", [{}, {0: ()}, {0: ((time(9), time(9)),)}], ids=["none", "empty", "no time"]
)
def test_a_place_that_never_opens_gives_no_instant(opening: object) -> None:
    place = calendar("metropole", opening=opening)
    assert place.open_seconds_between(paris(1), paris(31)) == 0
    assert place.add_open_seconds(paris(1), 0) == paris(1)
    with pytest.raises(Invalid, match="opening"):
        place.add_open_seconds(paris(1), 1)


def test_an_act_before_the_start_took_no_time() -> None:
    place = calendar("metropole")
    assert place.working_days_between(paris(25), paris(24)) == 0
    assert place.net_working_days(paris(25), paris(22), [(paris(22), paris(23))]) == 0
    assert place.open_seconds_between(paris(25), paris(24)) == 0


def test_a_due_day_costs_no_more_than_the_days_it_spans() -> None:
    """Microseconds here; the bound is wide for a busy machine, narrow against a walk over years."""
    place, rounds = calendar("alsace_moselle"), 200
    best = min(_seconds(place, rounds) for _ in range(5)) / rounds
    assert best < 500e-6


def _seconds(place: WorkCalendar, rounds: int) -> float:
    begun = perf_counter()
    for _ in range(rounds):
        place.due_day(RECEIVED, 20)
    return perf_counter() - begun
