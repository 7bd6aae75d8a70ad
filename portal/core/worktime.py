"""Working days and opening hours of a place, from plain data: time zone, opening, holidays, closing days.

A working day (jour ouvré) is Monday to Friday that is no public holiday. Closing days of the place do not
move a promise in working days: they are announced, they never stop a clock silently; they count for opening
hours alone. Knows no word of the trade.

Two units, each with a duration and the date it leads to, and each the inverse of the other: working days
(`working_days_between`, `due_day`) and seconds of opening (`open_seconds_between`, `add_open_seconds`).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, islice, takewhile
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from portal.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Period = tuple[datetime, datetime]
Pause = Period
ONE_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WEEKEND = 5
MAX_PAUSE_DAYS = 15
"""Working days that waiting for the filer may stop the answer clock, in all (decisions, 16)."""


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

    def opened_until(self, today: date) -> date:
        """The first day whose texts are still closed today: a text opens on the next working day."""
        while not self.is_working_day(today):
            today -= ONE_DAY
        return today

    def days_apart(self, first: date, last: date) -> int:
        """Working days after the first day, up to the last; 0 when it is not after."""
        return sum(1 for _ in self._days(first, last))

    def net_working_days(self, start: datetime, stop: datetime, pauses: Sequence[Pause] = ()) -> int:
        """Working days between, less those spent in pauses (at most the cap); never above the gross.

        At most N exactly when the act came by `due_day_with_pauses` of N.
        """
        # The gross of an act on a weekend reaches to the next working day, so what was paused does too.
        last = next(iter(self.working_days_from(self.local(stop).date())))
        paused = sum(1 for day in self._paused(start, pauses, MAX_PAUSE_DAYS) if day <= last)
        return self.working_days_between(start, stop) - paused

    def paused_days(self, start: datetime, pauses: Sequence[Pause], cap_days: int = MAX_PAUSE_DAYS) -> int:
        """Working days begun within the union of the pauses, at most `cap_days`."""
        return len(self._paused(start, pauses, cap_days))

    def due_day_with_pauses(
        self,
        received: datetime,
        working_days: int,
        pauses: Sequence[Pause] = (),
        cap_days: int = MAX_PAUSE_DAYS,
    ) -> date:
        """The last working day before a day too many would count, were paused days not to count.

        A pause begun on the due day still moves it; one begun later moves nothing: what was late stays late.
        """
        paused = self._paused(received, pauses, cap_days)
        due, counted = self.day_zero(received), 0
        for day in self.working_days_from(due + ONE_DAY):
            counted += day not in paused
            if counted > working_days:
                break
            due = day
        return due

    def why(
        self, received: datetime, working_days: int, pauses: Sequence[Pause] = ()
    ) -> tuple[DayReason, ...]:
        """Every day from reception to the due day; as many as were promised say that they count."""
        first = self.day_zero(received)
        last = self.due_day_with_pauses(received, working_days, pauses)
        paused = self._paused(received, pauses, MAX_PAUSE_DAYS)
        start = self.local(received).date()
        span = (start + ONE_DAY * n for n in range((last - start).days + 1))
        return tuple(self._reason(day, first, paused) for day in span)

    def open_periods(self, day: date) -> tuple[Period, ...]:
        """When the place opens and closes that day, in UTC, in order, apart from each other.

        Empty on a holiday, a closing day and a weekday without opening. Open is when the wall clock of the
        place reads an opening hour: a night of 25 hours may be open longer, one of 23 hours shorter.
        """
        periods = self.opening.get(day.weekday(), ())
        if not periods or day in self.holidays or day in self.closures:
            return ()
        midnight, following = self._midnight(day), self._midnight(day + ONE_DAY)
        naive = datetime.combine(day, time(), UTC)
        behind, ahead = naive - midnight, naive + ONE_DAY - following
        wall = [(datetime.combine(day, a, UTC), datetime.combine(day, b, UTC)) for a, b in periods]
        early = [(opens - behind, closes - behind) for opens, closes in wall]
        if behind == ahead:
            return _apart(early)
        # Each offset holds on its own side of the turn: nothing of an hour skipped, both of an hour repeated.
        turn = self._turn(midnight, following)
        late = [(max(opens - ahead, turn), closes - ahead) for opens, closes in wall]
        return _apart([*((opens, min(closes, turn)) for opens, closes in early), *late])

    def open_seconds_between(self, start: datetime, stop: datetime) -> int:
        """Whole seconds of opening between two instants; 0 when the second is not later."""
        day, last = self.local(start).date(), self.local(stop).date()
        days = (day + ONE_DAY * n for n in range((last - day).days + 1))
        spent = (
            min(closes, stop) - max(opens, start)
            for each in days
            for opens, closes in self.open_periods(each)
            if opens < stop and start < closes
        )
        return max(sum(spent, start=timedelta()) // _SECOND, 0)

    def add_open_seconds(self, start: datetime, seconds: int) -> datetime:
        """The first instant, in UTC, when so many seconds of opening have passed; the start for 0 or less.

        Raises `Invalid("opening")` when the place never opens.
        """
        left, at = seconds * _SECOND, start.astimezone(UTC)
        if left > timedelta() and not any(a < b for periods in self.opening.values() for a, b in periods):
            raise Invalid("opening", seconds=seconds)
        day = self.local(start).date()
        while left > timedelta():
            for opens, closes in self.open_periods(day):
                begun = max(opens, at)
                passed = min(max(closes - begun, timedelta()), left)
                if passed:
                    at, left = begun + passed, left - passed
            day += ONE_DAY
        return at

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.timezone)).astimezone(UTC)

    def _turn(self, midnight: datetime, following: datetime) -> datetime:
        """The instant between two midnights when the clocks of the place are changed (once a day at most)."""
        offset = self.local(midnight).utcoffset()
        seconds = bisect_left(
            range((following - midnight) // _SECOND),
            True,  # noqa: FBT003 - the value looked for, no flag
            key=lambda passed: self.local(midnight + passed * _SECOND).utcoffset() != offset,
        )
        return midnight + seconds * _SECOND

    def _paused(self, start: datetime, pauses: Sequence[Pause], cap_days: int) -> set[date]:
        """The first `cap_days` working days after reception that began within a pause."""
        first = self.day_zero(start)
        days = {
            day
            for since, until in pauses
            for day in islice(
                self._days(max(first, self.local(since).date()), self.local(until).date()), cap_days
            )
        }
        return set(sorted(days)[:cap_days])

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


def _apart(periods: Sequence[Period]) -> tuple[Period, ...]:
    """The periods that last, in order, none beginning before the one ahead of it has ended."""
    apart: list[Period] = []
    for opens, closes in sorted(periods):
        begun = max(opens, apart[-1][1]) if apart else opens
        if begun < closes:
            apart.append((begun, closes))
    return tuple(apart)
