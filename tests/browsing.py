"""What people do with a browser: a resident on a phone, a colleague at a desk, and the figures as read there.

Each of them looks only at words that a person can see, in the language of the page.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import zxingcpp
from PIL import Image
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize
    from serving import Served

PHONE: ViewportSize = {"width": 360, "height": 640}
_PATIENCE_MS = 10_000
_RECEIPT = re.compile(r"\d{6} \d{10} \d{2}")

_CELLS = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"

expect.set_options(timeout=_PATIENCE_MS)

Board = dict[str, str]
"""Every figure of a dashboard, as written there, by where it stands on the page."""


@contextmanager
def pages(browser: Browser, base_url: str) -> Iterator[Callable[..., Page]]:
    """What opens phones without scripts; every request they made must have stayed at this address."""
    contexts: list[BrowserContext] = []
    asked: list[str] = []

    def opened(locale: str = "fr-FR") -> Page:
        context = browser.new_context(
            viewport=PHONE, java_script_enabled=False, locale=locale, has_touch=True, is_mobile=True
        )
        context.set_default_timeout(_PATIENCE_MS)
        context.on("request", lambda request: asked.append(request.url))
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith((base_url, "data:"))] == []


def scanned(square: Locator) -> str:
    """What the picture of a square says to an independent reader: it sees the pixels and nothing else."""
    found = zxingcpp.read_barcodes(Image.open(BytesIO(square.screenshot())))
    assert len(found) == 1, "one square, and it can be read"
    text: str = found[0].text
    return text


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody with a phone, and no account."""

    page: Page

    def tap(self, words: str) -> None:
        """Press the button or follow the link with exactly these words."""
        self.page.get_by_role("button", name=words, exact=True).or_(
            self.page.get_by_role("link", name=words, exact=True)
        ).first.click()

    def enter(self, door: str) -> None:
        """Follow the page's link to a door: complaint, request, thanks, follow."""
        self.page.locator(f"main a[href$='/{door}']").first.click()

    def send(self, words: str, field: str = "textarea") -> None:
        """Write into the page's one field of this sort, and press the button of its form."""
        form = self.page.locator("main form").filter(has=self.page.locator(field))
        form.locator(field).fill(words)
        form.locator("button:not([name])").click()

    def send_number(self, receipt: str) -> None:
        """Give the number of a message to the page that asks for it."""
        self.send(receipt, "input[name=receipt]")

    @property
    def receipt(self) -> str:
        """The number to keep, as it stands on the page."""
        found = _RECEIPT.search(self.page.locator(".receipt").inner_text())
        assert found
        return found[0]

    def reads(self, *sentences: str) -> None:
        """These sentences stand on the page, or will in a moment."""
        for one in sentences:
            expect(self.page.locator("main")).to_contain_text(one)

    def said(self) -> list[tuple[str, str, str]]:
        """Each message of the page: its words, their language and their direction."""
        texts = self.page.locator(".messages .message-text").all()
        return [
            (one.inner_text(), one.get_attribute("lang") or "", one.get_attribute("dir") or "")
            for one in texts
        ]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the team at a desk: signs in by the page for it, works by the buttons that are there."""

    page: Page
    base_url: str
    slug: str

    def sign_in(self, email: str, password: str) -> None:
        """By the sign-in page."""
        self.page.goto(f"{self.base_url}/sign-in")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Mot de passe").fill(password)
        self.page.get_by_role("button", name="Se connecter").click()

    def open(self, path: str) -> None:
        """One of the structure's pages."""
        self.page.goto(f"{self.base_url}/s/{self.slug}/{path}")

    def open_case(self, words: str) -> None:
        """The message with these words, by its line in the list of work."""
        self.open("cases")
        self.page.locator("ol.work li").filter(has_text=words).get_by_role("link").click()

    def step(self, verb: str, words: str = "", finding: str = "") -> None:
        """Take a step of the case: unfold its form if need be, write, choose, send."""
        form = self.page.locator(f"form[action$='/{verb}']")
        form.wait_for(state="attached")
        if not form.is_visible():
            self.page.locator("details").filter(has=form).locator("summary").click()
        if words:
            form.locator("textarea").fill(words)
        if finding:
            form.get_by_label(finding, exact=True).check()
        form.get_by_role("button").click()

    def reads(self, words: str) -> None:
        """These words stand on the page, or will in a moment."""
        expect(self.page.locator("main")).to_contain_text(words)

    def sees(self, state: str) -> None:
        """The state of the case, as its first tag says it."""
        expect(self.page.locator(".tags .tag").first).to_contain_text(state)

    def board(self) -> Board:
        """Every figure of the dashboard over twelve months."""
        self.open("dashboard")
        return board(self.page)


@dataclass(frozen=True, slots=True)
class Office:
    """Where the team works: somebody sits down, signs in by the page for it, and works or reads."""

    served: Served
    new_page: Callable[..., Page]
    email: str
    password: str

    def sits_down(self) -> Colleague:
        """The quality lead of Lyon, in a browser of their own."""
        colleague = Colleague(self.new_page(), self.served.base_url, "passerelle")
        colleague.sign_in(self.email, self.password)
        return colleague

    def board(self, at: datetime) -> Board:
        """The dashboard as it stands at an instant, whatever the time is now."""
        clock = self.served.world.clock
        now = clock.now()
        clock.set(at)
        board = self.sits_down().board()
        clock.set(now)
        return board


def board(page: Page) -> Board:
    """The figures of the dashboard that is open: sentences, tiles, bars, questions, trend and tables."""
    told = [(f"phrase {n}", one) for n, one in enumerate(_texts(page.locator(".sentences p")), 1)]
    for one in page.locator(".tile").all():
        label, *figures = _texts(one.locator("span"))
        told.append((label, " | ".join(figures)))
    told += _labelled(page.locator(".plain-bars li"))
    for one in page.locator(".stacked-bars > li").all():
        question, note = _texts(one.locator("> p > strong, > p > .small"))
        told.append((question, note))
        told += [(f"{question} · {label}", share) for label, share in _labelled(one.locator(".legend li"))]
        told += [(f"{question} · {label}, nombre", " | ".join(cells)) for label, *cells in _rows(one)]
    told += [(f"mois · {label}", " | ".join(cells)) for label, *cells in _rows(page.locator(".line-chart"))]
    for title in page.locator("main > h2:has(+ .table-box)").all():
        table = title.locator("xpath=following-sibling::*[1]")
        heads = _texts(table.locator("thead th"))[1:]
        for label, *cells in _rows(table):
            name = f"{_clean(title.text_content())} · {label}"
            told += [(f"{name} · {head}", cell) for head, cell in zip(heads, cells, strict=True)]
    seen: Counter[str] = Counter()
    by_name: Board = {}
    for name, figure in told:
        seen[name] += 1
        by_name[name if seen[name] == 1 else f"{name} ({seen[name]})"] = figure
    return by_name


def changes(before: Board, after: Board) -> dict[str, tuple[str, str]]:
    """What is not the same: before and after; empty where the figure was not there, or is no longer."""
    return {
        key: (before.get(key, ""), after.get(key, ""))
        for key in [*before, *(key for key in after if key not in before)]
        if before.get(key) != after.get(key)
    }


def _clean(text: str | None) -> str:
    """Without line ends and the spaces that keep a number beside its sign."""
    return " ".join((text or "").split())


def _texts(found: Locator) -> list[str]:
    return [_clean(one) for one in found.all_text_contents()]


def _labelled(found: Locator) -> list[tuple[str, str]]:
    """Each label with the figure that stands out after it."""
    whole, figures = _texts(found), _texts(found.locator("strong"))
    return [(text.removesuffix(figure).strip(), figure) for text, figure in zip(whole, figures, strict=True)]


def _rows(where: Locator) -> list[list[str]]:
    """The cells of each row of the tables there."""
    rows: list[list[str]] = where.locator("tbody tr").evaluate_all(_CELLS)
    return [[_clean(cell) for cell in row] for row in rows]
