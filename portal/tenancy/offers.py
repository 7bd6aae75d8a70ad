"""What a network proposes to its structures, and what each answers: nothing changes before it says yes.

A network lead reads figures and has no right to change a structure (docs/decisions/0009); so a colour or a
campaign is offered, and becomes the structure's own when somebody there takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.core.errors import Invalid, NotFound
from portal.core.ids import new_id
from portal.tenancy.actions import set_branding
from portal.tenancy.models import NetworkOffer
from portal.tenancy.queries import current_structure, local_day
from portal.tenancy.rules import COLOUR

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit


@dataclass(frozen=True, slots=True)
class Offered:
    """What is proposed; a campaign has a name and two days. Raises `Invalid` naming what cannot be used."""

    colour: str | None = None
    campaign: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None

    def __post_init__(self) -> None:
        if not (self.colour or self.campaign):
            raise Invalid("colour", reason="empty")
        if self.colour and not COLOUR.fullmatch(self.colour):
            raise Invalid("colour", reason="form")
        if not self.campaign:
            return
        if self.starts_on is None:
            raise Invalid("starts_on", reason="empty")
        if self.ends_on is None:
            raise Invalid("ends_on", reason="empty")
        if self.ends_on < self.starts_on:
            raise Invalid("ends_on", reason="before_start")


def offer(u: Unit, given: Offered, *, by: UUID) -> NetworkOffer:
    """A proposal to the structure in scope; one that waits for an answer gives way to it."""
    waiting = open_offer(u)
    if waiting is not None:
        u.session.delete(waiting)
        u.session.flush()
    row = NetworkOffer(
        id=new_id(u.now),
        offered_by=by,
        offered_at=u.now,
        colour=given.colour,
        campaign=given.campaign,
        starts_on=given.starts_on if given.campaign else None,
        ends_on=given.ends_on if given.campaign else None,
        answered_at=None,
        is_taken=None,
    )
    u.add(row)
    return row


def answer_offer(u: Unit, offer_id: UUID, *, is_taken: bool) -> NetworkOffer:
    """The proposal with its answer; a colour that is taken is shown from now on.

    Raises `NotFound` for one that is not there, was answered, or gave way to another.
    """
    row = open_offer(u)
    if row is None or row.id != offer_id:
        raise NotFound("offer")
    row.answered_at, row.is_taken = u.now, is_taken
    if is_taken and row.colour:
        set_branding(u, name=current_structure(u).name, colour=row.colour)
    u.session.flush()
    return row


def open_offer(u: Unit) -> NetworkOffer | None:
    """The proposal that waits for the structure's answer."""
    return u.one(select(NetworkOffer).where(NetworkOffer.answered_at.is_(None)))


def last_offer(u: Unit) -> NetworkOffer | None:
    """The newest proposal, answered or not."""
    return u.one(
        select(NetworkOffer).order_by(NetworkOffer.offered_at.desc(), NetworkOffer.id.desc()).limit(1)
    )


def campaign_now(u: Unit) -> NetworkOffer | None:
    """The campaign that the structure has taken part in last, as long as it is not over."""
    taken = select(NetworkOffer).where(NetworkOffer.is_taken.is_(True), NetworkOffer.campaign.is_not(None))
    row = u.one(taken.order_by(NetworkOffer.answered_at.desc()).limit(1))
    return row if row and row.ends_on and row.ends_on >= local_day(u) else None
