"""What journeys stand on: a served world, and a small phone without JavaScript that looks at it.

The phone fails its test when a page asks for anything outside the portal, whatever else the test looks at.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from browsing import Office, pages
from insight_world import answered, case_of
from serving import serving
from staff import PASSWORD, signed_in

from portal.cases.rules import Kind
from portal.web.house import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from build import World
    from playwright.sync_api import Browser, Page
    from serving import Served


@pytest.fixture
def served(sqlite_world: World) -> Iterator[Served]:
    """Two structures, served at an address of this machine, which their codes tell: `served.url("/q/…")`."""
    with serving(sqlite_world) as made:
        parts = sqlite_world.app.extensions
        parts[KEY] = replace(parts[KEY], config=replace(parts[KEY].config, base_url=made.base_url))
        yield made


@pytest.fixture
def new_page(browser: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    """A further phone or desk each time, which knows nothing of the others and stays in the portal."""
    with pages(browser, served.base_url) as made:
        yield made


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A phone of 360 × 640 whose browser runs no script; every request it makes stays in the portal."""
    return new_page()


@pytest.fixture
def office(served: Served, new_page: Callable[..., Page]) -> Office:
    """The office of Lyon, where opinions and messages have come before: none is the test's own."""
    world = served.world
    answered(world, meeting={"good": 9, "bad": 3}, day=date(2027, 2, 9))
    answered(world, meeting={"good": 12, "fair": 2, "bad": 1, "unknown": 1}, listened={"yes": 5, "no": 2})
    kept = date(2027, 3, 30)
    case_of(world, Kind.COMPLAINT, due=date(2027, 4, 1), answered_on=kept, first=2, net=3, gross=6)
    case_of(world, Kind.COMPLAINT, due=date(2027, 4, 1))
    case_of(world, Kind.REQUEST, due=date(2027, 4, 2))
    case_of(world, Kind.THANKS)
    return Office(served, new_page, signed_in(world).email, PASSWORD)
