"""Bring a database to the newest schema, and tell whether it is there with its guards in place.

On PostgreSQL this runs as the owner role; the application role can create nothing. After each upgrade every
trigger and policy is checked to exist: re-creating a table on SQLite drops its triggers without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from portal.core.errors import Refused
from portal.core.paths import MIGRATIONS
from portal.core.schema import OWNED_BY_NOBODY

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

TRIGGERS = frozenset(
    {
        "case_event_no_update",
        "case_event_no_delete",
        "questionnaire_version_frozen",
        "questionnaire_version_no_delete",
        "calendar_version_frozen",
        "policy_version_frozen",
    }
)
"""Triggers that keep what must never change; the migrations create them on both databases."""

_ROLE = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
_OWNED = "select count(*) from pg_tables where schemaname = current_schema() and tableowner = current_user"
_POLICIES = (
    "select c.relname from pg_class c where c.relnamespace = current_schema()::regnamespace "
    "and c.relkind = 'r' and c.relrowsecurity and c.relforcerowsecurity "
    "and exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'of_structure_write')"
)


def _alembic(connection: Connection | None = None) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision that this version of the portal brings."""
    newest = ScriptDirectory.from_config(_alembic()).get_current_head()
    return newest or ""


def upgrade(owner_url: str, application_role: str | None = None) -> str:
    """The revision reached. Raises `Refused("guards")` when a trigger or policy is missing afterwards.

    `application_role` (PostgreSQL) gets the rights to read and write, and no other.
    """
    engine = create_engine(owner_url)
    try:
        with engine.connect() as connection:
            config = _alembic(connection)
            if application_role:
                config.attributes["application_role"] = application_role
            command.upgrade(config, "head")
            connection.commit()
            if application_role:
                _grant(connection, application_role)
                connection.commit()
            missing = missing_guards(connection)
            if missing:
                raise Refused("guards", missing=missing)
            return MigrationContext.configure(connection).get_current_revision() or ""
    finally:
        engine.dispose()


def application_role_of(database_url: str) -> str | None:
    """The role in a PostgreSQL address; None on SQLite."""
    url = make_url(database_url)
    return url.username if url.get_backend_name() == "postgresql" else None


def revision_of(connection: Connection) -> str | None:
    """The revision a database stands at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def missing_guards(connection: Connection) -> list[str]:
    """Names of triggers, and on PostgreSQL of tables without forced row security; empty when all stand."""
    tables = set(inspect(connection).get_table_names()) - OWNED_BY_NOBODY - {"alembic_version"}
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("select name from sqlite_master where type = 'trigger'"))
        return sorted(TRIGGERS - set(found.scalars()))
    found = connection.execute(text("select tgname from pg_trigger where not tgisinternal"))
    missing = TRIGGERS - set(found.scalars())
    walled = set(connection.execute(text(_POLICIES)).scalars())
    return sorted(missing | (tables - walled))


def unsafe_role(connection: Connection) -> str | None:
    """Why the connected PostgreSQL role must not serve pages: it would pass row security; None when safe."""
    if connection.dialect.name != "postgresql":
        return None
    if connection.execute(text(_ROLE)).scalar():
        return "superuser_or_bypassrls"
    return "owner" if connection.execute(text(_OWNED)).scalar() else None


def _grant(connection: Connection, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote(role)
    connection.execute(text(f"grant usage on schema public to {quoted}"))
    connection.execute(
        text(f"grant select, insert, update, delete on all tables in schema public to {quoted}")
    )
    connection.execute(text(f"grant usage, select on all sequences in schema public to {quoted}"))
