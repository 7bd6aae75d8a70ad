"""A private PostgreSQL cluster for one test worker: own folder and port, two roles, thrown away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER, APPLICATION = "portal_owner", "portal_app"
_QUICK = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60"
DURABLE = "-c fsync=on -c synchronous_commit=on -c max_connections=60"
"""As PostgreSQL comes: what was acknowledged outlives a crash."""


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine; None without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _as_server_user(command: list[str]) -> list[str]:
    # PostgreSQL refuses to run as root: its own user runs it.
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


def _run(command: list[str]) -> None:
    done = subprocess.run(_as_server_user(command), capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 -- fixed commands of this file
    if done.returncode:
        message = f"{command[0]} failed: {done.stdout}{done.stderr}"
        raise RuntimeError(message)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgresql(folder: Path, settings: str = _QUICK) -> Iterator[int]:
    """A running cluster; yields its port. Superuser `postgres`; nothing of it outlives the block."""
    _made(folder)
    port = free_port()
    start(folder, port, settings)
    try:
        yield port
    finally:
        crash(folder)


def start(folder: Path, port: int, settings: str) -> None:
    """Begin the cluster of a folder, and return once it answers."""
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 {settings}"
    _pg_ctl(folder, "-l", str(folder / "log"), "-o", options, "start")


def crash(folder: Path) -> None:
    """End the cluster of a folder as a crash would: it flushes nothing, and recovers when it begins again."""
    _pg_ctl(folder, "-m", "immediate", "stop")


def _pg_ctl(folder: Path, *arguments: str) -> None:
    where = _server()
    _run([str(where / "pg_ctl"), "-D", str(folder / "data"), "-w", "-s", *arguments])


def _server() -> Path:
    where = binaries()
    if where is None:
        message = "no PostgreSQL server on this machine"
        raise RuntimeError(message)
    return where


def _made(folder: Path) -> None:
    """A cluster in a new folder, which its own user can reach."""
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        for parent in folder.parents:
            if parent.stat().st_mode & 0o5 != 0o5 and str(parent).startswith("/tmp/"):  # noqa: S108 -- the test folder's own parents
                parent.chmod(parent.stat().st_mode | 0o5)
    making = [str(_server() / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust"]
    _run([*making, "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"])


def address(port: int, role: str, database: str) -> str:
    """The address of a database as a role."""
    return f"postgresql://{role}@127.0.0.1:{port}/{database}"
