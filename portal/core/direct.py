"""Prepared statements straight to SQLite's driver: their text and their types are worked out once.

Three requests of an opinion run eight statements, and SQLAlchemy's own way to the driver took a third of
their time. Nothing is executed here: `wall` does, after the same checks, with the structure bound, over the
same connection and in the same transaction as everything else of the unit.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import Select
from sqlalchemy.exc import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.engine import Dialect


class Outcome(Protocol):
    """What a prepared statement gives: SQLAlchemy's own result has the same."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""

    def first(self) -> Any:
        """The first row, or None."""

    def all(self) -> Sequence[Any]:
        """Every row."""

    def scalar(self) -> Any:
        """The first column of the first row, or None."""


class Rows(NamedTuple):
    """The rows that were read, or the number of those written."""

    rows: Sequence[Any]
    rowcount: int

    def first(self) -> Any:
        """The first row, or None."""
        return self.rows[0] if self.rows else None

    def all(self) -> Sequence[Any]:
        """Every row."""
        return self.rows

    def scalar(self) -> Any:
        """The first column of the first row, or None."""
        return self.rows[0][0] if self.rows else None


@dataclass(frozen=True, slots=True)
class Direct:
    """One statement as the driver takes it."""

    text: str
    binds: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    """Of each place in the text: the value's name, and how it is written."""
    defaults: Mapping[str, Any]
    """What stands in the statement itself, for whoever gives no other value."""
    columns: tuple[Callable[[Any], Any] | None, ...]
    """How each column is read."""
    row: Callable[[Iterable[Any]], Any] | None
    """Makes a row with named columns; None for a statement that writes."""

    def bound(self, values: Mapping[str, object]) -> list[Any]:
        """What stands in each place of the text, for values of the names it was made for."""
        held = {**self.defaults, **values} if self.defaults else values
        return [held[name] if write is None else write(held[name]) for name, write in self.binds]

    def outcome(self, rows: Iterable[Sequence[Any]], rowcount: int) -> Rows:
        """The driver's rows as the house uses them."""
        if self.row is None:
            return Rows((), rowcount)
        found = [
            self.row(
                [
                    value if read is None else read(value)
                    for read, value in zip(self.columns, row, strict=True)
                ]
            )
            for row in rows
        ]
        return Rows(found, rowcount)


def direct(statement: Any, dialect: Dialect, names: Iterable[str]) -> Direct | None:
    """The statement for values of these names; None where SQLAlchemy does more than to execute it.

    Raises `InvalidRequestError` when a value is missing among them.
    """
    given = frozenset(names)
    compiled = statement.compile(dialect=dialect, column_keys=sorted(given))
    does_more = (
        compiled.effective_returning,
        compiled.insert_prefetch,
        compiled.update_prefetch,
        compiled.literal_execute_params,
        compiled.post_compile_params,
    )
    if any(does_more) or not compiled.positional:
        return None
    places = [(name, compiled.binds[name]) for name in compiled.positiontup]
    missing = sorted(name for name, bind in places if bind.required and name not in given)
    if missing:
        raise InvalidRequestError(f"A value is required for {missing}")
    binds = tuple((name, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in places)
    defaults = {name: bind.effective_value for name, bind in places if not bind.required}
    if not isinstance(statement, Select):
        return Direct(str(compiled), binds, defaults, (), None)
    columns = list(statement.selected_columns)
    row = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024 -- its names are known at run time
    readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    return Direct(str(compiled), binds, defaults, tuple(readers), row._make)
