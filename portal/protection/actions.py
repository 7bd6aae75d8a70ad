"""Writes of the schedule, which a structure may shorten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.protection.rules import check_months
from portal.tenancy.actions import change_retention

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.core.db import Unit
    from portal.protection.rules import Kept
    from portal.tenancy.models import PolicyVersion


def shorten(u: Unit, months: Mapping[Kept, int]) -> PolicyVersion:
    """A new version of the policy with these durations; what was promised shorter before stays shorter.

    Raises `Invalid` with the name of the line that would be kept too long, or not long enough.
    """
    return change_retention(u, check_months(months))
