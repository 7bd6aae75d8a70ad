"""What a structure promises, and what makes its names usable. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import time
from itertools import count
from typing import TYPE_CHECKING, Any

from portal.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
LETTERS = re.compile(r"[A-Z]{2,6}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MOST_SLUG = 30
CALENDAR_YEARS = 4
"""Years of public holidays written into a calendar version: one cycle of certification."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Promises for one kind of case, in working days (domain: two to read, ten to answer)."""

    ack_days: int = 2
    first_response_days: int = 5
    answer_days: int = 10


DEFAULT_TARGETS: Mapping[str, Targets] = {
    "complaint": Targets(),
    "request": Targets(),
    "concern": Targets(),
    "thanks": Targets(),
    "idea": Targets(answer_days=20),
}

_OFFICE = ((time(9), time(12)), (time(14), time(18)))
DEFAULT_OPENING: Mapping[int, tuple[tuple[time, time], ...]] = dict.fromkeys(range(5), _OFFICE)


def targets_document(targets: Mapping[str, Targets]) -> dict[str, Any]:
    """The promises as stored in a policy version."""
    return {kind: asdict(row) for kind, row in targets.items()}


def targets_of(document: Mapping[str, Any], kind: str) -> Targets:
    """The promises for a kind in a stored policy; the defaults where the policy is silent."""
    row = document.get(kind)
    return Targets(**row) if row else DEFAULT_TARGETS.get(kind, Targets())


def slug_of(name: str, taken: Collection[str]) -> str:
    """A slug made of a name, unlike those taken; "site" where the name has no Latin letter."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MOST_SLUG].strip("-")
    stem = words if words[:1].isalpha() else f"site-{words}".strip("-")
    numbered = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
    return next(slug for slug in numbered if slug not in taken)


def check_names(*, slug: str, letters: str, name: str, colour: str) -> None:
    """Raise `Invalid` naming the first of a new structure's names that cannot be used."""
    if not SLUG.fullmatch(slug):
        raise Invalid("slug", given=slug)
    if not LETTERS.fullmatch(letters):
        raise Invalid("letters", given=letters)
    if not name.strip():
        raise Invalid("name", given=name)
    if not COLOUR.fullmatch(colour):
        raise Invalid("colour", given=colour)
