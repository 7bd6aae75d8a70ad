"""The lines of the list of work: what each case says of itself, and in which group it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask_babel import gettext, ngettext

from portal.cases.alarms import raised
from portal.cases.queries import first_words, written_again
from portal.cases.rules import KINDS, CaseState
from portal.cases.ways import ContactKind
from portal.cases.worklist import Sought, work_list
from portal.core.languages import N_
from portal.core.worktime import ONE_DAY, WorkCalendar
from portal.people.queries import cards
from portal.questionnaires.reading import words_of
from portal.tenancy.queries import calendar, calendar_of, sites
from portal.web.alarm_words import alarm_flag
from portal.web.case_page import spoken
from portal.web.case_words import STATES, time_left
from portal.web.dates import day_told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from portal.cases.models import Case
    from portal.core.db import Unit
    from portal.web.guard import Desk

GROUPS: dict[str, str] = {
    "first": N_("Read first"),
    "again": N_("Call, or ask again"),
    "late": N_("Late"),
    "today": N_("Today"),
    "week": N_("Within five working days"),
    "later": N_("Later"),
    "waiting": N_("Waiting, or settled"),
}
_WEEK = 5
_DAY = "EEE d MMM"


def opened_today(u: Unit, desk: Desk) -> dict[str, str] | None:
    """The free words of opinions that can be read since the last working day began; None without any.

    So they reach whoever may read them on the next working day, on the page where the day begins.
    """
    days = {}
    for one in sites(u):
        place = WorkCalendar.from_document(calendar_of(u, one.id).document)
        last = place.opened_until(place.local(u.now).date())
        days[one.id] = (place.opened_until(last - ONE_DAY), last)
    n = words_of(u, days)
    if not n:
        return None
    since, until = min(first for first, _ in days.values()), max(last for _, last in days.values())
    asked = urlencode({"from": since.isoformat(), "to": (until - ONE_DAY).isoformat()})
    words = ngettext("%(num)d new free word in the opinions", "%(num)d new free words in the opinions", n)
    return {"text": words, "url": f"{desk.url('responses')}?{asked}"}


def raised_beyond(u: Unit, rows: Sequence[Case]) -> list[Case]:
    """Cases of later pages that nobody has read yet and whose words make us look: they come first too."""
    unread = work_list(u, Sought(state=CaseState.RECEIVED))
    known, alarms = {row.id for row in rows}, raised(u, unread)
    return [row for row in unread if row.id in alarms and row.id not in known]


def grouped(u: Unit, desk: Desk, rows: Sequence[Case], *, is_work: bool) -> dict[str, list[dict[str, Any]]]:
    """The lines of these cases by group of `GROUPS`, in their order; `is_work` for the whole list of work."""
    places = {site.id: site.name for site in sites(u)}
    owners = cards(u, [row.handler_id for row in rows if row.handler_id])
    words, again, alarms = first_words(u, rows), written_again(u, rows), raised(u, rows)
    lines: dict[str, list[dict[str, Any]]] = {key: [] for key in GROUPS}
    calendars: dict[UUID, WorkCalendar] = {}
    for row in rows:
        if row.calendar_id not in calendars:
            calendars[row.calendar_id] = calendar(u, row.calendar_id)
        place = calendars[row.calendar_id]
        today = place.local(u.now).date()
        left, tone = time_left(place, row.due_on, today) if row.due_on else (None, "")
        said = words.get(row.id)
        language, direction = spoken(said) if said else (None, "auto")
        errand = _errand(row, today) if is_work else None
        owner = owners.get(row.handler_id) if row.handler_id else None
        line = {
            "reference": row.reference,
            "url": desk.url("cases", row.reference),
            "kind_label": gettext(KINDS[row.kind].label),
            "excerpt": said.text if said else _gone(row),
            "lang": language,
            "dir": direction,
            "state_label": gettext(STATES[row.state]),
            "is_new": row.id in again,
            "due": day_told(row.due_on, _DAY) if row.due_on else None,
            "left": left,
            "tone": tone or ("waiting" if row.due_on is None else ""),
            "place": places.get(row.site_id, ""),
            "owner": owner.name if owner else None,
            "errand": errand,
            "alarm": alarm_flag(alarms.get(row.id, ())),
        }
        is_first = is_work and row.id in alarms and (row.state is CaseState.RECEIVED or row.id in again)
        group = "first" if is_first else "again" if errand else _group(place, row.due_on, today)
        lines[group].append(line)
    return lines


def _gone(row: Case) -> str | None:
    """What stands in place of words that were erased; None for a case that never had a text of its filer."""
    return str(gettext("Text erased")) if row.key_wrapped is None else None


def _errand(row: Case, today: date) -> str | None:
    """What is to be done outside the house by now: a call, or a question to whom it was passed on."""
    if row.call_on is not None and row.call_on <= today:
        words = N_("Text the person") if row.contact_kind == ContactKind.SMS else N_("Call the person")
        return str(gettext(words))
    if row.check_on is not None and row.check_on <= today:
        return str(gettext("Passed on: ask what became of it"))
    return None


def _group(place: WorkCalendar, due_on: date | None, today: date) -> str:
    if due_on is None:
        return "waiting"
    if due_on <= today:
        return "late" if due_on < today else "today"
    return "week" if place.days_apart(today, due_on) <= _WEEK else "later"
