"""Staff's work: the list by time left, the steps of a case, its photos."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext

from portal.cases.actions import Given, take
from portal.cases.beside import translate
from portal.cases.queries import attachment_of, case_by_reference, case_key
from portal.cases.rules import KINDS, CaseState, Finding, Kind, Outcome
from portal.cases.tongues import language_of
from portal.cases.ways import CHANNELS, TYPED, Channel, Told
from portal.cases.worklist import PAGE, Sought, count_cases, work_list
from portal.core.errors import Conflict, Invalid
from portal.core.worktime import WorkCalendar
from portal.people.rules import Permission
from portal.tenancy.queries import agreements, main_site, sites, teams
from portal.tenancy.queries import calendar_of as site_calendar
from portal.web.case_errands import read_errand
from portal.web.case_page import case_page
from portal.web.case_steps import TRANSLATION, Refusal
from portal.web.case_words import STATES
from portal.web.dates import day_told
from portal.web.desk import asked_offset, render_staff
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.reaching import member
from portal.web.work_lines import GROUPS, grouped, opened_today, raised_beyond

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit

bp = Blueprint("cases", __name__)

_FIELDS = ("kind", "state", "site")
_NARROWS = ("team", "agreement", "channel", "passed", "told", "from", "to", "open", "late", "all")
"""What an address may ask for besides: figures open the list with these."""
TYPED_IN = "typed"
"""The way in by which an address asks for all that staff typed."""


@bp.get("/s/<slug>/cases")
@requires(Permission.READ_CASES)
def cases(desk: Desk) -> Response:
    """The list of work, the nearest promise first."""
    offset = asked_offset()
    with house().database.reading(desk.scope) as u:
        sought = _sought(u)
        rows, total = work_list(u, sought, offset=offset), count_cases(u, sought)
        if total > PAGE and not offset and sought.today is not None:
            rows = [*raised_beyond(u, rows), *rows]
        lines = grouped(u, desk, rows, is_work=sought.today is not None)
        filters = _filters(u)
        narrowed = _narrowed(u)
        opened = opened_today(u, desk) if desk.may(Permission.READ_TEXTS) and not offset else None
    is_cut = total > offset + PAGE
    late = len(lines["late"])
    return render_staff(
        "staff/work_list.html",
        desk,
        urls={
            "new": desk.url("cases", "new") if desk.may(Permission.ENTER_CASES) else None,
            "self": desk.url("cases"),
            "older": _older(desk, offset + PAGE) if is_cut else None,
        },
        filters=filters,
        kept=[{"name": name, "value": value} for name, value in _asked(_NARROWS).items()],
        narrowed=narrowed,
        opened=opened,
        is_whole=not _asked((*_FIELDS, *_NARROWS)),
        total=total,
        late=0 if offset or late == len(rows) == PAGE else late,
        groups=[{"key": key, "title": gettext(title), "cases": lines[key]} for key, title in GROUPS.items()],
        shows_counts=not offset and not is_cut,
    )


def _asked(names: Sequence[str]) -> dict[str, str]:
    """The arguments of the address among these, without empty ones."""
    return {name: value for name in names if (value := request.args.get(name))}


def _older(desk: Desk, offset: int) -> str:
    """The next page of the same list."""
    return f"{desk.url('cases')}?{urlencode({**_asked((*_FIELDS, *_NARROWS)), 'offset': offset})}"


def _narrowed(u: Unit) -> list[str]:
    """In words, what the address asks for that no field of the page shows."""
    args = request.args
    places = {
        "team": {str(one.id): one.name for one in teams(u)},
        "agreement": {str(one.id): f"{one.partner}, {one.purpose}" for one in agreements(u)},
    }
    told = [places[name].get(args.get(name, ""), "") for name in places]
    ways = _channels(args.get("channel", ""))
    told.append(" · ".join(gettext(CHANNELS[one].label) for one in ways))
    since, until = (args.get(name, type=date.fromisoformat) for name in ("from", "to"))
    if since and until:
        told.append(
            gettext(
                "received from %(first)s to %(last)s",
                first=day_told(since, "long"),
                last=day_told(until, "long"),
            )
        )
    told.append(gettext("passed on to another body") if args.get("passed") == "1" else "")
    told.append(gettext("answered, not yet told") if args.get("told") == "0" else "")
    told.append(gettext("still without an answer") if args.get("open") == "1" else "")
    told.append(gettext("answer later than promised") if args.get("late") == "1" else "")
    return [one for one in told if one]


def _sought(u: Unit) -> Sought:
    """What the address asks for; an unknown value asks for nothing."""
    args = request.args
    return Sought(
        kind=member(Kind, args.get("kind")),
        state=member(CaseState, args.get("state")),
        site_id=args.get("site", type=UUID),
        team_id=args.get("team", type=UUID),
        agreement_id=args.get("agreement", type=UUID),
        channels=_channels(args.get("channel", "")),
        only_passed_on=args.get("passed") == "1",
        only_untold=args.get("told") == "0",
        received_from=args.get("from", type=date.fromisoformat),
        received_to=args.get("to", type=date.fromisoformat),
        only_open=args.get("open") == "1",
        late_on=_today(u) if args.get("late") == "1" else None,
        with_closed=args.get("all") == "1" or "from" in args,
        today=None if {*_NARROWS, *_FIELDS} & {*args} else _today(u),
    )


def _channels(raw: str) -> tuple[Channel, ...]:
    """The ways in that an address asks for: one, or all whose cases staff type."""
    if raw == TYPED_IN:
        return TYPED
    return tuple(one for one in Channel if one.value == raw)


def _today(u: Unit) -> date:
    """The local day of the main site."""
    return WorkCalendar.from_document(site_calendar(u, main_site(u).id).document).local(u.now).date()


def _filters(u: Unit) -> list[dict[str, Any]]:
    """The choices above the list: kind, state, site."""
    every = {"value": "", "label": gettext("All")}
    tables: tuple[tuple[str, str, list[tuple[str, str]]], ...] = (
        ("kind", gettext("Kind"), [(kind.value, gettext(row.plural)) for kind, row in KINDS.items()]),
        ("state", gettext("State"), [(state.value, gettext(label)) for state, label in STATES.items()]),
        ("site", gettext("Site"), [(str(site.id), site.name) for site in sites(u)]),
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


@bp.get("/s/<slug>/cases/<reference>")
@requires(Permission.READ_CASES)
def case(desk: Desk, reference: str) -> Response:
    """One case."""
    return case_page(desk, reference, done=request.args.get("done", ""))


@bp.post("/s/<slug>/cases/<reference>/<verb>")
@requires(Permission.HANDLE_CASES)
def step(desk: Desk, reference: str, verb: str) -> ResponseReturnValue:
    """The way back to the case, one step further; 422 and 409 show it again with all that was written."""
    sent = request.form
    given = Given(
        sent.get("message", ""),
        desk.language,
        outcome=member(Outcome, sent.get("outcome")),
        finding=member(Finding, sent.get("finding")),
        version=sent.get("version", 0, type=int),
        told=member(Told, sent.get("told")),
        errand=read_errand(verb, sent),
    )
    try:
        with house().database.transaction(desk.scope) as u:
            row = case_by_reference(u, reference)
            written = language_of(
                given.message, said=sent.get("language"), own=desk.language, theirs=row.language
            )
            given = replace(given, language=written)
            take(u, row.id, verb, given)
    except (Invalid, Conflict) as fault:
        return case_page(desk, reference, Refusal(verb, given, fault))
    return redirect(f"{desk.url('cases', reference)}?done={verb}", 303)


@bp.post("/s/<slug>/cases/<reference>/messages/<uuid:message_id>/note")
@requires(Permission.HANDLE_CASES)
def note(desk: Desk, reference: str, message_id: UUID) -> ResponseReturnValue:
    """Keep a translation beside a message."""
    given = Given(request.form.get("note", ""), desk.language)
    try:
        with house().database.transaction(desk.scope) as u:
            row = case_by_reference(u, reference)
            written = language_of(given.message, said=None, own=desk.language, theirs=row.language)
            translate(u, row.id, message_id, replace(given, language=written))
    except Invalid as fault:
        return case_page(desk, reference, Refusal(TRANSLATION, given, fault, message_id))
    return redirect(f"{desk.url('cases', reference)}?done={TRANSLATION}", 303)


@bp.get("/s/<slug>/cases/<reference>/photos/<uuid:photo_id>")
@requires(Permission.READ_CASES)
def photo(desk: Desk, reference: str, photo_id: UUID) -> Response:
    """A photo of the case."""
    with house().database.reading(desk.scope) as u:
        row = case_by_reference(u, reference)
        media_type, picture = attachment_of(u, case_key(u, row), row.id, photo_id)
    response = Response(picture, mimetype=media_type)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/s/<slug>/cases/<reference>/voices/<uuid:voice_id>")
@requires(Permission.READ_CASES)
def voice(desk: Desk, reference: str, voice_id: UUID) -> Response:
    """A voice message of the case: a file, which a player in the page reads too."""
    with house().database.reading(desk.scope) as u:
        row = case_by_reference(u, reference)
        media_type, sound = attachment_of(u, case_key(u, row), row.id, voice_id)
    response = Response(sound, mimetype=media_type)
    name = f"{row.reference}.{media_type.partition('/')[2]}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
