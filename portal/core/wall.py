"""The wall between structures, on the application's side.

Wall 1 of three (the others: keys that begin with `structure_id`; row-level security on PostgreSQL). It works
by default denial: the engine executes only statements that bear the seal of this module, and only two ways
lead to the seal: an ORM statement, which the session narrows to the scope before it goes, and a statement
prepared by `walled`, which cannot be built without the structure's condition. Raw SQL, bare tables, bulk
operations and `connection().execute` bear no seal. Without a scope there are no rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Delete, Insert, Join, Select, Table, Update, bindparam, event, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import ORMExecuteState, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.attributes import get_history

from portal.core.direct import direct
from portal.core.errors import Unscoped
from portal.core.line import Line, PortalSession
from portal.core.schema import OWNED_BY_NOBODY, Base, StructureOwned
from portal.core.seal import SEALED, run_sealed
from portal.core.statements import assigned, check_one_target, check_parts, entities_of, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import CursorResult

    from portal.core.direct import Direct, Outcome
    from portal.core.scope import Scope

_OWNER = "structure_id"
_WALL = "wall_structure_id"
_COUNTED = {**SEALED, "preserve_rowcount": True}
"""For an insert that may keep the row in place: whoever runs it wants to know whether it did."""


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
        self._is_of_nobody = not self.writes and all(
            table.name in OWNED_BY_NOBODY for table in _tables_of(self._statement)
        )
        self._column = _OWNER if isinstance(statement, Insert) else _WALL
        self._by_dialect: dict[str, Any] = {}
        self._direct: dict[tuple[str, ...], Direct | None] = {}

    @staticmethod
    def _narrow(statement: Any) -> Any:
        _check_plain(statement)
        if isinstance(statement, Insert):
            return statement
        for table in _tables_of(statement):
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

    def execute(self, line: Line, rows: Sequence[Mapping[str, object]]) -> CursorResult[Any]:
        """Execute for the structure in scope; inserts get its id, whatever the caller gave."""
        bound = [self._bound(line.scope, row) for row in rows]
        connection = line.connection
        return connection.execute(
            self._for(connection.dialect.name),
            bound if len(bound) > 1 else bound[0],
            execution_options=_COUNTED if self._ignore else SEALED,
        )

    def execute_one(self, line: Line, values: Mapping[str, object]) -> Outcome:
        """The same for one set of values; on SQLite straight to the driver."""
        bound = self._bound(line.scope, values)
        if not line.is_embedded:
            return self.execute(line, [values])
        names = tuple(bound)
        if names not in self._direct:
            self._direct[names] = direct(self._for("sqlite"), line.dialect, names)
        prepared = self._direct[names]
        if prepared is None:
            return self.execute(line, [values])
        return prepared.outcome(*run_sealed(line.driver, prepared.text, prepared.bound(bound)))

    def _bound(self, scope: Scope, row: Mapping[str, object]) -> dict[str, object]:
        """The row with the structure in scope. Raises `Unscoped` for another's, and for hidden rows.

        A select on tables that nobody owns needs no structure: whose a code is must be found before there is
        one.
        """
        if self._is_of_nobody:
            return dict(row)
        structure_id = scope.structure_id
        if structure_id is None:
            raise Unscoped("no structure in scope", statement=self.name)
        if scope.actor_id is not None and self._hides():
            raise Unscoped("rows may be hidden from this person", statement=self.name)
        if row.get(_OWNER, structure_id) != structure_id or row.get(_WALL, structure_id) != structure_id:
            raise Unscoped("foreign row", statement=self.name)
        return {**row, self._column: structure_id}

    def _hides(self) -> bool:
        """Whether a conflict of interest may hide rows of its tables: only the session knows how."""
        tables = () if isinstance(self._statement, Insert) else set(_tables_of(self._statement))
        return any(
            mapper.local_table in tables and _may_hide(mapper.class_) for mapper in Base.registry.mappers
        )


def _check_plain(statement: Any) -> None:
    """Nothing; raises `Unscoped` when a prepared statement holds what the wall could not narrow."""
    if not isinstance(statement, Select | Insert | Update | Delete):
        raise Unscoped("not a plain statement", statement=named(statement))
    for part in check_parts(statement):
        if isinstance(part, Select) and part is not statement:
            raise Unscoped("a prepared statement has a sub-query", statement=named(statement))
    if isinstance(statement, Insert | Update) and _OWNER in assigned(statement):
        raise Unscoped("structure_id is assigned", statement=named(statement))
    if isinstance(statement, Update | Delete):
        check_one_target(statement)


def _may_hide(mapped: type[Any]) -> bool:
    rule: Any = getattr(mapped, "hidden_from", None)
    default: Any = StructureOwned.hidden_from
    return rule is not None and rule.__func__ is not default.__func__


def _tables_of(statement: Select[Any] | Update | Delete) -> Iterable[Table]:
    """The tables that a prepared statement reads or writes, wherever they stand in joins."""
    return _leaves(statement.get_final_froms() if isinstance(statement, Select) else [statement.table])


def _leaves(froms: Iterable[Any]) -> Iterable[Table]:
    for source in froms:
        if isinstance(source, Table):
            yield source
        elif isinstance(source, Join):
            yield from _leaves([source.left, source.right])
        else:
            raise Unscoped("a prepared statement names tables only", source=type(source).__name__)


@event.listens_for(PortalSession, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    """Narrow an ORM statement to the scope, or refuse it; then seal it."""
    session = state.session
    assert isinstance(session, PortalSession)  # noqa: S101 -- the listener is bound to this class
    if not state.is_orm_statement or state.is_insert:
        raise Unscoped("not an ORM query", statement=named(state.statement))
    target = _target(state, session) if state.is_update or state.is_delete else None
    # One criterion for each entity: one for a class and its aliases at once is not adapted to a joined alias.
    narrowed = (
        with_loader_criteria(entity.entity, condition)
        for entity in entities_of(state.statement)
        if (condition := _condition(entity, session.scope, written=entity is target)) is not None
    )
    state.statement = state.statement.options(*narrowed)
    state.update_execution_options(**SEALED)


def _target(state: ORMExecuteState, session: PortalSession) -> Any:
    """The mapper that an update or delete writes to. Raises `Unscoped` when it may not, or moves rows."""
    statement: Any = state.statement
    if state.is_executemany or not session.writes:
        raise Unscoped("a bulk write, or a write in a reading unit", statement=named(statement))
    moved = state.is_update and _OWNER in assigned(statement)
    if moved or _OWNER in (state.parameters or ()):
        raise Unscoped("structure_id is assigned", statement=named(statement))
    check_one_target(statement)
    return state.bind_mapper


def _condition(entity: Any, scope: Scope, *, written: bool) -> Any:
    """What narrows an entity in a statement that reads or writes it; None for the tables of nobody."""
    mapped = entity.entity
    if issubclass(entity.class_, StructureOwned):
        return _writable(mapped, scope) if written else _visible(mapped, scope)
    if written and scope.structure_id is not None and hasattr(mapped, _OWNER):
        return mapped.structure_id == scope.structure_id
    return None


def _writable(owned: type[StructureOwned], scope: Scope) -> Any:
    """The condition under which this scope writes a row: what is seen from elsewhere is not written."""
    if scope.structure_id is None:
        raise Unscoped("no structure in scope", table=owned.__name__)
    own: Any = owned.structure_id == scope.structure_id
    hidden = None if scope.actor_id is None else owned.hidden_from(scope.actor_id)
    return own if hidden is None else own & ~hidden


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
        if isinstance(row, StructureOwned):
            _check_owned(session, row, structure_id)
        elif structure_id is not None and getattr(row, _OWNER, structure_id) != structure_id:
            raise Unscoped("foreign row", table=type(row).__name__)
    session.open_for_flush()


def _check_owned(session: PortalSession, row: StructureOwned, structure_id: int | None) -> None:
    if structure_id is None:
        raise Unscoped("no structure in scope", table=type(row).__name__)
    if row in session.new and getattr(row, _OWNER, None) is None:
        row.structure_id = structure_id
    was = get_history(row, _OWNER).deleted
    if row.structure_id != structure_id or any(old != structure_id for old in was or ()):
        raise Unscoped("foreign row", table=type(row).__name__)


def person_of(actor_id: UUID | None) -> str:
    """The actor as the database setting takes it: empty for nobody."""
    return str(actor_id) if actor_id else ""
