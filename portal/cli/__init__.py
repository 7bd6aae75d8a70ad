"""The command `portal`: noun, then verb. Exit status 0 done, 1 refused with a sentence, 2 wrong usage.

Here stand the entrance and the two commands that serve, with the server: gunicorn's master over one
application, which needs no proxy in front and no supervisor beside it.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from datetime import UTC, date, datetime, time
from logging.config import dictConfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from gunicorn.app.base import BaseApplication

import portal
from portal.app import compose
from portal.channels.qr import code_url, terminal
from portal.cli.checks import CHECKS, require_servable
from portal.cli.database import db
from portal.cli.founding import person, structure
from portal.cli.ground import PORT, refuse, settings, told
from portal.cli.logs import log_settings
from portal.core.clock import SystemClock
from portal.core.upgrade import upgrade
from portal.demo import make_world
from portal.demo import settings as demo_settings
from portal.web.scans import start as start_scans

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from portal.core.config import Config

_HOST = "127.0.0.1"
_IDLE_THREADS = 128
"""A connection that a browser opened on speculation holds a thread for 5 seconds; threads come as needed."""
_GRACE_SECONDS = 8
"""What a request that is being answered may still take when the server is asked to stop."""
_KEEPALIVE_SECONDS = 5
_OTHERS = 0o077
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


# ---------------------------------------------------------------- the server


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn over the portal, with one application in each worker: no connection is shared between them."""

    def __init__(self, config: Config, *, port: int, workers: int) -> None:
        self._config, self._port, self._workers = config, port, workers
        self._stop_scans: Callable[[], None] | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand our options over; its own command line and files are not read."""
        options = {
            "bind": f"{_HOST}:{self._port}",
            "worker_class": "gthread",
            "workers": self._workers,
            "threads": _IDLE_THREADS,
            "accesslog": None,
            "control_socket_disable": True,
            "graceful_timeout": _GRACE_SECONDS,
            "keepalive": _KEEPALIVE_SECONDS,
            "on_starting": self._starting,
            "post_worker_init": self._began,
            "worker_exit": self._ended,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application of one worker."""
        return compose(self._config)[0]

    def _starting(self, _master: object) -> None:
        dictConfig(log_settings(self._config.log_level))

    def _began(self, worker: Any) -> None:
        self._stop_scans = start_scans(worker.wsgi)

    def _ended(self, _master: object, _worker: object) -> None:
        if self._stop_scans is not None:
            self._stop_scans()


def _serve(config: Config, *, port: int, workers: int) -> None:
    os.umask(_OTHERS)
    click.echo(f"Portevoix {portal.__version__} answers on http://{_HOST}:{port}; Ctrl-C stops it.", err=True)
    Server(config, port=port, workers=workers).run()


def _require_free(port: int) -> None:
    """Leave with a sentence when somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            refuse(f"Port {port} cannot be used here: another program has it. Choose another with --port.")


@main.command()
@PORT
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def serve(port: int, workers: int) -> None:
    """Serve the portal until it is asked to stop."""
    config = settings()
    require_servable(config)
    _require_free(port)
    _serve(config, port=port, workers=workers)


# ---------------------------------------------------------------- the demo world


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
        _require_free(port)
    if (data / "portal.db").exists() and not (data / "world.json").exists():
        refuse(f"{data} holds a database that is no demo. Choose another folder with --data.")
    config, known = demo_settings(data, port), data / "world.json"
    if known.exists():
        upgrade(config.database_url)
        world = json.loads(known.read_text(encoding="utf-8"))
    else:
        click.echo(f"Making the {size} demo world in {data} …", err=True)
        world = make_world(config, _instant(today.date() if today else None))
    world = {**world, "base_url": config.base_url}
    for one in world["structures"]:
        for code in one["codes"]:
            code["url"] = f"{config.base_url}/q/{code['code']}"
    if json_file is not None:
        json_file.write_text(json.dumps(world, ensure_ascii=False, indent=1), encoding="utf-8")
    _welcome(world)
    if not no_serve:
        _serve(config, port=port, workers=2)


def _instant(day: date | None) -> datetime:
    return SystemClock().now() if day is None else datetime.combine(day, time(12), tzinfo=UTC)


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


# ---------------------------------------------------------------- doctor


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
