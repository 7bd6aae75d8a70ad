"""The questionnaire on paper: a sheet to fill in with a pen, its boxes numbered as they are typed.

Set as PDF/UA-1 like every paper; the square on it is read back before the file is given away.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from portal.channels.qr import svg
from portal.core.languages import LANGUAGES
from portal.printing.drawing import drawn
from portal.printing.proof import page_count, require_readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typst

    from portal.printing.making import Picture, Square

SQUARE = 30.0
"""Side of the square with its quiet zone, in mm: read at arm's length."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box to tick: its number or letter, what it says, and the face beside it, if any."""

    mark: str
    label: str
    face: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its `mark` ("Q1"), in its language; without boxes, lines to write on."""

    mark: str
    text: str
    language: str
    boxes: Sequence[Box] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet in one language: what stands on top, the questions, what stands below them.

    `square` is None for a sheet of a site without a code. `helped` asks how it was filled in; `mark` tells
    the version, small, for whoever types it. Colours pass contrast already.
    """

    title: str
    how: str
    questions: Sequence[Asked]
    helped: Asked
    day: str
    complaint: str
    privacy: str
    mark: str
    structure: str
    brand: str
    language: str
    host: str
    square: Square | None = None
    logo: Picture | None = field(default=None, repr=False)


def printed(sheet: Sheet, *, fonts: typst.Fonts | None = None) -> bytes:
    """The PDF, A4. Raises `Refused("print")` with `reason` "fonts" or "glyph", as `making.made` does.

    Raises `Refused("qr")` when its square does not say its address.
    """
    data = {
        **asdict(sheet),
        "dir": LANGUAGES[sheet.language].direction,
        "questions": [_data(one) for one in sheet.questions],
        "helped": _data(sheet.helped),
        "picture": sheet.square and svg(sheet.square.payload, title=sheet.square.code),
        "side": SQUARE,
        "logo": sheet.logo and {**asdict(sheet.logo), "png": list(sheet.logo.png)},
    }
    pdf = drawn("questionnaire", data, fonts=fonts)
    require_readable(pdf, _expected(pdf, sheet), square=SQUARE)
    return pdf


def _data(asked: Asked) -> dict[str, object]:
    return {**asdict(asked), "dir": LANGUAGES[asked.language].direction}


def _expected(pdf: bytes, sheet: Sheet) -> list[list[str]]:
    """The square stands on the first page; a sheet with many questions has a second one."""
    pages = page_count(pdf)
    first = [sheet.square.payload] if sheet.square else []
    return [first, *([] for _ in range(pages - 1))]
