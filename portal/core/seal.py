"""The seal: the engine executes only statements that bear it, and the wall alone gives it.

The refusal stands in the engine, so that `connection().execute`, `engine.connect()` and bulk operations meet
it; on SQLite, which has no row-level security behind, it stands in the driver too, below `raw_connection`.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Unscoped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Engine
    from sqlalchemy.engine import Connection

_SEAL = object()
_NAME = "portal_seal"
FLUSHING = "portal_flushing"
"""Set on a connection for the length of one flush, whose rows the session has checked before."""

SEALED: dict[str, Any] = {_NAME: _SEAL}
"""The execution options that let a statement through."""


def seal_engine(engine: Engine) -> None:
    """Let this engine refuse every statement without the seal. Migrations use another engine."""

    @event.listens_for(engine, "before_cursor_execute")
    def _refuse(
        connection: Connection, cursor: Any, statement: str, _params: object, context: Any, _many: object
    ) -> None:
        sealed = context.execution_options.get(_NAME) is _SEAL
        if not sealed and FLUSHING not in connection.info:
            raise Unscoped("statement without seal", statement=statement[:80])
        if isinstance(cursor, _SealedCursor):
            cursor.admitted = True

    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _with_sealed_driver)


def gate(connection: Connection, statement: str) -> None:
    """Run one statement of the ground itself (begin, binding of the scope); never with outside text."""
    driver: Any = connection.connection.dbapi_connection
    if isinstance(driver, SealedDriver):
        run_sealed(driver, statement)
    else:
        connection.exec_driver_sql(statement, execution_options=SEALED)


def run_sealed(driver: SealedDriver, statement: str, values: Sequence[Any] = ()) -> tuple[list[Any], int]:
    """The rows of a statement that the wall has built, and how many it wrote. Raises SQLAlchemy's errors."""
    cursor = sqlite3.Connection.cursor(driver)  # one that asks for no seal: it never leaves this function
    try:
        return cursor.execute(statement, values).fetchall(), cursor.rowcount
    except sqlite3.Error as error:
        raise translated(error, statement) from error


def translated(error: sqlite3.Error, statement: str | None = None) -> BaseException:
    """The driver's error as SQLAlchemy tells it, without values."""
    return DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True)


def prepare_driver(connection: SealedDriver, pragmas: Iterable[str]) -> None:
    """Give a new SQLite connection its settings, then close the way past the engine."""
    for pragma in pragmas:
        connection.execute(pragma)
    connection.sealed = True


class _SealedCursor(sqlite3.Cursor):
    """Executes what the engine has let through, one statement at a time."""

    admitted = False
    connection: SealedDriver

    def _pass(self) -> None:
        if self.connection.sealed and not self.admitted:
            raise Unscoped("SQL past the engine")
        self.admitted = False

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        """Execute a statement that the engine let through."""
        self._pass()
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Self:
        """Execute a statement that the engine let through, for many rows."""
        self._pass()
        return super().executemany(sql, parameters)

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:  # noqa: ARG002 -- signature of the driver
        """Nothing: the engine never asks for it."""
        raise Unscoped("SQL past the engine")


class SealedDriver(sqlite3.Connection):
    """A SQLite connection all of whose cursors are sealed, but for the one of `run_sealed`."""

    sealed = False

    def cursor(self, factory: Any = None) -> Any:  # noqa: ARG002 -- nobody chooses another cursor
        """A sealed cursor, whatever was asked for."""
        return super().cursor(_SealedCursor)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Execute by a sealed cursor; the driver's own way would make another one."""
        cursor: sqlite3.Cursor = self.cursor()
        return cursor.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Execute by a sealed cursor."""
        cursor: sqlite3.Cursor = self.cursor()
        return cursor.executemany(sql, parameters)

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:  # noqa: ARG002 -- signature of the driver
        """Nothing: the engine never asks for it."""
        raise Unscoped("SQL past the engine")


def _with_sealed_driver(_dialect: object, _record: object, _arguments: object, named: dict[str, Any]) -> None:
    named["factory"] = SealedDriver
