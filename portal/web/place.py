"""Where a resident is: which structure and code an address means, in which language, before which door.

The grammar (one for `/q/<code>` and `/p/<slug>`): then optionally a language, then optionally a door.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portal.channels.queries import code_by_text, structure_of_code
from portal.core.db import Scope
from portal.core.errors import NotFound, Retired
from portal.core.ids import read_code
from portal.core.languages import DEFAULT, LANGUAGES
from portal.tenancy.queries import calendar_of, current_structure, main_site, policy, structure_by_slug

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from portal.channels.models import Code
    from portal.core.db import Database, Unit
    from portal.tenancy.models import Structure

DOORS = ("complaint", "request", "concern", "thanks", "idea", "danger", "follow")


class UnknownLanguage(NotFound):
    """A language that the portal does not speak: the answer lists those it does."""


@dataclass(frozen=True, slots=True)
class Place:
    """One entrance of a structure, in one language, as figures and addresses need it."""

    structure: Structure
    root: str
    """`/q/7KQ4M2` or `/p/passerelle`."""
    language: str
    site_id: UUID
    timezone: str
    calendar_id: UUID
    code_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    mediator_id: UUID | None = None

    @property
    def scope(self) -> Scope:
        """The scope of somebody who is not signed in, at this structure."""
        return Scope.of(self.structure.id, locale=self.language)

    def url(self, *parts: str) -> str:
        """An address below this entrance, in its language."""
        return "/".join((self.root, self.language, *parts))

    def speaking(self, language: str) -> Place:
        """The same place in another language."""
        return replace(self, language=language)

    def day_of(self, now: datetime) -> date:
        """The local day of the site."""
        return now.astimezone(ZoneInfo(self.timezone)).date()


def read_segments(first: str | None, second: str | None, accepted: str | None) -> tuple[str, str | None]:
    """Language and door from the optional segments; the language the browser accepts, else French.

    Raises `UnknownLanguage` for a first segment that is neither language nor door, `NotFound` for an unknown
    door.
    """
    spoken = accepted or DEFAULT
    if first is None:
        return spoken, None
    if first in DOORS and second is None:
        return spoken, first
    if first not in LANGUAGES:
        raise UnknownLanguage("language", given=first)
    if second is not None and second not in DOORS:
        raise NotFound("door", given=second)
    return first, second


def place_of_code(database: Database, raw: str, language: str) -> Place:
    """The entrance of a code. Raises `NotFound` (unknown, or not a possible code) and `Retired`."""
    code = read_code(raw)
    if code is None:
        raise NotFound("code", given=raw)
    with database.reading(Scope.nobody()) as u:
        structure_id = structure_of_code(u, code)
    if structure_id is None:
        raise NotFound("code", given=code)
    with database.reading(Scope.of(structure_id, locale=language)) as u:
        return _place_of(u, code, language)


def _place_of(u: Unit, code: str, language: str) -> Place:
    row = code_by_text(u, code)
    if row is None:
        raise NotFound("code", given=code)
    structure = current_structure(u)
    if row.retired_at is not None or not _names_may_be_given(u, row):
        raise Retired("code", structure=structure.name, slug=structure.slug)
    calendar = calendar_of(u, row.site_id)
    return Place(
        structure=structure,
        root=f"/q/{code}",
        language=language,
        site_id=row.site_id,
        timezone=calendar.document["timezone"],
        calendar_id=calendar.id,
        code_id=row.id,
        team_id=row.team_id,
        agreement_id=row.agreement_id,
        mediator_id=row.mediator_id,
    )


def _names_may_be_given(u: Unit, code: Code) -> bool:
    """A code that names a mediator is closed until staff were informed (decisions, 2)."""
    return code.mediator_id is None or policy(u).staff_informed_on is not None


def place_of_structure(database: Database, slug: str, language: str) -> Place:
    """The entrance from a structure's website: its main site. Raises `NotFound`."""
    with database.reading(Scope.nobody()) as u:
        structure = structure_by_slug(u, slug)
    with database.reading(Scope.of(structure.id, locale=language)) as u:
        site = main_site(u)
        calendar = calendar_of(u, site.id)
    return Place(
        structure=structure,
        root=f"/p/{slug}",
        language=language,
        site_id=site.id,
        timezone=calendar.document["timezone"],
        calendar_id=calendar.id,
    )
