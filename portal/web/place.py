"""Where a resident is: which structure and code an address means, in which language, before which door.

The grammar (one for `/q/<code>` and `/p/<slug>`): then optionally a language, then optionally a door.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from portal.channels.queries import entrance_by_code, entrance_by_slug, structure_of_code
from portal.core.db import Scope
from portal.core.errors import NotFound, Retired
from portal.core.ids import read_code
from portal.core.languages import DEFAULT, LANGUAGES
from portal.core.memory import Apart
from portal.tenancy.holidays_fr import ZONES
from portal.tenancy.queries import policy, structure_by_slug
from portal.web.grades import Grade
from portal.web.house import house
from portal.web.letterhead import letterhead
from portal.web.tablet import TABLET

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.channels.queries import Entrance, Signboard
    from portal.core.db import Database, Unit
    from portal.tenancy.pictures import SmallLogo

DOORS = ("complaint", "request", "concern", "thanks", "idea", "danger", "follow")
_MOST_KNOWN = 12_000

_structures: Apart[Database, str, int] = Apart(_MOST_KNOWN)
"""Whose a code or slug is, in each database: it never changes hands, so it is asked for once."""


_QUARTER_SECONDS = 900


@lru_cache(maxsize=64)
def _day(timezone: str, quarter: int) -> date:
    """The local day in which a quarter of an hour since 1970 lies: no zone begins its day within one."""
    return datetime.fromtimestamp(quarter * _QUARTER_SECONDS, ZoneInfo(timezone)).date()


class UnknownLanguage(NotFound):
    """A language that the portal does not speak: the answer lists those it does."""


class Place(NamedTuple):
    """One entrance of a structure, in one language, as figures and addresses need it."""

    structure: Signboard
    root: str
    """`/q/7KQ4M2`, `/p/passerelle`, or `/t/7KQ4M2` on the tablet of a counter."""
    language: str
    site_id: UUID
    timezone: str
    calendar_id: UUID
    code_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    mediator_id: UUID | None = None
    logo: SmallLogo | None = None
    grade: Grade = Grade.NOT
    """What its pages may claim of their accessibility."""
    is_partners: bool = False
    """Whether its code was handed to a partner: it leads to their page, and asks for no opinion."""
    is_tablet: bool = False
    """Whether its pages stand on the tablet of a counter, which one person after the other touches."""

    @property
    def scope(self) -> Scope:
        """The scope of somebody who is not signed in, at this structure."""
        return Scope.of(self.structure.id, locale=self.language)

    def url(self, *parts: str) -> str:
        """An address below this entrance, in its language."""
        return "/".join((self.root, self.language, *parts))

    def speaking(self, language: str) -> Place:
        """The same place in another language."""
        return self._replace(language=language)

    @property
    def off_tablet(self) -> Place:
        """The same place as a telephone comes to it."""
        return (
            self._replace(root=f"/q/{self.root.split('/')[2]}", is_tablet=False) if self.is_tablet else self
        )

    def day_of(self, now: datetime) -> date:
        """The local day of the site."""
        return _day(self.timezone, int(now.timestamp() // _QUARTER_SECONDS))


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


def read_language(segment: str | None, accepted: str | None = None) -> str:
    """The language of a segment, which may be missing: see `read_segments`. Raises `UnknownLanguage`."""
    if segment is None:
        return accepted or DEFAULT
    if segment not in LANGUAGES:
        raise UnknownLanguage("language", given=segment)
    return segment


class Address(NamedTuple):
    """The first two segments, read: a code or a structure's slug, and the language of the page."""

    name: str
    is_code: bool
    language: str
    is_tablet: bool = False

    @classmethod
    def read(cls, kind: str, key: str, language: str) -> Address:
        """The address of these segments. Raises `NotFound` when no code could look like this."""
        if kind.lower() == "p":
            return cls(key, is_code=False, language=language)
        code = read_code(key)
        if code is None:
            raise NotFound("code", given=key)
        return cls(code, is_code=True, language=language, is_tablet=kind == TABLET)

    @property
    def root(self) -> str:
        """The two segments as the portal writes them."""
        kind = TABLET if self.is_tablet else "q" if self.is_code else "p"
        return f"/{kind}/{self.name}"

    def scope(self, database: Database) -> Scope:
        """The scope of its structure, from memory or the directory. Raises `NotFound`."""
        known = _structures.of(database)
        structure_id = known.get(self.root)
        if structure_id is None:
            with database.reading(Scope.nobody()) as u:
                structure_id = structure_of_code(u, self.name) if self.is_code else self._of_slug(u)
            if structure_id is None:
                raise NotFound("code", given=self.name)
            known.put(self.root, structure_id)
        return Scope.of(structure_id, locale=self.language)

    def place(self, u: Unit) -> Place:
        """The entrance, by one statement within its scope. Raises `NotFound` and `Retired`."""
        found = (entrance_by_code if self.is_code else entrance_by_slug)(u, self.name)
        if found is None:
            raise NotFound("code", given=self.name)
        if found.is_retired or not _names_may_be_given(u, found):
            raise Retired("code", structure=found.structure.name, slug=found.structure.slug)
        logo, grade = letterhead(u, house().database, found.structure.branding_revision)
        return Place(
            structure=found.structure,
            root=self.root,
            language=self.language,
            site_id=found.site_id,
            timezone=ZONES[found.zone].timezone,
            calendar_id=found.calendar_id,
            code_id=found.code_id,
            team_id=found.team_id,
            agreement_id=found.agreement_id,
            mediator_id=found.mediator_id,
            logo=logo,
            grade=grade,
            is_partners=found.is_partners,
            is_tablet=self.is_tablet,
        )

    def _of_slug(self, u: Unit) -> int:
        return structure_by_slug(u, self.name).id


def place_at(kind: str, key: str, language: str) -> Place:
    """The entrance that the first two segments mean. Raises `NotFound` and `Retired`."""
    address, database = Address.read(kind, key, language), house().database
    with database.reading(address.scope(database)) as u:
        return address.place(u)


def _names_may_be_given(u: Unit, found: Entrance) -> bool:
    """A code that names a mediator is closed until staff were informed (decisions, 2)."""
    return found.mediator_id is None or policy(u).staff_informed_on is not None
