"""Which counts of periods that overlap may stand side by side, so that no few people follow by subtraction.

A year beside its first ten months tells the rest. The counts come from elsewhere, and nobody knows what lies
behind them: so only periods that lie apart or within one another are shown together, in a tree, and what is
left of each without those within it is never small. Every difference that can be worked out is a sum of such
remainders, and so is not small either. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portal.insight.floor import is_small

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from datetime import date

Cells = tuple[int, ...]


@dataclass(slots=True)
class Counted:
    """The counts of a period, from its first to its last day; cells in the same order for all."""

    name: Hashable
    first: date
    last: date
    cells: Cells
    within: list[Counted] = field(default_factory=list)
    """Those shown that lie in it, without those that lie in one of these."""

    def holds(self, other: Counted) -> bool:
        """Whether the other lies in it."""
        return self.first <= other.first and other.last <= self.last

    def meets(self, other: Counted) -> bool:
        """Whether they share a day."""
        return self.first <= other.last and other.first <= self.last


def shown_together(counted: Iterable[Counted]) -> set[Hashable]:
    """The names of those that may be shown together; the largest come first, what would tell too much not.

    Of two that cross the smaller one is left out, and every one that has a small cell itself.
    """
    top: list[Counted] = []
    known: set[Hashable] = set()
    for one in sorted(counted, key=lambda each: (-sum(each.cells), each.first, each.last)):
        if not is_small(one.cells) and _took(top, one):
            known.add(one.name)
    return known


def _took(top: list[Counted], one: Counted) -> bool:
    """True once the period has its place in the tree; False, and nothing changed, if it would tell of few."""
    around, beside = [], top
    while (home := next((each for each in beside if each.holds(one)), None)) is not None:
        around.append(home)
        beside = home.within
    inside = [each for each in beside if one.holds(each)]
    others = [each for each in beside if not one.holds(each)]
    left = [(each, [one]) for each in around] + [(one, [each]) for each in _all(inside)]
    left += [(one, inside)] if inside else []
    left += [(around[-1], [*others, one])] if around else []
    if any(each.meets(one) for each in others) or any(is_small(_rest(*each)) for each in left):
        return False
    one.within, beside[:] = inside, [*others, one]
    return True


def _all(several: Iterable[Counted]) -> Iterator[Counted]:
    for one in several:
        yield one
        yield from _all(one.within)


def _rest(whole: Counted, parts: Iterable[Counted]) -> Cells:
    """What is left of a period without these; how far the sources contradict each other counts alike."""
    columns = zip(whole.cells, *(one.cells for one in parts), strict=True)
    return tuple(abs(first - sum(rest)) for first, *rest in columns)
