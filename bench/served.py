"""Processes that serve: begun as an operator begins them, waited for, stopped by their own id."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.load import HOST, Failed, drive, get
from bench.meter import tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bench.load import Journey

_READY_SECONDS, _POLL_SECONDS, _STOP_SECONDS = 30.0, 0.01, 20.0


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a side is served: its name, its folder, its port, and a page that tells that it answers."""

    name: str
    folder: Path
    port: int
    page: str
    database_url: str = ""
    """By which what is stored can be counted: the embedded database of the folder unless told."""

    @property
    def url(self) -> str:
        """The address of the database for whoever counts."""
        return self.database_url or f"sqlite:///{self.folder / 'portal.db'}"


@dataclass(frozen=True, slots=True)
class Served:
    """A side of the comparison and its first process."""

    stand: Stand
    environ: Mapping[str, str]
    pid: int
    cold_start: float
    """Seconds from the command to the first page."""

    @property
    def name(self) -> str:
        """What the side is called."""
        return self.stand.name

    @property
    def port(self) -> int:
        """Where it answers."""
        return self.stand.port

    @property
    def folder(self) -> Path:
        """Where its database lies."""
        return self.stand.folder

    @property
    def pids(self) -> list[int]:
        """The whole process tree as it is now: the master, its workers, the job worker."""
        return tree(self.pid)

    def serving_pids(self, workers: int) -> list[int]:
        """The master and its workers, which are begun before the job worker."""
        return self.pids[: 1 + workers]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(stand: Stand, command: Sequence[str], environ: Mapping[str, str]) -> Iterator[Served]:
    """The side that this command serves, once its first page was answered; stopped at the end."""
    log = stand.folder / f"{stand.name}.log"
    begun = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 -- commands of this package
            command,
            env={"PATH": os.environ["PATH"], **environ},
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait(process, stand, log)
        yield Served(stand, environ, process.pid, time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


def _wait(process: subprocess.Popen[bytes], stand: Stand, log: Path) -> None:
    deadline = time.perf_counter() + _READY_SECONDS
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            drive(stand.port, [_page(stand.page)])
        except OSError:
            time.sleep(_POLL_SECONDS)
            continue
        return
    raise Failed(log.read_text(encoding="utf-8", errors="replace")[-2000:] or "the server does not answer")


def _page(path: str) -> Journey:
    (yield get(path)).must(200)
