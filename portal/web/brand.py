"""The mark before a structure's name on residents' pages: its logo where one is small enough, else a letter.

A worker keeps the logo of a structure until the branding has another revision, which every page reads
(decision 10): a change shows at once, without a message between workers, and the old bytes are forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from portal.core.memory import Apart
from portal.tenancy.branding import small_logo_of

if TYPE_CHECKING:
    from portal.core.db import Database, Unit
    from portal.tenancy.pictures import SmallLogo

_MOST_KNOWN = 20_000

_known: Apart[Database, int, tuple[int, SmallLogo | None]] = Apart(_MOST_KNOWN)
"""By structure: the revision of the branding, and the logo that stood then or later."""


def standing_logo(u: Unit, database: Database, revision: int) -> SmallLogo | None:
    """The small logo of the structure in scope, at this revision of its branding; None without one."""
    logos = _known.of(database)
    kept = logos.get(u.structure_id)
    if kept is not None and kept[0] == revision:
        return kept[1]
    found = small_logo_of(u)
    logos.put(u.structure_id, (revision, found))
    return found


def mark(name: str, logo: SmallLogo | None) -> Markup:
    """What stands before the name; no words for a picture that the name beside it tells already."""
    if logo is None:
        return escape(name[:1])
    return Markup('<img src="{}" alt="" width="{}" height="{}">').format(
        logo.address, logo.width, logo.height
    )
