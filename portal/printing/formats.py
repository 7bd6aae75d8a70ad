"""What can be printed, in millimetres: one table, from which page, offer and test derive. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.errors import Invalid
from portal.core.languages import N_

MOST_SHIFT = 15.0
"""How far a sheet may be moved, in mm: stock is never cut further off than its own margin."""
RULER = 50.0
"""Length of the ruler on a sheet, in mm."""


@dataclass(frozen=True, slots=True)
class Format:
    """One thing to print: msgid of its name, drawing in `templates/print`, page, and how much goes on it.

    Sizes in mm. `square` is the side of the square with its quiet zone, from edge to edge. `most_codes` go
    into one file, so that it is there within a few seconds.
    """

    label: str
    drawing: str
    width: float
    height: float
    square: float
    most_languages: int | None = 4
    per_page: int = 1
    most_codes: int = 200


FORMATS: dict[str, Format] = {
    "card": Format(N_("Card"), "card", 85.6, 54.0, 33.0),
    "badge": Format(N_("Badge"), "badge", 85.6, 54.0, 38.0),
    "sheet": Format(N_("Sheet of ten cards"), "sheet", 210.0, 297.0, 33.0, per_page=10),
    "sticker": Format(N_("Sticker"), "sticker", 50.0, 50.0, 29.0),
    "poster-a4": Format(N_("Poster A4"), "poster", 210.0, 297.0, 110.0, most_languages=None, most_codes=50),
    "poster-a3": Format(N_("Poster A3"), "poster", 297.0, 420.0, 155.5, most_languages=None, most_codes=50),
}
"""From the name in an address. Cards and badges are ID-1 (ISO/IEC 7810); a square of 110 mm is read from a
metre away, ten times its side."""


COLUMNS, ROWS = 2, 5
_PAPER = (210.0, 297.0)
_CARD = (85.6, 54.0)


@dataclass(frozen=True, slots=True)
class Shift:
    """How the cards of a sheet lie on the paper, in mm: moved `right` and `down`, with gaps between them.

    For stock that is cut already. Raises `Invalid("shift")` with the `field` when a card would not lie on the
    paper.
    """

    right: float = 0.0
    down: float = 0.0
    gap_x: float = 0.0
    gap_y: float = 0.0

    def __post_init__(self) -> None:
        for name, least in (("right", -MOST_SHIFT), ("down", -MOST_SHIFT), ("gap_x", 0.0), ("gap_y", 0.0)):
            if not least <= getattr(self, name) <= MOST_SHIFT:
                raise Invalid("shift", field=name)
        for name, axis, edges in (("right", 0, self.columns), ("down", 1, self.rows)):
            if edges[0] < 0 or edges[-1] + _CARD[axis] > _PAPER[axis]:
                raise Invalid("shift", field=name)

    @property
    def columns(self) -> list[float]:
        """Left edges of the cards, from the left edge of the paper."""
        return _edges(0, COLUMNS, self.gap_x, self.right)

    @property
    def rows(self) -> list[float]:
        """Upper edges of the cards, from the upper edge of the paper."""
        return _edges(1, ROWS, self.gap_y, self.down)


def _edges(axis: int, cards: int, gap: float, shift: float) -> list[float]:
    """Where the cards begin: in the middle of the paper, then shifted."""
    step = _CARD[axis] + gap
    first = (_PAPER[axis] - cards * step + gap) / 2 + shift
    return [first + at * step for at in range(cards)]
