"""Bring a database to the newest schema, and tell whether it is there with its guards in place.

On PostgreSQL this runs as the owner role; the application role can create nothing. After each upgrade every
trigger and policy is checked to exist: re-creating a table on SQLite drops its triggers without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, event, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from portal.core.errors import Refused
from portal.core.paths import MIGRATIONS
from portal.core.schema import OWNED_BY_NOBODY

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

TRIGGERS = frozenset(
    {
        "case_event_no_update",
        "case_event_no_delete",
        "questionnaire_version_frozen",
        "questionnaire_version_no_delete",
        "item_version_frozen",
        "item_version_no_delete",
        "item_version_no_insert",
        "calendar_version_frozen",
        "calendar_version_no_delete",
        "policy_version_frozen",
        "policy_version_no_delete",
        "journal_entry_no_update",
        "journal_entry_no_early_delete",
        "action_step_no_update",
        "action_step_no_delete",
        "review_frozen",
        "review_no_delete",
        "destruction_no_update",
        "destruction_no_delete",
        "campaign_frozen",
        "campaign_no_delete",
        "given_back_frozen",
        "given_back_no_delete",
    }
)
"""Triggers that keep what must never change; the migrations create them on both databases."""

_MORE_TRIGGERS = {
    "sqlite": frozenset(
        {
            "case_event_no_replace",
            "questionnaire_version_no_replace",
            "questionnaire_version_no_overwrite",
            "calendar_version_no_replace",
            "policy_version_no_replace",
            "journal_entry_no_replace",
            "action_step_no_replace",
            "review_no_replace",
            "destruction_no_replace",
            "review_no_overwrite",
            "campaign_no_replace",
            "campaign_no_overwrite",
            "given_back_no_replace",
        }
    ),
    "postgresql": frozenset[str](),
}
"""SQLite alone knows OR REPLACE, which deletes past the triggers on DELETE."""

_PATIENCE_SECONDS = 60
"""How long an upgrade waits for whoever writes to an embedded database."""
_UPGRADE_LOCK = 5_743_891_172
"""Any number that nobody else takes for a lock."""

_ROLE = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
_OWNED = (
    "select count(*) from pg_tables where schemaname = current_schema() "
    "and pg_has_role(current_user, tableowner, 'member')"
)
_POLICIES = (
    "select c.relname from pg_class c where c.relnamespace = current_schema()::regnamespace "
    "and c.relkind = 'r' and c.relrowsecurity and c.relforcerowsecurity "
    "and (select array_agg(polname::text order by polname::text) from pg_policy where polrelid = c.oid) "
    "= array['of_structure_read', 'of_structure_write', 'owner_all']"
)
"""Tables with the three policies of ours and no other: policies add up, so one more could open a table."""
_SAMPLED = (
    "select quote_ident(c.relname), quote_ident(a.attname) "
    "from pg_attribute a join pg_class c on c.oid = a.attrelid "
    "where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' "
    "and a.attnum > 0 and not a.attisdropped and coalesce(a.attstattarget, -1) <> 0 "
    "and (a.atttypid = 'bytea'::regtype "
    "or (c.relname = 'partner_case' and a.attname in ('organisation', 'reference'))) "
    "order by 1, 2"
)
"""Columns of sealed bytes, and of what partners call themselves, of which PostgreSQL would keep samples."""
_TRIGGERS = {
    "sqlite": "select name from sqlite_master where type = 'trigger'",
    "postgresql": "select tgname from pg_trigger where not tgisinternal and tgenabled <> 'D'",
}


def _alembic(connection: Connection | None = None) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision that this version of the portal brings."""
    newest = ScriptDirectory.from_config(_alembic()).get_current_head()
    return newest or ""


def is_known(revision: str) -> bool:
    """Whether this version of the portal can bring a database at this revision up."""
    try:
        return bool(ScriptDirectory.from_config(_alembic()).get_revision(revision))
    except CommandError:
        return False


def upgrade(owner_url: str, application_role: str | None = None) -> str:
    """The revision reached. Raises `Refused("guards")` when a trigger or policy is missing afterwards.

    `application_role` (PostgreSQL) gets the rights to read and write, and no other. All of it is one
    transaction, one upgrade at a time: whoever kills it leaves the schema that was there.
    """
    engine = owner_engine(owner_url)
    try:
        with engine.connect() as connection:
            with connection.begin():
                _wait_for_others(connection)
                config = _alembic(connection)
                if application_role:
                    config.attributes["application_role"] = application_role
                command.upgrade(config, "head")
                if application_role:
                    _grant(connection, application_role)
                _take_no_samples(connection)
                missing = missing_guards(connection)
                if missing:
                    raise Refused("guards", missing=missing)
            return revision_of(connection) or ""
    finally:
        engine.dispose()


def owner_engine(owner_url: str) -> Engine:
    """An engine whose transactions hold definitions of tables too, also on SQLite."""
    if make_url(owner_url).get_backend_name() != "sqlite":
        return create_engine(owner_url, poolclass=NullPool)
    engine = create_engine(owner_url, poolclass=NullPool, connect_args={"timeout": _PATIENCE_SECONDS})

    # Left alone, the driver begins a transaction before it writes rows, and none before it creates a table.
    @event.listens_for(engine, "connect")
    def _begin_nothing(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _wait_for_others(connection: Connection) -> None:
    """Return when no other upgrade runs; on SQLite the transaction itself has waited."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))


def _take_no_samples(connection: Connection) -> None:
    """Let PostgreSQL keep no values of what is sealed, or personal, in its statistics.

    ANALYZE keeps the most common values of each column in `pg_statistic`, where they outlive their rows, the
    purge and VACUUM FULL. Nobody searches by these columns but by equality, on a unique index.
    """
    if connection.dialect.name != "postgresql":
        return
    for table, column in connection.execute(text(_SAMPLED)).all():
        connection.execute(text(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0"))


def application_role_of(database_url: str) -> str | None:
    """The role in a PostgreSQL address; None on SQLite."""
    url = make_url(database_url)
    return url.username if url.get_backend_name() == "postgresql" else None


def revision_of(connection: Connection) -> str | None:
    """The revision a database stands at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def revision_at(database_url: str) -> str | None:
    """The revision of the database at an address; None for an empty one. Raises `SQLAlchemyError`."""
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return revision_of(connection)


def missing_guards(connection: Connection) -> list[str]:
    """Names of triggers that are gone or asleep; on PostgreSQL also of tables without their row security.

    There, too, columns whose samples PostgreSQL would keep.

    Empty when all stand.
    """
    dialect = connection.dialect.name
    missing = (TRIGGERS | _MORE_TRIGGERS[dialect]) - set(
        connection.execute(text(_TRIGGERS[dialect])).scalars()
    )
    if dialect == "postgresql":
        owned = set(inspect(connection).get_table_names()) - OWNED_BY_NOBODY - {"alembic_version"}
        missing |= owned - set(connection.execute(text(_POLICIES)).scalars())
        sampled = connection.execute(text(_SAMPLED)).all()
        missing |= {f"no statistics of {table}.{column}" for table, column in sampled}
    return sorted(missing)


def unsafe_role(connection: Connection) -> str | None:
    """Why the connected PostgreSQL role must not serve pages: it would pass row security; None when safe."""
    if connection.dialect.name != "postgresql":
        return None
    if connection.execute(text(_ROLE)).scalar():
        return "superuser_or_bypassrls"
    return "owner" if connection.execute(text(_OWNED)).scalar() else None


def damages(connection: Connection) -> list[str]:
    """What an embedded database finds when it reads its file through; empty when sound, and on PostgreSQL."""
    if connection.dialect.name != "sqlite":
        return []
    found = [line for line in connection.execute(text("PRAGMA integrity_check")).scalars() if line != "ok"]
    orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    return [*found, f"{len(orphans)} rows point to nothing"] if orphans else found


def _grant(connection: Connection, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote(role)
    connection.execute(text(f"grant usage on schema public to {quoted}"))
    connection.execute(
        text(f"grant select, insert, update, delete on all tables in schema public to {quoted}")
    )
    connection.execute(text(f"revoke insert, update, delete on alembic_version from {quoted}"))
    connection.execute(text(f"grant usage, select on all sequences in schema public to {quoted}"))
