"""How often teams met people: counts by month, site and register of intervention. Pure.

The eight registers of intervention are those of the trade's framework (XP X 60-600, as public summaries tell
them). A month may be counted by register, or as a whole, or both: nothing is added up that was not typed so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from portal.core.languages import N_
from portal.records.dates import MONTHS, read_day
from portal.records.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from portal.core.tables import Row

MOST = 1_000_000
"""More encounters than any site has in a month."""


class Intervention(StrEnum):
    """What an encounter was for (stored by value); ALL: counted as a whole."""

    ALL = "all"
    PRESENCE = "presence"
    CONFLICT = "conflict"
    UNDERSTANDING = "understanding"
    WATCH = "watch"
    REFERRAL = "referral"
    CONSULTATION = "consultation"
    PROJECTS = "projects"
    INFORMATION = "information"


INTERVENTIONS: dict[Intervention, str] = {
    Intervention.ALL: N_("All encounters"),
    Intervention.PRESENCE: N_("1. Active presence"),
    Intervention.CONFLICT: N_("2. Conflicts prevented and handled"),
    Intervention.UNDERSTANDING: N_("3. Misunderstandings with institutions cleared"),
    Intervention.WATCH: N_("4. Social and technical watch"),
    Intervention.REFERRAL: N_("5. People brought to a partner"),
    Intervention.CONSULTATION: N_("6. Residents and institutions brought together"),
    Intervention.PROJECTS: N_("7. Projects of residents"),
    Intervention.INFORMATION: N_("8. Information and training"),
}
_HEADINGS = {
    "month": ("mois", "month", "periode", "date"),
    "site": ("site", "lieu", "antenne", "point d accueil"),
    "register": ("registre", "registre d intervention", "register", "nature"),
    "n": ("nombre", "rencontres", "n", "encounters", "contacts", "total"),
}
_NUMBERED = re.compile(r"(?:(?:registre|register|n|no|numero) )*(\d{1,2})(?:[.:/-]* ?[a-z].*)?")
"""A register by its number, alone or with its name behind."""
_ALL_WRITTEN = frozenset({"", "tous", "toutes", "total", "all", "ensemble"})


@dataclass(frozen=True, slots=True)
class Count:
    """So many encounters in a month (its first day) at a site."""

    month: date
    site_id: UUID
    intervention: Intervention
    n: int


@dataclass(frozen=True, slots=True)
class CountFault:
    """What is wrong with a row of a table: its number (0: the whole file), the column, one word of why."""

    row: int
    column: str
    reason: str


def read_month(text: str) -> date | None:
    """The first day of a month: 2026-03, 03/2026, mars 2026, or any day of it; None for what is no month."""
    told = plain(text)
    day = read_day(told)
    if day is not None:
        return day.replace(day=1)
    parts = told.replace("/", " ").replace("-", " ").split()
    if len(parts) != 2:  # noqa: PLR2004 -- month and year
        return None
    first, last = parts if len(parts[1]) == 4 else parts[::-1]  # noqa: PLR2004 -- a year
    number = MONTHS.get(first) or whole(first)
    year = whole(last)
    if number is None or year is None:
        return None
    try:
        return date(year, number, 1)
    except ValueError:
        return None


def whole(text: str) -> int | None:
    """A count that was typed, spaces between its digits or not; None for none, or above a million."""
    digits = "".join(text.split())
    if not digits.isdecimal() or len(digits) > len(str(MOST)) or int(digits) > MOST:
        return None
    return int(digits)


def read_activity(
    rows: Sequence[Row], sites: Mapping[str, UUID], main: UUID, today: date
) -> tuple[list[Count], list[CountFault]]:
    """The counts of a table, or its faults: all of it or nothing. `sites` go by their plain names."""
    columns = {name: at for at, name in enumerate(plain(cell) for cell in rows[0].cells)} if rows else {}
    found = {
        what: next((columns[name] for name in names if name in columns), None)
        for what, names in _HEADINGS.items()
    }
    if found["month"] is None or found["n"] is None:
        return [], [CountFault(0, "month" if found["month"] is None else "n", "missing")]
    counts: dict[tuple[date, UUID, Intervention], Count] = {}
    faults: list[CountFault] = []
    for row in rows[1:]:
        if row.is_empty:
            continue
        told = {what: "" if at is None else row.cells[at] for what, at in found.items()}
        one, wrong = _read(told, sites, main, today)
        faults += [CountFault(row.number, column, reason) for column, reason in wrong]
        if one is not None and (key := (one.month, one.site_id, one.intervention)) in counts:
            faults.append(CountFault(row.number, "month", "double"))
        elif one is not None:
            counts[key] = one
    return ([] if faults else list(counts.values())), faults


def _read(
    told: Mapping[str, str], sites: Mapping[str, UUID], main: UUID, today: date
) -> tuple[Count | None, list[tuple[str, str]]]:
    month, site = read_month(told["month"]), sites.get(plain(told["site"])) if told["site"] else main
    kind, n = _register(told["register"]), whole(told["n"])
    looks = (
        ("month", "form", month is None),
        ("month", "future", month is not None and month > today),
        ("site", "unknown", site is None),
        ("register", "unknown", kind is None),
        ("n", "form", n is None),
    )
    wrong = [(column, reason) for column, reason, is_wrong in looks if is_wrong]
    if wrong or month is None or site is None or kind is None or n is None:
        return None, wrong
    return Count(month, site, kind, n), []


def _register(text: str) -> Intervention | None:
    """A register by its number or its name; the whole for none."""
    told = plain(text)
    if told in _ALL_WRITTEN:
        return Intervention.ALL
    several = [one for one in Intervention if one is not Intervention.ALL]
    if numbered := _NUMBERED.fullmatch(told):
        at = int(numbered[1])
        return several[at - 1] if 1 <= at <= len(several) else None
    return next((one for one in several if one.value == told), None)
