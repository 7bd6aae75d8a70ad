"""The chain of a structure's events: each digest is keyed and covers the event and the digest before it.

A change, a removal, an insertion or an exchange inside the file is found by `verify`; a roll-back of the
whole file is not, except against a head noted elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from portal.cases.models import CaseEvent, EventChain
from portal.core.crypto import keyed_digest
from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.core.wall import Walled

if TYPE_CHECKING:
    from uuid import UUID

    from portal.cases.standing import Happened
    from portal.core.db import Unit

_LABEL = "event-chain"
_GENESIS = b"\0" * 32
_BATCH = 500
BEGIN = Walled(insert(table_of(EventChain)), key=("structure_id",), ignore=True)


@dataclass(frozen=True, slots=True)
class Author:
    """Who caused an event: "staff" with a person, "filer", or "job"."""

    kind: str
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first event whose digest does not follow, or a head that does not match the last one."""

    number: int
    reason: str


def append(u: Unit, case_id: UUID, what: Happened, by: Author) -> CaseEvent:
    """The event, written behind the last one of the structure."""
    u.run(BEGIN, length=0, head=_GENESIS)
    head = u.one(select(EventChain).with_for_update().execution_options(populate_existing=True))
    if head is None:
        raise LookupError(_LABEL)
    event = CaseEvent(
        id=new_id(u.now),
        case_id=case_id,
        number=head.length + 1,
        type=what.type,
        actor_kind=by.kind,
        actor_id=by.person_id,
        occurred_at=what.at,
        recorded_at=u.now,
        payload=dict(what.payload),
        digest=b"",
    )
    event.digest = _digest(u.keys.sub(_LABEL, u.structure_id), head.head, event)
    head.length, head.head = event.number, event.digest
    u.add(event)
    return event


def _digest(key: bytes, before: bytes, event: CaseEvent) -> bytes:
    told = {
        "number": event.number,
        "id": event.id.hex,
        "case": event.case_id.hex,
        "type": event.type,
        "actor": [event.actor_kind, event.actor_id.hex if event.actor_id else None],
        "occurred": event.occurred_at.isoformat(),
        "recorded": event.recorded_at.isoformat(),
        "payload": event.payload,
    }
    return keyed_digest(key, before, json.dumps(told, sort_keys=True, separators=(",", ":")))


def verify(u: Unit) -> Broken | None:
    """The first break in the structure's chain; None when it holds. Read it as nobody in particular."""
    keys = [u.keys.sub(_LABEL, u.structure_id)]
    former = u.keys.old_sub(_LABEL, u.structure_id)
    if former is not None:
        keys.append(former)
    before, number = _GENESIS, 0
    while events := _after(u, number):
        for event in events:
            number += 1
            if event.number != number:
                return Broken(number, "missing")
            if event.digest not in [_digest(key, before, event) for key in keys]:
                return Broken(number, "changed")
            before = event.digest
    return None if head_of(u) == (number, before) else Broken(number + 1, "head")


def head_of(u: Unit) -> tuple[int, bytes]:
    """How many events the structure's chain has, and the digest of the last."""
    head = u.one(select(EventChain))
    return (head.length, head.head) if head else (0, _GENESIS)


def bears(u: Unit, number: int, digest: bytes) -> bool:
    """Whether the chain holds an event of this number with this digest; a chain of none holds number 0."""
    if number == 0:
        return digest == _GENESIS
    return u.one(select(CaseEvent.digest).where(CaseEvent.number == number)) == digest


def _after(u: Unit, number: int) -> list[CaseEvent]:
    behind = select(CaseEvent).where(CaseEvent.number > number).order_by(CaseEvent.number).limit(_BATCH)
    return list(u.all(behind))
