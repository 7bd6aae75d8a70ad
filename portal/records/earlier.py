"""Results of surveys held before the portal, as a table tells them: read whole, or refused row by row. Pure.

Nobody can count them again: there are no answers behind them, and the question was another one. So they stand
apart under their own name, and no figure of the portal ever takes them in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from portal.records.activity import read_month
from portal.records.dates import read_day
from portal.records.rules import FIRST_YEAR
from portal.records.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.core.tables import Row

MOST_NAME = 80
MOST_SOURCE = 160
MOST_QUESTION = 160
MOST_N = 1_000_000
MOST_ROWS = 500
_WHOLE = 1000
"""A share of one, in tenths of a percent."""
_HEADINGS = {
    "question": ("question", "item", "indicateur", "libelle"),
    "first": ("du", "debut", "date de debut", "from", "depuis"),
    "last": ("au", "fin", "date de fin", "to", "jusqu au"),
    "period": ("periode", "annee", "mois", "period", "year"),
    "n": ("n", "reponses", "nombre", "base", "nombre de reponses", "effectif", "answers"),
    "satisfied": ("satisfaits", "satisfaites", "favorables", "nombre de satisfaits", "satisfied"),
    "share": ("taux", "part", "pourcentage", "taux de satisfaction", "share"),
}
_YEAR = re.compile(r"\d{4}")
_SHARE = re.compile(r"(\d{1,3})(?:[.,](\d))?\s*%?")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Result:
    """One figure of before: `satisfied` of `n`, or a share in `tenths` of a percent with `n` beside it."""

    first: date
    last: date
    question: str
    n: int
    satisfied: int | None = None
    tenths: int | None = None


@dataclass(frozen=True, slots=True)
class ResultFault:
    """What is wrong with a row: its number (0: the whole table, or the form), the column, one word of why."""

    row: int
    column: str
    reason: str


def read_results(rows: Sequence[Row], today: date) -> tuple[list[Result], list[ResultFault]]:
    """The results of a table, or its faults: all of it or nothing."""
    found = _columns(rows[0].cells if rows else ())
    if missing := _missing(found):
        return [], [ResultFault(0, what, "missing") for what in missing]
    results: list[Result] = []
    faults: list[ResultFault] = []
    for row in rows[1:]:
        if row.is_empty:
            continue
        one, wrong = read_result({what: row.cells[at] for what, at in found.items()}, today)
        faults += [ResultFault(row.number, column, reason) for column, reason in wrong]
        if one is not None and any(_same(one, other) for other in results):
            faults.append(ResultFault(row.number, "question", "double"))
        elif one is not None:
            results.append(one)
    if not (results or faults) or len(results) > MOST_ROWS:
        faults.append(ResultFault(0, "n", "many" if results else "nothing"))
    return ([] if faults else results), faults


def _columns(headings: Sequence[str]) -> dict[str, int]:
    """Where each column stands. A sign of percent makes a share of whatever it is written beside."""
    names = {"taux" if "%" in cell else plain(cell): at for at, cell in enumerate(headings)}
    told = (
        (what, next((names[one] for one in known if one in names), None)) for what, known in _HEADINGS.items()
    )
    return {what: at for what, at in told if at is not None}


def _missing(found: Mapping[str, int]) -> list[str]:
    """The columns that a table must have and this one does not: of two ways to tell, one."""
    ways = (("question",), ("n",), ("period", "first"), ("satisfied", "share"))
    return [way[0] for way in ways if not found.keys() & set(way)]


def read_result(told: Mapping[str, str], today: date) -> tuple[Result | None, list[tuple[str, str]]]:
    """One result from the texts of its columns, by their names in `Result`; or what is wrong, by column."""
    question = " ".join(told.get("question", "").split())
    span = _span(told)
    n, satisfied, tenths = (
        _whole(told.get("n", "")),
        _whole(told.get("satisfied", "")),
        _tenths(told.get("share", "")),
    )
    has_count, has_share = bool(told.get("satisfied", "").strip()), bool(told.get("share", "").strip())
    period = "first" if told.get("first", "").strip() else "period"
    looks = (
        ("question", "empty", not question),
        ("question", "long", len(question) > MOST_QUESTION),
        (period, "form", span is None),
        (period, "order", span is not None and span[1] < span[0]),
        (period, "future", span is not None and span[1] >= today),
        (period, "old", span is not None and span[0].year < FIRST_YEAR),
        ("n", "form", n is None or not 0 < n <= MOST_N),
        ("satisfied", "missing", not (has_count or has_share)),
        ("satisfied", "form", has_count and satisfied is None),
        ("satisfied", "more", satisfied is not None and n is not None and satisfied > n),
        ("share", "form", has_share and tenths is None),
        ("share", "differs", _differ(n, satisfied, tenths)),
    )
    wrong = [(column, reason) for column, reason, is_wrong in looks if is_wrong]
    if wrong or span is None or n is None:
        return None, wrong
    return Result(*span, question, n, satisfied, None if satisfied is not None else tenths), []


def _differ(n: int | None, satisfied: int | None, tenths: int | None) -> bool:
    """Whether a share is not that of the counts beside it, as far as its decimals go: half a percent."""
    if not n or satisfied is None or tenths is None or satisfied > n:
        return False
    return abs(satisfied * _WHOLE / n - tenths) > 5  # noqa: PLR2004 -- tenths: what rounding to a percent takes


def _span(told: Mapping[str, str]) -> tuple[date, date] | None:
    """The days of a result: a first and a last one, or a year, a month, a single day."""
    if told.get("first", "").strip():
        first, last = read_day(told["first"]), read_day(told.get("last", "") or told["first"])
        return (first, last) if first and last else None
    text = told.get("period", "").strip()
    if _YEAR.fullmatch(text):
        return (date(int(text), 1, 1), date(int(text), 12, 31)) if int(text) else None
    month = read_month(text)
    if month is None:
        return None
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return month, after - _DAY


def _whole(text: str) -> int | None:
    digits = "".join(text.split())
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None  # noqa: PLR2004 -- beyond any count


def _tenths(text: str) -> int | None:
    """A share in tenths of a percent; None for what is none, and above 100 %."""
    found = _SHARE.fullmatch(text.strip())
    if found is None:
        return None
    tenths = int(found[1]) * 10 + int(found[2] or 0)
    return tenths if tenths <= _WHOLE else None


def _same(one: Result, other: Result) -> bool:
    return (plain(one.question), one.first, one.last) == (plain(other.question), other.first, other.last)
