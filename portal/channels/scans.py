"""How often codes are opened: counters only, by day and language, added up in bulk. No identifier, ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert

from portal.channels.models import FunnelDay
from portal.core.schema import table_of
from portal.core.wall import Walled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit

OPENED = "opened"
"""The stage of a code's funnel at which its first page was shown."""

_ADD = Walled(
    insert(table_of(FunnelDay)),
    key=("structure_id", "code_id", "day", "language", "stage"),
    add=("n",),
)


@dataclass(frozen=True, slots=True, order=True)
class Scan:
    """What scans are told apart by."""

    code_id: UUID
    day: date
    language: str


def add_scans(u: Unit, counts: Mapping[Scan, int]) -> None:
    """Add these counts to those of their days; the codes are the structure's own."""
    for scan in sorted(
        counts
    ):  # always in one order: two workers that add at once cannot wait for each other
        u.run(_ADD, code_id=scan.code_id, day=scan.day, language=scan.language, stage=OPENED, n=counts[scan])
