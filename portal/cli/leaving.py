"""Commands for a structure that leaves: everything it kept, handed over; then everything, destroyed."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from portal.cli.checks import require_servable
from portal.cli.exporting import export, packed
from portal.cli.ground import AS_JSON, opened, refuse, settings, tell, told
from portal.core.clock import SystemClock
from portal.core.db import Scope
from portal.core.errors import NotFound, Refused
from portal.core.leaving import erase_structure
from portal.core.upgrade import application_role_of
from portal.tenancy.queries import structure_by_slug

if TYPE_CHECKING:
    from portal.core.config import Config

log = logging.getLogger("portal.cli")

_FRESH = timedelta(days=1)
_EXISTS = "{to} is there already: give another name."
_NO_OWNER = "A structure is erased as the owner of the tables: set PORTAL_DATABASE_OWNER_URL."
_NOT_CONFIRMED = "Nothing was erased. Say the slug a second time: --confirm {slug}"
_NO_BACKUP = (
    "Nothing was erased: no backup in {folder} is younger than a day. Make one by `portal db backup`, name "
    "its folder by --backups, or say --without-backup."
)
_NONE = "There is no such structure. `portal structure list` shows those there are."
_STILL = (
    "Backups made before still hold it: destroy them, or let them grow old. On PostgreSQL let the owner run "
    "VACUUM FULL."
)


@click.command("export")
@click.argument("slug")
@click.option(
    "--to", required=True, type=click.Path(path_type=Path), help="A new folder, or a new .zip file."
)
@AS_JSON
def structure_export(*, slug: str, to: Path, as_json: bool) -> None:
    """Write all that a structure keeps here, opened: CSV, JSON, photos. Texts are in clear: guard it well."""
    config = settings()
    require_servable(config)
    with opened(config) as database:
        with database.reading(Scope.nobody()) as u:
            structure_id = structure_by_slug(u, slug).id
        with database.reading(Scope.of(structure_id)) as u, TemporaryDirectory() as aside:
            is_zip = to.suffix == ".zip"
            folder = Path(aside) / slug if is_zip else to
            try:
                made = export(u, folder, now=u.now)
                if is_zip:
                    packed(folder, to)
            except Refused:
                refuse(_EXISTS.format(to=to))
    row = {"to": str(to), "tables": len(made.rows), "rows": sum(made.rows.values()), "files": made.files}
    tell(row, as_json=as_json)


@click.command("erase")
@click.argument("slug")
@click.option("--confirm", required=True, help="The slug once more.")
@click.option("--without-backup", is_flag=True, help="Though no backup is younger than a day.")
@click.option(
    "--backups", type=click.Path(path_type=Path), help="Folder of backups; that of the data unless said."
)
@AS_JSON
def structure_erase(
    *, slug: str, confirm: str, without_backup: bool, backups: Path | None, as_json: bool
) -> None:
    """Destroy a structure with everything it kept. Nothing brings it back but a backup."""
    config = settings()
    require_servable(config)
    if confirm != slug:
        refuse(_NOT_CONFIRMED.format(slug=slug))
    owner_url = _owner_url(config)
    with opened(config) as database, database.reading(Scope.nobody()) as u:
        structure_id = structure_by_slug(u, slug).id
    folder = backups or config.data / "backups"
    if not (without_backup or _has_fresh(folder)):
        refuse(_NO_BACKUP.format(folder=folder))
    with told():
        try:
            left = erase_structure(owner_url, structure_id)
        except NotFound:
            refuse(_NONE)
    log.warning("structure %s was erased: %s rows", structure_id, left.rows)
    tell({"erased": slug, "rows": left.rows, "people": left.people}, as_json=as_json)
    click.echo(_STILL, err=True)


def _owner_url(config: Config) -> str:
    """The address of the owner of the tables; an embedded database has one role for all."""
    if application_role_of(config.database_url) is None:
        return config.database_url
    if not config.database_owner_url:
        refuse(_NO_OWNER)
    return config.database_owner_url


def _has_fresh(folder: Path) -> bool:
    """Whether a backup of the last day lies there."""
    oldest = (SystemClock().now() - _FRESH).timestamp()
    return any(file.stat().st_mtime >= oldest for file in folder.glob("portevoix-*.tar"))
