"""What questionnaires tell the other slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.core.bus import Event

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class FreeWordGiven(Event):
    """Somebody wrote a free word; the quality lead reads it by the next working day."""

    response_id: UUID
