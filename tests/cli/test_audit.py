"""An auditor who trusts nobody runs one command, and a change made past the portal has a number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from build import SECRET
from commanding import portal
from sqlalchemy import create_engine, text
from walls.planting import planted_at

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

    from build import World


@pytest.fixture
def lived_in(sqlite_world: World) -> World:
    """A world with three complaints in Lyon."""
    planted_at(sqlite_world, sqlite_world.lyon, "Quittenbaum", rounds=3)
    return sqlite_world


def audited(world: World, folder: Path, *more: str) -> CompletedProcess[str]:
    """What the command says of the world's database."""
    url = world.database.engine.url.render_as_string()
    return portal(
        folder, "audit", "verify", *more, "--json", PORTAL_DATABASE_URL=url, PORTAL_SECRET_KEY=SECRET
    )


def behind(world: World, *statements: str) -> None:
    """Run statements past the portal, as somebody with the file could, who has taken the guards down."""
    engine = create_engine(world.database.engine.url.render_as_string())
    with engine.begin() as connection:
        rows = connection.execute(text("select name, sql from sqlite_master where type = 'trigger'"))
        triggers = {row.name: row.sql for row in rows}
        for name in triggers:
            connection.execute(text(f"drop trigger {name}"))
        for statement in statements:
            connection.execute(text(statement))
        for sql in triggers.values():
            connection.exec_driver_sql(sql)
    engine.dispose()


def test_a_chain_that_holds_is_told_with_its_head(lived_in: World, tmp_path: Path) -> None:
    done = audited(lived_in, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    heads = {row["slug"]: row for row in json.loads(done.stdout)}
    assert heads["passerelle"]["events"] >= 3 * 4
    assert len(heads["passerelle"]["head"]) == 64


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update case_event set recorded_at = '2027-01-01' where number = 2", "event 2 was changed"),
        ("delete from case_event where number = 3", "event 3 is missing"),
        ("delete from case_event where number = (select max(number) from case_event)", "ends before event"),
        ("update case_fact set reopened = 4", "fact.reopened"),
    ],
)
def test_what_was_done_past_the_portal_is_named(
    lived_in: World, tmp_path: Path, statement: str, said: str
) -> None:
    behind(lived_in, statement)
    done = audited(lived_in, tmp_path)
    assert done.returncode == 1
    assert said in done.stderr


def test_an_older_file_put_back_shows_against_a_note(lived_in: World, tmp_path: Path) -> None:
    noted = tmp_path / "heads.json"
    noted.write_text(audited(lived_in, tmp_path).stdout)
    assert audited(lived_in, tmp_path, "--against", str(noted)).returncode == 0
    rows = json.loads(noted.read_text())
    rows[0]["events"] += 1
    noted.write_text(json.dumps(rows))
    done = audited(lived_in, tmp_path, "--against", str(noted))
    assert done.returncode == 1
    assert "an older file was put back" in done.stderr


def test_what_is_no_note_is_refused(lived_in: World, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear all")
    done = audited(lived_in, tmp_path, "--against", str(tmp_path / "letter"))
    assert done.returncode == 1
    assert "no note of heads" in done.stderr
