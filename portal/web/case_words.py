"""How staff read a case: the words of states, outcomes, findings, clocks, events, and of working days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import format_date, gettext, ngettext

from portal.cases.rules import STEPS, CaseMode, CaseState, ClockName, Finding, Outcome
from portal.cases.standing import FILED, PERSON_NAMED, PHOTO_ADDED, TRANSLATED
from portal.core.languages import N_
from portal.core.worktime import Reason

if TYPE_CHECKING:
    from datetime import date, datetime

    from portal.core.worktime import DayReason, WorkCalendar

STATES: dict[CaseState, str] = {
    CaseState.RECEIVED: N_("Not read yet"),
    CaseState.ACKNOWLEDGED: N_("Read"),
    CaseState.IN_PROGRESS: N_("Being handled"),
    CaseState.WAITING_FILER: N_("Waiting for the person"),
    CaseState.WAITING_THIRD_PARTY: N_("Waiting for a third party"),
    CaseState.ANSWERED: N_("Answered"),
    CaseState.CLOSED: N_("Closed"),
}
OUTCOMES: dict[Outcome, str] = {
    Outcome.ANSWERED: N_("Answered"),
    Outcome.REDIRECTED: N_("Passed to another body"),
    Outcome.INADMISSIBLE: N_("Not for us to decide"),
    Outcome.WITHDRAWN: N_("Taken back by the person"),
    Outcome.DUPLICATE: N_("Sent twice"),
    Outcome.SPAM: N_("Not a real message"),
}
FINDINGS: dict[Finding, str] = {
    Finding.UPHELD: N_("Justified"),
    Finding.PARTLY: N_("Partly justified"),
    Finding.NOT_UPHELD: N_("Not justified"),
    Finding.NOT_ESTABLISHED: N_("Could not be established"),
    Finding.SETTLED: N_("Settled together"),
}
MODES: dict[CaseMode, str] = {
    CaseMode.ANONYMOUS: N_("Anonymous"),
    CaseMode.CONFIDENTIAL: N_("Contact without a name"),
    CaseMode.IDENTIFIED: N_("Name known to the handler"),
}
CLOCKS: dict[ClockName, str] = {
    ClockName.ACK: N_("To read"),
    ClockName.FIRST_RESPONSE: N_("First response"),
    ClockName.ANSWER: N_("To answer"),
}
EVENTS: dict[str, str] = {
    FILED: N_("Received"),
    TRANSLATED: N_("Translation added"),
    PHOTO_ADDED: N_("Photo added"),
    PERSON_NAMED: N_("Person concerned noted"),
    **{step.verb: step.label for step in STEPS},
}
REASONS: dict[Reason, str] = {
    Reason.DAY_ZERO: N_("day of reception, not counted"),
    Reason.COUNTED: N_("counts"),
    Reason.WEEKEND: N_("weekend"),
    Reason.HOLIDAY: N_("public holiday"),
    Reason.PAUSED: N_("waiting for the person, not counted"),
}


def time_left(calendar: WorkCalendar, due_on: date, today: date) -> tuple[str, str]:
    """How long until a promise falls due in working days, and its tone (late, soon, "")."""
    if due_on < today:
        days = calendar.days_apart(due_on, today)
        late: str = ngettext("%(num)d working day late", "%(num)d working days late", days)
        return late, "late"
    days = calendar.days_apart(today, due_on)
    if days == 0:
        return gettext("today"), "soon"
    left: str = ngettext("%(num)d working day left", "%(num)d working days left", days)
    return left, "soon" if days == 1 else ""


def reason_of(day: DayReason) -> str:
    """Why a day counts or not; a holiday by its name."""
    told: str = gettext(REASONS[day.reason])
    return f"{told} : {gettext(day.name)}" if day.name else told


def shown_at(calendar: WorkCalendar, at: datetime, mode: CaseMode) -> str:
    """The instant at the place; of an anonymous case the hour only (minutes could name somebody)."""
    local = calendar.local(at)
    day = format_date(local.date(), "long")
    if mode is CaseMode.ANONYMOUS:
        return str(gettext("%(day)s, %(hour)s h", day=day, hour=local.strftime("%H")))
    return str(gettext("%(day)s at %(time)s", day=day, time=local.strftime("%H:%M")))
