"""Any colour a structure may wish for becomes readable, and moves no more than it must."""

from __future__ import annotations

import math
import os
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from portal.web.theme import DEFAULT_COLOUR, SOFT, Theme, _linear, _oklab, contrast, corrected

if TYPE_CHECKING:
    from collections.abc import Iterator

COLOURS = 10_000 if os.environ.get("PORTAL_TEST_LONG") else 600
"""All ten thousand with `PORTAL_TEST_LONG=1`; the suite keeps a sample that takes a blink."""
HUE_BAND = 4.0
"""Degrees: what the 255 steps of a screen take away from a pale colour."""
GREYEST = 0.03
"""Chroma in OKLab below which a colour has no hue to speak of."""


def wishes() -> Iterator[str]:
    """Colours as anybody may wish them, the same in every run."""
    chance = random.Random(2026)  # noqa: S311 -- a sample of colours, not a secret
    for _ in range(COLOURS):
        yield f"#{chance.randrange(0x1000000):06x}"


def hue(colour: str) -> tuple[float, float]:
    """Hue in degrees and chroma of a colour, in OKLCH."""
    _lightness, a, b = _oklab(_linear(colour))
    return math.degrees(math.atan2(b, a)), math.hypot(a, b)


def turned(one: str, other: str) -> float:
    """Degrees between the hues of two colours; 0 when one of them is nearly grey."""
    (first, chroma), (second, left) = hue(one), hue(other)
    return 0.0 if min(chroma, left) < GREYEST else abs((first - second + 180) % 360 - 180)


def faults(wished: str, theme: Theme) -> list[str]:
    """What cannot be read in a theme, or is another colour than was wished; empty when all is well."""
    found = []
    for surface in ("#ffffff", SOFT):
        if contrast(theme.brand, surface) < 4.5:
            found.append(f"text on {surface}")
        if contrast(theme.border, surface) < 3.0:
            found.append(f"border on {surface}")
    if contrast(theme.on_brand, theme.brand) < 4.5:
        found.append("text on brand")
    found += [f"hue of {one}" for one in (theme.brand, theme.border) if turned(wished, one) > HUE_BAND]
    return found


def test_every_colour_becomes_readable_and_keeps_its_hue() -> None:
    assert {wished: found for wished in wishes() if (found := faults(wished, corrected(wished)))} == {}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"brand": "#f2a900"}, ["text on #ffffff", "text on #eef4f6", "text on brand"]),
        ({"border": "#ffd27f"}, ["border on #ffffff", "border on #eef4f6", "hue of #ffd27f"]),
        ({"on_brand": "#000000"}, ["text on brand"]),
        ({"brand": "#a35e00"}, ["hue of #a35e00"]),
    ],
)
def test_a_colour_left_as_it_was_or_turned_is_seen(change: dict[str, str], found: list[str]) -> None:
    theme = corrected("#f2a900")
    assert faults("#f2a900", theme) == []
    assert faults("#f2a900", replace(theme, **change)) == found


@pytest.mark.parametrize(
    "edge", ["#ffffff", "#000000", "#ffff00", "#00ffff", "#ff00ff", "#0000ff", "#eef4f6"]
)
def test_the_corners_of_the_colour_cube_are_readable(edge: str) -> None:
    assert contrast(corrected(edge).brand, SOFT) >= 4.5


@pytest.mark.parametrize("colour", ["#17606b", "#7a1f3d", "#1b3a7a", "#000000"])
def test_a_readable_colour_is_left_alone(colour: str) -> None:
    assert corrected(colour).brand == colour


def test_a_border_may_stay_nearer_to_the_wish_than_text() -> None:
    theme = corrected("#f2a900")
    assert contrast(theme.border, "#ffffff") < contrast(theme.brand, "#ffffff")


@pytest.mark.parametrize(
    ("given", "same"), [("F80", "#ff8800"), (" #FF8800 ", "#ff8800"), ("ff8800", "#ff8800")]
)
def test_short_and_unsigned_notations_mean_the_same_colour(given: str, same: str) -> None:
    assert corrected(given) == corrected(same)


@pytest.mark.parametrize("junk", ["", "red", "#12", "#12345g", "#١٢٣", "url(x)", "#fff;}body{"])
def test_what_is_no_colour_becomes_the_portals_own(junk: str) -> None:
    assert corrected(junk) == corrected(DEFAULT_COLOUR)


def test_the_style_block_holds_only_hexadecimal_colours() -> None:
    assert corrected("</style>").css() == corrected(DEFAULT_COLOUR).css()
    assert corrected("#000").css() == ":root{--brand:#000000;--on-brand:#ffffff;--brand-border:#000000}"
