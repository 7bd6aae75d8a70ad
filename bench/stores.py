"""The two databases as the floor uses them: the driver, one connection for each thread, one transaction."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from uuid import UUID

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Run: TypeAlias = "Callable[..., list[Any]]"
"""Runs a statement with its values; the rows that it gives, empty when it gives none."""

_ON_CONNECT = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
)


class Store(Protocol):
    """What the floor needs of a database."""

    def identifier(self, hexadecimal: str) -> Any:
        """An id as the driver takes it."""

    def new_id(self) -> Any:
        """A new id as the driver takes it."""

    def transaction(self) -> Any:
        """A writing transaction, committed at the end of the block; it gives a `Run`."""


def store_of(url: str) -> Store:
    """The store behind a database's address."""
    if url.startswith("sqlite:///"):
        return SqliteStore(url.removeprefix("sqlite:///"))
    return PostgresStore(url)


class SqliteStore:
    """SQLite by the standard library."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._local = threading.local()

    def identifier(self, hexadecimal: str) -> bytes:
        """The sixteen bytes."""
        return bytes.fromhex(hexadecimal)

    def new_id(self) -> bytes:
        """Sixteen bytes of chance."""
        return os.urandom(16)

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """One transaction that begins IMMEDIATE."""
        connection = self._connection()

        def run(statement: str, *values: object) -> list[Any]:
            return connection.execute(statement, values).fetchall()

        run("BEGIN IMMEDIATE")
        yield run
        run("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._local.connection = sqlite3.connect(self._file, isolation_level=None)
            for pragma in _ON_CONNECT:
                known.execute(pragma)
        return known


class PostgresStore:
    """PostgreSQL by psycopg, as the owner of the tables."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()
        self._texts: dict[str, bytes] = {}

    def identifier(self, hexadecimal: str) -> UUID:
        """The UUID."""
        return UUID(hex=hexadecimal)

    def new_id(self) -> UUID:
        """A UUID of chance."""
        return UUID(bytes=os.urandom(16))

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """One transaction."""
        connection = self._connection()

        def run(statement: str, *values: object) -> list[Any]:
            text = self._texts.setdefault(statement, statement.replace("?", "%s").encode())
            cursor = connection.execute(text, values)
            return cursor.fetchall() if cursor.description else []

        yield run
        connection.commit()

    def _connection(self) -> psycopg.Connection[Any]:
        known: psycopg.Connection[Any] | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._local.connection = psycopg.connect(self._url)
        return known
