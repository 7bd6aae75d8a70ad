"""Responses with their free words, opened for those who may read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.questionnaires.models import Answer, AnswerText, Item, Response
from portal.tenancy.vault import opened, row_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from portal.core.db import Unit

PAGE = 50


@dataclass(frozen=True, slots=True)
class Opinion:
    """A response: its day (never an hour), its choices by item code, its free words by item code."""

    row: Response
    choices: dict[str, str]
    words: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which responses a list shows; None: all. `words_before`: words of this day and later stay closed."""

    words_before: date
    site_id: UUID | None = None
    language: str | None = None
    since: date | None = None
    until: date | None = None


def opinions(u: Unit, wanted: Wanted, *, offset: int = 0) -> list[Opinion]:
    """Responses, the newest day first, at most `PAGE`."""
    newest = (Response.day.desc(), Response.id.desc())
    rows = u.all(select(Response).where(*_where(wanted)).order_by(*newest).offset(offset).limit(PAGE))
    codes = {row.id: row.code for row in u.all(select(Item))}
    ids = [row.id for row in rows]
    answers = u.all(select(Answer).where(Answer.response_id.in_(ids)))
    texts = u.all(select(AnswerText).where(AnswerText.response_id.in_(ids)))
    return [
        Opinion(row, _choices(answers, row.id, codes), _words(u, texts, row, codes, wanted)) for row in rows
    ]


def count_opinions(u: Unit, wanted: Wanted) -> int:
    """How many responses the list has."""
    return u.one(select(func.count(Response.id)).where(*_where(wanted))) or 0


def count_waiting(u: Unit, wanted: Wanted) -> int:
    """How many free words wait for the next working day."""
    return u.one(select(func.count(AnswerText.item_id)).where(AnswerText.day >= wanted.words_before)) or 0


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.site_id is not None:
        conditions.append(Response.site_id == wanted.site_id)
    if wanted.language is not None:
        conditions.append(Response.language == wanted.language)
    if wanted.since is not None:
        conditions.append(Response.day >= wanted.since)
    if wanted.until is not None:
        conditions.append(Response.day <= wanted.until)
    return conditions


def _choices(answers: Sequence[Answer], response_id: UUID, codes: dict[UUID, str]) -> dict[str, str]:
    return {
        codes[one.item_id]: one.choice
        for one in answers
        if one.response_id == response_id and one.choice is not None
    }


def _words(
    u: Unit, texts: Sequence[AnswerText], row: Response, codes: dict[UUID, str], wanted: Wanted
) -> dict[str, str]:
    table = AnswerText.__tablename__
    return {
        codes[one.item_id]: opened(
            u,
            row_key(u, table, row.id, one.key_wrapped),
            one.body_sealed,
            (table, row.id, codes[one.item_id]),
        )
        for one in texts
        if one.response_id == row.id and one.day < wanted.words_before
    }
