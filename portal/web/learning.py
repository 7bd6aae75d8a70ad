"""What the page of a case says of its subject and of what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask_babel import gettext

from portal.cases.learning import is_founded
from portal.cases.standing import NO_ACTION
from portal.certification.queries import actions_of_case, what_of
from portal.people.rules import Permission
from portal.web.action_forms import motif_options
from portal.web.dates import day_told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.cases.models import Case, CaseEvent
    from portal.core.db import Unit
    from portal.web.case_steps import Refusal
    from portal.web.guard import Desk

NO_FOLLOW_UP = "no-action"
"""The verb of the reason, in the address and among refusals."""


def learning(
    u: Unit, desk: Desk, row: Case, events: Iterable[CaseEvent], refusal: Refusal | None
) -> dict[str, Any]:
    """The subject and the way to choose it, the actions, and what is owed by a complaint that was right."""
    can_handle, actions = desk.may(Permission.HANDLE_CASES), actions_of_case(u, row.id)
    has_reason = any(event.type == NO_ACTION for event in events)
    mine = refusal if refusal and refusal.verb == NO_FOLLOW_UP else None
    can_decide = desk.may(Permission.MANAGE_ACTIONS)
    return {
        "motif": row.motif or "",
        "motifs": [{"value": "", "label": gettext("Choose")}, *motif_options(row.motif)],
        "motif_url": desk.url("cases", row.reference, "motif") if can_handle else None,
        "actions": [
            {
                "url": desk.url("actions", str(one.number)) if desk.may(Permission.READ_ACTIONS) else None,
                "number": one.number,
                "what": what_of(u, one) or gettext("Text erased"),
                "day": day_told(one.done_on or one.due_on),
                "is_done": one.done_on is not None,
            }
            for one in actions
        ],
        "new_url": f"{desk.url('actions', 'new')}?{urlencode({'case': row.reference})}"
        if can_decide
        else None,
        "is_owed": is_founded(row) and not actions and not has_reason,
        "no_action": _reason_form(desk, row, mine)
        if can_handle and is_founded(row) and not actions and (mine or not has_reason)
        else None,
    }


def _reason_form(desk: Desk, row: Case, refusal: Refusal | None) -> dict[str, Any]:
    """The form for the reason, as `step_form` takes it."""
    error = refusal.errors.get("message") if refusal else None
    field = {
        "name": "message",
        "label": gettext("Why does nothing follow?"),
        "kind": "textarea",
        "value": refusal.given.message if refusal else "",
        "options": [],
        "hint": gettext("For the team alone: the person does not see it."),
        "error": error,
    }
    return {
        "verb": NO_FOLLOW_UP,
        "label": gettext("No action, and why"),
        "hint": None,
        "url": desk.url("cases", row.reference, NO_FOLLOW_UP),
        "fields": [field],
        "send": gettext("Keep the reason"),
        "open": refusal is not None,
        "leading": False,
    }
