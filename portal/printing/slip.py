"""The card to take home: the number of a message, by when it is answered, a square that leads to the answer.

It is made while its page stands, from the token in that page's address, and kept nowhere.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from portal.channels.qr import svg
from portal.core.languages import LANGUAGES
from portal.printing.drawing import drawn
from portal.printing.proof import require_readable

if TYPE_CHECKING:
    from portal.printing.making import Square

SQUARE = 34.0
"""Side of the square with its quiet zone, in mm."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A card of A6 in the person's language; `receipt` are the three groups of its digits."""

    title: str
    structure: str
    brand: str
    language: str
    received: str
    keep: str
    receipt: tuple[str, ...] = field(repr=False)
    answer: str
    follow: str
    address: str
    second_look: str
    square: Square


def slip_pdf(slip: Slip) -> bytes:
    """The PDF. Raises `Refused("print")` and `Refused("qr")` as `questionnaire.printed` does."""
    data = {
        **asdict(slip),
        "dir": LANGUAGES[slip.language].direction,
        "picture": svg(slip.square.payload, title=slip.square.code),
        "side": SQUARE,
    }
    pdf = drawn("slip", data)
    require_readable(pdf, [[slip.square.payload]], square=SQUARE)
    return pdf
