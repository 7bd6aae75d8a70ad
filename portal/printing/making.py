"""From codes and words to a finished PDF/UA-1 file: set by typst, then read back before anybody gets it.

Whatever people wrote (a structure's name, a site's) travels as data and is never markup. The drawings stand
in `templates/print`; they can read that folder and nothing else.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from portal.channels.qr import svg
from portal.core.errors import Refused
from portal.core.languages import LANGUAGES
from portal.printing.drawing import drawn
from portal.printing.formats import RULER, Shift
from portal.printing.proof import require_readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typst

    from portal.printing.formats import Format

_ON_SCREEN = 150
"""Pixels per inch of a picture to look at."""


@dataclass(frozen=True, slots=True)
class Square:
    """One code to print: its six signs, the address in its square, where it stands, words for the picture."""

    code: str
    payload: str
    place: str
    alt: str


@dataclass(frozen=True, slots=True)
class Words:
    """What is said to residents in one language.

    `call` in three words (badge, sticker), `card` for whoever was just met; on a poster `invitation`, `how`
    to follow it, and what one may `trust` in.
    """

    lang: str
    dir: str
    call: str
    card: str
    invitation: str
    how: str
    trust: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG with its size in pixels: the structure's logo."""

    png: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be printed, for whom: squares in their order, words with the first language on top.

    The `logo` stands where a format has room for it beside all words. Colours are `#rrggbb` that pass
    contrast already. `language` and `title` are those of the file; `ruler` is the sentence beside the ruler
    of a sheet.
    """

    squares: Sequence[Square]
    words: Sequence[Words]
    structure: str
    host: str
    brand: str
    on_brand: str
    language: str
    title: str
    ruler: str
    shift: Shift = field(default_factory=Shift)
    logo: Picture | None = None


def made(format_: Format, order: Order, *, fonts: typst.Fonts | None = None) -> bytes:
    """The PDF, every square in it read back.

    Raises `Refused("print")` with `reason`: "fonts" when they are not installed, "glyph" with the letters
    `told` that none of them has, "room" when words do not fit, "many" above the format's `most_codes`.
    Raises `Refused("qr")` when a square of the file does not say its address.
    """
    if len(order.squares) > format_.most_codes:
        raise Refused("print", reason="many", most=format_.most_codes)
    pages = _pages(format_, order)
    pdf = _set_whole(format_, order, fonts)
    require_readable(pdf, pages, square=format_.square)
    return pdf


def looked_at(format_: Format, order: Order, *, fonts: typst.Fonts | None = None) -> bytes:
    """The first page as a PNG, for the screen: nothing that is printed. Raises `Refused` as `made` does."""
    return _set_whole(format_, order, fonts, format="png", ppi=_ON_SCREEN)


def _pages(format_: Format, order: Order) -> list[list[str]]:
    """The payloads on each page."""
    payloads = [square.payload for square in order.squares]
    return [payloads[first : first + format_.per_page] for first in range(0, len(payloads), format_.per_page)]


def _set_whole(format_: Format, order: Order, fonts: typst.Fonts | None, **output: Any) -> bytes:
    """The file; words come before the logo, which is left out where they would not fit beside it."""
    try:
        return _set(format_, order, fonts, **output)
    except Refused as refusal:
        if order.logo is None or refusal.facts.get("reason") != "room":
            raise
        return _set(format_, replace(order, logo=None), fonts, **output)


def _set(format_: Format, order: Order, fonts: typst.Fonts | None, **output: Any) -> bytes:
    return drawn(format_.drawing, _data(format_, order), fonts=fonts, **output)


def _data(format_: Format, order: Order) -> dict[str, object]:
    """What the drawings read; the same square of several cards is sent once."""
    data = asdict(order)
    data["dir"] = LANGUAGES[order.language].direction
    data["words"] = data["words"][: format_.most_languages]
    data["pictures"] = {one.payload: svg(one.payload, title=one.code) for one in order.squares}
    data["format"] = {"width": format_.width, "height": format_.height, "square": format_.square}
    data["ruler_length"] = RULER
    data["logo"] = order.logo and {**asdict(order.logo), "png": list(order.logo.png)}
    data["columns"], data["rows"] = order.shift.columns, order.shift.rows
    return data
