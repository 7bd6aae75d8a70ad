"""Opinions as those who may read them see them: day, face, answers; free words the next working day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, request
from flask_babel import gettext, ngettext

from portal.cases.alarm_words import alarms_in
from portal.cases.alarms import entries
from portal.core.errors import NotFound
from portal.core.languages import LANGUAGES, N_, direction_of
from portal.core.worktime import ONE_DAY, WorkCalendar
from portal.people.rules import Permission
from portal.questionnaires.queries import published, version
from portal.questionnaires.reading import (
    PAGE,
    Wanted,
    count_opinions,
    opinions,
    waiting_words,
    was_any_helped,
)
from portal.questionnaires.rules import MODES, ItemKind, Mode, worded
from portal.tenancy.queries import agreements, calendar_of, sites, teams
from portal.web.alarm_words import alarm_flag
from portal.web.dates import day_told
from portal.web.desk import asked_offset, render_staff
from portal.web.guard import requires
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from flask import Response

    from portal.cases.alarm_words import Entry
    from portal.core.db import Unit
    from portal.questionnaires.reading import Opinion
    from portal.questionnaires.rules import Choice, Question
    from portal.web.guard import Desk

bp = Blueprint("responses", __name__)

_SEPARATOR = " · "
_LATELY = timedelta(days=14)
_PAGES_LOOKED_AT = 4
"""How far back, and how many pages of opinions, are looked through for what stands on top."""
_LABELS = {
    "site": N_("Site"),
    "team": N_("Team"),
    "agreement": N_("Agreement"),
    "face": N_("Face"),
    "language": N_("Language"),
    "helped": N_("Filled in"),
}
_HELPED = {"no": False, "yes": True}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list can be narrowed by: names by id or word, for each argument of the address."""

    places: Mapping[str, Mapping[UUID, str]]
    words: Mapping[str, Mapping[str, str]]
    calendars: Mapping[UUID, WorkCalendar]

    @classmethod
    def read(cls, u: Unit, language: str) -> Choices:
        """Those of the structure in scope."""
        known = sites(u)
        asked = published(u).form.questions
        faces = next((one.choices for one in asked if one.kind is ItemKind.FACES), ())
        return cls(
            {
                "site": {one.id: one.name for one in known},
                "team": {one.id: one.name for one in teams(u)},
                "agreement": {one.id: f"{one.partner}, {one.purpose}" for one in agreements(u)},
            },
            {
                "face": {one.code: worded(one.labels, language)[0] for one in faces},
                "language": {one.tag: one.own_name for one in LANGUAGES.values()},
                "helped": {"no": gettext("Without our help"), "yes": gettext("With our help")}
                if was_any_helped(u)
                else {},
            },
            {one.id: WorkCalendar.from_document(calendar_of(u, one.id).document) for one in known},
        )

    def place(self, one: Opinion) -> str:
        """Site, team and agreement of an opinion in one line."""
        found = (
            self.places["site"].get(one.row.site_id),
            self.places["team"].get(one.row.team_id) if one.row.team_id else None,
            self.places["agreement"].get(one.row.agreement_id) if one.row.agreement_id else None,
        )
        return _SEPARATOR.join(name for name in found if name)


@bp.get("/s/<slug>/responses")
@requires(Permission.READ_RESPONSES)
def responses(desk: Desk) -> Response:
    """The list, the newest day first."""
    offset = asked_offset()
    with house().database.reading(desk.scope) as u:
        choices = Choices.read(u, desk.language)
        wanted = _wanted(choices)
        closed = _closed_from(u, choices) if desk.may(Permission.READ_TEXTS) else None
        total = count_opinions(u, wanted)
        waiting = waiting_words(u, wanted, closed or {})
        words = entries(u) if closed is not None else ()
        lines = [_line(u, desk, one, choices, words) for one in opinions(u, wanted, closed, offset=offset)]
        first = [] if offset or closed is None else _first(u, desk, wanted, closed, choices)
    return render_staff(
        "staff/responses.html",
        desk,
        urls={"self": desk.url("responses")},
        filters=_filters(choices),
        total=total,
        withheld=_withheld(waiting, choices),
        first=first,
        responses=lines,
        newer=_page(desk, offset - PAGE) if offset >= PAGE else None,
        older=_page(desk, offset + PAGE) if total > offset + PAGE else None,
    )


def _wanted(choices: Choices) -> Wanted:
    """What the address asks for; what is no face, language or date asks for all.

    Raises `NotFound` for a place that is not here.
    """
    args = request.args
    return Wanted(
        site_id=_place(choices, "site"),
        team_id=_place(choices, "team"),
        agreement_id=_place(choices, "agreement"),
        face=_word(choices, "face"),
        language=_word(choices, "language"),
        since=args.get("from", type=date.fromisoformat),
        until=args.get("to", type=date.fromisoformat),
        helped=_HELPED.get(args.get("helped", "")),
    )


def _place(choices: Choices, name: str) -> UUID | None:
    given = request.args.get(name, "")
    found = next((id_ for id_ in choices.places[name] if str(id_) == given), None)
    if given and found is None:
        raise NotFound(name)
    return found


def _word(choices: Choices, name: str) -> str | None:
    given = request.args.get(name, "")
    return given if given in choices.words[name] else None


def _closed_from(u: Unit, choices: Choices) -> dict[UUID, date]:
    """By site, the first local day whose words are still closed today."""
    return {id_: one.opened_until(one.local(u.now).date()) for id_, one in choices.calendars.items()}


def _withheld(waiting: Mapping[tuple[UUID, date], int], choices: Choices) -> str | None:
    """How many words wait, and the day on which all of them can be read; None when none waits."""
    if not waiting:
        return None
    last = max(next(iter(choices.calendars[site].working_days_from(day + ONE_DAY))) for site, day in waiting)
    return str(
        ngettext(
            "%(num)d free word can be read from %(date)s on.",
            "%(num)d free words can be read from %(date)s on.",
            sum(waiting.values()),
            date=day_told(last, "full"),
        )
    )


def _filters(choices: Choices) -> list[dict[str, Any]]:
    """The one form of the page; it does not ask for what there is no choice of."""
    args = request.args
    days = [
        {"name": name, "label": label, "kind": "date", "options": [], "chosen": args.get(name, "")}
        for name, label in (("from", gettext("From")), ("to", gettext("Until")))
    ]
    tables: Mapping[str, Mapping[Any, str]] = {**choices.places, **choices.words}
    return [
        *days,
        *(
            {
                "name": name,
                "label": gettext(_LABELS[name]),
                "kind": "select",
                "options": [
                    {"value": "", "label": gettext("All")},
                    *({"value": str(value), "label": shown} for value, shown in rows.items()),
                ],
                "chosen": args.get(name, ""),
            }
            for name, rows in tables.items()
            if len(rows) > (1 if name == "site" else 0)
        ),
    ]


def _page(desk: Desk, offset: int) -> str:
    """Another page of the same list."""
    kept = {name: value for name, value in request.args.items() if name != "offset" and value}
    return f"{desk.url('responses')}?{urlencode({**kept, 'offset': offset})}"


def _first(
    u: Unit, desk: Desk, wanted: Wanted, closed: Mapping[UUID, date], choices: Choices
) -> list[dict[str, Any]]:
    """The opinions of the last days whose words hold one that makes us look, the newest first."""
    since = max(max(closed.values()) - _LATELY, wanted.since or date.min)
    lately, words = replace(wanted, since=since), entries(u)
    found = [
        one
        for page in range(_PAGES_LOOKED_AT)
        for one in opinions(u, lately, closed, offset=page * PAGE)
        if alarms_in("\n".join(one.words.values()), words)
    ]
    return [_line(u, desk, one, choices, words) for one in found]


def _flags(one: Opinion, text: str | None, words: tuple[Entry, ...]) -> list[dict[str, str]]:
    """What is to be known at once: words that wait, or hold one that makes us look; how the opinion came."""
    mode = Mode(one.row.mode)
    way = [] if mode is Mode.WEB else [{"text": gettext(MODES[mode].label), "tone": ""}]
    if one.waits:
        return [{"text": gettext("A free word waits"), "tone": "waiting"}, *way]
    flag = alarm_flag(alarms_in(text or "", words))
    return [*([flag] if flag else []), *way]


def _line(u: Unit, desk: Desk, one: Opinion, choices: Choices, words: tuple[Entry, ...]) -> dict[str, Any]:
    asked = version(u, one.row.version_id).form.questions
    with_faces = next((question for question in asked if question.kind is ItemKind.FACES), None)
    given = _chosen(with_faces, one) if with_faces else None
    text = "\n".join(one.words.values()) or None
    language = LANGUAGES.get(one.row.language)
    return {
        "day": day_told(one.row.day, "long"),
        "place": choices.place(one),
        "face": given.face if given else None,
        "face_label": worded(given.labels, desk.language)[0] if given else gettext("No face chosen"),
        "language_name": language.own_name if language else one.row.language,
        "lang": one.row.language,
        "dir": direction_of(text or "", one.row.language),
        "text": text,
        "flags": _flags(one, text, words),
        "thanks": _thanks_url(desk, one) if text else None,
        "answers": [
            {"question": question.said(desk.language)[0], "label": worded(found.labels, desk.language)[0]}
            for question in asked
            if question is not with_faces and (found := _chosen(question, one))
        ],
    }


def _thanks_url(desk: Desk, one: Opinion) -> str | None:
    """The way to give its words back as thanks; None for who may not."""
    if not (desk.may(Permission.HANDLE_CASES) and desk.may(Permission.READ_TEXTS)):
        return None
    return f"{desk.url('thanks', 'new')}?{urlencode({'response': str(one.row.id)})}"


def _chosen(asked: Question, one: Opinion) -> Choice | None:
    code = one.choices.get(asked.code)
    return next((choice for choice in asked.choices if choice.code == code), None)
