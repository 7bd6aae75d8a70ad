"""What tests stand on: each test gets a fresh copy of a migrated database, on either engine.

Rolling back instead of copying would fight the rule that one place commits. A skip is counted and named; with
PORTAL_TEST_NO_SKIP it is a failure.
"""

from __future__ import annotations

import gc
import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
from build import Furnished, World
from playwright.sync_api import sync_playwright
from servers import (
    APPLICATION,
    OWNER,
    TEMPLATE,
    Lender,
    address,
    as_superuser,
    binaries,
    postgresql,
)

from portal.core import db
from portal.core.clock import FixedClock
from portal.core.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

ENGINES = ("sqlite", "postgresql")
NOON = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
"""Wednesday 24 March 2027, 10:00 in Lyon: when tests begin, unless they say otherwise."""


# A world is hundreds of thousands of objects that stay: looking through them as often as Python does by
# itself took a fifth of the suite's time.
gc.set_threshold(50_000, 20, 20)


def pytest_report_header() -> str:
    """Say what is there."""
    return f"postgresql: {binaries() or 'none'}, chromium: {shutil.which('chromium') or 'none'}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:  # noqa: ARG001 -- hook signature
    """Turn a skip into a failure where none is allowed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("PORTAL_TEST_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"skipped where no skip is allowed: {report.longrepr}"


_PAGES = "tests/pages/"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Open each page on one engine, half of them on either: what tells the engines apart lies below pages.

    Where it matters at a page all the same (`both`), and everything at length, on both of them.
    """
    if os.environ.get("PORTAL_TEST_LONG"):
        return
    left = {item for item in items if _is_for_the_other_engine(item)}
    config.hook.pytest_deselected(items=[item for item in items if item in left])
    items[:] = [item for item in items if item not in left]


def _is_for_the_other_engine(item: pytest.Item) -> bool:
    call: Any = getattr(item, "callspec", None)
    engine = call.params.get("world") if call and item.nodeid.startswith(_PAGES) else None
    if engine is None or item.get_closest_marker("both"):
        return False
    chosen = ENGINES[crc32(item.nodeid.replace(engine, "").encode()) % len(ENGINES)]
    return bool(engine != chosen)


@pytest.fixture(scope="session", autouse=True)
def quick_disk() -> Iterator[None]:
    """Nothing in this process waits for the disk, as its PostgreSQL does not; servers that tests begin do."""
    quick = tuple(one.replace("synchronous=FULL", "synchronous=OFF") for one in db._ON_CONNECT)
    assert quick != db._ON_CONNECT
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_ON_CONNECT", quick)
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once per worker."""
    path = tmp_path_factory.mktemp("template") / "portal.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[int]:
    """A PostgreSQL cluster with a migrated template database, made once per worker; its port."""
    if binaries() is None:
        pytest.skip("PostgreSQL server is not installed")
    with postgresql() as (_folder, port):
        as_superuser(
            port,
            f"create role {OWNER} login",
            f"create role {APPLICATION} login",
            f"create database {TEMPLATE} owner {OWNER}",
        )
        upgrade(address(port, OWNER, TEMPLATE), APPLICATION)
        yield port


@pytest.fixture(scope="session")
def lender(cluster: int) -> Lender:
    """Who lends the databases of the worker's cluster to its tests."""
    return Lender(cluster)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database."""
    shutil.copy(sqlite_template, tmp_path / "portal.db")
    return f"sqlite:///{tmp_path / 'portal.db'}"


@pytest.fixture
def postgresql_url(lender: Lender) -> Iterator[str]:
    """The address of an empty PostgreSQL database, as the application role."""
    with lender.lent() as name:
        yield address(lender.port, APPLICATION, name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database; a test that asks for it runs on both engines."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at Wednesday 24 March 2027, 10:00 in Lyon."""
    return FixedClock(NOON)


@pytest.fixture(scope="session")
def furnished_template(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, tuple[Furnished, Furnished]]:
    """A SQLite file in which the two structures of a world are furnished, made once per worker; and they."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(sqlite_template, folder / "portal.db")
    with World.made(f"sqlite:///{folder / 'portal.db'}", FixedClock(NOON), folder) as made:
        there = made.lyon, made.strasbourg
    return folder / "portal.db", there


@pytest.fixture
def sqlite_world(
    furnished_template: tuple[Path, tuple[Furnished, Furnished]], clock: FixedClock, tmp_path: Path
) -> Iterator[World]:
    """Two structures side by side, on SQLite, for what the engine does not change: see `build.World`."""
    template, there = furnished_template
    shutil.copy(template, tmp_path / "portal.db")
    with World.made(f"sqlite:///{tmp_path / 'portal.db'}", clock, tmp_path, there) as made:
        yield made


@pytest.fixture
def postgresql_world(postgresql_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[World]:
    """The same on PostgreSQL."""
    with World.made(postgresql_url, clock, tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest) -> World:
    """The same on both engines."""
    made: World = request.getfixturevalue(f"{request.param}_world")
    return made


_CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once per worker: Playwright cannot be started twice in one thread."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_CHROMIUM)
        yield chromium
        chromium.close()
