"""The sheet « Vous avez dit, nous avons fait »: one A4 for a wall, with a square that leads to the results.

As many entries as stand on one page, the last ones; what is left out is said on the sheet itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from portal.channels.qr import svg
from portal.core.languages import LANGUAGES
from portal.printing.drawing import drawn
from portal.printing.proof import require_readable

if TYPE_CHECKING:
    from collections.abc import Sequence

SQUARE = 34.0
"""The side of the square on the sheet, in mm."""
MOST = 12
"""Entries that are tried: more never stand on one page."""


@dataclass(frozen=True, slots=True)
class Told:
    """One entry in its language: what residents said, what was done, when, and what came of it."""

    said: str
    done: str
    when: str
    since: str
    language: str

    @property
    def dir(self) -> str:
        """Its direction."""
        return LANGUAGES[self.language].direction


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet of a place: `share` is a figure with its base, or ""; `left_out` says how many stand there.

    `left_out` has a sentence for each number of entries that fit, from 0; "" where none is left out.
    """

    title: str
    structure: str
    place: str
    brand: str
    on_brand: str
    language: str
    heads: tuple[str, str]
    """« Vous avez dit », « Nous avons fait », in the language of the sheet."""
    entries: Sequence[Told]
    nothing: str
    share: str
    left_out: Sequence[str]
    scan: str
    payload: str
    address: str
    alt: str
    made: str


def given_sheet(sheet: Sheet) -> bytes:
    """The PDF of one page, its square read back. Raises `Refused("print" | "qr")` as `making.made` does."""
    data = {
        **asdict(sheet),
        "entries": [{**asdict(one), "dir": one.dir} for one in sheet.entries],
        "dir": LANGUAGES[sheet.language].direction,
        "svg": svg(sheet.payload, title=sheet.address),
        "square": SQUARE,
    }
    pdf = drawn("given", data)
    require_readable(pdf, [[sheet.payload]], square=SQUARE)
    return pdf
