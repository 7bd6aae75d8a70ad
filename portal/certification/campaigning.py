"""A campaign from its first day to its note: days in which opinions are asked for, then what came of them.

A campaign counts nothing of its own: its figures are those of its days, its site and its agreement, beside as
many days before. Closing freezes them as a review's are, and the note says what was learnt and decided.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.certification.actions import COUNT, Decided, next_number, open_action
from portal.certification.hearing import heard_in, to_document
from portal.certification.models import Action, Campaign, CampaignAction
from portal.certification.queries import MOST, what_of
from portal.certification.report import Span
from portal.certification.rules import (
    CAMPAIGN_YEARS,
    LONGEST_CAMPAIGN,
    MAX_CAMPAIGN,
    MAX_REVIEW_WORDS,
    CampaignSource,
    Origin,
)
from portal.certification.twice import WITHIN
from portal.core.errors import Conflict, Invalid, NotFound, Refused
from portal.core.ids import new_id
from portal.core.languages import N_
from portal.tenancy.queries import agreements, local_day, sites
from portal.tenancy.vault import opened, sealed, structure_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit

CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class Campaigned:
    """A campaign to open: its name, days and place; with `offer_id`, the network's proposal it comes from."""

    name: str
    span: Span
    site_id: UUID | None = None
    agreement_id: UUID | None = None
    offer_id: UUID | None = None

    @property
    def source(self) -> CampaignSource:
        """Whose it is."""
        return CampaignSource.OWN if self.offer_id is None else CampaignSource.NETWORK


@dataclass(frozen=True, slots=True)
class Note:
    """What a campaign taught, and what is decided."""

    learnt: str = ""
    decided: str = ""


class Lack(StrEnum):
    """Why a campaign cannot be closed yet."""

    NOT_OVER = "not_over"
    NO_NOTE = "no_note"


LACKS: dict[Lack, str] = {
    Lack.NOT_OVER: N_("Its last day has not passed yet."),
    Lack.NO_NOTE: N_("The note is missing: what was learnt, and what is decided."),
}


def can_hold(span: Span) -> bool:
    """Whether a campaign may have these days: there must be days before them, and some sense in them."""
    return span.first.year >= CAMPAIGN_YEARS.start and span.last.year < CAMPAIGN_YEARS.stop


def same_campaign(u: Unit, given: Campaigned) -> Campaign | None:
    """The campaign of this name, these days and this place that waits for its note; None for a new one.

    Whoever is about to open one is waited for: a form that is sent twice must not give two.
    """
    u.run(COUNT, series=CAMPAIGN, last=0)
    wanted = select(Campaign).where(
        Campaign.name == " ".join(given.name.split()),
        Campaign.source == given.source,
        Campaign.first_day == given.span.first,
        Campaign.last_day == given.span.last,
        Campaign.closed_at.is_(None),
    )
    placed = (given.site_id, given.agreement_id)
    return next((row for row in u.all(wanted) if (row.site_id, row.agreement_id) == placed), None)


def open_campaign(u: Unit, given: Campaigned) -> Campaign:
    """The new campaign.

    Raises `Invalid("name" | "period" | "site" | "agreement")` with a reason, `Conflict("campaign")` for a
    proposal of the network that is one already.
    """
    is_own, span = given.offer_id is None, given.span
    name = " ".join(given.name.split())
    if not is_own:
        name = name[:MAX_CAMPAIGN]  # the network named it, and the structure has said yes
    faults = (
        ("name", "empty", not name),
        ("name", "long", len(name) > MAX_CAMPAIGN),
        ("period", "order", span.last < span.first),
        ("period", "far", not can_hold(span)),
        ("period", "long", is_own and span.last - span.first > LONGEST_CAMPAIGN),
        ("site", "unknown", given.site_id not in {None, *(one.id for one in sites(u))}),
        ("agreement", "unknown", given.agreement_id not in {None, *(one.id for one in agreements(u))}),
    )
    for field, reason, is_wrong in faults:
        if is_wrong:
            raise Invalid(field, reason=reason)
    if given.offer_id is not None and campaign_of_offer(u, given.offer_id):
        raise Conflict(CAMPAIGN)
    row = Campaign(
        id=new_id(u.now),
        number=next_number(u, CAMPAIGN),
        name=name,
        source=given.source,
        offer_id=given.offer_id,
        first_day=span.first,
        last_day=span.last,
        site_id=given.site_id,
        agreement_id=given.agreement_id,
        opened_at=u.now,
        opened_by=u.scope.actor_id,
    )
    u.add(row)
    return row


def campaigns(u: Unit) -> Sequence[Campaign]:
    """Every campaign, the newest first."""
    return u.all(select(Campaign).order_by(Campaign.first_day.desc(), Campaign.number.desc()))


def to_be_closed(u: Unit) -> int:
    """How many campaigns are over and wait for their note."""
    over = (Campaign.closed_at.is_(None), Campaign.last_day < local_day(u))
    return u.one(select(func.count(Campaign.id)).where(*over)) or 0


def campaign_by_number(u: Unit, number: int) -> Campaign:
    """The campaign. Raises `NotFound`."""
    found = u.one(select(Campaign).where(Campaign.number == min(number, MOST)))
    if found is None:
        raise NotFound(CAMPAIGN)
    return found


def campaign_of_offer(u: Unit, offer_id: UUID) -> Campaign | None:
    """The campaign that a proposal of the network became; None while it is none."""
    return u.one(select(Campaign).where(Campaign.offer_id == offer_id))


def span_of(row: Campaign) -> Span:
    """Its days."""
    return Span(row.first_day, row.last_day)


def note_of(u: Unit, row: Campaign) -> Note:
    """What was written of it so far."""
    if row.note_sealed is None:
        return Note()
    return Note(**json.loads(opened(u, structure_key(u), row.note_sealed, (CAMPAIGN, row.id, "note_sealed"))))


def write_note(u: Unit, campaign_id: UUID, note: Note) -> Campaign:
    """The campaign with its note, which may still change.

    Raises `Invalid("learnt" | "decided")`, and `Conflict` for a campaign that is closed.
    """
    row = _open(u, campaign_id)
    said = {name: getattr(note, name).replace("\r\n", "\n").strip() for name in ("learnt", "decided")}
    for name, words in said.items():
        if len(words) > MAX_REVIEW_WORDS:
            raise Invalid(name, reason="long", limit=MAX_REVIEW_WORDS)
    if not said["learnt"]:
        raise Invalid("learnt", reason="empty")
    row.note_sealed = sealed(u, structure_key(u), json.dumps(said), (CAMPAIGN, row.id, "note_sealed"))
    u.session.flush()
    return row


def decide_after(u: Unit, campaign_id: UUID, what: str, who: UUID | None, when: date | None) -> Action:
    """An action that the campaign's note decided, once when its form is sent twice within minutes.

    Raises as `open_action` does, and `Conflict`.
    """
    row = _open(u, campaign_id)
    for one in actions_of_campaign(u, campaign_id):
        is_same = (one.owner_id, one.due_on, what_of(u, one)) == (who, when, " ".join(what.split()))
        if is_same and one.created_at > u.now - WITHIN:
            return one
    action = open_action(u, Decided(what, who, when, site_id=row.site_id, from_where=Origin.CAMPAIGN))
    u.add(CampaignAction(campaign_id=row.id, action_id=action.id))
    return action


def actions_of_campaign(u: Unit, campaign_id: UUID) -> Sequence[Action]:
    """What it decided, in the order in which it did."""
    is_its = (CampaignAction.structure_id == Action.structure_id) & (CampaignAction.action_id == Action.id)
    wanted = select(Action).join(CampaignAction, is_its).where(CampaignAction.campaign_id == campaign_id)
    return u.all(wanted.order_by(Action.number))


def lacks(u: Unit, row: Campaign) -> list[Lack]:
    """What blocks closing; empty when nothing does."""
    looks = ((Lack.NOT_OVER, row.last_day >= local_day(u)), (Lack.NO_NOTE, row.note_sealed is None))
    return [why for why, blocks in looks if blocks]


def close_campaign(u: Unit, campaign_id: UUID, by: UUID) -> Campaign:
    """The campaign closed, its figures frozen as nobody in particular sees them; the unit has no actor.

    Raises `Conflict("campaign")` for one that is closed, `Refused("blocked")` while something is missing.
    """
    row = _open(u, campaign_id)
    if lacks(u, row):
        raise Refused("blocked")
    row.figures = to_document(heard_in(u, row))
    row.closed_at, row.closed_by = u.now, by
    u.session.flush()
    return row


def _open(u: Unit, campaign_id: UUID) -> Campaign:
    """The campaign, for a change: read fresh, and nobody else makes one meanwhile."""
    fresh = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    row = u.one(fresh.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(CAMPAIGN)
    if row.closed_at is not None:
        raise Conflict(CAMPAIGN)
    return row
