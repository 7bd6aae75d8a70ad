"""After every revision, not only the newest, the database itself is walled: its keys, policies and triggers.

Read from the catalogs of both engines, not from the models: whoever upgrades stands for a moment at each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from servers import APPLICATION, OWNER, address, as_superuser
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from portal.core.schema import OWNED_BY_NOBODY
from portal.core.upgrade import _POLICIES, _TRIGGERS, _alembic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

FREE = OWNED_BY_NOBODY | {"alembic_version"}
_GRANTS = (
    "select table_name, privilege_type from information_schema.role_table_grants "
    "where table_schema = 'public' and grantee = :grantee"
)
_OWNERS = "select distinct tableowner from pg_tables where schemaname = 'public'"
_DOERS = "select count(*) from pg_proc where pronamespace = 'public'::regnamespace and prosecdef"
MAY = {"SELECT", "INSERT", "UPDATE", "DELETE"}


def revisions() -> list[str]:
    """Every revision, the oldest first."""
    scripts = ScriptDirectory.from_config(_alembic()).walk_revisions()
    return [one.revision for one in scripts][::-1]


def owned(connection: Connection) -> list[str]:
    """The tables that must belong to a structure."""
    return sorted(set(inspect(connection).get_table_names()) - FREE)


def key_faults(connection: Connection) -> list[str]:
    """The keys of owned tables that do not begin with the structure."""
    seen, tables = inspect(connection), owned(connection)
    keys: list[tuple[str, list[str | None]]] = []
    for table in tables:
        keys.append((table, [*seen.get_pk_constraint(table)["constrained_columns"]]))
        keys += [(table, [*key["column_names"]]) for key in seen.get_unique_constraints(table)]
        keys += [(table, [*key["column_names"]]) for key in seen.get_indexes(table) if key["unique"]]
        for key in seen.get_foreign_keys(table):
            if key["referred_table"] in tables:
                keys += [(table, [*key["constrained_columns"]]), (table, [*key["referred_columns"]])]
    return [f"{table}: {columns}" for table, columns in keys if columns[:1] != ["structure_id"]]


def wall_faults(connection: Connection) -> list[str]:
    """Owned tables whose row security is off, not forced, or has other policies than the three of ours."""
    if connection.dialect.name == "sqlite":
        return []
    walled = set(connection.execute(text(_POLICIES)).scalars())
    return [f"{table}: no wall" for table in owned(connection) if table not in walled]


def triggers(connection: Connection) -> set[str]:
    """The triggers that stand and are awake."""
    return set(connection.execute(text(_TRIGGERS[connection.dialect.name])).scalars())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database, as whoever migrates it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        cluster: int = request.getfixturevalue("cluster")
        name = f"e_{abs(hash(str(tmp_path))):x}"
        as_superuser(cluster, f"create database {name} owner {OWNER}")
        url = address(cluster, OWNER, name)
    engine = create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def newest(database_url: str) -> Iterator[Engine]:
    """A database at the newest revision, as its owner."""
    there = make_url(database_url)
    engine = create_engine(there.set(username=OWNER if there.username else None))
    yield engine
    engine.dispose()


def walked(engine: Engine, way: list[tuple[str, str]]) -> list[str]:
    """The faults met on a way of upgrades and downgrades, each with where it was met."""
    found: list[str] = []
    with engine.connect() as connection:
        for verb, revision in way:
            before = triggers(connection)
            getattr(command, verb)(_alembic(connection), revision)
            connection.commit()
            faults = [*key_faults(connection), *wall_faults(connection)]
            if verb == "upgrade":
                faults += [f"{name}: no more" for name in sorted(before - triggers(connection))]
            found += [f"{verb} {revision}: {fault}" for fault in faults]
    return found


def test_the_walls_stand_after_each_revision_up_and_down(empty: Engine) -> None:
    steps = revisions()
    up = [("upgrade", one) for one in steps]
    down = [("downgrade", one) for one in reversed(steps[:-1])]
    assert walked(empty, [*up, *down, *up[1:]]) == []
    with empty.connect() as connection:
        assert len(owned(connection)) > 20


@pytest.mark.parametrize(
    ("sabotage", "told"),
    [
        ("create table odd (id integer primary key, structure_id integer)", "odd: ['id']"),
        ("create unique index ix_odd on site (slug)", "site: ['slug']"),
        (
            "create table away (structure_id integer, id integer, primary key (id, structure_id))",
            "away: ['id",
        ),
    ],
)
def test_a_key_that_begins_otherwise_is_found(newest: Engine, sabotage: str, told: str) -> None:
    with newest.connect() as connection:
        assert key_faults(connection) == []
        connection.execute(text(sabotage))
        assert any(told in fault for fault in key_faults(connection))


def test_a_revision_that_loses_a_trigger_is_found(newest: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(_config: object, _revision: str) -> None:
        of_table = "" if newest.dialect.name == "sqlite" else " on case_event"
        with newest.begin() as connection:
            connection.execute(text(f"drop trigger case_event_no_update{of_table}"))

    monkeypatch.setattr(command, "upgrade", careless)
    assert walked(newest, [("upgrade", "next")]) == ["upgrade next: case_event_no_update: no more"]


@pytest.mark.postgres
@pytest.mark.parametrize(
    "sabotage",
    [
        "alter table site disable row level security",
        "alter table site no force row level security",
        "drop policy of_structure_write on site",
        "create policy everybody on site for select using (true)",
    ],
)
def test_a_wall_with_a_gap_is_found(postgresql_url: str, sabotage: str) -> None:
    engine = create_engine(make_url(postgresql_url).set(username=OWNER))
    with engine.connect() as connection:
        assert wall_faults(connection) == []
        connection.execute(text(sabotage))
        assert wall_faults(connection) == ["site: no wall"]
    engine.dispose()


def grants(connection: Connection, grantee: str) -> dict[str, set[str]]:
    """What a role may do with each table."""
    found: dict[str, set[str]] = {}
    for table, privilege in connection.execute(text(_GRANTS), {"grantee": grantee}):
        found.setdefault(table, set()).add(privilege)
    return found


@pytest.mark.postgres
def test_the_serving_role_has_four_rights_and_owns_nothing(postgresql_url: str) -> None:
    engine = create_engine(make_url(postgresql_url).set(username=OWNER))
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        given = grants(connection, APPLICATION)
        assert given.pop("alembic_version") == {"SELECT"}
        assert given == dict.fromkeys(tables - {"alembic_version"}, MAY)
        assert grants(connection, "PUBLIC") == {}
        assert set(connection.execute(text(_OWNERS)).scalars()) == {OWNER}
        assert connection.execute(text(_DOERS)).scalar() == 0, "no function runs with its owner's rights"
        connection.execute(text(f"grant truncate on site to {APPLICATION}"))
        assert grants(connection, APPLICATION)["site"] == {*MAY, "TRUNCATE"}
    engine.dispose()
