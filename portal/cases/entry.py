"""What reaches us by telephone, over a counter or on paper and is typed by staff: when it was received. Pure.

The clocks run from the real reception, not from the typing; how long the typing took is a figure of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portal.core.errors import Invalid

if TYPE_CHECKING:
    from datetime import date

    from portal.core.worktime import WorkCalendar

OLDEST = timedelta(days=366)
"""What is older belongs to the register of the years before, not to the work of today."""
_CLOCKS_APART = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reception:
    """When something reached us; `hour_known` is False when only the day is."""

    at: datetime
    hour_known: bool


def reception(calendar: WorkCalendar, day: date, hour: time | None, *, now: datetime) -> Reception:
    """The instant of a local day and hour. Raises `Invalid("received_on")` for "future" and "old".

    Without an hour it is the beginning of the day: of several readings the one that promises soonest. Today
    without an hour is now.
    """
    today = calendar.local(now).date()
    if day > today:
        raise Invalid("received_on", reason="future")
    if day < today - OLDEST:
        raise Invalid("received_on", reason="old")
    if hour is None and day == today:
        return Reception(now, hour_known=True)
    at = datetime.combine(day, hour or time(), ZoneInfo(calendar.timezone)).astimezone(UTC)
    if at > now + _CLOCKS_APART:
        raise Invalid("received_at", reason="future")
    return Reception(min(at, now), hour_known=hour is not None)
