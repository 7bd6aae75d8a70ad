"""What is put beside a case without a step of it: a translation, a photo, a voice, a colleague concerned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.actions import check_fresh
from portal.cases.events import CaseStepTaken
from portal.cases.models import Attachment, CasePerson, Message
from portal.cases.queries import (
    ATTACHMENT,
    VOICE,
    able_to_handle,
    attachment_of,
    case_key,
    locked,
    photos_of,
    standing_of,
    voices_of,
)
from portal.cases.rules import MAX_PHOTOS, MAX_VOICES, Direction
from portal.cases.standing import PERSON_NAMED, PHOTO_ADDED, READ, TRANSLATED, VOICE_ADDED, Happened
from portal.cases.writing import BY_FILER, Words, author, happen, read_text, say, to_the_hour, told
from portal.core.crypto import place, seal_bytes
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.ids import new_id
from portal.people.queries import role_in

if TYPE_CHECKING:
    from uuid import UUID

    from portal.cases.actions import Given
    from portal.cases.standing import Standing
    from portal.core.db import Unit


def translate(u: Unit, case_id: UUID, message_id: UUID, given: Given) -> Standing:
    """A staff note beside a message: what it says in another language, signed. Raises as `take` does.

    Beside our own words in the filer's language it is for the filer: an answer counts from then on.
    """
    case = locked(u, case_id)
    check_fresh(case, given)
    of = u.one(select(Message).where(Message.id == message_id, Message.case_id == case_id))
    if of is None:
        raise NotFound("message")
    text = read_text(given.message, "note")
    message = say(u, case, Direction.TRANSLATION, Words(text, given.language), translates=message_id)
    payload = {"of": message_id.hex, **told(message, text, u)}
    if of.direction is Direction.TO_FILER and given.language == case.language:
        payload["in_theirs"] = message_id.hex
    return happen(u, case, Happened(TRANSLATED, u.now, payload), author(u, None))


@dataclass(frozen=True, slots=True)
class _Sort:
    """A sort of attachment: its name in faults and payloads, its event, how many of it a case keeps."""

    name: str
    event: str
    most: int


_PHOTO, _VOICE = _Sort("photo", PHOTO_ADDED, MAX_PHOTOS), _Sort("voice", VOICE_ADDED, MAX_VOICES)


def attach(u: Unit, case_id: UUID, body: bytes, *, media_type: str) -> Attachment:
    """A photo, made anew by `photos.clean`, or a voice message, bare by `voices.heard`.

    It is sealed under the case's key; the same one again is kept once. Raises
    `Invalid("photo")` or `Invalid("voice")` above what a case keeps.
    """
    case = locked(u, case_id)
    is_voice = media_type.startswith(VOICE)
    sort, kept = (_VOICE, voices_of(u, case_id)) if is_voice else (_PHOTO, photos_of(u, case_id))
    for one in kept:
        if one.size == len(body) and attachment_of(u, case_key(u, case), case_id, one.id)[1] == body:
            return one
    if len(kept) >= sort.most:
        raise Invalid(sort.name, reason="many", limit=sort.most)
    attachment_id = new_id(to_the_hour(u.now))
    row = Attachment(
        id=attachment_id,
        case_id=case_id,
        at=u.now,
        media_type=media_type,
        size=len(body),
        body_sealed=seal_bytes(
            case_key(u, case), body, aad=place(u.structure_id, ATTACHMENT, attachment_id, "body_sealed")
        ),
    )
    u.add(row)
    by = BY_FILER if u.scope.actor_id is None else author(u, None)
    happen(u, case, Happened(sort.event, u.now, {sort.name: attachment_id.hex}), by)
    if by is BY_FILER:
        u.publish(CaseStepTaken(case.id, case.reference, sort.event, by_filer=True, tells_filer=False))
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
    happen(u, case, Happened(PERSON_NAMED, u.now, {"person": person_id.hex}), author(u, None))
    u.add(CasePerson(case_id=case_id, person_id=person_id, since=u.now))


def note_read(u: Unit, case_id: UUID) -> None:
    """The person has opened the case with their receipt: whoever had not learnt of the answer has now."""
    case = locked(u, case_id)
    standing = standing_of(u, case)
    if standing.answered_at is not None and standing.told_at is None:
        happen(u, case, Happened(READ, u.now, {}), BY_FILER)
