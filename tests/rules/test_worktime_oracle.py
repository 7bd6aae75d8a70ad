"""The calendar against a slow one that shares nothing with it: days and minutes walked one by one.

The slow one has its own table of zones, computes Easter itself and knows three sentences: which days are
worked, which day receives, which of the days since then count. Durations say: on time by the due day of N.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from portal.core.worktime import WorkCalendar
from portal.tenancy.holidays_fr import ZONES, public_holidays

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Opening = dict[int, tuple[tuple[time, time], ...]]
Pauses = list[tuple[datetime, datetime]]

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
YEARS = range(2023, 2035)
SEED = 20270324
MOST_PAUSED = 15
HORIZON = 150
"""Days in which 40 promised and 15 paused working days surely end."""

LAW: dict[str, tuple[str, tuple[tuple[int, int], ...]]] = {
    "metropole": ("Europe/Paris", ()),
    "alsace_moselle": ("Europe/Paris", ((12, 26),)),
    "guadeloupe": ("America/Guadeloupe", ((5, 27),)),
    "martinique": ("America/Martinique", ((5, 22),)),
    "guyane": ("America/Cayenne", ((6, 10),)),
    "la_reunion": ("Indian/Reunion", ((12, 20),)),
    "mayotte": ("Indian/Mayotte", ((4, 27),)),
    "saint_martin": ("America/Marigot", ((5, 28),)),
    "saint_barthelemy": ("America/St_Barthelemy", ((10, 9),)),
    "saint_pierre_et_miquelon": ("America/Miquelon", ()),
}
"""Time zone and own days of fixed date; Good Friday is added for Alsace and Moselle."""
FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER = (1, 39, 50)

OFFICE = ((time(9), time(12)), (time(14), time(18)))
OPENINGS: tuple[Opening, ...] = (
    dict.fromkeys(range(5), OFFICE),
    dict.fromkeys(range(1, 6), ((time(10), time(19, 30)),)),
    dict.fromkeys(range(7), ((time(0), time(4)), (time(20), time(23, 59)))),
    dict.fromkeys(range(7), ((time(1, 10), time(2, 20)), (time(2, 40), time(5)))),
    {0: OFFICE, 2: ((time(8), time(8, 45)),), 6: ((time(2, 15), time(2, 45)),)},
)


def easter(year: int) -> date:
    """Easter Sunday, Gregorian (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * el) // 451
    month, day = divmod(h + el - 7 * m + 114, 31)
    return date(year, month, day + 1)


@cache
def days_off(zone: str, years: range = YEARS) -> frozenset[date]:
    """The legal public holidays of a zone by the text of the law."""
    found: set[date] = set()
    for year in years:
        found |= {date(year, month, day) for month, day in (*FIXED, *LAW[zone][1])}
        moving = (*AFTER_EASTER, -2) if zone == "alsace_moselle" else AFTER_EASTER
        found |= {easter(year) + DAY * days for days in moving}
    return frozenset(found)


@cache
def named_days(zone: str) -> Mapping[date, str]:
    return public_holidays(zone, YEARS)


@dataclass(frozen=True)
class Case:
    """A place, a complaint received there, an act on it and what was waited for; promised in working days."""

    zone: str
    opening: Opening
    closures: frozenset[date]
    received: datetime
    act: datetime
    promised: int
    pauses: Pauses

    def engine(self) -> WorkCalendar:
        """The calendar under test, at the place of the case."""
        closures = dict.fromkeys(self.closures, "closed")
        return WorkCalendar(ZONES[self.zone].timezone, self.opening, named_days(self.zone), closures)


class Slow:
    """What the calendar should say of a case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.clock = ZoneInfo(LAW[case.zone][0])

    def is_worked(self, day: date) -> bool:
        """Whether people work that day by law."""
        return day.isoweekday() not in {6, 7} and day not in days_off(self.case.zone)

    def received_on(self) -> date:
        """The first day on which somebody could receive it."""
        local = self.case.received.astimezone(self.clock)
        day = local.date()
        periods = self.case.opening.get(day.weekday())
        too_late = bool(periods) and all(local.time() > closes for _, closes in periods or ())
        if too_late:
            day += DAY
        while not self.is_worked(day):
            day += DAY
        return day

    def days_after_reception(self, pauses: Pauses) -> list[tuple[date, bool]]:
        """Working days after the day of reception, and whether each counts."""
        waited, days, first = 0, [], self.received_on()
        for n in range(1, HORIZON):
            day = first + DAY * n
            if not self.is_worked(day):
                continue
            midnight = datetime.combine(day, time(), self.clock).astimezone(UTC)
            is_waiting = any(since < midnight <= until for since, until in pauses)
            waited += is_waiting
            days.append((day, not is_waiting or waited > MOST_PAUSED))
        return days

    def due(self, promised: int, pauses: Pauses) -> date:
        """The last working day on which no more days have counted than were promised."""
        counted, due = 0, self.received_on()
        for day, counts in self.days_after_reception(pauses):
            counted += counts
            due = day if counted <= promised else due
        return due

    def took(self, pauses: Pauses) -> int:
        """The smallest promise that the act would have kept."""
        acted, kept = self.case.act.astimezone(self.clock).date(), 0
        days, first = self.days_after_reception(pauses), self.received_on()
        counted = list(accumulate(counts for _, counts in days))
        while (
            max([first, *(day for (day, _), so_far in zip(days, counted, strict=True) if so_far <= kept)])
            < acted
        ):
            kept += 1
        return kept

    def is_open(self, minute: datetime) -> bool:
        """Whether the wall clock of the place reads an opening hour."""
        local = minute.astimezone(self.clock)
        day, at = local.date(), local.time()
        if day in self.case.closures or day in days_off(self.case.zone):
            return False
        return any(opens <= at < closes for opens, closes in self.case.opening.get(day.weekday(), ()))

    def open_minutes(self) -> list[datetime]:
        """Every minute from reception to the act that begins while the place is open."""
        minute, found = self.case.received, []
        while minute < self.case.act:
            if self.is_open(minute):
                found.append(minute)
            minute += MINUTE
        return found


def differences(case: Case, place: WorkCalendar) -> list[str]:
    """What the calendar says of working days that a walk does not; empty when they agree."""
    slow = Slow(case)
    said = {
        "day zero": (place.day_zero(case.received), slow.received_on()),
        "due": (place.due_day(case.received, case.promised), slow.due(case.promised, [])),
        "gross": (place.working_days_between(case.received, case.act), slow.took([])),
        "net": (place.net_working_days(case.received, case.act, case.pauses), slow.took(case.pauses)),
        "due with pauses": (
            place.due_day_with_pauses(case.received, case.promised, case.pauses),
            slow.due(case.promised, case.pauses),
        ),
        "counted": (
            [
                row.day
                for row in place.why(case.received, case.promised, case.pauses)
                if row.reason.value == "counted"
            ],
            [day for day, counts in slow.days_after_reception(case.pauses) if counts][: case.promised],
        ),
    }
    return [f"{name}: {ours} and {walked}, {case}" for name, (ours, walked) in said.items() if ours != walked]


def hour_differences(case: Case, place: WorkCalendar, share: float) -> list[str]:
    """What it says of opening hours that a walk by minutes does not: up to the act, and a share of it on."""
    minutes = Slow(case).open_minutes()
    part = round(len(minutes) * share)
    reached = minutes[part - 1] + MINUTE if part else case.received
    said = {
        "seconds": (place.open_seconds_between(case.received, case.act), 60 * len(minutes)),
        "instant": (place.add_open_seconds(case.received, 60 * part), reached),
    }
    return [f"{name}: {ours} and {walked}, {case}" for name, (ours, walked) in said.items() if ours != walked]


def cases(seed: int, number: int, *, most: timedelta) -> Iterator[Case]:
    """Cases of 2024 to 2032; every third begins around a change of clocks, every fifth around Easter."""
    chance = Random(seed)  # noqa: S311 - cases to repeat, no secret
    for n in range(number):
        zone, year = chance.choice(list(LAW)), chance.randint(2024, 2032)
        start = datetime(year, 1, 1, tzinfo=UTC) + MINUTE * chance.randrange(365 * 24 * 60)
        if n % 3 == 0:
            last = date(year, *chance.choice([(3, 31), (10, 31)]))
            sunday = last - DAY * (last.isoweekday() % 7)
            start = datetime.combine(sunday, time(), UTC) + MINUTE * chance.randrange(-36 * 60, 12 * 60)
        elif n % 5 == 0:
            start = datetime.combine(easter(year), time(), UTC) + MINUTE * chance.randrange(
                -9 * 1440, 3 * 1440
            )
        span = max(1, most // MINUTE)
        yield Case(
            zone=zone,
            opening=chance.choice(OPENINGS),
            closures=frozenset(start.date() + DAY * chance.randrange(12) for _ in range(chance.randrange(3))),
            received=start,
            act=start + MINUTE * chance.randrange(span),
            promised=chance.randint(0, 40),
            pauses=[_pause(chance, start) for _ in range(chance.randrange(5))],
        )


def _pause(chance: Random, start: datetime) -> tuple[datetime, datetime]:
    since = start + MINUTE * chance.randrange(-2 * 1440, 50 * 1440)
    return since, since + MINUTE * chance.choice([0, 1, 600, 1440, 3000, 7 * 1440, 30 * 1440])


def test_a_thousand_cases_in_working_days_agree_with_a_walk_by_days() -> None:
    found = [line for case in cases(SEED, 1_000, most=60 * DAY) for line in differences(case, case.engine())]
    assert found == []


def test_three_hundred_cases_in_opening_hours_agree_with_a_walk_by_minutes() -> None:
    chance = Random(SEED)  # noqa: S311 - cases to repeat, no secret
    short, long = cases(SEED + 1, 280, most=2 * DAY), cases(SEED + 2, 20, most=9 * DAY)
    found = [
        line
        for case in (*short, *long)
        for line in hour_differences(case, case.engine(), chance.choice([0, 1, chance.random()]))
    ]
    assert found == []


@pytest.mark.parametrize("zone", LAW)
def test_the_holidays_of_a_zone_are_those_of_the_law(zone: str) -> None:
    years = range(2012, 2100)
    assert set(public_holidays(zone, years)) == days_off(zone, years)


EASTER_CASE = Case(
    zone="alsace_moselle",
    opening=OPENINGS[0],
    closures=frozenset({date(2027, 3, 31)}),
    received=datetime(2027, 3, 24, 19, tzinfo=UTC),
    act=datetime(2027, 4, 8, 9, tzinfo=UTC),
    promised=3,
    pauses=[(datetime(2027, 3, 31, 9, tzinfo=UTC), datetime(2027, 4, 2, 9, tzinfo=UTC))],
)


def _without(place: WorkCalendar, day: date) -> WorkCalendar:
    return replace(place, holidays={each: name for each, name in place.holidays.items() if each != day})


def test_the_comparison_sees_a_missing_holiday() -> None:
    """A positive control: a mute comparison would pass everything above."""
    place = EASTER_CASE.engine()
    assert differences(EASTER_CASE, place) == []
    found = differences(EASTER_CASE, _without(place, date(2027, 3, 26)))
    assert [line.split(":")[0] for line in found] == ["due", "gross", "net", "due with pauses", "counted"]


def test_the_comparison_sees_a_forgotten_closing_time_and_pause() -> None:
    place = EASTER_CASE.engine()
    assert any(line.startswith("day zero") for line in differences(EASTER_CASE, replace(place, opening={})))
    waited = differences(replace(EASTER_CASE, pauses=[]), _Paused.of(place))
    assert [line.split(":")[0] for line in waited] == ["net", "due with pauses", "counted"]


def test_the_comparison_sees_wrong_hours() -> None:
    place = EASTER_CASE.engine()
    assert hour_differences(EASTER_CASE, place, 1) == []
    faults = (
        replace(place, closures={}),
        replace(place, timezone="Europe/London"),
        _without(place, date(2027, 3, 29)),
        replace(place, opening=dict.fromkeys(range(5), ((time(9), time(18)),))),
    )
    assert all(hour_differences(EASTER_CASE, fault, 0.5) for fault in faults)


def test_planted_faults_are_found_among_the_random_cases() -> None:
    """One holiday of the year forgotten, in the very cases that agree above."""
    found = [
        case
        for case in cases(SEED, 300, most=60 * DAY)
        if differences(case, _without(case.engine(), easter(case.received.year) + DAY))
    ]
    assert len(found) > 10


class _Paused(WorkCalendar):
    """A calendar that takes the pauses of the case above for everyone's."""

    @classmethod
    def of(cls, place: WorkCalendar) -> WorkCalendar:
        return cls(place.timezone, place.opening, place.holidays, place.closures)

    def _paused(self, start: datetime, pauses: object, cap_days: int) -> set[date]:
        del pauses
        return super()._paused(start, EASTER_CASE.pauses, cap_days)
