"""Tables of who listens: networks, structures, their sites, teams, agreements, calendars and policies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.schema import Base, Document, OwnedRow, RowId, StructureOwned, owned_fk


class Network(Base):
    """A network of structures; one certificate may cover them. Owned by nobody."""

    __tablename__ = "network"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Structure(Base):
    """A certified structure, which owns everything else. Its row holds only what its posters show."""

    __tablename__ = "structure"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 -- read once, by the library

    id: Mapped[int] = mapped_column(primary_key=True)
    """Never given again, not even once the structure is erased: workers, codes and tokens know it by this."""
    slug: Mapped[str] = mapped_column(unique=True)
    letters: Mapped[str] = mapped_column(unique=True)
    """Beginning of its references: PAS-2026-000123."""
    name: Mapped[str]
    colour: Mapped[str]
    """As chosen, "#rrggbb"; pages show it corrected for contrast."""
    branding_revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class StructureKey(StructureOwned, Base):
    """The structure's data key, wrapped by a key derived from the server's secret; destroyed at erasure."""

    __tablename__ = "structure_key"

    wrapped: Mapped[bytes]


class Logo(StructureOwned, Base):
    """The structure's logo, drawn anew from its pixels (`portal.tenancy.pictures`). A new one replaces it."""

    __tablename__ = "logo"

    paper: Mapped[bytes]
    """PNG for what is printed."""
    width: Mapped[int]
    height: Mapped[int]
    """Of the form for paper, in pixels."""
    small: Mapped[str]
    """A `data:` address for residents' pages; empty when no form is small enough."""
    changed_at: Mapped[datetime]


class PrivacyContact(StructureOwned, Base):
    """Whom residents write to about their data; the notice shows the address to everybody."""

    __tablename__ = "privacy_contact"

    email: Mapped[str]
    changed_at: Mapped[datetime]


class NetworkMember(StructureOwned, Base):
    """A structure belongs to a network; it may belong to several."""

    __tablename__ = "network_member"

    network_id: Mapped[int] = mapped_column(primary_key=True)
    joined_at: Mapped[datetime]


class NetworkOffer(OwnedRow, Base):
    """What a network proposes to the structure: colours and logo, a campaign, a questionnaire.

    Nothing changes before it is taken.
    """

    __tablename__ = "network_offer"

    offered_by: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"))
    offered_at: Mapped[datetime]
    colour: Mapped[str | None]
    campaign: Mapped[str | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    is_taken: Mapped[bool | None]
    logo_paper: Mapped[bytes | None]
    logo_width: Mapped[int | None]
    logo_height: Mapped[int | None]
    logo_small: Mapped[str | None]
    """A logo as `Logo` keeps it."""
    questionnaire: Mapped[dict[str, Any] | None] = mapped_column(Document)
    """A set of questions to lock, as a document of `portal.questionnaires.composing`."""


class Site(OwnedRow, Base):
    """A place where residents come or are met. The main site stands for what has no place."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("structure_id", "slug"),)

    slug: Mapped[str]
    name: Mapped[str]
    is_main: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class CalendarVersion(OwnedRow, Base):
    """One version of a site's calendar; a case keeps the one its dates were computed with. Never changed."""

    __tablename__ = "calendar_version"
    __table_args__ = (owned_fk("site_id", "site"), UniqueConstraint("structure_id", "site_id", "number"))

    site_id: Mapped[UUID]
    number: Mapped[int]
    zone: Mapped[str]
    """Key of `portal.tenancy.holidays_fr.ZONES`."""
    document: Mapped[dict[str, Any]]
    """`WorkCalendar.as_document()`: time zone, opening hours, public holidays, closing days."""
    created_at: Mapped[datetime]


class Team(OwnedRow, Base):
    """A team of mediators, at a site."""

    __tablename__ = "team"
    __table_args__ = (owned_fk("site_id", "site"),)

    site_id: Mapped[UUID]
    name: Mapped[str]
    created_at: Mapped[datetime]


class Agreement(OwnedRow, Base):
    """An agreement (convention, mission, chantier) with a partner, for a purpose and a period."""

    __tablename__ = "agreement"

    partner: Mapped[str]
    purpose: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    created_at: Mapped[datetime]


class PolicyVersion(OwnedRow, Base):
    """One version of the structure's promises, with the code and version of its procedure. Never changed."""

    __tablename__ = "policy_version"
    __table_args__ = (UniqueConstraint("structure_id", "number"),)

    number: Mapped[int]
    document_code: Mapped[str]
    document_version: Mapped[str]
    targets: Mapped[dict[str, Any]]
    """`portal.tenancy.rules.Targets` by kind of case, in working days."""
    retention: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Months by what is kept, where the structure keeps less long than the schedule says."""
    staff_informed_on: Mapped[date | None]
    """When staff and works council were told of codes that name a mediator; without it they stay closed."""
    created_at: Mapped[datetime]
