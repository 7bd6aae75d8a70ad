"""How long things are kept, which a structure may shorten; and the log of what was destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext, ngettext
from wtforms import Form

from portal.core.errors import Conflict
from portal.core.languages import N_
from portal.jobs import PLAN
from portal.people.actions import journal
from portal.people.queries import cards
from portal.people.rules import Act, Permission
from portal.protection.actions import shorten
from portal.protection.finding import coming
from portal.protection.queries import PAGE, count_destroyed, destroyed, schedule
from portal.protection.rules import HELD, LASTING, REQUEST, RETENTION, THEN, Kept
from portal.tenancy.queries import local_day, policy
from portal.web.dates import day_told
from portal.web.desk import asked_offset, form_errors, render_staff
from portal.web.fields import Whole, between, blame, needed
from portal.web.guard import requires
from portal.web.holds import HoldForm, begin_hold, ended, hold_rows, offer_registers, renewed
from portal.web.house import house
from portal.web.identity import STALE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.people.queries import Card
    from portal.protection.models import Destruction
    from portal.web.guard import Desk

bp = Blueprint("retention", __name__)

NO = "\N{EN DASH}"
PIECES: dict[str, str] = {
    "texts": N_("texts: %(n)d"),
    "photos": N_("photos and recordings: %(n)d"),
    "contacts": N_("contacts and names: %(n)d"),
}
"""What things held that were destroyed."""
_ASKED = N_("Somebody asked for it")
_OTHERWISE: dict[str, str] = {
    REQUEST: N_("Message of a person"),
    HELD: N_("Messages or registers that a hold keeps"),
}
"""What a line of the log tells of that no line of the schedule names."""
DONE: dict[str, str] = {
    "kept": N_("The new durations hold from tonight on."),
    "held": N_("It is held: no night destroys it before that day is over."),
    "renew": N_("The hold lasts until the new day."),
    "end": N_("The hold is over: the next night takes what has had its time."),
}
"""What the page says after an act; the address names it (`?done=kept`)."""


@bp.route("/s/<slug>/settings/retention", methods=("GET", "POST"))
@requires(Permission.MANAGE_SETTINGS)
def retention(desk: Desk) -> ResponseReturnValue:
    """The schedule, and the way to keep less long, in a new version of the policy."""
    if request.method == "GET":
        return schedule_page(desk, HoldForm())
    with house().database.reading(desk.scope) as u:
        form = _form(request.form, schedule(u))
    if not form.validate():
        return schedule_page(desk, HoldForm(), form, 422)
    try:
        _keep(desk, form)
    except Conflict:
        blame(next(iter(form)), gettext(STALE))
        return schedule_page(desk, HoldForm(), form, 409)
    return redirect(f"{desk.url('settings', 'retention')}?done=kept", 303)


def schedule_page(desk: Desk, hold: Any, form: Any = None, status: int = 200) -> Response:
    """The durations, what the next nights will destroy, what is held; with the forms as they were sent."""
    with house().database.reading(desk.scope) as u:
        seen, months = policy(u).number, schedule(u)
        soon, held = coming(u, PLAN), hold_rows(u, desk)
        offer_registers(u, hold)
    form = form or _form(None, months)
    done = DONE.get(request.args.get("done", ""))
    return render_staff(
        "staff/retention.html",
        desk,
        status,
        flashes=[gettext(done)] if done else [],
        form=form,
        lines=[_line(kept) for kept in Kept],
        lasting=_lasting(),
        seen=str(seen),
        soon=[{"label": gettext(RETENTION[kept].what), "value": str(n)} for kept, n in soon.items()],
        held=held,
        hold=hold,
        urls={
            "post": desk.url("settings", "retention"),
            "hold": desk.url("settings", "retention", "holds"),
            "back": desk.url("settings"),
            "destroyed": desk.url("protection", "destroyed"),
        },
        errors=[*form_errors(form), *form_errors(hold)],
    )


@bp.post("/s/<slug>/settings/retention/holds")
@requires(Permission.MANAGE_SETTINGS)
def hold(desk: Desk) -> ResponseReturnValue:
    """A message or a register is held; 422 with every fault at its field."""
    given = HoldForm(request.form)
    if not begin_hold(desk, given):
        return schedule_page(desk, given, status=422)
    return redirect(f"{desk.url('settings', 'retention')}?done=held", 303)


@bp.post("/s/<slug>/settings/retention/holds/<uuid:hold_id>/<any(renew, end):act>")
@requires(Permission.MANAGE_SETTINGS)
def change_hold(desk: Desk, hold_id: UUID, act: str) -> ResponseReturnValue:
    """A hold lasts longer, or is over. Raises `NotFound`, and `Conflict` for one that is over already."""
    if act == "renew" and not renewed(desk, hold_id):
        return schedule_page(desk, HoldForm(), status=422)
    if act == "end":
        ended(desk, hold_id)
    return redirect(f"{desk.url('settings', 'retention')}?done={act}", 303)


def _form(sent: Any, months: Mapping[Kept, int]) -> Any:
    """A field of months for each line of the schedule; those in force until others are sent."""
    fields = {
        kept.value: Whole(
            gettext(row.what),
            [needed(), between(row.least, row.months)],
            render_kw={"min": row.least, "max": row.months, "inputmode": "numeric"},
        )
        for kept, row in RETENTION.items()
    }
    form: type[Any] = type("RetentionForm", (Form,), fields)
    return form(sent, data={kept.value: n for kept, n in months.items()})


def _keep(desk: Desk, form: Any) -> None:
    """Begin the new version. Raises `Conflict` when the page was made from an older policy."""
    with house().database.transaction(desk.scope) as u:
        if request.form.get("seen", "") not in {"", str(policy(u).number)}:
            raise Conflict("policy")
        row = shorten(u, {kept: form[kept.value].data for kept in Kept})
        journal(u, Act.RETENTION_CHANGED, by=desk.person.id, version=str(row.number))


def _line(kept: Kept) -> dict[str, str]:
    row = RETENTION[kept]
    return {
        "name": kept.value,
        "what": gettext(row.what),
        "purpose": gettext(row.purpose),
        "since": gettext("Counted from %(day)s.", day=gettext(row.since)),
        "then": gettext(THEN[row.then]),
        "source": gettext(row.source),
        "most": gettext("From %(least)d to %(most)d.", least=row.least, most=row.months),
    }


def _lasting() -> dict[str, Any]:
    heads = (gettext("What is kept"), gettext("What for"), gettext("How long"))
    return {
        "columns": [{"label": label, "numeric": False} for label in heads],
        "rows": [
            {"cells": [cell(gettext(text)) for text in (one.what, one.purpose, one.lasts)]} for one in LASTING
        ],
    }


def cell(text: str) -> dict[str, str | None]:
    """A cell of a table without a link."""
    return {"text": text, "url": None}


@bp.get("/s/<slug>/protection/destroyed")
@requires(Permission.READ_REGISTER)
def destroyed_page(desk: Desk) -> Response:
    """The log of what was destroyed, the newest line first."""
    offset = asked_offset()
    with house().database.reading(desk.scope) as u:
        rows, total = destroyed(u, offset=offset), count_destroyed(u)
        known = cards(u, {row.person_id for row in rows if row.person_id})
        lines = [_destroyed(u, row, known) for row in rows]
    here = desk.url("protection", "destroyed")
    newer = f"{here}?offset={max(0, offset - PAGE)}" if offset else None
    older = f"{here}?offset={offset + PAGE}" if offset + PAGE < total else None
    return render_staff(
        "staff/destroyed.html",
        desk,
        columns=_columns(),
        rows=lines,
        urls={"back": desk.url("protection"), "newer": newer, "older": older},
    )


def _columns() -> Sequence[dict[str, Any]]:
    heads = (
        (gettext("Day"), False),
        (gettext("What went"), False),
        (gettext("How many"), True),
        (gettext("What they held"), False),
        (gettext("Why"), False),
    )
    return [{"label": label, "numeric": is_numeric} for label, is_numeric in heads]


def _destroyed(u: Unit, row: Destruction, known: Mapping[Any, Card]) -> dict[str, Any]:
    held = [gettext(words, n=row.pieces[name]) for name, words in PIECES.items() if name in row.pieces]
    what = gettext(_OTHERWISE.get(row.rule) or RETENTION[Kept(row.rule)].what)
    return {
        "cells": [
            cell(day_told(local_day(u, row.at), "long")),
            cell(what),
            cell(str(row.things)),
            cell(", ".join(held) or NO),
            cell(_why(row, known)),
        ]
    }


def _why(row: Destruction, known: Mapping[Any, Card]) -> str:
    """The line of the schedule in the policy's version, or who did it because somebody asked."""
    version = gettext("policy version %(number)d", number=row.policy_number)
    if row.rule == HELD:
        return str(gettext("Held, and not destroyed"))
    if row.months is None:
        by = known.get(row.person_id)
        told: str = gettext("%(why)s · %(who)s", why=gettext(_ASKED), who=by.name if by else NO)
        return told
    months = ngettext("%(num)d month", "%(num)d months", row.months)
    return f"{months} · {version}"
