"""Any colour a structure may wish for becomes readable, and moves no more than it must."""

from __future__ import annotations

import os
import random

import pytest

from portal.web.theme import DEFAULT_COLOUR, SOFT, contrast, corrected

# `THEME_COLOURS=10000` runs the long count; the suite keeps a sample that takes a blink.
COLOURS = int(os.environ.get("THEME_COLOURS", "600"))


def test_random_colours_all_reach_their_contrasts() -> None:
    chance = random.Random(2026)  # noqa: S311 -- a sample of colours, not a secret
    for _ in range(COLOURS):
        wished = f"#{chance.randrange(0x1000000):06x}"
        theme = corrected(wished)
        for surface in ("#ffffff", SOFT):
            assert contrast(theme.brand, surface) >= 4.5, wished
            assert contrast(theme.border, surface) >= 3.0, wished
        assert contrast(theme.on_brand, theme.brand) >= 4.5, wished


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
