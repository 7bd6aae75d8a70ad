"""Reads of codes and entrances. The directory, asked before any scope stands, tells only whose a code is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, func, select

from portal.channels.models import Code, CodeDirectory, FunnelDay
from portal.channels.rules import CodeKind
from portal.channels.scans import OPENED
from portal.core.errors import NotFound
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.tenancy.models import CalendarVersion, Site, Structure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Table

    from portal.core.db import Unit

_code = table_of(Code)
_site = table_of(Site)
_structure = table_of(Structure)
_calendar = table_of(CalendarVersion)


class Signboard(NamedTuple):
    """What a structure shows on its posters: all that a resident's page needs to know of it."""

    id: int
    slug: str
    name: str
    colour: str
    branding_revision: int


class Entrance(NamedTuple):
    """Where an address leads: the structure, the site with its calendar in force, what the code stands on.

    Without a code (the way from a website) `code_id` and what follows is None.
    """

    structure: Signboard
    site_id: UUID
    calendar_id: UUID
    zone: str
    """Of the calendar: a key of `portal.tenancy.holidays_fr.ZONES`."""
    code_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    mediator_id: UUID | None = None
    is_retired: bool = False
    is_partners: bool = False
    """Whether it was handed to a partner, who files instead of giving an opinion."""


def _same_site(left: Table, column: str) -> Any:
    """The condition that a calendar belongs to the site that a row names."""
    return (_calendar.c.structure_id == left.c.structure_id) & (_calendar.c.site_id == left.c[column])


def _signboard(table: Table) -> Any:
    columns = (table.c[name] for name in ("id", "slug", "name", "colour", "branding_revision"))
    return [column.label(f"structure_{column.name}") for column in columns]


# One statement each, as every page of a resident begins with it.
_BY_CODE = Walled(
    select(
        *_signboard(_structure),
        _code.c.site_id,
        _calendar.c.id.label("calendar_id"),
        _calendar.c.zone,
        _code.c.id.label("code_id"),
        _code.c.team_id,
        _code.c.agreement_id,
        _code.c.mediator_id,
        _code.c.retired_at,
        _code.c.kind,
    )
    .select_from(
        _code.join(_structure, _structure.c.id == _code.c.structure_id).join(
            _calendar, _same_site(_code, "site_id")
        )
    )
    .where(_code.c.code == bindparam("key_code"))
    .order_by(_calendar.c.number.desc())
    .limit(1)
)
_directory = table_of(CodeDirectory)
_WHOSE = Walled(select(_directory.c.structure_id).where(_directory.c.code == bindparam("key_code")))
_BY_SLUG = Walled(
    select(
        *_signboard(_structure),
        _site.c.id.label("site_id"),
        _calendar.c.id.label("calendar_id"),
        _calendar.c.zone,
    )
    .select_from(
        _site.join(_structure, _structure.c.id == _site.c.structure_id).join(
            _calendar, _same_site(_site, "id")
        )
    )
    .where(_site.c.is_main, _structure.c.slug == bindparam("key_slug"))
    .order_by(_calendar.c.number.desc())
    .limit(1)
)


def structure_of_code(u: Unit, code: str) -> int | None:
    """The structure that a code leads to; None for an unknown one."""
    found: int | None = u.run(_WHOSE, key_code=code).scalar()
    return found


def entrance_by_code(u: Unit, code: str) -> Entrance | None:
    """Where a code of the structure in scope leads, retired ones too; None when it is not its."""
    row = u.run(_BY_CODE, key_code=code).first()
    if row is None:
        return None
    return Entrance(
        _signboard_of(row),
        row.site_id,
        row.calendar_id,
        row.zone,
        row.code_id,
        row.team_id,
        row.agreement_id,
        row.mediator_id,
        row.retired_at is not None,
        row.kind == CodeKind.PARTNER,
    )


def entrance_by_slug(u: Unit, slug: str) -> Entrance | None:
    """The entrance from the website of the structure in scope: its main site; None with another slug."""
    row = u.run(_BY_SLUG, key_slug=slug).first()
    return None if row is None else Entrance(_signboard_of(row), row.site_id, row.calendar_id, row.zone)


def _signboard_of(row: Any) -> Signboard:
    return Signboard(
        row.structure_id,
        row.structure_slug,
        row.structure_name,
        row.structure_colour,
        row.structure_branding_revision,
    )


def codes(u: Unit, *, offset: int = 0, most: int | None = None) -> Sequence[Code]:
    """The structure's codes: those in use first, newest first; of a long list, `most` from `offset` on."""
    order = (Code.retired_at.is_not(None), Code.created_at.desc(), Code.id)
    return u.all(select(Code).order_by(*order).offset(offset).limit(most))


def partner_codes(u: Unit) -> Sequence[Code]:
    """The codes in use that were handed to partners, the newest first."""
    is_open = (Code.kind == CodeKind.PARTNER) & Code.retired_at.is_(None) & Code.mediator_id.is_(None)
    return u.all(select(Code).where(is_open).order_by(Code.created_at.desc(), Code.id))


def code_named(u: Unit, code: str) -> Code:
    """The structure's code of these six signs, in use or not. Raises `NotFound`."""
    found = u.one(select(Code).where(Code.code == code))
    if found is None:
        raise NotFound("code")
    return found


def scan_counts(u: Unit, code_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How often each of these codes was opened so far; a code that never was is left out."""
    counted = (
        select(FunnelDay.code_id, func.sum(FunnelDay.n))
        .where(FunnelDay.code_id.in_(code_ids), FunnelDay.stage == OPENED)
        .group_by(FunnelDay.code_id)
    )
    return {code_id: int(n) for code_id, n in u.rows(counted)}
