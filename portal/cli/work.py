"""The job worker: what happens without anybody asking, beside the pages or on its own."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import click

from portal.app import compose
from portal.cli.checks import require_servable
from portal.cli.ground import AS_JSON, settings, tell, told
from portal.jobs import HOUSE, run_due, run_forever
from portal.notifications.mailers import mailer_of
from portal.notifications.sending import Post
from portal.web.house import house
from portal.web.mail_text import mail_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from portal.core.db import Database

_LOOKS_FOR_PARENT = 2.0


@contextmanager
def _desk(app: Flask) -> Iterator[tuple[Database, Post]]:
    """What jobs need: the database with its walls, and the way to the mail server."""
    with app.app_context():
        config, database = house().config, house().database
        try:
            yield database, Post(config.base_url, mail_text(app), mailer_of(config.mail_url))
        finally:
            database.engine.dispose()


def work(app: Flask, *, beside: int | None = None) -> None:
    """Run jobs until a signal asks to stop, or the process `beside` which they run is gone."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: stop.set())

    def watch() -> None:
        while os.getppid() == beside and not stop.wait(_LOOKS_FOR_PARENT):
            pass
        stop.set()

    if beside is not None:
        Thread(target=watch, name="parent", daemon=True).start()
    with _desk(app) as (database, post):
        run_forever(database, post, stop)


@click.group()
def jobs() -> None:
    """What happens without anybody asking."""


@jobs.command("run")
@click.option("--once", is_flag=True, help="Run what is due now, and leave.")
@AS_JSON
def jobs_run(*, once: bool, as_json: bool) -> None:
    """Run jobs until asked to stop; `portal serve` does so by itself. With --once, 1 when a job failed."""
    config = settings()
    require_servable(config)
    app, _ = compose(config)
    if not once:
        work(app)
        return
    with told(), _desk(app) as (database, post):
        runs = run_due(database, post)
    rows = [
        {
            "job": run.job,
            "structure": None if run.structure_id == HOUSE else run.structure_id,
            "done": run.done,
        }
        for run in runs
    ]
    tell(rows, as_json=as_json)
    if any(run.done is None for run in runs):
        raise click.exceptions.Exit(1)
