"""The arithmetic of figures: shares with their uncertainty, quantiles. Pure, and defined only here.

Both databases give counts; what is computed from them is computed here, so that it cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Z_95 = 1.959964
"""Standard normal quantile of 97.5 %: two-sided intervals of 95 %."""
_DENOMINATOR = 10**6


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, with the interval that chance alone leaves (95 %)."""

    successes: int
    n: int
    value: float
    low: float
    high: float


def wilson(successes: int, n: int, z: float = Z_95) -> tuple[float, float] | None:
    """Low and high bound of a proportion, in 0..1; None when nobody was asked.

    Score interval: Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical
    inference", JASA 22, 209-212. It always contains the share itself. Raises `ValueError` for impossible
    counts.
    """
    if n == 0 and successes == 0:
        return None
    if not 0 <= successes <= n:
        message = f"{successes} among {n}"
        raise ValueError(message)
    p = successes / n
    centre = p + z * z / (2 * n)
    spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, min(p, (centre - spread) / scale)), min(1.0, max(p, (centre + spread) / scale))


def share(successes: int, n: int) -> Share | None:
    """The share with its Wilson interval; None when nobody was asked."""
    bounds = wilson(successes, n)
    return None if bounds is None else Share(successes, n, successes / n, *bounds)


def quantile(values: Iterable[int], p: float) -> int | None:
    """The smallest value that at least a share `p` of all values do not exceed; None for no values.

    Inverted distribution function: type 1 of Hyndman & Fan (1996), "Sample quantiles in statistical
    packages", The American Statistician 50, 361-365. Always one of the values. Raises `ValueError` unless
    0 <= p <= 1.
    """
    if not 0 <= p <= 1:
        message = f"p = {p}"
        raise ValueError(message)
    ordered = sorted(values)
    if not ordered:
        return None
    # As a fraction: in floats 0.1 * 30 lies above 3, and the fourth value would be taken for the third.
    rank = ceil(Fraction(p).limit_denominator(_DENOMINATOR) * len(ordered))
    return ordered[max(rank, 1) - 1]
