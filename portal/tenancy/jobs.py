"""What time does to calendars: public holidays are known for a few years, and are written on in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.core.worktime import WorkCalendar
from portal.tenancy.actions import set_calendar
from portal.tenancy.queries import calendar_of, sites

if TYPE_CHECKING:
    from portal.core.db import Unit

YEARS_AHEAD = 2
"""Full years behind this one whose holidays are always known: longer than any promise runs."""


def renew_calendars(u: Unit) -> int:
    """How many sites got a new version of their calendar, with the same hours and more holidays."""
    renewed = 0
    for site in sites(u):
        row = calendar_of(u, site.id)
        known = WorkCalendar.from_document(row.document)
        if max(day.year for day in known.holidays) < u.now.year + YEARS_AHEAD:
            set_calendar(u, site.id, zone=row.zone, opening=known.opening, closures=known.closures)
            renewed += 1
    return renewed
