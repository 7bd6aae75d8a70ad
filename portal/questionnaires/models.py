"""Tables of opinions: questionnaires, their immutable versions, responses, answers and the monthly rollup.

An answer stores codes, never labels, and a day, never an instant.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.schema import Base, OwnedRow, RowId, StructureOwned, Word, owned_fk
from portal.questionnaires.rules import VersionState


class Questionnaire(OwnedRow, Base):
    """A questionnaire and which version residents get now."""

    __tablename__ = "questionnaire"
    __table_args__ = (UniqueConstraint("structure_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]
    audience: Mapped[str]
    default_language: Mapped[str]
    current_version_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class QuestionnaireVersion(OwnedRow, Base):
    """One version, as a document. Once published a trigger refuses every change but its retirement."""

    __tablename__ = "questionnaire_version"
    __table_args__ = (
        owned_fk("questionnaire_id", "questionnaire"),
        UniqueConstraint("structure_id", "questionnaire_id", "number"),
    )

    questionnaire_id: Mapped[UUID]
    number: Mapped[int]
    state: Mapped[VersionState] = mapped_column(Word(VersionState))
    document: Mapped[dict[str, Any]]
    document_sha256: Mapped[str]
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None]


class Item(OwnedRow, Base):
    """A question's identity across versions: its code never changes and is never used again."""

    __tablename__ = "item"
    __table_args__ = (
        owned_fk("questionnaire_id", "questionnaire"),
        UniqueConstraint("structure_id", "questionnaire_id", "code"),
    )

    questionnaire_id: Mapped[UUID]
    code: Mapped[str]
    kind: Mapped[str]
    scale: Mapped[str | None]
    concept: Mapped[str | None]
    """Network-wide meaning; sites compare only where concept and scale are equal."""


class ItemVersion(StructureOwned, Base):
    """How a question stands in one version; figures never pool across `meaning_rev`."""

    __tablename__ = "item_version"
    __table_args__ = (owned_fk("version_id", "questionnaire_version"), owned_fk("item_id", "item"))

    version_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    position: Mapped[int]
    required: Mapped[bool]
    meaning_rev: Mapped[int]


class Response(OwnedRow, Base):
    """One person's answers on one local day. The id holds the day and chance, no clock time."""

    __tablename__ = "response"
    __table_args__ = (
        owned_fk("version_id", "questionnaire_version"),
        owned_fk("code_id", "code"),
        UniqueConstraint("structure_id", "submit_key"),
        Index("ix_response_day", "structure_id", "day"),
    )

    version_id: Mapped[UUID]
    code_id: Mapped[UUID | None]
    site_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    agreement_id: Mapped[UUID | None]
    language: Mapped[str]
    day: Mapped[date]
    mode: Mapped[str]
    """A `portal.questionnaires.rules.Mode`."""
    submit_key: Mapped[bytes]
    """Keyed digest of the journey's nonce: a replay meets the same row."""
    finished: Mapped[bool]
    entered_at: Mapped[datetime | None]
    """When staff typed a sheet of paper, for what was counted before: never when somebody answered."""


class Answer(StructureOwned, Base):
    """One choice, with what figures are told by beside it."""

    __tablename__ = "answer"
    __table_args__ = (
        owned_fk("response_id", "response"),
        owned_fk("item_id", "item"),
        Index("ix_answer_item", "structure_id", "item_id", "meaning_rev", "day", "choice"),
    )

    response_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    choice: Mapped[str]
    meaning_rev: Mapped[int]
    day: Mapped[date]
    site_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    agreement_id: Mapped[UUID | None]
    assisted: Mapped[bool] = mapped_column(server_default=false())
    """Whether staff helped: such answers are told apart (decisions, 0027)."""


class AnswerText(StructureOwned, Base):
    """A free word, sealed under a key of its own, apart from the choices as it is kept less long."""

    __tablename__ = "answer_text"
    __table_args__ = (owned_fk("response_id", "response"), owned_fk("item_id", "item"))

    response_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    language: Mapped[str]
    day: Mapped[date]
    key_wrapped: Mapped[bytes]
    body_sealed: Mapped[bytes]


class RollupMonth(StructureOwned, Base):
    """Counts per month, kept in the transaction of the answer; always equal to a recount.

    `code_id` is nil (all zeros) for what came without a code, as a key column takes no NULL.
    """

    __tablename__ = "rollup_month"
    __table_args__ = (ForeignKeyConstraint(["structure_id", "item_id"], ["item.structure_id", "item.id"]),)

    item_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    meaning_rev: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    code_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    choice: Mapped[str] = mapped_column(primary_key=True)
    assisted: Mapped[bool] = mapped_column(primary_key=True, server_default=false())
    n: Mapped[int]
