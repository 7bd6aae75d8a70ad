"""A structure's own questions, asked after everybody's: written, looked at, published as a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request
from flask_babel import gettext

from portal.people.actions import journal
from portal.people.rules import Act, Permission
from portal.questionnaires.composing import MOST_LOCAL, draft_of, local_rows, locked_rows
from portal.questionnaires.publishing import publish_local, standing
from portal.web.guard import requires
from portal.web.house import house
from portal.web.identity import STALE
from portal.web.question_set import LOOK, PUBLISH, Writing, moved, sent_drafts, writing_page, wrong_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.questionnaires.composing import Draft
    from portal.web.guard import Desk

bp = Blueprint("local_questions", __name__)


@bp.get("/s/<slug>/questionnaires/local")
@requires(Permission.MANAGE_SETTINGS)
def show(desk: Desk) -> Response:
    """The structure's own questions as they are asked now, ready to be changed."""
    with house().database.reading(desk.scope) as u:
        writing, drafts = _writing(desk, u)
    return writing_page(desk, writing, drafts)


@bp.post("/s/<slug>/questionnaires/local")
@requires(Permission.MANAGE_SETTINGS)
def write(desk: Desk) -> ResponseReturnValue:
    """One more question, one less, a look at them, or a new version; 422 with every fault at its field."""
    with house().database.reading(desk.scope) as u:
        writing, _ = _writing(desk, u)
    drafts, do = sent_drafts(), request.form.get("do", LOOK)
    arranged = moved(drafts, do, MOST_LOCAL)
    if arranged is not None:
        return writing_page(desk, writing, arranged)
    drafts = drafts[:MOST_LOCAL]
    faults = wrong_with(writing, drafts)
    if faults or do != PUBLISH:
        return writing_page(desk, writing, drafts, faults=faults, is_looked_at=not faults)
    return _published(desk, drafts) or writing_page(desk, writing, drafts, stale=gettext(STALE))


def _published(desk: Desk, drafts: Sequence[Draft]) -> ResponseReturnValue | None:
    """The way back once the version stands; None when somebody published meanwhile."""
    with house().database.transaction(desk.scope) as u:
        _questionnaire, versions = standing(u, to_change=True)
        if request.form.get("seen") != str(versions[0].number):
            return None
        version = publish_local(u, drafts)
        if version.number == versions[0].number:
            return redirect(f"{desk.url('questionnaires')}?done=same", 303)
        journal(u, Act.QUESTIONS_PUBLISHED, by=desk.person.id, version=str(version.number))
    return redirect(f"{desk.url('questionnaires')}?done=published", 303)


def _writing(desk: Desk, u: Unit) -> tuple[Writing, list[Draft]]:
    _questionnaire, versions = standing(u)
    now = versions[0].document
    writing = Writing(
        title=gettext("Your own questions"),
        lead=gettext(
            "Up to %(most)d, after those that everybody is asked. They make a new version; answers already "
            "given keep theirs.",
            most=MOST_LOCAL,
        ),
        submit=gettext("Publish"),
        post=request.path,
        back=desk.url("questionnaires"),
        base=now,
        most=MOST_LOCAL,
        is_local=True,
        seen=str(versions[0].number),
        locked=locked_rows(now),
    )
    return writing, [draft_of(row) for row in local_rows(now)]
