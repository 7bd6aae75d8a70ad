"""Whether an action helped: complaints of one motif before and after, compared with their uncertainty. Pure.

Counts of rare events in two stretches of time are taken as Poisson. Given their sum, the later count is
binomial with p = r·b / (a + r·b), where a and b are the days before and after and r is the ratio of the rates
(Przyborowski & Wilenski 1940, "Homogeneity of results in testing samples from Poisson series", Biometrika 31,
313-323). The exact interval of that p (Clopper & Pearson 1934, Biometrika 26, 404-413) gives that of r; it is
never narrower than it says. Nobody types a result, and "not enough data yet" is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from math import exp, fsum, inf, lgamma, log, log1p
from typing import TYPE_CHECKING

from portal.core.languages import N_

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

ALPHA = 0.05
"""Two-sided: intervals of 95 %."""
MONTH_DAYS = 30.4375
"""Days of a mean month, in which rates are told."""
WINDOW = timedelta(days=365)
"""At most a year before and a year after, so that every season stands on both sides."""
LEAST_DAYS = 60
"""Days that must lie on each side before anything is said."""
LEAST_SORTED = 0.8
"""Share of the complaints of a side whose motif is known; below it a motif not given looks like an effect."""
_STEPS = 80
"""Halvings of an interval, beyond the precision of a float."""


class Verdict(StrEnum):
    """What can be said of an effect."""

    BETTER = "better"
    WORSE = "worse"
    NO_CHANGE = "no_change"
    NOT_YET = "not_yet"
    TOO_FEW = "too_few"
    UNSORTED = "unsorted"
    UNCOUNTED = "uncounted"


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """A verdict's line: its word, its tone on the page, why it is so."""

    label: str
    tone: str
    why: str
    is_data_missing: bool = False


_NOT_ENOUGH = N_("Not enough data yet")

VERDICTS: dict[Verdict, VerdictRow] = {
    Verdict.BETTER: VerdictRow(
        N_("Better"), "done", N_("Fewer messages of this subject than before; chance alone rarely does that.")
    ),
    Verdict.WORSE: VerdictRow(
        N_("Worse"), "late", N_("More messages of this subject than before; chance alone rarely does that.")
    ),
    Verdict.NO_CHANGE: VerdictRow(
        N_("No change seen"), "", N_("The difference is one that chance alone makes often.")
    ),
    Verdict.NOT_YET: VerdictRow(
        _NOT_ENOUGH,
        "waiting",
        N_("%(days)d days are needed before and after the action."),
        is_data_missing=True,
    ),
    Verdict.TOO_FEW: VerdictRow(
        _NOT_ENOUGH,
        "waiting",
        N_("So few messages that no difference between them could tell anything."),
        is_data_missing=True,
    ),
    Verdict.UNSORTED: VerdictRow(
        _NOT_ENOUGH,
        "waiting",
        N_("Too many complaints of these days have no subject: choose it on their pages."),
        is_data_missing=True,
    ),
    Verdict.UNCOUNTED: VerdictRow(
        N_("Nothing to count"), "waiting", N_("The action has no subject: say what it should change.")
    ),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One stretch of time: first and last day, complaints of the motif, of all, with any motif."""

    first: date
    last: date
    n: int
    of_all: int
    sorted_n: int

    @property
    def days(self) -> int:
        """How many days it has; 0 when it ends before it begins."""
        return max(0, (self.last - self.first).days + 1)

    @property
    def per_month(self) -> float | None:
        """Complaints of the motif per mean month; None without a day."""
        return self.n / self.days * MONTH_DAYS if self.days else None

    @property
    def is_sorted(self) -> bool:
        """Whether enough of its complaints have a motif; a side without a complaint is."""
        return self.sorted_n >= LEAST_SORTED * self.of_all


@dataclass(frozen=True, slots=True)
class Effect:
    """Before and after, the ratio of the rates with its interval, and what can be said of it.

    `ratio` is None without a complaint before (nothing to divide by); `high` is then infinite.
    """

    before: Side
    after: Side
    ratio: float | None
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Windows:
    """The days that are compared: up to the day before the action was done, and from the day after it."""

    before: tuple[date, date]
    after: tuple[date, date]


def windows(done_on: date, today: date, known_since: date) -> Windows:
    """At most a year on either side; none of the days before motifs were given, nor the day itself."""
    day = timedelta(days=1)
    first = max(done_on - WINDOW, known_since)
    return Windows((first, done_on - day), (done_on + day, min(done_on + WINDOW, today)))


def effect_of(before: Side, after: Side) -> Effect:
    """The effect that two counted sides show."""
    if not (before.days and after.days):
        return Effect(before, after, None, 0.0, inf, Verdict.NOT_YET)
    low, high = rate_ratio_interval(before.n, before.days, after.n, after.days)
    ratio = (after.n / after.days) / (before.n / before.days) if before.n else None
    return Effect(before, after, ratio, low, high, _verdict(before, after, low, high))


def _verdict(before: Side, after: Side, low: float, high: float) -> Verdict:
    """The first that holds, in this order: what is missing is said before what is seen."""
    rows = (
        (Verdict.NOT_YET, min(before.days, after.days) < LEAST_DAYS),
        (Verdict.UNSORTED, not (before.is_sorted and after.is_sorted)),
        (Verdict.TOO_FEW, not can_tell(before.n + after.n, before.days, after.days)),
        (Verdict.BETTER, high < 1),
        (Verdict.WORSE, low > 1),
    )
    return next((verdict for verdict, holds in rows if holds), Verdict.NO_CHANGE)


def can_tell(total: int, days_before: int, days_after: int) -> bool:
    """Whether some way to share out so many complaints would be a change; else none can be seen at all."""
    none_after = rate_ratio_interval(total, days_before, 0, days_after)
    none_before = rate_ratio_interval(0, days_before, total, days_after)
    return none_after[1] < 1 or none_before[0] > 1


def rate_ratio_interval(
    n_before: int, days_before: int, n_after: int, days_after: int, alpha: float = ALPHA
) -> tuple[float, float]:
    """Low and high bound of (rate after / rate before); 0 and infinity where nothing bounds it.

    Raises `ValueError` for negative counts or a side without a day.
    """
    if min(n_before, n_after) < 0 or min(days_before, days_after) <= 0:
        message = f"{n_before} in {days_before} days, {n_after} in {days_after}"
        raise ValueError(message)
    low, high = proportion_interval(n_after, n_before + n_after, alpha)
    scale = days_before / days_after
    return low / (1 - low) * scale if low < 1 else inf, high / (1 - high) * scale if high < 1 else inf


@lru_cache(maxsize=4096)
def proportion_interval(k: int, n: int, alpha: float = ALPHA) -> tuple[float, float]:
    """The exact interval of a proportion of which k in n were seen; (0, 1) when nothing was."""
    low = 0.0 if k == 0 else _where(lambda p: at_least(k, n, p) >= alpha / 2)
    high = 1.0 if k == n else _where(lambda p: 1 - at_least(k + 1, n, p) <= alpha / 2)
    return low, high


def _where(holds: Callable[[float], bool]) -> float:
    """The smallest p in 0..1 from which on a condition holds that, once it does, goes on."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return (low + high) / 2


def at_least(k: int, n: int, p: float) -> float:
    """The chance of k or more successes in n tries of chance p."""
    if k <= 0:
        return 1.0
    if k > n or p <= 0:
        return 0.0
    if p >= 1:
        return 1.0
    sure, unsure = log(p), log1p(-p)
    ways = lgamma(n + 1)
    return min(
        1.0,
        fsum(
            exp(ways - lgamma(i + 1) - lgamma(n - i + 1) + i * sure + (n - i) * unsure)
            for i in range(k, n + 1)
        ),
    )
