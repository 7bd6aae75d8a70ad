"""Counts of periods side by side tell of no few people, however they are taken from one another."""

from __future__ import annotations

from datetime import date
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from portal.insight.floor import is_small
from portal.insight.periods import Counted, shown_together

MONTHS = 6


def over(first: int, last: int, *cells: int, name: str = "") -> Counted:
    """The counts of these months of 2025."""
    return Counted(name or f"{first}-{last}", date(2025, first, 1), date(2025, last, 28), cells)


def test_a_year_and_its_ten_months_do_not_stand_together() -> None:
    assert shown_together([over(1, 12, 168, 32), over(1, 10, 165, 30)]) == {"1-12"}
    assert shown_together([over(1, 12, 168, 32), over(1, 10, 140, 20)]) == {"1-12", "1-10"}, "the control"


def test_nor_a_year_and_all_its_months_but_one_that_is_small() -> None:
    months = [over(month, month, 20, 10) for month in range(1, 12)]
    shown = shown_together([over(1, 12, 11 * 20 + 3, 11 * 10), *months])
    assert "1-12" in shown
    assert len(shown) == 11, "one month more is left out"


def test_periods_that_lie_apart_are_all_shown_and_of_two_that_cross_the_larger() -> None:
    assert shown_together([over(1, 3, 20, 9), over(4, 9, 8, 8)]) == {"1-3", "4-9"}
    assert shown_together([over(1, 6, 20, 9), over(4, 9, 30, 9)]) == {"4-9"}


def test_two_sources_of_one_period_must_not_differ_by_few() -> None:
    assert shown_together([over(1, 12, 80, 20, name="a"), over(1, 12, 80, 20, name="b")]) == {"a", "b"}
    assert len(shown_together([over(1, 12, 80, 20, name="a"), over(1, 12, 78, 22, name="b")])) == 1


SPANS = list(combinations(range(1, MONTHS + 2), 2))


@given(
    st.lists(st.integers(0, 12), min_size=MONTHS, max_size=MONTHS),
    st.lists(st.sampled_from(SPANS), unique=True, max_size=7),
)
def test_no_sum_or_difference_of_what_is_shown_is_a_small_set_of_months(
    months: list[int], spans: list[tuple[int, int]]
) -> None:
    rows = {f"{a}-{b}": (a, b) for a, b in spans}
    counted = [over(a, b - 1, sum(months[a - 1 : b - 1]), name=name) for name, (a, b) in rows.items()]
    shown = [rows[str(name)] for name in shown_together(counted)]
    # Every way to add, leave and take away what is shown that gives a set of whole months.
    found = {(0,) * MONTHS}
    for a, b in shown:
        row = [int(a <= month < b) for month in range(1, MONTHS + 1)]
        found |= {
            tuple(x + sign * y for x, y in zip(one, row, strict=True)) for one in found for sign in (1, -1)
        }
    sets = [one for one in found if set(one) <= {0, 1}]
    totals = [sum(n for n, is_in in zip(months, one, strict=True) if is_in) for one in sets]
    assert not is_small(totals)
