"""Commands that were cut half way, and what they find when they are run again."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from commanding import environment, portal

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = ("structure", "create", "--slug", "escale", "--letters", "ESC", "--name", "L’Escale")


DIES = """
import os
from portal.cli import main
from portal.web import founding
founding.furnish = lambda *_what, **_more: os._exit(9)
main()
"""
"""The command in a process that dies before it furnishes what it founded."""


@pytest.fixture
def half_founded(tmp_path: Path) -> Path:
    """A folder whose only structure was founded by a command that died before it was furnished."""
    assert portal(tmp_path, "db", "upgrade").returncode == 0
    died = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-c", DIES, *GIVEN], env=environment(tmp_path), capture_output=True, check=False
    )
    assert died.returncode == 9, died.stderr
    return tmp_path


def test_a_structure_whose_making_was_cut_is_made_whole_by_the_same_command(half_founded: Path) -> None:
    again = portal(half_founded, *GIVEN, "--json")
    assert again.returncode == 0, again.stderr
    assert len(json.loads(again.stdout)["code"]) == 6
    assert len(json.loads(portal(half_founded, "structure", "list", "--json").stdout)) == 1
    third = portal(half_founded, *GIVEN)
    assert (third.returncode, "taken" in third.stderr) == (1, True)


@pytest.mark.parametrize(
    ("option", "value"), [("--letters", "ESK"), ("--slug", "escales"), ("--name", "Autre")]
)
def test_another_structure_never_takes_over_what_was_cut(half_founded: Path, option: str, value: str) -> None:
    other = list(GIVEN)
    other[other.index(option) + 1] = value
    done = portal(half_founded, *other)
    assert (done.returncode, "taken" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "harm", ["drop trigger case_event_no_update", "update alembic_version set version_num = 'ffff'"]
)
def test_an_old_demo_that_cannot_be_brought_up_says_how_to_make_a_new_one(tmp_path: Path, harm: str) -> None:
    assert portal(tmp_path, "db", "upgrade").returncode == 0
    (tmp_path / "secret").write_text(
        "a secret of at least thirty-two characters, for tests", encoding="ascii"
    )
    (tmp_path / "world.json").write_text("{}", encoding="utf-8")
    with sqlite3.connect(tmp_path / "portal.db") as connection:
        connection.execute(harm)
    done = portal(tmp_path, "demo", "--data", str(tmp_path), "--no-serve")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(tmp_path) in done.stderr
    assert "--data" in done.stderr
    assert (tmp_path / "portal.db").exists()
