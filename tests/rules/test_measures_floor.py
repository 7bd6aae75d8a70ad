"""The display floor as a law: adding and subtracting what is shown finds no cell of one to four people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st
from insight_attack import found_by_attack

from portal.insight.floor import FLOOR, Group, releasable

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

Cells = dict["Hashable", tuple[int, ...]]


def groups_of(cells: Mapping[Hashable, tuple[int, ...]]) -> list[Group]:
    """The structure, its sites and its agreements, for atoms (site, agreement)."""
    places = [
        Group(("site", "agreement")[axis], name, frozenset(atom for atom in cells if atom[axis] == name))  # type: ignore[index]  # atoms are pairs here
        for axis in (0, 1)
        for name in sorted({atom[axis] for atom in cells})  # type: ignore[index]  # atoms are pairs here
    ]
    return [Group("all", "all", frozenset(cells)), *places]


counts = st.one_of(st.integers(0, 6), st.integers(0, 40))
tables = st.dictionaries(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["x", "y", "-"])),
    st.tuples(counts, counts),
    min_size=1,
    max_size=7,
).map(lambda table: dict(table.items()))


@settings(max_examples=400, deadline=None)
@given(tables)
@example({("A", "x"): (10, 10), ("A", "-"): (2, 0), ("B", "-"): (9, 9)})
def test_no_sum_or_difference_of_what_is_shown_tells_of_fewer_than_five(table: Cells) -> None:
    shown = releasable(groups_of(table), table)
    assert found_by_attack(shown, table) == []


def test_without_complementary_suppression_the_attack_succeeds() -> None:
    table: Cells = {("A", "-"): (20,), ("B", "-"): (3,)}
    only_small_hidden = [one for one in groups_of(table) if one.name in {"all", "A"}]
    assert found_by_attack(only_small_hidden, table)


def test_a_second_place_is_withheld_beside_a_small_one() -> None:
    table: Cells = {("A", "-"): (20,), ("B", "-"): (3,), ("C", "-"): (8,)}
    assert {one.name for one in releasable(groups_of(table), table)} == {"all", "-", "A"}


def test_all_is_shown_where_nothing_is_small() -> None:
    table: Cells = {("A", "x"): (20, 5), ("B", "y"): (FLOOR, 0)}
    assert len(releasable(groups_of(table), table)) == 5


def test_nothing_is_shown_of_a_place_that_heard_four() -> None:
    table: Cells = {("A", "x"): (4,)}
    assert releasable(groups_of(table), table) == frozenset()


def test_an_empty_place_is_shown_as_empty() -> None:
    table: Cells = {("A", "x"): (0,), ("B", "y"): (9,)}
    assert "A" in {one.name for one in releasable(groups_of(table), table)}
