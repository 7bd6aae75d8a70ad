"""Connections that wait for the next unit, and the one way in which a unit's transaction ends on SQLite."""

from __future__ import annotations

import sqlite3
from collections import deque
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from portal.core.seal import run_sealed, translated

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.pool import PoolProxiedConnection

    from portal.core.seal import SealedDriver

_MOST_IDLE = 4
_LENT_AFTER = "portal_disposals"


def end_transaction(driver: SealedDriver, *, keeps: bool) -> None:
    """End the transaction that is under way, if there is one: kept or undone. Raises SQLAlchemy's errors."""
    try:
        if driver.in_transaction:  # the driver's own ways would prepare the word anew each time
            run_sealed(driver, "COMMIT" if keeps else "ROLLBACK")
    except sqlite3.Error as error:  # it is closed
        raise translated(error) from error


class Shelf:
    """Connections of an engine that wait for the next unit, beside SQLAlchemy's pool.

    The pool takes as long to lend one and to take it back as SQLite to read a page's rows. What lies here
    counts as lent there; connections that a session has used go back to the pool.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_embedded = engine.dialect.name == "sqlite"
        self._idle: deque[PoolProxiedConnection] = deque()
        self._disposals = 0
        event.listen(engine, "engine_disposed", self._clear)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._idle)

    def take(self) -> PoolProxiedConnection:
        """The connection that was used last, or one of the pool. Raises SQLAlchemy's errors."""
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            lent = self.engine.raw_connection()
        except sqlite3.Error as error:
            raise translated(error) from error
        lent.info[_LENT_AFTER] = self._disposals
        return lent

    def put(self, lent: PoolProxiedConnection) -> None:
        """Take one back, and undo what it has not kept; to the pool where enough wait already."""
        driver: Any = lent.dbapi_connection
        is_of_before = lent.info.get(_LENT_AFTER) != self._disposals  # the engine was disposed meanwhile
        if driver is None or is_of_before or len(self._idle) >= _MOST_IDLE:
            lent.close()
            return
        try:
            end_transaction(driver, keeps=False)
        except DBAPIError:
            lent.invalidate()  # nobody knows what state it is in
            lent.close()
        else:
            self._idle.append(lent)

    def _clear(self, _engine: Engine) -> None:
        self._disposals += 1
        while self._idle:
            lent = self._idle.pop()
            lent.detach()
            lent.close()
