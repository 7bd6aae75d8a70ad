"""PostgreSQL crashes and restarts under load: pages ask to wait, nothing acknowledged is lost, nobody helps.

`PORTAL_TEST_LONG=1` crashes it twenty times under four thousand submissions.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from faults.ledger import Ledger, post_the_rest
from faults.storm import Crowd, founded, supervised
from servers import (
    APPLICATION,
    DURABLE,
    OWNER,
    address,
    as_superuser,
    binaries,
    crash,
    postgresql,
    start,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.postgres

LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
CRASHES, SUBMISSIONS, PEOPLE, REFUSED = (20, 4_000, 8, 40) if LONG else (1, 12, 4, 6)
_BACK_SECONDS = 10.0
_FORGETFUL = "-c synchronous_commit=off -c wal_writer_delay=10s -c max_connections=60"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster of one test, its own database in it, and a folder for the portal."""

    folder: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def all_seeing(self) -> str:
        """The database as the superuser sees it."""
        return address(self.port, "postgres", "portal")

    def begin(self, how: str) -> None:
        """Start again after a crash."""
        start(self.folder, self.port, how)


@pytest.fixture
def cluster_of() -> Iterator[Cluster]:
    """A durable cluster of this test alone."""
    if binaries() is None:
        pytest.skip("PostgreSQL server is not installed")
    with postgresql(DURABLE) as (folder, port):
        as_superuser(
            port,
            f"create role {OWNER} login",
            f"create role {APPLICATION} login",
            f"create database portal owner {OWNER}",
        )
        settings = {
            "PORTAL_DATABASE_URL": address(port, APPLICATION, "portal"),
            "PORTAL_DATABASE_OWNER_URL": address(port, OWNER, "portal"),
        }
        yield Cluster(folder, port, settings)


def test_a_crash_of_the_database_loses_nothing_and_needs_no_hand(cluster_of: Cluster, tmp_path: Path) -> None:
    data = tmp_path / "data"
    code, handlers = founded(data, **cluster_of.settings)
    with supervised(data, cluster_of.settings) as portal:
        crowd, slowest = Crowd(portal, code), 0.0
        with crowd.pressing(PEOPLE):
            for number in range(1, CRASHES + 1):
                crowd.reach(SUBMISSIONS * number // CRASHES)
                before = portal.refusals.total()
                crash(cluster_of.folder)
                while portal.refusals.total() < before + REFUSED and not crowd.faults:
                    time.sleep(0.02)
                cluster_of.begin(DURABLE)
                begun, kept = time.monotonic(), len(crowd.answers)
                crowd.reach(kept + 1)
                slowest = max(slowest, time.monotonic() - begun)
            refused = portal.refusals.total()
            crowd.reach(len(crowd.answers) + SUBMISSIONS // CRASHES)
        assert portal.refusals.total() - refused <= PEOPLE  # those whose request met the end of the recovery
        assert portal.ask("GET", "/readyz").status == 200
    assert set(portal.refusals) == {(503, True)}
    assert slowest < _BACK_SECONDS
    assert Ledger.of(cluster_of.all_seeing).faults(crowd, handlers) == {}
    assert post_the_rest(data, **cluster_of.settings) == handlers * len(crowd.cases)
    assert "Traceback" not in "".join(portal.log)
    _would_find_what_is_lost(cluster_of, data, crowd, handlers)


def _would_find_what_is_lost(cluster: Cluster, data: Path, crowd: Crowd, handlers: int) -> None:
    """The positive control: a database that answers before its log is written, and crashes at once."""
    crash(cluster.folder)
    cluster.begin(_FORGETFUL)
    with supervised(data, cluster.settings) as portal:
        crowd.portal = portal
        for _ in range(6):
            crowd.answer()
        crash(cluster.folder)
    cluster.begin(DURABLE)
    assert Ledger.of(cluster.all_seeing).faults(crowd, handlers)["lost"] > 0
