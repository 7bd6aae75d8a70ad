"""Reading a register: its rows as they can be brought in, or every fault with its row and its column. Pure.

Nothing is guessed that would change a figure: a day that cannot be read is a fault, never an empty one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from portal.cases.rules import Kind
from portal.records.dates import read_day
from portal.records.rules import (
    CHANNELS_WRITTEN,
    COLUMNS,
    DAYS,
    FINDINGS_WRITTEN,
    FIRST_YEAR,
    KINDS_WRITTEN,
    MOST_MOTIF,
    MOST_NUMBER,
    Column,
    Fault,
    PastRow,
    Report,
)
from portal.records.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.cases.rules import Finding
    from portal.cases.ways import Channel
    from portal.core.tables import Row
    from portal.records.rules import Ground, Said

T = TypeVar("T")

_HEADINGS_WITHIN = 20
"""Rows in which the headings are looked for: a title or two often stand above them."""
_ENOUGH_HEADINGS = 2


def headings_of(rows: Sequence[Row]) -> Row | None:
    """The row of headings: of the first rows the one with most names we know, two at least; else None."""
    known = {heading for row in COLUMNS.values() for heading in row.headings}

    def names(row: Row) -> int:
        return len({plain(cell) for cell in row.cells} & known)

    best = max(rows[:_HEADINGS_WITHIN], key=lambda row: (names(row), -row.number), default=None)
    return best if best is not None and names(best) >= _ENOUGH_HEADINGS else None


def proposed(headings: Sequence[str], remembered: Mapping[str, str]) -> dict[int, Column]:
    """Which heading is what: as last time, else by its name; each column once, the first heading wins.

    `remembered` tells by plain heading what it was ("" for nothing) when a register was last brought in.
    """
    found: dict[int, Column] = {}
    for at, heading in enumerate(headings):
        name = plain(heading)
        if name in remembered:
            column = Column(remembered[name]) if remembered[name] else None
        else:
            column = next((one for one, row in COLUMNS.items() if name in row.headings), None)
        if column is not None and column not in found.values():
            found[at] = column
    return found


def read_register(rows: Sequence[Row], mapping: Mapping[int, Column] | None, ground: Ground) -> Report:
    """The register of a table; `mapping` as somebody chose it, else as it is proposed.

    Every fault is told at once, with its row and its column; a row twice in the file, or brought in before,
    is one.
    """
    top = headings_of(rows)
    if top is None:
        return Report((), {}, (), (Fault(0, None, "headings"),))
    chosen = proposed(top.cells, {}) if mapping is None else dict(mapping)
    if Column.RECEIVED not in chosen.values():
        return Report(top.cells, chosen, (), (Fault(0, Column.RECEIVED, "missing"),))
    below = [row for row in rows if row.number > top.number]
    written = [row for row in below if not row.is_empty and row.cells != top.cells]
    reading = [_Reading(row, chosen, ground) for row in written]
    faults = [fault for one in reading for fault in one.faults]
    good = [one.done() for one in reading if not one.faults]
    faults += _doubles(good, ground)
    if not written:
        faults.append(Fault(0, None, "empty"))
    kept = () if faults else tuple(good)
    ordered = tuple(sorted(faults, key=lambda fault: (fault.row, fault.column or "")))
    return Report(top.cells, chosen, kept, ordered, len(below) - len(written))


def received_days(rows: Sequence[Row], mapping: Mapping[int, Column]) -> list[date]:
    """The days of reception that can be read in a table, headings and all."""
    columns = [at for at, column in mapping.items() if column is Column.RECEIVED]
    days = (read_day(row.cells[at]) for row in rows for at in columns if at < len(row.cells))
    return [day for day in days if day is not None]


def _doubles(rows: Iterable[PastRow], ground: Ground) -> list[Fault]:
    """Numbers that come twice in a year or came before, and rows without number that say the very same."""
    several = list(rows)
    years = Counter((row.number, row.received_on.year) for row in several if row.number)
    faults: list[Fault] = []
    for row in several:
        numbered = (row.number, row.received_on.year)
        if years[numbered] > 1:
            faults.append(Fault(row.row, Column.NUMBER, "double", row.number))
        if row.number and numbered in ground.known:
            faults.append(Fault(row.row, Column.NUMBER, "known", row.number))
    told = [(row, _said(row, ground)) for row in several]
    seen: set[Said] = set()
    for row, said in told:
        if not row.number and (row.text or row.motif) and said in seen:
            faults.append(Fault(row.row, None, "double"))
        seen.add(said)
    return faults + [Fault(row.row, None, "known") for row in _brought_before(told, ground)]


def _said(row: PastRow, ground: Ground) -> Said:
    days = (row.received_on, row.answered_on, row.kind, row.site_id or ground.main)
    return days, plain(row.motif), plain(row.text)


def _brought_before(told: Sequence[tuple[PastRow, Said]], ground: Ground) -> list[PastRow]:
    """The rows that no number tells from others, and that a register had which was brought in before.

    Two complaints of the same days may be two; with the same words they are one. Where every row of a file
    finds its days again it is the same file, words or not: they may have gone since.
    """
    same = [row for row, said in told if not row.number and said in ground.said]
    found = {row.row for row in same} | {row.row for row, (days, *_) in told if days in ground.silent}
    if len(same) == len(told) or (len(told) > 1 and len(found) == len(told)):
        return [row for row, _ in told]
    return [row for row in same if row.motif or row.text]


@dataclass(slots=True)
class _Reading:
    """One row on its way; what cannot be read is a fault."""

    row: Row
    mapping: Mapping[int, Column]
    ground: Ground
    faults: list[Fault] = field(default_factory=list)
    found: dict[Column, str] = field(init=False)
    days: dict[Column, date] = field(default_factory=dict)
    kind: Kind = field(init=False)
    channel: Channel | None = field(init=False)
    finding: Finding | None = field(init=False)
    site_id: UUID | None = field(init=False)

    def __post_init__(self) -> None:
        self.found = {column: self.row.cells[at] for at, column in self.mapping.items()}
        self._read_days()
        self.kind = self._word(Column.KIND, KINDS_WRITTEN) or Kind.COMPLAINT
        self.channel = self._word(Column.CHANNEL, CHANNELS_WRITTEN)
        self.finding = self._word(Column.FINDING, FINDINGS_WRITTEN)
        self.site_id = self._word(Column.SITE, self.ground.sites)
        for column, most in ((Column.MOTIF, MOST_MOTIF), (Column.NUMBER, MOST_NUMBER)):
            if len(self.found.get(column, "")) > most:
                self._blame(column, "long")

    def done(self) -> PastRow:
        """The row, all of which could be read."""
        return PastRow(
            row=self.row.number,
            received_on=self.days[Column.RECEIVED],
            kind=self.kind,
            number=self.found.get(Column.NUMBER, ""),
            channel=self.channel,
            acknowledged_on=self.days.get(Column.ACKNOWLEDGED),
            first_response_on=self.days.get(Column.FIRST_RESPONSE),
            due_on=self.days.get(Column.DUE),
            answered_on=self.days.get(Column.ANSWERED),
            closed_on=self.days.get(Column.CLOSED),
            finding=self.finding,
            motif=self.found.get(Column.MOTIF, ""),
            site_id=self.site_id,
            text=self.found.get(Column.TEXT, ""),
        )

    def _blame(self, column: Column, reason: str) -> None:
        self.faults.append(Fault(self.row.number, column, reason, self.found.get(column, "")[:MOST_NUMBER]))

    def _read_days(self) -> None:
        for column in DAYS:
            self._read_day(column)
        received = self.days.get(Column.RECEIVED)
        if received is None:
            if not self.found.get(Column.RECEIVED):
                self._blame(Column.RECEIVED, "missing")
            return
        for column in DAYS[1:]:
            if column in self.days and self.days[column] < received:
                self._blame(column, "before")

    def _read_day(self, column: Column) -> None:
        told = self.found.get(column, "")
        if not told:
            return
        day = read_day(told)
        if day is None:
            self._blame(column, "day")
        elif day.year < FIRST_YEAR:
            self._blame(column, "old")
        elif day > self.ground.today and column is not Column.DUE:
            self._blame(column, "future")
        else:
            self.days[column] = day

    def _word(self, column: Column, words: Mapping[str, T]) -> T | None:
        told = self.found.get(column, "")
        if not told:
            return None
        word = words.get(plain(told))
        if word is None:
            self._blame(column, "word")
        return word
