"""The real command with views that break, each with a word in its exception that must never reach a log.

Run as a script by tests/cli/test_logs.py: `python faulty_server.py <word> <how> serve …`; with `how` "aloud",
records are written as Python writes them, which shows what the tables of the log keep back.
"""

from __future__ import annotations

import logging
import sys
import warnings
from threading import Thread
from typing import NoReturn

from flask import request
from sqlalchemy import text

from portal import cli
from portal.cli import logs
from portal.core.errors import Unscoped
from portal.web import front
from portal.web.guard import public
from portal.web.house import house

WORD, HOW = sys.argv[1:3]


@front.bp.get("/faulty/value/<given>")
@front.bp.post("/faulty/value/<given>", endpoint="posted")
@public
def _value(given: str) -> NoReturn:
    raise ValueError(f"{WORD} {request.form.get('message')}") from KeyError(given)


@front.bp.get("/faulty/row")
@public
def _row() -> str:
    with house().database.engine.begin() as connection:
        connection.execute(text("select :word from nowhere"), {"word": WORD})
    return ""


@front.bp.get("/faulty/ours")
@public
def _ours() -> NoReturn:
    raise Unscoped("unheard_of", word=WORD)


@front.bp.get("/faulty/strange")
@public
def _strange() -> str:
    """Records of every careless kind."""
    stranger, ours = logging.getLogger("a.library"), logging.getLogger("portal.web")
    for log in (stranger, ours, logging.getLogger("gunicorn.error"), logging.getLogger(f"portal.{WORD}")):
        log.error("met %s", WORD)
        log.error("met " + WORD)  # noqa: G003 -- as careless people write
        log.error("notice %s not sent: %s", WORD, WORD)
        log.error("Invalid request from ip=192.0.2.1: %s", WORD)
        log.error("Worker (pid:%s) was sent %s!", WORD, WORD)
        log.error(
            "answered", extra={"route": WORD, "method": WORD, "status": WORD, "ip": WORD, "event": WORD}
        )
        log.error(ValueError(WORD), exc_info=ValueError(WORD))
        log.error("too few %s %s", WORD)  # noqa: PLE1206 -- a record that cannot be written
    warnings.warn(WORD, stacklevel=1)
    Thread(target=_row_of_a_thread).start()
    return ""


def _row_of_a_thread() -> NoReturn:
    raise ValueError(WORD)


if HOW == "aloud":
    logs.JsonLine = logging.Formatter  # type: ignore[misc, assignment]  # the control: no table at all
sys.argv = ["portal", *sys.argv[3:]]
cli.main()
