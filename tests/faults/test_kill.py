"""Whatever is killed, what was acknowledged is there: once, with its notices, each sent once.

`PORTAL_TEST_LONG=1` kills a hundred times under twenty thousand submissions.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from faults.ledger import Ledger, post_the_rest
from faults.storm import Crowd, Portal, founded, supervised
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from pathlib import Path

LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
KILLS, SUBMISSIONS, PEOPLE = (100, 20_000, 8) if LONG else (4, 32, 4)


def strike(portal: Portal, chance: Random, *, whole: bool) -> str:
    """Kill the whole server, which its supervisor begins again, or one process of it; what was killed."""
    assert portal.process is not None
    workers = portal.workers()
    if whole or not workers:
        os.kill(portal.process.pid, signal.SIGKILL)
        portal.process.wait()
        portal.begin()
        return "server"
    with suppress(ProcessLookupError):
        os.kill(chance.choice(workers), signal.SIGKILL)
    return "worker"


def test_nothing_acknowledged_is_lost_or_stored_twice(tmp_path: Path) -> None:
    code, handlers = founded(tmp_path)
    chance, killed = Random(20_270_324), Counter[str]()  # noqa: S311 -- the same kills each time
    with supervised(tmp_path) as portal:
        crowd = Crowd(portal, code)
        with crowd.pressing(PEOPLE):
            for kill in range(1, KILLS + 1):
                crowd.reach(SUBMISSIONS * kill // KILLS)
                killed[strike(portal, chance, whole=kill % 3 == 0)] += 1
    assert len(crowd.cases) >= 3
    assert set(killed) == {"server", "worker"}
    assert not portal.refusals
    assert Ledger.of(f"sqlite:///{tmp_path / 'portal.db'}").faults(crowd, handlers) == {}
    assert post_the_rest(tmp_path) == handlers * len(crowd.cases)
    _would_find_what_is_lost(f"sqlite:///{tmp_path / 'portal.db'}", crowd, handlers)


def _would_find_what_is_lost(url: str, crowd: Crowd, handlers: int) -> None:
    """The positive control: a case that nobody was told of, an answer and a notice that are gone."""
    forgotten = replace(crowd, cases=crowd.cases[1:])
    assert Ledger.of(url).faults(forgotten, handlers) == {"never acknowledged": 1, "notices": 1}
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("delete from answer where response_id = (select min(id) from response)"))
        connection.execute(text("delete from response where id = (select min(id) from response)"))
        connection.execute(text("delete from outbox where id = (select min(id) from outbox)"))
    engine.dispose()
    assert Ledger.of(url).faults(crowd, handlers) == {"lost": 1, "answers": 1, "notices": 1}
