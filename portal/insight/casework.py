"""From counted cases to their figures, under the display floor for those who may not open the cases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from portal.cases.rules import Kind
from portal.insight.caseload import Counted, total
from portal.insight.catalogue import AGES, MIN_FOR_PERCENTILES, Figure
from portal.insight.floor import Level
from portal.insight.measures import quantile, share
from portal.insight.shown import DIMENSIONS, in_parts, levels_in_space, levels_in_time, place_of, where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from portal.insight.caseload import Afterwards, Delays, Load, Waiting, WaysIn
    from portal.insight.selection import Selection
    from portal.insight.shown import Place, Reader

HALF, NINE_IN_TEN = 0.5, 0.9
LAG = "entry_lag_median"


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """Figures of cases; `places` (complaints only) and `delays` are None for who may not open the cases."""

    values: Mapping[str, Figure]
    places: Mapping[Place, Counted] | None
    delays: Delays | None
    ways_in: WaysIn | None
    afterwards: Afterwards | None
    is_silent: bool


def case_figures(  # noqa: PLR0913, PLR0917 -- what the database counted, for whom, of what
    selection: Selection,
    reader: Reader,
    received: Sequence[Load],
    delays: Delays,
    came: WaysIn,
    after: Afterwards,
    open_now: Sequence[Waiting],
    first_days: Sequence[date],
) -> CaseFigures:
    """The figures of the cases that the selection holds."""
    inside = [one for one in received if one.since >= selection.start and selection.takes(*where(one))]
    here = [one for one in open_now if selection.takes(*where(one))]
    values: dict[str, Figure] = {}
    for kind in Kind:
        of_kind = [one for one in received if one.kind is kind]
        level = Level.CHOICES if reader.sees_cases else _level(of_kind, selection, first_days)
        values |= _kind_values(kind, total(one for one in inside if one.kind is kind), level)
    values |= _delay_values(delays, reader)
    values |= _way_values(came, reader)
    values |= _after_values(after, reader)
    values |= _open_values(here, open_now, selection, reader)
    return CaseFigures(
        values,
        _by_place(inside) if reader.sees_cases else None,
        delays if reader.sees_cases else None,
        came if reader.sees_cases else None,
        after if reader.sees_cases else None,
        not received and not open_now,
    )


def _level(of_kind: Sequence[Load], selection: Selection, first_days: Sequence[date]) -> Level:
    """How much of a kind the floor lets through: how many, and whether the promised day was kept."""
    in_time = levels_in_time(in_parts(of_kind, lambda one: one.since, total), _cells, first_days, Level.SHARE)
    if not selection.has_place:
        return in_time["from", selection.start]
    most = in_time["from", min(first_days)]
    in_space = levels_in_space(in_parts(of_kind, where, total), _cells, most)
    return in_space.get(place_of(selection), Level.SHARE)


def _cells(counted: Counted, level: Level) -> tuple[int, ...]:
    if level is Level.COUNT:
        return (counted.n,)
    return counted.on_time, counted.due - counted.on_time, counted.n - counted.due


def _kind_values(kind: Kind, counted: Counted, level: Level) -> dict[str, Figure]:
    name = f"cases_{kind.value}"
    shown = counted.n if level >= Level.COUNT else None
    values = {name: Figure(name, shown, shown, is_withheld=shown is None)}
    if kind is Kind.COMPLAINT:
        kept = share(counted.on_time, counted.due) if level >= Level.SHARE else None
        name = "complaints_on_time"
        values[name] = Figure.of_share(name, kept, is_withheld=level < Level.SHARE)
    return values


def _delay_values(delays: Delays, reader: Reader) -> dict[str, Figure]:
    """Half and nine in ten of the delays; none below the least number that a percentile needs."""
    told = {
        "first_response": delays.first_responses,
        "answer": [net for net, _ in delays.answers],
        "answer_gross": [gross for _, gross in delays.answers],
    }
    values = {}
    for name, days in told.items():
        is_enough = len(days) >= MIN_FOR_PERCENTILES
        # How many were answered, beside how many came, would tell how few were not.
        n = len(days) if reader.sees_cases else None
        for suffix, p in (("median", HALF), ("p90", NINE_IN_TEN)):
            id_ = f"{name}_{suffix}"
            values[id_] = Figure(
                id_,
                quantile(days, p) if is_enough else None,
                n,
                is_withheld=not (is_enough or reader.sees_cases),
            )
    return values


def _way_values(came: WaysIn, reader: Reader) -> dict[str, Figure]:
    """How messages came, and how soon staff typed theirs: only for who may open the cases.

    Beside the counts by kind, those by way would tell small numbers apart.
    """
    counts = {f"channel_{one.value}": n for one, n in came.counts.items()}
    lag = quantile(came.lags, HALF) if len(came.lags) >= MIN_FOR_PERCENTILES else None
    if not reader.sees_cases:
        return {name: Figure(name, None, None, is_withheld=True) for name in (*counts, LAG)}
    return {**{name: Figure(name, n, n) for name, n in counts.items()}, LAG: Figure(LAG, lag, len(came.lags))}


def _after_values(after: Afterwards, reader: Reader) -> dict[str, Figure]:
    """What was passed on and who was told, for who may open the cases."""
    is_withheld = not reader.sees_cases
    n = None if is_withheld else after.passed_on
    known = share(after.passed_on_known, after.passed_on)
    return {
        "passed_on": Figure("passed_on", n, n, is_withheld=is_withheld),
        "passed_on_known": Figure.of_share("passed_on_known", known, is_withheld=is_withheld),
        "answers_told": Figure.of_share(
            "answers_told", share(after.told, after.answered), is_withheld=is_withheld
        ),
    }


def _open_values(
    here: Sequence[Waiting], everywhere: Sequence[Waiting], selection: Selection, reader: Reader
) -> dict[str, Figure]:
    """Complaints late today, and open messages of every kind by age."""
    values = {}
    for name in ("complaints_late", *(bucket for bucket, _ in AGES)):
        level = Level.COUNT if reader.sees_cases else _open_level(name, everywhere, selection)
        shown = _in(name, here) if level >= Level.COUNT else None
        values[name] = Figure(name, shown, shown, is_withheld=shown is None)
    return values


def _open_level(name: str, everywhere: Sequence[Waiting], selection: Selection) -> Level:
    """Whether the floor lets through how many open cases a figure counts at the selection's place."""
    told = levels_in_space(in_parts(everywhere, where, partial(_in, name)), _one, Level.COUNT)
    return told.get(place_of(selection), Level.COUNT)


def _in(name: str, cases: Sequence[Waiting]) -> int:
    """How many of these open cases a figure counts."""
    if name == "complaints_late":
        return sum(one.is_late and one.kind is Kind.COMPLAINT for one in cases)
    return sum(one.bucket == name for one in cases)


def _one(n: int, _level: Level) -> tuple[int, ...]:
    return (n,)


def _by_place(inside: Sequence[Load]) -> dict[Place, Counted]:
    """The complaints of each site, team and agreement that got one."""
    complaints = [one for one in inside if one.kind is Kind.COMPLAINT]
    return {
        (name, id_): counted
        for name in DIMENSIONS
        for id_, counted in in_parts(complaints, attrgetter(name), total).items()
        if id_ is not None
    }
