"""The mark before a structure's name on its pages: its logo where one is small enough, else a letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from portal.tenancy.pictures import SmallLogo


def mark(name: str, logo: SmallLogo | None) -> Markup:
    """What stands before the name; no words for a picture that the name beside it tells already."""
    if logo is None:
        return escape(name[:1])
    return Markup('<img src="{}" alt="" width="{}" height="{}">').format(
        logo.address, logo.width, logo.height
    )
