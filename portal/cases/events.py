"""What this slice tells the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.core.bus import Event

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.cases.rules import Kind


@dataclass(frozen=True, slots=True)
class CaseFiled(Event):
    """A case came in; `due_on` is the day of its next promise, None for thanks."""

    case_id: UUID
    reference: str
    kind: Kind
    due_on: date | None


@dataclass(frozen=True, slots=True)
class WordsErased(Event):
    """The words of a case were destroyed; `is_asked`: somebody asked for it, the schedule did not."""

    case_id: UUID
    is_asked: bool


@dataclass(frozen=True, slots=True)
class CaseStepTaken(Event):
    """A step of `STEPS` was taken.

    `by_filer`: the person who filed took it (reply, add, contest, …). `tells_filer`: a message for them or
    an end can now be read through the receipt; where it goes is `queries.contact_of`.
    """

    case_id: UUID
    reference: str
    verb: str
    by_filer: bool
    tells_filer: bool
