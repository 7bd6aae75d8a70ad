"""The cases of the demo world: what was said, and what became of it, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from portal.cases.actions import Filing, Given, take
from portal.cases.entry import Reception
from portal.cases.errands import Looked, PassedOn
from portal.cases.filing import file
from portal.cases.rules import Actor, Finding, Kind, Outcome
from portal.cases.ways import Channel, Checked, Consent, Moment, Told
from portal.demo.plan import Learner, motif_of
from portal.demo.plan import plans as learned
from portal.demo.words import CASE_WORDS, STAFF_WORDS
from portal.people.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from portal.cases.errands import Errand
    from portal.demo.making import Made, Maker

_CASES = 30
_SATURDAY = 5
_TYPED, _CALLED = 5, 7
_LAG = timedelta(days=1)
_LEARNED_FROM = 13
"""The case, of those filed before, from which the first action of the plan follows."""
_ALL_CLOSED = 30
"""Days after which every case of the world is closed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a case's story: which, by whom (None: the filer), how many days after the one before."""

    verb: str
    after_days: float
    by: Role | None = Role.SUPERVISOR
    outcome: Outcome | None = None
    finding: Finding | None = None


_LEAD = Role.QUALITY_LEAD
_END = Turn("close", 4, _LEAD, Outcome.ANSWERED, Finding.UPHELD)
STORIES: tuple[tuple[int, tuple[Turn, ...]], ...] = (
    (90, (Turn("acknowledge", 1), Turn("answer", 5, _LEAD, finding=Finding.PARTLY), _END)),
    (75, (Turn("acknowledge", 1), Turn("ask", 1), Turn("reply", 3, None), Turn("answer", 4), _END)),
    (60, (Turn("start", 2), Turn("pass_on", 2), Turn("check", 8), Turn("answer", 4), _END)),
    (48, (Turn("acknowledge", 1), Turn("answer", 2), Turn("accept", 1, None))),
    (45, (Turn("dismiss", 2, _LEAD, Outcome.REDIRECTED),)),
    (40, (Turn("start", 1), Turn("answer", 6), Turn("contest", 2, None), Turn("answer", 5, _LEAD), _END)),
    (24, (Turn("acknowledge", 1), Turn("pass_on", 1))),
    (12, (Turn("acknowledge", 1), Turn("answer", 4))),
    (9, (Turn("acknowledge", 1), Turn("start", 2))),
    (6, (Turn("start", 1), Turn("ask", 1))),
    (5, (Turn("acknowledge", 1),)),
    (1, ()),
)
"""How long ago a case was filed, and what became of it."""
_KINDS = (
    Kind.COMPLAINT,
    Kind.REQUEST,
    Kind.COMPLAINT,
    Kind.CONCERN,
    Kind.THANKS,
    Kind.IDEA,
    Kind.COMPLAINT,
)
"""Seven in turn over twelve stories: every kind meets every story."""


def cases(maker: Maker, made: Made) -> None:
    """Cases of every kind in every state, their steps taken in the order of time."""
    plans: list[tuple[datetime, int, Callable[[], None]]] = []
    learner = Learner(
        maker.database, maker.now, made.scope, {role: person.id for role, person in made.staff.items()}
    )
    tales: list[Tale] = []
    for number in range(_CASES):
        days, story = STORIES[number % len(STORIES)]
        ago = (
            days
            if number < len(STORIES)
            else days + (number // len(STORIES)) * (60 if days > _ALL_CLOSED else 0)
        )
        filed_at = _office_hour(maker.now - timedelta(days=ago), number)
        tale = Tale(maker, made, number, _KINDS[number % len(_KINDS)])
        tales.append(tale)
        plans.append((filed_at, number, tale.file))
        motif = motif_of(tale.kind, number, maker.now - filed_at)
        if motif is not None:
            plans.append((filed_at, number, partial(tale.sort, learner, motif)))
        at = filed_at
        turns = (Turn("settle", 1),) if tale.kind is Kind.THANKS and story else story
        for turn in turns:
            at = min(_office_hour(at + timedelta(days=turn.after_days), number), maker.now)
            plans.append((at, number, partial(tale.take, turn)))
    plans += learned(learner, lambda: tales[_LEARNED_FROM].id)
    for at, _, act in sorted(plans, key=lambda plan: plan[:2]):
        maker.at(at)
        act()


def _office_hour(instant: datetime, number: int) -> datetime:
    """The same day, or the Monday after it, at an hour when people are there."""
    day = instant.date()
    day += timedelta(days=7 - day.weekday() if day.weekday() >= _SATURDAY else 0)
    return datetime.combine(day, time(8 + number % 7, (number * 7) % 60), tzinfo=UTC)


@dataclass(slots=True)
class Tale:
    """One case of the world on its way."""

    maker: Maker
    made: Made
    number: int
    kind: Kind
    case_id: UUID | None = None
    language: str = "fr"

    @property
    def id(self) -> UUID:
        """The case, once it is filed."""
        if self.case_id is None:
            raise LookupError(self.number)
        return self.case_id

    def sort(self, learner: Learner, motif: str) -> None:
        """Staff say what it is about."""
        learner.subject(self.id, motif)

    def file(self) -> None:
        """The filer writes."""
        words = CASE_WORDS[self.kind.value]
        language, text = words[self.number % len(words)]
        self.language, way_in = language, self._way_in()
        code = self.made.codes[self.number % len(self.made.codes)]
        filing = Filing(
            kind=self.kind,
            text=text,
            language=language,
            site_id=code.site_id,
            nonce=self.maker.chance.randbytes(16),
            **self._contact(),
            name="Sofia Lemoine" if self.number % 6 == 0 else "",
            code_id=None if way_in else code.id,
            team_id=code.team_id,
            agreement_id=code.agreement_id,
            **way_in,
        )
        scope = self.made.scope(Role.MEDIATOR if way_in else None, language)
        filed = file(self.maker.database, self.maker.hasher, scope, filing)
        self.case_id = filed.case_id
        self.made.cases.append(
            {"kind": self.kind.value, "reference": filed.reference, "receipt": filed.receipt.shown}
        )

    def _contact(self) -> dict[str, Any]:
        """One in three leaves an address, one in seven a number (of those that are nobody's)."""
        if self.number % 3 == 0:
            return {"contact_kind": "email", "contact": f"habitant.{self.number}@courriel.example"}
        if self.number % _CALLED == 1:
            number = f"06 39 98 00 {self.number:02}"
            return {"contact_kind": "phone", "contact": number, "contact_when": Moment.EVENING}
        return {}

    def _errand(self, verb: str) -> Errand | None:
        """What goes out with a step: to the landlord, to be looked at again after a week."""
        body, later = self.made.bodies[self.number % len(self.made.bodies)], timedelta(days=7)
        errands: dict[str, Errand] = {
            "pass_on": PassedOn(body, Consent.CALL, None, (self.maker.clock.now() + later).date()),
            "check": Looked(body, Checked.DONE),
        }
        return errands.get(verb)

    def _way_in(self) -> dict[str, Any]:
        """One in five was said to a mediator the day before, on the telephone or at the counter."""
        if self.number % _TYPED != _TYPED - 1:
            return {}
        channel = (Channel.PHONE, Channel.COUNTER)[self.number % 2]
        return {"channel": channel, "reception": Reception(self.maker.clock.now() - _LAG, hour_known=True)}

    def take(self, turn: Turn) -> None:
        """The next step."""
        message = STAFF_WORDS.get(turn.verb, "")
        finding = turn.finding if self.kind is Kind.COMPLAINT else None
        given = Given(
            message,
            "fr",
            outcome=turn.outcome,
            finding=finding,
            told=Told.CALL if turn.verb == "answer" and self.language != "fr" else None,
            errand=self._errand(turn.verb),
        )
        with self.maker.database.transaction(self.made.scope(turn.by)) as u:
            take(u, self.id, turn.verb, given, who=Actor.FILER if turn.by is None else None)
