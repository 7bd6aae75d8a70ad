"""The command `portal` in a process of its own, without the second that Python takes to read its modules.

A first process reads them once, then forks for each command: the child has the environment, the folder and
the streams that a shell would give it, and nothing of another command's memory.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from atexit import register
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTAL = str(Path(sys.executable).with_name("portal"))
SECRET = "a secret of at least thirty-two characters, for tests"

_MOTHER = """
import json, os, signal, socket, sys
from portal.cli import main
line = socket.socket(fileno=int(sys.argv[1]))
while True:
    told, streams, _, _ = socket.recv_fds(line, 1 << 20, 2)
    if not told:
        break
    child = os.fork()
    if child == 0:
        line.close()
        signal.alarm(120)
        for ours, given in enumerate(streams, 1):
            os.dup2(given, ours)
            os.close(given)
        asked = json.loads(told)
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["portal", *asked["arguments"]]
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            status = 1
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(status)
    for given in streams:
        os.close(given)
    line.sendall(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]).to_bytes(4, "big", signed=True))
"""


@cache
def _mother() -> socket.socket:
    """The line to the process that forks; made once per test worker, it ends when the line is closed."""
    ours, its = socket.socketpair()
    with its:
        mother = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-c", _MOTHER, str(its.fileno())],
            pass_fds=[its.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment(None),
        )

    def end() -> None:
        ours.close()
        mother.wait()

    register(end)
    return ours


def environment(folder: Path | None, **more: str) -> dict[str, str]:
    """A process environment for a database in this folder; without one, without settings of the portal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return (
        kept if folder is None else {**kept, "PORTAL_DATA": str(folder), "PORTAL_SECRET_KEY": SECRET, **more}
    )


def portal(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    asked = {"environment": environment(folder, **more), "arguments": arguments}
    with TemporaryFile() as out, TemporaryFile() as err:
        line = _mother()
        socket.send_fds(line, [json.dumps(asked).encode()], [out.fileno(), err.fileno()])
        status = int.from_bytes(line.recv(4), "big", signed=True)
        told = []
        for stream in (out, err):
            stream.seek(0)
            told.append(stream.read().decode())
    return subprocess.CompletedProcess(list(arguments), status, *told)


@contextmanager
def serving(folder: Path, *arguments: str, **more: str) -> Iterator[tuple[int, int]]:
    """A server over the folder's database; its port, its first process. It must stop when asked to."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 -- our own command
        [PORTAL, "serve", "--port", str(port), *arguments], env=environment(folder, **more)
    )
    try:
        wait_until_up(port)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def wait_until_up(port: int) -> None:
    """Return when the server answers."""
    for _ in range(300):
        try:
            with urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(port)
