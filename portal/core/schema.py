"""What every table is made of: the base class, column types, and the mark "owned by a structure".

Rule of the tables: every primary, foreign and unique key of an owned table begins with `structure_id`, so a
reference across structures is a constraint error on both databases, and the same schema can be sharded.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Dialect, Table
    from sqlalchemy.types import TypeEngine

S = TypeVar("S", bound=StrEnum)
ID_BYTES = 16
_KNOWN_IDS = 2_048


@lru_cache(maxsize=_KNOWN_IDS)
def id_of(value: bytes) -> uuid.UUID:
    """The id of these bytes; those of structures, places and questions come again with every page."""
    return uuid.UUID(bytes=value)


def _written(value: uuid.UUID | None) -> bytes | None:
    return None if value is None else value.bytes


def _read(value: bytes | None) -> uuid.UUID | None:
    return None if value is None else id_of(value)


class RowId(TypeDecorator[uuid.UUID]):
    """A 128-bit id made by the application: `uuid` on PostgreSQL, 16 bytes on SQLite (which sort alike)."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of this database."""
        return dialect.type_descriptor(Uuid() if dialect.name == "postgresql" else LargeBinary(ID_BYTES))

    # The processors themselves: by `process_bind_param`, an id would pass four functions on its way.
    def bind_processor(self, dialect: Dialect) -> Any:
        """How an id is written to this database."""
        return super().bind_processor(dialect) if dialect.name == "postgresql" else _written

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """How an id of this database is read."""
        return super().result_processor(dialect, coltype) if dialect.name == "postgresql" else _read


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC. A naive one is refused where it is written: it would be read as anything."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC; SQLite has no zone, so it is stored without one."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant without time zone"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- signature of the library
        """The same instant, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[S]):
    """A value of a `StrEnum`, stored by its value: a stored name outlives the class that spelled it."""

    impl = String(40)
    cache_ok = True

    def __init__(self, words: type[S]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: S | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- idem
        """The bare string; a plain string is checked to be one of the words."""
        return None if value is None else str(self.words(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> S | None:  # noqa: ARG002 -- idem
        """The member."""
        return None if value is None else self.words(value)


Document = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Root of every table. Constraint names are fixed, so that migrations can name them on both databases."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            uuid.UUID: RowId(),
            datetime: Instant(),
            dict[str, Any]: Document,
            list[str]: Document,
        },
    )


class StructureOwned:
    """Mark of a table whose rows belong to one structure: the session wall narrows every statement on it.

    Two class attributes refine the wall: `also_seen_by` names a person column whose owner sees the row from
    outside the structure (memberships); `hidden_from` hides rows from one person (conflict of interest).
    """

    also_seen_by: str | None = None

    # A mixin's key column would sort last: the key would be (id, structure_id), the wrong way round.
    @declared_attr
    def structure_id(cls) -> Mapped[int]:  # noqa: N805 -- declared_attr is a class method
        """The structure that owns the row."""
        return mapped_column(Integer, ForeignKey("structure.id"), primary_key=True, sort_order=-20)

    @classmethod
    def hidden_from(cls, actor_id: uuid.UUID) -> ColumnElement[bool] | None:  # noqa: ARG003 -- for subclasses
        """The condition under which a row does not exist for this person; None where that never happens."""
        return None


class OwnedRow(StructureOwned):
    """An owned row with an id of its own."""

    @declared_attr
    def id(cls) -> Mapped[uuid.UUID]:  # noqa: N805 -- idem
        """Time-ordered, made by the application."""
        return mapped_column(RowId(), primary_key=True, sort_order=-19)


def owned_fk(column: str, target: str, *, target_column: str = "id") -> ForeignKeyConstraint:
    """A reference inside one structure: (structure_id, column) → target (structure_id, id)."""
    return ForeignKeyConstraint(
        ["structure_id", column], [f"{target}.structure_id", f"{target}.{target_column}"]
    )


def table_of(model: type[Base]) -> Table:
    """The table of a class, for the prepared statements of the fast path."""
    return cast("Table", model.__table__)


def every_table() -> list[Table]:
    """All tables of the classes that were read, those that others point to first."""
    return Base.metadata.sorted_tables


OWNED_BY_NOBODY = frozenset({"network", "structure", "code_directory", "person", "auth_session", "job_due"})
"""Tables without a structure, by name; a test holds every other table to `structure_id`."""

__all__ = [
    "OWNED_BY_NOBODY",
    "Base",
    "Document",
    "Instant",
    "OwnedRow",
    "RowId",
    "StructureOwned",
    "Word",
    "owned_fk",
    "table_of",
]
