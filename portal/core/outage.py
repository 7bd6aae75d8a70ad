"""When the database is away for a while: which errors of its drivers mean that, and how long to wait.

Everything else that a database reports is a fault of ours. The table stands on the codes that SQLite and
PostgreSQL document, never on the texts of errors, which change with versions and languages.
"""

from __future__ import annotations

import errno
from enum import Enum
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree


class Outage(Enum):
    """Why nothing can be kept now; the value is the word of the log."""

    FULL = "full"
    LOCKED = "locked"
    READ_ONLY = "read-only"
    AWAY = "away"

    @property
    def is_readable(self) -> bool:
        """Whether what is stored can still be read."""
        return self is not Outage.AWAY


_SQLITE: dict[int, Outage] = {
    5: Outage.LOCKED,  # BUSY: after ten seconds of patience
    6: Outage.LOCKED,  # LOCKED
    7: Outage.AWAY,  # NOMEM
    10: Outage.FULL,  # IOERR: a full disk too, when it is the shared memory's file that cannot grow
    13: Outage.FULL,  # FULL
    14: Outage.AWAY,  # CANTOPEN
    15: Outage.LOCKED,  # PROTOCOL: the log's lock was contested too often
}
"""Primary result codes, https://www.sqlite.org/rescode.html; a damaged file (11, 26) is none of these."""
_SQLITE_READONLY = 8
_PRIMARY = 0xFF
_SQLITE_BEGIN = "BEGIN IMMEDIATE"

_POSTGRESQL: tuple[tuple[str, Outage], ...] = (
    ("40", Outage.LOCKED),  # rolled back for another transaction's sake: deadlock, serialisation
    ("08", Outage.AWAY),  # connection exception
    ("53100", Outage.FULL),  # disk full
    ("53", Outage.AWAY),  # insufficient resources: memory, too many connections
    ("55P03", Outage.LOCKED),  # lock not available
    ("57P01", Outage.AWAY),  # admin shutdown
    ("57P02", Outage.AWAY),  # crash shutdown
    ("57P03", Outage.AWAY),  # cannot connect now
    ("57P05", Outage.AWAY),  # idle session timeout
    ("58030", Outage.AWAY),  # input or output error
)
"""Beginnings of SQLSTATE:
https://www.postgresql.org/docs/current/errcodes-appendix.html; the first one counts."""
_NO_CONNECTION = ("psycopg", "OperationalError")
"""What is raised without a SQLSTATE when nobody listened, or the line was cut."""

_DISK: dict[int, Outage] = {
    errno.ENOSPC: Outage.FULL,
    errno.EDQUOT: Outage.FULL,
    errno.EROFS: Outage.READ_ONLY,
}

_OPTIONS: dict[str, dict[str, Any]] = {
    "sqlite": {"pool_use_lifo": True},  # the connection used last has its statements and pages at hand
    # A connection is asked before it is used, so that nobody meets one that died while it waited in the pool;
    # a server that says nothing is left after these seconds (and milliseconds), not after minutes.
    "postgresql": {
        "pool_pre_ping": True,
        "pool_timeout": 10,
        "connect_args": {"connect_timeout": 5, "tcp_user_timeout": 10_000},
    },
}


def engine_options(database_url: str) -> dict[str, Any]:
    """What `create_engine` is told so that connections come back by themselves."""
    return _OPTIONS[make_url(database_url).get_backend_name()]


def outage_of(error: BaseException) -> Outage | None:
    """What kind of outage an error tells of; None when the fault is ours."""
    if isinstance(error, NoConnectionFree):
        return Outage.AWAY
    if isinstance(error, OSError):
        return _DISK.get(error.errno or 0)
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return _sqlite(code & _PRIMARY, error.statement)
    return _postgresql(error)


def _sqlite(primary: int, statement: str | None) -> Outage | None:
    if primary == _SQLITE_READONLY:
        # A unit that only reads and tries to write gets the same code; that one is a fault of ours.
        return Outage.READ_ONLY if statement == _SQLITE_BEGIN else None
    return _SQLITE.get(primary)


def _postgresql(error: DBAPIError) -> Outage | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        kind = type(error.orig)
        is_cut = (kind.__module__.split(".")[0], kind.__name__) == _NO_CONNECTION
        return Outage.AWAY if is_cut or error.connection_invalidated else None
    return next((outage for beginning, outage in _POSTGRESQL if state.startswith(beginning)), None)
