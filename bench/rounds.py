"""Turns: the sides are driven one after the other, again and again, so that a busy minute falls on both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.load import drive
from bench.meter import Watch
from bench.verdict import Refused, Round, check_journeys, steady

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bench.load import Journey
    from bench.served import Served
    from bench.verdict import Turn

_PATIENCE = 5
"""How many times the turns that are wanted may be taken until enough stood on the same ground."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How often which journeys are driven."""

    journeys: int
    """For each side and turn."""
    turns: int
    at_once: int = 1
    warm_up: int = 60


def _all(side: Served) -> list[int]:
    return side.pids


def interleaved(
    sides: Sequence[Served],
    make: Callable[[Served, int], Iterator[Journey]],
    plan: Plan,
    *,
    disk: Path,
    pids: Callable[[Served], list[int]] = _all,
) -> list[list[Round]]:
    """The rounds of each side, in the order of the sides; what warms a side up is not counted.

    `make(side, count)` gives the journeys of one turn, `pids` the processes whose time counts. Raises
    `Refused` when the ground moved or too little was driven.
    """
    for side in sides:
        drive(side.port, make(side, plan.warm_up), at_once=plan.at_once)
    watched = {side.name: pids(side) for side in sides}

    def taken(side: Served) -> Round:
        watch = Watch(watched[side.name], disk)
        seconds = drive(side.port, make(side, plan.journeys), at_once=plan.at_once)
        return Round(plan.journeys, *watch.read(), seconds=seconds)

    turns: list[Turn] = []
    kept: list[Turn] = []
    while not kept:
        turns += [tuple(taken(side) for side in sides) for _ in range(plan.turns)]
        try:
            kept = steady(turns, plan.turns)
        except Refused:
            if len(turns) >= _PATIENCE * plan.turns:
                raise
    by_side = [list(rounds) for rounds in zip(*kept, strict=True)]
    for rounds in by_side:
        check_journeys(rounds)
    return by_side
