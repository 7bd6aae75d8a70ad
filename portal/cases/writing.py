"""How what happens to a case is written: a message, an event, and all that follows from the events.

The row of a case, its clocks and its facts are written anew from all its events, whatever happened.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from portal.cases.chain import Author, append
from portal.cases.models import CaseFact, Clock, Message
from portal.cases.queries import MESSAGE, case_key, events_of, frame_of, happened
from portal.cases.rules import MAX_TEXT, Actor
from portal.cases.standing import Frame, Happened, Standing, facts_of, fold
from portal.core.crypto import keyed_digest
from portal.core.errors import Invalid
from portal.core.ids import new_id
from portal.tenancy.vault import sealed

if TYPE_CHECKING:
    from datetime import datetime

    from portal.cases.models import Case
    from portal.cases.rules import Direction
    from portal.core.db import Unit

BY_FILER = Author("filer")


@dataclass(frozen=True, slots=True)
class Words:
    """A text in order, its language, and the nonce of the filer's form."""

    text: str = field(repr=False)
    language: str
    nonce: bytes | None = field(default=None, repr=False)


def read_text(raw: str, name: str = "message") -> str:
    """The text with its line ends put in order. Raises `Invalid` when it is empty or far too long."""
    text = in_order(raw)
    if not text:
        raise Invalid(name, reason="empty")
    if len(text) > MAX_TEXT:
        raise Invalid(name, reason="long", length=len(text), limit=MAX_TEXT)
    return text


def in_order(raw: str) -> str:
    """The text with its line ends put in order, without blanks around it."""
    return raw.replace("\r\n", "\n").replace("\r", "\n").strip()


def submit_key(u: Unit, nonce: bytes, text: str = "") -> bytes:
    """What is stored of a form's nonce: it finds the form's case again and tells nothing.

    A message's holds its text too: other words from the same page are said besides, never dropped.
    """
    key = u.keys.sub("submit-key", u.structure_id)
    return keyed_digest(key, nonce, text) if text else keyed_digest(key, nonce)


def to_the_hour(at: datetime) -> datetime:
    """The instant without its minutes: ids that stand in addresses tell no more than the page does."""
    return at.replace(minute=0, second=0, microsecond=0)


def say(
    u: Unit,
    case: Case,
    direction: Direction,
    words: Words,
    *,
    translates: UUID | None = None,
) -> Message:
    """A new message, sealed under the case's key."""
    message_id = new_id(to_the_hour(u.now))
    row = Message(
        id=message_id,
        case_id=case.id,
        direction=direction,
        author_id=u.scope.actor_id,
        at=u.now,
        language=words.language,
        body_sealed=sealed(u, case_key(u, case), words.text, (MESSAGE, message_id, "body_sealed")),
        translates_id=translates,
        submit_key=submit_key(u, words.nonce, words.text) if words.nonce else None,
    )
    u.add(row)
    return row


def told(message: Message, text: str, u: Unit) -> dict[str, str]:
    """What an event says of a text: which message, and a keyed digest that binds it to the chain."""
    digest = keyed_digest(u.keys.sub("message-digest", u.structure_id), message.id.bytes, text)
    return {"message": message.id.hex, "text": digest.hex()}


def author(u: Unit, who: Actor | None) -> Author:
    """Who acts: the filer, a job, or (None) the member of staff in scope."""
    if who is None:
        return Author("staff", u.scope.actor_id)
    return BY_FILER if who is Actor.FILER else Author("job")


def happen(u: Unit, case: Case, what: Happened, by: Author) -> Standing:
    """Append the event, fold all of the case's, and write row, clocks and facts from the result."""
    append(u, case.id, what, by)
    frame = frame_of(u, case)
    standing = fold(frame, happened(events_of(u, case.id)))
    _store(u, case, frame, standing)
    return standing


def _store(u: Unit, case: Case, frame: Frame, standing: Standing) -> None:
    case.state, case.outcome, case.finding = standing.state, standing.outcome, standing.finding
    case.due_on, case.version, case.motif = standing.due_on, standing.version, standing.motif
    case.check_on, case.call_on = standing.check_on, standing.call_on
    case.told_at, case.told_how = standing.told_at, standing.told_how
    case.handler_id = UUID(standing.handler_id) if standing.handler_id else None
    stored = {row.name: row for row in u.all(select(Clock).where(Clock.case_id == case.id))}
    for name, promise in standing.clocks.items():
        row = stored.get(name)
        if row is None:
            u.session.add(Clock(case_id=case.id, **asdict(promise)))
        else:
            for column, value in asdict(promise).items():
                setattr(row, column, value)
    facts = u.one(select(CaseFact).where(CaseFact.case_id == case.id))
    if facts is None:
        facts = CaseFact(
            case_id=case.id,
            kind=case.kind,
            site_id=case.site_id,
            team_id=case.team_id,
            agreement_id=case.agreement_id,
            channel=case.channel,
            help=case.help,
        )
        u.session.add(facts)
    for column, value in asdict(facts_of(frame, standing)).items():
        setattr(facts, column, value)
    u.session.flush()
