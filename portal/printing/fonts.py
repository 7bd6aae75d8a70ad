"""The fonts of printed sheets: those of the system, never fetched and never a stand-in.

A stand-in font prints boxes where it has no letter, and nobody at the printer's reads Arabic. So the fonts
are named, their absence is said by `portal doctor`, and typst refuses a PDF/UA with a letter no font has.
"""

from __future__ import annotations

from functools import lru_cache

import typst

FAMILIES = ("Noto Sans", "Noto Sans Arabic")
"""What the drawings ask for; Debian's package `fonts-noto-core` has them, as every Noto distribution."""
PACKAGE = "fonts-noto-core"


@lru_cache(maxsize=1)
def system_fonts() -> typst.Fonts:
    """The fonts of this machine, looked for once per process (half a second with five hundred files)."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)


def missing(fonts: typst.Fonts) -> list[str]:
    """The families of `FAMILIES` that are not there; empty when all are."""
    there = set(fonts.families())
    return [family for family in FAMILIES if family not in there]
