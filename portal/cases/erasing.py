"""The end of a case's words: its key, texts, photos, contact and name are destroyed; days and figures stay.

The chain of events holds digests only, so it still verifies. That the words went, when and by which rule, is
an event like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from portal.cases.events import WordsErased
from portal.cases.models import Attachment, Case, CaseEvent, Message, PartnerCase
from portal.cases.queries import locked
from portal.cases.rules import STEPS, Actor, CaseState
from portal.cases.standing import (
    ACTION_OPENED,
    ERASED,
    FILED,
    MOTIF_CHOSEN,
    NO_ACTION,
    PERSON_NAMED,
    SIDE_EVENTS,
    TRANSLATED,
    Happened,
)
from portal.cases.writing import happen
from portal.core.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from portal.cases.chain import Author
    from portal.cases.rules import Outcome
    from portal.core.db import Unit


_INSIDE = frozenset({TRANSLATED, PERSON_NAMED, MOTIF_CHOSEN, ACTION_OPENED, NO_ACTION, ERASED})
CONTACTS = (SIDE_EVENTS - _INSIDE) | {
    FILED,
    *(step.verb for step in STEPS if Actor.FILER in step.who or step.tells or step.is_news),
    *(step.verb for step in STEPS if step.to_state is not None or step.verb == "reach"),
}
"""What passes between the person and us, or moves their case. What a team notes, files or concludes among
itself is no contact, and keeps nothing longer (CNIL: from the last contact)."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A closed case that still has words: since when there was no contact, and what it was received under."""

    id: UUID
    reference: str
    outcome: Outcome | None
    policy_id: UUID
    since: datetime
    has_contact: bool


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many pieces of a case were destroyed."""

    texts: int = 0
    photos: int = 0
    contacts: int = 0


def quiet_cases(u: Unit, until: datetime) -> list[Quiet]:
    """Closed cases with words and without a contact since that instant, the oldest first.

    The last one counts, of either side, by the instant it was written down.
    """
    since = func.max(CaseEvent.recorded_at)
    has_contact = Case.contact_sealed.is_not(None) | Case.name_sealed.is_not(None)
    wanted = (
        select(Case.id, Case.reference, Case.outcome, Case.policy_id, since, has_contact)
        .join(CaseEvent, (CaseEvent.structure_id == Case.structure_id) & (CaseEvent.case_id == Case.id))
        .where(Case.state == CaseState.CLOSED, Case.key_wrapped.is_not(None))
        .where(CaseEvent.type.in_(sorted(CONTACTS)))
        .group_by(Case.structure_id, Case.id)
        .having(since <= until)
        .order_by(since, Case.id)
    )
    return [Quiet(*row) for row in u.rows(wanted)]


def forget_contact(u: Unit, case_id: UUID) -> Forgotten:
    """The case without contact and name; what was said stays."""
    case = locked(u, case_id)
    contacts = (case.contact_sealed is not None) + (case.name_sealed is not None)
    case.contact_sealed = case.name_sealed = None
    u.session.flush()
    return Forgotten(contacts=contacts)


def forget_words(u: Unit, case_id: UUID, by: Author, **why: Any) -> Forgotten:
    """The case without words, photos, contact, name and key; `why` stands in its event.

    One that was open ends by it. Raises `Refused("erased")` for one without words.
    """
    case = locked(u, case_id)
    if case.key_wrapped is None:
        raise Refused("erased")
    contacts = forget_contact(u, case_id).contacts
    messages = u.all(select(Message).where(Message.case_id == case_id))
    photos = u.all(select(Attachment).where(Attachment.case_id == case_id))
    for message in messages:
        message.body_sealed, message.submit_key = b"", None
    for photo in photos:
        u.session.delete(photo)
    # The cases of a partner are found by their address: this one no more. What they call it may be a name.
    for beside in u.all(select(PartnerCase).where(PartnerCase.case_id == case_id)):
        beside.address_digest, beside.organisation, beside.reference = b"", "", ""
    u.session.flush()
    case.key_wrapped = None
    happen(u, case, Happened(ERASED, u.now, why), by)
    u.publish(WordsErased(case_id, is_asked=by.kind != "job"))
    return Forgotten(len(messages), len(photos), contacts)


def erased_at(events: Sequence[CaseEvent]) -> datetime | None:
    """When the words of a case were destroyed; None while they stand."""
    return next((event.recorded_at for event in events if event.type == ERASED), None)
