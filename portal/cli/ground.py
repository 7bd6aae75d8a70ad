"""What every command stands on: the settings, the open house, and how a refusal is told.

A refusal is a sentence on standard error that says what to do, and exit status 1. A fault of ours keeps its
traceback. Knows the commands' ways, none of the commands.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from portal.app import compose
from portal.core.config import load
from portal.core.errors import PortalError
from portal.core.outage import Outage, outage_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.core.config import Config
    from portal.core.db import Database

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
PORT = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))

NO_ANSWER = "The database does not answer. Check that it runs, and PORTAL_DATABASE_URL."
NO_ROOM = "The database cannot write: its disk is full. Make room, and run the command again."
NO_DRIVER = "The driver of PostgreSQL is not installed: install portevoix[postgres]."
NO_ADDRESS = (
    "PORTAL_DATABASE_URL is no address of a database. It looks like postgresql://role:password@host/name."
)

_REASONS = {
    "taken": "This {fact} is taken already: choose another. `portal structure list` shows those there are.",
    "same": "A structure has this name already. To found another one, give it a --slug of its own.",
    "member": "This person works here already. End that access first, on the page of people.",
}
_SENTENCES = {
    "slug": "The slug must have 3 to 40 signs: a-z, 0-9 and -, a letter first, such as la-passerelle.",
    "letters": "The letters must be 2 to 6 capitals from A to Z, such as PAS.",
    "colour": "The colour must look like #0b5c68.",
    "name": "The name must not be empty, nor longer than a line.",
    "email": "This is no mail address. It looks like lea@example.org.",
    "answer_days": "The promise must be 1 to 60 working days.",
    "structure": "There is no such structure. `portal structure list` shows those there are.",
    "base_url": "PORTAL_BASE_URL cannot stand in a printed code: give a host and no more.",
    "guards": "The schema was brought up, but guards are missing: {missing}. Restore a backup, and tell us.",
}


def refuse(*sentences: str) -> NoReturn:
    """Leave with status 1 and these sentences on standard error."""
    click.echo("\n".join(sentences), err=True)
    raise click.exceptions.Exit(1)


@contextmanager
def told() -> Iterator[None]:
    """Within it, what an operator can put right leaves as a sentence."""
    try:
        yield
    except PortalError as error:
        refuse(*_sentences(error))
    except OperationalError as error:
        refuse(NO_ROOM if outage_of(error) is Outage.FULL else NO_ANSWER)
    except (ArgumentError, NoSuchModuleError):
        refuse(NO_ADDRESS)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("psycopg"):
            raise
        refuse(NO_DRIVER)


def _sentences(error: PortalError) -> list[str]:
    """What to do about a refusal."""
    faults = error.facts.get("faults")
    if isinstance(faults, list):
        return [str(fault) for fault in faults]
    line = _REASONS.get(str(error.facts.get("reason"))) or _SENTENCES.get(error.fact)
    if line is None:
        return [f"This {error.fact or 'value'} cannot be used. Correct it and try again."]
    return [line.format(fact=error.fact, missing=error.facts.get("missing"))]


def settings() -> Config:
    """The settings in the environment; every fault in them is told at once."""
    with told():
        return load(os.environ)
    raise AssertionError  # `told` has left


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The database with its walls, for one command."""
    with told():
        app, database = compose(config)
        try:
            with app.app_context():
                yield database
        finally:
            database.engine.dispose()


def tell(rows: dict[str, Any] | list[dict[str, Any]], *, as_json: bool) -> None:
    """Print what was done: JSON for a program, else a line for each row."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows if isinstance(rows, list) else [rows]:
        click.echo("  ".join(str(value) for value in row.values()))
