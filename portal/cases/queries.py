"""Reads of cases: the row, what was said, what happened. Texts are opened here alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.models import Attachment, Case, CaseEvent, CasePerson, Clock, Message
from portal.cases.rules import ENDING, RESTARTING, STEPS, Actor, ClockName, Direction
from portal.cases.standing import PHOTO_ADDED, SIDE_EVENTS, VOICE_ADDED, Frame, Happened, Standing, fold
from portal.core.crypto import place, unseal_bytes
from portal.core.errors import NotFound
from portal.people.queries import members
from portal.people.rules import Permission, may
from portal.tenancy.queries import calendar, policy_version
from portal.tenancy.vault import opened, row_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select

    from portal.core.db import Unit

CASES = "cases"
MESSAGE = "message"
ATTACHMENT = "attachment"
NO_CONTACT = "none"
_FRAME = "cases.frame"
EXCERPT = 120
VOICE = "audio/"
"""What the media type of a voice message begins with; all others are photos."""
_ADDS = {PHOTO_ADDED, VOICE_ADDED}
_SAYS = _ADDS | {step.verb for step in STEPS if Actor.FILER in step.who and step.verb != "accept"}
"""Steps of the filer that call for somebody's eyes."""
_BESIDE = SIDE_EVENTS - _ADDS


@dataclass(frozen=True, slots=True)
class Contact:
    """How the filer wished to be told: "phone", "sms" or "email", and the number or address."""

    kind: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A message, opened; `translations` are staff's, the newest last."""

    id: UUID
    direction: Direction
    author_id: UUID | None
    at: datetime
    language: str
    text: str = field(repr=False)
    translations: tuple[Said, ...] = ()


def case_by_reference(u: Unit, reference: str) -> Case:
    """The case, as this reader may know it. Raises `NotFound`: also for whom it names."""
    return _required(u, select(Case).where(Case.reference == reference))


def case_by_id(u: Unit, case_id: UUID) -> Case:
    """The case. Raises `NotFound`."""
    return _required(u, select(Case).where(Case.id == case_id))


def locked(u: Unit, case_id: UUID) -> Case:
    """The case, for a step: nobody else takes one meanwhile, and the row is read fresh. Raises `NotFound`."""
    fresh = select(Case).where(Case.id == case_id).with_for_update()
    return _required(u, fresh.execution_options(populate_existing=True))


def _required(u: Unit, wanted: Select[Case]) -> Case:
    found = u.one(wanted)
    if found is None:
        raise NotFound("case")
    return found


def case_by_locator(u: Unit, locator: str) -> Case | None:
    """The case that a receipt's first digits find; its secret is still to be verified."""
    return u.one(select(Case).where(Case.locator == locator))


def case_by_submit_key(u: Unit, submit_key: bytes) -> Case | None:
    """The case that a form has made already."""
    return u.one(select(Case).where(Case.submit_key == submit_key))


def case_key(u: Unit, case: Case) -> bytes:
    """The key of a case's texts. Raises `NotFound` after purge."""
    if case.key_wrapped is None:
        raise NotFound("case_key")
    return row_key(u, CASES, case.id, case.key_wrapped)


def frame_of(u: Unit, case: Case) -> Frame:
    """The calendar and promises that the case was received under; each pair is read once in a unit."""
    key = f"{_FRAME}:{case.calendar_id}:{case.policy_id}"
    if key not in u.memo:
        # Neither version is ever changed.
        u.memo[key] = Frame(calendar(u, case.calendar_id), policy_version(u, case.policy_id).targets)
    frame: Frame = u.memo[key]
    return frame


def events_of(u: Unit, case_id: UUID) -> Sequence[CaseEvent]:
    """What happened to a case, in order."""
    return u.all(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.number))


def happened(events: Iterable[CaseEvent]) -> list[Happened]:
    """Events as the fold takes them."""
    return [Happened(event.type, event.occurred_at, event.payload) for event in events]


def standing_of(u: Unit, case: Case) -> Standing:
    """Where the case stands, from its events."""
    return fold(frame_of(u, case), happened(events_of(u, case.id)))


def contact_of(u: Unit, case_id: UUID) -> Contact | None:
    """How the filer is told; None when they left nothing."""
    case = case_by_id(u, case_id)
    if case.contact_sealed is None:
        return None
    value = opened(u, case_key(u, case), case.contact_sealed, (CASES, case.id, "contact_sealed"))
    return Contact(case.contact_kind, value)


def name_of(u: Unit, case: Case) -> str | None:
    """The filer's name, if they gave it to the handler."""
    if case.name_sealed is None:
        return None
    return opened(u, case_key(u, case), case.name_sealed, (CASES, case.id, "name_sealed"))


def thread(u: Unit, case: Case, *, for_filer: bool = False) -> list[Said]:
    """What was said, oldest first, translations beside their message; without its words once they are erased.

    The filer sees no staff note, and of translations only those of our words into their own language.
    """
    rows = u.all(select(Message).where(Message.case_id == case.id).order_by(Message.at, Message.id))
    key = None if case.key_wrapped is None else case_key(u, case)
    told = [_said(u, key, row) for row in rows if row.direction is not Direction.TRANSLATION]
    if for_filer:
        told = [one for one in told if one.direction is not Direction.NOTE]
    ours = {one.id for one in told if one.direction is Direction.TO_FILER}
    beside: dict[UUID, list[Said]] = {}
    for row in rows:
        is_theirs = row.translates_id in ours and row.language == case.language
        if row.translates_id is not None and (is_theirs or not for_filer):
            beside.setdefault(row.translates_id, []).append(_said(u, key, row))
    return [_with(one, beside.get(one.id, [])) for one in told]


def _said(u: Unit, key: bytes | None, row: Message) -> Said:
    text = "" if key is None else opened(u, key, row.body_sealed, (MESSAGE, row.id, "body_sealed"))
    return Said(row.id, row.direction, row.author_id, row.at, row.language, text)


def _with(one: Said, translations: list[Said]) -> Said:
    return Said(one.id, one.direction, one.author_id, one.at, one.language, one.text, tuple(translations))


def first_words(u: Unit, cases: Sequence[Case]) -> dict[UUID, Said]:
    """What each case began with, shortened for a list, or its translation by staff, by case."""
    wanted = {case.id: case for case in cases if case.key_wrapped is not None}
    rows = u.all(
        select(Message)
        .where(Message.case_id.in_(list(wanted)))
        .where(Message.direction.in_([Direction.FROM_FILER, Direction.TRANSLATION]))
        .order_by(Message.at.desc(), Message.id.desc())
    )
    first = {row.case_id: row for row in rows if row.direction is Direction.FROM_FILER}
    translated = {row.translates_id: row for row in reversed(rows) if row.translates_id is not None}
    shown = {case_id: translated.get(row.id, row) for case_id, row in first.items()}
    opened_rows = {case_id: _said(u, case_key(u, wanted[case_id]), row) for case_id, row in shown.items()}
    return {case_id: _shortened(said) for case_id, said in opened_rows.items()}


def written_again(u: Unit, cases: Sequence[Case]) -> set[UUID]:
    """Those whose filer has written or asked for more, and nobody of the team has done anything since."""
    rows = u.rows(
        select(CaseEvent.case_id, CaseEvent.type, CaseEvent.actor_kind)
        .where(CaseEvent.case_id.in_([case.id for case in cases]), CaseEvent.type.not_in(_BESIDE))
        .order_by(CaseEvent.number)
    )
    newest = {case_id: (type_, actor) for case_id, type_, actor in rows}
    return {case_id for case_id, (type_, actor) in newest.items() if type_ in _SAYS and actor == "filer"}


def _shortened(said: Said) -> Said:
    text = " ".join(said.text.split())
    if len(text) > EXCERPT:
        text = text[:EXCERPT].rsplit(" ", 1)[0] + "…"
    return Said(said.id, said.direction, said.author_id, said.at, said.language, text)


def photos_of(u: Unit, case_id: UUID) -> Sequence[Attachment]:
    """The photos of a case, oldest first."""
    return [one for one in _attachments(u, case_id) if not one.media_type.startswith(VOICE)]


def voices_of(u: Unit, case_id: UUID) -> Sequence[Attachment]:
    """The voice messages of a case, oldest first."""
    return [one for one in _attachments(u, case_id) if one.media_type.startswith(VOICE)]


def _attachments(u: Unit, case_id: UUID) -> Sequence[Attachment]:
    return u.all(select(Attachment).where(Attachment.case_id == case_id).order_by(Attachment.id))


def persons_named(u: Unit, case_id: UUID) -> Sequence[UUID]:
    """Members of staff whom the case names."""
    return u.all(select(CasePerson.person_id).where(CasePerson.case_id == case_id))


def able_to_handle(u: Unit, case_id: UUID) -> set[UUID]:
    """Members of staff who may handle cases and whom this one does not name."""
    able = {one.person.id for one in members(u) if may(one.role, Permission.HANDLE_CASES)}
    return able.difference(persons_named(u, case_id))


def seen_before(u: Unit, case_id: UUID) -> set[UUID]:
    """Who gave the answers that are now looked at again, and therefore leaves the next to others.

    Empty where nobody waits for a second look, and where nobody else could give it: in a structure of one
    handler a case must not wait for ever. (ISO 10002:2018, the principle of objectivity.)
    """
    gave: set[UUID] = set()
    is_again = False
    for event in events_of(u, case_id):
        if event.type in ENDING and event.actor_id is not None:
            gave.add(event.actor_id)
        is_again = event.type in RESTARTING or (is_again and event.type not in ENDING)
    return gave if is_again and able_to_handle(u, case_id) - gave else set()


def clocks_of(u: Unit, case_id: UUID) -> dict[ClockName, Clock]:
    """The promises of a case, by name."""
    return {row.name: row for row in u.all(select(Clock).where(Clock.case_id == case_id))}


def attachment_of(u: Unit, key: bytes, case_id: UUID, attachment_id: UUID) -> tuple[str, bytes]:
    """Media type and bytes of a photo or a voice message of the case. Raises `NotFound`."""
    row = u.one(select(Attachment).where(Attachment.id == attachment_id, Attachment.case_id == case_id))
    if row is None:
        raise NotFound("attachment")
    aad = place(u.structure_id, ATTACHMENT, row.id, "body_sealed")
    return row.media_type, unseal_bytes(key, row.body_sealed, aad=aad)
