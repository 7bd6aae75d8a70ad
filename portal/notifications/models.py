"""Tables of what must leave the house: the outbox of each structure, and the due times of jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.schema import Base, OwnedRow


class OutboxRow(OwnedRow, Base):
    """A notice to send, written in the transaction of what it tells; its id is the mail's Message-ID.

    Sent at least once: a cut after DATA may repeat it under the same Message-ID, never lose it.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "structure_id", "sent_at", "next_try_at"),)

    notice: Mapped[str]
    """Key of `portal.notifications.rules.NOTICES`."""
    person_id: Mapped[UUID | None]
    address_sealed: Mapped[bytes | None]
    """Of a filer; staff are found by `person_id` when it is sent."""
    language: Mapped[str]
    facts: Mapped[dict[str, Any]]
    """What the text may tell: reference and dates for staff, nothing of the case for a filer."""
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]


class JobDue(Base):
    """When a job runs next for a structure. Owned by nobody, and holds nothing personal."""

    __tablename__ = "job_due"
    __table_args__ = (Index("ix_job_due_job", "job", "due_at"),)

    job: Mapped[str] = mapped_column(primary_key=True)
    structure_id: Mapped[int] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
