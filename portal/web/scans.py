"""Scans: counted in memory while pages are opened, written now and then, since a GET writes nothing.

A worker that is killed loses what it has not written yet (decisions, 10). Whoever serves calls `start` in
each worker, after it was forked, and the function that `start` returns when the worker ends.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy.exc import IntegrityError

from portal.channels.scans import Scan, add_scans
from portal.core.db import Scope
from portal.web.house import house, this_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from portal.core.db import Database
    from portal.web.place import Place

log = logging.getLogger("portal.web")

EVERY_SECONDS = 10.0
_MOST_WAITING = 250
"""Different codes, days and languages after which they are written at once: memory is for pages."""
_KEY = "portal_scans"


@dataclass(slots=True)
class Scans:
    """The scans that this worker has seen and not written yet."""

    database: Database
    is_time: Event = field(default_factory=Event)
    """Set once so many wait that they should be written now."""
    _counts: Counter[tuple[int, Scan]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def note(self, structure_id: int, scan: Scan) -> None:
        """One more scan."""
        with self._lock:
            self._counts[structure_id, scan] += 1
            if len(self._counts) == _MOST_WAITING:  # and not again while the database is away
                self.is_time.set()

    def flush(self) -> None:
        """Write what was counted, each structure's within its scope; what cannot be written waits."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        whose = itemgetter(0)
        rows = {
            Scope.of(structure_id): {scan: counts[structure_id, scan] for _, scan in group}
            for structure_id, group in groupby(sorted(counts, key=whose), whose)
        }
        work = [(scope, partial(add_scans, counts=counted)) for scope, counted in rows.items()]
        for scope, fault in self.database.write_each(work) if work else ():
            if isinstance(fault, IntegrityError):
                continue  # the structure was erased since: there is no such code any more
            log.warning("scans wait: %s", type(fault).__name__)
            self._put_back(scope.reads[0], rows[scope])

    def _put_back(self, structure_id: int, rows: dict[Scan, int]) -> None:
        with self._lock:
            for scan, n in rows.items():
                self._counts[structure_id, scan] += n


def register(app: Flask, database: Database) -> None:
    """Give the application its own count."""
    app.extensions[_KEY] = Scans(database)


def scans_of(app: Flask) -> Scans:
    """The scans that an application has counted."""
    found: Scans = app.extensions[_KEY]
    return found


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
        while not ended.is_set():
            scans.is_time.wait(every)
            scans.is_time.clear()
            scans.flush()

    thread = Thread(target=keep_flushing, name="scans", daemon=True)
    thread.start()

    def stop() -> None:
        ended.set()
        scans.is_time.set()
        thread.join()
        scans.flush()  # what came while the thread wrote for the last time

    return stop
