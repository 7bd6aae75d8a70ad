"""The pictures of README.md, taken of the demo world by Chromium, at an instant that is always the same.

Run by `dev.py` with the Python of `.venv`. What a reader meets first must be what the portal shows today, so
that nothing is drawn or touched up: the pictures are made anew, and kept small.
"""

from __future__ import annotations

import logging
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from portal.app import compose
from portal.core.clock import FixedClock
from portal.demo import PASSWORD, make_world, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page, ViewportSize

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
NOW = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
MOST_BYTES = 80_000
_COLOURS = 96
_ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_WHO = "quality.lead@passerelle.example"


def first_question(page: Page, base_url: str, world: dict[str, Any]) -> None:
    """A resident has scanned a poster."""
    codes = world["structures"][0]["codes"]
    page.goto(f"{base_url}/q/{next(one['code'] for one in codes if one['kind'] == 'poster')}")


def dashboard(page: Page, base_url: str, world: dict[str, Any]) -> None:
    """The quality lead looks at the last twelve months."""
    page.goto(f"{base_url}/sign-in")
    page.locator("input[name=email]").fill(_WHO)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button").click()
    page.goto(f"{base_url}/s/{world['structures'][0]['slug']}/dashboard")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, how large the window is, how many dots make a pixel, and the way to the page."""

    name: str
    window: ViewportSize
    scale: float
    go: Callable[[Page, str, dict[str, Any]], None]


PICTURES = (
    Picture("first-question", {"width": 360, "height": 720}, 1.5, first_question),
    Picture("dashboard", {"width": 1120, "height": 900}, 1.0, dashboard),
)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The demo world at an address of this machine, and what it tells of itself."""
    config = settings(folder, 8000)
    world = make_world(config, NOW)
    app, database = compose(config, clock=FixedClock(NOW))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", world
    finally:
        server.shutdown()
        database.engine.dispose()


def small(png: bytes) -> bytes:
    """The same picture with a palette. Raises `ValueError` when it stays too big for a README."""
    shrunk = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(_COLOURS).save(shrunk, "PNG", optimize=True)
    if len(shrunk.getvalue()) > MOST_BYTES:
        raise ValueError(f"{len(shrunk.getvalue())} bytes, {MOST_BYTES} at most")
    return shrunk.getvalue()


def main() -> int:
    """0 when every picture was taken, 1 and a sentence without Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("The pictures are taken by Chromium: install the package chromium.\n")
        return 1
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        served(Path(folder)) as (base_url, world),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGS)
        for one in PICTURES:
            page = browser.new_page(
                viewport=one.window, device_scale_factor=one.scale, locale="fr-FR", java_script_enabled=False
            )
            one.go(page, base_url, world)
            content = small(page.screenshot())
            (FOLDER / f"{one.name}.png").write_bytes(content)
            sys.stdout.write(f"docs/pictures/{one.name}.png: {len(content) / 1000:.0f} kB\n")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
