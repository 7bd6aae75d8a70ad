"""The logo of a structure: which one stands, another one, none. Pages follow by the branding's revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.tenancy.models import Logo
from portal.tenancy.pictures import Drawn, shown

if TYPE_CHECKING:
    from portal.core.db import Unit
    from portal.tenancy.pictures import SmallLogo

_logo = table_of(Logo)
_SMALL = Walled(select(_logo.c.small, _logo.c.width, _logo.c.height))


def logo_of(u: Unit) -> Drawn | None:
    """The logo of the structure in scope, both forms; None without one."""
    row = u.one(select(Logo))
    return None if row is None else Drawn(row.paper, row.width, row.height, row.small)


def small_logo_of(u: Unit) -> SmallLogo | None:
    """The logo as pages show it; None without one, or one small enough."""
    row = u.run(_SMALL).first()
    return None if row is None else shown(row.small, row.width, row.height)


def keep_logo(u: Unit, drawn: Drawn) -> None:
    """This logo and no other; the caller gives the branding its next revision (`set_branding`)."""
    drop_logo(u)
    u.add(
        Logo(paper=drawn.paper, width=drawn.width, height=drawn.height, small=drawn.small, changed_at=u.now)
    )


def drop_logo(u: Unit) -> bool:
    """Whether there was a logo; now there is none, and its bytes are gone."""
    standing = u.one(select(Logo))
    if standing is not None:
        u.session.delete(standing)
        u.session.flush()
    return standing is not None
