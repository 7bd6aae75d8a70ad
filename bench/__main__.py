"""`python -m bench`: measure, print the table, write `var/bench.json`; 1 when something was not reported."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from time import perf_counter

from bench.growth import responses, structures
from bench.house import ROOT, founded
from bench.presence import first_page, footprint, silent_connections
from bench.speed import complaints, durability, survey, tail
from bench.verdict import Refused, table
from bench.writers import writers

MEASURES = {
    "P1": survey,
    "P3": complaints,
    "P4": tail,
    "P4w": writers,
    "P5": first_page,
    "P6": durability,
    "P7": lambda house: responses(house, 100_000),
    "P8": lambda house: structures(house, 1_000),
    "memory": footprint,
    "silent": silent_connections,
}


def main(arguments: list[str]) -> int:
    """The exit status."""
    house = founded(ROOT / "var" / "bench")
    figures, refusals = [], []
    for name, measure in MEASURES.items():
        if arguments and name not in arguments:
            continue
        begun = perf_counter()
        try:
            figures += measure(house)
        except Refused as refused:
            refusals.append(f"{name}: {refused}")
        print(f"{name} took {perf_counter() - begun:.0f} s, load {os.getloadavg()[0]:.1f}", file=sys.stderr)  # noqa: T201 -- progress
    print(table(figures))  # noqa: T201 -- a command's output
    for refusal in refusals:
        print(f"NOT REPORTED  {refusal}")  # noqa: T201 -- idem
    told = {"figures": [asdict(figure) for figure in figures], "refused": refusals}
    (ROOT / "var" / "bench.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    return 1 if refusals else 0


sys.exit(main(sys.argv[1:]))
