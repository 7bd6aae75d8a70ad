"""The scripted checks of a screen: what axe cannot see (WCAG 2.2 and RGAA 4.1.2, by number in each line).

Each takes a page that is shown and gives its faults as short sentences; `planted` has a bad page for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops

from portal.core.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from access.battery import Shown

STAFF_TARGET, RESIDENT_TARGET = 24, 44
"""Least sides of what is tapped: WCAG 2.2, 2.5.8, and what we hold ourselves to for residents (2.5.5)."""
NARROW = (320, 256)
NAMES = (
    "Camille Roux",
    "La Passerelle",
    "Rive Gauche",
    "Plume",
    "Nadège",
    "Yasmine",
    "Émile",
    "Noor",
    "Portevoix",
    "Bailleur",
)
"""Proper names in the furnished world."""
ERROR = {"fr": "Erreur", "ar": "خطأ", "en": "Error"}
_LEAST = 3.0
_SEEN_PIXELS = 1.0
"""A ring has at least the area of one pixel around the control (WCAG 2.4.13 asks for two; ours has four)."""
_MARGIN = 8
_MOST_STOPS = 400


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check is told of a screen beside the page."""

    language: str
    is_staff: bool
    has_faults: bool
    """A form came back with what is wrong in it."""


def _luminance(picture: Image.Image) -> list[float]:
    """The relative luminance of each pixel (WCAG 2.2)."""
    table = [(v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4) for v in range(256)]
    reds, greens, blues = (band.tobytes() for band in picture.split())
    return [
        0.2126 * table[r] + 0.7152 * table[g] + 0.0722 * table[b]
        for r, g, b in zip(reds, greens, blues, strict=True)
    ]


def _contrast(one: float, other: float) -> float:
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)


def changed_pixels(before: Image.Image, after: Image.Image) -> int:
    """How many pixels changed by a contrast of 3:1 and more."""
    if ImageChops.difference(before, after).getbbox() is None:
        return 0
    pairs = zip(_luminance(before), _luminance(after), strict=True)
    return sum(_contrast(one, other) >= _LEAST for one, other in pairs)


def tab_order(shown: Shown, _seen: Seen) -> list[str]:
    """Tab goes through every control in the order of the page, and out of it again."""
    count: int = shown.step("count")
    shown.step("set_out")
    # A field for a date or an hour is several stops: day, month, year.
    for _ in range(min(count + 4 * shown.page.locator("[type=date], [type=time]").count(), _MOST_STOPS)):
        shown.page.keyboard.press("Tab")
    found: list[str] = shown.step("astray")
    return found


def skip_link(shown: Shown, _seen: Seen) -> list[str]:
    """The first stop leads to the content: what Tab reaches after it is in `main`."""
    page = shown.page
    shown.step("skip")
    page.keyboard.press("Enter")
    inside: bool = shown.step("is_inside")
    return [] if inside else ["the skip link does not lead into main"]


def focus_seen(shown: Shown, _seen: Seen) -> list[str]:
    """Whatever has the focus looks different by 3:1; each kind of control once a run."""
    page, found = shown.page, []
    for at, kind in shown.step("kinds"):
        if kind in shown.seen:
            continue
        shown.seen.add(kind)
        shown.step("leave")
        # A key was pressed last, so that the browser shows the focus it is given.
        page.keyboard.press("Shift")
        found += _focus_faults(shown, at)
    return found


def _focus_faults(shown: Shown, at: int) -> list[str]:
    page = shown.page
    box: dict[str, Any] = shown.step("box", at)
    size = page.viewport_size or {"width": 0, "height": 0}
    left, top = max(0, box["x"] - _MARGIN), max(0, box["y"] - _MARGIN)
    clip = {
        "x": left,
        "y": top,
        "width": max(1, min(size["width"] - left, box["width"] + 2 * _MARGIN)),
        "height": max(1, min(size["height"] - top, box["height"] + 2 * _MARGIN)),
    }
    shown.step("leave")
    before = shown.picture(clip=clip)
    shown.step("enter", at)
    changed = changed_pixels(before, shown.picture(clip=clip))
    least = 2 * (min(box["width"], size["width"]) + min(box["height"], size["height"])) * _SEEN_PIXELS
    return [] if changed >= least else [f"focus changes {changed} of {least:.0f} pixels: {box['called']}"]


def narrow(shown: Shown, _seen: Seen) -> list[str]:
    """Nothing to be scrolled sideways at 320 and 256 pixels, and nothing cut (WCAG 1.4.10)."""
    found = []
    for width in NARROW:
        shown.resized(width)
        found += [f"at {width}: {fault}" for name in ("reflow", "clipped") for fault in shown.probe(name)]
    shown.resized(shown.width)
    return found


def twice_as_big(shown: Shown, _seen: Seen) -> list[str]:
    """Text of twice its size is neither cut nor wider than the page (WCAG 1.4.4)."""
    shown.step("text_size", 2)
    found = [*shown.probe("reflow"), *shown.probe("clipped")]
    shown.step("text_size", 1)
    return found


def spaced(shown: Shown, _seen: Seen) -> list[str]:
    """Lines, letters and words set further apart are neither cut nor wider than the page (WCAG 1.4.12)."""
    shown.step("spacing", 1)
    found = [*shown.probe("reflow"), *shown.probe("clipped")]
    shown.step("spacing", 0)
    return found


def forced_colours(shown: Shown, _seen: Seen) -> list[str]:
    """In the colours of the system, pictures and words stand out by 3:1 from what they lie on.

    Each kind of part where it stands once a run: most pages are drawn with what others have shown already.
    """
    shown.page.emulate_media(forced_colors="active", color_scheme="dark")
    found = shown.probe("colour_alone")
    boxes: list[dict[str, Any]] = [box for box in shown.step("pictures") if box["kind"] not in shown.seen]
    shown.seen.update(box["kind"] for box in boxes)
    whole = shown.picture(full_page=True) if boxes else Image.new("RGB", (1, 1))
    for box in boxes:
        # A picture is held against what is around it, too.
        more = 3 if "<svg" in box["called"] else 0
        corners = (
            box["x"] - more,
            box["y"] - more,
            box["x"] + box["width"] + more,
            box["y"] + box["height"] + more,
        )
        part = whole.crop(tuple(round(one) for one in corners)).convert("L")
        low, high = part.getextrema()
        if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
            raise TypeError(part.mode)
        grey = [((one / 255 + 0.055) / 1.055) ** 2.4 for one in (low, high)]
        if _contrast(*grey) < _LEAST:
            found.append(f"{_contrast(*grey):.1f}:1 in forced colours: {box['called']}")
    shown.page.emulate_media(forced_colors="none", color_scheme="light")
    return found


def motion(shown: Shown, _seen: Seen) -> list[str]:
    """Nothing moves for who wants no movement (WCAG 2.3.3)."""
    shown.page.emulate_media(reduced_motion="reduce")
    found = shown.probe("motion")
    shown.page.emulate_media(reduced_motion="no-preference")
    return found


_NEED_A_NAME = ("button", "checkbox", "combobox", "heading", "img", "link", "radio", "textbox", "listbox")


def outline(shown: Shown) -> list[tuple[str, str]]:
    """The tree that a screen reader is given: role and name, in order."""
    lines = [
        line.strip().removeprefix("- ") for line in shown.page.locator("body").aria_snapshot().split("\n")
    ]
    told = [line.removeprefix("'").partition(" ") for line in lines]
    return [(role.rstrip(":"), rest.rstrip(":")) for role, _, rest in told if role.rstrip(":").isalpha()]


def names(shown: Shown, _seen: Seen) -> list[str]:
    """Each control, heading and picture has a name for a screen reader (WCAG 4.1.2)."""
    tree = outline(shown)
    return [f"a {role} without a name" for role, name in tree if role in _NEED_A_NAME and '"' not in name]


def language(shown: Shown, seen: Seen) -> list[str]:
    """Page, parts in other languages and directions are told (WCAG 3.1.1, 3.1.2)."""
    return shown.probe("language", seen.language, LANGUAGES[seen.language].direction, list(NAMES))


def targets(shown: Shown, seen: Seen) -> list[str]:
    """What is tapped is 44 pixels each way for residents, 24 for staff (WCAG 2.5.5, 2.5.8)."""
    return shown.probe("targets", STAFF_TARGET if seen.is_staff else RESIDENT_TARGET)


def faults_told(shown: Shown, seen: Seen) -> list[str]:
    """A form that comes back says what is wrong: on top, in the title, at the field (WCAG 3.3.1, 3.3.3)."""
    return shown.probe("faults_told", ERROR[seen.language]) if seen.has_faults else []


def of_probe(name: str) -> Callable[[Shown, Seen], list[str]]:
    """A check that is one probe."""
    return lambda shown, _seen: shown.probe(name)


def by_axe(shown: Shown, _seen: Seen) -> list[str]:
    """Nothing that axe finds."""
    return shown.axe()


CHECKS: dict[str, Callable[[Shown, Seen], list[str]]] = {
    # The focus is where the page put it only before anything else is done.
    "faults_told": faults_told,
    "axe": by_axe,
    "motion": motion,
    "structure": of_probe("structure"),
    "markup": of_probe("markup"),
    "absent": of_probe("absent"),
    "fields": of_probe("fields"),
    "lists": of_probe("lists"),
    "names": names,
    "language": language,
    "targets": targets,
    "boundaries": of_probe("boundaries"),
    "colour_alone": of_probe("colour_alone"),
    "visual_order": of_probe("visual_order"),
    "generated": of_probe("generated"),
    "without_style": of_probe("without_style"),
    "reflow": of_probe("reflow"),
    "clipped": of_probe("clipped"),
    "narrow": narrow,
    "twice_as_big": twice_as_big,
    "spaced": spaced,
    "forced_colours": forced_colours,
    "tab_order": tab_order,
    "skip_link": skip_link,
    "focus_seen": focus_seen,
}
"""In this order on one page: what changes it puts it back."""

WALKED = frozenset({"tab_order", "skip_link", "motion"})
"""What is walked key by key, or waited for: by default looked at once for each view of the application."""
ONCE = frozenset({"markup", "absent", "lists", "generated", "without_style", "motion", "forced_colours"})
"""What depends on neither the language nor the width of a screen: looked at once for each."""
