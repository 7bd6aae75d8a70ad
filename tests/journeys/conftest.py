"""What journeys stand on: a served world, and a small phone without JavaScript that looks at it.

The phone fails its test when a page asks for anything outside the portal, whatever else the test looks at.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build import World
    from playwright.sync_api import Browser, Page, ViewportSize
    from serving import Served

PHONE: ViewportSize = {"width": 360, "height": 640}
_ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PATIENCE_MS = 10_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once per worker."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def served(sqlite_world: World) -> Iterator[Served]:
    """Two structures, served at an address of this machine: `served.url("/q/…")`, `served.world`."""
    with serving(sqlite_world) as made:
        yield made


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A phone of 360 × 640 whose browser runs no script; every request it makes stays in the portal."""
    context = browser.new_context(
        viewport=PHONE, java_script_enabled=False, locale="fr-FR", has_touch=True, is_mobile=True
    )
    context.set_default_timeout(_PATIENCE_MS)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    yield context.new_page()
    context.close()
    outside = [url for url in asked if not url.startswith((served.base_url, "data:"))]
    assert outside == []
