"""How staff read a case: the words of states, outcomes, findings, clocks, events, and of working days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext, ngettext

from portal.cases.rules import CaseMode, CaseState, ClockName, Finding, Outcome
from portal.cases.standing import (
    ACTION_OPENED,
    ERASED,
    FILED,
    MOTIF_CHOSEN,
    NO_ACTION,
    PERSON_NAMED,
    PHOTO_ADDED,
    READ,
    TRANSLATED,
    VOICE_ADDED,
)
from portal.core.languages import N_
from portal.core.worktime import Reason
from portal.web.dates import day_told

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
    Outcome.REDIRECTED: N_("Shown to another body"),
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
    CaseMode.IDENTIFIED: N_("Name known to those who handle it"),
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
    VOICE_ADDED: N_("Voice message added"),
    PERSON_NAMED: N_("Person concerned noted"),
    READ: N_("The person opened the answer"),
    MOTIF_CHOSEN: N_("Subject chosen"),
    ACTION_OPENED: N_("Improvement action decided"),
    NO_ACTION: N_("Why no action follows"),
    ERASED: N_("Words erased"),
    "acknowledge": N_("Read"),
    "start": N_("Handling began"),
    "ask": N_("Question asked"),
    "inform": N_("Message sent"),
    "pass_on": N_("Passed on to another body"),
    "check": N_("Looked what became of it"),
    "reach": N_("Tried to reach the person"),
    "wait": N_("Waiting for a third party"),
    "resume": N_("Handling went on"),
    "answer": N_("Answer sent"),
    "close": N_("Closed"),
    "dismiss": N_("Closed without an answer"),
    "settle": N_("Read, nothing more to do"),
    "conclude": N_("Finding noted"),
    "note": N_("Note added"),
    "reply": N_("Reply received"),
    "add": N_("Message received"),
    "accept": N_("The answer helps the person"),
    "contest": N_("Second look asked for"),
    "reopen": N_("Reopened"),
    "expire_pause": N_("Waiting is over"),
    "auto_close": N_("Closed without contest"),
}
"""What happened, as the history tells it: a line for every event there is."""
HINTS: dict[str, str] = {
    "acknowledge": N_("The person sees that somebody has read the message."),
    "ask": N_(
        "The person is told. The clock of the answer rests until the reply, %(days)d working days at most."
    ),
    "inform": N_("The person is told. The clock of the answer goes on."),
    "pass_on": N_("The person is told to whom, and when we look again. The clock of the answer goes on."),
    "check": N_("Without a day to look again, it is settled. The person reads what became of it."),
    "reach": N_("Who tried and when is noted. What you write here is for the team alone."),
    "wait": N_("For a visit, a paper, a decision: nothing is passed on. The clock of the answer goes on."),
    "answer": N_("The person is told, and may ask for a second look."),
    "close": N_("Without this, the case closes by itself %(days)d working days after the answer."),
    "dismiss": N_("Tell the person why, and who can help."),
    "settle": N_("No answer is owed: the person wanted to tell you this."),
    "conclude": N_("For the register and its figures: the person does not see it."),
    "note": N_("For the team alone: the person does not see it."),
}
"""What a step means for the person and for the clocks."""
DONE: dict[str, str] = {
    "acknowledge": N_("You have read it: the person sees that."),
    "start": N_("The handling has begun: the person sees that."),
    "ask": N_("Your question is sent. The clock of the answer rests until the reply."),
    "inform": N_("Your message is sent."),
    "pass_on": N_("Noted: the person reads to whom it went and when you look again."),
    "check": N_("What became of it is noted."),
    "reach": N_("The try is noted."),
    "wait": N_("Noted: you wait for a third party."),
    "resume": N_("The handling goes on."),
    "answer": N_("Your answer is sent."),
    "close": N_("The case is closed."),
    "dismiss": N_("The case is closed: the person reads why."),
    "settle": N_("The case is closed."),
    "conclude": N_("What you found is noted."),
    "note": N_("The note is kept."),
    "translate": N_("The translation is kept."),
    "nobody": N_("Nothing was changed: choose a colleague first."),
    "motif": N_("The subject is noted."),
    "no_motif": N_("Nothing was changed: choose a subject first."),
    "action": N_("The action is decided. Who does it will be reminded."),
    "no_action": N_("The reason is kept."),
    "concerns": N_("From now on, this colleague does not see the case any more."),
}
"""What the page says after a step; the address names it, for there is no store of notices."""
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


def erased_told(calendar: WorkCalendar, at: datetime | None) -> str | None:
    """What stands in place of words that were erased; None where they stand."""
    if at is None:
        return None
    return str(gettext("Text erased on %(date)s.", date=day_told(calendar.local(at).date(), "long")))


def shown_at(calendar: WorkCalendar, at: datetime, mode: CaseMode) -> str:
    """The instant at the place; of an anonymous case the hour only (minutes could name somebody)."""
    local = calendar.local(at)
    day = day_told(local.date(), "long")
    if mode is CaseMode.ANONYMOUS:
        return str(gettext("%(day)s, %(hour)s h", day=day, hour=local.hour))
    return str(gettext("%(day)s at %(time)s", day=day, time=local.strftime("%H:%M")))
