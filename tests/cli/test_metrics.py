"""`/metrics`: right over all processes, closed without its token, silent about one person."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
from click.exceptions import Exit
from commanding import environment, portal, serving, wait_until_up
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import SQLAlchemyError
from staff import signed_in

import portal as package
from bench.meter import tree
from portal.cli import checks, server
from portal.core.config import load
from portal.core.ids import new_id
from portal.core.upgrade import head
from portal.jobs import run_due
from portal.notifications.models import OutboxRow
from portal.web import metrics
from portal.web.house import KEY

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from build import World
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

TOKEN = "a token of at least thirty-two characters, for tests"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
LATE_MAIL = ("portal_outbox_late", "portal_outbox_oldest_seconds")
Told = dict[tuple[str, str], float]
"""Values by name and the values of the labels, in the order of their names."""


def read(text: str) -> Told:
    """What Prometheus' own reader finds in the page."""
    return {
        (sample.name, " ".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def watched(world: World) -> World:
    """A world whose operator has set a token."""
    house = world.app.extensions[KEY]
    world.app.extensions[KEY] = replace(house, config=replace(house.config, metrics_token=TOKEN))
    metrics.register(world.app, world.database)
    return world


def asked(client: FlaskClient, headers: dict[str, str] | None = None) -> TestResponse:
    """The answer of the page."""
    return client.get("/metrics", headers=headers or {})


def told(world: World) -> Told:
    """The figures for who has the token."""
    answer = asked(world.app.test_client(), HEADERS)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return read(answer.text)


def test_without_a_token_there_is_no_such_page(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    assert asked(client).status_code == 404
    assert asked(client, HEADERS).status_code == 404


def test_a_wrong_token_reads_nothing(watched: World) -> None:
    for given in ("", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer None"):
        answer = asked(watched.app.test_client(), {"Authorization": given})
        assert answer.status_code == 401
        assert "portal_" not in answer.text


def test_no_single_resident_is_seen_and_every_request_of_the_teams_is(watched: World) -> None:
    path = f"/q/{watched.lyon.code.code}/fr"
    client, lead = watched.app.test_client(), signed_in(watched)
    counts = []
    for _ in range(25):
        client.get(path)
        client.get(f"{path}/nothing")
        seen = told(watched)
        assert not any("survey" in labels for _, labels in seen)
        counts.append(seen.get(("portal_request_seconds_count", "residents"), 0))
    assert {one % 10 for one in counts} == {0}
    assert counts[0] == 0
    assert counts[-1] >= 50
    for _ in range(3):
        lead.get("/s/passerelle/cases")
    assert told(watched)["portal_requests_total", "cases.cases 2xx"] == 3


def test_mail_is_told_once_it_is_late_and_jobs_once_they_are_due(watched: World) -> None:
    def late() -> tuple[float, float, float]:
        seen = told(watched)
        names = ("portal_outbox_late", "portal_outbox_oldest_seconds", "portal_jobs_lag_seconds")
        return tuple(seen[name, ""] for name in names)  # type: ignore[return-value]  # three names

    run_due(watched.database, None)  # type: ignore[arg-type]  # nothing to send yet
    with watched.database.transaction(watched.lyon.scope) as u:
        u.add(waiting(u.now))
    watched.clock.advance(timedelta(minutes=9))
    assert late()[:2] == (0, 0)
    watched.clock.advance(timedelta(minutes=14, seconds=7))
    count, age, lag = late()
    assert (count, age) == (1, 1200)
    assert lag == timedelta(minutes=22, seconds=7).total_seconds()
    assert told(watched)["portal_database_up", ""] == 1
    assert told(watched)["portal_build", f"{head()} {package.__version__}"] == 1


def test_the_instant_at_which_late_mail_is_told_does_not_tell_when_it_was_written(watched: World) -> None:
    changes: set[float] = set()
    for written in (timedelta(minutes=1, seconds=20), timedelta(minutes=8, seconds=50)):
        watched.clock.advance(written)
        with watched.database.transaction(watched.lyon.scope) as u:
            u.add(waiting(u.now))
        before = told(watched)
        for _ in range(25):
            watched.clock.advance(timedelta(minutes=1))
            now = told(watched)
            if any(now[name, ""] != before[name, ""] for name in LATE_MAIL):
                changes.add(watched.clock.now().timestamp() % 600 // 60)
            before = now
    assert len(changes) == 1, changes


def waiting(now: datetime) -> OutboxRow:
    """A notice that nobody has sent."""
    return OutboxRow(
        id=new_id(now),
        notice="case_filed",
        person_id=None,
        address_sealed=None,
        language="fr",
        facts={},
        created_at=now,
        next_try_at=now,
        attempts=0,
    )


def test_a_database_that_is_away_is_told(watched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_what: object) -> None:
        raise SQLAlchemyError("away")

    monkeypatch.setattr(metrics, "structure_ids", away)
    seen = told(watched)
    assert seen["portal_database_up", ""] == 0
    assert ("portal_outbox_late", "") not in seen


def get(port: int, path: str, headers: dict[str, str] | None = None) -> str:
    """The body of one answer, over a line of its own: either worker may take it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_a_server_that_cannot_begin_says_so_and_leaves_no_folder_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_config: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(server, "compose", broken)
    monkeypatch.setattr(server, "dictConfig", lambda _settings: None)
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    config = replace(load(environment(tmp_path)), metrics_token=TOKEN)
    with pytest.raises(SystemExit) as left:
        server.Server(config, port=0, workers=1)._starting(None)
    assert left.value.code == 1
    assert [record.getMessage() for record in caplog.records] == ["the portal could not begin"]
    logging.captureWarnings(capture=False)
    assert not list(tmp_path.glob("portevoix-*"))
    assert metrics.FOLDER not in os.environ


def test_the_workers_of_the_real_server_count_together_and_forget_nothing(tmp_path: Path) -> None:
    portal(tmp_path, "db", "upgrade")
    settings = {"PORTAL_METRICS_TOKEN": TOKEN, "TMPDIR": str(tmp_path)}
    with serving(tmp_path, "--workers", "2", "--no-jobs", **settings) as (port, master):
        assert "token" in get(port, "/metrics")
        asked = 0
        for _ in range(20):  # the second worker may begin later, and one of them may take all of a round
            with ThreadPoolExecutor(max_workers=8) as crowd:
                asked += len(list(crowd.map(lambda _: get(port, "/s/escale/cases"), range(40))))
            if len(list(tmp_path.glob("portevoix-*/counter_*.db"))) == 2:
                break
        assert len(list(tmp_path.glob("portevoix-*/counter_*.db"))) == 2, "one worker took every request"
        for _ in range(5):  # whichever worker is asked tells the same
            assert read(get(port, "/metrics", HEADERS))["portal_requests_total", "cases.cases 3xx"] == asked
        os.kill(tree(master)[1], signal.SIGKILL)
        wait_until_up(port)
        for _ in range(10):
            get(port, "/s/escale/cases")
        seen = read(get(port, "/metrics", HEADERS))
        assert seen["portal_requests_total", "cases.cases 3xx"] == asked + 10
        assert seen["portal_request_seconds_bucket", "+Inf cases.cases"] == asked + 10
    assert list(tmp_path.glob("portevoix-*")) == []


def test_a_token_that_is_too_short_or_has_no_library_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    short = portal(tmp_path, "serve", PORTAL_METRICS_TOKEN="short")
    assert (short.returncode, "PORTAL_METRICS_TOKEN" in short.stderr) == (1, True)
    assert "Traceback" not in short.stderr
    monkeypatch.setattr(metrics, "library", None)
    with pytest.raises(Exit):
        checks.require_servable(load(environment(tmp_path, PORTAL_METRICS_TOKEN=TOKEN)))
    assert "portevoix[metrics]" in capsys.readouterr().err
