"""Scans: counted in memory while pages are opened, written now and then, since a GET writes nothing.

A worker that is killed loses what it has not written yet (decisions, 10). Whoever serves calls `start` in
each worker, after it was forked, and the function that `start` returns when the worker ends.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, cast

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.channels.scans import Scan, add_scans
from portal.core.db import Scope
from portal.core.errors import PortalError
from portal.web.house import house, this_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from portal.core.db import Database
    from portal.web.place import Place

log = logging.getLogger("portal.web")

EVERY_SECONDS = 10.0
_KEY = "portal_scans"


@dataclass(slots=True)
class Scans:
    """The scans that this worker has seen and not written yet."""

    database: Database
    _counts: Counter[tuple[int, Scan]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def note(self, structure_id: int, scan: Scan) -> None:
        """One more scan."""
        with self._lock:
            self._counts[structure_id, scan] += 1

    def flush(self) -> None:
        """Write what was counted, a transaction for each structure; what cannot be written waits."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        by_structure: defaultdict[int, dict[Scan, int]] = defaultdict(dict)
        for (structure_id, scan), n in counts.items():
            by_structure[structure_id][scan] = n
        for structure_id, rows in by_structure.items():
            try:
                with self.database.transaction(Scope.of(structure_id)) as u:
                    add_scans(u, rows)
            except (SQLAlchemyError, PortalError) as error:
                log.warning("scans wait: %s", type(error).__name__)
                self._put_back(structure_id, rows)

    def _put_back(self, structure_id: int, rows: dict[Scan, int]) -> None:
        with self._lock:
            for scan, n in rows.items():
                self._counts[structure_id, scan] += n


def register(app: Flask, database: Database) -> None:
    """Give the application its own count."""
    app.extensions[_KEY] = Scans(database)


def scans_of(app: Flask) -> Scans:
    """The scans that an application has counted."""
    return cast("Scans", app.extensions[_KEY])


def count_scan(place: Place) -> None:
    """Count the page of this request as opened; only by a code, and only when somebody really looks."""
    asked = this_request()
    if place.code_id is None or asked.method != "GET" or "prefetch" in asked.headers.get("Sec-Purpose", ""):
        return
    scan = Scan(place.code_id, place.day_of(house().clock.now()), place.language)
    scans_of(current_app).note(place.structure.id, scan)


def start(app: Flask, every: float = EVERY_SECONDS) -> Callable[[], None]:
    """Begin to write the scans every so many seconds; gives what ends that, and writes the last ones."""
    scans, ended = scans_of(app), Event()

    def keep_flushing() -> None:
        while not ended.wait(every):
            scans.flush()

    thread = Thread(target=keep_flushing, name="scans", daemon=True)
    thread.start()

    def stop() -> None:
        ended.set()
        thread.join()
        scans.flush()

    return stop
