"""What the structures of the demo world learn: actions, one provable effect, a review, what is given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from portal.cases.actions import Given
from portal.cases.learning import choose_motif, founded_without_follow_up, need_no_action
from portal.cases.rules import Kind
from portal.certification.actions import Decided, Yardstick, count_by, finish, open_action
from portal.certification.campaigning import (
    Campaigned,
    Note,
    close_campaign,
    open_campaign,
    write_note,
)
from portal.certification.giving import Said, check, write
from portal.certification.queries import done_actions
from portal.certification.report import Span
from portal.certification.reviewing import close_review, open_review
from portal.certification.thanking import Thanked, give, waiting_thanks
from portal.demo.words import GIVEN_BACK, PLAN_WORDS, THANKED
from portal.insight.selection import Period, last_ended, span
from portal.people.rules import Role
from portal.records.earlier import Result
from portal.records.series import take_series
from portal.tenancy.queries import local_day, teams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from portal.core.db import Database, Scope

    Plan = tuple[datetime, int, Callable[[], None]]

SOLVED = "work.absence"
"""What complaints were about until an action ended it."""
_AFTERWARDS = ("answer.slow", "welcome.listening", "presence.closed")
_OF_KIND = {Kind.CONCERN: "outside.cleanliness", Kind.THANKS: "thanks.thanks", Kind.IDEA: "thanks.suggestion"}
_ORDER = 1_000
"""After the steps of cases at the same instant."""


@dataclass(frozen=True, slots=True)
class Promise:
    """An action of the world: what, by whom, when it was decided, is due and was done, in days from today."""

    what: str
    by: Role
    decided: int
    due: int
    done: int | None = None
    word: str = ""
    motif: str | None = None


FROM_CASE = Promise(
    PLAN_WORDS["rounds"],
    Role.SUPERVISOR,
    -100,
    -82,
    -84,
    PLAN_WORDS["rounds_done"],
    SOLVED,
)
PROMISES = (
    Promise(PLAN_WORDS["hours"], Role.MEDIATOR, -20, 5),
    Promise(PLAN_WORDS["landlord"], Role.SUPERVISOR, -40, -3),
    Promise(
        PLAN_WORDS["first_word"],
        Role.QUALITY_LEAD,
        -50,
        -30,
        -31,
        PLAN_WORDS["first_word_done"],
        "answer.slow",
    ),
)
_CAMPAIGN = (40, 26)
"""The first and the last day of the campaign, in days before the note was written."""
_ASKED = "Êtes-vous satisfait de la présence des médiateurs ?"
_BEFORE = ((3, 212, 148), (2, 190, 139))
"""Results of surveys before the portal: years ago, how many answered, how many were satisfied."""
_DECISION = Promise(PLAN_WORDS["results"], Role.DIRECTOR, -12, 30)


@dataclass(frozen=True, slots=True)
class Learner:
    """The tools of this part of the making: a clock that is set already, the database, who is at work."""

    database: Database
    now: datetime
    scope: Callable[[Role | None], Scope]
    people: Mapping[Role, UUID]

    def subject(self, case_id: UUID, motif: str) -> None:
        """Staff say what a case is about."""
        with self.database.transaction(self.scope(Role.QUALITY_LEAD)) as u:
            choose_motif(u, case_id, motif)

    def promise(self, one: Promise, case_id: UUID | None = None, review_id: UUID | None = None) -> UUID:
        """The action, decided; it is counted everywhere, whichever site the case came from."""
        due_on = (self.now + timedelta(days=one.due)).date()
        with self.database.transaction(self.scope(Role.QUALITY_LEAD)) as u:
            decided = Decided(one.what, self.people[one.by], due_on, case_id, review_id, one.motif)
            action = open_action(u, decided)
            if case_id is not None and one.motif:
                count_by(u, action.id, Yardstick(one.motif))
            return action.id

    def done(self, one: Promise, made: Sequence[UUID]) -> None:
        """The action is done."""
        with self.database.transaction(self.scope(one.by)) as u:
            finish(u, made[0], one.word)

    def tell_residents(self) -> None:
        """What is told of the action that helped, thanks to a team, a campaign closed, a survey of before."""
        lead, director = (self.scope(role) for role in (Role.QUALITY_LEAD, Role.DIRECTOR))
        with self.database.transaction(lead) as u:
            action = max(done_actions(u), key=lambda one: one.motif == SOLVED)
            for tag, words in GIVEN_BACK.items():
                write(u, action, tag, Said(*words))
            case = next(iter(waiting_thanks(u)), None)
            team = next(iter(teams(u)), None)
            if case is not None and team is not None:
                give(u, Thanked(THANKED, "fr", team_id=team.id, case_id=case.id))
            today = local_day(u)
            days = Span(today - timedelta(days=_CAMPAIGN[0]), today - timedelta(days=_CAMPAIGN[1]))
            campaign = open_campaign(u, Campaigned(PLAN_WORDS["campaign"], days))
            write_note(u, campaign.id, Note(PLAN_WORDS["learnt"], PLAN_WORDS["decided"]))
            year = today.year
            before = [
                Result(date(year - ago, 1, 1), date(year - ago, 12, 31), _ASKED, n, satisfied=good)
                for ago, n, good in _BEFORE
            ]
            by = self.people[Role.QUALITY_LEAD]
            take_series(u, PLAN_WORDS["before"], PLAN_WORDS["before_source"], before, by=by)
        with self.database.transaction(director) as u:
            for tag in GIVEN_BACK:
                check(u, action, tag, 1)
        with self.database.transaction(self.scope(None)) as u:
            close_campaign(u, campaign.id, self.people[Role.DIRECTOR])

    def review(self) -> None:
        """A review of the last three months that were over, with a decision, closed."""
        with self.database.transaction(self.scope(Role.QUALITY_LEAD)) as u:
            today = local_day(u)
            period = Span(*span(Period.QUARTER, last_ended(today)))
            review = open_review(u, today, period)
            for case in founded_without_follow_up(u, period.first, period.last):
                need_no_action(u, case.id, Given(PLAN_WORDS["reason"], "fr"))
        self.promise(_DECISION, review_id=review.id)
        with self.database.transaction(self.scope(None)) as u:
            close_review(u, review.id, PLAN_WORDS["minutes"], self.people[Role.DIRECTOR])


def motif_of(kind: Kind, number: int, age: timedelta) -> str | None:
    """What a case of the world is about; None for a request, which asks for help and complains of nothing."""
    if kind is not Kind.COMPLAINT:
        return _OF_KIND.get(kind)
    return SOLVED if age > -timedelta(days=FROM_CASE.due) else _AFTERWARDS[number % len(_AFTERWARDS)]


def plans(learner: Learner, source: Callable[[], UUID]) -> list[Plan]:
    """What happens when: the actions and the review, beside the steps of the cases."""
    found: list[Plan] = []
    for number, one in enumerate((FROM_CASE, *PROMISES)):
        made: list[UUID] = []
        found.append(
            (_at(learner, one.decided), _ORDER + number, partial(_decide, learner, one, source, made))
        )
        if one.done is not None:
            found.append((_at(learner, one.done), _ORDER + number, partial(learner.done, one, made)))
    return [
        *found,
        (_at(learner, _DECISION.decided), _ORDER, learner.review),
        (_at(learner, _DECISION.decided + 1), _ORDER, learner.tell_residents),
    ]


def _at(learner: Learner, days: int) -> datetime:
    return (learner.now + timedelta(days=days)).replace(hour=9, minute=0)


def _decide(learner: Learner, one: Promise, source: Callable[[], UUID], made: list[UUID]) -> None:
    made.append(learner.promise(one, case_id=source() if one is FROM_CASE else None))
