"""Colleagues whom a case concerns: from the moment one is named, the case does not exist for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, redirect, request
from flask_babel import gettext

from portal.cases.beside import name_person
from portal.cases.queries import case_by_reference, persons_named
from portal.people.queries import cards, members
from portal.people.rules import Permission
from portal.web.guard import Desk, requires
from portal.web.house import house

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.cases.models import Case
    from portal.core.db import Unit

bp = Blueprint("case_people", __name__)


@bp.post("/s/<slug>/cases/<reference>/concerns")
@requires(Permission.HANDLE_CASES)
def concerns(desk: Desk, reference: str) -> ResponseReturnValue:
    """The way back to the case; to the list for whoever named themselves. Raises `NotFound`."""
    person_id = request.form.get("person", type=UUID)
    if person_id is None:
        return redirect(f"{desk.url('cases', reference)}?done=nobody", 303)
    with house().database.transaction(desk.scope) as u:
        name_person(u, case_by_reference(u, reference).id, person_id)
    if person_id == desk.person.id:
        return redirect(desk.url("cases"), 303)
    return redirect(f"{desk.url('cases', reference)}?done=concerns", 303)


def concerned(u: Unit, desk: Desk, row: Case) -> dict[str, Any]:
    """What the case's page says of it: who is named, and who could be; `url` None for who may not."""
    named = set(persons_named(u, row.id))
    others = [one for one in members(u) if one.person.id not in named]
    return {
        "names": sorted(card.name for card in cards(u, named).values()),
        "options": [
            {"value": "", "label": gettext("Choose")},
            *({"value": str(one.person.id), "label": one.person.name} for one in others),
        ],
        "url": desk.url("cases", row.reference, "concerns") if desk.may(Permission.HANDLE_CASES) else None,
    }
