"""The protection kit: what a structure owes to whoever it keeps data of, and what is still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response
from flask_babel import gettext, ngettext

from portal.core.languages import N_
from portal.people.rules import Permission
from portal.printing.papers import papered
from portal.protection.queries import count_destroyed
from portal.protection.requests import is_over, requests
from portal.tenancy.queries import local_day, policy, privacy_contact
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.guard import requires
from portal.web.house import house
from portal.web.protection_papers import PAPERS, gaps_of, paper

if TYPE_CHECKING:
    from portal.core.db import Unit
    from portal.web.guard import Desk

bp = Blueprint("protection", __name__)


_LEADS: dict[str, str] = {
    "staff": N_("What the portal keeps of those who work here, and what it does not do."),
    "council": N_("What the works council is told before codes name a mediator."),
    "record": N_("What is processed, why, for how long and how it is secured (RGPD, article 30)."),
    "assessment": N_("The risks for people and what holds them, after the method of the CNIL."),
    "contract": N_("What whoever runs the portal owes to you (RGPD, article 28)."),
}
"""What each paper is for."""


@bp.get("/s/<slug>/protection")
@requires(Permission.READ_REGISTER)
def kit(desk: Desk) -> Response:
    """Every part of the kit, with what is missing; links only where the reader may go."""
    with house().database.reading(desk.scope) as u:
        parts = [_notice(u, desk), _informed(u, desk), *_papers(u, desk), _schedule(u, desk)]
        if desk.may(Permission.MANAGE_RIGHTS):
            parts.append(_rights(u, desk))
    return render_staff("staff/protection.html", desk, parts=parts)


@bp.get("/s/<slug>/protection/<any(staff, council, record, assessment, contract):name>.pdf")
@requires(Permission.READ_REGISTER)
def draft(desk: Desk, name: str) -> Response:
    """A paper of the kit as it would be today, as a PDF."""
    with house().database.reading(desk.scope) as u:
        made = paper(u, desk, name)
    response = Response(papered(made), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}-{desk.slug}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _part(
    title: str, lead: str, links: list[tuple[str, str]], *, missing: str | None = None
) -> dict[str, Any]:
    return {
        "title": title,
        "lead": lead,
        "links": [{"label": label, "url": url} for label, url in links],
        "missing": missing,
    }


def _settings(desk: Desk, label: str, *where: str) -> list[tuple[str, str]]:
    """A link to the settings, for whoever may change them."""
    return [(label, desk.url("settings", *where))] if desk.may(Permission.MANAGE_SETTINGS) else []


def _notice(u: Unit, desk: Desk) -> dict[str, Any]:
    email = privacy_contact(u)
    return _part(
        gettext("Notice for residents"),
        gettext("What everybody reads under “Your data”, with the durations in force."),
        [
            (gettext("Read the notice"), f"/p/{desk.slug}/fr/privacy"),
            *_settings(desk, gettext("Whom one writes to"), "privacy"),
        ],
        missing=None if email else gettext("Whom one writes to about one's data is not said yet."),
    )


def _informed(u: Unit, desk: Desk) -> dict[str, Any]:
    told = policy(u).staff_informed_on
    return _part(
        gettext("Information of staff and works council"),
        gettext("Informed on %(date)s.", date=day_told(told, "long"))
        if told
        else gettext("Codes that name a mediator stay closed until this date is written down."),
        _settings(desk, gettext("Write the date down"), "staff-informed"),
        missing=None if told else gettext("The date is not written down yet."),
    )


def _papers(u: Unit, desk: Desk) -> list[dict[str, Any]]:
    """Each paper with its draft of today, and how much of it only the structure can fill."""
    parts = []
    for name, title in PAPERS.items():
        gaps = gaps_of(u, name)
        missing = ngettext("%(num)d place to fill", "%(num)d places to fill", gaps) if gaps else None
        where = [(gettext("The draft of today (PDF)"), desk.url("protection", f"{name}.pdf"))]
        parts.append(_part(gettext(title), gettext(_LEADS[name]), where, missing=missing))
    return parts


def _schedule(u: Unit, desk: Desk) -> dict[str, Any]:
    return _part(
        gettext("How long we keep things"),
        gettext("%(n)d lines stand in the log of what was destroyed.", n=count_destroyed(u)),
        [
            (gettext("What was destroyed"), desk.url("protection", "destroyed")),
            *_settings(desk, gettext("The schedule"), "retention"),
        ],
    )


def _rights(u: Unit, desk: Desk) -> dict[str, Any]:
    today = local_day(u)
    waiting = [row for row in requests(u) if not is_over(row)]
    late = sum(row.due_on < today for row in waiting)
    return _part(
        gettext("Requests about one's data"),
        gettext("%(n)d wait for an answer.", n=len(waiting)),
        [(gettext("Open the desk"), desk.url("rights"))],
        missing=gettext("%(n)d are late.", n=late) if late else None,
    )
