"""What an operator may see of requests: a line for each page of the teams, and figures where they are kept.

The name of the view stands for the address, which holds tokens and references. Pages of residents leave no
line: its second would be the second of an answer.
"""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING

from flask import current_app, request

from portal.web.metrics import figures_of, is_of_teams

if TYPE_CHECKING:
    from flask import Flask, Response

log = logging.getLogger("portal.web")

_BEGAN = "portal.began"


def register(app: Flask) -> None:
    """Let the application time each request; to be called first, to see each answer as it leaves."""
    app.before_request(_begin)
    app.after_request(_note)


def _begin() -> None:
    request.environ[_BEGAN] = perf_counter()


def _note(response: Response) -> Response:
    figures = figures_of(current_app)
    is_of_team = is_of_teams(current_app, request.endpoint)
    if figures is None and not is_of_team:
        return response
    seconds = perf_counter() - request.environ[_BEGAN]
    if figures is not None:
        figures.note(request.endpoint, response.status_code, seconds, is_of_team=is_of_team)
    if is_of_team:
        told = {
            "route": request.endpoint,
            "method": request.method,
            "status": response.status_code,
            "ms": round(seconds * 1000),
        }
        log.info("answered", extra=told)
    return response
