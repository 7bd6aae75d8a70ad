"""What follows from a case: its subject, the actions, or the reason why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request

from portal.cases.actions import Given
from portal.cases.learning import choose_motif, need_no_action
from portal.cases.queries import case_by_reference
from portal.core.errors import Conflict, Invalid
from portal.people.rules import Permission
from portal.web.case_page import case_page
from portal.web.case_steps import Refusal
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.learning import NO_FOLLOW_UP

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("case_learning", __name__)


@bp.post("/s/<slug>/cases/<reference>/motif")
@requires(Permission.HANDLE_CASES)
def motif(desk: Desk, reference: str) -> ResponseReturnValue:
    """The way back to the case, whose subject is chosen; nothing changes without a choice."""
    code = request.form.get("motif", "")
    try:
        with house().database.transaction(desk.scope) as u:
            choose_motif(u, case_by_reference(u, reference).id, code)
    except Invalid:
        return redirect(f"{desk.url('cases', reference)}?done=no_motif#learning", 303)
    return redirect(f"{desk.url('cases', reference)}?done=motif#learning", 303)


@bp.post("/s/<slug>/cases/<reference>/no-action")
@requires(Permission.HANDLE_CASES)
def no_action(desk: Desk, reference: str) -> ResponseReturnValue:
    """The way back to the case, with the reason why nothing follows; 422 and 409 keep what was written."""
    sent = request.form
    given = Given(sent.get("message", ""), desk.language, version=sent.get("version", 0, type=int))
    try:
        with house().database.transaction(desk.scope) as u:
            need_no_action(u, case_by_reference(u, reference).id, given)
    except (Invalid, Conflict) as fault:
        return case_page(desk, reference, Refusal(NO_FOLLOW_UP, given, fault))
    return redirect(f"{desk.url('cases', reference)}?done=no_action#learning", 303)
