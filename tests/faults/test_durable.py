"""The disk: nothing is acknowledged before it has it, many wait once, and one that failed is not believed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import OperationalError
from walls.siege import THEN

from portal.core import durable
from portal.core.bus import Bus
from portal.core.crypto import Keys
from portal.core.db import Database
from portal.core.durable import Durable
from portal.core.ids import new_id
from portal.core.outage import Outage, outage_of
from portal.core.schema import table_of
from portal.core.seal import run_sealed
from portal.core.wall import Walled
from portal.tenancy.models import Team

if TYPE_CHECKING:
    from pathlib import Path

    from build import Furnished, World

    from portal.core.clock import Clock

ADD = Walled(insert(table_of(Team)))


def add(world: World, where: Furnished, name: str) -> None:
    """Write a team, and come back once it is acknowledged."""
    row = {"id": new_id(THEN), "site_id": where.site.id, "name": name, "created_at": THEN}
    with world.database.transaction(where.scope) as u:
        u.run(ADD, **row)


@dataclass
class Disk:
    """A disk that holds what it was asked to keep, and nothing that was only written."""

    folder: Path
    at: Path
    """Where its copies go."""
    lock: Lock = field(default_factory=Lock)
    copies: list[Path] = field(default_factory=list)

    def sync(self, _file: int) -> None:
        """Keep what is in the files now."""
        with self.lock:
            copy = self.at / str(len(self.copies))
            copy.mkdir(parents=True)
            for name in ("portal.db", "portal.db-wal"):
                shutil.copy(self.folder / name, copy)
            self.copies.append(copy)

    def teams_after_a_cut(self) -> set[str]:
        """What a portal finds that begins anew on this disk."""
        if not self.copies:
            return set()
        with closing(sqlite3.connect(self.copies[-1] / "portal.db")) as found:
            return {name for (name,) in found.execute("SELECT name FROM team")}


@pytest.fixture
def disk(tmp_path: Path, sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Such a disk below the database of the world."""
    assert str(tmp_path) in str(sqlite_world.database.engine.url)
    disk = Disk(tmp_path, tmp_path / "cut")
    monkeypatch.setattr(durable, "_sync", disk.sync)
    return disk


ASKED = """
import os, sys
asked, ask = [], os.fdatasync
os.fdatasync = lambda file: (asked.append(os.readlink(f"/proc/self/fd/{file}")), ask(file))
from portal.core.durable import Durable
Durable(sys.argv[1], lambda: False).wait()
print(*asked)
"""


def lost(world: World, disk: Disk, *, writers: int = 4, each: int = 6) -> list[str]:
    """Names that were acknowledged and are not on the disk at that moment."""
    missing: list[str] = []

    def write(name: str) -> None:
        add(world, world.lyon, name)
        with disk.lock:
            if name not in disk.teams_after_a_cut():
                missing.append(name)

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, [f"équipe {number}" for number in range(writers * each)]))
    return missing


def test_a_power_cut_takes_nothing_that_was_acknowledged(sqlite_world: World, disk: Disk) -> None:
    assert lost(sqlite_world, disk) == []
    assert disk.copies


def test_the_cut_would_show_what_nobody_waited_for(
    sqlite_world: World, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Durable, "wait", lambda _durable: None)
    assert len(lost(sqlite_world, disk, each=2)) == 8


@pytest.mark.skipif(not hasattr(os, "fdatasync"), reason="Linux has it")
def test_the_disk_itself_is_asked(tmp_path: Path) -> None:
    log = tmp_path / "portal.db-wal"
    log.write_bytes(b"frames")
    asked = subprocess.run(  # noqa: S603 -- this Python
        [sys.executable, "-c", ASKED, str(tmp_path / "portal.db")], capture_output=True, text=True, check=True
    )
    assert asked.stdout.strip() == str(log)


def test_what_one_commit_keeps_for_several_is_waited_for(sqlite_world: World, disk: Disk) -> None:
    world, lyon = sqlite_world, sqlite_world.lyon
    row = {"id": new_id(THEN), "site_id": lyon.site.id, "name": "ensemble", "created_at": THEN}
    assert world.database.write_each([(lyon.scope, lambda u: u.run(ADD, **row))]) == []
    assert "ensemble" in disk.teams_after_a_cut()


def test_what_a_session_writes_is_waited_for(sqlite_world: World, disk: Disk) -> None:
    lyon = sqlite_world.lyon
    with sqlite_world.database.transaction(lyon.scope) as u:
        u.add(Team(id=new_id(THEN), site_id=lyon.site.id, name="par la session", created_at=THEN))
    assert "par la session" in disk.teams_after_a_cut()


def test_who_has_written_nothing_does_not_wait(sqlite_world: World, disk: Disk) -> None:
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        u.all(select(Team.name))
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        u.all(select(Team.name))
    assert disk.copies == []


def test_the_next_writes_while_one_waits_and_those_who_came_wait_once(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, syncs, first_is_in, go_on = sqlite_world, list[int](), Event(), Event()

    def slow(file: int) -> None:
        syncs.append(file)
        first_is_in.set()
        assert go_on.wait(10)

    monkeypatch.setattr(durable, "_sync", slow)

    def stored() -> int:
        with world.database.reading(world.lyon.scope) as u:
            return len(u.all(select(Team.name)))

    with ThreadPoolExecutor(6) as threads:
        waiting = [threads.submit(add, world, world.lyon, "1")]
        assert first_is_in.wait(10)
        waiting += [threads.submit(add, world, world.lyon, str(number)) for number in range(2, 7)]
        while stored() < 6:  # all have committed while the first still waits
            pass
        assert not any(one.done() for one in waiting)
        assert len(syncs) == 1
        go_on.set()
        for one in waiting:
            one.result(10)
    assert len(syncs) == 2


def failing(_file: int) -> None:
    """A disk that does not keep."""
    raise OSError(5, "Input/output error")


def test_a_log_that_the_disk_did_not_keep_goes_into_the_database(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "_sync", failing)
    add(sqlite_world, sqlite_world.lyon, "malgré tout")
    shutil.copy(tmp_path / "portal.db", tmp_path / "alone.db")
    with closing(sqlite3.connect(tmp_path / "alone.db")) as found:  # without its log
        assert found.execute("SELECT name FROM team").fetchall() == [("malgré tout",)]


def test_a_disk_that_failed_is_not_believed_until_the_log_was_emptied(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, synced = sqlite_world, list[int]()
    file = world.database.engine.url.database
    assert file
    emptied: list[bool] = []
    can_be_emptied = [False]

    def empty() -> bool:
        emptied.append(can_be_emptied[0])
        return can_be_emptied[0]

    kept = Durable(file, empty)
    add(world, world.lyon, "un")
    monkeypatch.setattr(durable, "_sync", failing)
    with pytest.raises(OperationalError) as told:
        kept.wait()
    assert outage_of(told.value) is Outage.FULL
    monkeypatch.setattr(durable, "_sync", synced.append)  # as Linux does it: the second time all is well
    with pytest.raises(OperationalError):
        kept.wait()
    can_be_emptied[0] = True
    kept.wait()
    assert (emptied, synced) == ([False, False, True], [])
    kept.wait()
    assert len(emptied) == 3
    assert len(synced) == 1


def unlogged(folder: Path, clock: Clock) -> Database:
    """A database where SQLite can keep no log: without locks there is no memory that processes share."""
    url = f"sqlite:///file:{folder / 'plain.db'}?vfs=unix-none&uri=true"
    return Database(create_engine(url), clock=clock, bus=Bus(), keys=Keys("secret " * 8))


@pytest.mark.skipif(os.name != "posix", reason="the file systems of SQLite differ")
def test_without_a_log_each_commit_waits_itself(tmp_path: Path, clock: Clock, sqlite_world: World) -> None:
    def waits(database: Database) -> int:
        with closing(database.writing.raw_connection()) as pooled:
            driver = pooled.driver_connection
            level: int = run_sealed(driver, "PRAGMA synchronous")[0][0][0]  # type: ignore[arg-type]
        return level

    full, normal = 2, 1
    assert waits(unlogged(tmp_path, clock)) == full
    assert waits(sqlite_world.database) == normal
