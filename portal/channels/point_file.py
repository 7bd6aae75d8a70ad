"""A table of many points read as people make it: whatever cannot be used is told by row and column.

Bytes in, values and faults out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from portal.channels.points import (
    BY_HEADING,
    COLUMNS,
    LISTED,
    OF_HEADS,
    Fault,
    Head,
    Point,
    Sheet,
    bare,
    headings,
    same,
)
from portal.channels.rules import CodeKind
from portal.core.errors import Invalid
from portal.core.languages import N_
from portal.core.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from portal.core.tables import Row

MOST_ROWS = 2_000
MOST_CELL = 80
_NO_HEADING = N_("“%(given)s” stands under no heading.")
_TOO_LONG = N_("Write at most %(most)d characters.")
UNREADABLE: dict[str, str] = {
    "size": N_("The file is too long: divide it."),
    "web": N_("This is no table but a page of the web, under that name."),
    "old": N_("This workbook is an old one, or closed by a password: save it as CSV."),
    "sheet": N_("This workbook cannot be opened: save it as CSV."),
    "text": N_("The file holds signs that are no text: save it as “CSV UTF-8”."),
    "quotes": N_("A quotation mark is opened here and not closed."),
    "long": N_("A cell of this row is far too long."),
    "many": N_("A file has at most %(most)d rows."),
    "sheets": N_(
        "This workbook has several sheets with a table: %(sheets)s. Leave one in it, and send it again."
    ),
    "empty": N_("The file is empty. The first row holds the headings, each further one a point."),
}
"""What is said of a file that is no table of points, by the reason of `read_table`."""


def read_sheet(data: bytes, *, own: str | None = None) -> tuple[Sheet, list[Fault]]:
    """What the file says, and every fault in it, by row; a file with faults must not be used.

    `own` is the one structure that the file may speak of, whose column may then be missing. What a file may
    be is told in `portal.core.tables`.
    """
    try:
        rows = [row for row in read_table(data) if not row.is_empty]
    except Invalid as fault:
        reason, place = str(fault.facts["reason"]), int(str(fault.facts.get("row", 1)))
        names = fault.facts.get("sheets")
        told = {"most": MOST_ROWS, "sheets": ", ".join(names) if isinstance(names, tuple) else ""}
        return Sheet((), ()), [Fault(place, "", UNREADABLE[reason], told)]
    if len(rows) > MOST_ROWS + 1:
        return Sheet((), ()), [Fault(rows[MOST_ROWS + 1].number, "", UNREADABLE["many"], {"most": MOST_ROWS})]
    names, faults = _headings(rows[0], own)
    return (Sheet((), ()), faults) if faults else _sheet(names, rows, own)


def _headings(row: Row, own: str | None) -> tuple[list[str | None], list[Fault]]:
    """The column that each cell of the first row names; None for one without heading."""
    names = [BY_HEADING.get(bare(cell)) if cell else None for cell in row.cells]
    faults = [
        Fault(
            row.number,
            cell,
            N_("This column is not known. Those there are: %(known)s."),
            {"known": headings()},
        )
        for cell, name in zip(row.cells, names, strict=True)
        if cell and name is None
    ]
    twice = {name for name in names if name is not None and names.count(name) > 1}
    faults += [
        Fault(row.number, COLUMNS[name].heading, N_("This column stands there twice."))
        for name in sorted(twice)
    ]
    if own is None and "structure" not in names and not faults:
        faults.append(Fault(row.number, "structure", N_("This column is missing.")))
    return names, faults


def _sheet(names: Sequence[str | None], rows: Sequence[Row], own: str | None) -> tuple[Sheet, list[Fault]]:
    """The points below the headings, which are the first of the rows."""
    heads: dict[str, Head] = {}
    points: list[Point] = []
    faults: list[Fault] = []
    for row in rows[1:]:
        cells, wrong = _cells(names, row)
        wrong += _row_faults(row.number, cells, own)
        if not wrong:
            name = str(cells.get("structure") or own)
            head = heads.get(same(name), Head(row.number, name))
            wrong += _differences(row.number, head, cells)
            heads[same(name)] = _told(head, cells)
            points.append(_point(row.number, name, cells))
        faults += wrong
    if len(rows) == 1:
        faults.append(Fault(rows[0].number + 1, "", UNREADABLE["empty"]))
    faults += _twice(points)
    return Sheet(tuple(heads.values()), tuple(points)), sorted(faults, key=lambda fault: fault.row)


def _cells(names: Sequence[str | None], row: Row) -> tuple[dict[str, Any], list[Fault]]:
    """What each cell says, by column; empty cells are left out."""
    cells: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, cell in zip(names, row.cells, strict=True):
        given = " ".join(cell.split())
        if given and name is None:
            faults.append(Fault(row.number, "", _NO_HEADING, {"given": given[:MOST_CELL]}))
        elif given and name:
            try:
                cells[name] = _read(name, given)
            except Invalid as fault:
                sentence = _TOO_LONG if fault.fact == "length" else COLUMNS[name].fault
                facts = {"given": given, "known": LISTED.get(name, ""), "most": MOST_CELL}
                faults.append(Fault(row.number, COLUMNS[name].heading, sentence, facts))
    return cells, faults


def _read(name: str, given: str) -> Any:
    if len(given) > MOST_CELL:
        raise Invalid("length")
    return COLUMNS[name].read(given)


def _row_faults(number: int, cells: Mapping[str, Any], own: str | None) -> Iterator[Fault]:
    """What a row lacks, or says against itself."""
    if own is None and not cells.get("structure"):
        yield Fault(number, COLUMNS["structure"].heading, N_("Write the name of the structure."))
    if own is not None and same(cells.get("structure") or own) != same(own):
        yield Fault(
            number, COLUMNS["structure"].heading, N_("Only %(own)s can be filled here."), {"own": own}
        )
    if cells.get("purpose") and not cells.get("partner"):
        yield Fault(number, COLUMNS["partner"].heading, N_("An agreement needs the name of the partner."))
    starts, ends = cells.get("starts_on"), cells.get("ends_on")
    if starts and ends and ends < starts:
        yield Fault(number, COLUMNS["ends_on"].heading, N_("This is before the agreement begins."))


def _told(head: Head, cells: Mapping[str, Any]) -> Head:
    """The structure with what this row adds to what is known of it."""
    added: dict[str, Any] = {
        name: cells.get(name) for name in (*OF_HEADS, "zone") if getattr(head, name) is None
    }
    return replace(head, **added)


def _differences(number: int, head: Head, cells: Mapping[str, Any]) -> Iterator[Fault]:
    """What a later row says otherwise of the same structure; silence is no difference."""
    for name in OF_HEADS:
        if getattr(head, name) is not None and cells.get(name) not in {None, getattr(head, name)}:
            sentence = N_("Row %(row)d says otherwise of this structure.")
            yield Fault(number, COLUMNS[name].heading, sentence, {"row": head.row})


def _point(number: int, structure: str, cells: Mapping[str, Any]) -> Point:
    return Point(
        row=number,
        structure=structure,
        site=cells.get("site", ""),
        zone=cells.get("zone"),
        team=cells.get("team", ""),
        partner=cells.get("partner", ""),
        purpose=cells.get("purpose", ""),
        starts_on=cells.get("starts_on"),
        ends_on=cells.get("ends_on"),
        kind=cells.get("kind", CodeKind.POSTER),
        label=cells.get("label", ""),
    )


def _twice(points: Sequence[Point]) -> list[Fault]:
    """Rows that say the same: two codes that nobody could tell apart."""
    rows: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for point in points:
        rows[point.names].append(point.row)
    sentence = N_("This is row %(row)d again: give it a label of its own.")
    return [
        Fault(row, COLUMNS["label"].heading, sentence, {"row": first})
        for first, *others in rows.values()
        for row in others
    ]
