"""Tables of who works here: persons, what they may do where, invitations, sessions, and the journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.schema import Base, OwnedRow, RowId, Word, owned_fk
from portal.people.rules import Role


class Person(Base):
    """Somebody who signs in. Owned by nobody: a person may belong to several structures.

    Address and name are sealed under keys of the server; the address is found by a keyed digest.
    """

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    email_digest: Mapped[bytes] = mapped_column(unique=True)
    email_sealed: Mapped[bytes]
    name_sealed: Mapped[bytes]
    password_hash: Mapped[str | None]
    locale: Mapped[str] = mapped_column(default="fr")
    failures: Mapped[int] = mapped_column(default=0)
    """Wrong passwords in a row; the next try waits longer."""
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class AuthSession(Base):
    """A signed-in browser; the cookie holds the token whose digest is the key. Revocable. Owned by nobody."""

    __tablename__ = "auth_session"

    token_digest: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Membership(OwnedRow, Base):
    """A person has a role in a structure, for a team if the role is limited to one."""

    __tablename__ = "membership"
    __table_args__ = (owned_fk("team_id", "team"),)
    also_seen_by = "person_id"

    person_id: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"), index=True)
    role: Mapped[Role] = mapped_column(Word(Role))
    team_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Invitation(OwnedRow, Base):
    """A single-use link that makes somebody a member; the link carries the signed structure id."""

    __tablename__ = "invitation"
    __table_args__ = (owned_fk("team_id", "team"),)

    token_digest: Mapped[bytes]
    email_sealed: Mapped[bytes]
    name_sealed: Mapped[bytes]
    role: Mapped[Role] = mapped_column(Word(Role))
    team_id: Mapped[UUID | None]
    invited_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class JournalEntry(OwnedRow, Base):
    """Who did or saw what, outside cases (which have their own events). Facts only, no personal text."""

    __tablename__ = "journal_entry"

    at: Mapped[datetime]
    person_id: Mapped[UUID | None]
    act: Mapped[str]
    facts: Mapped[dict[str, Any]]
