"""Where time comes from: the only module that asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Gives the current instant."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 -- the one place where the house asks the machine


class FixedClock:
    """A clock that stands still until it is moved: for tests and for the demo world."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """The instant it stands at."""
        return self._at

    def set(self, at: datetime) -> None:
        """Move it to an instant, earlier ones too."""
        self._at = at

    def advance(self, by: timedelta) -> None:
        """Move it by a duration."""
        self._at += by
