"""How much of each figure a reader is shown: all of it, or what the display floor lets through.

For readers bound by the floor two tables are looked at, which share only their total: twelve months by month
and offered period for the whole structure, and its places over all twelve months (`selection.narrowed` offers
them nothing else).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from portal.insight.floor import Group, Level, levels
from portal.insight.selection import Period, last_ended, span
from portal.people.rules import PERMISSIONS, Permission, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit
    from portal.insight.caseload import Load, Waiting
    from portal.insight.opinions import Tally
    from portal.insight.selection import Selection

S = TypeVar("S")
T = TypeVar("T")
Place: TypeAlias = "tuple[str, UUID | None]"
"""A dimension ("site_id", "team_id", "agreement_id") and the row's id; `ALL` is the structure."""
ALL: Place = ("all", None)
DIMENSIONS = ("site_id", "team_id", "agreement_id")


@dataclass(frozen=True, slots=True)
class Reader:
    """What decides how much of a figure somebody sees."""

    is_floored: bool
    """Bound by the display floor."""
    sees_cases: bool
    """May open the cases themselves, so that their counts hide nothing."""


def reader_of(u: Unit) -> Reader:
    """The reader in scope. Without a role it is the portal itself, which applies a floor of its own."""
    if u.scope.role is None:
        return Reader(is_floored=False, sees_cases=True)
    row = PERMISSIONS[Role(u.scope.role)]
    return Reader(row.floor, Permission.READ_CASES in row.may or not row.floor)


def place_of(selection: Selection) -> Place:
    """The place that a selection is about: the first that it names."""
    named = ((name, getattr(selection, name)) for name in DIMENSIONS)
    return next((place for place in named if place[1] is not None), ALL)


def starts(today: date) -> tuple[date, ...]:
    """The first days of the periods that a reader bound by the floor is offered."""
    return tuple(span(period, last_ended(today))[0] for period in Period)


def in_parts(found: Iterable[S], key: Callable[[S], Hashable], count: Callable[[list[S]], T]) -> dict[Any, T]:
    """What is counted of each part; parts are told apart by the key."""
    parts: dict[Hashable, list[S]] = defaultdict(list)
    for one in found:
        parts[key(one)].append(one)
    return {each: count(part) for each, part in parts.items()}


def where(one: Tally | Load | Waiting) -> tuple[UUID, UUID | None, UUID | None]:
    """The atom of place of a count."""
    return one.site_id, one.team_id, one.agreement_id


def levels_in_time(
    parts: Mapping[date, T],
    cells: Callable[[T, Level], tuple[int, ...]],
    first_days: Iterable[date],
    upto: Level,
    *,
    with_parts: bool = False,
) -> dict[Hashable, Level]:
    """How much of the whole structure may be told, by period ("from", day), and by part of time if asked."""
    groups = [
        *(Group("part", day, frozenset({day})) for day in parts if with_parts),
        *(
            Group(f"from {start}", ("from", start), frozenset(day for day in parts if day >= start))
            for start in first_days
        ),
    ]
    told = levels(groups, lambda level: {day: cells(part, level) for day, part in parts.items()}, upto)
    return {one.name: level for one, level in told.items()}


def levels_in_space(
    parts: Mapping[tuple[Any, ...], T], cells: Callable[[T, Level], tuple[int, ...]], upto: Level
) -> dict[Hashable, Level]:
    """How much of the structure and of each of its places may be told, by `Place`."""
    told = levels(
        _places(parts), lambda level: {atom: cells(part, level) for atom, part in parts.items()}, upto
    )
    return {one.name: level for one, level in told.items()}


def _places(atoms: Iterable[Any]) -> list[Group]:
    """The structure, its sites, teams and agreements, as far as they occur; atoms are triples of ids."""
    met = list(atoms)
    named = {(name, atom[axis]) for atom in met for axis, name in enumerate(DIMENSIONS) if atom[axis]}
    return [
        Group(ALL[0], ALL, frozenset(met)),
        *(
            Group(name, (name, id_), frozenset(a for a in met if a[DIMENSIONS.index(name)] == id_))
            for name, id_ in named
        ),
    ]
