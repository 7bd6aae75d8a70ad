"""The command `portal`: noun, then verb. Exit status 0 done, 1 refused with a sentence, 2 wrong usage.

Here stand the entrance, the two commands that serve, and `doctor`; the others have modules of their own.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError

import portal
from portal.channels.qr import code_url, terminal
from portal.cli.audit import audit
from portal.cli.checks import CHECKS, require_servable
from portal.cli.database import db
from portal.cli.founding import first_link, person, structure
from portal.cli.ground import PORT, refuse, settings, told
from portal.cli.server import LOCAL, require_free, serve_on
from portal.cli.work import jobs
from portal.core.clock import SystemClock
from portal.core.errors import PortalError
from portal.core.upgrade import upgrade
from portal.demo import make_world
from portal.demo import settings as demo_settings

if TYPE_CHECKING:
    from portal.core.config import Config

_OLD_DEMO = (
    "The demo world in {folder} was made by another version and cannot be brought up to this one. "
    "Delete that folder, and the same command makes a new world; or name another one with --data."
)
_START = "No structure yet. Whoever opens this link founds one, once, within 7 days: {link}"
_MARKS = {True: "FAULT ", False: "advice"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", type=click.Path(file_okay=False), help="Folder of database, files and mail.")
@click.version_option(portal.__version__, prog_name="portevoix")
def main(data: str | None) -> None:
    """Satisfaction surveys and a complaints channel for certified structures of médiation sociale."""
    if data is not None:
        os.environ["PORTAL_DATA"] = data


main.add_command(db)
main.add_command(structure)
main.add_command(person)
main.add_command(jobs)
main.add_command(audit)


@main.command()
@PORT
@click.option("--host", default=LOCAL, show_default=True, help="0.0.0.0 in a container, behind its proxy.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--no-jobs", is_flag=True, help="`portal jobs run` runs elsewhere.")
def serve(*, port: int, host: str, workers: int, no_jobs: bool) -> None:
    """Serve the portal, with the job worker beside it, until it is asked to stop."""
    config = settings()
    require_servable(config)
    require_free(port, host)
    _tell_start(config)
    serve_on(config, port=port, workers=workers, host=host, has_jobs=not no_jobs)


def _tell_start(config: Config) -> None:
    """Say how the first structure is founded, while there is none."""
    link = first_link(config)
    if link is not None:
        click.echo(_START.format(link=link), err=True)


@main.command()
@click.option("--size", type=click.Choice(["small"]), default="small", show_default=True)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("var", "demo"))
@PORT
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day that ends the twelve months.")
@click.option("--no-serve", is_flag=True)
def demo(  # noqa: PLR0913 -- a parameter for each option
    *, size: str, data: Path, port: int, json_file: Path | None, today: datetime | None, no_serve: bool
) -> None:
    """Make a fictional world and serve it; a world that is there already is served again."""
    if not no_serve:
        require_free(port)
    _clear_half_made(data)
    config = demo_settings(data, port)
    world = _world(config, size, _instant(today.date() if today else None))
    world = {**world, "base_url": config.base_url}
    for one in world["structures"]:
        for code in one["codes"]:
            code["url"] = f"{config.base_url}/q/{code['code']}"
    if json_file is not None:
        json_file.write_text(json.dumps(world, ensure_ascii=False, indent=1), encoding="utf-8")
    _welcome(world)
    if not no_serve:
        serve_on(config, port=port)


def _clear_half_made(data: Path) -> None:
    """Take away a demo whose making was cut; refuse a database that is no demo."""
    if not (data / "portal.db").exists() or (data / "world.json").exists():
        return
    if not (data / "secret").exists():
        refuse(f"{data} holds a database that is no demo. Choose another folder with --data.")
    for half in data.glob("portal.db*"):
        half.unlink()


def _world(config: Config, size: str, now: datetime) -> dict[str, Any]:
    """The world in the folder of these settings, made now if it is not there."""
    known = config.data / "world.json"
    if known.exists():
        try:
            upgrade(config.database_url)
        except (PortalError, CommandError, DatabaseError):
            refuse(_OLD_DEMO.format(folder=config.data))
        world: dict[str, Any] = json.loads(known.read_text(encoding="utf-8"))
        return world
    click.echo(f"Making the {size} demo world in {config.data} …", err=True)
    return make_world(config, now)


def _instant(day: date | None) -> datetime:
    return SystemClock().now() if day is None else datetime.combine(day, time_of_day(12), tzinfo=UTC)


def _welcome(world: dict[str, Any]) -> None:
    for one in world["structures"]:
        click.echo(f"\n{one['name']}")
        for code in one["codes"][:2]:
            click.echo(f"  resident  {code['url']}")
        for account in one["accounts"]:
            if account["role"] in {"quality_lead", "director"}:
                click.echo(
                    f"  sign in   {world['base_url']}/sign-in  {account['email']}  {account['password']}"
                )
    first = world["structures"][0]["codes"][0]["code"]
    click.echo(terminal(code_url(world["base_url"], first)))


@main.command()
def doctor() -> None:
    """Look at settings, database, folders, mail, printed codes, clock and languages."""
    config = settings()
    has_fault = False
    for check in CHECKS:
        with told():
            findings = check.look(config)
        has_fault = has_fault or any(finding.is_fault for finding in findings)
        if not findings:
            click.echo(f"{check.name:14} ok")
        for finding in findings:
            click.echo(f"{check.name:14} {_MARKS[finding.is_fault]}  {finding.sentence}")
    if has_fault:
        sys.exit(1)
    _tell_start(config)
