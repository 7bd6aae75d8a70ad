"""Views that misbehave on purpose, or that show what reached them: for the tests of security and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request

from portal.core.errors import Conflict, Throttled, Unscoped
from portal.people.rules import Permission
from portal.web.desk import render_staff
from portal.web.guard import Desk, public, requires, takes

if TYPE_CHECKING:
    from flask import Response

MARKER = "Camille Roux 06 12 34 56 78"
"""What a resident typed and no log may tell."""

MOST = 1_000_000

trial = Blueprint("trial", __name__)


@trial.post("/q/trial/conflict")
@public
def _public_conflict() -> str:
    raise Conflict("case", message=request.form["message"])


@trial.post("/s/<slug>/trial/conflict")
@requires(Permission.READ_FIGURES)
def _conflict(_desk: Desk) -> str:
    raise Conflict("case")


@trial.route("/q/trial/broken", methods=["GET", "POST"])
@trial.route("/q/trial/ar/broken", methods=["GET", "POST"])
@public
def _broken() -> str:
    raise ValueError(MARKER)


@trial.get("/s/<slug>/trial/unscoped")
@requires(Permission.READ_FIGURES)
def _unscoped(_desk: Desk) -> str:
    raise Unscoped("statement without seal", statement=MARKER)


@trial.get("/q/trial/throttled")
@public
def _throttled() -> str:
    raise Throttled("sign_in", seconds=40)


@trial.post("/q/trial/echo")
@public
def _echo() -> str:
    return request.form.get("message", "")


@trial.post("/q/trial/before")
@public
def _before() -> str:
    """The body, then what is left of it as a form."""
    return f"{len(request.get_data())} {len(request.form)} {len(request.files)}"


@trial.post("/q/trial/after")
@public
def _after() -> str:
    """The form, then what is left of the body."""
    return f"{len(request.form)} {len(request.files)} {len(request.stream.read())} {len(request.get_data())}"


@trial.post("/q/trial/file")
@takes(MOST)
@public
def _file() -> str:
    return str(len(request.files["photo"].read()))


@trial.post("/s/<slug>/trial/file")
@requires(Permission.READ_FIGURES)
@takes(MOST)
def _staff_file(_desk: Desk) -> str:
    return str(len(request.files["photo"].read()))


@trial.get("/q/trial/where")
@public
def _where() -> str:
    return f"{request.remote_addr} {request.scheme}"


@trial.get("/s/<slug>/trial/page")
@requires(Permission.READ_FIGURES)
def _page(desk: Desk) -> Response:
    return render_staff("staff/structures.html", desk, structures=[])
