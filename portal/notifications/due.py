"""Promises that fall due: each handler is told once on the last working day before, and once when late.

Mails go out while the place works: at night nobody could act on them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.cases.queries import clocks_of
from portal.cases.worklist import due_soon
from portal.notifications.actions import tell_handlers
from portal.notifications.queries import told_of_dates
from portal.notifications.rules import Notice
from portal.tenancy.queries import calendar

if TYPE_CHECKING:
    from datetime import datetime

    from portal.cases.models import Case
    from portal.core.db import Unit
    from portal.core.worktime import WorkCalendar

AHEAD = timedelta(days=14)
"""Calendar days in which the next working day lies for certain, whatever holidays come together."""
SOON_DAYS = 1
_USUAL_HOURS = (9, 17)


def tell_due(u: Unit) -> int:
    """How many notices were written about cases due by the next working day, or late, and not told before."""
    cases = due_soon(u, (u.now + AHEAD).date())
    if not cases:
        return 0
    known = {
        (facts["case"], facts["due"], facts["late"])
        for facts in told_of_dates(u, min(case.received_at for case in cases))
    }
    return sum(_tell(u, case, known) for case in cases)


def _tell(u: Unit, case: Case, known: set[tuple[str, str, bool]]) -> int:
    works = calendar(u, case.calendar_id)
    today, due_on = works.local(u.now).date(), case.due_on
    if due_on is None or not is_at_work(works, u.now):
        return 0
    late = due_on < today
    is_near = late or works.days_apart(today, due_on) <= SOON_DAYS
    if not is_near or (case.id.hex, due_on.isoformat(), late) in known:
        return 0
    clock = next(
        name.value
        for name, row in clocks_of(u, case.id).items()
        if row.stopped_at is None and row.due_on == due_on
    )
    facts = {"reference": case.reference, "due": due_on.isoformat(), "late": late, "clock": clock}
    return tell_handlers(u, Notice.CASE_DUE, case.id, **facts)


def is_at_work(works: WorkCalendar, now: datetime) -> bool:
    """Whether it is a working day of the place, between its first opening and its last closing.

    A day without opening hours counts from nine to five: promises run on it too.
    """
    local = works.local(now)
    if not works.is_working_day(local.date()):
        return False
    periods = works.opening.get(local.weekday(), ())
    if not periods:
        return _USUAL_HOURS[0] <= local.hour < _USUAL_HOURS[1]
    return min(opens for opens, _ in periods) <= local.time() < max(closes for _, closes in periods)
