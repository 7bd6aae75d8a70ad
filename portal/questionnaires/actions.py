"""Answers as they are given: each tap is stored at once, changing it replaces it, and the rollup follows.

The way of a resident's answer, so it runs on prepared statements and reads no other response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from portal.core.crypto import keyed_digest
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.ids import answer_id
from portal.questionnaires.events import FreeWordGiven
from portal.questionnaires.models import AnswerText
from portal.questionnaires.prepared import (
    ADD_ANSWER,
    ADD_RESPONSE,
    ADD_TEXT,
    CHANGE_ANSWER,
    COUNT,
    DROP_ANSWER,
    DROP_TEXT,
    FIND_ANSWER,
    FIND_RESPONSE,
    FIND_TEXT,
    FINISH,
    PLACE,
    SEE_CHOICES,
    SEE_RESPONSE,
)
from portal.questionnaires.rules import MODES, ItemKind, Mode
from portal.tenancy import vault

if TYPE_CHECKING:
    from datetime import date, datetime

    from portal.core.db import Unit
    from portal.questionnaires.queries import Published
    from portal.questionnaires.rules import Question

NO_CODE = UUID(int=0)
"""Stands in the rollup for what came without a code: a key column takes no NULL."""
_GENERATIONS = 20
"""How often the same page, gone back to after thanks, may begin another response."""
_TEXT = AnswerText.__tablename__


class Journey(NamedTuple):
    """Where and when somebody answers: the local day alone, and what figures can be told by."""

    nonce: bytes
    day: date
    language: str
    site_id: UUID
    code_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    mode: Mode = Mode.WEB
    entered_at: datetime | None = None
    """When staff typed it; None of what came by itself."""


class Kept(NamedTuple):
    """The response that takes an answer.

    Its day and place stay those it began with: a correction after midnight, or by another card of the
    structure, must come off the cell that it was counted in.
    """

    id: UUID
    is_new: bool
    is_finished: bool
    day: date
    site_id: UUID
    code_id: UUID | None
    team_id: UUID | None
    agreement_id: UUID | None
    assisted: bool
    """Whether staff helped: figures tell such answers apart."""


def record(u: Unit, version: Published, journey: Journey, question: Question, raw: str) -> UUID:
    """The response after this answer.

    The same value again changes nothing; another value replaces it. After thanks, an answer begins a new
    response (decisions, 8). Raises `Invalid` for what cannot be stored, before anything is written, and
    `Refused` when the same page has begun too many responses.
    """
    value = question.check(raw)
    if not value:
        raise Invalid("answer", reason="empty")
    kept = _response_for(u, version, journey, question, value)
    if kept.is_finished:
        return kept.id
    if question.kind is ItemKind.TEXT:
        keep_text(u, version, journey.language, (kept, question), value)
    else:
        keep_choice(u, version, (kept, question), value)
    return kept.id


def withdraw(u: Unit, version: Published, journey: Journey, question: Question) -> None:
    """Take an answer back: the person skipped a question they had answered. After thanks, nothing."""
    kept = _open_response(u, journey)
    if kept is None:
        return
    if question.kind is ItemKind.TEXT:
        u.run(DROP_TEXT, key_response_id=kept.id, key_item_id=version.items[question.code])
    else:
        _change(u, version, (kept, question), None)


def finish(u: Unit, journey: Journey) -> None:
    """The person has seen the thanks: what they answer from here on is another response."""
    kept = _open_response(u, journey)
    if kept is not None:
        u.run(FINISH, key_id=kept.id)


def given(u: Unit, version: Published, nonce: bytes, question: Question) -> str | None:
    """What the journey of this nonce has answered so far; None for nothing, and once the thanks were seen.

    A phone is lent: who presses "back" after the thanks must not read the words of the one before.
    """
    seen = _seen(u, nonce)
    if seen is None:
        return None
    response_id, choices = seen
    if question.kind is ItemKind.TEXT:
        return text_of(u, version, response_id, question)
    return choices.get(version.items[question.code])


def _seen(u: Unit, nonce: bytes) -> tuple[UUID, dict[UUID, str]] | None:
    """The journey's open response with its choices, by one statement for whoever has chosen something."""
    for generation in range(_GENERATIONS):
        key = _submit_key(u, nonce, generation)
        rows = u.run(SEE_CHOICES, key_submit_key=key).all()
        first = rows[0] if rows else u.run(SEE_RESPONSE, key_submit_key=key).first()
        if first is None:
            return None
        if not first.finished:
            return first.id, {row.item_id: row.choice for row in rows}
    return None


def _submit_key(u: Unit, nonce: bytes, generation: int) -> bytes:
    # One key for all structures, told apart by a part: so it is at hand for each of ten thousand.
    return keyed_digest(u.keys.sub("submit"), str(u.structure_id), nonce, str(generation))


def found_response(u: Unit, journey: Journey, generation: int) -> Kept | None:
    """The response of this journey, locked; None before its first answer."""
    row = u.run(FIND_RESPONSE, key_submit_key=_submit_key(u, journey.nonce, generation)).first()
    if row is None:
        return None
    return Kept(
        row.id,
        is_new=False,
        is_finished=row.finished,
        day=row.day,
        site_id=row.site_id,
        code_id=row.code_id,
        team_id=row.team_id,
        agreement_id=row.agreement_id,
        assisted=MODES[Mode(row.mode)].assisted,
    )


def _open_response(u: Unit, journey: Journey) -> Kept | None:
    """The journey's response before its thanks; None when it has none, or none that is still open."""
    for generation in range(_GENERATIONS):
        kept = found_response(u, journey, generation)
        if kept is None or not kept.is_finished:
            return kept
    return None


def _response_for(u: Unit, version: Published, journey: Journey, question: Question, value: str) -> Kept:
    """The response of this journey that takes the answer, made now if there is none yet.

    It is a finished one when the same answer came to it before: a second tap on the same button.
    """
    stored = text_of if question.kind is ItemKind.TEXT else _choice_of
    is_first = question is version.form.questions[0]
    for generation in range(_GENERATIONS):
        # Whoever answers the first question has hardly ever a response: looking for it would be in vain.
        kept = None if is_first else found_response(u, journey, generation)
        kept = kept or new_response(u, version, journey, generation)
        if not kept.is_finished or stored(u, version, kept.id, question) == value:
            return kept
    raise Refused("response", reason="too_many")


def new_response(u: Unit, version: Published, journey: Journey, generation: int) -> Kept:
    """The response just made, or the one that this journey has already, as that of a faster tap."""
    response_id, place = answer_id(journey.day), {name: getattr(journey, name) for name in PLACE}
    made = u.run(
        ADD_RESPONSE,
        id=response_id,
        version_id=version.version_id,
        language=journey.language,
        day=journey.day,
        mode=journey.mode.value,
        submit_key=_submit_key(u, journey.nonce, generation),
        finished=False,
        entered_at=journey.entered_at,
        **place,
    )
    if made.rowcount == 1:
        assisted = MODES[journey.mode].assisted
        return Kept(response_id, is_new=True, is_finished=False, day=journey.day, assisted=assisted, **place)
    kept = found_response(u, journey, generation)
    if kept is None:
        raise NotFound("response")
    return kept


def _choice_of(u: Unit, version: Published, response_id: UUID, question: Question) -> str | None:
    where = {"key_response_id": response_id, "key_item_id": version.items[question.code]}
    choice: str | None = u.run(FIND_ANSWER, **where).scalar()
    return choice


def text_of(u: Unit, version: Published, response_id: UUID, question: Question) -> str | None:
    """The free word of a response; None without one."""
    where = {"key_response_id": response_id, "key_item_id": version.items[question.code]}
    row = u.run(FIND_TEXT, **where).first()
    if row is None:
        return None
    key = vault.row_key(u, _TEXT, response_id, row.key_wrapped)
    return vault.opened(u, key, row.body_sealed, (_TEXT, response_id, question.code))


def keep_choice(u: Unit, version: Published, answered: tuple[Kept, Question], value: str) -> None:
    """Store a choice and count it; one that is there already is replaced."""
    kept, question = answered
    if not kept.is_new and _choice_of(u, version, kept.id, question) is not None:
        _change(u, version, answered, value)
        return
    item_id = version.items[question.code]
    u.run(
        ADD_ANSWER,
        response_id=kept.id,
        item_id=item_id,
        choice=value,
        meaning_rev=question.meaning_rev,
        day=kept.day,
        site_id=kept.site_id,
        team_id=kept.team_id,
        agreement_id=kept.agreement_id,
        assisted=kept.assisted,
    )
    count_answer(u, item_id, answered, value, 1)


def _change(u: Unit, version: Published, answered: tuple[Kept, Question], value: str | None) -> None:
    """Replace a stored choice, or take it back (None); the rollup follows."""
    kept, question = answered
    item_id = version.items[question.code]
    before = _choice_of(u, version, kept.id, question)
    if before is None or before == value:
        return
    where = {"key_response_id": kept.id, "key_item_id": item_id}
    count_answer(u, item_id, answered, before, -1)
    if value is None:
        u.run(DROP_ANSWER, **where)
        return
    u.run(CHANGE_ANSWER, **where, new_choice=value)
    count_answer(u, item_id, answered, value, 1)


def count_answer(u: Unit, item_id: UUID, answered: tuple[Kept, Question], choice: str, n: int) -> None:
    """Add to the cell of the rollup in which the response counts."""
    kept, question = answered
    u.run(
        COUNT,
        item_id=item_id,
        meaning_rev=question.meaning_rev,
        month=kept.day.replace(day=1),
        site_id=kept.site_id,
        code_id=kept.code_id or NO_CODE,
        choice=choice,
        assisted=kept.assisted,
        n=n,
    )


def keep_text(
    u: Unit, version: Published, language: str, answered: tuple[Kept, Question], value: str
) -> None:
    """Seal a free word under a key of its own, in place of the one before."""
    kept, question = answered
    item_id = version.items[question.code]
    if not kept.is_new:
        u.run(DROP_TEXT, key_response_id=kept.id, key_item_id=item_id)
    key, wrapped = vault.new_wrapped_key(u, _TEXT, kept.id)
    u.run(
        ADD_TEXT,
        response_id=kept.id,
        item_id=item_id,
        language=language,
        day=kept.day,
        key_wrapped=wrapped,
        body_sealed=vault.sealed(u, key, value, (_TEXT, kept.id, question.code)),
    )
    u.publish(FreeWordGiven(kept.id))
