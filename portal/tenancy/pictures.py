"""A logo drawn anew from its pixels, in two forms: one for paper, one small enough to stand inside a page.

What was sent is never kept nor handed on: no place, no device, no script, no second file hidden behind the
first survives (a picture that is two things at once is only a picture afterwards). Pure: bytes in, bytes out.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Final

from PIL import Image, UnidentifiedImageError

from portal.core.errors import Invalid
from portal.core.upright import UNPACKING, upright

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SENT = 4 * 1024 * 1024
MOST_ON_PAPER = 96 * 1024
"""Bytes of the form for paper: it travels in a form between the preview and the keeping."""
MOST_SMALL = 1792
"""Characters of the small form, written as a `data:` address inside every page.

The first screen of a resident is 8 kB on the wire at most, with the logo in every language; a page of words
takes 6.6 of them with its headers, and base64 loses a quarter in compression.
"""
MOST_HIGH: Final = 36
MOST_WIDE: Final = 120
"""How large a page shows it, in CSS pixels."""

_FORMATS = ("PNG", "JPEG", "WEBP")
_MAX_PIXELS = 16_000_000
_SHORTEST_SIDE = 32
_LONGEST_SHAPE = 6
_PAPER_SIDES = (1000, 700, 500, 350, 250)
_SHARPNESS = (2.0, 1.5, 1.0)
"""Pixels drawn for one CSS pixel: the sharpest that fits is taken."""
_COLOURS = (64, 32)
_QUALITIES = (80, 60, 40)
_PALEST = 225
"""Of 255: a logo with nothing darker disappears on white paper."""
_WHITE = (255, 255, 255, 255)
_OPAQUE = 16
"""Of 255: what is fainter is taken for nothing when the rim is cut off."""
_DRAWING_SIGNS = (b"<svg", b"<?xml", b"<!doctype svg")
_LOOKED_AT = 512


@dataclass(frozen=True, slots=True)
class SmallLogo:
    """A logo inside a page: its `data:` address, and how large it is shown, in CSS pixels."""

    address: str = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A logo as it is kept: PNG for paper with its size in pixels; `small` is a `data:` address, "" without.

    There is none when even its coarsest form is larger than `MOST_SMALL`.
    """

    paper: bytes = field(repr=False)
    width: int
    height: int
    small: str = field(repr=False)

    @property
    def on_page(self) -> SmallLogo | None:
        """As pages show it; None when it is left out there."""
        return shown(self.small, self.width, self.height)


def shown(small: str, width: int, height: int) -> SmallLogo | None:
    """The small form of a logo of this shape, as pages show it; None for an empty one."""
    return SmallLogo(small, *shown_size(width, height)) if small else None


def shown_size(width: int, height: int) -> tuple[int, int]:
    """The largest size of this shape that a page has room for, in CSS pixels, 1 at least."""
    scale = min(MOST_WIDE / width, MOST_HIGH / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def redrawn(raw: bytes) -> Drawn:
    """The logo in its two forms, without its empty rim.

    Raises `Invalid("logo")` with `reason`: "size" above 4 MB, "drawing" for SVG, "form" for any other that is
    no PNG, JPEG or WebP, "broken" for a picture cut short, "many" for too many pixels, "shape" for one more
    than six times as long as wide, "tiny" below 32 pixels, "blank" when nothing is to be seen on white.
    """
    if len(raw) > MOST_SENT:
        raise Invalid("logo", reason="size")
    picture = _without_rim(_opened(raw))
    if min(picture.size) < _SHORTEST_SIDE:
        raise Invalid("logo", reason="tiny")
    if max(picture.size) > _LONGEST_SHAPE * min(picture.size):
        raise Invalid("logo", reason="shape")
    paper, size = _on_paper(picture)
    return Drawn(paper, *size, _small(picture))


def _opened(raw: bytes) -> Image.Image:
    """The first picture of the file, its pixels copied into one that nothing else is attached to."""
    if raw[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_DRAWING_SIGNS):
        raise Invalid("logo", reason="drawing")
    try:
        # Only what the file begins with counts, never its name; size is known before a pixel is unpacked.
        with UNPACKING, Image.open(BytesIO(raw), formats=_FORMATS) as picture:
            _check_size(*picture.size)
            turned = upright(picture).convert("RGBA")
    except UnidentifiedImageError:
        raise Invalid("logo", reason="form") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid("logo", reason="many") from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise Invalid("logo", reason="broken") from None
    fresh = Image.new("RGBA", turned.size)
    fresh.paste(turned)
    return fresh


def _check_size(width: int, height: int) -> None:
    if width * height > _MAX_PIXELS:
        raise Invalid("logo", reason="many")
    if max(width, height) > _LONGEST_SHAPE * _MOST_RIM * min(width, height):
        raise Invalid("logo", reason="shape")


_MOST_RIM = 4
"""A picture may be this much longer with its empty rim than what is left without it."""


def _without_rim(picture: Image.Image) -> Image.Image:
    """The picture cut to what is to be seen on white. Raises `Invalid("logo")` when that is nothing."""
    on_white = Image.alpha_composite(Image.new("RGBA", picture.size, _WHITE), picture).convert("L")
    if not any(on_white.histogram()[: _PALEST + 1]):
        raise Invalid("logo", reason="blank")
    ink = on_white.point([255 if shade < 255 - _OPAQUE else 0 for shade in range(256)])
    return picture.crop(ink.getbbox())


def _on_paper(picture: Image.Image) -> tuple[bytes, tuple[int, int]]:
    """The largest PNG within `MOST_ON_PAPER`, and its size in pixels."""
    for side in _PAPER_SIDES:
        smaller = picture.copy()
        smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
        for drawn in (smaller, _with_colours(smaller, 256)):
            written = _written(drawn, "PNG", optimize=True)
            if len(written) <= MOST_ON_PAPER:
                break
        if len(written) <= MOST_ON_PAPER:
            break
    return written, smaller.size


def _small(picture: Image.Image) -> str:
    """The sharpest small form within `MOST_SMALL` as a `data:` address; "" when none is."""
    wide, high = shown_size(*picture.size)
    for sharpness in _SHARPNESS:
        size = (max(1, round(wide * sharpness)), max(1, round(high * sharpness)))
        for media_type, written in _tries(picture.resize(size, Image.Resampling.LANCZOS)):
            address = f"data:image/{media_type};base64,{b64encode(written).decode()}"
            if len(address) <= MOST_SMALL:
                return address
    return ""


def _tries(small: Image.Image) -> Iterator[tuple[str, bytes]]:
    """The same picture ever coarser, with its media type: few colours suit a drawing, WebP a photo."""
    for colours in _COLOURS:
        yield "png", _written(_with_colours(small, colours), "PNG", optimize=True)
    for quality in _QUALITIES:
        yield "webp", _written(small, "WEBP", quality=quality, method=6)


def _with_colours(picture: Image.Image, colours: int) -> Image.Image:
    return picture.quantize(colours, Image.Quantize.FASTOCTREE)


def _written(picture: Image.Image, kind: str, **options: int) -> bytes:
    written = BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()
