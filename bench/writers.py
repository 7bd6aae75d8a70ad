"""SQLite's writers: how long a tap waits for its turn when two processes write (P4, second part).

Each process is a small resident machine: some thought, then one answer recorded by the portal's own action,
in the portal's own transaction. `python -m bench.writers <taps>` is one of them.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from bench.ground import LANGUAGE
from bench.ledger import stored
from bench.meter import Watch
from bench.verdict import Figure, Refused, Round, check_stored, steady
from portal.app import compose
from portal.core.config import load
from portal.core.db import Scope
from portal.questionnaires.actions import Journey, record
from portal.questionnaires.queries import published
from portal.tenancy.queries import local_day, main_site

if TYPE_CHECKING:
    from bench.house import House

_THOUGHT_SECONDS = 0.0015
"""What a worker computes between two writes."""
_TAPS = 400
_TURNS = 3


def writers(house: House) -> list[Figure]:
    """P4: the p99 of a write with two writers ÷ with one."""
    folder, environ = house.settled("writers")
    url = f"sqlite:///{folder / 'portal.db'}"
    turns = [tuple(_tapped(house, environ, count) for count in (2, 1)) for _ in range(_TURNS)]
    check_stored("writers", {"response": 3 * _TURNS * _TAPS}, stored(url))
    kept = steady(turns, 1)
    two, one = ([each.percentile(0.99) for each in rounds] for rounds in zip(*kept, strict=True))
    return [Figure.compared(("P4-writers", "p99 of a write, 2 writers ÷ 1"), two, one, 4.0)]


def _tapped(house: House, environ: dict[str, str], count: int) -> Round:
    """What so many processes together needed for each of their taps."""
    command = (sys.executable, "-m", "bench.writers", str(_TAPS))
    watch = Watch([os.getpid()], house.root)
    running = [
        subprocess.Popen(  # noqa: S603 -- this file
            command,
            env={"PATH": os.environ["PATH"], **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(count)
    ]
    for one in running:
        _line(one)
    for one in running:  # all are ready: begin together
        _tell(one)
    seconds: list[float] = []
    for one in running:
        seconds += json.loads(_line(one))
        one.communicate()
    return Round(count * _TAPS, *watch.read(), seconds=seconds)


def _line(process: subprocess.Popen[bytes]) -> bytes:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise Refused("a writer ended before its time")
    return line


def _tell(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.write(b"go\n")
        process.stdin.flush()


def tap(taps: int) -> None:
    """Say that one is ready, wait for a line, tap, and print the seconds of each transaction."""
    config = load({name: text for name, text in os.environ.items() if name.startswith("PORTAL_")})
    _, database = compose(config)
    scope = Scope.of(1)
    with database.reading(scope) as u:
        shown, day, site = published(u), local_day(u), main_site(u).id
    asked = shown.form.questions[0]
    print("ready", flush=True)  # noqa: T201 -- said to the parent
    sys.stdin.readline()
    taken = []
    for _ in range(taps):
        until = time.perf_counter() + _THOUGHT_SECONDS
        while time.perf_counter() < until:
            pass
        journey = Journey(nonce=secrets.token_bytes(12), day=day, language=LANGUAGE, site_id=site)
        begun = time.perf_counter()
        with database.transaction(scope) as u:
            record(u, shown, journey, asked, asked.choices[0].code)
        taken.append(time.perf_counter() - begun)
    print(json.dumps(taken), flush=True)  # noqa: T201 -- idem
    database.engine.dispose()


if __name__ == "__main__":
    tap(int(sys.argv[1]))
