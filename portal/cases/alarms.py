"""A structure's own words of alarm, and which of its texts hold one: shown, never a verdict."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 -- the mapper reads the annotation
from typing import TYPE_CHECKING

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.alarm_words import LONGEST, Alarm, Entry, alarms_in, plain, shipped, standing
from portal.cases.models import Message
from portal.cases.queries import MESSAGE, case_key
from portal.cases.rules import Direction
from portal.core.errors import Invalid
from portal.core.ids import new_id
from portal.core.schema import Base, OwnedRow, Word
from portal.tenancy.vault import opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from portal.cases.models import Case
    from portal.core.db import Unit

_MEMO = "cases.alarms"


class AlarmWord(OwnedRow, Base):
    """A word that a structure put on its list, or silenced."""

    __tablename__ = "alarm_word"
    __table_args__ = (UniqueConstraint("structure_id", "word"),)

    word: Mapped[str]
    language: Mapped[str]
    alarm: Mapped[Alarm] = mapped_column(Word(Alarm))
    is_on: Mapped[bool]
    changed_at: Mapped[datetime]


def entries(u: Unit) -> tuple[Entry, ...]:
    """The words that count in the structure in scope; read once in a unit."""
    if _MEMO not in u.memo:
        u.memo[_MEMO] = standing(_changed(u))
    found: tuple[Entry, ...] = u.memo[_MEMO]
    return found


def listed(u: Unit) -> list[tuple[Entry, bool]]:
    """Every word, shipped or own, and whether it counts."""
    changed = _changed(u)
    kept = [(one, True) for one in shipped() if plain(one.word) not in changed]
    return [*kept, *changed.values()]


def _changed(u: Unit) -> dict[str, tuple[Entry, bool]]:
    rows = u.all(select(AlarmWord).order_by(AlarmWord.id))
    return {plain(row.word): (Entry(row.word, row.alarm, row.language), row.is_on) for row in rows}


def set_word(u: Unit, entry: Entry, *, is_on: bool) -> None:
    """The word counts from now on, or does not. Raises `Invalid("word")`: "empty", "short", "long"."""
    word = " ".join(entry.word.split())
    least = 3
    if not word:
        raise Invalid("word", reason="empty")
    if len(plain(word.rstrip("*"))) < least:
        raise Invalid("word", reason="short", limit=least)
    if len(word) > LONGEST:
        raise Invalid("word", reason="long", limit=LONGEST)
    known = next((row for row in u.all(select(AlarmWord)) if plain(row.word) == plain(word)), None)
    if known is None:
        known = AlarmWord(id=new_id(u.now), word=word, language=entry.language, alarm=entry.alarm)
        known.is_on, known.changed_at = is_on, u.now
        u.add(known)
    known.is_on, known.changed_at = is_on, u.now
    u.memo.pop(_MEMO, None)


def raised(u: Unit, cases: Sequence[Case]) -> dict[UUID, dict[str, Alarm]]:
    """The words of alarm in what the filers of these cases wrote, by case; without those that hold none."""
    wanted = {case.id: case for case in cases if case.key_wrapped is not None}
    rows = u.all(
        select(Message).where(Message.case_id.in_(list(wanted)), Message.direction == Direction.FROM_FILER)
    )
    found: dict[UUID, dict[str, Alarm]] = {}
    for row in rows:
        words = alarms_in(_opened(u, wanted[row.case_id], row), entries(u))
        if words:
            found.setdefault(row.case_id, {}).update(words)
    return found


def _opened(u: Unit, case: Case, row: Message) -> str:
    return opened(u, case_key(u, case), row.body_sealed, (MESSAGE, row.id, "body_sealed"))
