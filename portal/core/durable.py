"""Until the disk has it: how writers of an embedded database wait for what they have committed.

SQLite would wait within each commit (`synchronous=FULL`), while nobody else can write. Here a commit appends
to the log and lets the next writer begin; whoever committed then waits for the log's file, outside the lock
and together with all threads that came meanwhile. Nothing is acknowledged before. What a power cut could take
is what nobody was told of, as before: the log is read back as far as its sums are right
(https://www.sqlite.org/wal.html), and the checkpoint waits for the disk by itself (`synchronous=NORMAL`).
"""

from __future__ import annotations

import os
import sqlite3
from threading import Lock
from typing import TYPE_CHECKING

from portal.core.seal import translated

if TYPE_CHECKING:
    from collections.abc import Callable

_OPEN = os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
_sync = getattr(os, "fdatasync", os.fsync)


class Durable:
    """The log of one database file, for all threads of a process that write to it."""

    def __init__(self, database: str, empty: Callable[[], bool]) -> None:
        self._log = f"{database}-wal"
        self._empty = empty
        """Moves what the log holds into the database, which waits for the disk; False when it could not."""
        self._alone = Lock()
        self._begun = self._ended = 0
        self._is_torn = False

    def wait(self) -> None:
        """Return once the disk has what this thread has committed. Raises SQLAlchemy's `OperationalError`."""
        mine = self._begun + 1  # one that has begun already may have passed over it
        with self._alone:
            if self._ended >= mine:
                return  # another thread's, which began after this commit
            self._begun += 1
            self._keep()
            self._ended = self._begun

    def _keep(self) -> None:
        """Let the disk have the log.

        When it fails once, Linux says at the next attempt that all is well, though pages were lost, and what
        follows them in the log is lost with them: then only what stands in the database counts.
        """
        if not self._is_torn and self._synced():
            return
        self._is_torn = True
        if not self._empty():
            fault = sqlite3.OperationalError("the log could not be kept")
            fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise translated(fault)
        self._is_torn = False

    def _synced(self) -> bool:
        try:
            log = os.open(self._log, _OPEN)
        except FileNotFoundError:
            return (
                True  # whoever closed it last has emptied it; or SQLite keeps no log here, and waits itself
            )
        except OSError:
            return False
        try:
            _sync(log)
        except OSError:
            return False
        finally:
            os.close(log)
        return True
