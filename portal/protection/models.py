"""Tables of what was destroyed, and of what people asked for about their data."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.schema import Base, OwnedRow, RowId


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
