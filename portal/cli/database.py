"""Commands about the database: bring the schema up, and say whether all is in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from portal.cli.backup import backup, restore
from portal.cli.checks import database_faults, sqlite_file
from portal.cli.ground import refuse, settings, told
from portal.core.upgrade import application_role_of, upgrade

if TYPE_CHECKING:
    from portal.core.config import Config

_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
_NO_OWNER = (
    "On PostgreSQL the schema belongs to a role of its own: set PORTAL_DATABASE_OWNER_URL to it, and "
    "PORTAL_DATABASE_URL to the role that serves."
)


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to this version, and check that every guard stands."""
    config = settings()
    with told():
        make_room(config)
        role = application_role_of(config.database_url)
        if role is not None and role == application_role_of(config.database_owner_url):
            refuse(_NO_OWNER)
        owner = config.database_url if role is None else config.database_owner_url
        click.echo(f"The schema is at {upgrade(owner, role)}.")


def make_room(config: Config) -> None:
    """The folder and the file of an embedded database, for the user who serves alone."""
    config.data.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    file = sqlite_file(config.database_url)
    if file is not None:
        file.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        file.touch(mode=_PRIVATE_FILE)


@db.command("check")
def db_check() -> None:
    """Say whether the schema is at this version with every guard; an embedded database is read through."""
    faults = database_faults(settings(), deeply=True)
    if faults:
        refuse(*faults)
    click.echo("The schema is at this version and every guard stands.")


db.add_command(backup)
db.add_command(restore)
