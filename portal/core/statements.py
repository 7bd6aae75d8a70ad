"""What a statement may be made of: the wall looks at every part before it narrows the statement.

By default denial: text in any place (a condition, a prefix, a hint, an operator), tables and columns named
past their class, functions nobody has vouched for. What stays is what the wall can narrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Alias,
    BindParameter,
    Column,
    Delete,
    Insert,
    Join,
    Select,
    Table,
    TableClause,
    TextClause,
    Update,
)
from sqlalchemy.sql.elements import ColumnClause, Extract
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.selectable import FromClause, SelectBase
from sqlalchemy.sql.visitors import iterate

from portal.core.errors import Unscoped
from portal.core.schema import OWNED_BY_NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FUNCTIONS = frozenset(
    {
        "abs",
        "avg",
        "ceil",
        "char_length",
        "coalesce",
        "concat",
        "count",
        "cume_dist",
        "date",
        "date_trunc",
        "dense_rank",
        "first_value",
        "floor",
        "greatest",
        "julianday",
        "lag",
        "last_value",
        "lead",
        "least",
        "length",
        "lower",
        "max",
        "min",
        "mod",
        "nth_value",
        "ntile",
        "nullif",
        "percent_rank",
        "percentile_disc",
        "random",
        "rank",
        "replace",
        "round",
        "row_number",
        "strftime",
        "substr",
        "substring",
        "sum",
        "total",
        "trim",
        "upper",
    }
)
"""Functions that read their arguments only. Others could bind another scope, read files, or run text."""

_BESIDE = ("_prefixes", "_suffixes", "_hints", "_statement_hints", "_post_values_clause")
_OPERATOR_SIGNS = frozenset("!#%&*+-/<=>?@^|~")


def check_parts(statement: Any) -> Iterator[Any]:
    """Each part of a statement, as it is looked at. Raises `Unscoped` on text in any place."""
    waiting, seen = [statement], {id(statement)}
    while waiting:
        for part in iterate(waiting.pop()):
            kind: Any = type(part)
            for check in _checks_of(kind):
                check(part)
            yield part
            source = getattr(part, "table", None)
            if isinstance(source, FromClause) and id(source) not in seen:
                seen.add(id(source))
                waiting.append(source)


@lru_cache(maxsize=512)
def _checks_of(kind: type[Any]) -> tuple[Callable[[Any], None], ...]:
    """What a part of this class must stand; most classes have nothing to check."""
    checks = {
        _no_text: issubclass(kind, TextClause | TableClause) and not issubclass(kind, Table),
        _no_stray_column: issubclass(kind, ColumnClause) and not issubclass(kind, Column),
        _nothing_beside: any(hasattr(kind, name) for name in _BESIDE),
        _known_operator: not issubclass(kind, FromClause | ColumnClause | BindParameter),
        _known_function: issubclass(kind, FunctionElement),
        _known_field: issubclass(kind, Extract),
        _no_full_join: issubclass(kind, Join | Select),
    }
    return tuple(check for check, concerned in checks.items() if concerned)


def _text_in(part: Any) -> Unscoped:
    return Unscoped("text in a statement", part=type(part).__name__)


def _no_text(part: Any) -> None:
    raise _text_in(part)


def _no_stray_column(part: ColumnClause[Any]) -> None:
    # The star of count(*) and of exists is text too.
    if (part.is_literal and part.name != "*") or (not part.is_literal and part.table is None):
        raise _text_in(part)


def _nothing_beside(part: Any) -> None:
    for name in _BESIDE:
        text = getattr(part, name, None)
        if text is not None and not (isinstance(text, tuple | Mapping) and not text):
            raise _text_in(part)


def _known_operator(part: Any) -> None:
    for operator in (getattr(part, "operator", None), getattr(part, "modifier", None)):
        if isinstance(operator, custom_op) and not _OPERATOR_SIGNS.issuperset(operator.opstring):
            raise _text_in(part)


def _known_function(part: Any) -> None:
    name = getattr(part, "name", "")
    if name not in FUNCTIONS:
        raise Unscoped("a function the wall does not know", function=name)


def _known_field(part: Extract) -> None:
    if not part.field.isidentifier():
        raise _text_in(part)


def _no_full_join(part: Any) -> None:
    """Its condition keeps the rows of both sides that it does not match: nothing would narrow them."""
    joins = [join[3] for join in part._setup_joins] if isinstance(part, Select) else [vars(part)]  # noqa: SLF001 -- no public way to see joins
    if any(join.get("full") for join in joins):
        raise Unscoped("a full join")


def entities_of(statement: Any) -> set[Any]:
    """The mapped classes and their aliases in an ORM statement, as SQLAlchemy's inspection objects.

    Raises `Unscoped` on text, and on a table named past its class.
    """
    parts = list(check_parts(statement))
    entities = {part._annotations["parententity"] for part in parts if _is_marked(part)}  # noqa: SLF001 -- the ORM's own mark
    aliases = {hash(entity.selectable) for entity in entities if entity.is_aliased_class}
    behind = {entity.mapper.local_table.name for entity in entities} | OWNED_BY_NOBODY
    for part in parts:
        if isinstance(part, Table) and part.name not in behind:
            raise Unscoped("a bare table", table=part.name)
        if isinstance(part, Alias) and isinstance(part.element, Table) and hash(part) not in aliases:
            _refuse_bare(part.element)
        if isinstance(part, Column) and not _is_marked(part) and isinstance(part.table, Table | Alias):
            _refuse_bare(part.table)
        for source in _named_sources(part):
            _refuse_bare(source)
    return entities


def _is_marked(part: Any) -> bool:
    return "parententity" in part._annotations  # noqa: SLF001 -- the ORM's own mark on what stands for a class


def _named_sources(part: Any) -> Iterable[Any]:
    """The tables that a part of a statement names by itself, past any class.

    The tables behind an ORM column are visited too, and look bare: only those written as such are given.
    """
    match part:
        case Select():
            joined = [join[0] for join in part._setup_joins]  # noqa: SLF001 -- no public way to see them
            sources = [*part._raw_columns, *part._from_obj, *joined]  # noqa: SLF001 -- idem
        case Join():
            sources = [part.left, part.right]
        case Update() | Delete() | Insert():
            sources = [part.table]
        case _:
            sources = []
    return (each for each in sources if isinstance(each, Table) and not _is_marked(each))


def _refuse_bare(table: Any) -> None:
    behind = getattr(table, "element", table)
    if getattr(behind, "name", "") not in OWNED_BY_NOBODY:
        raise Unscoped("a bare table", table=str(table))


def check_one_target(statement: Update | Delete) -> None:
    """Nothing; raises `Unscoped` when rows of another table are joined to the written one.

    Both databases have UPDATE … FROM, whose second table no criteria of the ORM narrow. Sub-queries are: they
    are not entered.
    """
    waiting: list[Any] = list(statement.get_children())
    while waiting:
        part = waiting.pop()
        if isinstance(part, SelectBase):
            continue
        if isinstance(part, Column) and not _is_column_of(part, statement.table):
            raise Unscoped("a write that joins another table", table=str(part.table))
        waiting += part.get_children()


def _is_column_of(column: Column[Any], table: Any) -> bool:
    source = column.table
    return isinstance(source, Table) and source.fullname == str(table.fullname)


def assigned(statement: Any) -> set[str]:
    """Names of the columns to which an insert or update gives values by itself."""
    given = statement._values or {}  # noqa: SLF001 -- no public way to see assignments
    rows = [row for rows in getattr(statement, "_multi_values", ()) for row in rows]
    names = [*given, *(column for row in rows for column in (row if isinstance(row, dict) else ()))]
    return {getattr(column, "name", column) for column in names}


def named(statement: Any) -> str:
    """What kind of statement on which table, for an error: never its text."""
    table = getattr(statement, "table", None)
    return f"{type(statement).__name__} {getattr(table, 'name', '')}".strip()
