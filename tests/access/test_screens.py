"""Every screen passes axe and the scripted checks, in French and in Arabic, on a phone and at a desk.

The default run looks at each screen once, at half of them in French at 360 pixels, at the others in Arabic
at 1280, and walks through the first screen of each view by its keys; `PORTAL_TEST_LONG=1` does all of it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from access.checks import CHECKS, ONCE, WALKED, Seen
from access.ground import Ground, Visitor
from access.screens import NO_PAGE, SCREENS

from portal.web.guard import is_staff_address

if TYPE_CHECKING:
    from access.battery import Projector
    from access.screens import Screen

pytestmark = pytest.mark.browser

PHONE, DESK = 360, 1280
OK = 200
SHORT = (("fr", PHONE), ("ar", DESK))
LONG = tuple((language, width) for language in ("fr", "ar") for width in (PHONE, DESK))


def looks(name: str) -> tuple[tuple[str, int], ...]:
    """In which languages and widths a screen is looked at in this run."""
    if os.environ.get("PORTAL_TEST_LONG"):
        return LONG
    return (SHORT[list(SCREENS).index(name) % len(SHORT)],)


def left_out(name: str, number: int) -> frozenset[str]:
    """The checks that this look at a screen, the first or a later one, does without."""
    if number:
        return ONCE
    view = SCREENS[name].endpoint
    first = next(one for one, screen in SCREENS.items() if screen.endpoint == view)
    is_long = bool(os.environ.get("PORTAL_TEST_LONG"))
    return frozenset() if is_long or not view or name == first else WALKED


def faults(
    projector: Projector, ground: Ground, screen: Screen, look: tuple[str, int], without: frozenset[str]
) -> list[str]:
    """Everything that is wrong with a screen, each with the name of its check."""
    language, width = look
    answer = screen.opened(Visitor(ground, language))
    assert answer.status_code == screen.status, (answer.status_code, answer.text)
    shown = projector.show(answer, width)
    is_staff = is_staff_address(answer.request.path) or answer.request.path.startswith("/help")
    has_faults = answer.status_code == 422
    seen = Seen(screen.language or language, is_staff=is_staff, has_faults=has_faults)
    return [
        f"{language} at {width}, {name}: {fault}"
        for name, check in CHECKS.items()
        if (not screen.only or name in screen.only) and name not in without
        for fault in check(shown, seen)
    ]


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_passes_every_check(projector: Projector, ground: Ground, name: str) -> None:
    screen = SCREENS[name]
    found = [
        one
        for number, look in enumerate(looks(name))
        for one in faults(projector, ground, screen, look, left_out(name, number))
    ]
    assert not found, "\n".join(found)


def test_every_page_of_the_application_is_a_screen(ground: Ground) -> None:
    opened = {
        rule.endpoint for rule in ground.world.app.url_map.iter_rules() if "GET" in (rule.methods or ())
    }
    shown = {screen.endpoint for screen in SCREENS.values()} - {""}
    assert opened == shown | NO_PAGE.keys()
    assert not shown & NO_PAGE.keys()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_no_two_screens_have_the_same_title(ground: Ground, language: str) -> None:
    titles: dict[str, set[str]] = {}
    for screen in SCREENS.values():
        if screen.status == OK and screen.language is None:
            answer = screen.opened(Visitor(ground, language))
            found = re.search(r"<title>(.*?)</title>", answer.text)
            assert found
            titles.setdefault(found[1], set()).add(screen.endpoint)
    assert {title: views for title, views in titles.items() if len(views) > 1} == {}
