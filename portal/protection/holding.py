"""A hold: what the nightly purge must leave for now, because a dispute or an authority needs it.

RGPD, art. 17(3)(e) and 18(1)(c): what is needed for a legal claim is kept, and used for nothing else. A hold
has a reason, a last day at most a year ahead, and somebody who answers for it; it ends by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.models import Case
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.ids import new_id
from portal.protection.models import LegalHold
from portal.records.models import PastRegister
from portal.records.rules import Standing
from portal.tenancy.queries import local_day
from portal.tenancy.vault import opened, sealed, structure_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from portal.core.db import Unit

HOLD = "legal_hold"
LONGEST = timedelta(days=366)
MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Held:
    """What is held today, by the thing's id."""

    cases: Mapping[UUID, LegalHold]
    registers: Mapping[UUID, LegalHold]


def held_now(u: Unit) -> Held:
    """What the purge must leave tonight."""
    rows = holds(u)
    return Held(
        {row.case_id: row for row in rows if row.case_id is not None},
        {row.register_id: row for row in rows if row.register_id is not None},
    )


def holds(u: Unit) -> Sequence[LegalHold]:
    """The holds in force, the one that ends first leading."""
    wanted = select(LegalHold).where(LegalHold.ended_at.is_(None), LegalHold.until_on >= local_day(u))
    return u.all(wanted.order_by(LegalHold.until_on, LegalHold.id))


def hold_case(u: Unit, reference: str, reason: str, until: date | None) -> LegalHold:
    """The case of this reference, held.

    Raises `Invalid("reference")` for one that is not there (or does not exist for whoever asks), whose words
    are gone or that is held already; `Invalid("reason" | "until")`.
    """
    # Locked: who holds or erases it in the same moment waits, and then sees this hold.
    wanted = select(Case).where(Case.reference == reference.strip().upper()).with_for_update()
    case = u.one(wanted.execution_options(populate_existing=True))
    if case is None:
        raise Invalid("reference", reason="unknown")
    if case.key_wrapped is None:
        raise Invalid("reference", reason="erased")
    if case.id in held_now(u).cases:
        raise Invalid("reference", reason="held")
    return _held(u, reason, until, case_id=case.id)


def hold_register(u: Unit, register_id: UUID, reason: str, until: date | None) -> LegalHold:
    """A register of before, held. Raises as `hold_case` does, with "register"."""
    wanted = select(PastRegister).where(PastRegister.id == register_id).with_for_update()
    row = u.one(wanted.execution_options(populate_existing=True))
    if row is None or row.key_wrapped is None or row.standing is not Standing.TAKEN:
        raise Invalid("register", reason="unknown")
    if register_id in held_now(u).registers:
        raise Invalid("register", reason="held")
    return _held(u, reason, until, register_id=register_id)


def renew_hold(u: Unit, hold_id: UUID, until: date | None) -> LegalHold:
    """The hold with another last day, a year ahead at most.

    Raises `Invalid("until")`, `NotFound`, and `Conflict` for one that is over.
    """
    row = _standing(u, hold_id)
    row.until_on = _last_day(u, until)
    u.session.flush()
    return row


def end_hold(u: Unit, hold_id: UUID) -> LegalHold:
    """The hold, over from now on: the next night takes what has had its time. Raises as `renew_hold` does."""
    row = _standing(u, hold_id)
    row.ended_at, row.ended_by = u.now, u.scope.actor_id
    u.session.flush()
    return row


def reason_of(u: Unit, row: LegalHold) -> str:
    """Why it is held."""
    return opened(u, structure_key(u), row.reason_sealed, (HOLD, row.id, "reason_sealed"))


def note_kept(u: Unit, rows: Sequence[LegalHold]) -> int:
    """How many of these holds have kept something for the first time now."""
    fresh = [row for row in rows if row.kept_at is None]
    for row in fresh:
        row.kept_at = u.now
    u.session.flush()
    return len(fresh)


def _standing(u: Unit, hold_id: UUID) -> LegalHold:
    row = u.one(select(LegalHold).where(LegalHold.id == hold_id).with_for_update())
    if row is None:
        raise NotFound(HOLD)
    if row.ended_at is not None or row.until_on < local_day(u):
        raise Conflict(HOLD)
    return row


def _held(
    u: Unit, reason: str, until: date | None, *, case_id: UUID | None = None, register_id: UUID | None = None
) -> LegalHold:
    said = " ".join(reason.split())
    if not said:
        raise Invalid("reason", reason="empty")
    if len(said) > MOST_REASON:
        raise Invalid("reason", reason="long", limit=MOST_REASON)
    row_id = new_id(u.now)
    row = LegalHold(
        id=row_id,
        case_id=case_id,
        register_id=register_id,
        reason_sealed=sealed(u, structure_key(u), said, (HOLD, row_id, "reason_sealed")),
        until_on=_last_day(u, until),
        held_at=u.now,
        held_by=u.scope.actor_id,
    )
    u.add(row)
    return row


def _last_day(u: Unit, until: date | None) -> date:
    today = local_day(u)
    if until is None:
        raise Invalid("until", reason="empty")
    if until < today:
        raise Invalid("until", reason="past")
    if until > today + LONGEST:
        raise Invalid("until", reason="far")
    return until
