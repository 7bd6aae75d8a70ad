"""Reads of the outbox, and of who may be told of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from portal.cases.queries import persons_named
from portal.notifications.models import OutboxRow
from portal.notifications.rules import RESET_AGAIN, Notice
from portal.people.queries import members
from portal.people.rules import Permission, may

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select

    from portal.core.db import Unit
    from portal.people.queries import Card

OUTBOX = "outbox"


def handlers_of(u: Unit, case_id: UUID) -> list[Card]:
    """Who handles cases in the structure and may know of this one: nobody whom it names."""
    named = set(persons_named(u, case_id))
    return [
        member.person
        for member in members(u)
        if may(member.role, Permission.HANDLE_CASES) and member.person.id not in named
    ]


def waiting(now: datetime) -> Select[OutboxRow]:
    """The query of the notices that may be sent now, the longest waiting first."""
    return select(OutboxRow).where(*_may_be_sent(now)).order_by(OutboxRow.next_try_at, OutboxRow.id).limit(1)


def with_mail(u: Unit) -> Sequence[int]:
    """The structures in scope that have a notice which may be sent now."""
    return u.all(select(OutboxRow.structure_id).where(*_may_be_sent(u.now)).distinct())


def _may_be_sent(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """One that was never tried waits for nothing, also when the clock was set back since it was written."""
    is_its_time = or_(OutboxRow.next_try_at <= now, OutboxRow.attempts == 0)
    return OutboxRow.sent_at.is_(None), OutboxRow.given_up_at.is_(None), is_its_time


def waiting_since(u: Unit, before: datetime) -> tuple[int, datetime | None]:
    """How many notices written before that instant still wait, and since when the first does (None: none)."""
    counted = select(func.count(OutboxRow.id), func.min(OutboxRow.created_at)).where(
        OutboxRow.sent_at.is_(None), OutboxRow.given_up_at.is_(None), OutboxRow.created_at < before
    )
    ((count, first),) = u.rows(counted)
    return count, first


def notice_of(u: Unit, row_id: UUID) -> OutboxRow | None:
    """One notice, sent or not."""
    return u.one(select(OutboxRow).where(OutboxRow.id == row_id))


def asked_lately(u: Unit, person_id: UUID) -> bool:
    """Whether a link to a new password was asked for this person in the last minutes."""
    wanted = select(OutboxRow.id).where(
        OutboxRow.notice == Notice.PASSWORD_RESET.value,
        OutboxRow.person_id == person_id,
        OutboxRow.created_at > u.now - RESET_AGAIN,
        OutboxRow.created_at <= u.now,
    )
    return u.one(wanted) is not None


def told_of_dates(u: Unit, since: datetime) -> Sequence[dict[str, Any]]:
    """The facts of every notice about a date that was written since then."""
    wanted = select(OutboxRow.facts).where(OutboxRow.notice == Notice.CASE_DUE.value)
    return u.all(wanted.where(OutboxRow.created_at >= since))
