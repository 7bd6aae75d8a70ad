"""The one place that opens and ends transactions.

`Database.transaction(scope)` writes, `Database.reading(scope)` reads; both yield a `Unit`, the first argument
of every action and query. Nothing else commits. The module knows two databases and no word of the trade.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from portal.core.errors import PortalError
from portal.core.line import BEGINS, Line, PortalSession
from portal.core.scope import Scope
from portal.core.seal import gate, prepare_driver, run_sealed, seal_engine
from portal.core.shelf import Shelf
from portal.core.turn import Turn
from portal.core.wall import person_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Engine, Select
    from sqlalchemy.engine import Connection

    from portal.core.bus import Bus, Event
    from portal.core.clock import Clock
    from portal.core.crypto import Keys
    from portal.core.direct import Outcome
    from portal.core.wall import Walled

__all__ = ["Database", "Scope", "Unit"]

T = TypeVar("T")

_ON_CONNECT = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cache_size=-512",  # kB for each connection; the system keeps the file's pages for all of them
    "PRAGMA recursive_triggers=ON",  # else INSERT OR REPLACE deletes rows past the triggers that keep them
)
_READS_ONLY = "PRAGMA query_only=ON"
_ALONE = 7_310_558_264
"""Any number that nobody else takes for a lock."""
_ROOM_FOR_IMPATIENT = 15
"""Writers who may hold a connection out of turn, having waited for it too long."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction's worth of work: its session, scope, instant, event bus and keys."""

    line: Line
    scope: Scope
    now: datetime
    bus: Bus
    keys: Keys
    memo: dict[str, Any] = field(default_factory=dict)

    @property
    def structure_id(self) -> int:
        """The structure in scope; an action that needs one is never called without."""
        if self.scope.structure_id is None:
            return self.scope.reads[0]
        return self.scope.structure_id

    @property
    def session(self) -> PortalSession:
        """SQLAlchemy's session of this unit."""
        return self.line.session

    def publish(self, event: Event) -> None:
        """Tell the other slices, within this transaction."""
        self.bus.publish(self, event)

    def add(self, *rows: object) -> None:
        """Insert rows one after the other: parents before children, as no relationship orders them."""
        for row in rows:
            self.session.add(row)
            self.session.flush()

    def all(self, statement: Select[T], /) -> Sequence[T]:
        """Every first column (or entity) of an ORM query, in its order; empty when there is none."""
        return self.session.scalars(statement).all()

    def one(self, statement: Select[T], /) -> T | None:
        """The first column (or entity) of the first row, or None."""
        return self.session.scalars(statement).first()

    def rows(self, statement: Select[*tuple[Any, ...]], /) -> Sequence[Any]:
        """Every row of an ORM query with several columns."""
        return self.session.execute(statement).all()

    def run(self, prepared: Walled, **values: object) -> Outcome:
        """Execute a prepared statement of the fast path."""
        return self.line.run(prepared, values)

    def run_many(self, prepared: Walled, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert many rows by a prepared statement."""
        self.line.run_many(prepared, rows)


class Database:
    """An engine with the walls in place, and the two ways to use it."""

    def __init__(self, engine: Engine, *, clock: Clock, bus: Bus, keys: Keys) -> None:
        self.engine = engine
        self.clock, self.bus, self.keys = clock, bus, keys
        engine.hide_parameters = True  # else an error of the database tells the values in a log
        self._turn = _turn_of(engine)
        self.writing = _writers_of(engine) if engine.dialect.name == "sqlite" else engine
        for one in self.engines:
            seal_engine(one)
        self.shelf, self.writing_shelf = Shelf(engine), Shelf(self.writing)

    @property
    def engines(self) -> set[Engine]:
        """What units read and write by: one engine on PostgreSQL, two on SQLite."""
        return {self.engine, self.writing}

    @contextmanager
    def transaction(self, scope: Scope, *, alone: bool = False) -> Iterator[Unit]:
        """A writing unit, committed at the end of the block, undone when it raises.

        On SQLite it begins IMMEDIATE: with a deferred begin, most concurrent writers fail as "locked".
        `alone` keeps apart what concerns the portal as a whole, where no row stands yet that could be locked:
        units that ask for it run one after the other, each seeing what the one before has kept.
        """
        with self._turn():
            line = Line(self.writing_shelf, scope, writes=True)
            try:
                if alone and not line.is_embedded:  # an embedded database has one writer anyway
                    gate(line.connection, f"SELECT pg_advisory_xact_lock({_ALONE})")
                yield _unit(self, line, scope)
                line.commit()
            finally:
                line.close()

    def reading(self, scope: Scope) -> AbstractContextManager[Unit]:
        """A reading unit on one snapshot; the database itself refuses it any write."""
        return _Reading(self, scope)

    def write_each(
        self, work: Sequence[tuple[Scope, Callable[[Unit], object]]]
    ) -> list[tuple[Scope, Exception]]:
        """Write for several structures, each within its own scope; whose could not be kept, and why.

        On an embedded database all are kept by one commit, for that costs more than what it keeps. Where one
        fails for what it holds, and on PostgreSQL, each has its own transaction: work may be begun twice.
        Only prepared statements: see `Line.within`.
        """
        if self.writing_shelf.is_embedded:
            try:
                self._write_together(work)
            except OperationalError as fault:  # locked or full: it would be so for each of them
                return [(scope, fault) for scope, _ in work]
            except (SQLAlchemyError, PortalError):
                pass  # one by one tells whose fault it is
            else:
                return []
        failed: list[tuple[Scope, Exception]] = []
        for scope, do in work:
            try:
                with self.transaction(scope) as u:
                    do(u)
            except (SQLAlchemyError, PortalError) as fault:
                failed.append((scope, fault))
        return failed

    def _write_together(self, work: Sequence[tuple[Scope, Callable[[Unit], object]]]) -> None:
        with self._turn():
            line = Line(self.writing_shelf, Scope.nobody(), writes=True)
            try:
                for scope, do in work:
                    do(_unit(self, line.within(scope), scope))
                line.commit()
            finally:
                line.close()

    def settle(self) -> bool:
        """Whether the files hold what the tables hold, and nothing of what was deleted.

        On SQLite what is deleted is overwritten (`secure_delete`), but older pages lie in the log of writes
        until it is emptied, which readers can put off: False, then try again. On PostgreSQL this is the
        business of VACUUM, which only the owner of the tables may run.
        """
        if self.engine.dialect.name != "sqlite":
            return False
        with self._turn():
            lent = self.writing_shelf.take()
            try:
                driver: Any = lent.dbapi_connection
                rows, _ = run_sealed(driver, "PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                self.writing_shelf.put(lent)
        return bool(rows[0][0] == 0)


def _unit(database: Database, line: Line, scope: Scope) -> Unit:
    return Unit(line, scope, database.clock.now(), database.bus, database.keys)


class _Reading:
    """A reading unit, and the end of its line: every page has one, and a generator would begin too slowly."""

    __slots__ = ("_database", "_line")

    def __init__(self, database: Database, scope: Scope) -> None:
        self._database = database
        self._line = Line(database.shelf, scope, writes=False)

    def __enter__(self) -> Unit:
        return _unit(self._database, self._line, self._line.scope)

    def __exit__(self, *_raised: object) -> None:
        self._line.close()


def _turn_of(engine: Engine) -> Callable[[], AbstractContextManager[None]]:
    """How a writing unit waits for its turn: only an embedded database in a file has one writer."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return nullcontext
    return Turn(file).taken


def _writers_of(engine: Engine) -> Engine:
    """The engine of those who write to an embedded database; the given one is left to those who read.

    One connection could do both, but a change of `query_only` makes SQLite prepare every statement anew.
    """
    writing = create_engine(
        engine.url, hide_parameters=True, pool_size=1, max_overflow=_ROOM_FOR_IMPATIENT, pool_use_lifo=True
    )
    event.listen(engine, "engine_disposed", lambda _engine: writing.dispose())
    _prepare_sqlite(engine, BEGINS[False], _READS_ONLY)
    _prepare_sqlite(writing, BEGINS[True])
    return writing


def _prepare_sqlite(engine: Engine, begin: str, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def _connect(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None  # the driver begins nothing by itself
        prepare_driver(dbapi_connection, (*_ON_CONNECT, *pragmas))

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        if not driver.in_transaction:  # a unit may have begun without SQLAlchemy (`Line`)
            run_sealed(driver, begin)


@event.listens_for(PortalSession, "after_begin")
def _bind_scope(session: PortalSession, _transaction: object, connection: Connection) -> None:
    """Bind the scope to the transaction, as literals; at session level a pool would leak it."""
    if connection.dialect.name != "postgresql":
        return
    scope = session.scope
    statements = [
        f"SET LOCAL app.structure_id = '{'' if scope.structure_id is None else int(scope.structure_id)}'",
        f"SET LOCAL app.reads = '{','.join(str(int(structure)) for structure in scope.reads)}'",
        f"SET LOCAL app.person_id = '{person_of(scope.actor_id)}'",
    ]
    if not session.writes:
        statements.append("SET LOCAL transaction_read_only = on")
    gate(connection, "; ".join(statements))
