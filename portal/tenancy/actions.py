"""Writes of structures and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.core.errors import Invalid
from portal.core.ids import new_id
from portal.core.worktime import WorkCalendar
from portal.tenancy.holidays_fr import ZONES, public_holidays
from portal.tenancy.models import (
    Agreement,
    CalendarVersion,
    PolicyVersion,
    Site,
    Structure,
    Team,
)
from portal.tenancy.queries import current_structure
from portal.tenancy.rules import (
    CALENDAR_YEARS,
    COLOUR,
    DEFAULT_OPENING,
    DEFAULT_TARGETS,
    Targets,
    check_names,
    targets_document,
)
from portal.tenancy.vault import new_structure_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, time
    from uuid import UUID

    from portal.core.db import Unit


@dataclass(frozen=True, slots=True)
class SiteGiven:
    """What a new site is made of: holiday zone, opening hours by weekday, closing days with reasons."""

    name: str
    slug: str
    zone: str = "metropole"
    is_main: bool = False
    opening: Mapping[int, tuple[tuple[time, time], ...]] = field(
        default_factory=lambda: dict(DEFAULT_OPENING)
    )
    closures: Mapping[date, str] = field(default_factory=dict)


def found_structure(u: Unit, *, slug: str, letters: str, name: str, colour: str) -> Structure:
    """A new structure's row, which belongs to nobody; `furnish` then fills it within its own scope.

    Raises `Invalid` naming a name that cannot be used or is taken.
    """
    check_names(slug=slug, letters=letters, name=name, colour=colour)
    for column, value in ((Structure.slug, slug), (Structure.letters, letters)):
        if u.one(select(Structure.id).where(column == value)) is not None:
            raise Invalid(column.key, given=value, reason="taken")
    structure = Structure(
        slug=slug, letters=letters, name=name.strip(), colour=colour, branding_revision=1, created_at=u.now
    )
    u.add(structure)
    return structure


def furnish(u: Unit, *, site: SiteGiven, document: tuple[str, str] = ("PR-01", "1")) -> Site:
    """The main site of a new structure, with its data key and first policy."""
    u.add(new_structure_key(u))
    set_policy(u, document_code=document[0], document_version=document[1])
    return add_site(u, site)


def add_site(u: Unit, given: SiteGiven) -> Site:
    """A new site with the first version of its calendar. Raises `Invalid("zone")`."""
    if given.zone not in ZONES:
        raise Invalid("zone", given=given.zone)
    site = Site(id=new_id(u.now), slug=given.slug, name=given.name, is_main=given.is_main, created_at=u.now)
    u.add(site)
    set_calendar(u, site.id, zone=given.zone, opening=given.opening, closures=given.closures)
    return site


def set_calendar(
    u: Unit,
    site_id: UUID,
    *,
    zone: str,
    opening: Mapping[int, tuple[tuple[time, time], ...]],
    closures: Mapping[date, str],
) -> CalendarVersion:
    """A new version of a site's calendar. Cases keep the version their dates were computed with."""
    years = range(u.now.year - 1, u.now.year + CALENDAR_YEARS)
    calendar = WorkCalendar(
        timezone=ZONES[zone].timezone,
        opening=opening,
        holidays=public_holidays(zone, years),
        closures=closures,
    )
    last = u.one(select(func.max(CalendarVersion.number)).where(CalendarVersion.site_id == site_id))
    version = CalendarVersion(
        id=new_id(u.now),
        site_id=site_id,
        number=(last or 0) + 1,
        zone=zone,
        document=calendar.as_document(),
        created_at=u.now,
    )
    u.add(version)
    return version


def set_policy(
    u: Unit,
    *,
    document_code: str,
    document_version: str,
    targets: Mapping[str, Targets] = DEFAULT_TARGETS,
    staff_informed_on: date | None = None,
) -> PolicyVersion:
    """A new version of the promises. It never changes a case already received."""
    last = u.one(select(func.max(PolicyVersion.number)))
    version = PolicyVersion(
        id=new_id(u.now),
        number=(last or 0) + 1,
        document_code=document_code,
        document_version=document_version,
        targets=targets_document(targets),
        staff_informed_on=staff_informed_on,
        created_at=u.now,
    )
    u.add(version)
    return version


def add_team(u: Unit, *, site_id: UUID, name: str) -> Team:
    """A new team at a site. Raises `Invalid("name")` for an empty name."""
    if not name.strip():
        raise Invalid("name")
    team = Team(id=new_id(u.now), site_id=site_id, name=name.strip(), created_at=u.now)
    u.add(team)
    return team


def add_agreement(u: Unit, *, partner: str, purpose: str, starts_on: date, ends_on: date | None) -> Agreement:
    """A new agreement. Raises `Invalid` for an empty partner, or an end before the start."""
    if not partner.strip():
        raise Invalid("partner")
    if ends_on is not None and ends_on < starts_on:
        raise Invalid("ends_on", reason="before_start")
    agreement = Agreement(
        id=new_id(u.now),
        partner=partner.strip(),
        purpose=purpose.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=u.now,
    )
    u.add(agreement)
    return agreement


def set_branding(u: Unit, *, name: str, colour: str) -> Structure:
    """The structure with a new name or colour; pages follow at once. Raises `Invalid`."""
    structure = current_structure(u)
    if not name.strip():
        raise Invalid("name")
    if not COLOUR.fullmatch(colour):
        raise Invalid("colour", given=colour)
    structure.name, structure.colour = name.strip(), colour
    structure.branding_revision += 1
    u.session.flush()
    return structure
