"""What an operator may see of requests: a line for each page of the teams, and figures where they are kept.

The name of the view stands for the address, which holds tokens and references. Pages of residents leave no
line: its second would be the second of an answer.
"""

from __future__ import annotations

import logging
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from portal.web.guard import is_of_teams
from portal.web.house import this_request
from portal.web.metrics import figures_of

if TYPE_CHECKING:
    from flask import Flask, Response

log = logging.getLogger("portal.web")

_BEGAN = "portal.began"


def register(app: Flask) -> None:
    """Let the application time each request; to be called first, to see each answer as it leaves."""
    app.before_request(_begin)
    app.after_request(partial(_note, app))


def _begin() -> None:
    this_request().environ[_BEGAN] = perf_counter()


def _note(app: Flask, response: Response) -> Response:
    figures, asked = figures_of(app), this_request()
    is_of_team = is_of_teams(app, asked.endpoint)
    if figures is None and not is_of_team:
        return response
    seconds = perf_counter() - asked.environ[_BEGAN]
    if figures is not None:
        figures.note(asked.endpoint, response.status_code, seconds, is_of_team=is_of_team)
    if is_of_team:
        told = {
            "route": asked.endpoint,
            "method": asked.method,
            "status": response.status_code,
            "ms": round(seconds * 1000),
        }
        log.info("answered", extra=told)
    return response
