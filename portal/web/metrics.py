"""`/metrics`: how the house does, for the operator's own Prometheus, and nothing of a single resident.

It is there once PORTAL_METRICS_TOKEN is set, which needs the extra `metrics`. Whoever asks every few seconds
must not see when somebody answered: requests of residents are told by tens and not apart, and mail once it
is late.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

import portal
from portal.core.db import Scope
from portal.core.errors import NotFound
from portal.core.upgrade import head
from portal.jobs import lag
from portal.notifications.queries import waiting_since
from portal.tenancy.queries import structure_ids
from portal.web.guard import public
from portal.web.house import house

try:
    import prometheus_client.core
    import prometheus_client.multiprocess

    library: Any = prometheus_client
except ModuleNotFoundError:  # an extra: absent unless asked for, and `portal serve` says so
    library = None

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.typing import ResponseReturnValue
    from prometheus_client import CollectorRegistry, Counter, Histogram, Metric

    from portal.core.db import Database

bp = Blueprint("metrics", __name__)

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the processes of a server keep their counts for one another; the library reads this name."""
CROWD = 10
"""Requests of residents are told when so many have come, under one name: the instant of the tenth tells
neither whether it was an answer nor of which structure."""
LATE = timedelta(minutes=10)
"""Mail that waits no longer is not told, and what is told changes only when the clock has made such a step:
the instant of a change would tell when a case was filed."""
_MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)
"""From where those steps are counted."""
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_KEY = "portal_metrics"
_NO_ROUTE = "none"
_RESIDENTS = "residents"
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of this process, and where those of all processes are read."""

    requests: Counter
    seconds: Histogram
    told: CollectorRegistry
    _few: defaultdict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    _lock: Lock = field(default_factory=Lock)

    def note(self, route: str | None, status: int, seconds: float, *, is_of_team: bool) -> None:
        """Count one answer; one to a resident, whatever it was, waits until it is one of ten of them."""
        name = (route or _NO_ROUTE) if is_of_team else _RESIDENTS
        counted = [(status, seconds)]
        if not is_of_team:
            with self._lock:
                self._few[name] += counted
                counted = self._few.pop(name) if len(self._few[name]) >= CROWD else []
        for one_status, one_seconds in counted:
            self.requests.labels(name, f"{one_status // 100}xx").inc()
            self.seconds.labels(name).observe(one_seconds)


class Backlog:
    """What waits: jobs and late mail of the whole installation, never of one structure."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Gauges, read when asked; only `portal_database_up` when the database does not answer."""
        try:
            found = dict(self._found())
        except SQLAlchemyError:
            found = {}
        yield library.core.GaugeMetricFamily(
            "portal_database_up", "Whether the database answers.", bool(found)
        )
        for name, value in found.items():
            yield library.core.GaugeMetricFamily(name, _MEANINGS[name], value)
        build = library.core.GaugeMetricFamily(
            "portal_build", "The version that answers.", labels=("version", "schema")
        )
        build.add_metric((portal.__version__, head()), 1)
        yield build

    def _found(self) -> Iterator[tuple[str, float]]:
        with self._database.reading(Scope.nobody()) as u:
            ids = structure_ids(u)
        count, age = 0, timedelta()
        if ids:
            with self._database.reading(Scope.nobody().reading(ids)) as u:
                looked = u.now - (u.now - _MIDNIGHT) % LATE
                count, oldest = waiting_since(u, looked - LATE)
                age = looked - oldest if oldest else age
        yield "portal_outbox_late", count
        yield "portal_outbox_oldest_seconds", age // LATE * LATE.total_seconds()
        yield "portal_jobs_lag_seconds", lag(self._database).total_seconds()


_MEANINGS = {
    "portal_outbox_late": "Mails that wait for more than ten minutes.",
    "portal_outbox_oldest_seconds": "How long the longest waiting of them waits, in steps of ten minutes.",
    "portal_jobs_lag_seconds": "How long the job that should have run first has been due.",
}


def is_available() -> bool:
    """Whether the extra `metrics` is installed."""
    return library is not None


def register(app: Flask, database: Database) -> None:
    """Keep figures, where a token is set; to be called when every view is there."""
    with app.app_context():
        if not house().config.metrics_token:
            return
    library.disable_created_metrics()
    if FOLDER in os.environ:
        # What the library does by itself when it is imported with this name set; that was too early here.
        library.values.ValueClass = library.values.MultiProcessValue()
    own, told = library.CollectorRegistry(), library.CollectorRegistry()
    requests = library.Counter("portal_requests", "Requests answered.", ("route", "status"), registry=own)
    seconds = library.Histogram(
        "portal_request_seconds", "Time to answer.", ("route",), registry=own, buckets=_BUCKETS
    )
    if FOLDER in os.environ:
        library.multiprocess.MultiProcessCollector(told)
    else:
        told.register(own)
    told.register(Backlog(database))
    app.extensions[_KEY] = Figures(requests, seconds, told)


def figures_of(app: Flask) -> Figures | None:
    """The figures of an application; None where none are kept."""
    found: Figures | None = app.extensions.get(_KEY)
    return found


@bp.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """The figures in Prometheus' text, for who has the token; where none is set there is no such page."""
    figures = figures_of(current_app)
    if figures is None:
        raise NotFound("page")
    given = request.headers.get("Authorization", "").encode()
    if not compare_digest(given, f"Bearer {house().config.metrics_token}".encode()):
        response = Response("The token is missing or not right.\n", _UNAUTHORIZED, mimetype="text/plain")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    response = Response(library.generate_latest(figures.told), content_type=library.CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response
