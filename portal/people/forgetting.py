"""The end of what is known of colleagues' acts: old lines of the journal, invitations that are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, or_, select

from portal.people.models import Invitation, JournalEntry

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from portal.core.db import Unit


def forget_journal(u: Unit, until: datetime) -> int:
    """How many lines of the journal went, of that instant and before.

    The database itself refuses to let go of those of the last six months.
    """
    is_old = JournalEntry.at <= until
    n = u.one(select(func.count(JournalEntry.id)).where(is_old)) or 0
    if n:
        u.session.execute(delete(JournalEntry).where(is_old))
    return n


def forget_invitations(u: Unit, until: datetime) -> int:
    """How many invitations went that were used, or had lost their force, by that instant."""
    n = u.one(select(func.count(Invitation.id)).where(_is_over(until))) or 0
    if n:
        u.session.execute(delete(Invitation).where(_is_over(until)))
    return n


def _is_over(until: datetime) -> ColumnElement[bool]:
    unused = and_(Invitation.used_at.is_(None), Invitation.expires_at <= until)
    return or_(Invitation.used_at <= until, unused)
