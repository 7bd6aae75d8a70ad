"""Reads of structures and what belongs to them. A structure's own row is known to all; the rest is walled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.core.errors import NotFound
from portal.core.worktime import WorkCalendar
from portal.tenancy.models import (
    Agreement,
    CalendarVersion,
    Network,
    NetworkMember,
    PolicyVersion,
    PrivacyContact,
    Site,
    Structure,
    Team,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from portal.core.db import Unit


def structures(u: Unit) -> Sequence[Structure]:
    """Every structure, by name."""
    return u.all(select(Structure).order_by(Structure.name, Structure.id))


def structure_ids(u: Unit) -> Sequence[int]:
    """The number of every structure, in their order."""
    return u.all(select(Structure.id).order_by(Structure.id))


def structure_by_slug(u: Unit, slug: str) -> Structure:
    """The structure with this slug. Raises `NotFound`."""
    found = u.one(select(Structure).where(Structure.slug == slug))
    if found is None:
        raise NotFound("structure")
    return found


def current_structure(u: Unit) -> Structure:
    """The structure in scope."""
    found = u.one(select(Structure).where(Structure.id == u.structure_id))
    if found is None:
        raise NotFound("structure")
    return found


def sites(u: Unit) -> Sequence[Site]:
    """The structure's sites, the main one first, then by name."""
    return u.all(select(Site).order_by(Site.is_main.desc(), Site.name, Site.id))


def main_site(u: Unit) -> Site:
    """The site that stands for what has no place. Raises `NotFound` in a structure without site."""
    found = u.one(select(Site).where(Site.is_main))
    if found is None:
        raise NotFound("site")
    return found


def site(u: Unit, site_id: UUID) -> Site:
    """A site of the structure. Raises `NotFound`."""
    found = u.one(select(Site).where(Site.id == site_id))
    if found is None:
        raise NotFound("site")
    return found


def teams(u: Unit) -> Sequence[Team]:
    """The structure's teams, by name."""
    return u.all(select(Team).order_by(Team.name, Team.id))


def agreements(u: Unit) -> Sequence[Agreement]:
    """The structure's agreements, by partner and purpose."""
    return u.all(select(Agreement).order_by(Agreement.partner, Agreement.purpose, Agreement.id))


def calendar_of(u: Unit, site_id: UUID) -> CalendarVersion:
    """The newest calendar version of a site. Raises `NotFound`."""
    newest = CalendarVersion.number.desc()
    found = u.one(select(CalendarVersion).where(CalendarVersion.site_id == site_id).order_by(newest).limit(1))
    if found is None:
        raise NotFound("calendar")
    return found


def calendar(u: Unit, calendar_id: UUID) -> WorkCalendar:
    """A calendar version as the engine of working days takes it. Raises `NotFound`."""
    found = u.one(select(CalendarVersion).where(CalendarVersion.id == calendar_id))
    if found is None:
        raise NotFound("calendar")
    return WorkCalendar.from_document(found.document)


def local_day(u: Unit, at: datetime | None = None) -> date:
    """The day at the main site, of an instant or of now."""
    return WorkCalendar.from_document(calendar_of(u, main_site(u).id).document).local(at or u.now).date()


def privacy_contact(u: Unit) -> str | None:
    """The address to which one writes about one's data; None as long as nobody gave one."""
    return u.one(select(PrivacyContact.email))


def networks_of(u: Unit) -> Sequence[str]:
    """The names of the networks that the structure in scope belongs to, in order."""
    named = select(Network.name).join(NetworkMember, NetworkMember.network_id == Network.id)
    return u.all(named.order_by(Network.name))


def policy(u: Unit) -> PolicyVersion:
    """The policy in force. Raises `NotFound`."""
    found = u.one(select(PolicyVersion).order_by(PolicyVersion.number.desc()).limit(1))
    if found is None:
        raise NotFound("policy")
    return found


def policy_version(u: Unit, policy_id: UUID) -> PolicyVersion:
    """One version of the policy, as a case keeps it. Raises `NotFound`."""
    found = u.one(select(PolicyVersion).where(PolicyVersion.id == policy_id))
    if found is None:
        raise NotFound("policy")
    return found
