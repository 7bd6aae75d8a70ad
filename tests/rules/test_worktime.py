"""Promises in working days, against the vectors that the contract fixes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.core.worktime import WorkCalendar
from portal.tenancy.holidays_fr import ZONES, public_holidays
from portal.tenancy.rules import DEFAULT_OPENING

RECEIVED = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)


def calendar(zone: str) -> WorkCalendar:
    return WorkCalendar(ZONES[zone].timezone, DEFAULT_OPENING, public_holidays(zone, [2027]), {})


@pytest.mark.parametrize(
    ("zone", "days", "due"),
    [
        ("metropole", 2, date(2027, 3, 26)),
        ("alsace_moselle", 2, date(2027, 3, 30)),
        ("metropole", 10, date(2027, 4, 8)),
        ("alsace_moselle", 10, date(2027, 4, 9)),
    ],
)
def test_a_promise_ends_on_the_day_that_the_zone_gives(zone: str, days: int, due: date) -> None:
    assert calendar(zone).due_day(RECEIVED, days) == due


@pytest.mark.parametrize(("zone", "days"), [("metropole", 254), ("alsace_moselle", 253), ("la_reunion", 253)])
def test_a_year_has_its_working_days(zone: str, days: int) -> None:
    place = calendar(zone)
    first, last = date(2027, 1, 1).toordinal(), date(2027, 12, 31).toordinal()
    assert sum(place.is_working_day(date.fromordinal(n)) for n in range(first, last + 1)) == days


def test_a_calendar_survives_its_document() -> None:
    place = calendar("alsace_moselle")
    assert WorkCalendar.from_document(place.as_document()) == place
