"""Opinions as those who may read them see them: day, face, answers, and the free words a day later."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, request
from flask_babel import format_date, gettext, ngettext

from portal.core.languages import LANGUAGES
from portal.core.worktime import WorkCalendar
from portal.people.rules import Permission
from portal.questionnaires.queries import version
from portal.questionnaires.reading import PAGE, Wanted, count_opinions, count_waiting, opinions
from portal.questionnaires.rules import worded
from portal.tenancy.queries import calendar_of, main_site, sites
from portal.web.desk import render_staff
from portal.web.guard import requires
from portal.web.house import house

if TYPE_CHECKING:
    from flask import Response

    from portal.core.db import Unit
    from portal.questionnaires.reading import Opinion
    from portal.questionnaires.rules import Choice, Question
    from portal.web.guard import Desk

bp = Blueprint("responses", __name__)


@bp.get("/s/<slug>/responses")
@requires(Permission.READ_RESPONSES)
def responses(desk: Desk) -> Response:
    """The list, the newest day first."""
    offset = max(0, request.args.get("offset", 0, type=int))
    with house().database.reading(desk.scope) as u:
        wanted = _wanted(u)
        places = {site.id: site.name for site in sites(u)}
        total, waiting = count_opinions(u, wanted), count_waiting(u, wanted)
        lines = [_line(u, desk, one, places) for one in opinions(u, wanted, offset=offset)]
    withheld = ngettext(
        "%(num)d free word opens on the next working day.",
        "%(num)d free words open on the next working day.",
        waiting,
    )
    here = desk.url("responses")
    return render_staff(
        "staff/responses.html",
        desk,
        urls={"self": here},
        filters=_filters(places),
        total=total,
        withheld=withheld if waiting else None,
        responses=lines,
        newer=f"{here}?offset={offset - PAGE}" if offset >= PAGE else None,
        older=f"{here}?offset={offset + PAGE}" if total > offset + PAGE else None,
    )


def _wanted(u: Unit) -> Wanted:
    """What the address asks for; words of the last working day and since are still closed."""
    args = request.args
    place = WorkCalendar.from_document(calendar_of(u, main_site(u).id).document)
    return Wanted(
        words_before=place.opened_until(place.local(u.now).date()),
        site_id=args.get("site", type=UUID),
        language=args.get("language") or None,
        since=args.get("from", type=date.fromisoformat),
        until=args.get("to", type=date.fromisoformat),
    )


def _filters(places: dict[UUID, str]) -> list[dict[str, Any]]:
    every = {"value": "", "label": gettext("All")}
    tables = (
        ("site", gettext("Site"), [(str(key), name) for key, name in places.items()]),
        ("language", gettext("Language"), [(row.tag, row.own_name) for row in LANGUAGES.values()]),
    )
    return [
        {
            "name": name,
            "label": label,
            "options": [every, *({"value": value, "label": shown} for value, shown in options)],
            "chosen": request.args.get(name, ""),
        }
        for name, label, options in tables
    ]


def _line(u: Unit, desk: Desk, one: Opinion, places: dict[UUID, str]) -> dict[str, Any]:
    questions = version(u, one.row.version_id).form.questions
    first, others = questions[0], questions[1:]
    given = _chosen(first, one)
    language = LANGUAGES.get(one.row.language)
    return {
        "day": format_date(one.row.day, "long"),
        "place": places.get(one.row.site_id, ""),
        "face": given.face if given else None,
        "face_label": worded(given.labels, desk.language)[0] if given else "",
        "language_name": language.own_name if language else one.row.language,
        "lang": one.row.language,
        "dir": language.direction if language else "auto",
        "text": "\n".join(one.words.values()) or None,
        "flags": [],
        "answers": [
            {"question": _said(asked, desk), "label": label}
            for asked in others
            if (label := _label(asked, one, desk))
        ],
    }


def _said(asked: Question, desk: Desk) -> str:
    return asked.said(desk.language)[0]


def _chosen(asked: Question, one: Opinion) -> Choice | None:
    code = one.choices.get(asked.code)
    return next((choice for choice in asked.choices if choice.code == code), None)


def _label(asked: Question, one: Opinion, desk: Desk) -> str:
    choice = _chosen(asked, one)
    return worded(choice.labels, desk.language)[0] if choice else ""
