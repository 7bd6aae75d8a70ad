"""The end of the words of earlier registers, and of numbers, which may be names: days and findings stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from portal.records.models import PastCase, PastRegister
from portal.records.rules import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit

_BATCH = 500
_TELLS = PastCase.words_sealed.is_not(None) | (PastCase.number != "")


def rows_with_words(u: Unit, until: date) -> list[tuple[UUID, UUID, date]]:
    """The rows with words or a number whose last known day is that one or before: register and day too."""
    last = func.coalesce(PastCase.closed_on, PastCase.answered_on, PastCase.received_on)
    wanted = select(PastCase.id, PastCase.register_id, last).where(_TELLS, last <= until)
    return [(row_id, of, day) for row_id, of, day in u.rows(wanted.order_by(last, PastCase.id))]


def forget_words(u: Unit, rows: Sequence[UUID]) -> None:
    """These rows without words and number; a register that has none left loses its key and its name too."""
    for at in range(0, len(rows), _BATCH):
        of_these = PastCase.id.in_(rows[at : at + _BATCH])
        u.session.execute(update(PastCase).where(of_these).values(words_sealed=None, number=""))
    worded = set(u.all(select(PastCase.register_id).where(_TELLS).distinct()))
    for register in u.all(select(PastRegister).where(PastRegister.standing == Standing.TAKEN)):
        if register.id not in worded:
            register.key_wrapped = register.name_sealed = None
    u.session.flush()
