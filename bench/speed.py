"""Journeys against the floor: processor time (P1, P3), the tail (P4), the price of durability (P6)."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from bench.house import WITHOUT_SYNC, WORKERS
from bench.ledger import Ledger
from bench.rounds import Plan, interleaved
from bench.verdict import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.house import House
    from bench.load import Journey
    from bench.served import Served
    from bench.verdict import Round


_QUICK_DISK = 0.0005
"""Seconds of a durable write up to which its price is promised: beyond, it is the disk's."""


def survey(house: House) -> list[Figure]:
    """P1: the page, the first tap, the next page."""
    with house.portal() as portal, house.floor() as floor:
        ours, bare = opinions(house, [portal, floor], Plan(300, 10))
    return [cpu_figure(("P1", "survey journey, CPU ÷ floor"), ours, bare, bar=2.0)]


def complaints(house: House) -> list[Figure]:
    """P3: the form, the form sent, the receipt; against a floor that hashes too, and one that does not."""
    with (
        house.portal() as portal,
        house.floor() as floor,
        house.floor("floor-unhashed", hashes=False) as bare,
    ):
        sides = [portal, floor, bare]
        ledgers = {side.name: Ledger(house, side) for side in sides}

        def make(side: Served, count: int) -> Iterator[Journey]:
            return ledgers[side.name].complaints(count)

        ours, hashed, unhashed = interleaved(
            sides, make, Plan(40, 6, warm_up=10), disk=house.root, pids=without_jobs
        )
        for ledger in ledgers.values():
            ledger.check()
    return [
        cpu_figure(("P3", "complaint, CPU ÷ floor with the same hash"), ours, hashed, bar=3.0),
        cpu_figure(("P3-no-hash", "complaint, CPU ÷ floor without a hash"), ours, unhashed),
    ]


def tail(house: House) -> list[Figure]:
    """P4: the slowest of a hundred journeys while 32 residents answer at once."""
    with house.portal() as portal, house.floor() as floor:
        ours, bare = opinions(house, [portal, floor], Plan(320, 6, at_once=32))
    return [Figure.compared(("P4", "p99 of 32 at once ÷ floor"), _p99(ours), _p99(bare), 2.5)]


def durability(house: House) -> list[Figure]:
    """P6: journeys in a second, waiting for the disk ÷ not waiting."""
    with house.portal("full") as full, house.portal("off", command=WITHOUT_SYNC) as off:
        waiting, careless = opinions(house, [full, off], Plan(640, 10, at_once=8))
    figure = median(a.per_second / b.per_second for a, b in zip(waiting, careless, strict=True))
    fast, faster = (median(one.per_second for one in rounds) for rounds in (waiting, careless))
    wait = median(one.ground.fsync for one in waiting)
    note = f"{fast:.0f} ÷ {faster:.0f} j/s; a durable write takes {1000 * wait:.2f} ms"
    bar = 0.8 if wait <= _QUICK_DISK else None
    return [
        Figure(
            "P6", "journeys/s, FULL ÷ OFF", figure, bar=bar, is_least=True, note=note, ours=fast, floor=faster
        )
    ]


def opinions(house: House, sides: Sequence[Served], plan: Plan) -> list[list[Round]]:
    """The rounds of each side, once what was sent was found stored."""
    ledgers = {side.name: Ledger(house, side) for side in sides}

    def make(side: Served, count: int) -> Iterator[Journey]:
        return ledgers[side.name].opinions(count)

    rounds = interleaved(sides, make, plan, disk=house.root)
    for ledger in ledgers.values():
        ledger.check()
    return rounds


def cpu_figure(
    name: tuple[str, str], ours: Sequence[Round], others: Sequence[Round], *, bar: float | None = None
) -> Figure:
    """The ratio of processor time, with the milliseconds behind it; the name is id and what."""
    return Figure.compared(name, [one.cpu_ms for one in ours], [one.cpu_ms for one in others], bar)


def without_jobs(side: Served) -> list[int]:
    """The processes that answer: mail is sent later, by the job worker, and not while a resident waits."""
    return side.serving_pids(WORKERS)


def _p99(rounds: Sequence[Round]) -> list[float]:
    return [one.percentile(0.99) for one in rounds]
