"""Once a month a partner hears how their cases stand: how many came, were answered, are open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from portal.cases.models import Case, Clock, PartnerCase
from portal.cases.queries import contact_of
from portal.cases.rules import CaseState, ClockName
from portal.core.worktime import WorkCalendar
from portal.notifications.actions import tell_partner
from portal.notifications.rules import Notice
from portal.tenancy.queries import calendar_of, main_site

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from portal.core.db import Unit

_OVER = frozenset({CaseState.ANSWERED, CaseState.CLOSED})


@dataclass(frozen=True, slots=True)
class _Filed:
    """A case of a partner with what the month asks of it."""

    case: Case
    beside: PartnerCase
    answered_at: datetime | None


def tell_partners(u: Unit) -> int:
    """How many partners are told of the month that is over, from its first working day on and once each.

    What was told stands on the rows, so that a night without the job loses nothing and doubles nothing. A
    partner whose cases stood still for the month is left in peace.
    """
    place = WorkCalendar.from_document(calendar_of(u, main_site(u).id).document)
    today = place.local(u.now).date()
    begun = today.replace(day=1)
    if today < next(iter(place.working_days_from(begun))):
        return 0
    last = begun - timedelta(days=1)
    month = last.replace(day=1)
    told = 0
    for filed in _by_partner(u, month).values():
        of_then = [one for one in filed if place.local(one.case.received_at).date() < begun]
        if of_then:
            told += _tell(u, of_then, (month, last), place)
            for one in filed:
                one.beside.told_for = month
    u.session.flush()
    return told


def _by_partner(u: Unit, month: date) -> dict[bytes, list[_Filed]]:
    """The cases of partners who were not told of this month, the newest last; none whose words are gone."""
    is_its = (PartnerCase.structure_id == Case.structure_id) & (PartnerCase.case_id == Case.id)
    its_clock = (
        (Clock.structure_id == Case.structure_id)
        & (Clock.case_id == Case.id)
        & (Clock.name == ClockName.ANSWER)
    )
    wanted = (
        select(Case, PartnerCase, Clock.stopped_at)
        .join(PartnerCase, is_its)
        .outerjoin(Clock, its_clock)
        .where(or_(PartnerCase.told_for.is_(None), PartnerCase.told_for < month))
        .where(PartnerCase.address_digest != b"")
        .order_by(Case.received_at, Case.id)
    )
    found: defaultdict[bytes, list[_Filed]] = defaultdict(list)
    for case, beside, stopped_at in u.rows(wanted):
        found[beside.address_digest].append(_Filed(case, beside, stopped_at))
    return found


def _tell(u: Unit, filed: Iterable[_Filed], month: tuple[date, date], place: WorkCalendar) -> bool:
    """Whether there was something to tell, and an address to tell it to."""
    several = list(filed)
    received = sum(_within(place, one.case.received_at, month) for one in several)
    answered = sum(_within(place, one.answered_at, month) for one in several)
    still = sum(one.case.state not in _OVER for one in several)
    # The newest may be without its address by now: the duration of contacts is its own.
    newest = next((one.case for one in reversed(several) if one.case.contact_sealed is not None), None)
    contact = contact_of(u, newest.id) if newest is not None else None
    if newest is None or contact is None or not (received or answered or still):
        return False
    counts = {"received": received, "answered": answered, "open": still}
    tell_partner(u, Notice.PARTNER_MONTH, contact.value, newest.language, **counts)
    return True


def _within(place: WorkCalendar, at: datetime | None, month: tuple[date, date]) -> bool:
    return at is not None and month[0] <= place.local(at).date() <= month[1]
