"""Every brand colour made readable: a structure gives one colour, pages get one that passes contrast.

Nothing is refused: a colour is darkened, hue kept, until text in it can be read on every surface of ours.
Pure: it knows no request, no table and no file. Colour maths: OKLab/OKLCH (B. Ottosson, 2020) and the
contrast ratio of WCAG 2.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_COLOUR = "#17606b"
SOFT = "#eef4f6"  # the darkest surface that carries brand text; white is lighter, so it passes with it
TEXT_CONTRAST = 4.5
BORDER_CONTRAST = 3.0

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})\Z", re.IGNORECASE)
_STEP = 0.005  # of OKLab lightness: below what an eye tells apart, so a colour moves no more than it must
_MOST = 255
_HALVINGS = 8
_GAMUT_SLACK = 0.002  # of a linear part: less than one of the 255 steps of a bright one
_LINEAR_BELOW = 0.04045
_GAMMA_BELOW = 0.0031308

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one structure's pages, as `#rrggbb`: text and fills, text upon a fill, borders."""

    brand: str
    on_brand: str
    border: str

    def css(self) -> str:
        """The custom properties that the stylesheet reads, for the second style block of a page."""
        return f":root{{--brand:{self.brand};--on-brand:{self.on_brand};--brand-border:{self.border}}}"


def corrected(colour_hex: str) -> Theme:
    """The theme nearest to a wished colour: brand >= 4.5:1 and border >= 3:1 on white and on soft.

    Takes `#rgb`, `#rrggbb`, with or without the sign; anything else becomes the portal's own colour.
    """
    wished = _parse(colour_hex)
    brand = _darkened(wished, TEXT_CONTRAST)
    on_brand = max(("#ffffff", "#000000"), key=lambda text: contrast(text, brand))
    return Theme(brand, on_brand, _darkened(wished, BORDER_CONTRAST))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(_linear(one)), _luminance(_linear(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _parse(colour: str) -> str:
    """The colour as `#rrggbb` in lower case; the portal's own when it is not one."""
    match = _HEX.match(colour.strip())
    if match is None:
        return DEFAULT_COLOUR
    digits = match[1].lower()
    return "#" + (digits if len(digits) == len("rrggbb") else "".join(digit * 2 for digit in digits))


def _darkened(colour: str, ratio: float) -> str:
    """The first colour on the way to black that reaches `ratio` on the soft surface.

    Its hue is kept, and as much of its chroma as a screen can show that dark.
    """
    lightness, a, b = _oklab(_linear(colour))
    shade = colour
    while contrast(shade, SOFT) < ratio:
        lightness = max(lightness - _STEP, 0.0)
        shade = _hex(_on_screen((lightness, a, b)) if lightness else (0.0, 0.0, 0.0))
    return shade


def _on_screen(lab: Rgb) -> Rgb:
    """The colour in linear RGB, paler in chroma until a screen can show it: clipping would turn its hue."""
    lightness, a, b = lab
    rgb, chroma, step = _from_oklab(lab), 1.0, 0.5
    if not _is_shown(rgb):
        for _ in range(_HALVINGS):
            chroma += step if _is_shown(rgb) else -step
            step /= 2
            rgb = _from_oklab((lightness, a * chroma, b * chroma))
    return rgb


def _is_shown(rgb: Rgb) -> bool:
    return all(-_GAMUT_SLACK <= part <= 1 + _GAMUT_SLACK for part in rgb)


def _linear(colour: str) -> Rgb:
    red, green, blue = (int(colour[start : start + 2], 16) / _MOST for start in (1, 3, 5))
    return _ungamma(red), _ungamma(green), _ungamma(blue)


def _ungamma(part: float) -> float:
    return part / 12.92 if part <= _LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    return part * 12.92 if part <= _GAMMA_BELOW else 1.055 * part ** (1 / 2.4) - 0.055


def _luminance(rgb: Rgb) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def _hex(rgb: Rgb) -> str:
    """`#rrggbb`; what lies outside the screen's gamut is clipped."""
    return "#" + "".join(f"{round(_gamma(min(max(part, 0.0), 1.0)) * _MOST):02x}" for part in rgb)


def _oklab(rgb: Rgb) -> Rgb:
    red, green, blue = rgb
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_oklab(lab: Rgb) -> Rgb:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
