"""When figures may be told, and how they are: refusals, medians, the table.

Pure: no clock, no process, no database, so that each refusal can be provoked by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.meter import Ground

MOST_CHANGE = 2.0
"""How many times as slow or as busy the machine may be in one round as in another."""
LEAST_JOURNEYS = 100
"""Journeys of one side below which nothing is said of a median."""


class Refused(Exception):
    """Why a measure does not report: a sentence."""


@dataclass(frozen=True, slots=True)
class Round:
    """One side's turn: journeys made, CPU of its whole process tree, seconds of each journey."""

    journeys: int
    cpu: float
    wall: float
    ground: Ground
    seconds: Sequence[float]

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of one journey."""
        return 1000 * self.cpu / self.journeys

    @property
    def per_second(self) -> float:
        """Journeys in a second of wall time."""
        return self.journeys / self.wall

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the journeys ended (nearest rank)."""
        ranked = sorted(self.seconds)
        return 1000 * ranked[ceil(share * len(ranked)) - 1]


Turn: TypeAlias = "tuple[Round, ...]"
"""One round of each side, one after the other."""


def _change(rounds: Sequence[Round]) -> tuple[float, str]:
    """How many times the machine was worse in one round than in another, and in what.

    The load is one (ourselves) and the cores that others kept busy: from an idle machine to one core in
    foreign hands is twofold.
    """
    readings = {
        "a durable write of the disk took": [one.ground.fsync for one in rounds],
        "the load was": [1 + one.ground.others for one in rounds],
    }
    return max((max(values) / min(values), what) for what, values in readings.items())


def steady(turns: Sequence[Turn], least: int) -> list[Turn]:
    """The most turns under which neither disk nor load changed more than twofold, in their order.

    Raises `Refused` when fewer than `least` turns stood on the same ground. Which turns are kept depends on
    the ground alone, never on what was measured.
    """
    best: list[Turn] = []
    for calmest in turns:
        kept: list[Turn] = []
        for turn in sorted(turns, key=lambda one: _change([*calmest, *one])[0]):
            if _change([one for each in (*kept, calmest, turn) for one in each])[0] <= MOST_CHANGE:
                kept.append(turn)
        best = max(best, kept, key=len)
    if len(best) < least:
        change, what = _change([one for turn in turns for one in turn])
        raise Refused(f"{what} {change:.1f} times as much in one round as in another")
    return [turn for turn in turns if turn in best]


def check_journeys(rounds: Sequence[Round], least: int = LEAST_JOURNEYS) -> None:
    """Nothing. Raises `Refused` when too few journeys were made to speak of."""
    made = sum(one.journeys for one in rounds)
    if made < least:
        raise Refused(f"{made} journeys were made, and {least} are the least")


def check_stored(name: str, sent: Mapping[str, int], stored: Mapping[str, int]) -> None:
    """Nothing. Raises `Refused` unless everything that was sent is stored, once, as it was sent."""
    for what, count in sent.items():
        if stored.get(what, 0) != count:
            raise Refused(f"{name}: {count} of “{what}” were sent, {stored.get(what, 0)} are stored")


def ratio(ours: Sequence[float], floor: Sequence[float]) -> float:
    """The median of the ratios of neighbouring rounds: what slows both down for a while cancels out."""
    return median(a / b for a, b in zip(ours, floor, strict=True))


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `bar` None is told for information.

    `ours` and `floor` are what the ratio was made of, in the unit of the note; without a floor the figure
    stands for itself, and the floor is one.
    """

    id: str
    what: str
    figure: float
    unit: str = "x"
    bar: float | None = None
    is_least: bool = False
    """Whether the figure must reach the bar, instead of staying under it."""
    note: str = ""
    ours: float | None = None
    floor: float = 1.0

    @classmethod
    def compared(
        cls, name: tuple[str, str], ours: Sequence[float], floor: Sequence[float], bar: float | None = None
    ) -> Figure:
        """The ratio of milliseconds in neighbouring rounds, with their medians; the name is id and what."""
        mine, theirs = median(ours), median(floor)
        note = f"{mine:.2f} ÷ {theirs:.2f} ms"
        return cls(*name, ratio(ours, floor), bar=bar, note=note, ours=mine, floor=theirs)

    @property
    def row(self) -> dict[str, object]:
        """The line as `var/bench.json` holds it."""
        return {
            "id": self.id,
            "what": self.what,
            "ours": self.figure if self.ours is None else self.ours,
            "floor": self.floor,
            "ratio": self.figure,
            "unit": self.unit,
            "bar": self.bar,
            "met": self.is_met,
            "note": self.note,
        }

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is reached; None without one."""
        if self.bar is None:
            return None
        return self.figure >= self.bar if self.is_least else self.figure <= self.bar

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The line: metric, figure, bar, met or missed, note."""
        sign = "≥" if self.is_least else "≤"
        bar = "" if self.bar is None else f"{sign} {self.bar:g}"
        met = {True: "met", False: "MISSED", None: ""}[self.is_met]
        return (f"{self.id} {self.what}", f"{self.figure:.2f} {self.unit}".strip(), bar, met, self.note)


def table(figures: Sequence[Figure]) -> str:
    """The figures in columns."""
    rows = [("metric", "figure", "bar", "", ""), *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True)), row[4]]
        ).rstrip()
        for row in rows
    )
