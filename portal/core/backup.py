"""Copies of an installation, made while it serves, and brought back.

A backup is one tar file: the database (a copy of an embedded one, a dump of PostgreSQL), the folder of files,
and a manifest with the SHA-256 of each part and the number of rows of each table. The secret from which the
keys are derived is not in it: it is kept elsewhere, and without it nobody reads a personal word of a backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from portal.core.errors import Invalid, NotFound, Refused
from portal.core.upgrade import head, is_known, revision_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import URL
    from sqlalchemy.engine import Connection

_FORMAT = 1
_MANIFEST = "manifest.json"
_DATABASE = "database"
_FILES = "files"
_PRIVATE = 0o600
_ENVIRONMENT = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD"}
_QUERY = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "host": "PGHOST"}


@dataclass(frozen=True, slots=True)
class Installation:
    """What is copied and brought back: the database, at its owner's address on PostgreSQL, and the files."""

    database_url: str
    files: Path

    @property
    def url(self) -> URL:
        """The parsed address."""
        return make_url(self.database_url)

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an embedded database; None on PostgreSQL."""
        return Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" else None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: when it was begun, from which database, at which schema, and what to expect."""

    made_at: str
    engine: str
    revision: str
    rows: Mapping[str, int]
    """Number of rows by table."""
    sums: Mapping[str, str]
    """SHA-256 (hex) by path within the backup."""
    format: int = _FORMAT


def make_backup(of: Installation, to: Path, *, now: datetime) -> Manifest:
    """What the new backup at `to` holds, read back from it.

    The installation may serve meanwhile: the copy is of one instant. Raises `Refused("backup")` with `reason`
    "exists", "no_client" (the programs of PostgreSQL are missing) or "failed", and `Invalid` as
    `read_backup` does.
    """
    if to.exists():
        raise Refused("backup", reason="exists")
    to.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=to.parent, prefix=".backup-") as folder:
        copy = Path(folder, _DATABASE)
        file = of.sqlite_file
        revision, rows = _copy_postgresql(of.url, copy) if file is None else _copy_sqlite(file, copy)
        parts = {_DATABASE: copy, **_files_below(of.files)}
        made = Manifest(
            now.isoformat(timespec="seconds"),
            of.url.get_backend_name(),
            revision,
            rows,
            {name: _sum(path) for name, path in parts.items()},
        )
        told = Path(folder, _MANIFEST)
        told.write_text(json.dumps(asdict(made), indent=1, sort_keys=True), encoding="utf-8")
        unfinished = Path(folder, "unfinished.tar")
        with unfinished.open("xb") as stream:
            os.fchmod(stream.fileno(), _PRIVATE)
            with tarfile.open(fileobj=stream, mode="w") as archive:
                for name, path in {_MANIFEST: told, **parts}.items():
                    archive.add(path, arcname=name, recursive=False, filter=_nobodys)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(to)
    return read_backup(to)


def read_backup(at: Path) -> Manifest:
    """What the backup holds, after every part was read and compared with its sum.

    Raises `NotFound("backup")`, and `Invalid("backup")`: `reason` "damaged" for what is no backup of ours or
    has changed since, "newer" for a schema that this version does not know.
    """
    with TemporaryDirectory(dir=at.parent if at.parent.exists() else None, prefix=".backup-") as folder:
        return _unpack(at, Path(folder))


def restore_backup(at: Path, to: Installation, *, replaces: bool = False) -> Manifest:
    """What was brought back. The schema may be an older one: upgrade it before serving.

    `replaces` puts an embedded database that is there aside, with `.before-restore` behind its name. Raises
    as `read_backup` does, and `Refused("restore")`: `reason` "engine", "not_empty", "served" (somebody has
    the database open), "no_client", "failed", "rows" (not what the manifest says: nothing was put in place).
    """
    file = to.sqlite_file
    room = to.files.parent if file is None else file.parent
    room.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=room, prefix=".restore-") as name:
        folder = Path(name)
        told = _unpack(at, folder)
        if told.engine != to.url.get_backend_name():
            raise Refused("restore", reason="engine", engine=told.engine)
        if file is not None:
            _restore_sqlite(folder / _DATABASE, file, told, replaces=replaces)
        else:
            _restore_postgresql(folder / _DATABASE, to.url, told)
        _restore_files(folder / _FILES, to.files)
    return told


# ---------------------------------------------------------------- the archive


def _sum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files_below(folder: Path) -> dict[str, Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {f"{_FILES}/{path.relative_to(folder).as_posix()}": path for path in found}


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The member without the user it belonged to."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = _PRIVATE
    return member


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Write every member below the folder. Raises `ValueError` for one that is no plain file below it.

    `extractall(filter="data")` would do, but came with 3.11.4 only, and Debian 12 brings 3.11.2.
    """
    for member in archive:
        name = Path(member.name)
        source = archive.extractfile(member) if member.isfile() else None
        if source is None or name.is_absolute() or ".." in name.parts:
            raise ValueError(member.name)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        target.chmod(_PRIVATE)


def _unpack(at: Path, folder: Path) -> Manifest:
    """The manifest; every part lies in the folder and equals its sum."""
    if not at.is_file():
        raise NotFound("backup")
    try:
        with tarfile.open(at) as archive:
            _extract(archive, folder)
        told = Manifest(**json.loads((folder / _MANIFEST).read_text(encoding="utf-8")))
    except (tarfile.TarError, OSError, ValueError, TypeError) as fault:
        raise Invalid("backup", reason="damaged") from fault
    parts = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    parts.pop(_MANIFEST)
    if told.format != _FORMAT or {name: _sum(path) for name, path in parts.items()} != told.sums:
        raise Invalid("backup", reason="damaged")
    if not is_known(told.revision):
        raise Invalid("backup", reason="newer", revision=told.revision, known=head())
    return told


def _restore_files(kept: Path, to: Path) -> None:
    if not kept.is_dir():
        return
    if to.exists() and any(to.iterdir()):
        to.replace(_aside(to))
    shutil.copytree(kept, to, dirs_exist_ok=True)


def _aside(path: Path) -> Path:
    """A free name beside the path for what was there before."""
    names = (path.with_name(f"{path.name}.before-restore{n or ''}") for n in range(1_000))
    return next(name for name in names if not name.exists())


def _rows(connection: Connection) -> dict[str, int]:
    quoted = connection.dialect.identifier_preparer.quote
    tables = sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})
    return {
        table: connection.execute(text(f"select count(*) from {quoted(table)}")).scalar_one()  # noqa: S608 -- names from the schema
        for table in tables
    }


# ---------------------------------------------------------------- the embedded database


def _copy_sqlite(file: Path, copy: Path) -> tuple[str, dict[str, int]]:
    """Revision and rows of a copy of one instant: SQLite's own online backup, in one step."""
    if not file.exists():
        raise Refused("backup", reason="no_database")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    return _seen(copy)


def _seen(copy: Path) -> tuple[str, dict[str, int]]:
    with _connected(make_url("sqlite://").set(database=str(copy))) as connection:
        if connection.execute(text("PRAGMA integrity_check")).scalar() != "ok":
            raise Invalid("backup", reason="damaged")
        return revision_of(connection) or "", _rows(connection)


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        yield connection


def _restore_sqlite(copy: Path, file: Path, told: Manifest, *, replaces: bool) -> None:
    if _seen(copy) != (told.revision, told.rows):
        raise Refused("restore", reason="rows")
    if file.exists() and file.stat().st_size:
        if not replaces:
            raise Refused("restore", reason="not_empty")
        _require_unused(file)
        file.replace(_aside(file))
    for left in (file.with_name(f"{file.name}-{what}") for what in ("wal", "shm")):
        left.unlink(missing_ok=True)  # of a database that is gone: it would be read into this one
    copy.chmod(_PRIVATE)
    copy.replace(file)


def _require_unused(file: Path) -> None:
    """Nothing; the last to leave a database takes its log away, so a log that stays is somebody's."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if file.with_name(f"{file.name}-wal").exists():
        raise Refused("restore", reason="served")


# ---------------------------------------------------------------- PostgreSQL


def _copy_postgresql(url: URL, copy: Path) -> tuple[str, dict[str, int]]:
    """Revision and rows of a dump, both of the same snapshot. The owner's policies show it every row."""
    with _connected(url) as connection:
        connection.execute(text("set transaction isolation level repeatable read, read only"))
        snapshot = connection.execute(text("select pg_export_snapshot()")).scalar_one()
        revision, rows = revision_of(connection) or "", _rows(connection)
        _client(
            url,
            "backup",
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--enable-row-security",
            f"--snapshot={snapshot}",
            f"--file={copy}",
        )
    return revision, rows


def _restore_postgresql(copy: Path, url: URL, told: Manifest) -> None:
    with _connected(url) as connection:
        if inspect(connection).get_table_names():
            raise Refused("restore", reason="not_empty")
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    _client(url, "restore", "pg_restore", *options, f"--dbname={url.database}", str(copy))
    with _connected(url) as connection:
        if (revision_of(connection) or "", _rows(connection)) != (told.revision, told.rows):
            raise Refused("restore", reason="rows")


def _client(url: URL, what: str, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL; the password goes by the environment, which no list of processes shows."""
    found = shutil.which(program)
    if found is None:
        raise Refused(what, reason="no_client", program=program)
    told = {name: getattr(url, part) for part, name in _ENVIRONMENT.items()}
    told |= {name: url.query.get(part) for part, name in _QUERY.items() if part in url.query}
    environment = {name: str(value) for name, value in told.items() if value is not None}
    done = subprocess.run(  # noqa: S603 -- a fixed program, arguments of ours
        [found, *arguments],
        env={**os.environ, **environment, "PGDATABASE": url.database or ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(what, reason="failed", said=done.stderr.strip()[-300:])
