"""Commands that copy an installation while it serves, and bring it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.checks import require_servable
from portal.cli.ground import AS_JSON, refuse, settings, tell, told
from portal.core.backup import Installation, make_backup, restore_backup
from portal.core.clock import SystemClock
from portal.core.errors import PortalError
from portal.core.upgrade import application_role_of, upgrade

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.core.backup import Manifest
    from portal.core.config import Config

_SENTENCES = {
    "exists": "{file} is there already: give another name.",
    "no_database": "There is no database to copy yet: run `portal db upgrade`.",
    "no_client": "{program} is not installed: install the client of PostgreSQL, of the server's version.",
    "failed": "PostgreSQL refused: {said}",
    "damaged": "{file} is no backup of Portevoix, or has changed since it was made. Take another one.",
    "newer": "{file} was made by a newer version of Portevoix: install that version first.",
    "engine": "{file} holds a database of {engine}, PORTAL_DATABASE_URL names another kind.",
    "not_empty": (
        "There is a database already. Give an empty one; an embedded one is put aside with --replace."
    ),
    "served": "The database is in use: stop the portal first.",
    "rows": "What came back is not what the backup holds. Nothing was put in place: take another backup.",
}
_NO_OWNER = "Copies are made as the owner of the schema: set PORTAL_DATABASE_OWNER_URL."
_NONE = "There is no such file: {file}"


@click.command("backup")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder of backups.")
@click.option("--keep", type=click.IntRange(min=1), help="How many backups stay in the folder.")
@AS_JSON
def backup(*, folder: Path | None, keep: int | None, as_json: bool) -> None:
    """Copy database and files into one file, and read it back. The portal may serve meanwhile."""
    config = settings()
    require_servable(config)
    now = SystemClock().now()
    where = folder or config.data / "backups"
    file = where / f"portevoix-{now:%Y%m%d-%H%M%S}.tar"
    manifest = _done(file, lambda: make_backup(_installation(config), file, now=now))
    for old in sorted(where.glob("portevoix-*.tar"))[: -keep if keep else 0]:
        old.unlink()
    tell(_row(file, manifest), as_json=as_json)


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put an embedded database that is there aside first.")
@AS_JSON
def restore(*, file: Path, replace: bool, as_json: bool) -> None:
    """Bring a backup back, and its schema up to this version. Stop the portal first."""
    config = settings()
    manifest = _done(file, lambda: restore_backup(file, _installation(config), replaces=replace))
    role = application_role_of(config.database_url)
    with told():
        upgrade(_installation(config).database_url, role)
    tell(_row(file, manifest), as_json=as_json)


def _installation(config: Config) -> Installation:
    """The database as the role that sees every row, and the files."""
    is_embedded = application_role_of(config.database_url) is None
    if not is_embedded and not config.database_owner_url:
        refuse(_NO_OWNER)
    return Installation(config.database_url if is_embedded else config.database_owner_url, config.files_dir)


def _done(file: Path, act: Callable[[], Manifest]) -> Manifest:
    """What the act gives; a refusal leaves as a sentence."""
    with told():
        try:
            return act()
        except PortalError as error:
            reason = str(error.facts.get("reason", ""))
            refuse(_SENTENCES.get(reason, _NONE).format(file=file, **error.facts))
    raise AssertionError  # `told` has left


def _row(file: Path, manifest: Manifest) -> dict[str, object]:
    return {"file": str(file), "made_at": manifest.made_at, "rows": sum(manifest.rows.values())}
