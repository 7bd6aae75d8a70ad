"""Tables of how people reach a structure: codes on cards and posters, and how often they are scanned."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.channels.rules import CodeKind
from portal.core.schema import Base, OwnedRow, RowId, StructureOwned, Word, owned_fk


class CodeDirectory(Base):
    """From a code to its structure, before any scope stands. Owned by nobody, and holds nothing else."""

    __tablename__ = "code_directory"

    code: Mapped[str] = mapped_column(primary_key=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structure.id"))
    code_id: Mapped[UUID] = mapped_column(RowId())


class Code(OwnedRow, Base):
    """A code stands on a site and perhaps on a team, an agreement, a mediator: what figures are told by."""

    __tablename__ = "code"
    __table_args__ = (
        UniqueConstraint("structure_id", "code"),
        owned_fk("site_id", "site"),
        owned_fk("team_id", "team"),
        owned_fk("agreement_id", "agreement"),
        owned_fk("replaced_by_id", "code"),
    )

    code: Mapped[str]
    kind: Mapped[CodeKind] = mapped_column(Word(CodeKind))
    label: Mapped[str]
    site_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    agreement_id: Mapped[UUID | None]
    mediator_id: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    replaced_by_id: Mapped[UUID | None]


class FunnelDay(StructureOwned, Base):
    """Counters only: how many times a code was opened on a day in a language. No identifier, ever."""

    __tablename__ = "funnel_day"
    __table_args__ = (owned_fk("code_id", "code"),)

    code_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]
