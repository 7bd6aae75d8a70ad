"""What a structure says of the accessibility of its pages, and where it writes down that they were audited.

Law n° 2005-102, article 47, and the model of the RGAA 4.1.2: without an audit that still holds, pages do not
conform, whatever our own look at them says. An audit is a line of the journal: its day and the share of
criteria that were met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, request
from flask_babel import format_percent, gettext, lazy_gettext
from wtforms import Form

from portal.core.languages import LANGUAGES, N_
from portal.people.actions import journal
from portal.people.rules import Act, Permission
from portal.tenancy.actions import renew_pages
from portal.tenancy.queries import local_day
from portal.web.dates import day_told
from portal.web.desk import render_form
from portal.web.fields import Day, Whole, between, blame, needed
from portal.web.grades import FULLY, TOLD, audit_of, grade_of
from portal.web.guard import requires
from portal.web.house import house
from portal.web.rgaa import HUMAN, LOOKED_AT, OPEN, Known, count, grid

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.web.grades import Audit
    from portal.web.guard import Desk

bp = Blueprint("statement", __name__)

_UNPROCESSABLE = 422

COUNTED: dict[Known, str] = {
    Known.HELD: N_("Checked by a program on every page, at each change"),
    Known.PERSON: N_("Waiting for a person to check them"),
    Known.ABSENT: N_("About what these pages do not have"),
    Known.OPEN: N_("Not met"),
}


def told(u: Unit) -> dict[str, Any]:
    """What the page of the statement says, in the language in force."""
    audit, today = audit_of(u), local_day(u)
    drafts = [one.own_name for one in LANGUAGES.values() if one.review == "draft"]
    return {
        "grade": gettext(TOLD[grade_of(audit, today)]),
        "audit": _audit_told(audit) if audit else None,
        "is_too_old": audit is not None and not audit.holds(today),
        "total": len(grid()),
        "counts": [{"number": count(known), "words": gettext(words)} for known, words in COUNTED.items()],
        "not_met": [gettext(words) for words in OPEN.values()],
        "not_done": [gettext(words) for words in HUMAN.values()],
        "drafts": drafts,
        "looked_at": day_told(LOOKED_AT, "long"),
    }


def _audit_told(audit: Audit) -> dict[str, str]:
    return {"date": day_told(audit.day, "long"), "rate": format_percent(audit.rate / FULLY)}


class AuditForm(Form):  # type: ignore[misc]  # WTForms has no types
    """When the pages were audited, and with what result."""

    day = Day(lazy_gettext("Day of the audit"), [needed()])
    rate = Whole(
        lazy_gettext("Criteria met, in percent"),
        [between(0, FULLY)],
        description=lazy_gettext("As the auditor gives it, of the criteria that apply."),
        render_kw={"inputmode": "numeric"},
    )


@bp.route("/s/<slug>/settings/accessibility", methods=("GET", "POST"))
@requires(Permission.MANAGE_SETTINGS)
def audited(desk: Desk) -> ResponseReturnValue:
    """The form for an audit; 422 with its faults, else the way back: the statement says so from now on."""
    form, status = AuditForm(request.form), 200
    if request.method == "POST":
        if form.validate() and _kept(desk, form):
            return redirect(f"{desk.url('settings')}?done={Act.ACCESS_AUDITED.value}", 303)
        status = _UNPROCESSABLE
    response = render_form(
        desk,
        form,
        title=gettext("Audit of accessibility"),
        lead=gettext("Write down an audit against the RGAA 4.1.2. Without one, pages say: not conforming."),
        submit=gettext("Save"),
        post=request.path,
        back=desk.url("settings"),
    )
    response.status_code = status
    return response


def _kept(desk: Desk, form: AuditForm) -> bool:
    """Whether the audit is written down: not one of a day to come."""
    with house().database.transaction(desk.scope) as u:
        if form.day.data > local_day(u):
            blame(form.day, gettext("This day is still to come."))
            return False
        facts = {"day": form.day.data.isoformat(), "rate": str(form.rate.data)}
        journal(u, Act.ACCESS_AUDITED, by=desk.person.id, **facts)
        renew_pages(u)
    return True
