"""Sheets of paper typed by staff: a response at once, of the day on which the person filled it in.

The same form sent twice is one sheet; a sheet just typed can be taken back, out of every count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from portal.core.errors import Invalid, NotFound
from portal.questionnaires.actions import (
    Kept,
    count_answer,
    found_response,
    keep_choice,
    keep_text,
    new_response,
    text_of,
)
from portal.questionnaires.prepared import (
    DROP_ANSWERS,
    DROP_RESPONSE,
    DROP_TEXTS,
    FINISH,
    LOCK_SHEET,
    SEE_ANSWERS,
    SEE_SHEET,
)
from portal.questionnaires.queries import version
from portal.questionnaires.rules import MODES, ItemKind, Mode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit
    from portal.questionnaires.actions import Journey
    from portal.questionnaires.queries import Published

OLDEST = timedelta(days=366)
"""What is older belongs to the results of the years before (`portal.records`)."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A sheet as it is kept: its response, and what stands on it by question."""

    response_id: UUID
    answers: Mapping[str, str]


def check_day(day: date, today: date) -> None:
    """Nothing for a day on which a sheet may have been filled in; else raises `Invalid("day")`."""
    if day > today:
        raise Invalid("day", reason="future")
    if day < today - OLDEST:
        raise Invalid("day", reason="old")


def type_sheet(u: Unit, shown: Published, journey: Journey, given: Mapping[str, str]) -> Typed:
    """The sheet, kept now or by the same form before; `given` by question, what is empty left out.

    Raises `Invalid`: "answer" for what cannot be stored (with the question's `code`), "sheet" with reason
    "empty" without any answer, and "other" when the same form was kept with other answers.
    """
    answers = _read(shown, given)
    before = found_response(u, journey, 0)
    if before is not None:
        return _same(u, shown, before, answers)
    kept = new_response(u, shown, journey, 0)
    if not kept.is_new:
        return _same(u, shown, kept, answers)
    for question in shown.form.questions:
        value = answers.get(question.code)
        if value is None:
            continue
        if question.kind is ItemKind.TEXT:
            keep_text(u, shown, journey.language, (kept, question), value)
        else:
            keep_choice(u, shown, (kept, question), value)
    u.run(FINISH, key_id=kept.id)
    return Typed(kept.id, answers)


def _read(shown: Published, given: Mapping[str, str]) -> dict[str, str]:
    answers = {}
    for question in shown.form.questions:
        raw = given.get(question.code, "").strip()
        if not raw:
            continue
        try:
            answers[question.code] = question.check(raw)
        except Invalid as fault:
            raise Invalid("answer", code=question.code, **fault.facts) from None
    if not answers:
        raise Invalid("sheet", reason="empty")
    return answers


def _same(u: Unit, shown: Published, kept: Kept, answers: Mapping[str, str]) -> Typed:
    """The sheet that the form has kept already. Raises `Invalid("sheet")` when it says something else."""
    if _stored(u, shown, kept.id) != answers:
        raise Invalid("sheet", reason="other")
    return Typed(kept.id, answers)


def _stored(u: Unit, shown: Published, response_id: UUID) -> dict[str, str]:
    chosen = {row.item_id: row.choice for row in u.run(SEE_ANSWERS, key_response_id=response_id).all()}
    found = {}
    for question in shown.form.questions:
        if question.kind is ItemKind.TEXT:
            value = text_of(u, shown, response_id, question)
        else:
            value = chosen.get(shown.items[question.code])
        if value is not None:
            found[question.code] = value
    return found


def typed_sheet(u: Unit, response_id: UUID) -> Typed | None:
    """A sheet that staff typed, as it is kept; None once it was taken back."""
    row = u.run(SEE_SHEET, key_id=response_id).first()
    if row is None or row.entered_at is None:
        return None
    return Typed(response_id, _stored(u, version(u, row.version_id), response_id))


def take_back(u: Unit, response_id: UUID) -> None:
    """The sheet never was: answers, words and counts go.

    Raises `NotFound` for what staff did not type, and for what another press has just taken back.
    """
    row = u.run(LOCK_SHEET, key_id=response_id).first()
    if row is None or row.entered_at is None:
        raise NotFound("sheet")
    shown = version(u, row.version_id)
    kept = Kept(
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
    chosen = {one.item_id: one.choice for one in u.run(SEE_ANSWERS, key_response_id=response_id).all()}
    for question in shown.form.questions:
        item_id = shown.items[question.code]
        if item_id in chosen:
            count_answer(u, item_id, (kept, question), chosen[item_id], -1)
    for statement in (DROP_ANSWERS, DROP_TEXTS):
        u.run(statement, key_response_id=response_id)
    u.run(DROP_RESPONSE, key_id=response_id)
