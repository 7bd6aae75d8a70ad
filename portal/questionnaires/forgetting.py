"""The end of free words: texts and their keys are destroyed, choices and counts stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from portal.questionnaires.models import AnswerText

if TYPE_CHECKING:
    from datetime import date

    from portal.core.db import Unit


def days_with_words(u: Unit, until: date) -> dict[date, int]:
    """How many free words there are of each day up to this one, the oldest first."""
    counted = select(AnswerText.day, func.count(AnswerText.item_id)).where(AnswerText.day <= until)
    rows = u.rows(counted.group_by(AnswerText.day).order_by(AnswerText.day))
    return {day: n for day, n in rows}  # noqa: C416 -- rows are not tuples


def forget_words(u: Unit, day: date) -> None:
    """The opinions of a day without their words."""
    u.session.execute(delete(AnswerText).where(AnswerText.day == day))
