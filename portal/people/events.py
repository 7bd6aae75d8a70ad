"""What this slice tells the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.core.bus import Event

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class PersonInvited(Event):
    """Somebody was invited; `queries.invitation_to_send` gives address and link when the mail leaves."""

    invitation_id: UUID


@dataclass(frozen=True, slots=True)
class PasswordForgotten(Event):
    """Somebody asked for a new password; `forgotten.reset_token` makes the link when the mail leaves."""

    person_id: UUID
