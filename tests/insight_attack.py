"""An attacker who adds and subtracts what the portal shows, to single out a few people."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from portal.insight.floor import is_small

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from portal.insight.floor import Group

_BITS = 5
"""Of a number with one digit per atom; sums of up to 15 groups stay within a digit."""


def found_by_attack(
    shown: Iterable[Group], cells: Mapping[Hashable, tuple[int, ...]]
) -> list[tuple[set[Hashable], list[int]]]:
    """Every set of people with a small cell that sums and differences of shown groups single out.

    Tries each group added, subtracted and left out: a sum singles people out when it counts each atom once or
    not at all.
    """
    atoms = [atom for atom, counts in cells.items() if any(counts)]
    place = {atom: 1 << (_BITS * n) for n, atom in enumerate(atoms)}
    once = sum(place.values())
    groups = [sum(place[atom] for atom in one.atoms & place.keys()) for one in shown]
    found = {}
    for signs in product((-1, 0, 1), repeat=len(groups)):
        weights = sum(sign * group for sign, group in zip(signs, groups, strict=True))
        if weights > 0 and not weights & ~once:
            found[weights] = {atom for atom in atoms if weights & place[atom]}
    totals = [
        (people, [sum(column) for column in zip(*map(cells.__getitem__, people), strict=True)])
        for people in found.values()
    ]
    return [(people, total) for people, total in totals if is_small(total)]
