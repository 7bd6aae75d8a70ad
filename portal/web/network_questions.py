"""The questions that a network writes and proposes to its structures; once taken, they are locked there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request
from flask_babel import force_locale, gettext

from portal.people.actions import journal
from portal.people.rules import Act
from portal.questionnaires.composing import MOST_SET, draft_of, locked_rows
from portal.questionnaires.publishing import RESIDENTS, set_of, shipped_set
from portal.tenancy.offers import Offered, last_set, offer
from portal.web.guard import signed_in
from portal.web.house import house
from portal.web.network import led_by, scope_at
from portal.web.question_set import LOOK, PUBLISH, Writing, moved, sent_drafts, writing_page, wrong_with

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.people.queries import Place
    from portal.web.guard import Desk

bp = Blueprint("network_questions", __name__)


@bp.get("/network/questionnaire")
@signed_in
def show(desk: Desk) -> Response:
    """The set proposed last, else the shipped one. Raises `NotFound` for whoever leads no network."""
    base = _base(desk, led_by(desk))
    with force_locale(desk.language):
        return writing_page(desk, _writing(base), [draft_of(row) for row in locked_rows(base)])


@bp.post("/network/questionnaire")
@signed_in
def write(desk: Desk) -> ResponseReturnValue:
    """Arranged, looked at, or proposed to every structure; 422 with every fault, and none gets it."""
    led = led_by(desk)
    base = _base(desk, led)
    drafts, do = sent_drafts(), request.form.get("do", LOOK)
    with force_locale(desk.language):
        writing = _writing(base)
        arranged = moved(drafts, do, MOST_SET)
        if arranged is not None:
            return writing_page(desk, writing, arranged)
        drafts = drafts[:MOST_SET] or [draft_of(row) for row in locked_rows(base)]
        faults = wrong_with(writing, drafts)
        if faults or do != PUBLISH:
            return writing_page(desk, writing, drafts, faults=faults, is_looked_at=not faults)
    proposed = Offered(questionnaire=set_of(base, drafts))
    for place in led:
        with house().database.transaction(scope_at(desk, place)) as u:
            for row in offer(u, proposed, by=desk.person.id):
                journal(u, Act.OFFER_MADE, offer=str(row.id))
    return redirect("/network?done=proposed", 303)


def _base(desk: Desk, led: Sequence[Place]) -> Mapping[str, Any]:
    """The newest set that any of these structures was offered; the shipped one before there was any."""
    found = []
    for place in led:
        with house().database.reading(scope_at(desk, place)) as u:
            found.append(last_set(u))
    newest = max((one for one in found if one), key=lambda one: one[0], default=None)
    return shipped_set(RESIDENTS) if newest is None else newest[1]


def _writing(base: Mapping[str, Any]) -> Writing:
    return Writing(
        title=gettext("The questions of your network"),
        lead=gettext(
            "Each structure takes them or not. Once taken they are locked there; "
            "its own questions come after."
        ),
        submit=gettext("Propose to all"),
        post=request.path,
        back="/network",
        base=base,
        most=MOST_SET,
        is_local=False,
    )
