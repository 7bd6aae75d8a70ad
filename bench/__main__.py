"""`python -m bench`: measure, print the table, write `var/bench.json`.

Exit status 0 even when a bar is missed, for this measures and does not judge; 1 when a measure refused to
report. Names of measures restrict it to them; `--full` takes the sizes of the promise, and its time.
"""

from __future__ import annotations

import json
import os
import sys
from time import perf_counter
from typing import TYPE_CHECKING

from bench.growth import responses, structures
from bench.house import ROOT, founded
from bench.load import Failed
from bench.meter import fsync_seconds
from bench.postgres import survey_on_postgresql
from bench.presence import first_page, footprint, silent_connections
from bench.speed import complaints, durability, survey, tail
from bench.verdict import Refused, table
from bench.writers import writers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.house import House
    from bench.verdict import Figure

FULL = "--full"
_RESPONSES = {False: 100_000, True: 1_000_000}
_STRUCTURES = {False: 1_000, True: 10_000}
_PICTURES = {False: ROOT / "var", True: ROOT / "docs"}
"""Where the picture of growth goes: only that of the promised size is told to readers."""


def measures(*, full: bool) -> dict[str, Callable[[House], list[Figure]]]:
    """Every measure by its name, in the order of the table."""
    return {
        "P1": survey,
        "P1-postgresql": survey_on_postgresql,
        "P3": complaints,
        "P4": tail,
        "P4-writers": writers,
        "P5": first_page,
        "P6": durability,
        "P7": lambda house: responses(house, _RESPONSES[full], _PICTURES[full] / "growth.svg"),
        "P8": lambda house: structures(house, _STRUCTURES[full]),
        "memory": footprint,
        "silence": silent_connections,
    }


def main(arguments: Sequence[str]) -> int:
    """The exit status."""
    known = measures(full=FULL in arguments)
    wanted = [name for name in arguments if name != FULL] or list(known)
    if unknown := set(wanted) - set(known):
        sys.exit(f"No such measure: {' '.join(sorted(unknown))}. There are: {' '.join(known)}.")
    house = founded(ROOT / "var" / "bench")
    figures: list[Figure] = []
    refusals: dict[str, str] = {}
    grounds: dict[str, dict[str, float]] = {}
    for name in wanted:
        begun = perf_counter()
        try:
            figures += known[name](house)
        except (Refused, Failed) as refused:
            refusals[name] = str(refused)
        seconds, load = perf_counter() - begun, os.getloadavg()[0]
        grounds[name] = {"fsync_ms": 1000 * fsync_seconds(house.root), "load": load, "seconds": seconds}
        print(f"{name} took {seconds:.0f} s, load {load:.1f}", file=sys.stderr, flush=True)  # noqa: T201 -- progress
    told = {"rows": [figure.row for figure in figures], "refused": refusals, "probe": grounds}
    (ROOT / "var" / "bench.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    print(f"\n{table(figures)}")  # noqa: T201 -- a command's output
    for name, sentence in refusals.items():
        print(f"NOT REPORTED  {name}: {sentence}")  # noqa: T201 -- idem
    return 1 if refusals else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
