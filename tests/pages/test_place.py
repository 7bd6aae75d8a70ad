"""Where a resident is: the day there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from portal.channels.queries import Signboard
from portal.tenancy.holidays_fr import ZONES
from portal.web.place import Place

NOWHERE = UUID(int=0)
ODD = {"Pacific/Marquesas", "Asia/Kathmandu"}
"""Half an hour and three quarters beside the others: no zone of the portal does so today."""
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("timezone", sorted({zone.timezone for zone in ZONES.values()} | ODD))
def test_the_day_of_a_place_changes_at_its_own_midnight(timezone: str) -> None:
    place = Place(Signboard(1, "s", "S", "#000000", 1), "/q/7KQ4M2", "fr", NOWHERE, timezone, NOWHERE)
    zone = ZoneInfo(timezone)
    first = datetime(2026, 1, 1, 12, tzinfo=zone).date()
    for day in (first + timedelta(days=number) for number in range(730)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        seen = [place.day_of(midnight + moved) for moved in (-SECOND, timedelta(), SECOND)]
        assert seen == [day - timedelta(days=1), day, day]
