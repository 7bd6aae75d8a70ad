"""All that a structure's tables hold, opened, as CSV and JSON with photos beside: what it takes away with it.

RGPD, art. 28(3)(g): at the end a processor gives everything back. So nothing here chooses: every table that
belongs to the structure goes, and every sealed text that can still be opened.
"""

from __future__ import annotations

import json
import os
import zipfile
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from portal import __version__
from portal.cli.unsealing import DOCUMENTS, FILES, KEYS, opened_column
from portal.core.errors import Refused
from portal.core.exports import csv_of
from portal.core.schema import OWNED_BY_NOBODY, Base, table_of
from portal.core.upgrade import head
from portal.people.queries import members
from portal.tenancy.queries import current_structure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Table
    from sqlalchemy.orm import Mapper

    from portal.core.db import Unit

FORMAT = 1
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
_SEALED = "_sealed"
_ENDINGS = {
    "image/jpeg": ".jpg",
    "audio/ogg": ".ogg",
    "audio/webm": ".webm",
    "audio/mp4": ".m4a",
    "audio/3gpp": ".3gp",
    "audio/wav": ".wav",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "image/png": ".png",
}
_README = """Les données de votre structure, telles que le portail les tenait.

tables/*.csv     une table par fichier, à ouvrir dans un tableur (UTF-8, points-virgules)
tables/*.json    les mêmes lignes, telles quelles, pour un programme
files/           photos, enregistrements et registres apportés, déchiffrés
people.csv       les personnes qui ont un accès, avec leur rôle
manifest.json    ce que contient ce dossier : nombre de lignes, empreintes SHA-256

Les textes sont en clair : gardez ce dossier comme vous gardez vos dossiers. Ce qui a été détruit parce que sa
durée était passée n'y est pas. Les mots de passe, numéros de suivi et clés n'y sont pas non plus : ils
n'ouvrent qu'ici.

Everything your structure kept here, in clear. Passwords, receipts and keys are left out: they open nothing
elsewhere.
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: rows by table, and how many files."""

    rows: dict[str, int]
    files: int


def owned_tables() -> dict[str, Any]:
    """Every class whose rows belong to a structure, by the name of its table."""
    mappers: list[Mapper[Any]] = [one for one in Base.registry.mappers if one.local_table is not None]
    named = {str(one.local_table.description): one.class_ for one in mappers}
    return {name: named[name] for name in sorted(named) if name not in OWNED_BY_NOBODY}


def export(u: Unit, folder: Path, *, now: datetime) -> Exported:
    """All of the structure in scope, written into a new folder that only this user reads.

    Raises `Refused("export")` when it is there already.
    """
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True)
    except FileExistsError:
        raise Refused("export", reason="exists") from None
    written: dict[str, bytes] = {"LISEZ-MOI.txt": _README.encode()}
    rows: dict[str, int] = {}
    for name, model in owned_tables().items():
        table = table_of(model)
        told = [_told(u, table, row, written) for row in u.all(select(model))]
        rows[name] = len(told)
        columns = _columns(table)
        written[f"tables/{name}.json"] = _json(told)
        written[f"tables/{name}.csv"] = csv_of(columns, [[_cell(one[c]) for c in columns] for one in told])
    written["people.csv"] = csv_of(
        ("name", "email", "role", "since"),
        [(one.person.name, one.person.email, one.role.value, one.since.date()) for one in members(u)],
    )
    structure = current_structure(u)
    manifest = {
        "format": FORMAT,
        "portevoix": __version__,
        "revision": head(),
        "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "structure": {"slug": structure.slug, "letters": structure.letters, "name": structure.name},
        "rows": rows,
        "sha256": {name: sha256(content).hexdigest() for name, content in sorted(written.items())},
    }
    written["manifest.json"] = _json(manifest)
    for name, content in written.items():
        _write(folder / name, content)
    return Exported(rows, sum(name.startswith("files/") for name in written))


def packed(folder: Path, file: Path) -> None:
    """The folder as one ZIP that only this user reads. Raises `Refused("export")` when there is one."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    except FileExistsError:
        raise Refused("export", reason="exists") from None
    with os.fdopen(handle, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())


def _columns(table: Table) -> list[str]:
    """The columns that are told, under the names they have in the clear."""
    return [column.name.removesuffix(_SEALED) for column in table.columns if column.name not in KEYS]


def _told(u: Unit, table: Table, row: Any, written: dict[str, bytes]) -> dict[str, Any]:
    """A row by column; a file goes to a place of its own, and the row names it."""
    told: dict[str, Any] = {}
    for column in table.columns:
        name = column.name
        if name in KEYS:
            continue
        if not name.endswith(_SEALED):
            told[name] = _plain(getattr(row, name))
            continue
        content = opened_column(u, table.name, name, row)
        if content is None:
            told[name.removesuffix(_SEALED)] = None
        elif (table.name, name) in FILES:
            path = f"files/{table.name}/{row.id}{_ending(table.name, name, row)}"
            written[path] = content
            told[name.removesuffix(_SEALED)] = path
        else:
            is_several = (table.name, name) in DOCUMENTS
            told[name.removesuffix(_SEALED)] = json.loads(content) if is_several else content.decode()
    return told


def _ending(table: str, column: str, row: Any) -> str:
    kind = FILES[table, column]
    media_type = str(getattr(row, kind)).split(";")[0] if kind else ""
    return _ENDINGS.get(media_type, ".bin")


def _plain(value: Any) -> Any:
    """A value as JSON knows it; instants in UTC, bytes in base 64."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _cell(value: Any) -> str | int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _write(path: Path, content: bytes) -> None:
    for folder in _missing(path.parent):
        folder.mkdir(mode=_PRIVATE_FOLDER)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _missing(folder: Path) -> Iterator[Path]:
    if not folder.exists():
        yield from _missing(folder.parent)
        yield folder
