"""The card to take home: the number of a message, by when it is answered, a square that leads to the answer.

It is made while its page stands, from the token in that page's address, and kept nowhere.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

import typst

from portal.channels.qr import svg
from portal.core.errors import Refused
from portal.core.languages import LANGUAGES
from portal.printing.fonts import missing, system_fonts
from portal.printing.making import DRAWINGS, STANDARD, Square, refusal_of
from portal.printing.proof import require_readable

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
    fonts = system_fonts()
    if absent := missing(fonts):
        raise Refused("print", reason="fonts", families=absent)
    data = {
        **asdict(slip),
        "dir": LANGUAGES[slip.language].direction,
        "picture": svg(slip.square.payload, title=slip.square.code),
        "side": SQUARE,
    }
    try:
        pdf: bytes = typst.compile(
            str(DRAWINGS / "slip.typ"),
            root=str(DRAWINGS),
            font_paths=fonts,
            sys_inputs={"slip": json.dumps(data)},
            pdf_standards=STANDARD,
        )
    except typst.TypstError as fault:
        raise refusal_of(fault) from fault
    require_readable(pdf, [[slip.square.payload]], square=SQUARE)
    return pdf
