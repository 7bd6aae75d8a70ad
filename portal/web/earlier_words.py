"""How results from before the portal are told: apart, under their name, dotted, and never counted again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal, format_percent, gettext

from portal.core.languages import N_
from portal.insight.catalogue import MIN_FOR_PERCENTILES
from portal.insight.periods import Counted, shown_together
from portal.printing.papers import Grid, Head, Heading, Text
from portal.records.series import standing_series
from portal.web.dashboard_words import NOT_SHOWN, NOTHING_TO_TELL, share_with_counts, with_decimal
from portal.web.dates import day_told

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from portal.core.db import Unit
    from portal.printing.papers import Part
    from portal.records.models import EarlierResult
    from portal.records.series import Series

APART = N_("Earlier series, cannot be recalculated")
_MONTH = "LLLL y"
_DECEMBER, _LAST = 12, 31
_A_LINE = 2
"""Points that a line needs."""


@dataclass(frozen=True, slots=True)
class Told:
    """A result as it is printed: period, base and figure; `value` in 0..100 where a point may be drawn."""

    period: str
    n: str
    figure: str
    value: float | None


def result_told(one: EarlierResult, *, is_withheld: bool = False) -> Told:
    """A result as its source tells it: below a base of twenty no share, withheld nothing."""
    period = _period(one)
    if is_withheld:
        return Told(period, gettext(NOT_SHOWN), gettext(NOT_SHOWN), None)
    n, is_few = str(format_decimal(one.n)), one.n < MIN_FOR_PERCENTILES
    if one.satisfied is not None:
        value = None if is_few else 100 * one.satisfied / one.n
        return Told(period, n, share_with_counts(one.satisfied, one.n), value)
    if is_few or one.tenths is None:
        return Told(period, n, NOTHING_TO_TELL, None)
    return Told(period, n, str(format_percent(one.tenths / 1000, with_decimal("#"))), one.tenths / 10)


def _period(one: EarlierResult) -> str:
    first, last = one.first_day, one.last_day
    if (first.month, first.day, last.month, last.day) == (1, 1, _DECEMBER, _LAST):
        years = (first.year, last.year)
        return str(years[0]) if years[0] == years[1] else f"{years[0]} \N{EN DASH} {years[1]}"
    if first.day == 1 and (first.year, first.month) == (last.year, last.month) and last.day > 27:  # noqa: PLR2004 -- the shortest month
        return day_told(first, _MONTH)
    return str(gettext("From %(first)s to %(last)s", first=day_told(first), last=day_told(last)))


def earlier_told(u: Unit, *, is_floored: bool) -> list[dict[str, Any]]:
    """Each series with its questions: the results, and a line through those whose share may be told."""
    found = standing_series(u)
    withheld = _withheld(found) if is_floored else frozenset()
    return [_series(one, withheld) for one in found]


def _withheld(found: Sequence[Series]) -> frozenset[Hashable]:
    """The results that the display floor hides: small ones, and those beside which others would tell of few.

    By question over all series: one survey may stand in two of them.
    """
    by_question: defaultdict[str, list[Counted]] = defaultdict(list)
    for one in found:
        for each in one.results:
            good = each.satisfied if each.satisfied is not None else round((each.tenths or 0) * each.n / 1000)
            cells = (good, each.n - good)
            asked = each.question.rstrip(" .?!").casefold()
            by_question[asked].append(Counted(each.id, each.first_day, each.last_day, cells))
    names = {each.name for several in by_question.values() for each in several}
    shown = {name for several in by_question.values() for name in shown_together(several)}
    return frozenset(names - shown)


def _series(one: Series, withheld: frozenset[Hashable]) -> dict[str, Any]:
    questions = [
        _question(question, [result_told(each, is_withheld=each.id in withheld) for each in several])
        for question, several in groupby(one.results, key=lambda each: each.question)
    ]
    return {"name": one.row.name, "source": one.row.source, "questions": questions}


def _question(question: str, results: Sequence[Told]) -> dict[str, Any]:
    points = [
        {
            "label": one.period,
            "value": one.value,
            "low": one.value,
            "high": one.value,
            "figure": one.figure,
            "n": one.n,
        }
        for one in results
    ]
    has_line = sum(one.value is not None for one in results) >= _A_LINE
    return {
        "question": question,
        "rows": [{"period": one.period, "n": one.n, "figure": one.figure} for one in results],
        "points": points if has_line else [],
        "reading": gettext("%(question)s, as an earlier source tells it.", question=question.rstrip(" .?!")),
    }


def earlier_parts(u: Unit, *, is_floored: bool) -> list[Part]:
    """The same for a paper; nothing where there is none."""
    parts: list[Part] = []
    for series in earlier_told(u, is_floored=is_floored):
        parts += [
            Heading(f"{gettext(APART)} · {series['name']}"),
            Grid(
                [
                    Head(gettext("Question"), wide=True),
                    Head(gettext("Period")),
                    Head("n", numeric=True),
                    Head(gettext("Satisfied"), numeric=True),
                ],
                [
                    [one["question"], row["period"], row["n"], row["figure"]]
                    for one in series["questions"]
                    for row in one["rows"]
                ],
            ),
            Text(
                gettext(
                    "Source: %(source)s. Nobody can count it again: it stands in no other figure.",
                    source=series["source"],
                )
            ),
        ]
    return parts
