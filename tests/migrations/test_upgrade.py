"""From nothing to the newest schema, on both engines: equal to the models, guarded, and safe to repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from servers import APPLICATION, OWNER
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url

from portal.app import SLICES
from portal.core.errors import Refused
from portal.core.schema import Base
from portal.core.upgrade import (
    _MORE_TRIGGERS,
    TRIGGERS,
    _alembic,
    application_role_of,
    head,
    missing_guards,
    revision_of,
    unsafe_role,
    upgrade,
)
from portal.core.upgrade import _TRIGGERS as _STANDING

if TYPE_CHECKING:
    from collections.abc import Iterator

assert SLICES, "the models of every slice are loaded"


def owner_of(url: str) -> str:
    """The address of the same database as the role that migrates."""
    address = make_url(url)
    role = OWNER if application_role_of(url) else None
    return address.set(username=role).render_as_string(hide_password=False)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The migrated database, as its owner."""
    made = create_engine(owner_of(database_url))
    yield made
    made.dispose()


def run(engine: Engine, *statements: str) -> None:
    """Run statements, as the owner."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def missing(engine: Engine) -> list[str]:
    """What `missing_guards` reports."""
    with engine.connect() as connection:
        return missing_guards(connection)


def differences(engine: Engine) -> list[object]:
    """What alembic sees between the database and the models."""
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def test_the_migrated_schema_is_the_schema_of_the_models(engine: Engine) -> None:
    assert differences(engine) == []


def test_a_column_that_only_the_database_has_is_seen(engine: Engine) -> None:
    run(engine, "alter table site add column nickname varchar")
    assert "nickname" in repr(differences(engine))


def test_every_guard_stands_after_the_migrations(engine: Engine) -> None:
    assert missing(engine) == []


def test_each_dropped_trigger_is_named(engine: Engine) -> None:
    dialect = engine.dialect.name
    kept = sorted(TRIGGERS | _MORE_TRIGGERS[dialect])
    for turn, trigger in enumerate(kept, 1):
        table = trigger.partition("_no_")[0].removesuffix("_frozen")
        run(engine, f"drop trigger {trigger}{'' if dialect == 'sqlite' else f' on {table}'}")
        assert missing(engine) == kept[:turn]


def test_no_trigger_stands_that_is_not_watched(engine: Engine) -> None:
    with engine.connect() as connection:
        standing = set(connection.execute(text(_STANDING[engine.dialect.name])).scalars())
    assert standing == TRIGGERS | _MORE_TRIGGERS[engine.dialect.name]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("sabotage", "named"),
    [
        ("drop policy of_structure_read on site", ["site"]),
        ("drop policy of_structure_write on message", ["message"]),
        ("create policy everybody on answer for select using (true)", ["answer"]),
        ("alter table site disable row level security", ["site"]),
        ("alter table site no force row level security", ["site"]),
        ("alter table case_event disable trigger case_event_no_update", ["case_event_no_update"]),
        ("create table planted (structure_id integer primary key)", ["planted"]),
    ],
)
def test_a_gap_in_the_walls_of_postgresql_is_named(
    postgresql_url: str, sabotage: str, named: list[str]
) -> None:
    engine = create_engine(owner_of(postgresql_url))
    run(engine, sabotage)
    assert missing(engine) == named
    engine.dispose()


def test_upgrading_again_changes_nothing(database_url: str, engine: Engine) -> None:
    before = _shape(engine)
    assert upgrade(owner_of(database_url), application_role_of(database_url)) == head()
    assert _shape(engine) == before


def _shape(engine: Engine) -> object:
    seen = inspect(engine)
    return {name: [str(column) for column in seen.get_columns(name)] for name in seen.get_table_names()}


def test_an_upgrade_that_finds_a_guard_missing_says_so(database_url: str, engine: Engine) -> None:
    of_table = "" if engine.dialect.name == "sqlite" else " on case_event"
    run(engine, f"drop trigger case_event_no_update{of_table}")
    with pytest.raises(Refused, match="guards"):
        upgrade(owner_of(database_url), application_role_of(database_url))


def test_a_database_says_at_which_revision_it_stands(engine: Engine) -> None:
    with engine.connect() as connection:
        assert revision_of(connection) == head()
    nothing = create_engine("sqlite://")
    with nothing.connect() as connection:
        assert revision_of(connection) is None


def test_going_down_leaves_nothing_and_up_again_is_the_same(database_url: str, engine: Engine) -> None:
    before = _shape(engine)
    with engine.connect() as connection:
        command.downgrade(_alembic(connection), "base")
        connection.commit()
    assert inspect(engine).get_table_names() == ["alembic_version"]
    upgrade(owner_of(database_url), application_role_of(database_url))
    assert _shape(engine) == before
    assert missing(engine) == []


def test_the_role_that_serves_is_safe_and_the_others_are_not(postgresql_url: str) -> None:
    for role, why in ((APPLICATION, None), (OWNER, "owner"), ("postgres", "superuser_or_bypassrls")):
        engine = create_engine(make_url(postgresql_url).set(username=role))
        with engine.connect() as connection:
            assert unsafe_role(connection) == why
        engine.dispose()


def test_on_sqlite_every_role_is_the_file_s_own(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        assert unsafe_role(connection) is None
    engine.dispose()
