"""A private PostgreSQL cluster for one test worker: own folder and port, two roles, thrown away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER, APPLICATION = "portal_owner", "portal_app"
_QUICK = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60"
DURABLE = "-c fsync=on -c synchronous_commit=on -c max_connections=60"
"""As PostgreSQL comes: what was acknowledged outlives a crash."""


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine; None without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _as_server_user(command: list[str]) -> list[str]:
    # PostgreSQL refuses to run as root: its own user runs it.
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


def _run(command: list[str]) -> None:
    done = subprocess.run(_as_server_user(command), capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 -- fixed commands of this file
    if done.returncode:
        message = f"{command[0]} failed: {done.stdout}{done.stderr}"
        raise RuntimeError(message)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgresql(settings: str = _QUICK) -> Iterator[tuple[Path, int]]:
    """A running cluster; yields its folder and port. Superuser `postgres`; nothing of it outlives the block.

    Its folder is none of pytest's, which every run of the suite closes to all users but its own.
    """
    with TemporaryDirectory(prefix="portevoix-") as apart:
        folder, port = Path(apart) / "cluster", free_port()
        _made(folder)
        start(folder, port, settings)
        try:
            yield folder, port
        finally:
            crash(folder)


def start(folder: Path, port: int, settings: str) -> None:
    """Begin the cluster of a folder, and return once it answers."""
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 {settings}"
    _pg_ctl(folder, "-l", str(folder / "log"), "-o", options, "start")


def crash(folder: Path) -> None:
    """End the cluster of a folder as a crash would: it flushes nothing, and recovers when it begins again."""
    _pg_ctl(folder, "-m", "immediate", "stop")


def _pg_ctl(folder: Path, *arguments: str) -> None:
    where = _server()
    _run([str(where / "pg_ctl"), "-D", str(folder / "data"), "-w", "-s", *arguments])


def _server() -> Path:
    where = binaries()
    if where is None:
        message = "no PostgreSQL server on this machine"
        raise RuntimeError(message)
    return where


def _made(folder: Path) -> None:
    """A cluster in a new folder, which its own user can reach."""
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        folder.parent.chmod(0o755)
    making = [str(_server() / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust"]
    _run([*making, "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"])


def address(port: int, role: str, database: str) -> str:
    """The address of a database as a role."""
    return f"postgresql://{role}@127.0.0.1:{port}/{database}"


def as_superuser(port: int, *statements: str, database: str = "postgres") -> str:
    """What the last of these statements told, as text; run as superuser, outside a transaction."""
    engine = create_engine(
        address(port, "postgres", database), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    told = ""
    with engine.connect() as connection:
        for statement in statements:
            answer = connection.execute(text(statement))
            told = str(answer.scalar()) if answer.returns_rows else ""
    return told


TEMPLATE = "template_portal"
"""The migrated, empty database of a cluster, which tests copy."""

_BUILT = """
select md5(string_agg(part, ',' order by part)) from (
    select oid || '/' || xmin from pg_class where relnamespace = 'public'::regnamespace
    union all select oid || '/' || xmin from pg_proc where pronamespace = 'public'::regnamespace
    union all select attrelid || '.' || attnum || '/' || a.xmin
        from pg_attribute a join pg_class c on c.oid = attrelid and relnamespace = 'public'::regnamespace
    union all select oid || '/' || xmin from pg_trigger
    union all select oid || '/' || xmin from pg_policy
    union all select oid || '/' || xmin from pg_constraint where connamespace = 'public'::regnamespace
    union all select oid || '/' || xmin from pg_namespace
    union all select r.oid || '/' || s.setrole || array_to_string(s.setconfig, ',')
        from pg_db_role_setting s join pg_database r on r.oid = s.setdatabase and datname = current_database()
) as built (part)
"""
"""What a schema is made of, and by which transactions: another text after any change of it."""

_EMPTIED = """
do $$
declare it record;
begin
    set local session_replication_role = replica;
    for it in select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'alembic_version'
    loop
        execute format('delete from %I', it.relname);
    end loop;
    for it in select oid::regclass as name, seqstart from pg_class join pg_sequence on seqrelid = oid
        where relnamespace = 'public'::regnamespace
    loop
        perform setval(it.name, it.seqstart, false);
    end loop;
end $$
"""
_CUT = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{}'"


@dataclass(slots=True)
class Lender:
    """Lends databases of a cluster, each to one test after another: emptying takes less than making anew.

    A database whose schema a test has changed is thrown away.
    """

    port: int
    _free: list[tuple[str, str]] = field(default_factory=list)
    _made: int = 0

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The name of a migrated, empty database, for one test."""
        name, built = self._free.pop() if self._free else self._new()
        try:
            yield name
        finally:
            self._take_back(name, built)

    def _new(self) -> tuple[str, str]:
        self._made += 1
        name = f"lent_{self._made}"
        as_superuser(self.port, f"create database {name} template {TEMPLATE} owner {OWNER}")
        return name, self._look(name)

    def _look(self, name: str) -> str:
        return as_superuser(self.port, _BUILT, database=name)

    def _take_back(self, name: str, built: str) -> None:
        as_superuser(self.port, f"alter database {name} allow_connections true", _CUT.format(name))
        if self._look(name) != built:
            as_superuser(self.port, f"drop database {name} with (force)")
            return
        as_superuser(self.port, _EMPTIED, database=name)
        self._free.append((name, built))
