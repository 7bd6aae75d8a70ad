"""Answers as they are given: each tap is stored at once, changing it replaces it, and the rollup follows.

The way of a resident's answer, so it runs on prepared statements and reads no other response.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from portal.core.crypto import keyed_digest
from portal.core.errors import Refused
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


ADD_RESPONSE = Walled(insert(_response), key=("structure_id", "submit_key"), ignore=True)
FIND_RESPONSE = Walled(
    select(_response.c.id, _response.c.finished).where(*_same(_response, "submit_key")).with_for_update()
)
FINISH = Walled(update(_response).where(*_same(_response, "id")).values(finished=True))
FIND_ANSWER = Walled(select(_answer.c.choice).where(*_same(_answer, "response_id", "item_id")))
ADD_ANSWER = Walled(insert(_answer))
CHANGE_ANSWER = Walled(
    update(_answer).where(*_same(_answer, "response_id", "item_id")).values(choice=bindparam("new_choice"))
)
DROP_ANSWER = Walled(delete(_answer).where(*_same(_answer, "response_id", "item_id")))
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


def record(u: Unit, version: Published, journey: Journey, question: Question, raw: str) -> UUID:
    """The response after this answer. The same value again changes nothing; another value replaces it.

    After thanks, an answer begins a new response (decisions, 8). Raises `Invalid` for what cannot be stored,
    `Refused` when the same page has begun too many responses.
    """
    value = question.check(raw)
    response_id = _response_for(u, version, journey, question, value)
    if question.kind is ItemKind.TEXT:
        _keep_text(u, version, journey, (response_id, question), value)
    else:
        _keep_choice(u, version, journey, (response_id, question), value)
    return response_id


def withdraw(u: Unit, version: Published, journey: Journey, question: Question) -> None:
    """Take an answer back: the person skipped a question they had answered."""
    found = _open_response(u, journey, 0)
    if found is None or found.finished:
        return
    if question.kind is ItemKind.TEXT:
        _drop_text(u, found.id, version.items[question.code])
    else:
        _change(u, version, journey, (found.id, question), None)


def finish(u: Unit, journey: Journey) -> None:
    """The person has seen the thanks: what they answer from here on is another response."""
    for generation in range(_GENERATIONS):
        found = _open_response(u, journey, generation)
        if found is None:
            return
        if not found.finished:
            u.run(FINISH, key_id=found.id)
            return


def _submit_key(u: Unit, journey: Journey, generation: int) -> bytes:
    return keyed_digest(u.keys.sub("submit", u.structure_id), journey.nonce, str(generation))


def _open_response(u: Unit, journey: Journey, generation: int) -> Any:
    return u.run(FIND_RESPONSE, key_submit_key=_submit_key(u, journey, generation)).first()


def _response_for(u: Unit, version: Published, journey: Journey, question: Question, value: str) -> UUID:
    """The response of this journey that takes the answer, made now if there is none yet."""
    for generation in range(_GENERATIONS):
        found = _open_response(u, journey, generation)
        if found is None:
            _add_response(u, version, journey, generation)
            found = _open_response(u, journey, generation)
        if not found.finished or _stored(u, found.id, version.items[question.code]) == value:
            response_id: UUID = found.id
            return response_id
    raise Refused("response", reason="too_many")


def _add_response(u: Unit, version: Published, journey: Journey, generation: int) -> None:
    u.run(
        ADD_RESPONSE,
        id=answer_id(journey.day),
        version_id=version.version_id,
        code_id=journey.code_id,
        site_id=journey.site_id,
        team_id=journey.team_id,
        agreement_id=journey.agreement_id,
        language=journey.language,
        day=journey.day,
        mode=journey.mode,
        submit_key=_submit_key(u, journey, generation),
        finished=False,
    )


def _stored(u: Unit, response_id: UUID, item_id: UUID) -> str | None:
    choice: str | None = u.run(FIND_ANSWER, key_response_id=response_id, key_item_id=item_id).scalar()
    return choice


def _keep_choice(
    u: Unit, version: Published, journey: Journey, answered: tuple[UUID, Question], value: str
) -> None:
    response_id, question = answered
    item_id = version.items[question.code]
    if _stored(u, response_id, item_id) is not None:
        _change(u, version, journey, answered, value)
        return
    u.run(
        ADD_ANSWER,
        response_id=response_id,
        item_id=item_id,
        choice=value,
        meaning_rev=question.meaning_rev,
        day=journey.day,
        site_id=journey.site_id,
        team_id=journey.team_id,
        agreement_id=journey.agreement_id,
    )
    _count(u, item_id, journey, question, value, 1)


def _change(
    u: Unit, version: Published, journey: Journey, answered: tuple[UUID, Question], value: str | None
) -> None:
    """Replace a stored choice, or take it back (None); the rollup follows."""
    response_id, question = answered
    item_id = version.items[question.code]
    before = _stored(u, response_id, item_id)
    if before is None or before == value:
        return
    where = {"key_response_id": response_id, "key_item_id": item_id}
    _count(u, item_id, journey, question, before, -1)
    if value is None:
        u.run(DROP_ANSWER, **where)
        return
    u.run(CHANGE_ANSWER, **where, new_choice=value)
    _count(u, item_id, journey, question, value, 1)


def _count(u: Unit, item_id: UUID, journey: Journey, question: Question, choice: str, n: int) -> None:  # noqa: PLR0913, PLR0917 -- one cell of the rollup has this many coordinates
    u.run(
        COUNT,
        item_id=item_id,
        meaning_rev=question.meaning_rev,
        month=journey.day.replace(day=1),
        site_id=journey.site_id,
        code_id=journey.code_id or NO_CODE,
        choice=choice,
        n=n,
    )


def _drop_text(u: Unit, response_id: UUID, item_id: UUID) -> None:
    u.run(DROP_TEXT, key_response_id=response_id, key_item_id=item_id)


def _keep_text(
    u: Unit, version: Published, journey: Journey, answered: tuple[UUID, Question], value: str
) -> None:
    """Seal a free word under a key of its own, in place of the one before; an empty one takes it back."""
    response_id, question = answered
    item_id = version.items[question.code]
    _drop_text(u, response_id, item_id)
    if not value:
        return
    key, wrapped = vault.new_wrapped_key(u, _text.name, response_id)
    u.run(
        ADD_TEXT,
        response_id=response_id,
        item_id=item_id,
        language=journey.language,
        day=journey.day,
        key_wrapped=wrapped,
        body_sealed=vault.sealed(u, key, value, (_text.name, response_id, question.code)),
    )
    u.publish(FreeWordGiven(response_id))
