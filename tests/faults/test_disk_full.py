"""A disk that fills up under load: pages that ask to wait, nothing lost, no hand needed once there is room.

The disk is a small one of its own where the machine lets a test mount one; everywhere, a limit on the size of
files does what a full disk does.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from click.exceptions import Exit
from commanding import PORTAL
from faults.ledger import Ledger, post_the_rest
from faults.storm import Answer, Crowd, Portal, founded, supervised
from sqlalchemy.exc import OperationalError

from portal.cli.ground import told

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
PEOPLE, TIMES, BEFORE, REFUSED = (8, 10, 200, 200) if LONG else (4, 1, 12, 12)
_DISK = "12m"
_BACK_SECONDS = 5.0
"""A second is promised; a busy machine gets more."""


class Disk(Protocol):
    """Where the portal keeps its data, and a way to leave it no room."""

    folder: Path
    """As the portal knows it."""

    @property
    def seen(self) -> Path:
        """As the test knows it: to copy files to and from, no more."""

    @property
    def command(self) -> tuple[str, ...]:
        """How the portal is begun."""

    def fill(self, portal: Portal) -> None:
        """Leave no room."""

    def free(self, portal: Portal) -> None:
        """Give it back."""


@dataclass(slots=True)
class Small:
    """A disk of a few megabytes, which only the processes of one mount namespace see by its path."""

    folder: Path
    holder: int

    @property
    def seen(self) -> Path:
        """Its path from outside."""
        return Path(f"/proc/{self.holder}/root{self.folder}")

    @property
    def command(self) -> tuple[str, ...]:
        """The command, in the namespace."""
        return ("nsenter", "-t", str(self.holder), "-m", PORTAL)

    def fill(self, _portal: Portal) -> None:
        """Write until nothing can be written."""
        with (self.seen / "ballast").open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"\0" * 4096)
            except OSError:
                return

    def free(self, _portal: Portal) -> None:
        """Take the ballast away."""
        (self.seen / "ballast").unlink()


@dataclass(slots=True)
class Limited:
    """An ordinary folder, and processes that may let no file grow."""

    folder: Path

    @property
    def seen(self) -> Path:
        """The folder itself."""
        return self.folder

    @property
    def command(self) -> tuple[str, ...]:
        """The command itself."""
        return (PORTAL,)

    def _limit(self, portal: Portal, most: int) -> None:
        assert portal.process is not None
        hard = resource.RLIM_INFINITY
        for process in (portal.process.pid, *portal.workers()):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (most, hard))

    def fill(self, portal: Portal) -> None:
        """Let nothing be written at all."""
        self._limit(portal, 0)

    def free(self, portal: Portal) -> None:
        """Let everything be written."""
        self._limit(portal, resource.RLIM_INFINITY)


def may_mount() -> bool:
    """Whether this user may have a mount namespace."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return False
    asked = ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0  # noqa: S603 -- fixed words


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A small disk at the folder, until the block ends."""
    folder.mkdir()
    mounting = f"mount -t tmpfs -o size={_DISK} none '{folder}' && echo mounted && exec sleep 600"
    with subprocess.Popen(["unshare", "-m", "sh", "-c", mounting], stdout=subprocess.PIPE) as holder:  # noqa: S603, S607 -- fixed words and our own folder
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"mounted\n"
            yield Small(folder, holder.pid)
        finally:
            holder.kill()


@contextmanager
def limited(folder: Path) -> Iterator[Disk]:
    """A folder whose files can be held from growing."""
    folder.mkdir()
    yield Limited(folder)


WAYS = {"limit": limited}
if may_mount():
    WAYS = {"mount": small_disk, **(WAYS if LONG else {})}


def refused(portal: Portal) -> int:
    """How often somebody was asked to wait."""
    return portal.refusals[503, True]


def wait_for(portal: Portal, crowd: Crowd, refusals: int) -> None:
    """Return once so many were asked to wait."""
    deadline = time.monotonic() + 60
    while refused(portal) < refusals and not crowd.faults:
        assert time.monotonic() < deadline, "the disk was never full"
        time.sleep(0.02)


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_full_disk_asks_to_wait_and_loses_nothing(tmp_path: Path, way: str) -> None:
    founding, after = tmp_path / "founding", tmp_path / "after"
    code, handlers = founded(founding)
    with WAYS[way](tmp_path / "disk") as disk:
        shutil.copytree(founding, disk.seen, dirs_exist_ok=True)
        with supervised(disk.folder, command=disk.command) as portal:
            crowd, slowest = Crowd(portal, code), 0.0
            with crowd.pressing(PEOPLE):
                for _ in range(TIMES):
                    crowd.reach(len(crowd.answers) + BEFORE)
                    disk.fill(portal)
                    wait_for(portal, crowd, refused(portal) + REFUSED)
                    for path in (f"/q/{code}/fr", f"/q/{code}/fr/complaint", "/sign-in"):
                        assert portal.ask("GET", path).status == 200
                    disk.free(portal)
                    begun, kept = time.monotonic(), len(crowd.answers)
                    crowd.reach(kept + 1)
                    slowest = max(slowest, time.monotonic() - begun)
                    crowd.reach(kept + BEFORE)
        shutil.copytree(disk.seen, after)
    assert set(portal.refusals) == {(503, True)}
    assert slowest < _BACK_SECONDS
    assert Ledger.of(f"sqlite:///{after / 'portal.db'}").faults(crowd, handlers) == {}
    assert post_the_rest(after) == handlers * len(crowd.cases)
    outages = {json.loads(line).get("outage") for line in portal.log if line.startswith("{")}
    assert outages - {None} == {"full"}
    assert "Traceback" not in "".join(portal.log)


def test_a_command_says_that_the_disk_is_full(capsys: pytest.CaptureFixture[str]) -> None:
    fault = sqlite3.OperationalError("any words")
    fault.sqlite_errorcode = sqlite3.SQLITE_FULL
    with pytest.raises(Exit), told():
        raise OperationalError("insert", None, fault)
    assert "its disk is full" in capsys.readouterr().err


def test_an_answer_that_is_no_page_would_be_found() -> None:
    """The positive control."""
    sent = {"message": "Deux\nlignes & <demie>"}
    page = "<textarea>\nDeux\r\nlignes &amp; &lt;demie&gt;</textarea></html>"
    assert Answer(503, "", page, "30").asks_to_wait(sent)
    assert not Answer(503, "", page, "").asks_to_wait(sent)
    assert not Answer(503, "", page[:-7], "30").asks_to_wait(sent)
    assert not Answer(503, "", "<p>Traceback</p></html>", "30").asks_to_wait({})
    assert not Answer(503, "", "<p>plus tard</p></html>", "30").asks_to_wait(sent)
