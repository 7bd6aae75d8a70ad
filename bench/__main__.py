"""`python -m bench`: measure, print the table, write `var/bench.json`; 1 when something was not reported."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from bench.house import ROOT, founded, stored_opinions
from bench.load import Journey, many, opinion
from bench.rounds import Plan, interleaved
from bench.verdict import Figure, Refused, check_stored, ratio, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.house import House
    from bench.served import Served


def opinions(house: House) -> Figure:
    """P1: the CPU of a survey journey, portal ÷ floor."""
    place = house.place
    sent: dict[str, dict[str, int]] = {}

    def make(side: Served, count: int) -> Iterator[Journey]:
        tally = sent.setdefault(side.name, {})
        chosen = [place.choices[n % len(place.choices)] for n in range(count)]
        for choice in chosen:
            tally[choice] = tally.get(choice, 0) + 1
        tally["response"] = tally["rollup"] = tally.get("response", 0) + count
        return many(lambda n: opinion(place.entrance, chosen[n]), count)

    with house.portal() as portal:
        pages = house.pages_of(portal)
        before = stored_opinions(portal.folder)
        with house.floor(pages) as floor:
            turns = interleaved([portal, floor], make, Plan(400, 5), disk=house.root)
    for side, already in ((portal, before), (floor, {})):
        stored = {what: n - already.get(what, 0) for what, n in stored_opinions(side.folder).items()}
        check_stored(side.name, sent[side.name], stored)
    ours, bare = ([one.cpu_ms for one in turns[side.name]] for side in (portal, floor))
    note = f"{min(ours):.2f}-{max(ours):.2f} ms ÷ {min(bare):.2f}-{max(bare):.2f} ms"
    return Figure("P1 survey journey, CPU ÷ floor", ratio(ours, bare), bar=2.0, note=note)


def main() -> int:
    """The exit status."""
    house = founded(ROOT / "var" / "bench")
    figures, refusals = [], []
    for measure in (opinions,):
        try:
            figures.append(measure(house))
        except Refused as refused:
            refusals.append(f"{measure.__name__}: {refused}")
    print(table(figures))  # noqa: T201 -- a command's output
    for refusal in refusals:
        print(f"NOT REPORTED  {refusal}")  # noqa: T201 -- idem
    told = {"figures": [asdict(figure) for figure in figures], "refused": refusals}
    (ROOT / "var" / "bench.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    return 1 if refusals else 0


sys.exit(main())
