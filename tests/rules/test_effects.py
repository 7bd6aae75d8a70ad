"""Before and after an action, against sums of fractions, and what the verdicts promise."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import comb, inf, isclose, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certification.effects import (
    LEAST_DAYS,
    VERDICTS,
    WINDOW,
    Side,
    Verdict,
    at_least,
    can_tell,
    effect_of,
    proportion_interval,
    rate_ratio_interval,
    windows,
)

DAY = date(2027, 3, 24)
COUNTS, DAYS = st.integers(0, 40), st.integers(1, 365)


def tail(k: int, n: int, p: Fraction) -> Fraction:
    """The chance of k or more successes, as a sum of fractions."""
    return sum((comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1)), Fraction(0))


def side(n: int, days: int, of_all: int | None = None, sorted_n: int | None = None) -> Side:
    """A side of so many days with so many complaints, all of them with a motif unless said."""
    every = n if of_all is None else of_all
    return Side(DAY, DAY + timedelta(days=days - 1), n, every, every if sorted_n is None else sorted_n)


@given(n=st.integers(0, 60), share=st.integers(0, 60), thousandth=st.integers(0, 1000))
def test_the_tail_of_a_binomial_is_that_of_fractions(n: int, share: int, thousandth: int) -> None:
    k, p = min(share, n + 1), Fraction(thousandth, 1000)
    assert isclose(at_least(k, n, float(p)), float(tail(k, n, p)), rel_tol=1e-9, abs_tol=1e-12)


@given(n=st.integers(1, 60), data=st.data())
def test_the_bounds_of_a_share_are_where_chance_leaves_a_fortieth_on_each_side(
    n: int, data: st.DataObject
) -> None:
    k = data.draw(st.integers(0, n))
    low, high = proportion_interval(k, n)
    assert 0 <= low <= k / n <= high <= 1
    if k:
        assert isclose(float(tail(k, n, Fraction(low))), 0.025, rel_tol=1e-6)
    else:
        assert low == 0
    if k < n:
        assert isclose(1 - float(tail(k + 1, n, Fraction(high))), 0.025, rel_tol=1e-6)
    else:
        assert high == 1


def test_an_interval_from_a_table_is_found() -> None:
    # Clopper & Pearson (1934), as printed in every table since: 2 of 10 gives 2.52 % to 55.61 %.
    low, high = proportion_interval(2, 10)
    assert (round(low, 4), round(high, 4)) == (0.0252, 0.5561)


@given(a=COUNTS, days_a=DAYS, b=COUNTS, days_b=DAYS)
def test_the_interval_of_a_ratio_holds_the_ratio_and_turns_over_with_its_sides(
    a: int, days_a: int, b: int, days_b: int
) -> None:
    low, high = rate_ratio_interval(a, days_a, b, days_b)
    if a:
        assert low <= (b / days_b) / (a / days_a) * (1 + 1e-9)
        assert high >= (b / days_b) / (a / days_a) * (1 - 1e-9)
    back_low, back_high = rate_ratio_interval(b, days_b, a, days_a)
    assert isclose(low, turned_over(back_high), rel_tol=1e-6)
    assert isclose(high, turned_over(back_low), rel_tol=1e-6)


def turned_over(ratio: float) -> float:
    """The ratio of the sides taken the other way round."""
    return 1 / ratio if ratio else inf


@pytest.mark.parametrize("n", [6, 12, 25, 60])
def test_where_nothing_changed_a_change_is_seen_once_in_twenty_at_most(n: int) -> None:
    # Given how many there are, each falls on either side by a coin: the chances are summed exactly.
    seen = [k for k in range(n + 1) if not can_be_equal(n - k, k)]
    assert seen, "the interval is no wider than it must be"
    assert sum(comb(n, k) * Fraction(1, 2) ** n for k in seen) <= Fraction(1, 20)


def can_be_equal(before: int, after: int) -> bool:
    """Whether two sides of the same length may have the same rate."""
    low, high = rate_ratio_interval(before, 180, after, 180)
    return low <= 1 <= high


@given(sides=st.tuples(COUNTS, DAYS, COUNTS, DAYS), of_all=st.integers(0, 80), known=st.integers(0, 80))
def test_a_verdict_says_what_its_numbers_say(
    sides: tuple[int, int, int, int], of_all: int, known: int
) -> None:
    a, days_a, b, days_b = sides
    before = side(a, days_a, a + of_all, a + min(known, of_all))
    effect = effect_of(before, side(b, days_b))
    verdict = effect.verdict
    if verdict is Verdict.BETTER:
        assert effect.high < 1
        assert b / days_b < a / days_a
    elif verdict is Verdict.WORSE:
        assert effect.low > 1
    elif verdict is Verdict.NO_CHANGE:
        assert effect.low <= 1 <= effect.high
    elif verdict is Verdict.TOO_FEW:
        # The oracle: no way to share these complaints out would have been called a change.
        every = (rate_ratio_interval(a + b - k, days_a, k, days_b) for k in range(a + b + 1))
        assert all(low <= 1 <= high for low, high in every)
    else:
        assert (verdict is Verdict.NOT_YET) == (min(days_a, days_b) < LEAST_DAYS)
        assert VERDICTS[verdict].is_data_missing


@given(total=st.integers(0, 30), days_a=DAYS, days_b=DAYS)
def test_what_cannot_tell_is_found_by_trying_every_split(total: int, days_a: int, days_b: int) -> None:
    every = [rate_ratio_interval(total - k, days_a, k, days_b) for k in range(total + 1)]
    assert can_tell(total, days_a, days_b) == any(high < 1 or low > 1 for low, high in every)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (side(24, 365), side(2, 180), Verdict.BETTER),
        (side(2, 180), side(24, 180), Verdict.WORSE),
        (side(10, 180), side(9, 180), Verdict.NO_CHANGE),
        (side(3, 180), side(2, 180), Verdict.TOO_FEW),
        (side(24, 365), side(0, 59), Verdict.NOT_YET),
        (side(24, 365), Side(DAY, DAY - timedelta(days=1), 0, 0, 0), Verdict.NOT_YET),
        (side(24, 365), side(2, 180, of_all=20, sorted_n=15), Verdict.UNSORTED),
        (side(0, 365), side(20, 180), Verdict.WORSE),
    ],
)
def test_a_plain_case_gets_its_plain_verdict(before: Side, after: Side, verdict: Verdict) -> None:
    assert effect_of(before, after).verdict is verdict


def test_every_verdict_has_its_words() -> None:
    assert set(VERDICTS) == set(Verdict)


@given(done=st.dates(date(2020, 1, 1), date(2030, 1, 1)), ago=st.integers(0, 900), known=st.integers(0, 900))
def test_the_day_itself_is_on_no_side_and_no_side_is_longer_than_a_year(
    done: date, ago: int, known: int
) -> None:
    today, since = done + timedelta(days=ago), done - timedelta(days=known)
    spans = windows(done, today, since)
    assert spans.before[1] < done < spans.after[0]
    assert spans.before[0] >= since
    assert spans.after[1] <= today
    for first, last in (spans.before, spans.after):
        assert (last - first) + timedelta(days=1) <= WINDOW


def test_an_impossible_count_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        rate_ratio_interval(-1, 10, 1, 10)
    with pytest.raises(ValueError, match="0 days"):
        rate_ratio_interval(1, 0, 1, 10)
    assert at_least(0, 5, 0.0) == 1
    assert at_least(6, 5, 0.5) == 0
    assert nextafter(1, 0) < at_least(3, 5, 1.0) == 1
