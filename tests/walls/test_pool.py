"""A connection that comes back to the pool brings nothing along: whatever ended the transaction before.

`PORTAL_TEST_LONG=1` makes twenty thousand transactions, and kills forty processes in the midst of theirs.
"""

from __future__ import annotations

import os
from multiprocessing import get_context
from random import Random
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest
from build import SECRET, World
from sqlalchemy import event
from walls.pooled import MISHAPS, Pooled, work

from portal.core import db
from portal.core.line import PortalSession
from portal.core.seal import gate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from portal.core.clock import FixedClock

pytestmark = pytest.mark.postgres
LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
TRANSACTIONS, KILLED, OF_KILLED = (16_000, 40, 4_000) if LONG else (320, 2, 20)
THREADS = 8


@pytest.fixture
def pooled(postgresql_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[Pooled]:
    """Both structures behind one pool."""
    with World.made(postgresql_url, clock, tmp_path) as world:
        yield Pooled(world.database, (world.lyon.structure.id, world.strasbourg.structure.id))


def test_no_transaction_sees_what_another_was_bound_to(pooled: Pooled) -> None:
    pooled.run(TRANSACTIONS, threads=THREADS, seed=1)
    ends = pooled.seen.ends
    print(f"{ends.total()} transactions, {len(pooled.seen.leaks)} leaks: {dict(ends)}")  # noqa: T201 -- with `pytest -s`
    assert pooled.seen.leaks == []
    assert ends.total() == TRANSACTIONS
    assert ends["committed"] > TRANSACTIONS / 4
    for mishap in {*MISHAPS} - {"none", "fault", "rollback"}:
        assert ends[f"{mishap}: refused"] > 0, mishap


def test_no_transaction_of_a_killed_process_is_seen_by_another(pooled: Pooled, tmp_path: Path) -> None:
    environ = {
        "PORTAL_DATABASE_URL": pooled.database.engine.url.render_as_string(hide_password=False),
        "PORTAL_DATA": str(tmp_path),
        "PORTAL_SECRET_KEY": SECRET,
    }
    told, chance = tmp_path / "told", Random(2)  # noqa: S311 -- the same each time
    told.touch()
    spawn = get_context("spawn")

    def begun(seed: int) -> SpawnProcess:
        process = spawn.Process(target=work, args=(environ, pooled.structures, told, seed))
        process.start()
        return process

    workers = [begun(seed) for seed in range(2)]
    try:
        for kill in range(1, KILLED + 1):
            wait_for(told, OF_KILLED * kill // KILLED)
            at = chance.randrange(len(workers))
            workers[at].kill()
            workers[at].join()
            pooled.run(THREADS, threads=THREADS, seed=1000 + kill)
            if kill < KILLED:
                workers[at] = begun(10 + kill)
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
    lines = told.read_text(encoding="ascii").split()
    print(f"{len(lines)} transactions of {KILLED} killed processes, {lines.count('leak')} leaks")  # noqa: T201 -- idem
    assert len(lines) >= OF_KILLED
    assert lines.count("leak") == 0
    assert pooled.seen.leaks == []


def wait_for(told: Path, lines: int) -> None:
    """Return once the processes have made so many transactions."""
    deadline = monotonic() + 120
    while told.read_bytes().count(b"\n") < lines:
        assert monotonic() < deadline, "the processes do nothing"
        sleep(0.02)


@pytest.fixture
def _at_session_level() -> Iterator[None]:
    """The binding as many write it: a setting of the connection, made when there is something to bind."""

    def bind(session: PortalSession, _transaction: object, connection: Connection) -> None:
        if session.scope.reads:
            reads = ",".join(map(str, session.scope.reads))
            gate(connection, f"SET app.reads = '{reads}'")
            gate(connection, f"SET app.structure_id = '{session.scope.structure_id or ''}'")

    event.remove(PortalSession, "after_begin", db._bind_scope)
    event.listen(PortalSession, "after_begin", bind)
    yield
    event.remove(PortalSession, "after_begin", bind)
    event.listen(PortalSession, "after_begin", db._bind_scope)


@pytest.mark.usefixtures("_at_session_level")
def test_bound_at_session_level_it_would_leak(pooled: Pooled) -> None:
    pooled.run(TRANSACTIONS, threads=THREADS, seed=1)
    print(f"at session level: {pooled.seen.ends.total()} transactions, {len(pooled.seen.leaks)} leaks")  # noqa: T201 -- idem
    assert len(pooled.seen.leaks) > 0
