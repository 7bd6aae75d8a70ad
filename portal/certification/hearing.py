"""What was heard in a campaign: each question's answers in its days and its place, and in as many before.

A line keeps what it counts by: the question, its meaning, which choices are good and which count at all. So a
closed campaign is counted again from the answers alone, whatever is asked by then.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, select

from portal.certification.report import Count, Span
from portal.core.languages import LANGUAGES
from portal.insight.opinions import asked_now, own_and_assisted, tallies
from portal.insight.selection import Selection
from portal.questionnaires.models import Answer, Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from portal.certification.models import Campaign
    from portal.core.db import Unit
    from portal.insight.opinions import Asked


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a line counts by: an item under one meaning, its good choices, those that count in a share."""

    item_id: UUID
    meaning_rev: int
    good: tuple[str, ...]
    counting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """A question with all its answers, and the satisfied among those who could say: now, and before."""

    by: Yardstick
    wording: Mapping[str, str]
    """By language."""
    n: int
    n_before: int
    now: Count
    before: Count


def heard_in(u: Unit, row: Campaign) -> tuple[Heard, ...]:
    """What was heard so far, question by question as residents get them now; empty when none is asked.

    Without what was said with our help, which is told apart.
    """
    asked = asked_now(u)
    span = Span(row.first_day, row.last_day)
    now, before = (_tallied(u, row, asked, one) for one in (span, span.before))
    return tuple(
        _heard(_by(one), {tag: one.question.said(tag)[0] for tag in LANGUAGES}, now, before) for one in asked
    )


def heard_again(u: Unit, row: Campaign, kept: Sequence[Heard], at: datetime) -> tuple[Heard, ...]:
    """The lines of a closed campaign counted again from the single answers, as they stood at an instant."""
    span = Span(row.first_day, row.last_day)
    items = [one.by.item_id for one in kept]
    now, before = (_answered(u, row, items, one, at) for one in (span, span.before))
    return tuple(_heard(one.by, one.wording, now, before) for one in kept)


Cell = tuple[UUID, int, str]
"""An item, its meaning, a choice."""


def _by(one: Asked) -> Yardstick:
    choices = one.question.choices
    return Yardstick(
        one.item_id,
        one.question.meaning_rev,
        tuple(choice.code for choice in choices if choice.satisfied),
        tuple(choice.code for choice in choices if choice.counts),
    )


def _heard(
    by: Yardstick, wording: Mapping[str, str], now: Mapping[Cell, int], before: Mapping[Cell, int]
) -> Heard:
    (n, told), (n_before, told_before) = _counts(by, now), _counts(by, before)
    return Heard(by, wording, n, n_before, told, told_before)


def _counts(by: Yardstick, cells: Mapping[Cell, int]) -> tuple[int, Count]:
    """All answers of that meaning, and the satisfied among those that count."""
    mine = {
        choice: n for (item, rev, choice), n in cells.items() if (item, rev) == (by.item_id, by.meaning_rev)
    }
    good, counting = (sum(mine.get(code, 0) for code in codes) for codes in (by.good, by.counting))
    return sum(mine.values()), Count(good, counting)


def _tallied(u: Unit, row: Campaign, asked: Sequence[Asked], span: Span) -> Counter[Cell]:
    selection = Selection(span.first, span.last, site_id=row.site_id, agreement_id=row.agreement_id)
    own, _assisted = own_and_assisted(tallies(u, asked, selection))
    found: Counter[Cell] = Counter()
    for one in own:
        if selection.takes(one.site_id, one.team_id, one.agreement_id):
            found[one.item_id, one.meaning_rev, one.choice] += one.n
    return found


def _answered(u: Unit, row: Campaign, items: Iterable[UUID], span: Span, at: datetime) -> Counter[Cell]:
    """The same from the answers; sheets of paper typed after that instant are left out."""
    cell = (Answer.item_id, Answer.meaning_rev, Answer.choice)
    is_its_own = (Response.structure_id == Answer.structure_id) & (Response.id == Answer.response_id)
    wanted = (
        select(*cell, func.count())
        .join(Response, is_its_own)
        .where(
            Answer.item_id.in_(list(items)),
            Answer.day.between(span.first, span.last),
            Answer.assisted.is_(False),
            Response.entered_at.is_(None) | (Response.entered_at <= at),
        )
    )
    for column, place in ((Answer.site_id, row.site_id), (Answer.agreement_id, row.agreement_id)):
        wanted = wanted if place is None else wanted.where(column == place)
    return Counter({(item, rev, choice): n for item, rev, choice, n in u.rows(wanted.group_by(*cell))})


def to_document(found: Iterable[Heard]) -> dict[str, Any]:
    """The lines as they are kept with a closed campaign."""
    return {
        "questions": [
            {
                "item": one.by.item_id.hex,
                "rev": one.by.meaning_rev,
                "good": list(one.by.good),
                "counting": list(one.by.counting),
                "wording": dict(one.wording),
                "n": [one.n, one.n_before],
                "now": [one.now.n, one.now.of],
                "before": [one.before.n, one.before.of],
            }
            for one in found
        ]
    }


def from_document(document: Mapping[str, Any]) -> tuple[Heard, ...]:
    """The lines of a closed campaign."""
    return tuple(
        Heard(
            by=Yardstick(UUID(one["item"]), one["rev"], tuple(one["good"]), tuple(one["counting"])),
            wording=one["wording"],
            n=one["n"][0],
            n_before=one["n"][1],
            now=Count(*one["now"]),
            before=Count(*one["before"]),
        )
        for one in document["questions"]
    )
