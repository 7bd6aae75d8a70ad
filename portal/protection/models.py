"""Tables of what was destroyed, and of what people asked for about their data."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, exists
from sqlalchemy.orm import Mapped, aliased, mapped_column

from portal.cases.models import CasePerson
from portal.core.schema import Base, OwnedRow, RowId, Word, owned_fk
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
        named = aliased(CasePerson, flat=True)
        return exists().where(
            named.structure_id == cls.structure_id,
            named.case_id == cls.case_id,
            named.person_id == actor_id,
        )
