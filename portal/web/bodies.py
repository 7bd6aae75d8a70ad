"""The list of those outside to whom cases are passed on: landlords, town halls, transport operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext

from portal.cases.errands import BodyGiven, add_body, bodies, end_body
from portal.cases.ways import BODY_KINDS, BodyKind
from portal.core.errors import Invalid
from portal.core.languages import N_
from portal.people.rules import Permission
from portal.web.desk import render_staff
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.reaching import member

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

bp = Blueprint("bodies", __name__)

_FAULTS: dict[tuple[str, str], str] = {
    ("name", "empty"): N_("Write the name of this body."),
    ("name", "long"): N_("Write at most %(limit)d characters."),
    ("name", "taken"): N_("It stands on the list already."),
}
_DONE = {"added": N_("It is on the list."), "ended": N_("It is not offered any more.")}


@bp.get("/s/<slug>/bodies")
@requires(Permission.HANDLE_CASES)
def listed(desk: Desk) -> Response:
    """The list, and the form for one more."""
    return _page(desk)


@bp.post("/s/<slug>/bodies")
@requires(Permission.HANDLE_CASES)
def add(desk: Desk) -> ResponseReturnValue:
    """One more on the list."""
    kind = member(BodyKind, request.form.get("kind")) or BodyKind.OTHER
    given = BodyGiven(request.form.get("name", ""), kind, request.form.get("reached_by", ""))
    try:
        with house().database.transaction(desk.scope) as u:
            add_body(u, given)
    except Invalid as fault:
        return _page(desk, given, fault)
    return redirect(f"{desk.url('bodies')}?done=added", 303)


@bp.post("/s/<slug>/bodies/<uuid:body_id>/end")
@requires(Permission.HANDLE_CASES)
def end(desk: Desk, body_id: UUID) -> ResponseReturnValue:
    """Nothing is passed on to it any more."""
    with house().database.transaction(desk.scope) as u:
        end_body(u, body_id)
    return redirect(f"{desk.url('bodies')}?done=ended", 303)


def _page(desk: Desk, given: BodyGiven | None = None, fault: Invalid | None = None) -> Response:
    with house().database.reading(desk.scope) as u:
        rows = [
            {
                "name": one.name,
                "kind": gettext(BODY_KINDS[one.kind]),
                "reached_by": one.reached_by,
                "url": desk.url("bodies", str(one.id), "end"),
            }
            for one in bodies(u)
        ]
    done = _DONE.get(request.args.get("done", ""))
    sentence = _FAULTS["name", str(fault.facts["reason"])] if fault else ""
    told = gettext(sentence, **fault.facts) if fault else None
    return render_staff(
        "staff/bodies.html",
        desk,
        422 if fault else 200,
        flashes=[gettext(done)] if done else [],
        bodies=rows,
        kinds=[{"value": one.value, "label": gettext(label)} for one, label in BODY_KINDS.items()],
        values=given or BodyGiven("", BodyKind.LANDLORD, ""),
        errors=[{"field": "name", "message": told}] if told else [],
        urls={"post": desk.url("bodies"), "back": desk.url("cases")},
    )
