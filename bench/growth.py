"""What a past costs: journeys beside a million responses (P7) and among ten thousand structures (P8)."""

from __future__ import annotations

import math
from contextlib import ExitStack
from functools import partial
from itertools import cycle, islice
from statistics import linear_regression, median
from typing import TYPE_CHECKING

from bench.fill import add_responses, add_structures
from bench.house import WORKERS
from bench.ledger import Ledger
from bench.load import drive, get
from bench.meter import Watch, pss_megabytes
from bench.picture import Point, growth_picture
from bench.rounds import Plan, interleaved
from bench.speed import cpu_figure, without_jobs
from bench.verdict import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.house import House
    from bench.load import Journey
    from bench.served import Served

SMALL = 1_000
_VISITS = 4
"""How often each structure's page is opened before the measuring, so that each worker has met nearly all."""


def responses(house: House, most: int, picture: Path) -> list[Figure]:
    """P7: the journey's CPU beside so many stored responses ÷ beside a thousand; drawn into this file."""
    decades = round(math.log10(most / SMALL))
    sizes = [SMALL * 10**n for n in range(decades + 1)]
    with ExitStack() as stack:
        sides = [
            stack.enter_context(
                house.portal(f"stored-{n}", prepare=partial(add_responses, place=house.place, count=n))
            )
            for n in sizes
        ]
        ledgers = {side.name: Ledger(house, side) for side in sides}
        rounds = interleaved(
            sides, lambda side, count: ledgers[side.name].opinions(count), Plan(300, 9), disk=house.root
        )
        for ledger in ledgers.values():
            ledger.check()
    points = [
        Point(n, median(one.cpu_ms for one in of_size)) for n, of_size in zip(sizes, rounds, strict=True)
    ]
    slope = linear_regression(
        [math.log10(point.stored) for point in points], [math.log10(point.cpu_ms) for point in points]
    ).slope
    picture.write_text(growth_picture(points, slope), encoding="utf-8")
    figure = cpu_figure(
        ("P7", f"journey CPU at {most:,} responses ÷ at 1,000"), rounds[-1], rounds[0], bar=1.15
    )
    return [figure, Figure("P7-slope", "log CPU over log responses", slope, "", 0.03)]


def structures(house: House, count: int) -> list[Figure]:
    """P8: the journey's CPU and the workers' memory among so many structures ÷ with one; jobs apart."""
    entrances: list[str] = []

    def prepare(folder: Path) -> None:
        entrances.extend(add_structures(folder, house.place, count))

    with house.portal("alone") as alone, house.portal("among", prepare=prepare) as among:
        share = 0.0
        for side, addresses in ((alone, [house.place.entrance]), (among, entrances)):
            watch = Watch(side.pids[1 + WORKERS :], house.root)
            visits = islice(cycle(addresses), _VISITS * count)
            drive(side.port, (page(address) for address in visits), at_once=4)
            used, seconds, _ = watch.read()
            share = used / seconds
        ledgers = {side.name: Ledger(house, side) for side in (alone, among)}
        spread = cycle(entrances)

        def make(side: Served, journeys: int) -> Iterator[Journey]:
            where = spread if side is among else cycle([house.place.entrance])
            return ledgers[side.name].opinions(journeys, where)

        few, lots = interleaved([alone, among], make, Plan(400, 15), disk=house.root, pids=without_jobs)
        for ledger in ledgers.values():
            ledger.check()
        grown = workers_megabytes(among) - workers_megabytes(alone)
    return [
        cpu_figure(("P8", f"journey CPU among {count:,} structures ÷ 1"), lots, few, bar=1.10),
        Figure("P8-memory", "more memory of the two workers", grown, "MB", 15),
        Figure("P8-jobs", f"job worker among {count:,} structures", 100 * share, "% of a core"),
    ]


def page(path: str) -> Journey:
    """Somebody who only looks."""
    (yield get(path)).must(200)


def workers_megabytes(side: Served) -> float:
    """The memory of the workers together."""
    return sum(pss_megabytes(pid) for pid in side.serving_pids(WORKERS)[1:])
