"""What kinds of cases there are and which steps they take: tables from which everything else derives. Pure.

Buttons, checks, required fields, clocks, the workflow diagram and the tests all read `KINDS` and `STEPS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from portal.core.errors import Refused
from portal.core.languages import N_
from portal.people.rules import Role


class Kind(StrEnum):
    """What the person expects of us (stored by value)."""

    COMPLAINT = "complaint"
    REQUEST = "request"
    CONCERN = "concern"
    THANKS = "thanks"
    IDEA = "idea"


class CaseState(StrEnum):
    """Where a case stands (stored by value). Overdue is derived, never a state."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING_FILER = "waiting_filer"
    WAITING_THIRD_PARTY = "waiting_third_party"
    ANSWERED = "answered"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended, said at closing (stored by value)."""

    ANSWERED = "answered"
    REDIRECTED = "redirected"
    INADMISSIBLE = "inadmissible"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    SPAM = "spam"


ANSWERS_NOBODY = frozenset({Outcome.SPAM, Outcome.DUPLICATE})
"""Endings of what waited for no answer: in no figure of answers."""


class Finding(StrEnum):
    """What was found, for complaints (stored by value)."""

    UPHELD = "upheld"
    PARTLY = "partly"
    NOT_UPHELD = "not_upheld"
    NOT_ESTABLISHED = "not_established"
    SETTLED = "settled"


FOUNDED = frozenset({Finding.UPHELD, Finding.PARTLY})
"""What was found where the person was right, wholly or in part: something has to follow."""


class CaseMode(StrEnum):
    """Who may know the filer (stored by value)."""

    ANONYMOUS = "anonymous"
    CONFIDENTIAL = "confidential"
    IDENTIFIED = "identified"


class Direction(StrEnum):
    """Whose text a message is, and for whom (stored by value)."""

    FROM_FILER = "from_filer"
    TO_FILER = "to_filer"
    NOTE = "note"
    TRANSLATION = "translation"


class ClockName(StrEnum):
    """The promises that are timed (stored by value)."""

    ACK = "ack"
    FIRST_RESPONSE = "first_response"
    ANSWER = "answer"


class Actor(Enum):
    """Who takes a step besides a role of staff."""

    FILER = "filer"
    JOB = "job"


HANDLERS = frozenset({Role.SUPERVISOR, Role.QUALITY_LEAD, Role.DIRECTOR, Role.BOARD})
LEADS = frozenset({Role.QUALITY_LEAD, Role.DIRECTOR, Role.BOARD})
FILER = frozenset({Actor.FILER})
JOB = frozenset({Actor.JOB})

CLOSE_AFTER_DAYS = 15
"""Working days after the answer, without contest, until the job closes (decisions, 15)."""
REOPEN_WITHIN_DAYS = 60
"""Calendar days in which the filer may reopen, no reason asked (decisions, 16)."""
MAX_TEXT = 10_000
"""Characters of one message, of any script."""
MAX_PHOTOS = 5
MAX_VOICES = 3


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind's line: its door and its names, and whether it is owed an answer."""

    door: str
    label: str
    plural: str
    is_answered: bool
    """True: the clocks of first response and answer run."""


KINDS: dict[Kind, KindRow] = {
    Kind.COMPLAINT: KindRow("complaint", N_("Complaint"), N_("Complaints"), is_answered=True),
    Kind.REQUEST: KindRow("request", N_("Request"), N_("Requests"), is_answered=True),
    Kind.CONCERN: KindRow(
        "concern", N_("Neighbourhood concern"), N_("Neighbourhood concerns"), is_answered=True
    ),
    Kind.THANKS: KindRow("thanks", N_("Thanks"), N_("Words of thanks"), is_answered=False),
    Kind.IDEA: KindRow("idea", N_("Idea"), N_("Ideas"), is_answered=True),
}

_R, _A, _P = CaseState.RECEIVED, CaseState.ACKNOWLEDGED, CaseState.IN_PROGRESS
_F, _T, _N, _C = (
    CaseState.WAITING_FILER,
    CaseState.WAITING_THIRD_PARTY,
    CaseState.ANSWERED,
    CaseState.CLOSED,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from which states, to which (None: the state stays), by whom, with what, on which clocks.

    `stops` are clocks that the step ends; `pauses` tells that the answer clock rests while in the new state;
    `restarts` that the case is looked at again.
    """

    verb: str
    from_states: frozenset[CaseState]
    to_state: CaseState | None
    who: frozenset[Role | Actor]
    needs: tuple[str, ...]
    stops: frozenset[ClockName]
    label: str
    pauses: bool = False
    restarts: bool = False
    is_news: bool = False
    """Whether the filer can read something new without a message."""
    waits_for: str = ""
    """The day of the case without which the step has nothing to be about."""
    kinds: frozenset[Kind] = frozenset(Kind)

    @property
    def direction(self) -> Direction:
        """Whose text the step's message is."""
        if Actor.FILER in self.who:
            return Direction.FROM_FILER
        return Direction.NOTE if self.verb in _FOR_THE_TEAM else Direction.TO_FILER

    @property
    def tells(self) -> bool:
        """Whether the filer gets a message by this step."""
        return "message" in self.needs and self.direction is Direction.TO_FILER


_FOR_THE_TEAM = frozenset({"note", "pass_on", "check", "reach"})
"""Steps whose words, if there are any, the filer does not read."""
_ACK = frozenset({ClockName.ACK})
_SAID = frozenset({ClockName.ACK, ClockName.FIRST_RESPONSE})
_ANSWERED = frozenset(ClockName)
_NONE: frozenset[ClockName] = frozenset()
_WORKED = frozenset({_A, _P, _F, _T})

STEPS: tuple[Step, ...] = (
    Step("acknowledge", frozenset({_R}), _A, HANDLERS, (), _ACK, N_("I have read it")),
    Step("start", frozenset({_R, _A}), _P, HANDLERS, (), _ACK, N_("Start handling")),
    Step(
        "ask", frozenset({_A, _P, _T}), _F, HANDLERS, ("message",), _SAID, N_("Ask the person"), pauses=True
    ),
    Step("inform", _WORKED | {_N}, None, HANDLERS, ("message",), _SAID, N_("Write to the person")),
    Step(
        "pass_on",
        frozenset({_R, _A, _P, _T}),
        _T,
        HANDLERS,
        ("body", "consent", "on", "next_check"),
        _ACK,
        N_("Pass it on to another body"),
        is_news=True,
    ),
    Step(
        "check",
        frozenset({_P, _F, _T, _N, _C}),
        None,
        HANDLERS,
        ("checked", "next_check"),
        _NONE,
        N_("Say what became of it"),
        is_news=True,
        waits_for="check_on",
    ),
    Step("wait", frozenset({_A, _P}), _T, HANDLERS, (), _ACK, N_("Wait, without passing it on")),
    Step("resume", frozenset({_F, _T}), _P, HANDLERS, (), _NONE, N_("Resume handling")),
    Step("answer", _WORKED, _N, HANDLERS, ("message",), _ANSWERED, N_("Answer")),
    Step("close", frozenset({_N}), _C, HANDLERS, ("outcome", "finding"), _NONE, N_("Close")),
    Step(
        "dismiss",
        frozenset({_R}) | _WORKED,
        _C,
        LEADS,
        ("outcome", "message"),
        _ANSWERED,
        N_("Close without answer"),
    ),
    Step(
        "settle",
        frozenset({_R, _A}),
        _C,
        HANDLERS,
        (),
        _ACK,
        N_("Read, nothing more to do"),
        kinds=frozenset(kind for kind, row in KINDS.items() if not row.is_answered),
    ),
    Step(
        "conclude",
        frozenset({_C}),
        None,
        HANDLERS,
        ("finding",),
        _NONE,
        N_("Say what was found"),
        kinds=frozenset({Kind.COMPLAINT}),
    ),
    Step(
        "reach",
        frozenset(CaseState),
        None,
        HANDLERS,
        ("how", "reached", "next_try"),
        _NONE,
        N_("Note a call"),
        kinds=frozenset(kind for kind, row in KINDS.items() if row.is_answered),
    ),
    Step("note", frozenset(CaseState), None, HANDLERS, ("message",), _NONE, N_("Add a note")),
    Step("reply", frozenset({_F}), _P, FILER, ("message",), _NONE, N_("Reply")),
    Step("add", frozenset({_R, _A, _P, _T, _N}), None, FILER, ("message",), _NONE, N_("Add something")),
    Step("accept", frozenset({_N}), _C, FILER, (), _NONE, N_("This answer helps me")),
    Step("contest", frozenset({_N}), _P, FILER, (), _NONE, N_("Ask for a second look"), restarts=True),
    Step("reopen", frozenset({_C}), _P, FILER, (), _NONE, N_("Reopen"), restarts=True),
    Step("expire_pause", frozenset({_F}), _P, JOB, (), _NONE, N_("Waiting is over")),
    Step("auto_close", frozenset({_N}), _C, JOB, (), _NONE, N_("Closed without contest")),
)

ENDING = frozenset(step.verb for step in STEPS if ClockName.ANSWER in step.stops)
"""Steps that answer a case, by words or by an end."""
RESTARTING = frozenset(step.verb for step in STEPS if step.restarts)
"""Steps that ask for a second look."""


def steps_for(kind: Kind, state: CaseState, who: Role | Actor) -> tuple[Step, ...]:
    """The steps that this role or actor may take now: exactly the buttons of the page."""
    return tuple(step for step in STEPS if _allows(step, kind, state, who))


def take_step(kind: Kind, state: CaseState, who: Role | Actor, verb: str) -> Step:
    """The step, if it may be taken now. Raises `Refused("step")`: the only check there is."""
    for step in STEPS:
        if step.verb == verb and _allows(step, kind, state, who):
            return step
    raise Refused("step", verb=verb, state=state.value)


def _allows(step: Step, kind: Kind, state: CaseState, who: Role | Actor) -> bool:
    return state in step.from_states and who in step.who and kind in step.kinds
