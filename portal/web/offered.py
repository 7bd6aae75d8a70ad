"""What a network proposes, as a structure's start page shows it, and what happens when it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from portal.certification.campaigning import Campaigned, open_campaign
from portal.certification.report import Span
from portal.core.languages import apart
from portal.people.actions import journal
from portal.people.rules import Act
from portal.questionnaires.composing import locked_rows
from portal.questionnaires.publishing import take_set
from portal.questionnaires.rules import worded
from portal.tenancy.offers import answer_offer, logo_in, open_offers
from portal.web.dates import day_told
from portal.web.settings_page import logo_picture

if TYPE_CHECKING:
    from uuid import UUID

    from portal.core.db import Unit
    from portal.tenancy.models import NetworkOffer
    from portal.web.guard import Desk


def cards(desk: Desk, u: Unit) -> list[dict[str, Any]]:
    """The proposals that wait for an answer, the oldest first, each with what it would change."""
    return [_card(desk, row) for row in open_offers(u).values()]


def take_or_not(u: Unit, desk: Desk, offer_id: UUID, *, is_taken: bool) -> None:
    """Answer a proposal, and make what is taken the structure's own. Raises `NotFound`."""
    row = answer_offer(u, offer_id, is_taken=is_taken)
    if is_taken and row.campaign and row.starts_on and row.ends_on:
        open_campaign(u, Campaigned(row.campaign, Span(row.starts_on, row.ends_on), offer_id=row.id))
    if is_taken and row.questionnaire:
        version = take_set(u, row.questionnaire)
        journal(u, Act.QUESTIONS_PUBLISHED, by=desk.person.id, version=str(version.number))
    act = Act.OFFER_TAKEN if is_taken else Act.OFFER_DECLINED
    journal(u, act, by=desk.person.id, offer=str(offer_id))


def _card(desk: Desk, row: NetworkOffer) -> dict[str, Any]:
    logo = logo_in(row)
    return {
        "id": str(row.id),
        "colour": row.colour,
        "logo": None if logo is None else logo_picture(logo),
        "campaign": told_campaign(row) if row.campaign else None,
        "questions": _questions(row, desk.language),
        "take": desk.url("start", "offers", str(row.id), "take"),
        "decline": desk.url("start", "offers", str(row.id), "decline"),
    }


def _questions(row: NetworkOffer, language: str) -> list[dict[str, str]]:
    """The questions that would be asked of everybody, and locked; empty when none are proposed."""
    if row.questionnaire is None:
        return []
    found = (worded(one["wording"], language) for one in locked_rows(row.questionnaire))
    return [{"text": text, "lang": spoken} for text, spoken in found]


def told_campaign(row: NetworkOffer) -> str:
    """Its name and its days."""
    days = [day_told(day, "long") for day in (row.starts_on, row.ends_on) if day]
    name = apart(row.campaign or "")
    return str(gettext("%(name)s, from %(first)s to %(last)s", name=name, first=days[0], last=days[-1]))
