"""The figures of a selection, as much of them as the reader in scope may see, in a handful of statements.

`figures` is the only way to them: page, JSON answer and reports get the same numbers under the same floor.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from portal.core.worktime import WorkCalendar
from portal.insight.caseload import afterwards, complaint_delays, loads, waiting, ways_in
from portal.insight.casework import CaseFigures, case_figures
from portal.insight.catalogue import Figure
from portal.insight.floor import FLOOR, Level
from portal.insight.opinions import (
    asked_now,
    cells,
    counted,
    heard,
    only_counting,
    own_and_assisted,
    tallies,
    tallies_by_month,
)
from portal.insight.selection import TREND_MONTHS, months_after, narrowed
from portal.insight.shown import (
    ALL,
    DIMENSIONS,
    in_parts,
    levels_in_space,
    levels_in_time,
    place_of,
    reader_of,
    starts,
    where,
)
from portal.tenancy.queries import calendar_of, main_site

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import date

    from portal.core.db import Unit
    from portal.insight.caseload import Afterwards, Counted, Delays, WaysIn
    from portal.insight.opinions import Asked, Heard, Tally
    from portal.insight.selection import Selection
    from portal.insight.shown import Place, Reader


_TODAY = "insight.today"
_NO_SHARE = Figure("satisfied_assisted", None, 0)


@dataclass(frozen=True, slots=True)
class Month:
    """The first question in one month of the selection's last twelve."""

    first_day: date
    heard: Heard


@dataclass(frozen=True, slots=True)
class Figures:
    """What a reader sees of a selection; `selection` is what it really tells of.

    `values` holds a figure for each of `INDICATORS`. `trend` is empty and `places` and `loads` are None where
    the reader is not told. `is_silent`: nothing was heard in these twelve months, in the whole structure.
    """

    selection: Selection
    today: date
    reader: Reader
    values: Mapping[str, Figure]
    questions: tuple[Heard, ...]
    trend: tuple[Month, ...]
    places: Mapping[Place, Heard] | None
    loads: Mapping[Place, Counted] | None
    delays: Delays | None
    ways_in: WaysIn | None
    afterwards: Afterwards | None
    is_silent: bool
    assisted: Heard | None = None
    """The first question, answered with the help of staff: in no other figure. None without a question."""


def today_at(u: Unit) -> date:
    """Today at the main site, whose days figures go by; read once in a unit."""
    if _TODAY not in u.memo:
        calendar = WorkCalendar.from_document(calendar_of(u, main_site(u).id).document)
        u.memo[_TODAY] = calendar.local(u.now).date()
    today: date = u.memo[_TODAY]
    return today


def is_told(u: Unit, selection: Selection) -> bool:
    """Whether the reader in scope gets the figures of these very days and this place, and not others."""
    return not reader_of(u).is_floored or narrowed(selection, today_at(u)) == selection


def figures(u: Unit, selection: Selection) -> Figures:
    """The figures of a selection for the reader in scope; those bound by the floor get it `narrowed`."""
    reader, today = reader_of(u), today_at(u)
    if reader.is_floored:
        selection = narrowed(selection, today)
    asked = asked_now(u)
    history = _history(u, asked, selection)
    if reader.is_floored:
        asked, history = only_counting(asked, history)
    found = _within(u, asked, selection, history)
    is_unheard = not history and not found
    (history, helped_history), (found, helped) = own_and_assisted(history), own_and_assisted(found)
    told = {one.item_id: _levels(one, history, today, reader, has_trend=one is asked[0]) for one in asked}
    key: Hashable = ("from", selection.start) if place_of(selection) == ALL else place_of(selection)
    questions = tuple(heard(one.question, counted(one, found), told[one.item_id][key]) for one in asked)
    work = _casework(u, selection, reader, today)
    first = asked[:1]
    assisted = next(
        (
            heard(
                one.question,
                counted(one, helped),
                _levels(one, helped_history, today, reader, has_trend=False)[key],
            )
            for one in first
        ),
        None,
    )
    return Figures(
        selection,
        today,
        reader,
        values={**_opinion_values(questions), **_assisted_values(assisted), **work.values},
        questions=questions,
        trend=tuple(
            month for one in first for month in _trend(one, history, selection, told[one.item_id], reader)
        ),
        places=next((_by_place(one, found, told[one.item_id]) for one in first), {})
        if _tells_places(reader, selection, today)
        else None,
        loads=work.places,
        delays=work.delays,
        ways_in=work.ways_in,
        afterwards=work.afterwards,
        is_silent=is_unheard and work.is_silent,
        assisted=assisted,
    )


def _history(u: Unit, asked: Sequence[Asked], selection: Selection) -> list[Tally]:
    """The last twelve months of the selection, by month, for all places."""
    since = months_after(selection.end, 1 - TREND_MONTHS)
    return tallies_by_month(u, asked, since, selection.end) if asked else []


def _within(u: Unit, asked: Sequence[Asked], selection: Selection, history: Sequence[Tally]) -> list[Tally]:
    """The selection's own counts: from the history where it holds them, else asked for to the day."""
    is_known = selection.is_whole_months and selection.start >= months_after(selection.end, 1 - TREND_MONTHS)
    found = (
        [one for one in history if one.month >= selection.start] if is_known else tallies(u, asked, selection)
    )
    return [one for one in found if selection.takes(*where(one))]


def _levels(
    asked: Asked, history: Sequence[Tally], today: date, reader: Reader, *, has_trend: bool
) -> Mapping[Hashable, Level]:
    """How much of a question may be told, by month, period and place; where nobody answered, all."""
    told: defaultdict[Hashable, Level] = defaultdict(lambda: Level.CHOICES)
    if reader.is_floored:

        def count(part: list[Tally]) -> Any:
            return counted(asked, part)

        def look(part: Any, level: Level) -> tuple[int, ...]:
            return cells(asked.question, part, level)

        months = in_parts(history, lambda one: one.month, count)
        told |= levels_in_time(months, look, starts(today), Level.CHOICES, with_parts=has_trend)
        most = told["from", min(starts(today))]
        told |= levels_in_space(in_parts(history, where, count), look, most)
    return told


def _trend(
    asked: Asked,
    history: Sequence[Tally],
    selection: Selection,
    told: Mapping[Hashable, Level],
    reader: Reader,
) -> list[Month]:
    """The months of the history, empty ones included; under the floor, not those of a place."""
    if reader.is_floored and selection.has_place:
        return []
    since = months_after(selection.end, 1 - TREND_MONTHS)
    months = [months_after(since, n) for n in range(TREND_MONTHS)]
    taken = [one for one in history if selection.takes(*where(one))]
    parts = in_parts(taken, lambda one: one.month, lambda part: counted(asked, part))
    return [Month(month, heard(asked.question, parts.get(month, {}), told[month])) for month in months]


def _tells_places(reader: Reader, selection: Selection, today: date) -> bool:
    """Whether places stand side by side: for all, but under the floor over twelve months only."""
    return not reader.is_floored or (not selection.has_place and selection.start == min(starts(today)))


def _by_place(asked: Asked, found: Sequence[Tally], told: Mapping[Hashable, Level]) -> dict[Place, Heard]:
    """The first question at each site, team and agreement that was heard of."""
    by_place: dict[Place, Heard] = {}
    for name in DIMENSIONS:
        parts = in_parts(found, attrgetter(name), lambda part: counted(asked, part))
        by_place |= {
            (name, id_): heard(asked.question, counts, told[name, id_])
            for id_, counts in parts.items()
            if id_ is not None
        }
    return by_place


def _opinion_values(questions: Sequence[Heard]) -> dict[str, Figure]:
    """The figures that the first question gives; zero opinions without a question."""
    if not questions:
        return {"opinions": Figure("opinions", 0, 0), "satisfied": Figure("satisfied", None, 0)}
    first = questions[0]
    share = first.satisfied
    return {
        "opinions": Figure("opinions", first.n, first.n, is_withheld=first.level < Level.COUNT),
        "satisfied": Figure.of_share("satisfied", share, is_withheld=first.level < Level.SHARE),
    }


def _assisted_values(assisted: Heard | None) -> dict[str, Figure]:
    """How many answered with the help of staff, and of how well: of fewer than the floor, only how many."""
    if assisted is None:
        return {"opinions_assisted": Figure("opinions_assisted", 0, 0), "satisfied_assisted": _NO_SHARE}
    share = assisted.satisfied
    is_enough = share is not None and share.n >= FLOOR
    return {
        "opinions_assisted": Figure(
            "opinions_assisted", assisted.n, assisted.n, is_withheld=assisted.level < Level.COUNT
        ),
        "satisfied_assisted": Figure.of_share(
            "satisfied_assisted", share, is_withheld=assisted.level < Level.SHARE
        )
        if is_enough or assisted.level < Level.SHARE
        else replace(_NO_SHARE, n=share.n if share else 0),
    }


def _casework(u: Unit, selection: Selection, reader: Reader, today: date) -> CaseFigures:
    """What became of the messages of the selection."""
    first_days = (selection.start,) if reader.sees_cases else starts(today)
    return case_figures(
        selection,
        reader,
        loads(u, first_days, selection.end, today),
        complaint_delays(u, selection),
        ways_in(u, selection),
        afterwards(u, selection),
        waiting(u, today),
        first_days,
    )
