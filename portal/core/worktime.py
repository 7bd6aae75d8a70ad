"""Working days and opening hours of a place, from plain data: time zone, opening, holidays, closing days.

A working day (jour ouvré) is Monday to Friday that is no public holiday. Closing days of the place do not
move a promise in working days: they are announced, they never stop a clock silently; they count for opening
hours alone. Knows no word of the trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, islice, takewhile
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Pause = tuple[datetime, datetime]
ONE_DAY = timedelta(days=1)
_WEEKEND = 5
MAX_PAUSE_DAYS = 15


class Reason(StrEnum):
    """Why a day on the way to a due date counts or not."""

    DAY_ZERO = "day_zero"
    COUNTED = "counted"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class DayReason:
    """A day, why it counts or not, and the holiday's name if it is one."""

    day: date
    reason: Reason
    name: str = ""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When a place works: opening periods by weekday (0 = Monday), named holidays and closing days."""

    timezone: str
    opening: Mapping[int, tuple[tuple[time, time], ...]]
    holidays: Mapping[date, str]
    closures: Mapping[date, str]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> WorkCalendar:
        """The calendar that `as_document` wrote."""
        return cls(
            timezone=document["timezone"],
            opening={
                int(weekday): tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in periods)
                for weekday, periods in document["opening"].items()
            },
            holidays={date.fromisoformat(day): name for day, name in document["holidays"].items()},
            closures={date.fromisoformat(day): name for day, name in document["closures"].items()},
        )

    def as_document(self) -> dict[str, Any]:
        """The calendar as JSON, always written alike."""
        return {
            "timezone": self.timezone,
            "opening": {
                str(weekday): [[a.isoformat("minutes"), b.isoformat("minutes")] for a, b in periods]
                for weekday, periods in sorted(self.opening.items())
            },
            "holidays": {day.isoformat(): name for day, name in sorted(self.holidays.items())},
            "closures": {day.isoformat(): name for day, name in sorted(self.closures.items())},
        }

    def is_working_day(self, day: date) -> bool:
        """Whether a promise counts this day."""
        return day.weekday() < _WEEKEND and day not in self.holidays

    def local(self, instant: datetime) -> datetime:
        """The instant on the wall clock of the place."""
        return instant.astimezone(ZoneInfo(self.timezone))

    def working_days_from(self, day: date) -> Iterable[date]:
        """Working days from this one on, itself included."""
        return (each for each in (day + ONE_DAY * n for n in count()) if self.is_working_day(each))

    def day_zero(self, instant: datetime) -> date:
        """The day of reception: the next working day after closing time, on a weekend or a holiday."""
        local = self.local(instant)
        day = local.date()
        closing = max((end for _, end in self.opening.get(day.weekday(), ())), default=None)
        if closing is not None and local.time() > closing:
            day += ONE_DAY
        return next(iter(self.working_days_from(day)))

    def due_day(self, received: datetime, working_days: int) -> date:
        """The day by whose end a promise of so many working days falls due."""
        return next(islice(self.working_days_from(self.day_zero(received)), working_days, None))

    def due_at(self, received: datetime, working_days: int) -> datetime:
        """The last second of the due day, in UTC."""
        end = datetime.combine(self.due_day(received, working_days), time(23, 59, 59))
        return end.replace(tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)

    def working_days_between(self, start: datetime, stop: datetime) -> int:
        """Working days from reception to an act: at most N exactly when the act came by the due day of N."""
        first, last = self.day_zero(start), self.local(stop).date()
        days = takewhile(lambda day: day < last, self.working_days_from(first))
        return sum(1 for _ in days)

    def days_apart(self, first: date, last: date) -> int:
        """Working days after the first day, up to the last; 0 when it is not after."""
        return sum(1 for _ in self._days(first, last))

    def net_working_days(self, start: datetime, stop: datetime, pauses: Sequence[Pause] = ()) -> int:
        """Working days between, less those spent in pauses (at most the cap); never above the gross."""
        gross = self.working_days_between(start, stop)
        return max(0, gross - self.paused_days(start, [(a, min(b, stop)) for a, b in pauses if a < stop]))

    def paused_days(self, start: datetime, pauses: Sequence[Pause], cap_days: int = MAX_PAUSE_DAYS) -> int:
        """Working days begun within the union of the pauses, at most `cap_days`."""
        first = self.day_zero(start)
        days = {
            day
            for since, until in pauses
            for day in self._days(max(first, self.local(since).date()), self.local(until).date())
        }
        return min(len(days), cap_days)

    def due_day_with_pauses(
        self,
        received: datetime,
        working_days: int,
        pauses: Sequence[Pause] = (),
        cap_days: int = MAX_PAUSE_DAYS,
    ) -> date:
        """The due day moved by the working days spent in pauses."""
        return self.due_day(received, working_days + self.paused_days(received, pauses, cap_days))

    def why(
        self, received: datetime, working_days: int, pauses: Sequence[Pause] = ()
    ) -> tuple[DayReason, ...]:
        """Every day from reception to the due day, with the reason why it counts or not."""
        first = self.day_zero(received)
        last = self.due_day_with_pauses(received, working_days, pauses)
        paused = {
            day
            for a, b in pauses
            for day in self._days(max(first, self.local(a).date()), self.local(b).date())
        }
        start = self.local(received).date()
        span = (start + ONE_DAY * n for n in range((last - start).days + 1))
        return tuple(self._reason(day, first, paused) for day in span)

    def _days(self, since: date, until: date) -> Iterable[date]:
        """Working days after `since` up to `until`: the day a pause begins still counts."""
        return takewhile(lambda day: day <= until, self.working_days_from(since + ONE_DAY))

    def _reason(self, day: date, first: date, paused: set[date]) -> DayReason:
        if day in self.holidays:
            return DayReason(day, Reason.HOLIDAY, self.holidays[day])
        if day.weekday() >= _WEEKEND:
            return DayReason(day, Reason.WEEKEND)
        if day <= first:
            return DayReason(day, Reason.DAY_ZERO)
        return DayReason(day, Reason.PAUSED if day in paused else Reason.COUNTED)
