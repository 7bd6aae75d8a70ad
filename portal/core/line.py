"""The way of one unit to the database: a connection and its transaction, begun when first needed.

On SQLite most requests of residents run prepared statements alone and need nothing of SQLAlchemy: its session
and its connection are made when they are first asked for, and join the transaction that is there. On
PostgreSQL the session does everything: it keeps track of connections that a server has dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from portal.core.errors import Unscoped
from portal.core.seal import FLUSHING, run_sealed
from portal.core.shelf import end_transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import CursorResult, Engine
    from sqlalchemy.engine import Dialect
    from sqlalchemy.pool import PoolProxiedConnection

    from portal.core.direct import Outcome
    from portal.core.scope import Scope
    from portal.core.seal import SealedDriver
    from portal.core.shelf import Shelf

BEGINS = {False: "BEGIN", True: "BEGIN IMMEDIATE"}
"""How a unit begins on SQLite that only reads, and one that writes: a deferred begin fails as "locked"."""


class Prepared(Protocol):
    """A statement of the wall, as a line runs it."""

    writes: bool
    name: str

    def execute_one(self, line: Line, values: Mapping[str, object]) -> Outcome:
        """Execute for one set of values."""

    def execute(self, line: Line, rows: Sequence[Mapping[str, object]]) -> CursorResult[Any]:
        """Execute for several."""


class Line:
    """What a unit does to the database, within one scope for its whole life."""

    __slots__ = (
        "_beside",
        "_borrowed",
        "_connection",
        "_engine",
        "_is_embedded",
        "_scope",
        "_session",
        "_shelf",
        "_writes",
    )

    def __init__(self, shelf: Shelf, scope: Scope, *, writes: bool) -> None:
        self._shelf, self._scope, self._writes = shelf, scope, writes
        self._engine, self._is_embedded = shelf.engine, shelf.is_embedded
        self._borrowed: PoolProxiedConnection | None = None
        self._connection: Connection | None = None
        self._session: PortalSession | None = None
        self._beside = False

    @property
    def scope(self) -> Scope:
        """Who asks; never another."""
        return self._scope

    @property
    def writes(self) -> bool:
        """Whether anything may be written."""
        return self._writes

    @property
    def session(self) -> PortalSession:
        """The session over this line, made when first asked for. Raises `Unscoped` beside another line."""
        if self._beside:
            raise Unscoped("a session that nobody would commit")
        if self._session is None:
            self._session = PortalSession(self._engine, self)
        return self._session

    @property
    def is_embedded(self) -> bool:
        """Whether the database is SQLite."""
        return self._is_embedded

    @property
    def dialect(self) -> Dialect:
        """How SQLAlchemy speaks to this database."""
        return self._engine.dialect

    @property
    def driver(self) -> SealedDriver:
        """SQLite's own connection, in its transaction."""
        driver: Any = self._lent().dbapi_connection
        if not driver.in_transaction:
            run_sealed(driver, BEGINS[self._writes])
        found: SealedDriver = driver
        return found

    def _lent(self) -> PoolProxiedConnection:
        if self._borrowed is None:
            self._borrowed = self._shelf.take()
        return self._borrowed

    @property
    def connection(self) -> Connection:
        """The connection of this unit for SQLAlchemy, in its transaction."""
        if not self._is_embedded:
            return self.session.connection()
        lent = self._lent()
        if self._connection is None:
            self._connection = Connection(self._engine, lent)
        if not self._connection.in_transaction():
            self._connection.begin()  # which finds the driver's transaction begun, or begins it
        return self._connection

    def within(self, scope: Scope) -> Line:
        """A line for another scope over the same transaction, for prepared statements on SQLite alone.

        It is neither committed nor closed: whoever holds this line does that, for all. Raises `Unscoped` on
        PostgreSQL, whose transaction is bound to one scope.
        """
        if not self._is_embedded:
            raise Unscoped("a transaction of one scope")
        line = Line(self._shelf, scope, writes=self._writes)
        line._beside = True
        line._borrowed = self._lent()
        return line

    def run(self, prepared: Prepared, values: Mapping[str, object]) -> Outcome:
        """Execute a prepared Core statement within the scope (the public pages' path)."""
        if prepared.writes and not self._writes:
            raise Unscoped("a reading unit writes", statement=prepared.name)
        return prepared.execute_one(self, values)

    def run_many(self, prepared: Prepared, rows: Sequence[Mapping[str, object]]) -> CursorResult[Any] | None:
        """Execute a prepared insert for many rows; None when there is nothing to do."""
        if not self._writes:
            raise Unscoped("a reading unit writes", statement=prepared.name)
        return prepared.execute(self, rows) if rows else None

    def commit(self) -> None:
        """Keep what the session and the prepared statements have written, together."""
        if self._session is not None:
            self._session.commit()
        else:
            self.conclude(keeps=True)

    def close(self) -> None:
        """Give the connection back; what was not kept is undone."""
        if self._session is not None:
            self._session.close()
        else:
            self.give_back()

    def conclude(self, *, keeps: bool) -> None:
        """End the transaction of the borrowed connection, if there is one; for the session over it."""
        if self._connection is not None and self._connection.in_transaction():
            self._connection.commit() if keeps else self._connection.rollback()
        driver: Any = None if self._borrowed is None else self._borrowed.dbapi_connection
        if driver is not None:
            end_transaction(driver, keeps=keeps)

    def give_back(self) -> None:
        """Give back the borrowed connection, if there is one; for the session over it."""
        borrowed, self._borrowed = self._borrowed, None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        elif borrowed is not None:
            self._shelf.put(borrowed)


class PortalSession(Session):
    """A session bound to one scope for its whole life; `portal.core.wall` narrows what it asks."""

    def __init__(self, engine: Engine, line: Line) -> None:
        super().__init__(
            bind=engine, expire_on_commit=False, autoflush=False, join_transaction_mode="control_fully"
        )
        self._line = line
        self._opened: list[dict[Any, Any]] = []

    @property
    def scope(self) -> Scope:
        """Who asks; never another: what was loaded for one scope would answer the next."""
        return self._line.scope

    @property
    def writes(self) -> bool:
        """Whether this session may write."""
        return self._line.writes

    def get_bind(self, *args: Any, **named: Any) -> Engine | Connection:
        """What the session's own statements go to: on SQLite the connection of the unit."""
        return self._line.connection if self._line.is_embedded else super().get_bind(*args, **named)

    def commit(self) -> None:
        """Commit what the session and the prepared statements have written, together."""
        if self.in_transaction():
            super().commit()
        self._line.conclude(keeps=True)

    def rollback(self) -> None:
        """Undo what the session and the prepared statements have written."""
        try:
            super().rollback()
        finally:
            self._line.conclude(keeps=False)

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        try:
            super().close()
        finally:
            self._line.give_back()

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what was checked; whatever happens, the way is closed afterwards."""
        try:
            super().flush(objects)
        finally:
            for info in self._opened:
                info.pop(FLUSHING, None)
            self._opened.clear()

    def open_for_flush(self) -> None:
        """Let the statements of the flush that has been checked pass the engine."""
        info = self.connection().info
        info[FLUSHING] = True
        self._opened.append(info)

    def run(self, prepared: Prepared, **values: object) -> Outcome:
        """Execute a prepared statement within the scope; see `Line.run`."""
        return self._line.run(prepared, values)

    def run_many(self, prepared: Prepared, rows: Sequence[Mapping[str, object]]) -> CursorResult[Any] | None:
        """Execute a prepared insert for many rows; see `Line.run_many`."""
        return self._line.run_many(prepared, rows)
