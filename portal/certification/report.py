"""The figures of a review: its lines, how they are counted, when a percentage may be printed. Pure.

A line keeps the counts alone. Percentages are made from the counts that stand beside them, at the moment they
are printed, so that a figure on paper can be checked by whoever reads it; below a base of twenty there are
none. (Bulletins of other bodies print changes that their own counts contradict.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from portal.cases.rules import FOUNDED, Kind
from portal.core.languages import N_

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.cases.rules import Finding

BASE = 20
"""The smallest base of a percentage."""
_TENTH = Decimal("0.1")


class Group(StrEnum):
    """What a line counts, which decides who may see a small count."""

    CASES = "cases"
    OPINIONS = "opinions"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Row:
    """A line's words: what it counts, and among what; `whole` is empty for a bare count."""

    id: str
    group: Group
    label: str
    is_share: bool = False


_ROWS: tuple[Row, ...] = (
    Row("opinions", Group.OPINIONS, N_("Opinions")),
    Row("satisfied", Group.OPINIONS, N_("Satisfied, among those who could say"), is_share=True),
    Row("complaints", Group.CASES, N_("Complaints received")),
    Row("answered", Group.CASES, N_("Answered, among those received"), is_share=True),
    Row("open", Group.CASES, N_("Still open, among those received"), is_share=True),
    Row("on_time", Group.CASES, N_("Answered on time, among those whose day has passed"), is_share=True),
    Row("founded", Group.CASES, N_("Justified, wholly or partly, among those concluded"), is_share=True),
    Row(
        "followed",
        Group.CASES,
        N_("With an action or a written reason, among those justified"),
        is_share=True,
    ),
    Row("requests", Group.CASES, N_("Requests received")),
    Row("concerns", Group.CASES, N_("Neighbourhood concerns received")),
    Row("ideas", Group.CASES, N_("Ideas received")),
    Row("thanks", Group.CASES, N_("Words of thanks received")),
    Row("actions_kept", Group.PLAN, N_("Actions done by their day, among those due"), is_share=True),
    Row("actions_done", Group.PLAN, N_("Actions done")),
)
ROWS: dict[str, Row] = {row.id: row for row in _ROWS}
"""By id, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many, and among how many; `of` is None for a bare count."""

    n: int
    of: int | None = None

    @property
    def percent(self) -> Decimal | None:
        """The share, to a tenth; None below the base."""
        return None if self.of is None else percent(self.n, self.of)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page: the period, and the one of the same length before it."""

    id: str
    now: Count
    before: Count

    @property
    def change(self) -> Decimal | None:
        """By how much a bare count changed, to a tenth of a percent; None for a share and below the base."""
        if self.now.of is not None or self.before.n < BASE:
            return None
        return ratio(self.now.n - self.before.n, self.before.n)


def percent(n: int, of: int) -> Decimal | None:
    """So many among `of`, as a percentage to a tenth, halves away from zero; None below the base."""
    return None if of < BASE else ratio(n, of)


def ratio(n: int, of: int) -> Decimal:
    """One number by another, in percent to a tenth."""
    return (Decimal(n * 100) / Decimal(of)).quantize(_TENTH, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, both included."""

    first: date
    last: date

    @property
    def before(self) -> Span:
        """As many days just before."""
        end = self.first - timedelta(days=1)
        return Span(end - (self.last - self.first), end)

    def holds(self, day: date | None) -> bool:
        """Whether the day lies in it."""
        return day is not None and self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class SeenCase:
    """What figures know of a case at an instant."""

    kind: Kind
    received_on: date
    is_open: bool
    answered_on: date | None
    due_on: date | None
    finding: Finding | None
    is_owed: bool
    """False for what was sent twice and what is no real message."""
    has_follow_up: bool


@dataclass(frozen=True, slots=True)
class SeenAction:
    """What figures know of an action at an instant."""

    due_on: date
    done_on: date | None


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a page of figures is counted from, as it stood on the day `today`."""

    today: date
    cases: Sequence[SeenCase]
    actions: Sequence[SeenAction]
    opinions: Mapping[Span, tuple[int, int, int]]
    """By span: opinions, the satisfied among them, those who could say."""


def lines(span: Span, seen: Seen) -> tuple[Line, ...]:
    """Every line of the page, in order."""
    now, before = _counts(span, seen), _counts(span.before, seen)
    return tuple(Line(id_, now[id_], before[id_]) for id_ in ROWS)


def _counts(span: Span, seen: Seen) -> dict[str, Count]:
    cases = [one for one in seen.cases if span.holds(one.received_on)]
    complaints = [one for one in cases if one.kind is Kind.COMPLAINT and one.is_owed]
    due = [one for one in complaints if one.due_on is not None and one.due_on < seen.today]
    founded = [one for one in complaints if one.finding in FOUNDED]
    kinds = {kind: sum(one.kind is kind and one.is_owed for one in cases) for kind in Kind}
    opinions, satisfied, said = seen.opinions.get(span, (0, 0, 0))
    owed = [one for one in seen.actions if span.holds(one.due_on) and one.due_on < seen.today]
    return {
        "opinions": Count(opinions),
        "satisfied": Count(satisfied, said),
        "complaints": Count(len(complaints)),
        "answered": Count(sum(one.answered_on is not None for one in complaints), len(complaints)),
        "open": Count(sum(one.is_open for one in complaints), len(complaints)),
        "on_time": Count(sum(_is_on_time(one) for one in due), len(due)),
        "founded": Count(len(founded), sum(one.finding is not None for one in complaints)),
        "followed": Count(sum(one.has_follow_up for one in founded), len(founded)),
        "requests": Count(kinds[Kind.REQUEST]),
        "concerns": Count(kinds[Kind.CONCERN]),
        "ideas": Count(kinds[Kind.IDEA]),
        "thanks": Count(kinds[Kind.THANKS]),
        "actions_kept": Count(sum(_is_kept(one) for one in owed), len(owed)),
        "actions_done": Count(sum(span.holds(one.done_on) for one in seen.actions)),
    }


def _is_on_time(one: SeenCase) -> bool:
    return one.answered_on is not None and one.due_on is not None and one.answered_on <= one.due_on


def _is_kept(one: SeenAction) -> bool:
    return one.done_on is not None and one.done_on <= one.due_on


def to_document(found: Sequence[Line]) -> dict[str, Any]:
    """The counts as they are kept with a closed review."""
    return {
        "lines": [
            {"id": one.id, "n": one.now.n, "of": one.now.of, "was": one.before.n, "was_of": one.before.of}
            for one in found
        ]
    }


def from_document(document: Mapping[str, Any]) -> tuple[Line, ...]:
    """The lines of a closed review; one that this version does not know any more is left out."""
    return tuple(
        Line(one["id"], Count(one["n"], one["of"]), Count(one["was"], one["was_of"]))
        for one in document["lines"]
        if one["id"] in ROWS
    )
