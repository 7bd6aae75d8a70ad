"""Series of earlier results: brought in under a name, read, and taken back without a trace in any figure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.ids import new_id
from portal.records.earlier import MOST_NAME, MOST_SOURCE
from portal.records.models import EarlierResult, EarlierSeries
from portal.tenancy.models import StructureKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from portal.core.db import Unit
    from portal.records.earlier import Result

SERIES = "earlier_series"
WITHIN = timedelta(minutes=10)
"""A form that is sent again by the same person within this time is the same series."""


@dataclass(frozen=True, slots=True)
class Series:
    """A series with its results, question by question in the order of their days."""

    row: EarlierSeries
    results: Sequence[EarlierResult]


def take_series(u: Unit, name: str, source: str, results: Sequence[Result], *, by: UUID) -> EarlierSeries:
    """The series, brought in whole. Raises `Invalid("name" | "source")` with a reason."""
    told = {"name": " ".join(name.split()), "source": " ".join(source.split())}
    for field, most in (("name", MOST_NAME), ("source", MOST_SOURCE)):
        if not told[field]:
            raise Invalid(field, reason="empty")
        if len(told[field]) > most:
            raise Invalid(field, reason="long", limit=most)
    series = EarlierSeries(id=new_id(u.now), taken_at=u.now, taken_by=by, **told)
    u.add(series)
    u.session.flush()
    u.add(
        *(
            EarlierResult(
                id=new_id(u.now),
                series_id=series.id,
                row=at,
                first_day=one.first,
                last_day=one.last,
                question=one.question,
                n=one.n,
                satisfied=one.satisfied,
                tenths=one.tenths,
            )
            for at, one in enumerate(results, 1)
        )
    )
    u.session.flush()
    return series


def same_series(
    u: Unit, name: str, source: str, results: Sequence[Result], *, by: UUID
) -> EarlierSeries | None:
    """The series that this form has brought in already, minutes ago; None for a new one.

    Whoever brings one in at this moment is waited for: then it is seen.
    """
    u.one(select(StructureKey.structure_id).with_for_update())
    wanted = select(EarlierSeries).where(
        EarlierSeries.name == " ".join(name.split()),
        EarlierSeries.source == " ".join(source.split()),
        EarlierSeries.taken_by == by,
        EarlierSeries.taken_at > u.now - WITHIN,
        EarlierSeries.undone_at.is_(None),
    )
    told = [(one.first, one.last, one.question, one.n, one.satisfied, one.tenths) for one in results]
    for row in u.all(wanted):
        kept = u.all(
            select(EarlierResult).where(EarlierResult.series_id == row.id).order_by(EarlierResult.row)
        )
        if told == [(o.first_day, o.last_day, o.question, o.n, o.satisfied, o.tenths) for o in kept]:
            return row
    return None


def undo_series(u: Unit, series_id: UUID, *, by: UUID) -> EarlierSeries:
    """The series taken back: its results are gone, its line stays. Raises `NotFound`, `Conflict`."""
    row = u.one(select(EarlierSeries).where(EarlierSeries.id == series_id).with_for_update())
    if row is None:
        raise NotFound(SERIES)
    if row.undone_at is not None:
        raise Conflict(SERIES)
    u.session.execute(delete(EarlierResult).where(EarlierResult.series_id == row.id))
    row.undone_at, row.undone_by = u.now, by
    u.session.flush()
    return row


def all_series(u: Unit) -> list[Series]:
    """Every series, also those that were taken back, the last one first."""
    rows = u.all(select(EarlierSeries).order_by(EarlierSeries.taken_at.desc(), EarlierSeries.id.desc()))
    return _with_results(u, rows)


def standing_series(u: Unit) -> list[Series]:
    """Those that are shown, by name; none costs one statement."""
    rows = u.all(
        select(EarlierSeries)
        .where(EarlierSeries.undone_at.is_(None))
        .order_by(EarlierSeries.name, EarlierSeries.id)
    )
    return _with_results(u, rows) if rows else []


def _with_results(u: Unit, rows: Sequence[EarlierSeries]) -> list[Series]:
    found: defaultdict[UUID, list[EarlierResult]] = defaultdict(list)
    order = (EarlierResult.question, EarlierResult.first_day, EarlierResult.row)
    for one in u.all(select(EarlierResult).order_by(*order)):
        found[one.series_id].append(one)
    return [Series(row, found[row.id]) for row in rows]
