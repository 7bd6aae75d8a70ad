"""The display floor: which counts may be shown together, so that no cell of one to four people is found out.

For readers whom the floor binds (decisions, 5) a count of 1 to 4 is withheld, and so is every count that
would let a withheld one be found by subtraction. A group is shown or withheld whole: all its cells, or none.
So the question is only which groups (the structure, its sites, teams, agreements, its months) are shown
together. Pure: it knows groups as sets of atoms, which no address of the portal tells further apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping

FLOOR = 5
"""The smallest count that is shown, besides zero."""
_MOST_REMAINDERS = 300
"""Beyond it a group is withheld unexamined: a structure with dozens of places that cross one another."""

Row = dict["Hashable", Fraction]


class Level(IntEnum):
    """How much of a group is told: how many in all, how many of them well, each choice."""

    NOTHING = 0
    COUNT = 1
    SHARE = 2
    CHOICES = 3


@dataclass(frozen=True, slots=True)
class Group:
    """A count that a page could show: its dimension (groups of one never overlap), its name, its atoms."""

    dimension: str
    name: Hashable
    atoms: frozenset[Hashable]


def is_small(cells: Iterable[int]) -> bool:
    """Whether one of the cells tells of one to four people."""
    return any(0 < n < FLOOR for n in cells)


def releasable(groups: Collection[Group], cells: Mapping[Hashable, tuple[int, ...]]) -> frozenset[Group]:
    """The groups that may be shown together; `cells` are the counts of each atom, in the same order for all.

    The largest come first, so that what covers most is kept. No sum or difference of shown groups gives a
    group or an atom with a small cell, nor leaves a small remainder of a group without those inside it.
    """
    known = {atom: counts for atom, counts in cells.items() if any(counts)}
    if not any(is_small(counts) for counts in known.values()):
        return frozenset(groups)  # sums of what is not small are never small
    wanted = [Group(one.dimension, one.name, one.atoms.intersection(known)) for one in groups]
    names = {(one.dimension, one.name): one for one in groups}
    secrets = {one.atoms for one in wanted} | {frozenset({atom}) for atom in known}
    secrets |= {each for a in wanted for b in wanted for each in (a.atoms & b.atoms, a.atoms - b.atoms)}
    span = _Span([_row(atoms) for atoms in secrets if is_small(_sum(known, atoms))])
    shown: list[Group] = []
    for group in sorted(wanted, key=lambda one: (-sum(_sum(known, one.atoms)), str(one.name))):
        if is_small(_sum(known, group.atoms)) or _leaves_small([*shown, group], known):
            continue
        if span.took(_row(group.atoms)):
            shown.append(group)
    return frozenset(names[one.dimension, one.name] for one in shown)


def levels(
    groups: Iterable[Group], cells: Callable[[Level], Mapping[Hashable, tuple[int, ...]]], upto: Level
) -> dict[Group, Level]:
    """How much of each group may be told; `cells` gives the counts of the atoms that a level tells."""
    kept = frozenset(groups)
    found = dict.fromkeys(kept, Level.NOTHING)
    for level in (Level.COUNT, Level.SHARE, Level.CHOICES)[:upto]:
        kept = releasable(kept, cells(level))
        found.update(dict.fromkeys(kept, level))
    return found


def _sum(known: Mapping[Hashable, tuple[int, ...]], atoms: Iterable[Hashable]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*(known[atom] for atom in atoms), strict=True))


def _row(atoms: Iterable[Hashable]) -> Row:
    return dict.fromkeys(atoms, Fraction(1))


def _leaves_small(shown: list[Group], known: Mapping[Hashable, tuple[int, ...]]) -> bool:
    """Whether a group, without some of the shown groups inside it, is a remainder with a small cell.

    Gives up, and says yes, where there are too many ways to look: then less is shown, never more.
    """
    sets = {one.atoms for one in shown if one.atoms}
    waiting = list(_wholes(shown))
    seen: set[frozenset[Hashable]] = set()
    while waiting:
        rest = waiting.pop()
        inside = {each for each in sets if each < rest}
        # Taken away at once: what is left with them is the sum of two that are looked at anyway.
        apart = {one for one in inside if all(one <= two or two <= one or not one & two for two in inside)}
        rest = rest.difference(*apart)
        if rest in seen:
            continue
        seen.add(rest)
        if len(seen) > _MOST_REMAINDERS or is_small(_sum(known, rest)):
            return True
        waiting.extend(rest - each for each in inside if each < rest)
    return False


def _wholes(shown: list[Group]) -> set[frozenset[Hashable]]:
    """Shown groups, and for each the union of the groups of another dimension that cover it together."""
    found = {one.atoms for one in shown}
    for group in shown:
        for dimension in {one.dimension for one in shown} - {group.dimension}:
            met = [one.atoms for one in shown if one.dimension == dimension and one.atoms & group.atoms]
            cover = frozenset().union(*met)
            if group.atoms <= cover:
                found.add(cover)
    return found


@dataclass(slots=True)
class _Span:
    """All sums and differences of the rows taken so far, and what is left of the secrets besides them."""

    secrets: list[Row]
    basis: list[tuple[Hashable, Row]] = field(default_factory=list)

    def took(self, row: Row) -> bool:
        """True once the row is added; False, and nothing changed, when a secret would follow from it."""
        new = dict(row)
        for pivot, other in self.basis:
            _subtract(new, other, new.get(pivot, Fraction(0)))
        if not new:
            return True
        pivot = min(new, key=str)
        lead = new[pivot]
        new = {atom: value / lead for atom, value in new.items()}
        left = []
        for secret in self.secrets:
            rest = dict(secret)
            _subtract(rest, new, rest.get(pivot, Fraction(0)))
            if not rest:
                return False
            left.append(rest)
        self.secrets = left
        self.basis.append((pivot, new))
        return True


def _subtract(row: Row, other: Row, times: Fraction) -> None:
    if times:
        for atom, value in other.items():
            rest = row.get(atom, Fraction(0)) - times * value
            if rest:
                row[atom] = rest
            else:
                row.pop(atom, None)
