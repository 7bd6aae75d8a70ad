"""Whoever writes waits for the disk: asked of a process of its own, for tests do not wait."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LEVEL = """
import sys
from sqlalchemy import create_engine
from portal.core.bus import Bus
from portal.core.clock import SystemClock
from portal.core.crypto import Keys
from portal.core.db import Database
from portal.core.seal import run_sealed
engine = create_engine(f"sqlite:///{sys.argv[1]}")
database = Database(engine, clock=SystemClock(), bus=Bus(), keys=Keys("secret"))
for one in (database.writing, database.engine):
    driver = one.raw_connection().driver_connection
    print(*(run_sealed(driver, f"PRAGMA {name}")[0][0][0] for name in ("journal_mode", "synchronous")))
"""
FULL = "2"
"""The level that waits at each commit, https://www.sqlite.org/pragma.html#pragma_synchronous."""


def test_each_commit_waits_for_the_disk(tmp_path: Path) -> None:
    asked = subprocess.run(  # noqa: S603 -- this Python
        [sys.executable, "-c", LEVEL, str(tmp_path / "portal.db")], capture_output=True, text=True, check=True
    )
    assert asked.stdout.split() == ["wal", FULL] * 2
