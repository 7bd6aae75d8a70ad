"""Responses with their free words, opened for those who may read them, and how many each version has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from portal.questionnaires.models import Answer, AnswerText, Item, Response, RollupMonth
from portal.questionnaires.rules import MODES, ItemKind
from portal.tenancy.vault import opened, row_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from typing import Any
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from portal.core.db import Unit

PAGE = 50
_ASSISTED = [mode.value for mode, row in MODES.items() if row.assisted]


@dataclass(frozen=True, slots=True)
class Opinion:
    """A response: its day (never an hour), its choices by item code, its free words by item code.

    `waits` says that it has words whose day has not come.
    """

    row: Response
    choices: Mapping[str, str]
    words: Mapping[str, str] = field(repr=False)
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which responses a list shows; None: all. `face` is the choice of the question with faces."""

    site_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    face: str | None = None
    language: str | None = None
    since: date | None = None
    until: date | None = None
    helped: bool | None = None
    """Whether one of us helped."""
    response_id: UUID | None = None
    """This one alone."""


def opinions(
    u: Unit, wanted: Wanted, closed_from: Mapping[UUID, date] | None, *, offset: int = 0
) -> list[Opinion]:
    """Responses, the newest day first, at most `PAGE`; within a day, by chance.

    `closed_from` gives by site the first day whose words stay closed (decisions, 5); None: no words at all,
    for whoever may not read them.
    """
    newest = (Response.day.desc(), Response.id.desc())
    rows = u.all(select(Response).where(*_where(wanted)).order_by(*newest).offset(offset).limit(PAGE))
    codes = {row.id: row.code for row in u.all(select(Item))}
    ids = [row.id for row in rows]
    choices: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    for answer in u.all(select(Answer).where(Answer.response_id.in_(ids))):
        choices[answer.response_id][codes[answer.item_id]] = answer.choice
    texts: defaultdict[UUID, list[AnswerText]] = defaultdict(list)
    if closed_from is not None:
        for text in u.all(select(AnswerText).where(AnswerText.response_id.in_(ids))):
            texts[text.response_id].append(text)
    found = []
    for row in rows:
        waits = bool(texts[row.id]) and closed_from is not None and row.day >= closed_from[row.site_id]
        words = {} if waits else {codes[one.item_id]: _open(u, one, codes) for one in texts[row.id]}
        found.append(Opinion(row, choices[row.id], words, waits=waits))
    return found


def count_opinions(u: Unit, wanted: Wanted) -> int:
    """How many responses the list has."""
    return u.one(select(func.count(Response.id)).where(*_where(wanted))) or 0


def waiting_words(u: Unit, wanted: Wanted, closed_from: Mapping[UUID, date]) -> dict[tuple[UUID, date], int]:
    """How many free words of the list are still closed, by site and day; empty when all can be read."""
    if not closed_from:
        return {}
    counted = (
        select(Response.site_id, Response.day, func.count(AnswerText.item_id))
        .join(
            AnswerText,
            and_(AnswerText.response_id == Response.id, AnswerText.structure_id == Response.structure_id),
        )
        .where(*_where(wanted), Response.day >= min(closed_from.values()))
        .group_by(Response.site_id, Response.day)
    )
    return {(site, day): n for site, day, n in u.rows(counted) if day >= closed_from[site]}


def words_of(u: Unit, days: Mapping[UUID, tuple[date, date]]) -> int:
    """How many free words were given from the first of these days, by site, up to before the second."""
    counted = (
        select(Response.site_id, Response.day, func.count(AnswerText.item_id))
        .join(
            AnswerText,
            and_(AnswerText.response_id == Response.id, AnswerText.structure_id == Response.structure_id),
        )
        .where(Response.day >= min(first for first, _ in days.values()))
        .group_by(Response.site_id, Response.day)
    )
    return sum(n for site, day, n in u.rows(counted) if days[site][0] <= day < days[site][1])


def opinions_by_version(u: Unit) -> dict[UUID, int]:
    """How many responses each version of a questionnaire has; one without any is left out."""
    counted = select(Response.version_id, func.count(Response.id)).group_by(Response.version_id)
    return {version_id: n for version_id, n in u.rows(counted)}  # noqa: C416 -- rows are not tuples


def was_any_helped(u: Unit) -> bool:
    """Whether one of us ever helped somebody to answer; read from the counts, which are few."""
    return u.one(select(RollupMonth.item_id).where(RollupMonth.assisted.is_(True)).limit(1)) is not None


def _open(u: Unit, text: AnswerText, codes: Mapping[UUID, str]) -> str:
    table = AnswerText.__tablename__
    key = row_key(u, table, text.response_id, text.key_wrapped)
    return opened(u, key, text.body_sealed, (table, text.response_id, codes[text.item_id]))


def _shows(face: str) -> ColumnElement[bool]:
    """The condition that the question with faces was answered so."""
    asked = select(Item.id).where(Item.kind == ItemKind.FACES.value)
    return Response.id.in_(select(Answer.response_id).where(Answer.item_id.in_(asked), Answer.choice == face))


_CONDITIONS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "site_id": lambda value: Response.site_id == value,
    "team_id": lambda value: Response.team_id == value,
    "agreement_id": lambda value: Response.agreement_id == value,
    "face": _shows,
    "language": lambda value: Response.language == value,
    "since": lambda value: Response.day >= value,
    "until": lambda value: Response.day <= value,
    "response_id": lambda value: Response.id == value,
    "helped": lambda value: Response.mode.in_(_ASSISTED) if value else Response.mode.not_in(_ASSISTED),
}


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    return [
        condition(value)
        for name, condition in _CONDITIONS.items()
        if (value := getattr(wanted, name)) is not None
    ]
