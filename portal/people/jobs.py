"""What time does to sessions: one that can be used no more is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from portal.people.models import AuthSession
from portal.people.queries import SESSION_IDLE

if TYPE_CHECKING:
    from portal.core.db import Unit

MOST = 1_000
"""Sessions in one run; the others wait for the next."""


def sweep_sessions(u: Unit) -> int:
    """How many sessions were forgotten: too old, left idle, or revoked."""
    ended = or_(
        AuthSession.expires_at <= u.now,
        AuthSession.seen_at <= u.now - SESSION_IDLE,
        AuthSession.revoked_at.is_not(None),
    )
    rows = u.all(select(AuthSession).where(ended).order_by(AuthSession.token_digest).limit(MOST))
    for row in rows:
        u.session.delete(row)
    u.session.flush()
    return len(rows)
