"""Reads of a structure's journal: whether something was ever done, and what was written down of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.people.models import JournalEntry

if TYPE_CHECKING:
    from portal.core.db import Unit
    from portal.people.rules import Act

_journal = table_of(JournalEntry)
_NOTED = Walled(select(_journal.c.id).where(_journal.c.act == bindparam("key_act")).limit(1))


def is_noted(u: Unit, act: Act) -> bool:
    """Whether the journal of the structure in scope has an entry of this kind."""
    return u.run(_NOTED, key_act=act.value).first() is not None


def last_of(u: Unit, act: Act) -> JournalEntry | None:
    """The last entry of this kind in the journal of the structure in scope; None when there is none."""
    found = (
        select(JournalEntry).where(JournalEntry.act == act.value).order_by(JournalEntry.id.desc()).limit(1)
    )
    return next(iter(u.all(found)), None)
