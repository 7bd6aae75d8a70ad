"""Which errors of a database mean "not now", and which are a fault of ours."""

from __future__ import annotations

import errno
import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from portal.core.outage import Outage, engine_options, outage_of

psycopg = pytest.importorskip("psycopg")


def of_sqlite(code: int | None, statement: str = "insert") -> DBAPIError:
    """What SQLAlchemy makes of an error of SQLite with a result code."""
    fault = sqlite3.OperationalError("any words")
    if code is not None:
        fault.sqlite_errorcode = code
    return DBAPIError(statement, None, fault)


def of_postgresql(state: str | None) -> DBAPIError:
    """What SQLAlchemy makes of an error of PostgreSQL with a SQLSTATE."""
    kind = psycopg.errors.lookup(state) if state else psycopg.OperationalError
    return DBAPIError("insert", None, kind("any words"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, Outage.FULL),
        (sqlite3.SQLITE_IOERR_WRITE, Outage.FULL),
        (sqlite3.SQLITE_IOERR_SHMSIZE, Outage.FULL),
        (sqlite3.SQLITE_BUSY, Outage.LOCKED),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Outage.LOCKED),
        (sqlite3.SQLITE_CANTOPEN, Outage.AWAY),
        (sqlite3.SQLITE_READONLY, None),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, None),
        (sqlite3.SQLITE_CORRUPT, None),
        (sqlite3.SQLITE_ERROR, None),
        (None, None),
    ],
)
def test_codes_of_sqlite(code: int | None, expected: Outage | None) -> None:
    assert outage_of(of_sqlite(code)) is expected


def test_a_file_that_cannot_be_written_is_known_by_how_a_writer_begins() -> None:
    assert outage_of(of_sqlite(sqlite3.SQLITE_READONLY, "BEGIN IMMEDIATE")) is Outage.READ_ONLY


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("08006", Outage.AWAY),
        ("53100", Outage.FULL),
        ("53300", Outage.AWAY),
        ("57P01", Outage.AWAY),
        ("57P03", Outage.AWAY),
        ("40P01", Outage.LOCKED),
        ("55P03", Outage.LOCKED),
        ("25006", None),
        ("42501", None),
        ("23505", None),
        ("57014", None),
        (None, Outage.AWAY),
    ],
)
def test_states_of_postgresql(state: str | None, expected: Outage | None) -> None:
    assert outage_of(of_postgresql(state)) is expected


def test_other_errors() -> None:
    assert outage_of(NoConnectionFree()) is Outage.AWAY
    assert outage_of(OSError(errno.ENOSPC, "any words")) is Outage.FULL
    assert outage_of(OSError(errno.EROFS, "any words")) is Outage.READ_ONLY
    assert outage_of(FileNotFoundError(errno.ENOENT, "any words")) is None
    assert outage_of(IntegrityError("insert", None, ValueError())) is None
    assert outage_of(RuntimeError()) is None
    assert [kind.is_readable for kind in Outage] == [True, True, True, False]


def test_a_line_to_postgresql_is_asked_before_it_is_used() -> None:
    assert engine_options("postgresql://role@host/name")["pool_pre_ping"] is True
    assert "pool_pre_ping" not in engine_options("sqlite:///portal.db")
