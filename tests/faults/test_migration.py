"""An upgrade that is killed at any statement, or begun twice at once, ends at the same schema and data.

`PORTAL_TEST_LONG=1` kills it at every statement; otherwise at five of them: see `edges`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from alembic import command
from build import World
from servers import APPLICATION, OWNER, address, as_superuser, binaries
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from portal.core import upgrade as upgrading
from portal.core.upgrade import _alembic, upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from portal.core.clock import FixedClock

LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
_FIRST = "0001"


class Ground(Protocol):
    """Databases of one engine, copied and compared."""

    @property
    def role(self) -> str | None:
        """The application's role; None where there are no roles."""

    def begin(self, name: str, world: Callable[[str], None]) -> None:
        """A database at the first revision that holds what `world` makes at the newest; and an empty one."""

    def copied(self, source: str, name: str) -> str:
        """The owner's address of a copy."""

    def dump(self, url: str) -> Sequence[str]:
        """Everything in a database, as text that two equal ones share."""


@dataclass(frozen=True, slots=True)
class Files:
    """SQLite: a file each."""

    folder: Path
    role: str | None = None

    def begin(self, name: str, world: Callable[[str], None]) -> None:
        """See `Ground`."""
        url = f"sqlite:///{self.folder / name}"
        upgrade(url)
        world(url)
        _back_to_first(url)
        (self.folder / "empty").touch()

    def copied(self, source: str, name: str) -> str:
        """See `Ground`."""
        shutil.copy(self.folder / source, self.folder / name)
        return f"sqlite:///{self.folder / name}"

    def dump(self, url: str) -> Sequence[str]:
        """See `Ground`."""
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            return sorted(connection.iterdump())
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Served:
    """PostgreSQL: databases of one cluster."""

    port: int
    role: str | None = APPLICATION

    def begin(self, name: str, world: Callable[[str], None]) -> None:
        """See `Ground`."""
        as_superuser(
            self.port,
            f"create database {name} template template_portal owner {OWNER}",
            f"create database empty owner {OWNER}",
        )
        world(address(self.port, APPLICATION, name))
        _back_to_first(address(self.port, OWNER, name))

    def copied(self, source: str, name: str) -> str:
        """See `Ground`."""
        as_superuser(self.port, f"create database {name} template {source} owner {OWNER}")
        return address(self.port, OWNER, name)

    def dump(self, url: str) -> Sequence[str]:
        """See `Ground`."""
        where, all_seeing = binaries(), make_url(url).set(username="postgres")
        assert where is not None
        told = subprocess.run(  # noqa: S603 -- PostgreSQL's own program
            [str(where / "pg_dump"), "--dbname", str(all_seeing)], capture_output=True, text=True, check=True
        )
        return sorted(line for line in told.stdout.splitlines() if not line.startswith("\\"))


def _back_to_first(url: str) -> None:
    """Take a database back to the first revision; what later ones added goes."""
    engine = create_engine(url)
    with engine.connect() as connection:
        command.downgrade(_alembic(connection), _FIRST)
        connection.commit()
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ground(request: pytest.FixtureRequest, clock: FixedClock, tmp_path: Path) -> Iterator[Ground]:
    """Databases to upgrade: one empty, one at the first revision with two structures in it."""

    def furnish(url: str) -> None:
        with World.made(url, clock, tmp_path):
            pass

    if request.param == "sqlite":
        files = Files(tmp_path)
        files.begin("lived_in", furnish)
        yield files
        return
    port: int = request.getfixturevalue("cluster")
    before, served = _databases(port), Served(port)
    served.begin("lived_in", furnish)
    yield served
    left = sorted(_databases(port) - before)
    as_superuser(port, *(f"drop database {name} with (force)" for name in left))


def _databases(port: int) -> set[str]:
    engine = create_engine(address(port, "postgres", "postgres"))
    with engine.connect() as connection:
        found = set(connection.exec_driver_sql("select datname from pg_database").scalars())
    engine.dispose()
    return found


@contextmanager
def counting(at: Callable[[int, str], None]) -> Iterator[None]:
    """Within it, `at` is told each statement that any engine is about to execute, with its number."""
    count = 0

    def seen(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        nonlocal count
        count += 1
        at(count, statement)

    event.listen(Engine, "before_cursor_execute", seen)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", seen)


def edges(ground: Ground, url: str) -> list[int]:
    """At which statements to kill: in the middle, and around the notes of the first and last revision."""
    statements: list[str] = []
    with counting(lambda _, statement: statements.append(statement)):
        upgrade(url, ground.role)
    total = len(statements)
    if LONG:
        return list(range(1, total + 1))
    noted = [n for n, told in enumerate(statements, 1) if "alembic_version" in told and "SELECT" not in told]
    noted = [noted[0], noted[-1]]
    return sorted({total // 2, *(n + step for n in noted for step in (0, 1) if n + step <= total)})


def child(run: Callable[[], object]) -> int:
    """The process in which this runs; it ends with 0 when that came to its end."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        run()
        status = 0
    finally:
        os._exit(status)


def killed(ground: Ground, url: str, number: int) -> None:
    """Upgrade in a process that is killed when it is about to execute this statement."""

    def strike(count: int, _statement: str) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        with counting(strike):
            upgrade(url, ground.role)

    _, status = os.waitpid(child(run), 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("source", ["empty", "lived_in"])
def test_an_upgrade_killed_anywhere_ends_like_one_that_was_not(ground: Ground, source: str) -> None:
    whole = ground.copied(source, "whole")
    at = edges(ground, whole)
    wanted = ground.dump(whole)
    for number in at:
        url = ground.copied(source, f"killed_{number}")
        killed(ground, url, number)
        upgrade(url, ground.role)
        assert ground.dump(url) == wanted, number


def test_two_upgrades_at_once_end_like_one(ground: Ground) -> None:
    whole, url = ground.copied("empty", "whole"), ground.copied("empty", "twice")
    upgrade(whole, ground.role)
    both = [child(lambda: upgrade(url, ground.role)) for _ in range(2)]
    assert [os.waitpid(one, 0)[1] for one in both] == [0, 0]
    assert ground.dump(url) == ground.dump(whole)


def test_an_upgrade_that_commits_as_it_goes_would_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: the driver's own way, in which a table stands as soon as it is created."""
    ground = Files(tmp_path)
    url = f"sqlite:///{tmp_path / 'killed'}"
    monkeypatch.setattr(upgrading, "owner_engine", create_engine)
    killed(ground, url, 12)
    with pytest.raises(OperationalError, match="already exists"):
        upgrade(url)
