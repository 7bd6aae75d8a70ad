"""What a review's figures are counted from: as it stands now, or again from all that happened until then.

Both count by `report.lines`. The first reads facts and rows, which are caches; the second folds the events
that were recorded until an instant, and nothing else. A closed review is right when both give the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.models import Case, CaseEvent, CaseFact
from portal.cases.queries import frame_of, happened
from portal.cases.rules import ANSWERS_NOBODY
from portal.cases.standing import ACTION_OPENED, NO_ACTION, facts_of, fold
from portal.certification.models import Action, ActionStep
from portal.certification.report import Line, Seen, SeenAction, SeenCase, Span, lines
from portal.certification.rules import ActionAct
from portal.insight.opinions import (
    asked_at,
    asked_now,
    counted,
    heard,
    own_and_assisted,
    tallies,
    tallies_by_day,
)
from portal.insight.selection import Selection
from portal.tenancy.queries import local_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from portal.cases.standing import Frame
    from portal.core.db import Unit
    from portal.insight.opinions import Asked, Tally

_FOLLOWS = (ACTION_OPENED, NO_ACTION)
_DAY = timedelta(days=1)


def drawn(u: Unit, span: Span) -> tuple[Line, ...]:
    """The figures of a period as they stand now, for the reader in scope."""
    today = local_day(u)
    asked = asked_now(u)[:1]
    opinions = {one: _opinions(asked, tallies(u, asked, _days(one))) for one in (span, span.before)}
    return lines(span, Seen(today, _cases(u, span), _actions(u), opinions))


def derived(u: Unit, span: Span, at: datetime) -> tuple[Line, ...]:
    """The same figures as they stood at an instant, from events, steps and single answers alone.

    Answers carry no clock time: those of a day that was over by then are all there were, as one is corrected
    within its journey only. A sheet of paper knows when it was typed.
    """
    asked = asked_at(u, at)[:1]
    opinions = {
        one: _opinions(asked, tallies_by_day(u, asked, one.first, one.last, typed_by=at))
        for one in (span, span.before)
    }
    return lines(span, Seen(local_day(u, at), _cases_at(u, span, at), _actions_at(u, at), opinions))


def _days(span: Span) -> Selection:
    return Selection(span.first, span.last)


def _opinions(asked: Sequence[Asked], found: Sequence[Tally]) -> tuple[int, int, int]:
    """Answers to the question, the satisfied, and those who could say; zeros where nothing is asked.

    Without those given with our help, which are told apart.
    """
    if not asked:
        return 0, 0, 0
    own, _assisted = own_and_assisted(found)
    told = heard(asked[0].question, counted(asked[0], own))
    share = told.satisfied
    return told.n or 0, share.successes if share else 0, share.n if share else 0


def _cases(u: Unit, span: Span) -> list[SeenCase]:
    followed = _followed(u, None)
    rows = u.all(select(CaseFact).where(CaseFact.received_on.between(span.before.first, span.last)))
    return [
        SeenCase(
            row.kind,
            row.received_on,
            row.is_open,
            row.answered_on,
            row.answer_due_on,
            row.finding,
            is_owed=row.outcome not in ANSWERS_NOBODY,
            has_follow_up=row.case_id in followed,
        )
        for row in rows
    ]


def _followed(u: Unit, at: datetime | None) -> set[UUID]:
    """Cases from which something follows, by an instant if one is given."""
    wanted = select(CaseEvent.case_id).where(CaseEvent.type.in_(_FOLLOWS))
    return set(u.all(wanted if at is None else wanted.where(CaseEvent.recorded_at <= at)))


def _cases_at(u: Unit, span: Span, at: datetime) -> list[SeenCase]:
    """The cases of both periods, each folded from its events recorded by then."""
    first, last = span.before.first - _DAY, span.last + 2 * _DAY
    cases = u.all(select(Case).where(Case.received_at.between(_midnight(at, first), _midnight(at, last))))
    wanted = {case.id: case for case in cases}
    events: dict[UUID, list[CaseEvent]] = defaultdict(list)
    for event in u.all(
        select(CaseEvent)
        .where(CaseEvent.case_id.in_(list(wanted)), CaseEvent.recorded_at <= at)
        .order_by(CaseEvent.number)
    ):
        events[event.case_id].append(event)
    followed = _followed(u, at)
    return [
        _seen(frame_of(u, wanted[id_]), told, is_followed=id_ in followed) for id_, told in events.items()
    ]


def _midnight(at: datetime, day: date) -> datetime:
    return at.replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0)


def _seen(frame: Frame, events: Sequence[CaseEvent], *, is_followed: bool) -> SeenCase:
    standing = fold(frame, happened(events))
    facts = facts_of(frame, standing)
    return SeenCase(
        standing.kind,
        facts.received_on,
        facts.is_open,
        facts.answered_on,
        facts.answer_due_on,
        facts.finding,
        is_owed=facts.outcome not in ANSWERS_NOBODY,
        has_follow_up=is_followed,
    )


def _actions(u: Unit) -> list[SeenAction]:
    return [SeenAction(due_on, done_on) for due_on, done_on in u.rows(select(Action.due_on, Action.done_on))]


@dataclass(slots=True)
class _Traced:
    due_on: date | None = None
    done_on: date | None = None


def _actions_at(u: Unit, at: datetime) -> list[SeenAction]:
    """Each action as its steps by then tell it."""
    traced: dict[UUID, _Traced] = defaultdict(_Traced)
    steps = u.all(
        select(ActionStep).where(ActionStep.at <= at).order_by(ActionStep.action_id, ActionStep.number)
    )
    for step in steps:
        one = traced[step.action_id]
        one.due_on = step.due_on or one.due_on
        if step.act is ActionAct.DONE:
            one.done_on = local_day(u, step.at)
        elif step.act is ActionAct.REOPENED:
            one.done_on = None
    return [SeenAction(one.due_on, one.done_on) for one in traced.values() if one.due_on is not None]
