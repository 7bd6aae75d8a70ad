"""What may be claimed of the accessibility of a structure's pages: each page says it in its footer.

Law n° 2005-102, article 47, and the RGAA 4.1.2: without an audit that still holds, pages do not conform,
whatever our own look at them says. An audit is a line of the journal: its day and the share of criteria met.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from portal.core.languages import N_
from portal.people.journal import last_of
from portal.people.rules import Act

if TYPE_CHECKING:
    from portal.core.db import Unit

HOLDS_YEARS = 3
"""How long an audit may be relied on."""
PARTLY = 50
FULLY = 100


class Grade(StrEnum):
    """The three answers that French law knows."""

    NOT = "not"
    PARTLY = "partly"
    FULLY = "fully"


TOLD: dict[Grade, str] = {
    Grade.NOT: N_("Accessibility: not conforming"),
    Grade.PARTLY: N_("Accessibility: partly conforming"),
    Grade.FULLY: N_("Accessibility: fully conforming"),
}


@dataclass(frozen=True, slots=True)
class Audit:
    """An audit against the RGAA: its day, and the share of applicable criteria that were met, in percent."""

    day: date
    rate: int

    def holds(self, today: date) -> bool:
        """Whether it may still be relied on."""
        return (today.year - self.day.year, today.month, today.day) < (
            HOLDS_YEARS,
            self.day.month,
            self.day.day,
        )


def audit_of(u: Unit) -> Audit | None:
    """The last audit that the structure in scope has written down; None without one."""
    entry = last_of(u, Act.ACCESS_AUDITED)
    return Audit(date.fromisoformat(entry.facts["day"]), int(entry.facts["rate"])) if entry else None


def grade_of(audit: Audit | None, today: date) -> Grade:
    """What may be claimed: fully at 100 %, partly from 50 %, and nothing without an audit that holds."""
    if audit is None or not audit.holds(today) or audit.rate < PARTLY:
        return Grade.NOT
    return Grade.FULLY if audit.rate >= FULLY else Grade.PARTLY
