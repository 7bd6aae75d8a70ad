"""A queue before SQLite's one writer.

Whoever finds the database locked asks SQLite again after ever longer pauses, and may be passed many times: of
two processes that write, one in a hundred waited 20 times as long as a single one. Here writers look for
their turn every half millisecond. The queue is a courtesy: the database's own lock stays what keeps writers
apart, so that whoever waits too long, or cannot open the file, goes on without a turn.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_SECONDS = 10.0
"""As long as SQLite itself waits for its lock; a writer that hangs holds nobody up for longer."""
_LOOK_SECONDS = 0.0005
_OWNER_ALONE = 0o600


class Turn:
    """The turn to write to one database file, among all threads and processes that ask for it here."""

    def __init__(self, database: str) -> None:
        self._path = f"{database}-turn"
        self._threads = Lock()
        self._file: int | None = None
        self._opened_by = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Within it, it is this thread's turn, unless ten seconds of waiting did not bring it."""
        deadline = monotonic() + _LONGEST_SECONDS
        if not self._threads.acquire(timeout=_LONGEST_SECONDS):
            yield
            return
        try:
            file = self._opened()
            if file is not None:
                _wait(file, deadline)
            try:
                yield
            finally:
                if file is not None:
                    with suppress(OSError):
                        fcntl.flock(file, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def _opened(self) -> int | None:
        """The lock file, anew in a forked process, which would share its parent's turn; None without."""
        if sys.platform == "win32":
            return None
        if self._opened_by != os.getpid():
            try:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ALONE)
            except OSError:  # a full disk, or a folder that cannot be written: it may change
                return None
            self._opened_by = os.getpid()
        return self._file


def _wait(file: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > deadline:
                return
            sleep(_LOOK_SECONDS)
        except OSError:  # a file system without locks
            return
        else:
            return
