"""Sheets that stand in figures which were frozen: taken back, the figures would not be found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.certification.models import Campaign, Review
from portal.certification.report import Span
from portal.questionnaires.models import Response
from portal.questionnaires.rules import MODES, Mode

if TYPE_CHECKING:
    from uuid import UUID

    from portal.core.db import Unit


def is_frozen(u: Unit, response_id: UUID) -> bool:
    """Whether a closed campaign or review counts this sheet, in its days or in those before.

    Whoever is about to close one of them waits until the unit has ended. False for what staff did not type,
    for a sheet typed later than the closing and for one filled in with our help, which no such figure counts.
    """
    sheet = u.one(select(Response).where(Response.id == response_id))
    if sheet is None or sheet.entered_at is None or MODES[Mode(sheet.mode)].assisted:
        return False
    campaigns = u.all(select(Campaign).where(Campaign.last_day >= sheet.day).with_for_update())
    counting: list[Campaign | Review] = [
        one
        for one in campaigns
        if one.site_id in {None, sheet.site_id} and one.agreement_id in {None, sheet.agreement_id}
    ]
    counting += u.all(select(Review).where(Review.last_day >= sheet.day).with_for_update())
    return any(
        one.closed_at is not None
        and sheet.entered_at <= one.closed_at
        and _reaches(Span(one.first_day, one.last_day)).holds(sheet.day)
        for one in counting
    )


def _reaches(span: Span) -> Span:
    """All the days that are counted: its own, and as many before."""
    return Span(span.before.first, span.last)
