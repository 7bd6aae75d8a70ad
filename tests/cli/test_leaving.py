"""A structure takes everything with it, and leaves nothing behind; its neighbour does not notice."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import time
from io import StringIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from commanding import portal
from servers import OWNER
from sqlalchemy import select, text
from staff import signed_in
from walls.planting import planted_at
from walls.siege import unwalled

from portal.cli.exporting import export, owned_tables, packed
from portal.cli.unsealing import KEYS, SEALS
from portal.core.db import Scope
from portal.core.errors import NotFound, Refused
from portal.core.leaving import erase_structure, tables_without
from portal.core.schema import Base
from portal.core.upgrade import missing_guards
from portal.people.actions import add_member
from portal.people.rules import Role
from portal.questionnaires.queries import published
from portal.tenancy.actions import found_structure

if TYPE_CHECKING:
    from pathlib import Path

    from build import World
    from sqlalchemy import Engine
    from walls.planting import Planted


@pytest.fixture
def planted(world: World) -> tuple[Planted, Planted]:
    """Everything there is, at both structures."""
    return planted_at(world, world.lyon, "Quittenbaum"), planted_at(world, world.strasbourg, "Erlenholz")


def owner(world: World) -> str:
    """The address of the owner of the tables."""
    url = world.database.engine.url
    return (url if url.get_backend_name() == "sqlite" else url.set(username=OWNER)).render_as_string(
        hide_password=False
    )


def rows_of(engine: Engine, structure_id: int) -> dict[str, list[str]]:
    """Every row of a structure, by table, to the byte."""
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if "structure_id" in table.c:
                rows = connection.execute(select(table).where(table.c.structure_id == structure_id))
                found[table.name] = sorted(map(repr, rows))
    return found


def test_what_is_sealed_is_opened_on_the_way_out_and_nothing_stays_behind() -> None:
    sealed = {
        (name, column.name)
        for name, model in owned_tables().items()
        for column in model.__table__.columns
        if column.name.endswith("_sealed")
    }
    assert sealed == SEALS.keys()
    assert len(owned_tables()) > 50
    assert not any(name.endswith("_sealed") for name in KEYS)


def test_a_structure_takes_every_word_and_photo_with_it_and_none_of_its_neighbour(
    world: World, planted: tuple[Planted, Planted], tmp_path: Path
) -> None:
    ours, theirs = planted
    with world.database.reading(world.lyon.scope) as u:
        made = export(u, tmp_path / "out", now=u.now)
    files = {path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*.*")}
    everything = b"".join(path.read_bytes() for path in files.values()).decode("utf-8", "replace")
    said = json.dumps(ours.words, ensure_ascii=False)
    for word in ours.words:
        if word not in ours.photo_words:
            assert json.dumps(word, ensure_ascii=False)[1:-1] in everything or word in everything, (
                word,
                said,
            )
    assert not [word for word in theirs.words if word in everything]
    assert made.files >= 1
    assert any(path.read_bytes() == ours.photo for path in files.values()), "the photo, as it was kept"
    assert "argon2" not in everything
    manifest = json.loads(files["manifest.json"].read_text(encoding="utf-8"))
    assert manifest["rows"]["cases"] == 1
    assert all(
        hashlib.sha256(files[name].read_bytes()).hexdigest() == digest
        for name, digest in manifest["sha256"].items()
    )
    table = files["tables/cases.csv"].read_text(encoding="utf-8-sig")
    (case,) = csv.DictReader(StringIO(table), delimiter=";")
    assert case["reference"] == ours.reference
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.values()), "no other user reads it"
    packed(tmp_path / "out", tmp_path / "out.zip")
    with ZipFile(tmp_path / "out.zip") as archive:
        assert {name for name in archive.namelist() if "." in name} == files.keys()
    with world.database.reading(world.lyon.scope) as u, pytest.raises(Refused, match="export"):
        export(u, tmp_path / "out", now=u.now)


def test_an_erased_structure_is_in_no_table_and_the_neighbour_stays_to_the_byte(
    world: World, planted: tuple[Planted, Planted], tmp_path: Path
) -> None:
    lyon, strasbourg = world.lyon.structure.id, world.strasbourg.structure.id
    with world.database.transaction(world.lyon.scope) as u:
        add_member(u, planted[1].colleague.person_id, Role.BOARD)  # who works at both stays
    engine = unwalled(owner(world))
    before = rows_of(engine, strasbourg)
    with engine.connect() as connection:
        held = tables_without(connection, lyon)
        ours = [planted[0].colleague.person_id, planted[1].colleague.person_id]
    assert len(held) > 30, "the search finds what is there"
    assert sum(len(rows) for rows in before.values()) > 50

    left = erase_structure(owner(world), lyon)

    assert left.rows >= sum(held.values())
    assert left.people >= 1
    with engine.connect() as connection:
        assert tables_without(connection, lyon) == {}
        assert missing_guards(connection) == []
        people = set(connection.execute(select(Base.metadata.tables["person"].c.id)).scalars())
        assert (ours[0] in people, ours[1] in people) == (False, True)
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            files = list(tmp_path.rglob("*.db*"))
            assert files
            assert not [one for one in files if b"La Passerelle" in one.read_bytes()]
    assert rows_of(engine, strasbourg) == before
    engine.dispose()
    client = world.app.test_client()
    assert client.get(f"/q/{world.strasbourg.code.code}/fr").status_code == 200
    assert client.get(f"/q/{world.lyon.code.code}/fr").status_code == 404
    assert client.get("/p/passerelle/fr").status_code == 404
    with world.database.reading(world.strasbourg.scope) as u:
        assert published(u)
    with pytest.raises(NotFound):
        erase_structure(owner(world), lyon)


def test_who_comes_after_does_not_get_the_number_of_who_left(world: World) -> None:
    """Workers remember logos and rights by it, and codes and tokens name it."""
    with world.database.transaction(Scope.nobody()) as u:
        newest = found_structure(u, slug="halte", letters="HAL", name="La Halte", colour="#225588").id
    erase_structure(owner(world), newest)
    with world.database.transaction(Scope.nobody()) as u:
        other = found_structure(u, slug="relais", letters="REL", name="Le Relais", colour="#225588").id
    assert other > newest


def test_cut_half_way_nothing_has_happened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(world)
    engine = unwalled(owner(world))
    before = rows_of(engine, world.lyon.structure.id)

    def cut(*_args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("portal.core.leaving._forget", cut)
    with pytest.raises(KeyboardInterrupt):
        erase_structure(owner(world), world.lyon.structure.id)
    assert rows_of(engine, world.lyon.structure.id) == before
    with engine.connect() as connection:
        assert missing_guards(connection) == []
    engine.dispose()


def test_the_role_that_serves_cannot_erase(world: World) -> None:
    url = world.database.engine.url
    if url.get_backend_name() == "sqlite":
        return  # one role for all: the file's owner
    with pytest.raises(Exception, match="must be owner"):
        erase_structure(url.render_as_string(hide_password=False), world.lyon.structure.id)


def test_the_commands_ask_twice_and_for_a_backup(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        done = portal(tmp_path / "data", *arguments, PORTAL_BASE_URL="http://portal.test")
        return done.returncode, done.stdout, done.stderr

    run("db", "upgrade")
    assert run("structure", "create", "--name", "La Passerelle", "--email", "lea@passerelle.example")[0] == 0
    out = tmp_path / "out.zip"
    status, told, _ = run("structure", "export", "la-passerelle", "--to", str(out), "--json")
    assert (status, json.loads(told)["to"]) == (0, str(out))
    assert run("structure", "erase", "la-passerelle", "--confirm", "passerelle")[0] == 1
    status, _, why = run("structure", "erase", "la-passerelle", "--confirm", "la-passerelle")
    assert (status, "no backup" in why) == (1, True)
    backup = tmp_path / "data" / "backups" / "portevoix-20270324-100000.tar"
    backup.parent.mkdir()
    backup.touch()
    os.utime(backup, (time.time() - 90_000,) * 2)
    assert run("structure", "erase", "la-passerelle", "--confirm", "la-passerelle")[0] == 1
    os.utime(backup)
    status, told, why = run("structure", "erase", "la-passerelle", "--confirm", "la-passerelle", "--json")
    assert (status, json.loads(told)["erased"]) == (0, "la-passerelle")
    assert "lea@" not in why
    assert run("structure", "list", "--json")[1].strip() == "[]"
    assert (
        run("structure", "erase", "la-passerelle", "--confirm", "la-passerelle", "--without-backup")[0] == 1
    )
    assert run("db", "check")[0] == 0
