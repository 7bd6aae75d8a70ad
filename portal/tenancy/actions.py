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
    PrivacyContact,
    Site,
    Structure,
    Team,
)
from portal.tenancy.queries import current_structure, local_day, policy, site, sites
from portal.tenancy.rules import (
    CALENDAR_YEARS,
    COLOUR,
    DEFAULT_OPENING,
    DEFAULT_TARGETS,
    Targets,
    check_names,
    slug_of,
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


def furnish(
    u: Unit,
    *,
    site: SiteGiven,
    document: tuple[str, str] = ("PR-01", "1"),
    targets: Mapping[str, Targets] = DEFAULT_TARGETS,
) -> Site:
    """The main site of a new structure, with its data key and first policy."""
    u.add(new_structure_key(u))
    set_policy(u, document_code=document[0], document_version=document[1], targets=targets)
    return add_site(u, site)


def add_site(u: Unit, given: SiteGiven) -> Site:
    """A new site with the first version of its calendar. Raises `Invalid("zone")`."""
    row = Site(id=new_id(u.now), slug=given.slug, name=given.name, is_main=given.is_main, created_at=u.now)
    u.add(row)
    set_calendar(u, row.id, zone=given.zone, opening=given.opening, closures=given.closures)
    return row


def open_site(u: Unit, *, name: str, zone: str) -> Site:
    """A further site with the usual opening hours; its slug is made of its name.

    Raises `Invalid("name")` for an empty or known name, `Invalid("zone")`.
    """
    name, known = name.strip(), sites(u)
    if not name:
        raise Invalid("name")
    if name.casefold() in {one.name.casefold() for one in known}:
        raise Invalid("name", reason="taken")
    return add_site(u, SiteGiven(name, slug_of(name, {one.slug for one in known}), zone))


def set_calendar(
    u: Unit,
    site_id: UUID,
    *,
    zone: str,
    opening: Mapping[int, tuple[tuple[time, time], ...]],
    closures: Mapping[date, str],
) -> CalendarVersion:
    """A new version of a site's calendar. Cases keep the version their dates were computed with.

    Raises `Invalid("zone")`.
    """
    if zone not in ZONES:
        raise Invalid("zone", given=zone)
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


def set_policy(  # noqa: PLR0913 -- what a policy is made of, all named
    u: Unit,
    *,
    document_code: str,
    document_version: str,
    targets: Mapping[str, Targets] = DEFAULT_TARGETS,
    staff_informed_on: date | None = None,
    retention: Mapping[str, int] | None = None,
) -> PolicyVersion:
    """A new version of the promises. It never changes a case already received."""
    last = u.one(select(func.max(PolicyVersion.number)))
    version = PolicyVersion(
        id=new_id(u.now),
        number=(last or 0) + 1,
        document_code=document_code,
        document_version=document_version,
        targets=targets_document(targets),
        retention=dict(retention or {}),
        staff_informed_on=staff_informed_on,
        created_at=u.now,
    )
    u.add(version)
    return version


def change_policy(
    u: Unit, *, document_code: str, document_version: str, targets: Mapping[str, Targets]
) -> PolicyVersion:
    """A new version with other promises; when staff were informed stays as it was.

    Raises `Invalid` for a document without code or version.
    """
    code, number = document_code.strip(), document_version.strip()
    if not code:
        raise Invalid("document_code")
    if not number:
        raise Invalid("document_version")
    now = policy(u)
    return set_policy(
        u,
        document_code=code,
        document_version=number,
        targets=targets,
        staff_informed_on=now.staff_informed_on,
        retention=now.retention,
    )


def tell_staff_informed(u: Unit, day: date | None) -> PolicyVersion:
    """A new version that says when staff and works council were informed; None: not yet.

    Codes that name a mediator open or close by it (decisions, 2). Raises `Invalid("day")` for a day to come.
    """
    if day is not None and day > local_day(u):
        raise Invalid("day", reason="future")
    now = policy(u)
    return _again(u, now, staff_informed_on=day, retention=now.retention)


def change_retention(u: Unit, months: Mapping[str, int]) -> PolicyVersion:
    """A new version that keeps things for so many months; who may choose what stands with the schedule."""
    now = policy(u)
    return _again(u, now, staff_informed_on=now.staff_informed_on, retention=months)


def _again(
    u: Unit, now: PolicyVersion, *, staff_informed_on: date | None, retention: Mapping[str, int]
) -> PolicyVersion:
    """A new version with the promises of the last one."""
    return set_policy(
        u,
        document_code=now.document_code,
        document_version=now.document_version,
        targets={kind: Targets(**row) for kind, row in now.targets.items()},
        staff_informed_on=staff_informed_on,
        retention=retention,
    )


def add_team(u: Unit, *, site_id: UUID, name: str) -> Team:
    """A new team at a site. Raises `Invalid("name")` for an empty name, `NotFound` for a site not here."""
    if not name.strip():
        raise Invalid("name")
    team = Team(id=new_id(u.now), site_id=site(u, site_id).id, name=name.strip(), created_at=u.now)
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


def set_privacy_contact(u: Unit, email: str) -> None:
    """The notice names this address from now on, and no other."""
    row = u.one(select(PrivacyContact))
    if row is None:
        u.add(PrivacyContact(email=email, changed_at=u.now))
    else:
        row.email, row.changed_at = email, u.now
        u.session.flush()


def renew_pages(u: Unit) -> None:
    """The structure's pages are made anew: something that all of them show has changed."""
    current_structure(u).branding_revision += 1
    u.session.flush()


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
