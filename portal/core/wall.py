"""The wall between structures, on the application's side.

Wall 1 of three (the others: keys that begin with `structure_id`; row-level security on PostgreSQL). It works
by default denial: the engine executes only statements that bear the seal of this module, and only two ways
lead to the seal: an ORM statement, which the session narrows to the scope before it goes, and a statement
prepared by `walled`, which cannot be built without the structure's condition. Raw SQL, bare tables, bulk
operations and `connection().execute` bear no seal. Without a scope there are no rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    Alias,
    Column,
    Delete,
    Insert,
    Join,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
    event,
    or_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.visitors import iterate

from portal.core.errors import Unscoped
from portal.core.schema import OWNED_BY_NOBODY, StructureOwned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import CursorResult, Engine
    from sqlalchemy.engine import Connection
    from sqlalchemy.orm import Mapper

    from portal.core.db import Scope

_SEAL = object()
_SEALED = "portal_seal"
_WALL = "wall_structure_id"


def seal_engine(engine: Engine) -> None:
    """Let this engine refuse every statement without the seal. Migrations use another engine."""

    @event.listens_for(engine, "before_cursor_execute")
    def _refuse(
        connection: Connection, _cursor: object, statement: str, _params: object, context: Any, _many: object
    ) -> None:
        sealed = context.execution_options.get(_SEALED) is _SEAL
        if not sealed and not connection.info.get("portal_flushing"):
            raise Unscoped("statement without seal", statement=statement[:80])


def gate(connection: Connection, statement: str) -> None:
    """Run one statement of the ground itself (begin, binding of the scope); never with outside text."""
    connection.exec_driver_sql(statement, execution_options={_SEALED: _SEAL})


class PortalSession(Session):
    """A session bound to one scope for its whole life; see the module."""

    scope: Scope
    writes: bool

    def run(self, prepared: Walled, **values: object) -> CursorResult[Any]:
        """Execute a prepared Core statement within the scope (the public pages' path)."""
        if prepared.writes and not self.writes:
            raise Unscoped("a reading unit writes", statement=prepared.name)
        return prepared.execute(self, [values])

    def run_many(self, prepared: Walled, rows: Sequence[Mapping[str, object]]) -> CursorResult[Any] | None:
        """Execute a prepared insert for many rows; None when there is nothing to do."""
        if not self.writes:
            raise Unscoped("a reading unit writes", statement=prepared.name)
        return prepared.execute(self, rows) if rows else None


class Walled:
    """A Core statement that carries the structure's condition from the moment it is built.

    Takes a plain `select`, `insert`, `update` or `delete` on owned tables, without sub-queries. `add` turns
    an insert into an upsert that adds those columns to the row in place; `ignore` into one that keeps it.
    """

    def __init__(
        self,
        statement: Select[Any] | Insert | Update | Delete,
        *,
        key: Sequence[str] = (),
        add: Sequence[str] = (),
        ignore: bool = False,
    ) -> None:
        self.writes = not isinstance(statement, Select)
        self.name = str(getattr(statement, "table", "select"))
        self._key, self._add, self._ignore = tuple(key), tuple(add), ignore
        self._statement = self._narrow(statement)
        self._by_dialect: dict[str, Any] = {}

    @staticmethod
    def _narrow(statement: Select[Any] | Insert | Update | Delete) -> Any:
        nested = [part for part in iterate(statement) if isinstance(part, Select | TextClause)]
        if any(part is not statement for part in nested):
            raise Unscoped("a prepared statement has a sub-query or text", statement=str(statement)[:80])
        if isinstance(statement, Insert):
            return statement
        tables = statement.get_final_froms() if isinstance(statement, Select) else [statement.table]
        for table in _leaves(tables):
            if table.name not in OWNED_BY_NOBODY:
                statement = statement.where(table.c.structure_id == bindparam(_WALL))
        return statement

    def _for(self, dialect: str) -> Any:
        if not isinstance(self._statement, Insert) or not (self._add or self._ignore):
            return self._statement
        if dialect not in self._by_dialect:
            make = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
            upsert: Any = make(self._statement.table)
            if self._ignore:
                upsert = upsert.on_conflict_do_nothing(index_elements=list(self._key))
            else:
                table = self._statement.table
                sums = {name: table.c[name] + upsert.excluded[name] for name in self._add}
                upsert = upsert.on_conflict_do_update(index_elements=list(self._key), set_=sums)
            self._by_dialect[dialect] = upsert
        return self._by_dialect[dialect]

    def execute(self, session: PortalSession, rows: Sequence[Mapping[str, object]]) -> CursorResult[Any]:
        """Execute for the session's structure; inserts get its id, whatever the caller gave."""
        structure_id = session.scope.structure_id
        if structure_id is None:
            raise Unscoped("no structure in scope", statement=self.name)
        column = "structure_id" if isinstance(self._statement, Insert) else _WALL
        if any(column in row and row[column] != structure_id for row in rows):
            raise Unscoped("foreign row", statement=self.name)
        connection = session.connection()
        bound = [{**row, column: structure_id} for row in rows]
        return connection.execute(
            self._for(connection.dialect.name),
            bound if len(bound) > 1 else bound[0],
            execution_options={_SEALED: _SEAL},
        )


def _leaves(froms: Iterable[Any]) -> Iterable[Table]:
    for source in froms:
        if isinstance(source, Table):
            yield source
        else:
            yield from _leaves([source.left, source.right])


@event.listens_for(PortalSession, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    """Narrow an ORM statement to the scope, or refuse it; then seal it."""
    session = state.session
    assert isinstance(session, PortalSession)  # noqa: S101 -- the listener is bound to this class
    if not state.is_orm_statement or state.is_insert:
        raise Unscoped("not an ORM query", statement=str(state.statement)[:80])
    if (state.is_update or state.is_delete) and (state.is_executemany or not session.writes):
        raise Unscoped("a bulk write, or a write in a reading unit", statement=str(state.statement)[:80])
    mappers = _mappers_of(state.statement)
    if state.is_update and any(
        getattr(column, "name", column) == "structure_id"
        for column in cast("Any", state.statement)._values or ()  # noqa: SLF001 -- no public way to see assignments
    ):
        raise Unscoped("structure_id is assigned", statement=str(state.statement)[:80])
    criteria = [
        with_loader_criteria(mapper.class_, _visible(mapper.class_, session.scope), include_aliases=True)
        for mapper in mappers
        if issubclass(mapper.class_, StructureOwned)
    ]
    state.statement = state.statement.options(*criteria)
    state.update_execution_options(**{_SEALED: _SEAL})


def _mappers_of(statement: Any) -> set[Mapper[Any]]:
    """The mapped classes in a statement. Raises `Unscoped` on text or on a table named past its class."""
    found: set[Mapper[Any]] = set()
    for part in iterate(statement):
        mapper = part._annotations.get("parentmapper")  # noqa: SLF001 -- the ORM's own mark on its columns
        if mapper is not None:
            found.add(mapper)
        elif isinstance(part, TextClause) or (isinstance(part, ColumnClause) and part.is_literal):
            raise Unscoped("text in a statement", statement=str(part)[:80])
        elif isinstance(part, Column):
            _refuse_bare(part.table)
        for source in _named_sources(part):
            _refuse_bare(source)
    return found


def _named_sources(part: Any) -> Iterable[Any]:
    """The tables that a part of a statement names by itself, past any class.

    The tables behind an ORM column are visited too, and look bare: only those written as such are given.
    """
    match part:
        case Select():
            sources = [*part._raw_columns, *part._from_obj]  # noqa: SLF001 -- no public way to see them
        case Join():
            sources = [part.left, part.right]
        case Alias():
            sources = [part.element]
        case Update() | Delete() | Insert():
            sources = [part.table]
        case _:
            sources = []
    return (each for each in sources if isinstance(each, Table) and "parentmapper" not in each._annotations)  # noqa: SLF001 -- idem


def _refuse_bare(table: Any) -> None:
    if getattr(table, "name", "") not in OWNED_BY_NOBODY:
        raise Unscoped("a bare table", table=str(table))


def _visible(owned: type[StructureOwned], scope: Scope) -> Any:
    """The condition under which this scope sees a row of this class."""
    columns: Any = owned
    if len(scope.reads) == 1:
        visible = columns.structure_id == scope.reads[0]
    elif scope.reads:
        visible = columns.structure_id.in_(scope.reads)
    elif owned.also_seen_by is None:
        raise Unscoped("no structure in scope", table=owned.__name__)
    else:
        visible = columns.structure_id.is_(None)
    if scope.actor_id is None:
        return visible
    if owned.also_seen_by is not None:
        visible = or_(visible, getattr(columns, owned.also_seen_by) == scope.actor_id)
    hidden = owned.hidden_from(scope.actor_id)
    return visible if hidden is None else visible & ~hidden


@event.listens_for(PortalSession, "before_flush")
def _check_writes(session: PortalSession, _context: UOWTransaction, _instances: object) -> None:
    """Refuse to write outside the scope; give new rows their structure."""
    structure_id = session.scope.structure_id
    changed = [row for row in session.dirty if session.is_modified(row)]
    if not session.writes and (session.new or session.deleted or changed):
        raise Unscoped("a reading unit writes")
    for row in (*session.new, *changed, *session.deleted):
        if not isinstance(row, StructureOwned):
            continue
        if structure_id is None:
            raise Unscoped("no structure in scope", table=type(row).__name__)
        if row in session.new and getattr(row, "structure_id", None) is None:
            row.structure_id = structure_id
        was = get_history(row, "structure_id").deleted
        if row.structure_id != structure_id or any(old != structure_id for old in was or ()):
            raise Unscoped("foreign row", table=type(row).__name__)
    session.connection().info["portal_flushing"] = True


@event.listens_for(PortalSession, "after_flush")
def _end_of_flush(session: PortalSession, _context: UOWTransaction) -> None:
    session.connection().info.pop("portal_flushing", None)


def person_of(actor_id: UUID | None) -> str:
    """The actor as the database setting takes it: empty for nobody."""
    return str(actor_id) if actor_id else ""
