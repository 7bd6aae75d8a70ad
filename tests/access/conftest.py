"""What the battery stands on: one furnished world and one browser window for all screens of a worker."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from access.battery import Projector
from access.ground import Ground, furnished
from build import World
from conftest import NOON

from portal.core.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def ground(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The furnished world; tests only look at it, or add what no other one looks at."""
    folder = tmp_path_factory.mktemp("access")
    shutil.copy(sqlite_template, folder / "portal.db")
    with World.made(f"sqlite:///{folder / 'portal.db'}", FixedClock(NOON), folder) as world:
        yield furnished(world)


@pytest.fixture(scope="session")
def projector(browser: Browser) -> Projector:
    """The window in which answers are shown."""
    return Projector.of(browser)
