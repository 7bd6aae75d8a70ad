"""One mail a week to each person, with all that waits for them: messages, checks, calls, actions.

It leaves on the morning of the week's first working day at the main site. Which week a person was told of is
kept with the person: if the job does not run that day, the next one does it, and nobody is told twice.
Whoever joins during a week is told from the next one on.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from portal.cases.models import Case, CasePerson
from portal.cases.rules import CaseState
from portal.certification.campaigning import to_be_closed
from portal.certification.giving import to_be_read
from portal.certification.models import WeekTold
from portal.certification.queries import due_by
from portal.certification.rules import week_of
from portal.certification.thanking import thanks_of_week
from portal.core.worktime import WorkCalendar
from portal.notifications.actions import tell_member
from portal.notifications.due import is_at_work
from portal.notifications.rules import Notice, Waiting
from portal.people.queries import members
from portal.people.rules import Permission, may
from portal.tenancy.queries import calendar_of, main_site

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.certification.models import Action
    from portal.core.db import Unit
    from portal.people.queries import Member

_WEEK = timedelta(days=6)
MOST = 30
"""Lines of each list; who has more opens the portal, whose list says the rest."""


def tell_week(u: Unit, *, to_destroy: Callable[[], int] = lambda: 0) -> int:
    """How many were told of their week: those not told of it yet for whom something waits.

    `to_destroy` counts what the nights of a month will destroy; who sets the durations is told of it.
    """
    works = WorkCalendar.from_document(calendar_of(u, main_site(u).id).document)
    if not is_at_work(works, u.now):
        return 0
    today = works.local(u.now).date()
    week = week_of(today)
    told = {row.person_id: row for row in u.all(select(WeekTold))}
    owed = [
        one
        for one in members(u)
        if works.local(one.since).date() < week
        and (one.person.id not in told or told[one.person.id].week_on < week)
    ]
    if not owed:
        return 0
    actions: dict[UUID, list[Action]] = defaultdict(list)
    for action in due_by(u, week + _WEEK):
        actions[action.owner_id].append(action)
    waits = _Waits(
        today,
        week + _WEEK,
        _waiting(u, week + _WEEK),
        _named(u),
        actions,
        to_destroy(),
        thanks_of_week(u, week, owed),
        to_be_read(u),
        to_be_closed(u),
    )
    return sum(_tell(u, one, week, told.get(one.person.id), waits.facts_for(one)) for one in owed)


@dataclass(frozen=True, slots=True)
class _Waits:
    """All that waits in a structure until the last day of a week."""

    today: date
    until: date
    cases: Sequence[Case]
    named: Mapping[UUID, set[UUID]]
    """Whom each case names."""
    actions: Mapping[UUID, Sequence[Action]]
    to_destroy: int
    thanks: Mapping[UUID, int]
    to_read: Counter[UUID]
    """Sentences for residents that a second person must read, by who wrote them."""
    to_close: int
    """Campaigns that are over."""

    def facts_for(self, member: Member) -> dict[str, Any]:
        """What of it waits for this person; empty lists and zeros for nothing."""
        person_id, lines = member.person.id, list[dict[str, Any]]()
        if may(member.role, Permission.HANDLE_CASES):
            lines = [
                line
                for one in self.cases
                if one.handler_id in {None, person_id} and person_id not in self.named[one.id]
                for line in _lines(one, self.until, self.today)
            ]
        lines.sort(key=itemgetter("due"))
        plan = [
            {"number": one.number, "due": one.due_on.isoformat(), "late": one.due_on < self.today}
            for one in self.actions[person_id]
        ]
        return {
            "cases": lines[:MOST],
            "actions": plan[:MOST],
            "destroy": self.to_destroy if may(member.role, Permission.MANAGE_SETTINGS) else 0,
            "thanks": self.thanks[person_id],
            "looks": self.to_read.total() - self.to_read[person_id]
            if may(member.role, Permission.HANDLE_CASES)
            else 0,
            "campaigns": self.to_close if may(member.role, Permission.MANAGE_ACTIONS) else 0,
        }


def _tell(u: Unit, member: Member, week: date, row: WeekTold | None, facts: dict[str, Any]) -> bool:
    """Whether a mail was written; that the week was looked at is kept either way."""
    if row is None:
        u.add(WeekTold(person_id=member.person.id, week_on=week))
    else:
        row.week_on = week
    return any(facts.values()) and tell_member(u, Notice.WEEK, member.person.id, **facts)


def _waiting(u: Unit, until: date) -> Sequence[Case]:
    """Cases that ask for something by that day: an answer, a look at what became of it, a call."""
    is_due = (Case.due_on <= until) & (Case.state != CaseState.CLOSED)
    return u.all(
        select(Case).where(or_(is_due, Case.check_on <= until, Case.call_on <= until)).order_by(Case.id)
    )


def _named(u: Unit) -> Mapping[UUID, set[UUID]]:
    """Whom each case names."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for case_id, person_id in u.rows(select(CasePerson.case_id, CasePerson.person_id)):
        found[case_id].add(person_id)
    return found


def _lines(case: Case, until: date, today: date) -> list[dict[str, Any]]:
    """What a case asks for by that day, each with its day."""
    due_on = case.due_on if case.state is not CaseState.CLOSED else None
    days = ((Waiting.PROMISE, due_on), (Waiting.CHECK, case.check_on), (Waiting.CALL, case.call_on))
    return [
        {
            "case": case.id.hex,
            "reference": case.reference,
            "what": what.value,
            "due": day.isoformat(),
            "late": day < today,
        }
        for what, day in days
        if day is not None and day <= until
    ]
