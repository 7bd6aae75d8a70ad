"""Many transactions on one pool of connections, with every mishap that may befall them, and what each saw.

Used in threads of the test, and in processes of their own that the test kills.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Lock, Thread, Timer
from typing import TYPE_CHECKING, Any

import psycopg
from servers import address
from sqlalchemy.exc import DBAPIError

from portal.app import compose
from portal.core.config import load
from portal.core.db import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from portal.core.db import Database

TABLES = ("site", "questionnaire", "code", "policy_version")
"""Tables in which every structure has rows from its first day."""
_PATIENCE_MS, _SOON_SECONDS = 3, 0.02
MISHAPS = ("none", "none", "none", "fault", "sql", "timeout", "rollback", "cancelled", "killed")


class Mishap(Exception):
    """Something of ours goes wrong inside a transaction."""


@dataclass(slots=True)
class Seen:
    """What became of the transactions, and which of them saw what was not theirs."""

    ends: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def note(self, end: str, leak: str | None) -> None:
        """One more transaction."""
        with self._lock:
            self.ends[end] += 1
            if leak is not None:
                self.leaks.append(leak)


@dataclass(frozen=True, slots=True)
class Pooled:
    """A database whose connections are shared, and somebody who may cancel and kill what runs there."""

    database: Database
    structures: tuple[int, ...]
    seen: Seen = field(default_factory=Seen)

    def run(self, n: int, *, threads: int, seed: int) -> None:
        """So many transactions, by so many threads."""
        turns = [
            Thread(target=self._turns, args=(n // threads, Random(seed + at)))  # noqa: S311 -- the same each time
            for at in range(threads)
        ]
        for turn in turns:
            turn.start()
        for turn in turns:
            turn.join()

    def _turns(self, n: int, chance: Random) -> None:
        for _ in range(n):
            self.turn(chance)

    def turn(self, chance: Random) -> None:
        """One transaction of somebody, or of nobody; it may end badly."""
        one = chance.choice(self.structures)
        scope = chance.choice(
            (Scope.of(one), Scope.of(one), Scope.nobody(), Scope.nobody().reading(self.structures))
        )
        mishap, is_late = chance.choice(MISHAPS), chance.random() < 0.5
        found: set[int] = set()
        begin = self.database.transaction if scope.structure_id else self.database.reading
        try:
            with begin(scope) as u:
                cursor = u.session.connection().connection.cursor()
                if is_late:
                    found |= owners(cursor, chance.choice(TABLES))
                self._befall(u, cursor, mishap)
                cursor = u.session.connection().connection.cursor()
                found |= owners(cursor, chance.choice(TABLES))
            end = "committed"
        except Mishap:
            end = mishap
        except (psycopg.Error, DBAPIError):
            end = f"{mishap}: refused"
        foreign = found - {*scope.reads}
        self.seen.note(end, f"{scope.reads} saw {sorted(foreign)} after {mishap}" if foreign else None)

    def _befall(self, u: Any, cursor: Any, mishap: str) -> None:
        if mishap == "fault":
            raise Mishap
        if mishap == "sql":
            cursor.execute("select 1 / 0")
        if mishap == "timeout":
            cursor.execute(f"set local statement_timeout = {_PATIENCE_MS}; select pg_sleep(1)")
        if mishap == "rollback":
            u.session.rollback()
        if mishap in {"cancelled", "killed"}:
            backend = cursor.connection.info.backend_pid
            ending = Timer(_SOON_SECONDS, end_backend, (self.database, backend), {"kill": mishap == "killed"})
            ending.start()
            try:
                cursor.execute("select pg_sleep(2)")
            finally:
                ending.join()


def owners(cursor: Any, table: str) -> set[int]:
    """The structures whose rows of a table are seen."""
    cursor.execute(f"select distinct structure_id from {table}")  # noqa: S608 -- a name of this file
    return {row[0] for row in cursor.fetchall()}


def end_backend(database: Database, pid: int, *, kill: bool) -> None:
    """Cancel what a backend does, or kill it, as the superuser."""
    url = database.engine.url
    wanted = "pg_terminate_backend" if kill else "pg_cancel_backend"
    superuser = address(url.port or 0, "postgres", url.database or "")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"select {wanted}(%s)", [pid])


def work(environ: Mapping[str, str], structures: Sequence[int], told: Path, seed: int) -> None:
    """Transactions for as long as the process lives; for each a line in the file."""
    _app, database = compose(load(environ, cheap_hashes=True))
    pooled, chance = Pooled(database, tuple(structures)), Random(seed)  # noqa: S311 -- idem
    file = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with suppress(KeyboardInterrupt):
        while True:
            before = len(pooled.seen.leaks)
            pooled.turn(chance)
            os.write(file, b"leak\n" if len(pooled.seen.leaks) > before else b"ok\n")
