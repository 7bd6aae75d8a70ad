"""Whatever is killed, what was acknowledged is there: once, with its notices, each sent once.

`PORTAL_TEST_LONG=1` kills a hundred times under twenty thousand submissions.
"""

from __future__ import annotations

import os
import signal
import time
from base64 import urlsafe_b64decode
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from build import SECRET
from faults.storm import Crowd, Portal, founded, supervised
from sqlalchemy import create_engine, text

from portal.core.clock import SystemClock
from portal.core.crypto import Keys, Tokens, keyed_digest
from portal.web.doors import FILING
from portal.web.survey import PURPOSE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
KILLS, SUBMISSIONS, PEOPLE = (100, 20_000, 8) if LONG else (6, 48, 4)
KEYS = Keys(SECRET)
_AGE = timedelta(days=1)


def nonce(purpose: str, token: str) -> bytes:
    """The nonce of a form that was sent."""
    payload = Tokens(KEYS).open(purpose, token, now=SystemClock().now(), max_age=_AGE)
    return urlsafe_b64decode(payload["n"])


def answer_keys(structure_id: int, tokens: Iterable[str]) -> list[bytes]:
    """What is stored of the forms of answers."""
    key = KEYS.sub("submit", structure_id)
    return sorted(keyed_digest(key, nonce(PURPOSE, token), "0") for token in tokens)


def case_keys(structure_id: int, tokens: Iterable[str]) -> list[bytes]:
    """What is stored of the forms of cases."""
    key = KEYS.sub("submit-key", structure_id)
    return sorted(keyed_digest(key, nonce(FILING, token)) for token in tokens)


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
        for _ in range(600):
            if len(list((tmp_path / "mail").glob("*.eml"))) >= handlers * len(crowd.cases):
                break
            time.sleep(0.1)
    assert len(crowd.cases) >= 3
    assert set(killed) == {"server", "worker"}
    engine = create_engine(f"sqlite:///{tmp_path / 'portal.db'}")
    with engine.connect() as connection:
        structure = connection.execute(text("select id from structure")).scalar_one()
        stored = connection.execute(text("select submit_key from response order by 1")).scalars().all()
        cases = connection.execute(text("select submit_key from cases order by 1")).scalars().all()
        notices = connection.execute(
            text("select json_extract(facts, '$.case'), count(*) from outbox group by 1")
        ).all()
        assert connection.execute(text("pragma integrity_check")).scalar() == "ok"
        answers = connection.execute(text("select count(*) from answer")).scalar()
        rollup = connection.execute(text("select sum(n) from rollup_month")).scalar()
    engine.dispose()
    assert list(stored) == answer_keys(structure, crowd.answers)
    assert list(cases) == case_keys(structure, crowd.cases)
    assert answers == rollup == len(crowd.answers)
    assert sorted(n for _, n in notices) == [handlers] * len(crowd.cases)
    sent = [path.name for path in (tmp_path / "mail").glob("*.eml")]
    assert len(sent) == handlers * len(crowd.cases)


def test_a_form_that_was_stored_and_forgotten_would_be_found(tmp_path: Path) -> None:
    """The positive control: one acknowledged answer taken away, and one put in."""
    code, _ = founded(tmp_path)
    with supervised(tmp_path) as portal:
        crowd = Crowd(portal, code)
        for _ in range(3):
            crowd.answer()
    engine = create_engine(f"sqlite:///{tmp_path / 'portal.db'}")
    with engine.begin() as connection:
        structure = connection.execute(text("select id from structure")).scalar_one()
        wanted = answer_keys(structure, crowd.answers)
        seen = "select submit_key from response order by 1"
        assert list(connection.execute(text(seen)).scalars()) == wanted
        connection.execute(text("delete from answer"))
        connection.execute(text("delete from response where submit_key = :key"), {"key": wanted[1]})
        assert list(connection.execute(text(seen)).scalars()) != wanted
    engine.dispose()
