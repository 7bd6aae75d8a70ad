"""One chart as a picture for a slide, 16 to 9: drawn once by typst, as SVG or as PNG of 1600 by 900.

It travels without its page: so its title, its period, what it rests on and where it comes from are in it, and
no letter is smaller than 24 px, which the last row of a room can read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Final, Literal

from portal.core.languages import LANGUAGES
from portal.printing.drawing import drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

Form = Literal["svg", "png"]
FORMS: dict[str, tuple[Form, str]] = {"svg": ("svg", "image/svg+xml"), "png": ("png", "image/png")}
WIDTH, HEIGHT = 1600, 900
LEAST = 24
"""Pixels of the smallest letter."""
_PPI: Final = 72.0
"""A point of typst is a pixel."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: how much of it (0..100), what stands beside its name, its tone."""

    label: str
    share: float
    figure: str
    tone: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: its name, what it rests on, and its pieces; a plain one has one piece."""

    label: str
    note: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line, in 0..100 with its bounds; None leaves a gap."""

    label: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Slide:
    """A chart: either bars or points. `reading` says it in a sentence, `base` what it rests on."""

    title: str
    period: str
    reading: str
    base: str
    source: str
    structure: str
    brand: str
    language: str
    bars: Sequence[Bar] = ()
    points: Sequence[Point] = ()
    scale: Sequence[str] = ()
    """The words of 0, 50 and 100 percent at a line's side."""


def slide(one: Slide, form: Form) -> bytes:
    """The picture. Raises `Refused("print")` with `reason` "fonts" or "glyph", as `making.made` does."""
    data = {**asdict(one), "dir": LANGUAGES[one.language].direction}
    picture = drawn("slide", data, format=form, ppi=_PPI)
    return picture if form == "png" else _said(picture, one)


def _said(picture: bytes, one: Slide) -> bytes:
    """The SVG with its words for who cannot see it: its letters are outlines, alike on every machine."""
    head, close, rest = picture.decode().partition(">")
    words = escape(f"{one.title}. {one.period}. {one.reading}")
    return f'{head} role="img" lang="{one.language}"{close}<title>{words}</title>{rest}'.encode()
