"""A hand on mouse and keys: what somebody presses and writes in a journey, counted and told as time.

By the keystroke-level model (Card, Moran & Newell 1980, "The keystroke-level model for user performance
time", CACM 23): 0.28 s a key, 1.2 s to point and press, 1.35 s to think before each field.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

KEY, PRESS, THINK = 0.28, 1.2, 1.35


@dataclass
class Hand:
    """A hand on mouse and keys that counts what it does."""

    page: Page
    presses: int = 0
    keys: int = 0
    thoughts: int = 0
    begun: float = field(default_factory=time.perf_counter)

    def check(self, name: str, value: str) -> None:
        """One of a group of choices."""
        self.page.locator(f"input[name={name}][value='{value}']").check()
        self.presses += 1
        self.thoughts += 1

    def write(self, name: str, text: str) -> None:
        """Into a field."""
        self.page.locator(f"[name={name}]:visible").fill(text)
        self.presses += 1
        self.keys += len(text)
        self.thoughts += 1

    def press(self, selector: str) -> None:
        """A button, a link or a fold."""
        self.page.locator(selector).first.click()
        self.presses += 1

    @property
    def seconds(self) -> float:
        """How long somebody at ease with a keyboard takes."""
        return KEY * self.keys + PRESS * self.presses + THINK * self.thoughts

    @property
    def measured(self) -> float:
        """How long the scripted hand took, pages included."""
        return time.perf_counter() - self.begun
