"""A backup holds everything, says when it does not, and comes back as it was, on both databases."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from commanding import portal, serving
from conftest import NOON
from servers import OWNER, as_superuser, binaries
from sqlalchemy import create_engine, text
from walls.planting import planted_at

from portal.core.backup import Installation, make_backup, read_backup, restore_backup
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.upgrade import missing_guards

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from build import World

PHOTO = b"\x89PNG a file beside the database"


@pytest.fixture
def lived_in(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An installation in use: people, answers, cases, a file."""
    where = binaries()
    if where is not None:
        monkeypatch.setenv("PATH", str(where), prepend=":")
    planted_at(world, world.lyon, "Quittenbaum", rounds=2)
    files = tmp_path / "in-use" / "files"
    (files / "logo").mkdir(parents=True)
    (files / "logo" / "a.png").write_bytes(PHOTO)
    url = world.database.engine.url
    owner = url if url.get_backend_name() == "sqlite" else url.set(username=OWNER)
    return Installation(owner.render_as_string(hide_password=False), files)


@pytest.fixture
def elsewhere(lived_in: Installation, tmp_path: Path) -> Iterator[Installation]:
    """An empty place of the same kind."""
    files = tmp_path / "elsewhere" / "files"
    if lived_in.sqlite_file is not None:
        yield Installation(f"sqlite:///{files.parent / 'portal.db'}", files)
        return
    url = lived_in.url
    name = f"{url.database}_back"
    as_superuser(url.port or 0, f"create database {name} owner {OWNER}")
    yield Installation(url.set(database=name).render_as_string(hide_password=False), files)
    as_superuser(url.port or 0, f"drop database {name} with (force)")


def everything(installation: Installation) -> dict[str, list[str]]:
    """Every row of every table as text, by table."""
    engine = create_engine(installation.database_url)
    with engine.connect() as connection:
        tables = connection.dialect.get_table_names(connection)
        rows = {
            table: sorted(map(repr, connection.execute(text(f'select * from "{table}"'))))  # noqa: S608 -- the schema's own names
            for table in tables
        }
        assert missing_guards(connection) == []
    engine.dispose()
    return rows


def test_what_was_there_comes_back_to_the_last_row_and_file(
    lived_in: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    told = make_backup(lived_in, tmp_path / "b.tar", now=NOON)
    assert told.rows["cases"] == 2
    assert restore_backup(tmp_path / "b.tar", elsewhere) == told
    back = everything(elsewhere)
    assert back == everything(lived_in)
    assert sum(map(len, back.values())) > 50
    assert (elsewhere.files / "logo" / "a.png").read_bytes() == PHOTO


def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_beside_it(
    lived_in: Installation, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    make_backup(lived_in, folder / "b.tar", now=NOON)
    assert [path.name for path in folder.iterdir()] == ["b.tar"]
    assert (folder / "b.tar").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused):
        make_backup(lived_in, folder / "b.tar", now=NOON)


def test_a_place_that_is_not_empty_keeps_what_it_has(lived_in: Installation, tmp_path: Path) -> None:
    make_backup(lived_in, tmp_path / "b.tar", now=NOON)
    before = everything(lived_in)
    with pytest.raises(Refused) as refused:
        restore_backup(tmp_path / "b.tar", lived_in)
    assert refused.value.facts["reason"] == "not_empty"
    assert everything(lived_in) == before


def changed(at: Path, name: str, content: bytes | None) -> Path:
    """The backup with one part altered (None: left out), under another name."""
    other = at.with_name("changed.tar")
    with tarfile.open(at) as source, tarfile.open(other, "w") as target:
        for member in source:
            stream = source.extractfile(member)
            kept = stream.read() if stream is not None else b""
            if member.name == name:
                if content is None:
                    continue
                kept, member.size = content, len(content)
            target.addfile(member, io.BytesIO(kept))
    return other


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("database", b"not what it was"),
        ("database", None),
        ("files/logo/a.png", b"another picture"),
        ("files/logo/a.png", None),
        ("manifest.json", b"{}"),
        ("manifest.json", None),
    ],
)
def test_a_backup_that_changed_is_refused(
    sqlite_world: World, tmp_path: Path, name: str, content: bytes | None
) -> None:
    files = tmp_path / "files" / "logo"
    files.mkdir(parents=True)
    (files / "a.png").write_bytes(PHOTO)
    place = Installation(sqlite_world.database.engine.url.render_as_string(), tmp_path / "files")
    make_backup(place, tmp_path / "b.tar", now=NOON)
    assert read_backup(tmp_path / "b.tar").rows["structure"] == 2
    with pytest.raises(Invalid) as refused:
        read_backup(changed(tmp_path / "b.tar", name, content))
    assert refused.value.facts["reason"] == "damaged"


def test_what_is_no_backup_or_of_a_newer_version_is_refused(sqlite_world: World, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_backup(tmp_path / "nothing.tar")
    (tmp_path / "letter.tar").write_text("Dear all")
    with pytest.raises(Invalid):
        read_backup(tmp_path / "letter.tar")
    url = sqlite_world.database.engine.url.render_as_string()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(Invalid) as refused:
        make_backup(Installation(url, tmp_path / "files"), tmp_path / "b.tar", now=NOON)
    assert refused.value.facts["reason"] == "newer"


@pytest.mark.parametrize("trick", ["outside", "absolute", "link"])
def test_an_archive_that_would_write_elsewhere_is_refused(
    sqlite_world: World, tmp_path: Path, trick: str
) -> None:
    at, victim = tmp_path / "a.tar", tmp_path / "victim"
    place = Installation(sqlite_world.database.engine.url.render_as_string(), tmp_path / "files")
    make_backup(place, at, now=NOON)
    names = {"outside": "../victim", "absolute": str(victim), "link": "files/link"}
    member = tarfile.TarInfo(names[trick])
    if trick == "link":
        member.type, member.linkname = tarfile.SYMTYPE, str(victim)
    with tarfile.open(at, "a") as archive:
        archive.addfile(member)
    with pytest.raises(Invalid) as refused:
        read_backup(at)
    assert refused.value.facts["reason"] == "damaged"
    assert not victim.exists()


def test_a_database_that_somebody_uses_is_not_replaced(sqlite_world: World, tmp_path: Path) -> None:
    place = Installation(sqlite_world.database.engine.url.render_as_string(), tmp_path / "files")
    make_backup(place, tmp_path / "b.tar", now=NOON)
    with create_engine(place.database_url).connect() as user:
        user.execute(text("select count(*) from cases"))
        with pytest.raises(Refused) as refused:
            restore_backup(tmp_path / "b.tar", place, replaces=True)
    assert refused.value.facts["reason"] == "served"


def test_an_operator_copies_a_portal_that_serves_and_brings_it_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    portal(data, "db", "upgrade")
    given = ("structure", "create", "--slug", "escale", "--letters", "ESC", "--name", "L’Escale")
    portal(data, *given)
    with serving(data, "--workers", "1"):
        made = portal(data, "db", "backup", "--json")
    assert made.returncode == 0, made.stderr
    file = json.loads(made.stdout)["file"]
    early = portal(data, "db", "restore", file)
    assert (early.returncode, early.stdout) == (1, "")
    assert "--replace" in early.stderr
    back = portal(data, "db", "restore", file, "--replace")
    assert back.returncode == 0, back.stderr
    assert (data / "portal.db.before-restore").exists()
    assert "escale" in portal(data, "structure", "list").stdout
    assert portal(data, "db", "check").returncode == 0


def test_only_so_many_backups_stay(tmp_path: Path) -> None:
    portal(tmp_path, "db", "upgrade")
    folder = tmp_path / "kept"
    folder.mkdir()
    for day in (1, 2, 3):
        (folder / f"portevoix-2020010{day}-000000.tar").write_text("old")
    (folder / "notes.txt").write_text("mine")
    assert portal(tmp_path, "db", "backup", "--to", str(folder), "--keep", "2").returncode == 0
    left = sorted(path.name for path in folder.iterdir())
    assert left[:2] == ["notes.txt", "portevoix-20200103-000000.tar"]
    assert len(left) == 3
