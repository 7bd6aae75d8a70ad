"""Hostile registers against the whole house: read right or refused with row and column, and no trace left."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from hostile import HEAD, HOSTILE, KNOWN, Faulty, Right, Unreadable
from staff import signed_in

from portal.core.errors import Invalid, Refused
from portal.core.schema import Base
from portal.records.actions import look_at, take, undo
from portal.records.models import PastRegister
from portal.records.queries import past_cases, register, report, words_of
from portal.records.rules import Standing

if TYPE_CHECKING:
    from uuid import UUID

    from build import World
    from staff import Colleague

    from portal.records.rules import Report

BOARD = "/s/passerelle/dashboard.json"


def everything(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table as it lies in the file, but the lines of the registers that were sent."""
    apart = {PastRegister.__tablename__, "auth_session"}
    with closing(sqlite3.connect(str(world.database.engine.url.database))) as file:
        names = [table.name for table in Base.metadata.sorted_tables if table.name not in apart]
        return {name: file.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names}  # noqa: S608 -- names of ours


def said(found: Report) -> Faulty | Right:
    """What a register says, in the words of the list."""
    if found.faults:
        return Faulty(tuple((one.row, one.column and one.column.value, one.reason) for one in found.faults))
    sheets = found.sheets if len(found.sheets) > 1 else ()
    return Right(tuple((one.row, one.received_on, one.motif) for one in found.rows), sheets)


def sent(world: World, lead: Colleague, raw: bytes) -> UUID | Unreadable:
    """A register that waits; or why it is none."""
    try:
        with world.database.transaction(world.lyon.scope) as u:
            return look_at(u, name="registre.csv", raw=raw, by=lead.person_id).id
    except Invalid as fault:
        row = fault.facts.get("row")
        return Unreadable(str(fault.facts["reason"]), row if isinstance(row, int) else None)


def taken(world: World, id_: UUID, found: Report) -> bool:
    """Whether a register was brought in, each row as it was read."""
    try:
        with world.database.transaction(world.lyon.scope) as u:
            take(u, id_)
            rows = past_cases(u, id_)
            motifs = [words["motif"] for words in words_of(u, rows)]
    except Refused:
        return False
    kept = [(row.row, row.received_on, motif) for row, motif in zip(rows, motifs, strict=True)]
    assert kept == [(one.row, one.received_on, one.motif) for one in found.rows]
    return True


def test_a_hostile_register_is_read_right_or_refused_and_leaves_no_trace(sqlite_world: World) -> None:
    world, lead = sqlite_world, signed_in(sqlite_world)
    before = sent(world, lead, (HEAD + KNOWN).encode())
    assert not isinstance(before, Unreadable)
    with world.database.transaction(world.lyon.scope) as u:
        take(u, before)
    stood, board = everything(world), lead.get(BOARD).json
    wrong: dict[str, object] = {}
    for one in HOSTILE:
        id_ = sent(world, lead, one.raw)
        if isinstance(id_, Unreadable):
            told: object = id_
        else:
            with world.database.reading(world.lyon.scope) as u:
                found = report(u, register(u, id_))
            told = said(found)
            if taken(world, id_, found):
                assert everything(world) != stood, "the detector sees what was brought in"
                assert lead.get(BOARD).json == board, "no figure tells of it"
            else:
                assert everything(world) == stood, one.name
            with world.database.transaction(world.lyon.scope) as u:
                assert undo(u, id_).standing is Standing.UNDONE
        if told != one.says:
            wrong[one.name] = told
        assert everything(world) == stood, one.name
    assert wrong == {}
    assert lead.get(BOARD).json == board
