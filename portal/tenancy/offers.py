"""What a network proposes to its structures, and what each answers: nothing changes before it says yes.

A network lead reads figures and has no right to change a structure (docs/decisions/0009); so a look, a
campaign or a questionnaire is offered, and becomes the structure's own when somebody there takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from portal.core.errors import Invalid, NotFound
from portal.core.ids import new_id
from portal.tenancy.actions import set_branding
from portal.tenancy.branding import keep_logo
from portal.tenancy.models import NetworkOffer
from portal.tenancy.pictures import Drawn
from portal.tenancy.queries import current_structure, local_day
from portal.tenancy.rules import COLOUR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from portal.core.db import Unit


class Sort(StrEnum):
    """What a proposal is about: each sort waits for an answer of its own."""

    LOOK = "look"
    CAMPAIGN = "campaign"
    QUESTIONS = "questions"


@dataclass(frozen=True, slots=True)
class Offered:
    """What is proposed; a campaign has a name and two days. Raises `Invalid` naming what cannot be used."""

    colour: str | None = None
    campaign: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    logo: Drawn | None = field(default=None, repr=False)
    questionnaire: Mapping[str, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not (self.colour or self.campaign or self.logo or self.questionnaire):
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

    def parts(self) -> Iterator[tuple[Sort, dict[str, Any]]]:
        """Each sort that is proposed, with the columns that tell it."""
        if self.colour or self.logo:
            yield Sort.LOOK, {"colour": self.colour, **_columns(self.logo)}
        if self.campaign:
            days = {"starts_on": self.starts_on, "ends_on": self.ends_on}
            yield Sort.CAMPAIGN, {"campaign": self.campaign, **days}
        if self.questionnaire:
            yield Sort.QUESTIONS, {"questionnaire": dict(self.questionnaire)}


def _columns(logo: Drawn | None) -> dict[str, Any]:
    if logo is None:
        return {}
    return {
        "logo_paper": logo.paper,
        "logo_width": logo.width,
        "logo_height": logo.height,
        "logo_small": logo.small,
    }


def offer(u: Unit, given: Offered, *, by: UUID) -> list[NetworkOffer]:
    """A proposal of each sort to the structure in scope; one that waits for an answer gives way."""
    waiting = open_offers(u)
    made = []
    for sort, columns in given.parts():
        if sort in waiting:
            u.session.delete(waiting[sort])
            u.session.flush()
        row = NetworkOffer(id=new_id(u.now), offered_by=by, offered_at=u.now, **columns)
        u.add(row)
        made.append(row)
    return made


def answer_offer(u: Unit, offer_id: UUID, *, is_taken: bool) -> NetworkOffer:
    """The proposal with its answer; a colour and a logo that are taken are shown from now on.

    Raises `NotFound` for one that is not there, was answered, or gave way to another.
    """
    # Of two who answer at once the slower one finds it answered.
    mine = select(NetworkOffer).where(NetworkOffer.id == offer_id, NetworkOffer.answered_at.is_(None))
    row = u.one(mine.with_for_update())
    if row is None:
        raise NotFound("offer")
    row.answered_at, row.is_taken = u.now, is_taken
    # Earlier versions of the portal proposed a colour and a campaign in one.
    if is_taken and (row.colour or row.logo_paper):
        _put_on(u, row)
    u.session.flush()
    return row


def _put_on(u: Unit, row: NetworkOffer) -> None:
    now, logo = current_structure(u), logo_in(row)
    if logo is not None:
        keep_logo(u, logo)
    set_branding(u, name=now.name, colour=row.colour or now.colour)


def sort_of(row: NetworkOffer) -> Sort:
    """What a proposal is about."""
    if row.questionnaire is not None:
        return Sort.QUESTIONS
    return Sort.CAMPAIGN if row.campaign else Sort.LOOK


def logo_in(row: NetworkOffer) -> Drawn | None:
    """The logo that is proposed; None without one."""
    if row.logo_paper is None or row.logo_width is None or row.logo_height is None:
        return None
    return Drawn(row.logo_paper, row.logo_width, row.logo_height, row.logo_small or "")


def open_offers(u: Unit) -> dict[Sort, NetworkOffer]:
    """The proposals that wait for the structure's answer, by sort."""
    rows = u.all(select(NetworkOffer).where(NetworkOffer.answered_at.is_(None)).order_by(*_OLDEST))
    return {sort_of(row): row for row in rows}


def last_answers(u: Unit) -> dict[Sort, bool | None]:
    """What became of the newest proposal of each sort: None waits for an answer."""
    kinds = (NetworkOffer.campaign, NetworkOffer.questionnaire.is_not(None), NetworkOffer.is_taken)
    return {
        Sort.QUESTIONS if is_questions else Sort.CAMPAIGN if campaign else Sort.LOOK: is_taken
        for campaign, is_questions, is_taken in u.rows(select(*kinds).order_by(*_OLDEST))
    }


def last_set(u: Unit) -> tuple[datetime, dict[str, Any]] | None:
    """The newest questionnaire that was proposed, answered or not, and when; None before the first."""
    with_one = select(NetworkOffer).where(NetworkOffer.questionnaire.is_not(None))
    row = u.one(with_one.order_by(NetworkOffer.offered_at.desc(), NetworkOffer.id.desc()).limit(1))
    return None if row is None or row.questionnaire is None else (row.offered_at, row.questionnaire)


_OLDEST = (NetworkOffer.offered_at, NetworkOffer.id)


def campaign_now(u: Unit) -> NetworkOffer | None:
    """The campaign that the structure has taken part in last, as long as it is not over."""
    taken = select(NetworkOffer).where(NetworkOffer.is_taken.is_(True), NetworkOffer.campaign.is_not(None))
    row = u.one(taken.order_by(NetworkOffer.answered_at.desc()).limit(1))
    return row if row and row.ends_on and row.ends_on >= local_day(u) else None
