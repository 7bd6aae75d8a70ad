"""Answers as they are given: each tap is stored at once, changing it replaces it, and the rollup follows.

The way of a resident's answer, so it runs on prepared statements and reads no other response.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from portal.core.crypto import keyed_digest
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.ids import answer_id
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.questionnaires.events import FreeWordGiven
from portal.questionnaires.models import Answer, AnswerText, Response, RollupMonth
from portal.questionnaires.rules import ItemKind
from portal.tenancy import vault

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Table

    from portal.core.db import Unit
    from portal.questionnaires.queries import Published
    from portal.questionnaires.rules import Question

NO_CODE = UUID(int=0)
"""Stands in the rollup for what came without a code: a key column takes no NULL."""
_GENERATIONS = 20
"""How often the same page, gone back to after thanks, may begin another response."""

_response = table_of(Response)
_answer = table_of(Answer)
_text = table_of(AnswerText)
_rollup = table_of(RollupMonth)


def _same(table: Table, *columns: str) -> Any:
    """The condition that these columns equal the parameters `key_<column>`."""
    return [table.c[column] == bindparam(f"key_{column}") for column in columns]


_PLACE = ("site_id", "code_id", "team_id", "agreement_id")
_OPEN = select(_response.c.id, _response.c.finished, _response.c.day, *(_response.c[name] for name in _PLACE))

ADD_RESPONSE = Walled(insert(_response), key=("structure_id", "submit_key"), ignore=True)
SEE_RESPONSE = Walled(select(_response.c.id, _response.c.finished).where(*_same(_response, "submit_key")))
SEE_CHOICES = Walled(
    select(_response.c.id, _response.c.finished, _answer.c.item_id, _answer.c.choice)
    .select_from(
        _response.join(
            _answer,
            (_answer.c.structure_id == _response.c.structure_id) & (_answer.c.response_id == _response.c.id),
        )
    )
    .where(*_same(_response, "submit_key"))
)
FIND_RESPONSE = Walled(_OPEN.where(*_same(_response, "submit_key")).with_for_update())
FINISH = Walled(update(_response).where(*_same(_response, "id")).values(finished=True))
FIND_ANSWER = Walled(select(_answer.c.choice).where(*_same(_answer, "response_id", "item_id")))
ADD_ANSWER = Walled(insert(_answer))
CHANGE_ANSWER = Walled(
    update(_answer).where(*_same(_answer, "response_id", "item_id")).values(choice=bindparam("new_choice"))
)
DROP_ANSWER = Walled(delete(_answer).where(*_same(_answer, "response_id", "item_id")))
FIND_TEXT = Walled(
    select(_text.c.key_wrapped, _text.c.body_sealed).where(*_same(_text, "response_id", "item_id"))
)
ADD_TEXT = Walled(insert(_text))
DROP_TEXT = Walled(delete(_text).where(*_same(_text, "response_id", "item_id")))
COUNT = Walled(
    insert(_rollup),
    key=("structure_id", "item_id", "meaning_rev", "month", "site_id", "code_id", "choice"),
    add=("n",),
)


@dataclass(frozen=True, slots=True)
class Journey:
    """Where and when somebody answers: the local day alone, and what figures can be told by."""

    nonce: bytes
    day: date
    language: str
    site_id: UUID
    code_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    mode: str = "web"


@dataclass(frozen=True, slots=True)
class _Kept:
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
        _keep_text(u, version, journey.language, (kept, question), value)
    else:
        _keep_choice(u, version, (kept, question), value)
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


def given(u: Unit, version: Published, journey: Journey, question: Question) -> str | None:
    """What this journey has answered so far; None for nothing, and once the thanks were seen.

    A phone is lent: who presses "back" after the thanks must not read the words of the one before.
    """
    seen = _seen(u, journey)
    if seen is None:
        return None
    response_id, choices = seen
    if question.kind is ItemKind.TEXT:
        return _text_of(u, version, response_id, question)
    return choices.get(version.items[question.code])


def _seen(u: Unit, journey: Journey) -> tuple[UUID, dict[UUID, str]] | None:
    """The journey's open response with its choices, by one statement for whoever has chosen something."""
    for generation in range(_GENERATIONS):
        key = _submit_key(u, journey, generation)
        rows = u.run(SEE_CHOICES, key_submit_key=key).all()
        first = rows[0] if rows else u.run(SEE_RESPONSE, key_submit_key=key).first()
        if first is None:
            return None
        if not first.finished:
            return first.id, {row.item_id: row.choice for row in rows}
    return None


def _submit_key(u: Unit, journey: Journey, generation: int) -> bytes:
    return keyed_digest(u.keys.sub("submit", u.structure_id), journey.nonce, str(generation))


def _found(u: Unit, journey: Journey, generation: int) -> _Kept | None:
    row = u.run(FIND_RESPONSE, key_submit_key=_submit_key(u, journey, generation)).first()
    if row is None:
        return None
    return _Kept(
        row.id,
        is_new=False,
        is_finished=row.finished,
        day=row.day,
        site_id=row.site_id,
        code_id=row.code_id,
        team_id=row.team_id,
        agreement_id=row.agreement_id,
    )


def _open_response(u: Unit, journey: Journey) -> _Kept | None:
    """The journey's response before its thanks; None when it has none, or none that is still open."""
    for generation in range(_GENERATIONS):
        kept = _found(u, journey, generation)
        if kept is None or not kept.is_finished:
            return kept
    return None


def _response_for(u: Unit, version: Published, journey: Journey, question: Question, value: str) -> _Kept:
    """The response of this journey that takes the answer, made now if there is none yet.

    It is a finished one when the same answer came to it before: a second tap on the same button.
    """
    stored = _text_of if question.kind is ItemKind.TEXT else _choice_of
    is_first = question is version.form.questions[0]
    for generation in range(_GENERATIONS):
        # Whoever answers the first question has hardly ever a response: looking for it would be in vain.
        kept = None if is_first else _found(u, journey, generation)
        kept = kept or _new_response(u, version, journey, generation)
        if not kept.is_finished or stored(u, version, kept.id, question) == value:
            return kept
    raise Refused("response", reason="too_many")


def _new_response(u: Unit, version: Published, journey: Journey, generation: int) -> _Kept:
    """The response just made, or the one that this journey has already, as that of a faster tap."""
    response_id, place = answer_id(journey.day), {name: getattr(journey, name) for name in _PLACE}
    made = u.run(
        ADD_RESPONSE,
        id=response_id,
        version_id=version.version_id,
        language=journey.language,
        day=journey.day,
        mode=journey.mode,
        submit_key=_submit_key(u, journey, generation),
        finished=False,
        **place,
    )
    if made.rowcount == 1:
        return _Kept(response_id, is_new=True, is_finished=False, day=journey.day, **place)
    kept = _found(u, journey, generation)
    if kept is None:
        raise NotFound("response")
    return kept


def _choice_of(u: Unit, version: Published, response_id: UUID, question: Question) -> str | None:
    where = {"key_response_id": response_id, "key_item_id": version.items[question.code]}
    choice: str | None = u.run(FIND_ANSWER, **where).scalar()
    return choice


def _text_of(u: Unit, version: Published, response_id: UUID, question: Question) -> str | None:
    where = {"key_response_id": response_id, "key_item_id": version.items[question.code]}
    row = u.run(FIND_TEXT, **where).first()
    if row is None:
        return None
    key = vault.row_key(u, _text.name, response_id, row.key_wrapped)
    return vault.opened(u, key, row.body_sealed, (_text.name, response_id, question.code))


def _keep_choice(u: Unit, version: Published, answered: tuple[_Kept, Question], value: str) -> None:
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
    )
    _count(u, item_id, answered, value, 1)


def _change(u: Unit, version: Published, answered: tuple[_Kept, Question], value: str | None) -> None:
    """Replace a stored choice, or take it back (None); the rollup follows."""
    kept, question = answered
    item_id = version.items[question.code]
    before = _choice_of(u, version, kept.id, question)
    if before is None or before == value:
        return
    where = {"key_response_id": kept.id, "key_item_id": item_id}
    _count(u, item_id, answered, before, -1)
    if value is None:
        u.run(DROP_ANSWER, **where)
        return
    u.run(CHANGE_ANSWER, **where, new_choice=value)
    _count(u, item_id, answered, value, 1)


def _count(u: Unit, item_id: UUID, answered: tuple[_Kept, Question], choice: str, n: int) -> None:
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
        n=n,
    )


def _keep_text(
    u: Unit, version: Published, language: str, answered: tuple[_Kept, Question], value: str
) -> None:
    """Seal a free word under a key of its own, in place of the one before."""
    kept, question = answered
    item_id = version.items[question.code]
    if not kept.is_new:
        u.run(DROP_TEXT, key_response_id=kept.id, key_item_id=item_id)
    key, wrapped = vault.new_wrapped_key(u, _text.name, kept.id)
    u.run(
        ADD_TEXT,
        response_id=kept.id,
        item_id=item_id,
        language=language,
        day=kept.day,
        key_wrapped=wrapped,
        body_sealed=vault.sealed(u, key, value, (_text.name, kept.id, question.code)),
    )
    u.publish(FreeWordGiven(kept.id))
