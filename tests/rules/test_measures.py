"""The arithmetic of figures, against values from the literature and as laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.insight.measures import quantile, share, wilson

PUBLISHED = [
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3 (score, no continuity correction)
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]
people = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
delays = st.lists(st.integers(0, 60), min_size=1, max_size=60)


@pytest.mark.parametrize(("successes", "n", "low", "high"), PUBLISHED)
def test_the_interval_is_the_published_one(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_the_plain_interval_would_not_pass_for_wilsons() -> None:
    p, n = 81 / 263, 263
    spread = 1.959964 * (p * (1 - p) / n) ** 0.5
    assert (p - spread, p + spread) != pytest.approx((0.2553, 0.3662), abs=5e-5)


@given(people)
def test_an_interval_contains_its_share_and_stays_between_nothing_and_all(given_: tuple[int, int]) -> None:
    found = share(*given_)
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(people)
def test_more_people_with_the_same_share_leave_less_to_chance(given_: tuple[int, int]) -> None:
    successes, n = given_
    few, many = share(successes, n), share(4 * successes, 4 * n)
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


@given(people)
def test_the_interval_of_the_others_is_the_mirror_image(given_: tuple[int, int]) -> None:
    successes, n = given_
    low, high = wilson(successes, n) or (9, 9)
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low))


def test_nobody_asked_gives_no_share() -> None:
    assert wilson(0, 0) is None
    assert share(0, 0) is None


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 2), (1, 0)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="among"):
        wilson(successes, n)


@pytest.mark.parametrize(
    ("values", "p", "expected"),
    [
        ([15, 20, 35, 40, 50], 0.3, 20),
        ([15, 20, 35, 40, 50], 0.4, 20),
        ([15, 20, 35, 40, 50], 0.5, 35),
        ([15, 20, 35, 40, 50], 1.0, 50),
        ([3, 6, 7, 8, 8, 10, 13, 15, 16, 20], 0.25, 7),
        ([3, 6, 7, 8, 8, 10, 13, 15, 16, 20], 0.5, 8),
        ([3, 6, 7, 8, 8, 10, 13, 15, 16, 20], 0.75, 15),
        (range(1, 31), 0.1, 3),
        ([7], 0.0, 7),
    ],
)
def test_a_quantile_is_the_nearest_rank(values: list[int], p: float, expected: int) -> None:
    assert quantile(values, p) == expected


@given(delays, st.floats(0, 1))
def test_a_quantile_is_one_of_the_values(values: list[int], p: float) -> None:
    assert quantile(values, p) in values


@given(delays, st.integers(0, 100))
def test_it_is_the_smallest_value_that_enough_others_do_not_exceed(values: list[int], percent: int) -> None:
    found = quantile(values, percent / 100)
    assert found is not None
    assert 100 * sum(value <= found for value in values) >= percent * len(values)
    assert all(
        100 * sum(v <= each for v in values) < percent * len(values) for each in values if each < found
    )


@given(delays)
def test_the_order_of_the_values_does_not_matter(values: list[int]) -> None:
    assert quantile(values, 0.9) == quantile(reversed(values), 0.9)


def test_no_values_have_no_quantile() -> None:
    assert quantile([], 0.5) is None


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_a_quantile_lies_between_nothing_and_all(p: float) -> None:
    with pytest.raises(ValueError, match="p ="):
        quantile([1], p)
