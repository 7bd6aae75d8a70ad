"""The queue before SQLite's one writer: one at a time, nobody for ever, and no file no queue."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

from portal.core import turn as module
from portal.core.turn import Turn

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HOLD = """
import sys, time
from portal.core.turn import Turn
with Turn(sys.argv[1]).taken():
    print("mine", flush=True)
    sys.stdin.readline()
"""


def test_threads_have_their_turn_one_after_the_other(tmp_path: Path) -> None:
    turn, inside, most = Turn(str(tmp_path / "portal.db")), list[int](), list[int]()

    def write(number: int) -> None:
        with turn.taken():
            inside.append(number)
            time.sleep(0.002)
            most.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))
    assert most == [1] * 40


def test_another_process_waits_until_the_turn_is_given_up(tmp_path: Path) -> None:
    database = str(tmp_path / "portal.db")
    with subprocess.Popen(  # noqa: S603 -- this Python
        [sys.executable, "-c", HOLD, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        holder.stdout.readline()
        began, turn = Event(), Turn(database)

        def write() -> None:
            with turn.taken():
                began.set()

        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(write)
            assert not began.wait(0.2)
            holder.stdin.write(b"\n")
            holder.stdin.flush()
            waiting.result(10)
        assert began.is_set()


def test_whoever_hangs_holds_nobody_up_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_SECONDS", 0.05)
    database = str(tmp_path / "portal.db")
    entered = []
    with Turn(database).taken(), Turn(database).taken():
        entered.append("another process")
    turn = Turn(database)
    with turn.taken(), turn.taken():
        entered.append("another thread")
    with turn.taken():
        entered.append("afterwards")
    assert entered == ["another process", "another thread", "afterwards"]


def test_where_no_file_can_be_there_is_no_queue(tmp_path: Path) -> None:
    turn = Turn(str(tmp_path / "missing" / "portal.db"))
    with turn.taken():
        pass
    assert not (tmp_path / "missing").exists()


def test_a_queue_that_could_not_be_there_is_made_once_there_is_room(tmp_path: Path) -> None:
    turn = Turn(str(tmp_path / "later" / "portal.db"))
    with turn.taken():
        assert turn._file is None
    (tmp_path / "later").mkdir()
    with turn.taken():
        assert (tmp_path / "later" / "portal.db-turn").exists()
    os.close(turn._file or 0)
