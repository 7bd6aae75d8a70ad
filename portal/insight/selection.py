"""Which part of a structure's life figures tell of: days, perhaps a site, a team or an agreement. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from portal.core.languages import N_

if TYPE_CHECKING:
    from uuid import UUID

_ONE_DAY = timedelta(days=1)
_MONTHS = 12
TREND_MONTHS = 12
"""How far back the satisfaction over time is told."""


class Period(StrEnum):
    """The periods that a page offers (their values stand in its address). All end with the same month."""

    MONTH = "month"
    QUARTER = "3-months"
    TWELVE = "12-months"
    YEAR = "year"


PERIODS: dict[Period, str] = {
    Period.MONTH: N_("One month"),
    Period.QUARTER: N_("Three months"),
    Period.TWELVE: N_("Twelve months"),
    Period.YEAR: N_("This calendar year"),
}
DEFAULT_PERIOD = Period.TWELVE
_LENGTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.TWELVE: _MONTHS}


@dataclass(frozen=True, slots=True)
class Selection:
    """From the first to the last day, both included; a place that is None narrows nothing."""

    start: date
    end: date
    site_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None

    @property
    def has_place(self) -> bool:
        """Whether it tells of a part of the structure."""
        return not (self.site_id is self.team_id is self.agreement_id is None)

    @property
    def is_whole_months(self) -> bool:
        """Whether it begins on the first and ends on the last day of a month."""
        return self.start == month_of(self.start) and self.end == last_day(self.end)

    def takes(self, site_id: UUID, team_id: UUID | None, agreement_id: UUID | None) -> bool:
        """Whether what happened at this place belongs to it."""
        return (
            self.site_id in {None, site_id}
            and self.team_id in {None, team_id}
            and self.agreement_id in {None, agreement_id}
        )


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def last_day(day: date) -> date:
    """The last day of its month."""
    return months_after(day, 1) - _ONE_DAY


def months_after(day: date, months: int) -> date:
    """The first day of the month that lies so many months later, or earlier when negative."""
    years, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    return date(years, month + 1, 1)


def span(period: Period, last: date) -> tuple[date, date]:
    """The first and last day of a period whose last month holds the day `last`."""
    first = date(last.year, 1, 1) if period is Period.YEAR else months_after(last, 1 - _LENGTHS[period])
    return first, last_day(last)


def last_ended(today: date) -> date:
    """The last day of the last month that is over."""
    return month_of(today) - _ONE_DAY


def narrowed(selection: Selection, today: date) -> Selection:
    """What a reader bound by the display floor sees in its stead.

    Whole months that are over (a month still running would change by one answer a day), one of the offered
    periods; and of a place, twelve months and nothing else: places by periods would tell cells apart by
    subtraction. Of several places the first stays.
    """
    last = last_ended(today)
    spans = [span(period, last) for period in Period]
    start, end = span(Period.TWELVE, last)
    if not selection.has_place and (selection.start, selection.end) in spans:
        return selection
    places = ("site_id", "team_id", "agreement_id")
    kept = next((name for name in places if getattr(selection, name) is not None), None)
    others = {name: None for name in places if name != kept}
    return replace(selection, start=start, end=end, **others)
