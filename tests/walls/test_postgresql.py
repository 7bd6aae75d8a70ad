"""Row security holds on PostgreSQL for the role that serves, with raw SQL and nobody's help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from build import World
from servers import APPLICATION
from sqlalchemy import text
from walls.siege import CANARY, besieged

from portal.core.db import Scope
from portal.core.schema import OWNED_BY_NOBODY, Base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from walls.siege import Siege

    from portal.core.clock import FixedClock

pytestmark = pytest.mark.postgres
OWNED = sorted(table.name for table in Base.metadata.sorted_tables if table.name not in OWNED_BY_NOBODY)


@pytest.fixture
def siege(postgresql_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[Siege]:
    """A besieged world on PostgreSQL."""
    with World.made(postgresql_url, clock, tmp_path) as world, besieged(world) as made:
        yield made


@pytest.fixture
def raw(siege: Siege) -> Iterator[psycopg.Connection[Any]]:
    """A plain connection as the role that serves, in no transaction."""
    url = siege.world.database.engine.url
    assert url.username == APPLICATION
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(), autocommit=True) as connection:
        yield connection


def owners(connection: psycopg.Connection[Any], table: str) -> set[int]:
    """The structures whose rows of a table are seen."""
    return {row[0] for row in connection.execute(f"select structure_id from {table}")}  # noqa: S608 -- names of the models


def test_without_a_setting_no_owned_table_shows_a_row(raw: psycopg.Connection[Any]) -> None:
    assert {table: owners(raw, table) for table in OWNED} == {table: set() for table in OWNED}


def test_with_a_setting_each_table_shows_that_structure_only(
    siege: Siege, raw: psycopg.Connection[Any]
) -> None:
    lyon = siege.prey.lyon
    with raw.transaction():
        raw.execute(f"SET LOCAL app.reads = '{lyon}'")
        seen = {table: owners(raw, table) for table in OWNED}
    assert {table for table, found in seen.items() if found - {lyon}} == set()
    assert {"site", "team", "code", "agreement", "structure_key", "item"} <= {
        table for table, found in seen.items() if found
    }


def test_a_setting_to_write_reads_its_own_structure_and_no_other(
    siege: Siege, raw: psycopg.Connection[Any]
) -> None:
    with raw.transaction():
        raw.execute(f"SET LOCAL app.structure_id = '{siege.prey.lyon}'")
        assert {structure for table in OWNED for structure in owners(raw, table)} == {siege.prey.lyon}


def test_foreign_rows_are_neither_changed_nor_removed(siege: Siege, raw: psycopg.Connection[Any]) -> None:
    before = siege.snapshot(siege.prey.strasbourg)
    for table in OWNED:
        with raw.transaction():
            bind(raw, siege)
            foreign = f"structure_id = {siege.prey.strasbourg}"
            assert raw.execute(f"delete from {table} where {foreign}").rowcount == 0  # noqa: S608 -- idem
            touched = f"update {table} set structure_id = structure_id where {foreign}"  # noqa: S608 -- idem
            assert raw.execute(touched).rowcount == 0
    assert siege.snapshot(siege.prey.strasbourg) == before


def bind(raw: psycopg.Connection[Any], siege: Siege) -> None:
    """Bind Lyon to the transaction, as one that may even read both."""
    raw.execute(f"SET LOCAL app.structure_id = '{siege.prey.lyon}'")
    raw.execute(f"SET LOCAL app.reads = '{siege.prey.lyon},{siege.prey.strasbourg}'")


def test_a_row_for_another_structure_is_refused(siege: Siege, raw: psycopg.Connection[Any]) -> None:
    with raw.transaction(force_rollback=True):
        bind(raw, siege)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute(f"insert into case_counter values ({siege.prey.strasbourg}, 2027, 1)")  # noqa: S608 -- idem


def test_an_own_row_is_not_moved_abroad(siege: Siege, raw: psycopg.Connection[Any]) -> None:
    with raw.transaction(force_rollback=True):
        bind(raw, siege)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute(f"update agreement set structure_id = {siege.prey.strasbourg}")  # noqa: S608 -- idem


@pytest.mark.parametrize("setting", ["", "1 or true", "'; select 1", "1,x", "{1,2}", "null"])
def test_a_spoiled_setting_shows_nothing(raw: psycopg.Connection[Any], setting: str) -> None:
    try:
        with raw.transaction():
            raw.execute("select set_config('app.reads', %s, true)", [setting])
            raw.execute("select set_config('app.structure_id', %s, true)", [setting])
            seen = owners(raw, "site")
    except psycopg.errors.InvalidTextRepresentation:
        seen = set()
    assert seen == set()


def test_without_row_security_the_same_connection_sees_everything(
    siege: Siege, raw: psycopg.Connection[Any]
) -> None:
    with siege.plain.begin() as owner:
        owner.execute(text("alter table site disable row level security"))
    assert owners(raw, "site") == {siege.prey.lyon, siege.prey.strasbourg}


def test_the_binding_ends_with_the_transaction(siege: Siege) -> None:
    database = siege.world.database
    with database.transaction(siege.world.strasbourg.scope):
        pass
    raw = database.engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("select count(*), current_setting('app.reads', true) from site")
    assert cursor.fetchone() in {(0, ""), (0, None)}
    raw.close()


def test_after_a_rollback_the_scope_is_bound_again(siege: Siege) -> None:
    with siege.world.database.transaction(siege.world.lyon.scope) as u:
        u.session.rollback()
        cursor = u.session.connection().connection.cursor()
        cursor.execute("select name from site")
        found = repr(cursor.fetchall())
    assert "La Passerelle" in found
    assert CANARY not in found


def test_many_turns_on_one_pool_never_mix_structures(siege: Siege) -> None:
    database, prey = siege.world.database, siege.prey
    for turn in range(60):
        wanted = prey.lyon if turn % 2 else prey.strasbourg
        scope = Scope.nobody() if turn % 5 == 0 else Scope.of(wanted)
        with database.reading(scope) as u:
            cursor = u.session.connection().connection.cursor()
            cursor.execute("select distinct structure_id from site")
            assert cursor.fetchall() == ([] if turn % 5 == 0 else [(wanted,)])
            if turn % 7 == 0:
                with pytest.raises(psycopg.Error):
                    cursor.execute("select 1 / 0")


def test_a_reading_unit_is_refused_any_write_by_the_database(siege: Siege) -> None:
    with siege.world.database.reading(siege.world.lyon.scope) as u:
        cursor = u.session.connection().connection.cursor()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            cursor.execute("update site set name = 'x'")


@pytest.mark.parametrize(
    "wanted",
    [
        "alter table site disable row level security",
        "alter table site no force row level security",
        "alter table site owner to portal_app",
        "alter table site add column x int",
        "drop table site",
        "truncate site",
        "drop policy of_structure_read on site",
        "create policy mine on site for select using (true)",
        "alter table case_event disable trigger all",
        "create table mine (x int)",
        "create view mine as select * from site",
        "set role portal_owner",
        "set session authorization postgres",
        "alter role portal_app bypassrls",
        "grant portal_owner to portal_app",
        "copy (select 1) to program 'cat'",
        "select pg_read_file('pg_hba.conf')",
        "update alembic_version set version_num = '0000'",
        "set session_replication_role = replica",
    ],
)
def test_the_serving_role_cannot(raw: psycopg.Connection[Any], wanted: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute(wanted)


def test_turning_row_security_off_shows_an_error_and_no_row(raw: psycopg.Connection[Any]) -> None:
    raw.execute("set row_security = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owners(raw, "site")


def test_the_policies_hold_no_sub_query(siege: Siege) -> None:
    with siege.plain.connect() as connection:
        found = connection.execute(text("select qual, with_check from pg_policies")).all()
    assert len(found) == 3 * len(OWNED)
    assert not [rule for rule in found if "select" in repr(rule).lower()]
