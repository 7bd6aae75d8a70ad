"""A structure that leaves: every row that is its own is gone from every table, and no other row moves.

What may never be changed is kept by triggers, whoever writes. To let a whole structure go, the owner of the
tables puts them to sleep within one transaction, which wakes them again before it ends; the role that serves
owns no table and cannot. Cut half way, nothing has happened.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, inspect, select, text
from sqlalchemy.engine import make_url

from portal.core.errors import NotFound, Refused
from portal.core.schema import OWNED_BY_NOBODY, every_table
from portal.core.upgrade import missing_guards, owner_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

_TRIGGERS = text("select name, sql from sqlite_master where type = 'trigger' order by name")
_ASLEEP = text(
    "select distinct c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid "
    "where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace order by 1"
)
_PERSON, _SESSION, _STRUCTURE = "person", "auth_session", "structure"


@dataclass(frozen=True, slots=True)
class Left:
    """How much went: rows of the structure, and people who worked nowhere else."""

    rows: int
    people: int


def erase_structure(owner_url: str, structure_id: int) -> Left:
    """What was destroyed of this structure. Raises `NotFound("structure")`, `Refused("guards")`.

    As the owner of the tables, in one transaction. A person goes who works nowhere else and whom no other row
    names. On SQLite deleted pages are overwritten and the log of writes is emptied; on PostgreSQL that is for
    VACUUM.
    """
    engine = owner_engine(owner_url)
    is_embedded = make_url(owner_url).get_backend_name() == "sqlite"
    try:
        with engine.connect() as connection, connection.begin():
            if is_embedded:
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            left = _erase(connection, structure_id)
            if missing := missing_guards(connection):
                raise Refused("guards", missing=missing)
        if is_embedded:
            with closing(engine.raw_connection()) as raw:  # an emptied log needs no transaction around it
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return left
    finally:
        engine.dispose()


def _erase(connection: Connection, structure_id: int) -> Left:
    everything = every_table()
    structure = next(one for one in everything if one.name == _STRUCTURE)
    if connection.execute(select(structure.c.id).where(structure.c.id == structure_id)).first() is None:
        raise NotFound("structure")
    tables = [one for one in reversed(everything) if "structure_id" in one.c]
    with _asleep(connection):
        people = _people_of(connection, structure_id, tables)
        rows = sum(
            connection.execute(delete(one).where(one.c.structure_id == structure_id)).rowcount
            for one in tables
        )
        rows += connection.execute(delete(structure).where(structure.c.id == structure_id)).rowcount
        gone = sum(_forget(connection, everything, one) for one in people)
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise Refused("orphans")
    return Left(rows, gone)


@contextmanager
def _asleep(connection: Connection) -> Iterator[None]:
    """Within it no trigger of ours refuses anything; afterwards each is as it was."""
    if connection.dialect.name == "sqlite":
        triggers = connection.execute(_TRIGGERS).all()
        for name, _ in triggers:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        yield
        for _, sql in triggers:
            connection.exec_driver_sql(sql)
        return
    quoted = connection.dialect.identifier_preparer.quote
    tables = connection.execute(_ASLEEP).scalars().all()
    for name in tables:
        connection.exec_driver_sql(f"ALTER TABLE {quoted(name)} DISABLE TRIGGER USER")
    yield
    for name in tables:
        connection.exec_driver_sql(f"ALTER TABLE {quoted(name)} ENABLE TRIGGER USER")


def _people_of(connection: Connection, structure_id: int, tables: Sequence[Table]) -> set[Any]:
    """Whom rows of the structure name."""
    found: set[Any] = set()
    for table in tables:
        for column in _naming(table):
            named = select(column).where(table.c.structure_id == structure_id, column.is_not(None))
            found |= set(connection.execute(named.distinct()).scalars())
    return found


def _naming(table: Table) -> list[Any]:
    """The columns of a table that point to a person."""
    return [
        column for column in table.c if any(key.column.table.name == _PERSON for key in column.foreign_keys)
    ]


def _forget(connection: Connection, everything: Sequence[Table], person_id: Any) -> int:
    """1 when the person is gone, with their sessions; 0 when another row still names them."""
    person, session = (next(one for one in everything if one.name == name) for name in (_PERSON, _SESSION))
    for table in everything:
        if table is session:
            continue
        for column in _naming(table):
            named = select(func.count()).select_from(table).where(column == person_id)
            if connection.execute(named).scalar():
                return 0
    for column in _naming(session):
        connection.execute(delete(session).where(column == person_id))
    return connection.execute(delete(person).where(person.c.id == person_id)).rowcount


def tables_without(connection: Connection, structure_id: int) -> dict[str, int]:
    """How many rows each table still has of a structure; empty when it is gone from all of them."""
    quoted = connection.dialect.identifier_preparer.quote
    left: dict[str, int] = {}
    for name in inspect(connection).get_table_names():
        columns = {one["name"] for one in inspect(connection).get_columns(name)}
        if name not in OWNED_BY_NOBODY | {"alembic_version"} or "structure_id" in columns:
            counted = f"select count(*) from {quoted(name)} where structure_id = :id"  # noqa: S608 -- names from the schema
            n = int(connection.execute(text(counted), {"id": structure_id}).scalar_one())
            left |= {name: n} if n else {}
    return left
