"""Tables of what was destroyed, and of what people asked for about their data."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, exists
from sqlalchemy.orm import Mapped, aliased, mapped_column

from portal.cases.models import CasePerson
from portal.core.schema import Base, OwnedRow, RowId, StructureOwned, Word, owned_fk
from portal.protection.rights import Proof, Right

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class Destruction(OwnedRow, Base):
    """A line of the log of what was destroyed, append-only: a trigger refuses every change.

    It tells what, how many and why, and nothing of what stood there.
    """

    __tablename__ = "destruction"
    __table_args__ = (Index("ix_destruction_at", "structure_id", "at"),)

    at: Mapped[datetime]
    rule: Mapped[str]
    """`portal.protection.rules.Kept`, or "request": somebody asked for it."""
    things: Mapped[int]
    """How many messages, opinions, invitations, lines."""
    pieces: Mapped[dict[str, Any]]
    """What they held, by kind: how many texts, photos, contacts."""
    months: Mapped[int | None]
    """What the schedule said; None for what was asked for."""
    policy_number: Mapped[int]
    person_id: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    """Who did it; None: the portal, by the schedule."""


class LegalHold(OwnedRow, Base):
    """What the nightly purge must leave for now: one message or one register, why, by whom and until when.

    Hidden wherever its case is. It ends by itself, and may be renewed; what it kept is told in the log.
    """

    __tablename__ = "legal_hold"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        owned_fk("register_id", "past_register"),
        CheckConstraint("(case_id IS NULL) <> (register_id IS NULL)", name="one_thing"),
    )

    case_id: Mapped[UUID | None] = mapped_column(RowId())
    register_id: Mapped[UUID | None] = mapped_column(RowId())
    reason_sealed: Mapped[bytes]
    until_on: Mapped[date]
    """The last day on which it holds."""
    held_at: Mapped[datetime]
    held_by: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    kept_at: Mapped[datetime | None]
    """When the purge first left what it would have destroyed; None: its time was not over."""

    @classmethod
    def hidden_from(cls, actor_id: UUID) -> ColumnElement[bool]:
        """A hold on a case does not exist for a person whom the case names."""
        return _case_names(cls, actor_id)


class RightsRequest(OwnedRow, Base):
    """What somebody asked for about their data, with its clock; hidden wherever its case is.

    Who asks, what they said and what we said are sealed under a key of their own.
    """

    __tablename__ = "rights_request"
    __table_args__ = (owned_fk("case_id", "cases"), UniqueConstraint("structure_id", "number"))

    case_id: Mapped[UUID | None] = mapped_column(RowId())
    number: Mapped[int]
    right: Mapped[Right] = mapped_column(Word(Right))
    proof: Mapped[Proof] = mapped_column(Word(Proof))
    received_on: Mapped[date]
    due_on: Mapped[date]
    entered_at: Mapped[datetime]
    entered_by: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"))
    extended_on: Mapped[date | None]
    answered_on: Mapped[date | None]
    refused_on: Mapped[date | None]
    closed_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    key_wrapped: Mapped[bytes | None]
    words_sealed: Mapped[bytes | None]
    """As JSON: "who", "asked", "extended", "said"."""
    told_before_at: Mapped[datetime | None]
    told_late_at: Mapped[datetime | None]

    @classmethod
    def hidden_from(cls, actor_id: UUID) -> ColumnElement[bool]:
        """A request about a case does not exist for a person whom the case names."""
        return _case_names(cls, actor_id)


class RightsCounter(StructureOwned, Base):
    """The last number given to a request: of all of them, also those that their writer cannot see."""

    __tablename__ = "rights_counter"

    last: Mapped[int]


def _case_names(table: type[LegalHold | RightsRequest], actor_id: UUID) -> ColumnElement[bool]:
    """The condition that the case of a row names this person."""
    named = aliased(CasePerson, flat=True)
    return exists().where(
        named.structure_id == table.structure_id,
        named.case_id == table.case_id,
        named.person_id == actor_id,
    )
