"""Writes of cases: filing, taking a step, a translation, a photo, a person named.

Each act is one event; the row, its clocks and its facts are then written anew from all events of the case.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, select

from portal.cases.chain import Author, append
from portal.cases.events import CaseFiled, CaseStepTaken
from portal.cases.models import (
    Attachment,
    Case,
    CaseCounter,
    CaseFact,
    CasePerson,
    Clock,
    Message,
)
from portal.cases.queries import (
    ATTACHMENT,
    CASES,
    MESSAGE,
    able_to_handle,
    case_key,
    events_of,
    frame_of,
    happened,
    locked,
    photo_of,
    seen_before,
)
from portal.cases.rules import (
    ENDING,
    MAX_PHOTOS,
    MAX_TEXT,
    Actor,
    CaseMode,
    CaseState,
    Direction,
    Finding,
    Kind,
    Outcome,
    Step,
    take_step,
)
from portal.cases.standing import (
    FILED,
    PERSON_NAMED,
    PHOTO_ADDED,
    TRANSLATED,
    Frame,
    Happened,
    Standing,
    facts_of,
    fold,
)
from portal.core.crypto import keyed_digest, place, seal_bytes
from portal.core.errors import Conflict, Invalid, NotFound, Refused
from portal.core.ids import Receipt, new_id, reference
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.core.worktime import WorkCalendar
from portal.people.queries import role_in
from portal.people.rules import Role
from portal.tenancy.queries import calendar_of, current_structure, policy
from portal.tenancy.vault import new_wrapped_key, sealed

if TYPE_CHECKING:
    from datetime import datetime

    from portal.core.db import Unit

COUNT = Walled(insert(table_of(CaseCounter)), key=("structure_id", "year"), add=("last",))
_BY_FILER = Author("filer")


@dataclass(frozen=True, slots=True)
class Filing:
    """What somebody files, and through which entrance; texts stay out of `repr`."""

    kind: Kind
    text: str = field(repr=False)
    language: str
    site_id: UUID
    nonce: bytes = field(repr=False)
    contact_kind: str = "none"
    contact: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    code_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    mediator_id: UUID | None = None
    """Whom the code names: to them the case will not exist."""

    @property
    def mode(self) -> CaseMode:
        """Who may know the filer: anonymous without contact and name, identified with a name."""
        if self.name:
            return CaseMode.IDENTIFIED
        return CaseMode.CONFIDENTIAL if self.contact else CaseMode.ANONYMOUS


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with a step: its text, and what is said at the end."""

    message: str = field(default="", repr=False)
    language: str = "fr"
    outcome: Outcome | None = None
    finding: Finding | None = None
    nonce: bytes | None = field(default=None, repr=False)
    """Of the filer's form: a message sent twice is stored once."""
    version: int = 0
    """What the page was made from; 0 without a page."""


def read_text(raw: str, name: str = "message") -> str:
    """The text with its line ends put in order. Raises `Invalid` when it is empty or far too long."""
    text = _in_order(raw)
    if not text:
        raise Invalid(name, reason="empty")
    if len(text) > MAX_TEXT:
        raise Invalid(name, reason="long", length=len(text), limit=MAX_TEXT)
    return text


def _in_order(raw: str) -> str:
    return raw.replace("\r\n", "\n").replace("\r", "\n").strip()


def submit_key(u: Unit, nonce: bytes, text: str = "") -> bytes:
    """What is stored of a form's nonce: it finds the form's case again and tells nothing.

    A message's holds its text too: other words from the same page are said besides, never dropped.
    """
    key = u.keys.sub("submit-key", u.structure_id)
    return keyed_digest(key, nonce, text) if text else keyed_digest(key, nonce)


def file_case(u: Unit, filing: Filing, receipt: Receipt, secret_hash: str) -> Case:
    """The new case with its first event, clocks, facts and first message.

    Raises `Invalid("message")`. A second filing of the same form is refused by the database: see `filing`.
    """
    text = read_text(filing.text)
    case_id = new_id(u.now)
    key, wrapped = new_wrapped_key(u, CASES, case_id)
    calendar, promises = calendar_of(u, filing.site_id), policy(u)
    case = Case(
        id=case_id,
        reference=_next_reference(u, WorkCalendar.from_document(calendar.document).local(u.now).year),
        kind=filing.kind,
        state=CaseState.RECEIVED,
        mode=filing.mode,
        language=filing.language,
        site_id=filing.site_id,
        team_id=filing.team_id,
        agreement_id=filing.agreement_id,
        code_id=filing.code_id,
        calendar_id=calendar.id,
        policy_id=promises.id,
        received_at=u.now,
        locator=receipt.locator,
        secret_hash=secret_hash,
        submit_key=submit_key(u, filing.nonce),
        key_wrapped=wrapped,
        contact_kind=filing.contact_kind if filing.contact else "none",
        contact_sealed=_sealed_or_none(u, key, filing.contact, (CASES, case_id, "contact_sealed")),
        name_sealed=_sealed_or_none(u, key, filing.name, (CASES, case_id, "name_sealed")),
        version=0,
    )
    u.add(case)
    if filing.mediator_id is not None:
        u.add(CasePerson(case_id=case_id, person_id=filing.mediator_id, since=u.now))
    message = _message(u, case, Direction.FROM_FILER, Given(text, filing.language))
    payload = {
        "kind": filing.kind.value,
        "mode": filing.mode.value,
        "language": filing.language,
        "calendar": calendar.id.hex,
        "policy": promises.id.hex,
        **_told(message, text, u),
    }
    standing = _happen(u, case, Happened(FILED, u.now, payload), _BY_FILER)
    u.publish(CaseFiled(case.id, case.reference, case.kind, standing.due_on))
    return case


def complete(u: Unit, case: Case, filing: Filing) -> None:
    """The case with a contact and a name that its form did not give before; what was given stays."""
    key = case_key(u, case)
    if filing.contact and case.contact_sealed is None:
        case.contact_kind = filing.contact_kind
        case.contact_sealed = sealed(u, key, filing.contact, (CASES, case.id, "contact_sealed"))
    if filing.name and case.name_sealed is None:
        case.name_sealed = sealed(u, key, filing.name, (CASES, case.id, "name_sealed"))
    if case.name_sealed is not None:
        case.mode = CaseMode.IDENTIFIED
    elif case.contact_sealed is not None:
        case.mode = CaseMode.CONFIDENTIAL
    u.session.flush()


def to_the_hour(at: datetime) -> datetime:
    """The instant without its minutes: ids that stand in addresses tell no more than the page does."""
    return at.replace(minute=0, second=0, microsecond=0)


def _next_reference(u: Unit, year: int) -> str:
    u.run(COUNT, year=year, last=1)
    last = u.one(select(CaseCounter.last).where(CaseCounter.year == year)) or 1
    return reference(current_structure(u).letters, year, last)


def _sealed_or_none(u: Unit, key: bytes, text: str, where: tuple[str, UUID, str]) -> bytes | None:
    return sealed(u, key, text, where) if text else None


def _message(
    u: Unit, case: Case, direction: Direction, given: Given, *, translates: UUID | None = None
) -> Message:
    message_id = new_id(to_the_hour(u.now))
    row = Message(
        id=message_id,
        case_id=case.id,
        direction=direction,
        author_id=u.scope.actor_id,
        at=u.now,
        language=given.language,
        body_sealed=sealed(u, case_key(u, case), given.message, (MESSAGE, message_id, "body_sealed")),
        translates_id=translates,
        submit_key=submit_key(u, given.nonce, given.message) if given.nonce else None,
    )
    u.add(row)
    return row


def _told(message: Message, text: str, u: Unit) -> dict[str, str]:
    """What an event says of a text: which message, and a keyed digest that binds it to the chain."""
    digest = keyed_digest(u.keys.sub("message-digest", u.structure_id), message.id.bytes, text)
    return {"message": message.id.hex, "text": digest.hex()}


def take(
    u: Unit, case_id: UUID, verb: str, given: Given | None = None, *, who: Actor | None = None
) -> Standing:
    """Where the case stands after the step.

    `who` is the filer or a job; None means the role in scope. Raises `Conflict` for a stale page,
    `Refused("step")` when `STEPS` does not allow it, `Invalid` for a missing text or finding, `NotFound`.
    """
    given = given or Given()
    case = locked(u, case_id)
    if who is Actor.FILER and given.nonce and _is_replay(u, given.nonce, given.message):
        return fold(frame_of(u, case), happened(events_of(u, case_id)))
    _check_fresh(case, given)
    step = take_step(case.kind, case.state, who or _role(u), verb)
    if verb in ENDING and u.scope.actor_id in seen_before(u, case_id):
        raise Refused("second_look")
    payload = _payload(u, case, step, given)
    standing = _happen(u, case, Happened(verb, u.now, payload), _author(u, who))
    u.publish(
        CaseStepTaken(
            case.id,
            case.reference,
            verb,
            by_filer=who is Actor.FILER,
            tells_filer=who is not Actor.FILER and (step.tells or step.to_state is CaseState.CLOSED),
        )
    )
    return standing


def _check_fresh(case: Case, given: Given) -> None:
    if given.version and given.version != case.version:
        raise Conflict("case", version=given.version)


def _role(u: Unit) -> Role:
    if u.scope.role is None:
        raise Refused("role")
    return Role(u.scope.role)


def _is_replay(u: Unit, nonce: bytes, message: str) -> bool:
    known = submit_key(u, nonce, _in_order(message))
    return u.one(select(Message.id).where(Message.submit_key == known)) is not None


def _author(u: Unit, who: Actor | None) -> Author:
    if who is None:
        return Author("staff", u.scope.actor_id)
    return _BY_FILER if who is Actor.FILER else Author("job")


def _payload(u: Unit, case: Case, step: Step, given: Given) -> dict[str, Any]:
    """The event's payload, with the message of the step written. Raises `Invalid` for what is missing."""
    payload: dict[str, Any] = {}
    needs_finding = "finding" in step.needs and case.kind is Kind.COMPLAINT and case.finding is None
    if needs_finding and given.finding is None:
        raise Invalid("finding", reason="empty")
    if "outcome" in step.needs and given.outcome is None:
        raise Invalid("outcome", reason="empty")
    if given.finding is not None and case.kind is Kind.COMPLAINT:
        payload["finding"] = given.finding.value
    if given.outcome is not None:
        payload["outcome"] = given.outcome.value
    if u.scope.actor_id is not None and case.handler_id is None and step.verb != "note":
        payload["handler"] = u.scope.actor_id.hex
    if "message" in step.needs or given.message.strip():
        text = read_text(given.message)
        clean = Given(text, given.language, nonce=given.nonce)
        message = _message(u, case, step.direction, clean)
        payload.update(_told(message, text, u))
    return payload


def _happen(u: Unit, case: Case, what: Happened, by: Author) -> Standing:
    """Append the event, fold all of the case's, and write row, clocks and facts from the result."""
    append(u, case.id, what, by)
    frame = frame_of(u, case)
    standing = fold(frame, happened(events_of(u, case.id)))
    _store(u, case, frame, standing)
    return standing


def _store(u: Unit, case: Case, frame: Frame, standing: Standing) -> None:
    case.state, case.outcome, case.finding = standing.state, standing.outcome, standing.finding
    case.due_on, case.version = standing.due_on, standing.version
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
        )
        u.session.add(facts)
    for column, value in asdict(facts_of(frame, standing)).items():
        setattr(facts, column, value)
    u.session.flush()


def translate(u: Unit, case_id: UUID, message_id: UUID, given: Given) -> Standing:
    """A staff note beside a message: what it says in the staff's language. Raises as `take` does."""
    case = locked(u, case_id)
    _check_fresh(case, given)
    of = u.one(select(Message.id).where(Message.id == message_id, Message.case_id == case_id))
    if of is None:
        raise NotFound("message")
    text = read_text(given.message, "note")
    message = _message(u, case, Direction.TRANSLATION, Given(text, given.language), translates=message_id)
    payload = {"of": message_id.hex, **_told(message, text, u)}
    return _happen(u, case, Happened(TRANSLATED, u.now, payload), _author(u, None))


def attach(u: Unit, case_id: UUID, photo: bytes, *, media_type: str) -> Attachment:
    """A photo, made anew by `photos.clean`, sealed under the case's key; the same one again is kept once.

    Raises `Invalid("photo")`.
    """
    case = locked(u, case_id)
    kept = u.all(select(Attachment).where(Attachment.case_id == case_id))
    for one in kept:
        if one.size == len(photo) and photo_of(u, case_key(u, case), case_id, one.id)[1] == photo:
            return one
    if len(kept) >= MAX_PHOTOS:
        raise Invalid("photo", reason="many", limit=MAX_PHOTOS)
    attachment_id = new_id(to_the_hour(u.now))
    row = Attachment(
        id=attachment_id,
        case_id=case_id,
        at=u.now,
        media_type=media_type,
        size=len(photo),
        body_sealed=seal_bytes(
            case_key(u, case), photo, aad=place(u.structure_id, ATTACHMENT, attachment_id, "body_sealed")
        ),
    )
    u.add(row)
    by = _BY_FILER if u.scope.actor_id is None else _author(u, None)
    _happen(u, case, Happened(PHOTO_ADDED, u.now, {"photo": attachment_id.hex}), by)
    if by is _BY_FILER:
        u.publish(CaseStepTaken(case.id, case.reference, PHOTO_ADDED, by_filer=True, tells_filer=False))
    return row


def name_person(u: Unit, case_id: UUID, person_id: UUID) -> None:
    """The case concerns this member of staff: from now on it does not exist for them.

    Raises `NotFound`, and `Refused("last_handler")` when nobody would be left who may handle it (decisions,
    4).
    """
    case = locked(u, case_id)
    known = u.one(select(CasePerson).where(CasePerson.case_id == case_id, CasePerson.person_id == person_id))
    if known is not None:
        return
    if role_in(u, person_id) is None:
        raise NotFound("person")
    if not able_to_handle(u, case_id) - {person_id}:
        raise Refused("last_handler")
    # The event first: whoever names themselves could not write it afterwards.
    _happen(u, case, Happened(PERSON_NAMED, u.now, {"person": person_id.hex}), _author(u, None))
    u.add(CasePerson(case_id=case_id, person_id=person_id, since=u.now))
