"""A browser that is shown what the application answered, and axe and our own probes beside the page.

The browser asks nobody: every address is answered from memory, with the very headers of the application.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from access.ground import HOST
from PIL import Image

from portal.core.paths import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route
    from werkzeug.test import TestResponse

PROBES = Path(__file__).with_name("probes.js").read_text(encoding="utf-8")
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4")
"""What axe is asked for: every rule with one of these tags; `target-size` besides, which it leaves out."""
_AXE = """tags => axe.run(document, {
    runOnly: {type: 'tag', values: tags},
    rules: {'target-size': {enabled: true}},
    resultTypes: ['violations', 'incomplete'],
})"""
_DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
_HEIGHT = 720
_PATIENCE_MS = 15_000


@lru_cache(maxsize=1)
def axe() -> str:
    """The program of axe-core that the package for Playwright brings along (MPL-2.0)."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@dataclass(slots=True)
class Shown:
    """A page in the browser, at one width."""

    page: Page
    width: int
    seen: set[str] = field(default_factory=set)
    """Kinds of controls whose focus, and of parts whose forced colours were looked at in this run."""

    def probe(self, name: str, *given: Any) -> list[str]:
        """What one of the probes finds."""
        found: list[str] = self.page.evaluate(
            "([name, given]) => probes[name](...given)", [name, list(given)]
        )
        return found

    def step(self, name: str, *given: Any) -> Any:
        """What one of the steps of the probes' file answers."""
        return self.page.evaluate("([name, given]) => steps[name](...given)", [name, list(given)])

    def resized(self, width: int) -> None:
        """Another width; a layout is always up to date when it is asked for."""
        self.page.set_viewport_size({"width": width, "height": _HEIGHT})

    def picture(self, **how: Any) -> Image.Image:
        """What is to be seen, as pixels."""
        taken = self.page.screenshot(animations="allow", caret="hide", **how)
        return Image.open(io.BytesIO(taken)).convert("RGB")

    def axe(self) -> list[str]:
        """The violations, each with its rule and where it is."""
        result = self.page.evaluate(_AXE, list(TAGS))
        return [
            f"{rule['id']}: {node['target']} {node['html'][:90]}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]


@dataclass
class Projector:
    """Shows answers of the application in one browser window, in which scripts run for the probes alone.

    Without slots: Playwright writes a note on whoever owns a handler.
    """

    page: Page
    answer: TestResponse | str = ""
    seen: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, browser: Browser) -> Projector:
        """A window with nothing in it."""
        page = browser.new_context().new_page()
        page.set_default_timeout(_PATIENCE_MS)
        made = cls(page)
        page.add_init_script(axe() + PROBES)
        page.route("**/*", made._fulfil)
        return made

    def show(self, answer: TestResponse | str, width: int) -> Shown:
        """The answer as a browser shows it that came to it by a link or a form; a text is a page as such."""
        self.answer = answer
        self.page.emulate_media(forced_colors="none", reduced_motion="no-preference")
        self.page.set_viewport_size({"width": width, "height": _HEIGHT})
        path = "/" if isinstance(answer, str) else answer.request.path
        self.page.goto(HOST + path)
        # What takes the focus by itself has it after the first picture.
        self.page.evaluate(_DRAWN)
        return Shown(self.page, width, self.seen)

    def _fulfil(self, route: Route) -> None:
        if route.request.resource_type == "document" and route.request.frame.parent_frame is None:
            if isinstance(self.answer, str):
                route.fulfill(status=200, content_type="text/html; charset=utf-8", body=self.answer)
                return
            headers = {name.lower(): value for name, value in self.answer.headers if name != "Set-Cookie"}
            # A refusal is shown as a page too, and not as the browser's own page for it.
            route.fulfill(status=200, headers=headers, body=self.answer.data)
        elif route.request.url.startswith(f"{HOST}/static/"):
            route.fulfill(path=STATIC / route.request.url.rpartition("/")[2].partition("?")[0])
        else:
            route.abort()
