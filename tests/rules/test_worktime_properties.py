"""What holds of working time for every place, instant and pause: order, inverses, and reasons that add up."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.worktime import MAX_PAUSE_DAYS, Reason, WorkCalendar
from portal.tenancy.holidays_fr import ZONES, public_holidays

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = timedelta(days=1)
EACH = settings(max_examples=80, deadline=None)


@cache
def named_days(zone: str) -> Mapping[date, str]:
    return public_holidays(zone, range(2024, 2034))


times = st.integers(0, 24 * 60 - 1).map(lambda minute: time(*divmod(minute, 60)))
periods = st.lists(st.tuples(times, times).map(sorted).map(tuple), max_size=3).map(tuple)
openings = st.dictionaries(st.integers(0, 6), periods, max_size=7)
days = st.dates(date(2024, 1, 1), date(2032, 12, 31))
places = st.builds(
    lambda zone, opening, closures: WorkCalendar(ZONES[zone].timezone, opening, named_days(zone), closures),
    st.sampled_from(sorted(ZONES)),
    openings,
    st.dictionaries(days, st.text(max_size=5), max_size=4),
)
open_places = st.tuples(places, st.integers(0, 6)).map(
    lambda pair: WorkCalendar(
        pair[0].timezone,
        {**pair[0].opening, pair[1]: ((time(0, 30), time(2, 45)), (time(9), time(17)))},
        pair[0].holidays,
        pair[0].closures,
    )
)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants bare bounds
lengths = st.timedeltas(timedelta(), 40 * DAY)
promises = st.integers(0, 40)


@st.composite
def waits(draw: st.DrawFn) -> tuple[datetime, list[tuple[datetime, datetime]]]:
    """An instant of reception and pauses before, around and after the days that follow it."""
    received = draw(instants)
    starts = st.timedeltas(-3 * DAY, 50 * DAY).map(lambda after: received + after)
    pauses = st.lists(st.tuples(starts, lengths).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=4)
    return received, draw(pauses)


@EACH
@given(places, waits(), lengths)
def test_net_is_between_nothing_and_the_gross(
    place: WorkCalendar, wait: tuple[datetime, list[tuple[datetime, datetime]]], after: timedelta
) -> None:
    received, pauses = wait
    gross = place.working_days_between(received, received + after)
    net = place.net_working_days(received, received + after, pauses)
    assert 0 <= net <= gross <= net + MAX_PAUSE_DAYS
    assert place.net_working_days(received, received + after) == gross


@EACH
@given(places, waits(), promises)
def test_a_pause_more_never_brings_the_due_day_forward(
    place: WorkCalendar, wait: tuple[datetime, list[tuple[datetime, datetime]]], promised: int
) -> None:
    received, pauses = wait
    dues = [place.due_day_with_pauses(received, promised, pauses[:n]) for n in range(len(pauses) + 1)]
    assert dues == sorted(dues)
    assert dues[0] == place.due_day(received, promised)
    assert dues[-1] <= place.due_day(received, promised + MAX_PAUSE_DAYS)


@EACH
@given(places, waits(), promises)
def test_pauses_count_alike_in_any_order_and_number_of_pieces(
    place: WorkCalendar, wait: tuple[datetime, list[tuple[datetime, datetime]]], promised: int
) -> None:
    received, pauses = wait
    pieces = [piece for a, b in pauses for piece in ((a, a + (b - a) / 2), (a + (b - a) / 2, b), (a, b))]
    due = place.due_day_with_pauses(received, promised, pauses)
    assert place.due_day_with_pauses(received, promised, pieces[::-1]) == due


@EACH
@given(places, waits(), promises, lengths)
def test_an_act_keeps_a_promise_exactly_when_it_came_by_the_due_day(
    place: WorkCalendar,
    wait: tuple[datetime, list[tuple[datetime, datetime]]],
    promised: int,
    after: timedelta,
) -> None:
    received, pauses = wait
    act = received + after
    came = place.local(act).date()
    gross, net = place.working_days_between(received, act), place.net_working_days(received, act, pauses)
    assert (came <= place.due_day(received, promised)) == (gross <= promised)
    assert (came <= place.due_day_with_pauses(received, promised, pauses)) == (net <= promised)


@EACH
@given(places, instants, promises)
def test_an_act_in_the_last_second_of_the_due_day_took_the_days_promised(
    place: WorkCalendar, received: datetime, promised: int
) -> None:
    due_at = place.due_at(received, promised)
    assert place.working_days_between(received, due_at) == promised
    assert place.working_days_between(received, due_at + timedelta(seconds=1)) > promised


@EACH
@given(places, waits(), promises)
def test_the_reasons_name_every_day_to_the_due_day_and_count_what_was_promised(
    place: WorkCalendar, wait: tuple[datetime, list[tuple[datetime, datetime]]], promised: int
) -> None:
    received, pauses = wait
    rows = place.why(received, promised, pauses)
    first, last = place.local(received).date(), place.due_day_with_pauses(received, promised, pauses)
    assert [row.day for row in rows] == [first + DAY * n for n in range((last - first).days + 1)]
    reasons = [row.reason for row in rows]
    assert reasons.count(Reason.COUNTED) == promised
    assert reasons.count(Reason.PAUSED) <= MAX_PAUSE_DAYS
    assert all(bool(row.name) == (row.reason is Reason.HOLIDAY) for row in rows)


@EACH
@given(open_places, instants, st.integers(0, 400_000))
def test_seconds_added_are_the_seconds_between(place: WorkCalendar, start: datetime, seconds: int) -> None:
    reached = place.add_open_seconds(start, seconds)
    assert place.open_seconds_between(start, reached) == seconds
    assert reached >= start
    if seconds:
        assert place.open_seconds_between(start, reached - timedelta(microseconds=1)) < seconds


@EACH
@given(open_places, instants, lengths)
def test_the_seconds_between_lead_back_to_the_last_open_instant(
    place: WorkCalendar, start: datetime, after: timedelta
) -> None:
    stop = start + after
    reached = place.add_open_seconds(start, place.open_seconds_between(start, stop))
    assert start <= reached <= stop
    assert place.open_seconds_between(reached, stop) == 0


@EACH
@given(open_places, instants, lengths, lengths)
def test_seconds_of_two_stretches_add_up(
    place: WorkCalendar, start: datetime, one: timedelta, two: timedelta
) -> None:
    """Whole seconds, so that nothing is lost in rounding; more time is never less of it."""
    start = start.replace(microsecond=0)
    middle, stop = (start + timedelta(seconds=after // timedelta(seconds=1)) for after in (one, one + two))
    whole = place.open_seconds_between(start, stop)
    parts = place.open_seconds_between(start, middle) + place.open_seconds_between(middle, stop)
    assert whole == parts
    assert 0 <= whole <= (stop - start).total_seconds()


@EACH
@given(open_places, instants, st.integers(0, 200_000), st.integers(0, 200_000))
def test_more_seconds_never_end_sooner(place: WorkCalendar, start: datetime, one: int, two: int) -> None:
    assert place.add_open_seconds(start, one) <= place.add_open_seconds(start, one + two)


@EACH
@given(places)
def test_a_calendar_comes_back_from_its_document(place: WorkCalendar) -> None:
    written = json.dumps(place.as_document())
    again = WorkCalendar.from_document(json.loads(written))
    assert again == place
    assert json.dumps(again.as_document()) == written
