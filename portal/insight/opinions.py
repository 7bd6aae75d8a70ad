"""What residents answered: counts by question, place and month, and what of them a reader may see.

Whole months are read from the rollup, which is exact for them and does not grow with the answers: a code
keeps its team and agreement for life, so the rollup's code tells both, and what comes without a code has
neither. Days are counted on the answers themselves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.channels.models import Code
from portal.core.errors import NotFound
from portal.insight.floor import Level
from portal.insight.measures import Share, share
from portal.insight.selection import month_of
from portal.questionnaires.models import Answer, Response, RollupMonth
from portal.questionnaires.queries import published, published_by
from portal.questionnaires.rules import ItemKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from portal.core.db import Unit
    from portal.insight.selection import Selection
    from portal.questionnaires.queries import Published
    from portal.questionnaires.rules import Question

OTHER_MEANING = ""
"""Stands for the choices of a question under an earlier meaning: counted, never pooled."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with choices that residents get now, and the id of its item."""

    item_id: UUID
    question: Question


@dataclass(frozen=True, slots=True)
class Tally:
    """How many made one choice at one place; `month` is the first day of the month.

    `assisted` is whether staff helped them: those are counted apart (`own_and_assisted`).
    """

    item_id: UUID
    meaning_rev: int
    choice: str
    month: date
    site_id: UUID
    team_id: UUID | None
    agreement_id: UUID | None
    n: int
    assisted: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What was answered to one question: as much as the level allows, else None.

    `n` counts every answer, `satisfied` those that count in a share, `choices` each choice by its code.
    """

    question: Question
    level: Level
    n: int | None = None
    satisfied: Share | None = None
    choices: Mapping[str, int] | None = None


def asked_now(u: Unit) -> tuple[Asked, ...]:
    """The questions with choices of what residents get now, in order; empty when nothing is published."""
    try:
        return _asked(published(u))
    except NotFound:
        return ()


def asked_at(u: Unit, at: datetime) -> tuple[Asked, ...]:
    """The same of what residents got at an instant; empty when nothing had been published by then."""
    shown = published_by(u, at)
    return () if shown is None else _asked(shown)


def _asked(shown: Published) -> tuple[Asked, ...]:
    return tuple(
        Asked(shown.items[question.code], question)
        for question in shown.form.questions
        if question.kind is not ItemKind.TEXT
    )


def tallies_by_month(u: Unit, asked: Sequence[Asked], since: date, until: date) -> list[Tally]:
    """Counts of the whole months from that of `since` to that of `until`, for all places."""
    cell = (
        RollupMonth.item_id,
        RollupMonth.meaning_rev,
        RollupMonth.choice,
        RollupMonth.month,
        RollupMonth.assisted,
    )
    place = (RollupMonth.site_id, Code.team_id, Code.agreement_id)
    is_its_code = (Code.structure_id == RollupMonth.structure_id) & (Code.id == RollupMonth.code_id)
    rows = u.rows(
        select(*cell, *place, func.sum(RollupMonth.n))
        .join(Code, is_its_code, isouter=True)
        .where(
            RollupMonth.item_id.in_([one.item_id for one in asked]),
            RollupMonth.month.between(month_of(since), month_of(until)),
        )
        .group_by(*cell, *place)
    )
    return [
        Tally(item, rev, choice, month, site, team, agreement, int(n), assisted)
        for item, rev, choice, month, assisted, site, team, agreement, n in rows
        if n
    ]


def tallies_by_day(
    u: Unit, asked: Sequence[Asked], since: date, until: date, *, typed_by: datetime | None = None
) -> list[Tally]:
    """Counts of the days, both ends included, all under the month of `since`, for all places.

    `typed_by` leaves out the sheets of paper that staff typed after that instant.
    """
    cell = (Answer.item_id, Answer.meaning_rev, Answer.choice, Answer.assisted)
    place = (Answer.site_id, Answer.team_id, Answer.agreement_id)
    wanted = select(*cell, *place, func.count()).where(
        Answer.item_id.in_([one.item_id for one in asked]), Answer.day.between(since, until)
    )
    if typed_by is not None:
        is_its_own = (Response.structure_id == Answer.structure_id) & (Response.id == Answer.response_id)
        by_then = Response.entered_at.is_(None) | (Response.entered_at <= typed_by)
        wanted = wanted.join(Response, is_its_own).where(by_then)
    rows = u.rows(wanted.group_by(*cell, *place))
    month = month_of(since)
    return [
        Tally(item, rev, choice, month, site, team, agreement, n, assisted)
        for item, rev, choice, assisted, site, team, agreement, n in rows
    ]


def tallies(u: Unit, asked: Sequence[Asked], selection: Selection) -> list[Tally]:
    """Counts of the selection's days, exact to the day, for all places."""
    count = tallies_by_month if selection.is_whole_months else tallies_by_day
    return count(u, asked, selection.start, selection.end) if asked else []


def own_and_assisted(found: Iterable[Tally]) -> tuple[list[Tally], list[Tally]]:
    """What people answered by themselves, which every share is made of; and with the help of staff."""
    parts: tuple[list[Tally], list[Tally]] = ([], [])
    for one in found:
        parts[one.assisted].append(one)
    return parts


def counted(asked: Asked, found: Iterable[Tally]) -> Counter[str]:
    """How often each choice of a question was made; what had another meaning then stands apart."""
    counts: Counter[str] = Counter()
    for one in found:
        if one.item_id == asked.item_id:
            same = one.meaning_rev == asked.question.meaning_rev
            counts[one.choice if same else OTHER_MEANING] += one.n
    return counts


def only_counting(asked: Sequence[Asked], found: Sequence[Tally]) -> tuple[tuple[Asked, ...], list[Tally]]:
    """The questions and counts without what stands outside of every share.

    For readers bound by the floor: the few who do not know would be found by subtraction, and would withhold
    nearly every share.
    """
    kept = tuple(
        Asked(one.item_id, replace(one.question, choices=tuple(c for c in one.question.choices if c.counts)))
        for one in asked
    )
    counting = {
        (one.item_id, one.question.meaning_rev, choice.code)
        for one in kept
        for choice in one.question.choices
    }
    return kept, [one for one in found if (one.item_id, one.meaning_rev, one.choice) in counting]


def cells(question: Question, counts: Mapping[str, int], level: Level) -> tuple[int, ...]:
    """The counts that a level tells, one way or another: what the display floor has to look at."""
    if level is Level.CHOICES:
        return tuple(counts.get(code, 0) for code in _codes(question))
    if level is Level.SHARE:
        good, n = _satisfied(question, counts)
        return good, n - good, sum(counts.values()) - n
    return (sum(counts.values()),)


def heard(question: Question, counts: Mapping[str, int], level: Level = Level.CHOICES) -> Heard:
    """What the level tells of these counts."""
    return Heard(
        question,
        level,
        n=sum(counts.values()) if level >= Level.COUNT else None,
        satisfied=share(*_satisfied(question, counts)) if level >= Level.SHARE else None,
        choices={choice.code: counts.get(choice.code, 0) for choice in question.choices}
        if level >= Level.CHOICES
        else None,
    )


def _codes(question: Question) -> list[str]:
    return [*(choice.code for choice in question.choices), OTHER_MEANING]


def _satisfied(question: Question, counts: Mapping[str, int]) -> tuple[int, int]:
    good = sum(counts.get(choice.code, 0) for choice in question.choices if choice.satisfied)
    return good, sum(counts.get(choice.code, 0) for choice in question.choices if choice.counts)
