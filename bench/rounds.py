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

_PATIENCE = 3
"""How many times the turns that are wanted may be taken until enough stood on the same ground."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How often which journeys are driven."""

    journeys: int
    """For each side and turn."""
    turns: int
    at_once: int = 1
    warm_up: int = 60


def taken(side: Served, journeys: Iterator[Journey], count: int, *, at_once: int, disk: Path) -> Round:
    """One turn of one side."""
    watch = Watch(side.pids, disk)
    seconds = drive(side.port, journeys, at_once=at_once)
    cpu, wall, ground = watch.read()
    return Round(count, cpu, wall, seconds, ground)


def interleaved(
    sides: Sequence[Served], make: Callable[[Served, int], Iterator[Journey]], plan: Plan, *, disk: Path
) -> dict[str, list[Round]]:
    """The turns of each side by its name. Raises `Refused` when the ground moved or too little was driven.

    `make(side, count)` gives the journeys of one turn. What warms a side up is not counted.
    """
    for side in sides:
        drive(side.port, make(side, plan.warm_up), at_once=plan.at_once)
    turns: list[Turn] = []
    while True:
        turns.append(
            tuple(
                taken(side, make(side, plan.journeys), plan.journeys, at_once=plan.at_once, disk=disk)
                for side in sides
            )
        )
        if len(turns) < plan.turns:
            continue
        try:
            kept = steady(turns, plan.turns)
            break
        except Refused:
            if len(turns) == _PATIENCE * plan.turns:
                raise
    for rounds in zip(*kept, strict=True):
        check_journeys(rounds)
    return {side.name: list(rounds) for side, rounds in zip(sides, zip(*kept, strict=True), strict=True)}
