"""What the people and programs that run the portal ask: is it alive, can it serve, which version is it."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

import portal
from portal.core.upgrade import head, revision_at
from portal.web.guard import public
from portal.web.house import house

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

log = logging.getLogger("portal.web")

bp = Blueprint("operators", __name__)

_UNAVAILABLE = 503


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """The process answers; nothing else is asked."""
    return _plain("ok")


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Whether the database answers and stands at the schema of this version; 503 and why when it does not."""
    try:
        revision = revision_at(house().config.database_url)
    except SQLAlchemyError as error:
        log.warning("not ready: %s", type(error).__name__)
        return _plain("The database does not answer.", _UNAVAILABLE)
    if revision != _head():
        return _plain(
            "The database is not at the schema of this version: run portal db upgrade.", _UNAVAILABLE
        )
    return _plain("ok")


@bp.get("/version")
@public
def version() -> ResponseReturnValue:
    """The version of the portal and the schema it brings."""
    response = jsonify(name="portevoix", version=portal.__version__, schema=_head())
    response.headers["Cache-Control"] = "no-store"
    return response


@cache
def _head() -> str:
    """The newest revision, read once: it does not change while the process lives."""
    return head()


def _plain(sentence: str, status: int = 200) -> Response:
    response = Response(sentence + "\n", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
