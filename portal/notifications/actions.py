"""Writes of the outbox: a notice for somebody of the house, for a filer, for somebody who is invited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.core.ids import new_id
from portal.notifications.models import OutboxRow
from portal.notifications.queries import OUTBOX, asked_lately, handlers_of
from portal.notifications.rules import Notice
from portal.people.queries import cards
from portal.tenancy.vault import sealed, structure_key

if TYPE_CHECKING:
    from uuid import UUID

    from portal.core.db import Unit


def tell_handlers(u: Unit, notice: Notice, case_id: UUID, **facts: Any) -> int:
    """How many handlers will be told; whoever did it themselves need not be."""
    told = [card for card in handlers_of(u, case_id) if card.id != u.scope.actor_id]
    for card in told:
        _put(u, notice, card.locale, {"case": case_id.hex, **facts}, person_id=card.id)
    return len(told)


def tell_member(u: Unit, notice: Notice, person_id: UUID, **facts: Any) -> bool:
    """Whether somebody who works here will be told; `facts` hold references, numbers and days, no words."""
    card = cards(u, [person_id]).get(person_id)
    if card is None:
        return False
    _put(u, notice, card.locale, facts, person_id=person_id)
    return True


def tell_partner(u: Unit, notice: Notice, address: str, language: str, **facts: Any) -> None:
    """A partner is told at the address they left; `facts` hold references, numbers and days, no words."""
    row = _put(u, notice, language, facts)
    row.address_sealed = sealed(u, structure_key(u), address, (OUTBOX, row.id, "address_sealed"))


def tell_filer(u: Unit, address: str, language: str) -> None:
    """There is something to read by the receipt: the row knows a sealed address and nothing of the case."""
    row = _put(u, Notice.CASE_NEWS, language, {})
    row.address_sealed = sealed(u, structure_key(u), address, (OUTBOX, row.id, "address_sealed"))
    u.session.flush()


def tell_invited(u: Unit, invitation_id: UUID) -> None:
    """An invitation is to be sent; its address stays in its own row."""
    _put(u, Notice.INVITATION, u.scope.locale, {"invitation": invitation_id.hex})


def tell_forgetful(u: Unit, person_id: UUID) -> bool:
    """Whether a link to a new password will be sent: not again within minutes, whoever asks how often."""
    if asked_lately(u, person_id):
        return False
    card = cards(u, [person_id])[person_id]
    _put(u, Notice.PASSWORD_RESET, card.locale, {}, person_id=person_id)
    return True


def _put(
    u: Unit, notice: Notice, language: str, facts: dict[str, Any], *, person_id: UUID | None = None
) -> OutboxRow:
    row = OutboxRow(
        id=new_id(u.now),
        notice=notice.value,
        person_id=person_id,
        address_sealed=None,
        language=language,
        facts=facts,
        created_at=u.now,
        next_try_at=u.now,
        attempts=0,
        sent_at=None,
        given_up_at=None,
    )
    u.add(row)
    return row
