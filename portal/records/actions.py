"""Bringing a register in, whole or not at all, and taking it back as if it had never come."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from portal.core.crypto import place, seal_bytes
from portal.core.errors import Conflict, Refused
from portal.core.ids import new_id
from portal.core.tables import read_book
from portal.core.worktime import WorkCalendar
from portal.records.models import ActivityCount, PastCase, PastRegister
from portal.records.queries import (
    CASE,
    REGISTER,
    file_of,
    locked,
    name_of,
    remembered,
    report,
    years_of,
)
from portal.records.register import headings_of, proposed
from portal.records.rules import Column, PastRow, Standing
from portal.records.words import plain
from portal.tenancy.holidays_fr import public_holidays
from portal.tenancy.models import Site
from portal.tenancy.queries import calendar_of, main_site
from portal.tenancy.vault import new_wrapped_key, row_key, sealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit
    from portal.records.activity import Count, Intervention

FORGET_AFTER = timedelta(days=7)
"""How long a file waits that was looked at and not brought in."""
_MOST_NAME = 120


def look_at(u: Unit, *, name: str, raw: bytes, by: UUID) -> PastRegister:
    """A register that waits to be brought in: its file sealed, its columns as last time or as they are named.

    Raises `Invalid("table")` for a file that is no table: see `read_book`.
    """
    mapping = _read_anew(u, raw, None)
    id_ = new_id(u.now)
    key, wrapped = new_wrapped_key(u, REGISTER, id_)
    row = PastRegister(
        id=id_,
        standing=Standing.LOOKED_AT,
        sent_at=u.now,
        sent_by=by,
        mapping=mapping,
        key_wrapped=wrapped,
        name_sealed=sealed(u, key, name.strip()[:_MOST_NAME], (REGISTER, id_, "name_sealed")),
        file_sealed=seal_bytes(key, raw, aad=place(u.structure_id, REGISTER, id_, "file_sealed")),
    )
    u.add(row)
    return row


def choose_columns(u: Unit, register_id: UUID, mapping: Mapping[int, Column]) -> PastRegister:
    """The register with other columns. Raises `NotFound`, `Conflict` once it is not waiting any more."""
    row = _waiting(u, register_id)
    found = report(u, row)
    row.mapping = _document(mapping, found.headings, found.sheet)
    u.session.flush()
    return row


def choose_sheet(u: Unit, register_id: UUID, sheet: int) -> PastRegister:
    """The register with another sheet of its workbook, by its place, the columns as they are named there.

    Raises `NotFound`, `Conflict` once it is not waiting any more.
    """
    row = _waiting(u, register_id)
    row.mapping = _read_anew(u, file_of(u, row), sheet)
    u.session.flush()
    return row


def take(u: Unit, register_id: UUID) -> PastRegister:
    """The register, brought in whole; its file is forgotten.

    Raises `Refused("faults")` while there is one, `NotFound`, `Conflict` when it is not waiting any more.
    """
    row = _waiting(u, register_id)
    found = report(u, row)
    if not found.is_good or row.key_wrapped is None:
        raise Refused("faults", faults=len(found.faults))
    key = row_key(u, REGISTER, row.id, row.key_wrapped)
    if len(found.sheets) > 1:  # what else tells the registers of one workbook apart
        named = f"{name_of(u, row)}, {found.sheets[found.sheet]}"
        row.name_sealed = sealed(u, key, named, (REGISTER, row.id, "name_sealed"))
    main = main_site(u).id
    calendars = _calendars(u, found.rows, main)
    where = ((one, one.site_id or main) for one in found.rows)
    u.add(*(_past_case(u, row, key, one, (site_id, calendars[site_id])) for one, site_id in where))
    row.standing, row.taken_at, row.rows, row.file_sealed = Standing.TAKEN, u.now, len(found.rows), None
    u.session.flush()
    return row


def undo(u: Unit, register_id: UUID) -> PastRegister:
    """The register, taken back: its rows and its key are gone, its line stays.

    Raises `NotFound`, `Conflict` when it was taken back before.
    """
    row = locked(u, register_id)
    if row.standing is Standing.UNDONE:
        raise Conflict("past_register", standing=row.standing.value)
    u.session.execute(delete(PastCase).where(PastCase.register_id == row.id))
    row.standing, row.undone_at = Standing.UNDONE, u.now
    row.key_wrapped = row.name_sealed = row.file_sealed = None
    u.session.flush()
    return row


def forget_files(u: Unit) -> int:
    """How many files were forgotten that waited for more than seven days."""
    waiting = select(PastRegister).where(
        PastRegister.standing == Standing.LOOKED_AT, PastRegister.sent_at < u.now - FORGET_AFTER
    )
    return len([undo(u, row.id) for row in u.all(waiting)])


def count_alone(u: Unit, site_ids: Iterable[UUID]) -> None:
    """Nobody else counts at these sites until this unit ends: a count has no row yet that could be locked."""
    u.all(select(Site.id).where(Site.id.in_(sorted(site_ids))).order_by(Site.id).with_for_update())


def note_activity(u: Unit, counts: Iterable[Count]) -> int:
    """How many counts are kept; what was counted before for the same month, site and register gives way."""
    several = list(counts)
    count_alone(u, {one.site_id for one in several})
    for one in several:
        forget_activity(u, one.month, one.site_id, one.intervention)
        u.add(
            ActivityCount(
                month=one.month,
                site_id=one.site_id,
                intervention=one.intervention,
                n=one.n,
                changed_at=u.now,
            )
        )
    return len(several)


def forget_activity(u: Unit, month: date, site_id: UUID, intervention: Intervention) -> None:
    """A count that was typed is taken out."""
    u.session.execute(
        delete(ActivityCount).where(
            ActivityCount.month == month,
            ActivityCount.site_id == site_id,
            ActivityCount.intervention == intervention,
        )
    )


def _waiting(u: Unit, register_id: UUID) -> PastRegister:
    row = locked(u, register_id)
    if row.standing is not Standing.LOOKED_AT:
        raise Conflict("past_register", standing=row.standing.value)
    return row


def _read_anew(u: Unit, raw: bytes, sheet: int | None) -> dict[str, object]:
    """The columns of a sheet, of the fullest one without a place: as last time, or as they are named."""
    book = read_book(raw, sheet)
    top = headings_of(book.rows)
    chosen = proposed(top.cells, remembered(u)) if top else {}
    return _document(chosen, top.cells if top else (), book.at)


def _document(mapping: Mapping[int, Column], headings: Iterable[str], sheet: int) -> dict[str, object]:
    """What each column is by position, and what each heading was, "" for nothing; which sheet is read.

    The sheet is told by its place: its name may be somebody's. A heading that stands twice is the first thing
    it was taken for: the other one is left out next time as well.
    """
    named: dict[str, str] = {}
    for at, cell in enumerate(headings):
        name, column = plain(cell), mapping.get(at)
        named[name] = named.get(name) or (column.value if column else "")
    return {
        "columns": {str(at): column.value for at, column in mapping.items()},
        "headings": {name: column for name, column in named.items() if name},
        "sheet": sheet,
    }


def _calendars(u: Unit, rows: Sequence[PastRow], main: UUID) -> dict[UUID, WorkCalendar]:
    """The calendars of the sites, with the public holidays of the years that the rows tell of."""
    years, made = years_of(rows), {}
    for site_id in {row.site_id or main for row in rows}:
        version = calendar_of(u, site_id)
        kept = WorkCalendar.from_document(version.document)
        known = {**public_holidays(version.zone, years), **kept.holidays}
        made[site_id] = WorkCalendar(kept.timezone, kept.opening, known, kept.closures)
    return made


def _past_case(
    u: Unit, register: PastRegister, key: bytes, row: PastRow, where: tuple[UUID, WorkCalendar]
) -> PastCase:
    """The row at its site, its delays counted by the calendar there."""
    id_, (site_id, calendar) = new_id(u.now), where

    def days(until: date | None) -> int | None:
        return None if until is None else calendar.days_apart(row.received_on, until)

    told = {"number": row.number, "motif": row.motif, "text": row.text}
    words = {name: text for name, text in told.items() if text}
    return PastCase(
        id=id_,
        register_id=register.id,
        row=row.row,
        number="",
        kind=row.kind,
        channel=row.channel,
        site_id=site_id,
        received_on=row.received_on,
        acknowledged_on=row.acknowledged_on,
        first_response_on=row.first_response_on,
        due_on=row.due_on,
        answered_on=row.answered_on,
        closed_on=row.closed_on,
        first_response_days=days(row.first_response_on),
        answer_days=days(row.answered_on),
        finding=row.finding,
        words_sealed=sealed(u, key, json.dumps(words), (CASE, id_, "words_sealed")) if words else None,
    )
