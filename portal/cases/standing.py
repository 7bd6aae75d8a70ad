"""What a case's events add up to: state, clocks, pauses, facts. Pure, and the only definition there is.

Every step appends an event and folds all of them again; the row, its clocks and its facts are a cache of the
result. Gross working days run from reception to the act; net ones leave out the days spent waiting for the
filer, at most 15 in all, and only the answer clock rests (decisions, 16).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from portal.cases.referrals import Referral, checked, next_check, passed_on
from portal.cases.rules import KINDS, STEPS, CaseState, ClockName, Finding, Kind, Outcome
from portal.cases.ways import Reached, Told
from portal.core.errors import Tampered
from portal.core.worktime import MAX_PAUSE_DAYS
from portal.tenancy.rules import targets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from portal.cases.rules import Step
    from portal.core.worktime import WorkCalendar

FILED = "filed"
TRANSLATED = "translated"
PHOTO_ADDED = "photo_added"
VOICE_ADDED = "voice_added"
PERSON_NAMED = "person_named"
READ = "read"
"""The person opened the case with their receipt, and could read the answer."""
MOTIF_CHOSEN = "motif_chosen"
ACTION_OPENED = "action_opened"
NO_ACTION = "no_action"
ERASED = "erased"
"""Its words were destroyed: by the schedule, or because somebody asked, which ends an open case."""
SIDE_EVENTS = frozenset(
    {TRANSLATED, PHOTO_ADDED, VOICE_ADDED, PERSON_NAMED, READ, MOTIF_CHOSEN, ACTION_OPENED, NO_ACTION, ERASED}
)
"""Events that are no step: they make an open page stale, and take a case from a handler it names."""
_STEP = {step.verb: step for step in STEPS}
_UNDERSTOOD = frozenset({"accept", "reach"})
"""Steps that show that the person understood an answer that they could not read."""
_NO_OUTCOME_NEEDED = {"accept": Outcome.ANSWERED, "auto_close": Outcome.ANSWERED, "settle": None}


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: its type (`filed`, a verb of `STEPS`, a side event), its instant, its payload."""

    type: str
    at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Promise:
    """One clock of a case: when it began, when it is due, when it was kept and in how many working days."""

    name: ClockName
    started_at: datetime
    target_days: int
    due_on: date
    stopped_at: datetime | None = None
    gross_days: int | None = None
    net_days: int | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which we waited for the filer; still open while `until` is None."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands after its events."""

    kind: Kind
    state: CaseState
    received_at: datetime
    version: int
    clocks: Mapping[ClockName, Promise]
    pauses: tuple[Pause, ...] = ()
    """Of the answer clock that runs now; a second look begins without any."""
    first_answer: Promise | None = None
    """The answer clock as first kept: what figures count, whatever is contested later."""
    first_answer_due_on: date | None = None
    outcome: Outcome | None = None
    finding: Finding | None = None
    motif: str | None = None
    """What staff last said that it is about."""
    handler_id: str | None = None
    """Who took the first step, as the event says it (hex)."""
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    registered_at: datetime | None = None
    """When staff typed it; None of what came by itself."""
    hour_known: bool = True
    """False when only the day of reception is."""
    referrals: tuple[Referral, ...] = ()
    """To whom it was passed on, in order."""
    call_on: date | None = None
    """The day on which the person is to be called or texted; None when nobody waits for that."""
    told_at: datetime | None = None
    """When the person learnt of the answer that stands."""
    told_how: Told | None = None
    is_erased: bool = False
    """Whether its words are gone, with all that was still to be done about them."""
    unread_answer: str = ""
    """The message (hex) of an answer that is not in the person's language and that nobody told them: it does
    not count as given, and the promise runs on."""

    @property
    def check_on(self) -> date | None:
        """The nearest day on which to ask what became of what was passed on; None once nobody can."""
        return None if self.is_erased else next_check(self.referrals)

    @property
    def due_on(self) -> date | None:
        """The day of the next promise still open; None when none is, or all wait for the filer."""
        if self.state is CaseState.CLOSED:
            return None
        open_days = [
            clock.due_on
            for clock in self.clocks.values()
            if clock.stopped_at is None and not (self.is_paused and clock.name is ClockName.ANSWER)
        ]
        return min(open_days, default=None)

    @property
    def is_paused(self) -> bool:
        """Whether the answer clock rests."""
        return bool(self.pauses) and self.pauses[-1].until is None

    @property
    def closed_pauses(self) -> list[tuple[datetime, datetime]]:
        """The pauses that are over, as the calendar takes them."""
        return [(pause.since, pause.until) for pause in self.pauses if pause.until is not None]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a case was received under and keeps: the place's calendar and the promises of the policy."""

    calendar: WorkCalendar
    targets: Mapping[str, Any]
    """`PolicyVersion.targets`, as stored."""


def fold(frame: Frame, events: Iterable[Happened]) -> Standing:
    """Where the case stands. Raises `Tampered` when the first event is no filing or a verb is unknown."""
    standing: Standing | None = None
    for event in events:
        standing = _begun(frame, event) if standing is None else _after(frame, standing, event)
    if standing is None:
        raise Tampered("events", reason="none")
    return standing


def _begun(frame: Frame, event: Happened) -> Standing:
    if event.type != FILED:
        raise Tampered("events", reason="first")
    kind = Kind(event.payload["kind"])
    names = tuple(ClockName) if KINDS[kind].is_answered else (ClockName.ACK,)
    clocks = {name: _started(frame, kind, name, event.at) for name in names}
    answer, registered = clocks.get(ClockName.ANSWER), event.payload.get("registered")
    return Standing(
        kind=kind,
        state=CaseState.RECEIVED,
        received_at=event.at,
        version=1,
        clocks=clocks,
        first_answer_due_on=answer.due_on if answer else None,
        registered_at=datetime.fromisoformat(registered) if registered else None,
        hour_known=event.payload.get("hour_known", True),
    )


def _started(frame: Frame, kind: Kind, name: ClockName, at: datetime) -> Promise:
    targets = targets_of(frame.targets, kind.value)
    days = {
        ClockName.ACK: targets.ack_days,
        ClockName.FIRST_RESPONSE: targets.first_response_days,
        ClockName.ANSWER: targets.answer_days,
    }[name]
    return Promise(name, at, days, frame.calendar.due_day(at, days))


def _after(frame: Frame, before: Standing, event: Happened) -> Standing:
    standing = replace(before, version=before.version + 1)
    if event.type == READ:
        return _told(standing, event, Told.READ)
    if event.type == TRANSLATED and event.payload.get("in_theirs") == standing.unread_answer != "":
        return _given(frame, standing, event.at)
    if event.type == ERASED:
        return _erased(frame, standing, event.at)
    if event.type in SIDE_EVENTS:
        return _beside(standing, event)
    step = _STEP.get(event.type)
    if step is None:
        raise Tampered("events", reason=event.type)
    standing = _sent_out(_moved(standing, step, event), event)
    if step.restarts:
        standing = _restarted(frame, standing, event.at)
    standing = _paused(frame, standing, step, event.at)
    if event.type in _UNDERSTOOD and standing.unread_answer:
        return _given(frame, standing, event.at) if _is_understood(event) else standing
    stops = step.stops - {ClockName.ANSWER} if event.payload.get("foreign") else step.stops
    return _stopped(frame, standing, stops, event.at)


def _is_understood(event: Happened) -> bool:
    """Whether the person knows now what an answer says that they could not read."""
    return event.type != "reach" or event.payload["reached"] == Reached.REACHED


def _given(frame: Frame, standing: Standing, at: datetime) -> Standing:
    """The answer that the person could not read counts from now on."""
    known = replace(standing, answered_at=at, unread_answer="")
    return _stopped(frame, known, frozenset({ClockName.ANSWER}), at)


def _beside(standing: Standing, event: Happened) -> Standing:
    if event.type == MOTIF_CHOSEN:
        return replace(standing, motif=event.payload["motif"])
    is_handler = event.type == PERSON_NAMED and event.payload["person"] == standing.handler_id
    return replace(standing, handler_id=None) if is_handler else standing


def _erased(frame: Frame, standing: Standing, at: datetime) -> Standing:
    """Nobody is called or asked again; a case that was open ends here, whatever language it was in.

    An answer that was promised and not due yet is owed no more. One that was late by then stays late.
    """
    standing = replace(standing, is_erased=True, call_on=None)
    if standing.state is CaseState.CLOSED:
        return standing
    is_in_time = standing.is_paused or (
        standing.first_answer_due_on is not None
        and frame.calendar.local(at).date() <= standing.first_answer_due_on
    )
    is_answered = standing.state is CaseState.ANSWERED and not standing.unread_answer
    return replace(
        standing,
        state=CaseState.CLOSED,
        closed_at=at,
        outcome=Outcome.ANSWERED if is_answered else Outcome.WITHDRAWN,
        first_answer_due_on=None
        if standing.first_answer is None and is_in_time
        else standing.first_answer_due_on,
        pauses=(*standing.pauses[:-1], Pause(standing.pauses[-1].since, at))
        if standing.is_paused
        else standing.pauses,
        unread_answer="",
    )


def _moved(standing: Standing, step: Step, event: Happened) -> Standing:
    payload = event.payload
    changes: dict[str, Any] = {}
    if step.to_state is not None:
        changes["state"] = step.to_state
    if standing.handler_id is None and payload.get("handler"):
        changes["handler_id"] = payload["handler"]
    if payload.get("finding"):
        changes["finding"] = Finding(payload["finding"])
    if step.to_state is CaseState.CLOSED:
        changes["closed_at"] = event.at
        changes["outcome"] = (
            Outcome(payload["outcome"]) if payload.get("outcome") else _NO_OUTCOME_NEEDED.get(step.verb)
        )
    if step.verb == "answer":
        changes |= {"told_at": None, "told_how": None}
    if ClockName.ANSWER in step.stops:
        is_foreign = payload.get("foreign", False)
        changes["unread_answer"] = payload.get("message", "") if is_foreign else ""
        if step.verb == "answer":
            changes["answered_at"] = None if is_foreign else event.at
    return replace(standing, **changes)


def _sent_out(standing: Standing, event: Happened) -> Standing:
    """What goes out of the house with a step: to another body, or to the person by telephone."""
    payload = event.payload
    if event.type == "pass_on":
        return replace(standing, referrals=passed_on(standing.referrals, payload))
    if event.type == "check":
        standing = replace(standing, referrals=checked(standing.referrals, payload))
        is_over = standing.state is CaseState.WAITING_THIRD_PARTY and standing.check_on is None
        return replace(standing, state=CaseState.IN_PROGRESS) if is_over else standing
    if event.type == "reach":
        standing = replace(standing, call_on=_day(payload.get("next_try")))
        return (
            _told(standing, event, Told(payload["how"]))
            if payload["reached"] == Reached.REACHED
            else standing
        )
    if payload.get("told"):
        return _told(standing, event, Told(payload["told"]))
    return replace(standing, call_on=_day(payload["call"])) if payload.get("call") else standing


def _told(standing: Standing, event: Happened, how: Told) -> Standing:
    """The person knows the answer, if there is one and they did not know it yet."""
    is_answered = standing.answered_at is not None or standing.unread_answer
    if not is_answered or standing.told_at is not None:
        return standing
    return replace(standing, told_at=event.at, told_how=how, call_on=None)


def _day(raw: str | None) -> date | None:
    return date.fromisoformat(raw) if raw else None


def _restarted(frame: Frame, standing: Standing, at: datetime) -> Standing:
    """A second look: the answer is promised anew, and the case is open again."""
    clocks = dict(standing.clocks)
    if ClockName.ANSWER in clocks:
        clocks[ClockName.ANSWER] = _started(frame, standing.kind, ClockName.ANSWER, at)
    return replace(
        standing,
        clocks=clocks,
        pauses=(),
        outcome=None,
        closed_at=None,
        answered_at=None,
        told_at=None,
        told_how=None,
        unread_answer="",
        reopened=standing.reopened + 1,
    )


def _paused(frame: Frame, standing: Standing, step: Step, at: datetime) -> Standing:
    if step.pauses:
        return replace(standing, pauses=(*standing.pauses, Pause(at)))
    if step.to_state is None or not standing.is_paused:
        return standing
    ended = replace(standing.pauses[-1], until=at)
    standing = replace(standing, pauses=(*standing.pauses[:-1], ended))
    answer = standing.clocks.get(ClockName.ANSWER)
    if answer is None or answer.stopped_at is not None:
        return standing
    due = frame.calendar.due_day_with_pauses(
        answer.started_at, answer.target_days, standing.closed_pauses, MAX_PAUSE_DAYS
    )
    moved = {**standing.clocks, ClockName.ANSWER: replace(answer, due_on=due)}
    first_due = due if standing.first_answer is None else standing.first_answer_due_on
    return replace(standing, clocks=moved, first_answer_due_on=first_due)


def _stopped(frame: Frame, standing: Standing, stops: frozenset[ClockName], at: datetime) -> Standing:
    clocks = dict(standing.clocks)
    for name in stops:
        clock = clocks.get(name)
        if clock is not None and clock.stopped_at is None:
            pauses = standing.closed_pauses if name is ClockName.ANSWER else []
            clocks[name] = replace(
                clock,
                stopped_at=at,
                gross_days=frame.calendar.working_days_between(clock.started_at, at),
                net_days=frame.calendar.net_working_days(clock.started_at, at, pauses),
            )
    answer = clocks.get(ClockName.ANSWER)
    first = standing.first_answer
    if first is None and answer is not None and answer.stopped_at is not None:
        first = answer
    return replace(standing, clocks=clocks, first_answer=first)


@dataclass(frozen=True, slots=True)
class Facts:
    """What figures know of a case, from its events alone; days are the place's local days."""

    received_on: date
    is_open: bool
    answer_due_on: date | None
    """None also while we wait for the filer: the promise is counted on from their reply."""
    answered_on: date | None
    ack_net_days: int | None
    first_response_net_days: int | None
    answer_net_days: int | None
    answer_gross_days: int | None
    outcome: Outcome | None
    finding: Finding | None
    reopened: int
    entry_lag_days: int | None
    """Working days until staff had typed it; None of what came by itself."""
    passed_on: int
    passed_on_known: int
    """Of how many of these it is known what became of them."""
    told_on: date | None


def facts_of(frame: Frame, standing: Standing) -> Facts:
    """The facts of a case. A second look counts in `reopened`; the answer counted is the first one."""
    ack = standing.clocks.get(ClockName.ACK)
    response = standing.clocks.get(ClockName.FIRST_RESPONSE)
    answer = standing.first_answer
    answered_at = answer.stopped_at if answer else None
    return Facts(
        received_on=frame.calendar.local(standing.received_at).date(),
        is_open=standing.state not in {CaseState.ANSWERED, CaseState.CLOSED}
        or (standing.state is CaseState.ANSWERED and bool(standing.unread_answer)),
        answer_due_on=None if standing.is_paused and not answered_at else standing.first_answer_due_on,
        answered_on=frame.calendar.local(answered_at).date() if answered_at else None,
        ack_net_days=ack.net_days if ack else None,
        first_response_net_days=response.net_days if response else None,
        answer_net_days=answer.net_days if answer else None,
        answer_gross_days=answer.gross_days if answer else None,
        outcome=standing.outcome,
        finding=standing.finding,
        reopened=standing.reopened,
        entry_lag_days=_lag(frame, standing),
        passed_on=len(standing.referrals),
        passed_on_known=sum(one.check_on is None for one in standing.referrals),
        told_on=frame.calendar.local(standing.told_at).date() if standing.told_at else None,
    )


def _lag(frame: Frame, standing: Standing) -> int | None:
    if standing.registered_at is None:
        return None
    return frame.calendar.working_days_between(standing.received_at, standing.registered_at)
