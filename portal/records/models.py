"""Tables of what was there before: registers that were brought in, and their rows.

They stand apart from cases: nobody promised them anything here, and no event tells how they went. What was
said is sealed under the key of its register; taking a register back destroys the key with the rows.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.rules import Finding, Kind
from portal.cases.ways import Channel
from portal.core.schema import Base, OwnedRow, RowId, StructureOwned, Word, owned_fk
from portal.records.activity import Intervention
from portal.records.rules import Standing


class PastRegister(OwnedRow, Base):
    """A register as somebody sent it: looked at, brought in, or taken back."""

    __tablename__ = "past_register"

    standing: Mapped[Standing] = mapped_column(Word(Standing))
    sent_at: Mapped[datetime]
    sent_by: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"))
    taken_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(default=0)
    """How many were brought in."""
    mapping: Mapped[dict[str, Any]]
    """What each column is, by its position; and by its heading, to remember it: see `actions`."""
    key_wrapped: Mapped[bytes | None]
    name_sealed: Mapped[bytes | None]
    """The name of the file: it may be somebody's."""
    file_sealed: Mapped[bytes | None]
    """The file, until it is brought in or forgotten."""


class PastCase(OwnedRow, Base):
    """One row of a register that was brought in. Days as the register tells them; delays in working days."""

    __tablename__ = "past_case"
    __table_args__ = (
        owned_fk("register_id", "past_register"),
        owned_fk("site_id", "site"),
        Index("ix_past_case_received", "structure_id", "kind", "received_on"),
        Index("ux_past_case_row", "structure_id", "register_id", "row", unique=True),
    )

    register_id: Mapped[UUID]
    row: Mapped[int]
    number: Mapped[str]
    """Empty: it lies sealed among the words. Registers brought in before that have theirs here."""
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    channel: Mapped[Channel | None] = mapped_column(Word(Channel))
    site_id: Mapped[UUID]
    received_on: Mapped[date]
    acknowledged_on: Mapped[date | None]
    first_response_on: Mapped[date | None]
    due_on: Mapped[date | None]
    answered_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    first_response_days: Mapped[int | None]
    answer_days: Mapped[int | None]
    finding: Mapped[Finding | None] = mapped_column(Word(Finding))
    words_sealed: Mapped[bytes | None]
    """Number, motif and text, as JSON."""


class ActivityCount(StructureOwned, Base):
    """How often people were met in a month at a site, for one register of intervention or as a whole."""

    __tablename__ = "activity_count"
    __table_args__ = (owned_fk("site_id", "site"),)

    month: Mapped[date] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    intervention: Mapped[Intervention] = mapped_column(Word(Intervention), primary_key=True)
    n: Mapped[int]
    changed_at: Mapped[datetime]


class EarlierSeries(OwnedRow, Base):
    """Results of surveys held before the portal, as somebody brought them in under a name."""

    __tablename__ = "earlier_series"

    name: Mapped[str]
    source: Mapped[str]
    """Where they stand: a report, a table, its page."""
    taken_at: Mapped[datetime]
    taken_by: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))


class EarlierResult(OwnedRow, Base):
    """One figure of a series, as its source tells it: it cannot be counted again, and is never pooled."""

    __tablename__ = "earlier_result"
    __table_args__ = (
        owned_fk("series_id", "earlier_series"),
        CheckConstraint("(satisfied IS NULL) <> (tenths IS NULL)", name="one_figure"),
    )

    series_id: Mapped[UUID]
    row: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]
    question: Mapped[str]
    n: Mapped[int]
    """How many answered: the base."""
    satisfied: Mapped[int | None]
    """How many of them were satisfied, where the source tells it."""
    tenths: Mapped[int | None]
    """The share in tenths of a percent, where the source tells no count."""
