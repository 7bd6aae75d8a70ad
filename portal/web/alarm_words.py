"""The words that lift a text to the top of the lists: what comes with the portal, and a structure's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext

from portal.cases.alarm_words import ALARMS, Alarm, Entry, plain
from portal.cases.alarms import listed, set_word
from portal.core.errors import Invalid
from portal.core.languages import DEFAULT, LANGUAGES, N_
from portal.people.rules import Permission
from portal.web.desk import render_staff
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.reaching import language_options, member

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask.typing import ResponseReturnValue

bp = Blueprint("alarm_words", __name__)

_FAULTS: dict[str, str] = {
    "empty": N_("Write a word to put on the list."),
    "short": N_("Write at least %(limit)d letters."),
    "long": N_("Write at most %(limit)d characters."),
}


@bp.get("/s/<slug>/settings/words")
@requires(Permission.MANAGE_SETTINGS)
def words(desk: Desk) -> Response:
    """The lists by language and sort, and the form for one more."""
    return _page(desk)


@bp.post("/s/<slug>/settings/words")
@requires(Permission.MANAGE_SETTINGS)
def change(desk: Desk) -> ResponseReturnValue:
    """A word counts from now on, or does not any more."""
    sent = request.form
    language = sent.get("language", DEFAULT)
    entry = Entry(
        sent.get("word", ""),
        member(Alarm, sent.get("alarm")) or Alarm.VIOLENCE,
        language if language in LANGUAGES else DEFAULT,
    )
    try:
        with house().database.transaction(desk.scope) as u:
            set_word(u, entry, is_on=sent.get("counts") != "no")
    except Invalid as fault:
        return _page(desk, entry, fault)
    return redirect(f"{desk.url('settings', 'words')}?done=kept", 303)


def _page(desk: Desk, entry: Entry | None = None, fault: Invalid | None = None) -> Response:
    with house().database.reading(desk.scope) as u:
        known = listed(u)
    told = gettext(_FAULTS[str(fault.facts["reason"])], **fault.facts) if fault else None
    return render_staff(
        "staff/alarm_words.html",
        desk,
        422 if fault else 200,
        flashes=[gettext("The list is kept.")] if request.args.get("done") == "kept" else [],
        lists=[
            {"language": language.own_name, "lang": language.tag, "dir": language.direction, "sorts": sorts}
            for language in LANGUAGES.values()
            if (sorts := _sorts(known, language.tag))
        ],
        values={
            "word": entry.word if entry else "",
            "alarm": entry.alarm.value if entry else "",
            "language": entry.language if entry else desk.language,
        },
        alarms=[{"value": one.value, "label": gettext(label)} for one, label in ALARMS.items()],
        languages=language_options(),
        errors=[{"field": "word", "message": told}] if told else [],
        urls={"post": desk.url("settings", "words"), "back": desk.url("settings")},
    )


def _sorts(known: Iterable[tuple[Entry, bool]], language: str) -> list[dict[str, Any]]:
    rows = [(entry, is_on) for entry, is_on in known if entry.language == language]
    return [
        {
            "label": gettext(ALARMS[alarm]),
            "alarm": alarm.value,
            "words": [
                {"word": entry.word, "is_on": is_on}
                for entry, is_on in sorted(rows, key=lambda one: plain(one[0].word))
                if entry.alarm is alarm
            ],
        }
        for alarm in Alarm
    ]


def alarm_flag(found: Iterable[str]) -> dict[str, str] | None:
    """The words of alarm of a text, as a tag; None without any."""
    words = " · ".join(found)
    return {"text": gettext("Words to look at: %(words)s", words=words), "tone": "late"} if words else None
