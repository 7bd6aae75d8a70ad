"""What the pages of a structure show and claim besides its name: the small logo, and how accessible they are.

Both change with the revision of the branding, which every page reads (decision 10): a worker keeps them until
it has another, so that a change shows at once, without a message between workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from portal.core.memory import Apart
from portal.people.journal import is_noted
from portal.people.rules import Act
from portal.tenancy.branding import small_logo_of
from portal.web.grades import audit_of, grade_of

if TYPE_CHECKING:
    from portal.core.db import Database, Unit
    from portal.tenancy.pictures import SmallLogo
    from portal.web.grades import Audit, Grade

_MOST_KNOWN = 12_000
_MOST_LOGOS = 512
"""Logos weigh thousands of bytes, so that few are kept: the others are read again."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What stood at a revision."""

    revision: int
    has_logo: bool
    audit: Audit | None


_kept: Apart[Database, int, _Kept] = Apart(_MOST_KNOWN)
_logos: Apart[Database, int, tuple[int, SmallLogo]] = Apart(_MOST_LOGOS)
"""By structure: the revision, and the logo that stood then or later."""


@lru_cache(maxsize=64)
def _plain(revision: int) -> _Kept:
    """One for the many structures that have neither logo nor audit."""
    return _Kept(revision, has_logo=False, audit=None)


def letterhead(u: Unit, database: Database, revision: int) -> tuple[SmallLogo | None, Grade]:
    """The small logo (None without one) and the grade of the structure in scope, at this revision.

    The day is that of UTC: an audit that grows too old is claimed for a few hours more at most.
    """
    known = _kept.of(database)
    kept = known.get(u.structure_id)
    if kept is None or kept.revision != revision:
        has_logo = _logo(u, database, revision) is not None
        audit = audit_of(u) if is_noted(u, Act.ACCESS_AUDITED) else None  # hardly any has one
        kept = _Kept(revision, has_logo, audit) if has_logo or audit else _plain(revision)
        known.put(u.structure_id, kept)
    logo = _logo(u, database, revision) if kept.has_logo else None
    return logo, grade_of(kept.audit, u.now.date())


def _logo(u: Unit, database: Database, revision: int) -> SmallLogo | None:
    logos = _logos.of(database)
    kept = logos.get(u.structure_id)
    if kept is not None and kept[0] == revision:
        return kept[1]
    found = small_logo_of(u)
    if found is not None:
        logos.put(u.structure_id, (revision, found))
    return found
