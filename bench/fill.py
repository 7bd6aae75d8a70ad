"""A database with a past: so many responses of a year, so many structures. Written past the portal, in bulk.

Rows look as the portal's own do: ids that begin with their day, four choices each, a rollup that agrees.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager
from itertools import product
from typing import TYPE_CHECKING, TypeGuard

from portal.core.clock import SystemClock
from portal.core.ids import CODE_ALPHABET, CODE_LENGTH
from portal.core.schema import ID_BYTES
from portal.jobs import JOBS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.ground import Place

_DAYS = 365
_DAY_SECONDS = 86_400
_BATCH = 20_000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_ADD_RESPONSE = (
    "INSERT INTO response (structure_id, id, version_id, code_id, site_id, team_id, agreement_id, "
    "language, day, mode, submit_key, finished) VALUES (?, ?, ?, ?, ?, ?, ?, 'fr', ?, 'web', ?, true)"
)
_ADD_ANSWER = (
    "INSERT INTO answer (structure_id, response_id, item_id, choice, meaning_rev, day, "
    "site_id, team_id, agreement_id) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)"
)
_ADD_STRUCTURE = (
    "INSERT INTO structure (id, slug, letters, name, colour, branding_revision, created_at) "
    "SELECT ?, 'mesure-' || ?, ?, name || ' ' || ?, colour, branding_revision, created_at "
    "FROM structure WHERE id = ?"
)
_ROLLUP = (
    "INSERT INTO rollup_month (structure_id, item_id, meaning_rev, month, site_id, code_id, choice, n) "
    "SELECT a.structure_id, a.item_id, a.meaning_rev, substr(a.day, 1, 7) || '-01', a.site_id, r.code_id, "
    "a.choice, count(*) FROM answer a JOIN response r ON r.structure_id = a.structure_id "
    "AND r.id = a.response_id GROUP BY 1, 2, 3, 4, 5, 6, 7"
)
_COPIED = (
    "structure_key",
    "site",
    "calendar_version",
    "policy_version",
    "questionnaire",
    "questionnaire_version",
    "item",
    "item_version",
    "team",
    "agreement",
)


def add_responses(folder: Path, place: Place, count: int) -> None:
    """Give the structure so many responses, spread over the last year."""
    with _opened(folder) as database:
        rows = _responses(place, count)
        while batch := [row for _, row in zip(range(_BATCH), rows, strict=False)]:
            database.executemany(_ADD_RESPONSE, [response for response, _ in batch])
            database.executemany(_ADD_ANSWER, [answer for _, answers in batch for answer in answers])
        database.execute("DELETE FROM rollup_month")
        database.execute(_ROLLUP)


def _responses(place: Place, count: int) -> Iterator[tuple[tuple[object, ...], list[tuple[object, ...]]]]:
    own = tuple(bytes.fromhex(getattr(place, f"{name}_id")) for name in ("site", "team", "agreement"))
    version, code = bytes.fromhex(place.version_id), bytes.fromhex(place.code_id)
    items = [(bytes.fromhex(item), choices) for item, choices in place.items]
    first = int(time.time()) - _DAYS * _DAY_SECONDS
    for number in range(count):
        second = first + number * _DAYS // count * _DAY_SECONDS
        day = time.strftime("%Y-%m-%d", time.gmtime(second))
        response = (second * 1000).to_bytes(6, "big") + os.urandom(10)
        answers = [
            (place.structure_id, response, item, choices[(number + n) % len(choices)], day, *own)
            for n, (item, choices) in enumerate(items)
        ]
        yield (place.structure_id, response, version, code, *own, day, os.urandom(32)), answers


def add_structures(folder: Path, place: Place, count: int) -> list[str]:
    """So many structures, copies of the first down to its questionnaire; the entrance of each.

    Each row has an id of its own, and jobs come over the day as in a house where they have long been running.
    """
    codes = []
    with _opened(folder) as database:
        copied = [_Copied(database, table, place.structure_id) for table in (*_COPIED, "code")]
        free = map("".join, product(CODE_ALPHABET, repeat=CODE_LENGTH))
        for number, code in zip(range(count), free, strict=False):
            structure_id = place.structure_id + 1 + number
            letters = "X" + "".join(_LETTERS[number // 26**n % 26] for n in range(4))
            database.execute(_ADD_STRUCTURE, (structure_id, number, letters, number, place.structure_id))
            for one in copied:
                one.add(structure_id, code)
            database.execute(
                "INSERT INTO code_directory (code, structure_id, code_id) VALUES (?, ?, ?)",
                (code, structure_id, _own(bytes.fromhex(place.code_id), structure_id)),
            )
            _add_jobs(database, structure_id, (number + 1) / (count + 1))
            codes.append(code)
    return [f"/q/{code}/fr" for code in codes]


class _Copied:
    """The rows that the first structure has in a table, for others too."""

    def __init__(self, database: sqlite3.Connection, table: str, structure_id: int) -> None:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        told, places = ", ".join(columns), ", ".join("?" * len(columns))
        self._database = database
        self._owner = columns.index("structure_id")
        self._code = columns.index("code") if table == "code" else None
        self._insert = f"INSERT INTO {table} ({told}) VALUES ({places})"  # noqa: S608 -- names of this file and of the schema
        wanted = f"SELECT {told} FROM {table} WHERE structure_id = ?"  # noqa: S608 -- idem
        self._rows = database.execute(wanted, (structure_id,)).fetchall()

    def add(self, structure_id: int, code: str) -> None:
        """The same rows with ids of their own."""
        for row in self._rows:
            values = [_own(value, structure_id) if _is_id(value) else value for value in row]
            values[self._owner] = structure_id
            if self._code is not None:
                values[self._code] = code
            self._database.execute(self._insert, values)


def _is_id(value: object) -> TypeGuard[bytes]:
    return isinstance(value, bytes) and len(value) == ID_BYTES


def _own(row_id: bytes, structure_id: int) -> bytes:
    """The id that this row has in another structure."""
    chance = int.from_bytes(row_id[-4:], "big") ^ structure_id
    return row_id[:-4] + chance.to_bytes(4, "big")


def _add_jobs(database: sqlite3.Connection, structure_id: int, share: float) -> None:
    """Each job of the structure, due once this share of its time has passed."""
    now = SystemClock().now().replace(tzinfo=None)
    rows = [
        (job.name, structure_id, f"{now + share * job.every:%Y-%m-%d %H:%M:%S.%f}")
        for job in JOBS
        if not job.of_house
    ]
    database.executemany("INSERT INTO job_due (job, structure_id, due_at) VALUES (?, ?, ?)", rows)


@contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """The folder's database, written in one go: nobody serves it yet.

    Its triggers keep what is published from ever changing, even from copies: they step aside meanwhile.
    """
    with closing(sqlite3.connect(folder / "portal.db", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("BEGIN")
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        yield database
        for _, text in triggers:
            database.execute(text)
        database.execute("COMMIT")
        database.execute("ANALYZE")
