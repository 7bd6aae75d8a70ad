"""The command `portal`: noun, then verb. Exit status 0 done, 1 refused with a sentence, 2 wrong usage."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from gunicorn.app.base import BaseApplication
from sqlalchemy import create_engine

from portal.app import compose
from portal.channels.actions import CodeGiven, issue_code
from portal.channels.qr import code_url, fits_badge, terminal
from portal.channels.rules import CodeKind
from portal.core.clock import SystemClock
from portal.core.config import load
from portal.core.db import Scope
from portal.core.errors import NotFound, PortalError
from portal.core.upgrade import application_role_of, head, missing_guards, revision_of, unsafe_role, upgrade
from portal.demo import make_world, settings
from portal.people.actions import PersonGiven, invite
from portal.people.rules import Role
from portal.questionnaires.publishing import publish_shipped
from portal.tenancy.actions import SiteGiven, found_structure, furnish
from portal.tenancy.holidays_fr import ZONES
from portal.tenancy.queries import structure_by_slug, structures
from portal.web.theme import DEFAULT_COLOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from portal.core.config import Config
    from portal.core.db import Database

_IDLE_THREADS = 128
"""A connection that a browser opened on speculation holds one until it closes; threads come as needed."""
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def _told() -> Iterator[None]:
    """Tell a refusal as a sentence and leave with 1; a fault of ours keeps its traceback."""
    try:
        yield
    except PortalError as error:
        _refuse(_sentence(error))


def _sentence(error: PortalError) -> str:
    """What to do about a refusal."""
    faults = error.facts.get("faults")
    if isinstance(faults, list):
        return "\n".join(str(fault) for fault in faults)
    reason = error.facts.get("reason")
    if reason in {"taken", "member"}:
        return f"This {error.fact} is taken already. Choose another one."
    if isinstance(error, NotFound):
        return f"There is no such {error.fact}. See `portal structure list`."
    return f"This {error.fact or 'value'} cannot be used. Correct it and try again."


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(1)


def _config() -> Config:
    with _told():
        return load(os.environ)
    raise AssertionError


@contextmanager
def _house() -> Iterator[tuple[Flask, Database, Config]]:
    """Application, database and settings, with the schema checked."""
    config = _config()
    faults = _faults(config)
    if faults:
        _refuse("\n".join(faults))
    app, database = compose(config)
    try:
        with app.app_context(), _told():
            yield app, database, config
    finally:
        database.engine.dispose()


def _faults(config: Config) -> list[str]:
    """Why this database must not be served; empty when it may."""
    engine = create_engine(config.database_url)
    try:
        with engine.connect() as connection:
            if revision_of(connection) != head():
                return ["The database is not up to date: run `portal db upgrade` first."]
            faults = [
                f"A guard is missing: {guard}. Run `portal db upgrade`."
                for guard in missing_guards(connection)
            ]
            unsafe = unsafe_role(connection) if connection.dialect.name == "postgresql" else None
            return [*faults, unsafe] if unsafe else faults
    finally:
        engine.dispose()


def _print(told: dict[str, Any] | list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    for row in told if isinstance(told, list) else [told]:
        print("  ".join(str(value) for value in row.values()))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", type=click.Path(file_okay=False), help="Folder of database, files and mail.")
def main(data: str | None) -> None:
    """Satisfaction surveys and a complaints channel for certified structures of médiation sociale."""
    if data is not None:
        os.environ["PORTAL_DATA"] = data


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn over one application. Threads, because browsers open connections that they leave idle."""

    def __init__(self, make: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make, self._options = make, options
        super().__init__()

    def load_config(self) -> None:
        """Hand our options over; its own command line is not read."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, made in each worker: no connection is shared between processes."""
        return self._make()


def _serve(config: Config, port: int, workers: int) -> None:
    options = {
        "bind": f"127.0.0.1:{port}",
        "worker_class": "gthread",
        "workers": workers,
        "threads": _IDLE_THREADS,
        "accesslog": None,
        "loglevel": "warning",
        "graceful_timeout": 8,
        "keepalive": 5,
    }
    Server(lambda: compose(config)[0], options).run()


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def serve(port: int, workers: int) -> None:
    """Serve the portal behind a proxy."""
    config = _config()
    faults = _faults(config)
    if faults:
        _refuse("\n".join(faults))
    _serve(config, port, workers)


@main.command()
@click.option("--size", type=click.Choice(["small"]), default="small", show_default=True)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("var", "demo"))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day that ends the twelve months.")
@click.option("--no-serve", is_flag=True)
def demo(
    *, size: str, data: Path, port: int, json_file: Path | None, today: datetime | None, no_serve: bool
) -> None:
    """Make a fictional world and serve it; a world that is there already is served again."""
    if (data / "portal.db").exists() and not (data / "world.json").exists():
        _refuse(f"{data} holds a database that is no demo. Choose another folder with --data.")
    config, known = settings(data, port), data / "world.json"
    if known.exists():
        told = json.loads(known.read_text(encoding="utf-8"))
    else:
        print(f"Making the {size} demo world in {data} …", file=sys.stderr)
        told = make_world(config, _instant(today.date() if today else None))
    told = {**told, "base_url": config.base_url}
    for structure in told["structures"]:
        for code in structure["codes"]:
            code["url"] = f"{config.base_url}/q/{code['code']}"
    if json_file is not None:
        json_file.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    _welcome(told)
    if not no_serve:
        _serve(config, port, 2)


def _instant(day: date | None) -> datetime:
    return SystemClock().now() if day is None else datetime.combine(day, time(12), tzinfo=UTC)


def _welcome(told: dict[str, Any]) -> None:
    for structure in told["structures"]:
        print(f"\n{structure['name']}")
        for code in structure["codes"][:2]:
            print(f"  resident  {code['url']}")
        for account in structure["accounts"]:
            if account["role"] in {"quality_lead", "director"}:
                print(f"  sign in   {told['base_url']}/sign-in  {account['email']}  {account['password']}")
    first = told["structures"][0]["codes"][0]["code"]
    print(terminal(code_url(told["base_url"], first)))


@main.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to this version."""
    config = _config()
    config.data.mkdir(parents=True, exist_ok=True)
    owner = config.database_owner_url or config.database_url
    role = application_role_of(config.database_url) if config.database_owner_url else None
    print(f"The schema is at {upgrade(owner, role)}.")


@db.command("check")
def db_check() -> None:
    """Say whether the schema is at this version with all its guards."""
    faults = _faults(_config())
    if faults:
        _refuse("\n".join(faults))
    print("The schema is up to date and every guard is there.")


@main.group()
def structure() -> None:
    """Structures."""


@structure.command("create")
@click.option("--slug", required=True)
@click.option("--letters", required=True, help="2 to 6 letters A-Z that begin its references.")
@click.option("--name", required=True)
@click.option("--zone", type=click.Choice(sorted(ZONES)), default="metropole", show_default=True)
@click.option("--colour", default=DEFAULT_COLOUR, show_default=True)
@_AS_JSON
def structure_create(*, slug: str, letters: str, name: str, zone: str, colour: str, as_json: bool) -> None:
    """Found a structure with its main site, the resident questionnaire and a first code."""
    with _house() as (_, database, config):
        with database.transaction(Scope.nobody()) as u:
            row = found_structure(u, slug=slug, letters=letters, name=name, colour=colour)
        with database.transaction(Scope.of(row.id)) as u:
            site = furnish(u, site=SiteGiven(name, "centre", zone, is_main=True))
            publish_shipped(u, "q-res")
            code = issue_code(u, CodeGiven(CodeKind.SITE, name, site.id))
        address = f"{config.base_url}/q/{code.code}"
        _print({"slug": slug, "name": name, "code": code.code, "url": address}, as_json=as_json)


@structure.command("list")
@_AS_JSON
def structure_list(*, as_json: bool) -> None:
    """Every structure."""
    with _house() as (_, database, _), database.reading(Scope.nobody()) as u:
        rows = [{"slug": row.slug, "letters": row.letters, "name": row.name} for row in structures(u)]
        _print(rows, as_json=as_json)


@main.group()
def person() -> None:
    """Who works here."""


@person.command("invite")
@click.option("--structure", "slug", required=True)
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@_AS_JSON
def person_invite(*, slug: str, email: str, name: str, role: str, as_json: bool) -> None:
    """Print a single-use link, good for 7 days."""
    with _house() as (_, database, config):
        with database.reading(Scope.nobody()) as u:
            structure_id = structure_by_slug(u, slug).id
        with database.transaction(Scope.of(structure_id)) as u:
            token = invite(u, PersonGiven(email, name, Role(role)))
        _print({"email": email, "url": f"{config.base_url}/invitations/{token}"}, as_json=as_json)


@main.command()
def doctor() -> None:
    """Check settings, database, folder and the size of printed codes."""
    config = _config()
    config.data.mkdir(parents=True, exist_ok=True)
    checks = {
        "settings": [],
        "database": _faults(config),
        "data folder": [] if os.access(config.data, os.W_OK) else [f"{config.data} cannot be written to."],
        "size of codes": []
        if fits_badge(code_url(config.base_url, "222222"))
        else ["PORTAL_BASE_URL is long: the printed squares get finer than a cheap phone reads well."],
    }
    for name, faults in checks.items():
        print(f"{name:14} {'; '.join(faults) or 'ok'}")
    if any(checks.values()):
        sys.exit(1)
