"""Reads of the schedule as it is in force, and of the log of what was destroyed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.protection.models import Destruction
from portal.protection.rules import Kept, months_before, months_of
from portal.tenancy.models import PolicyVersion
from portal.tenancy.queries import local_day, policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit

PAGE = 50


@dataclass(frozen=True, slots=True)
class Promised:
    """What every version of the policy has promised, the first one first, and when each began."""

    versions: tuple[PolicyVersion, ...]
    today: date

    def months(self, kept: Kept, then: PolicyVersion) -> int:
        """For how many months: what was promised then, or what is in force now where that is shorter."""
        return min(months_of(one.retention, kept) for one in (then, self.versions[-1]))

    def at(self, instant: datetime) -> PolicyVersion:
        """The version in force at an instant; the first one before there was any."""
        begun = [one.created_at for one in self.versions]
        return self.versions[max(0, bisect_right(begun, instant) - 1)]

    def of(self, policy_id: UUID) -> PolicyVersion:
        """The version that a case was received under."""
        return next(one for one in self.versions if one.id == policy_id)

    def shortest(self, kept: Kept) -> int:
        """The fewest months that were ever promised: nothing younger is due."""
        return min(months_of(one.retention, kept) for one in self.versions)

    def last_day(self, months: int) -> date:
        """The last day of which nothing is left once so many months are over."""
        return months_before(self.today, months)

    def is_due(self, kept: Kept, since: date, then: PolicyVersion | None = None) -> bool:
        """Whether what was last alive on that day has had its time."""
        held = then or self.at(datetime.combine(since, time.max, UTC))
        return since <= self.last_day(self.months(kept, held))


def promised(u: Unit) -> Promised:
    """The schedule of the structure in scope, with all that was ever promised."""
    rows = u.all(select(PolicyVersion).order_by(PolicyVersion.number))
    return Promised(tuple(rows), local_day(u))


def schedule(u: Unit) -> Mapping[Kept, int]:
    """The months in force now, by line of the table."""
    document = policy(u).retention
    return {kept: months_of(document, kept) for kept in Kept}


def destroyed(u: Unit, *, offset: int = 0) -> Sequence[Destruction]:
    """The log of what was destroyed, the newest line first, at most `PAGE`."""
    newest = (Destruction.at.desc(), Destruction.id.desc())
    return u.all(select(Destruction).order_by(*newest).offset(offset).limit(PAGE))


def count_destroyed(u: Unit) -> int:
    """How many lines the log has."""
    return u.one(select(func.count(Destruction.id))) or 0
