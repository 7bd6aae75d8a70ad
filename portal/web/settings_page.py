"""What the page of settings shows: sections with their facts, closing days to come, who may what."""

from __future__ import annotations

from base64 import b64encode
from itertools import groupby
from typing import TYPE_CHECKING, Any

from flask_babel import gettext, ngettext

from portal.cases.rules import KINDS, ClockName
from portal.channels.queries import partner_codes
from portal.channels.rules import CodeKind
from portal.core.languages import N_
from portal.core.worktime import WorkCalendar
from portal.people.rules import PERMISSIONS
from portal.protection.queries import schedule
from portal.protection.rules import RETENTION
from portal.tenancy.branding import logo_of
from portal.tenancy.holidays_fr import ZONES
from portal.tenancy.hours import stretches, write_periods
from portal.tenancy.pictures import shown_size
from portal.tenancy.queries import agreements, calendar_of, local_day, policy, privacy_contact, sites, teams
from portal.tenancy.rules import targets_of
from portal.web.case_words import CLOCKS
from portal.web.codes import Names, drawn
from portal.web.dates import day_told
from portal.web.grades import TOLD, audit_of, grade_of
from portal.web.house import house
from portal.web.role_words import told_permissions
from portal.web.settings_forms import WEEK, as_heading, day_name
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.cases.rules import KindRow
    from portal.core.db import Unit
    from portal.tenancy.models import Agreement, PolicyVersion, Site, Structure, Team
    from portal.tenancy.pictures import Drawn
    from portal.tenancy.rules import Targets
    from portal.web.guard import Desk

NO = "\N{EN DASH}"
_MOST_SQUARES = 12
_CLOSED = N_("closed")
_NO_LOGO = N_("None: pages show the first letter of the name.")
_LOGO_EVERYWHERE = N_("On residents' pages, on cards, badges and posters.")
_LOGO_ON_PAPER = N_(
    "On cards, badges and posters only: it has too many details for residents' pages, which must open at "
    "once on a poor network. A simpler drawing of it would be shown there too."
)


def sections(u: Unit, desk: Desk, structure: Structure) -> list[dict[str, Any]]:
    """Every part of the settings, with the way to change it."""
    places, promises = sites(u), policy(u)
    return [
        _identity(desk, structure, logo_of(u)),
        _promises(u, desk, promises),
        _informed(desk, promises),
        _privacy(desk, privacy_contact(u)),
        _retention(u, desk),
        _protection(desk),
        _teams(desk, teams(u), {one.id: one.name for one in places}),
        _agreements(desk, agreements(u)),
        _partners(u, desk, structure),
        *(_site(u, desk, one) for one in places),
        _another_site(desk),
        _words(desk),
        _many(desk),
        _before(desk),
        _accessible(u, desk),
    ]


def tables(u: Unit) -> list[dict[str, Any]]:
    """Closing days to come, when there are any, and what each role may do."""
    today, rows = local_day(u), []
    for site in sites(u):
        closures = WorkCalendar.from_document(calendar_of(u, site.id).document).closures
        coming = {day: words for day, words in closures.items() if day >= today}
        rows += [(first, last, words, site.name) for first, last, words in stretches(coming)]
    closing = [
        {"cells": [_cell(_stretch(first, last)), _cell(words), _cell(name)]}
        for first, last, words, name in sorted(rows)
    ]
    return [*([_closing_days(closing)] if closing else []), _permissions()]


def _section(
    title: str,
    facts: Iterable[tuple[str, str]],
    edit_url: str,
    *,
    lead: str | None = None,
    edit_label: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    return {
        "table": None,
        "colours": None,
        "logo": None,
        "squares": [],
        "title": title,
        "lead": lead,
        "facts": [{"label": label, "value": value} for label, value in facts],
        "edit_url": edit_url,
        "edit_label": edit_label or gettext("Change"),
        **more,
    }


def _identity(desk: Desk, structure: Structure, logo: Drawn | None) -> dict[str, Any]:
    facts = (
        (gettext("Name"), structure.name),
        (gettext("Letters of its references"), structure.letters),
        (gettext("Address for a website"), f"/p/{structure.slug}"),
    )
    colours = {"wished": structure.colour, "brand": corrected(structure.colour).brand}
    return _section(
        gettext("Identity"),
        [*facts, (gettext("Logo"), gettext(logo_words(logo)))],
        desk.url("settings", "identity"),
        colours=colours,
        logo=None if logo is None else logo_picture(logo),
    )


def logo_words(logo: Drawn | None) -> str:
    """The msgid of the sentence that says where a logo is shown."""
    if logo is None:
        return _NO_LOGO
    return _LOGO_EVERYWHERE if logo.small else _LOGO_ON_PAPER


def logo_picture(logo: Drawn) -> dict[str, Any]:
    """A logo on a staff page: address and size; the form for paper stands in where there is no small one."""
    wide, high = shown_size(logo.width, logo.height)
    address = logo.small or f"data:image/png;base64,{b64encode(logo.paper).decode()}"
    return {"address": address, "width": wide, "height": high}


def _promises(u: Unit, desk: Desk, row: PolicyVersion) -> dict[str, Any]:
    document = gettext("%(code)s, version %(number)s", code=row.document_code, number=row.document_version)
    rows = [
        {
            "cells": [
                _cell(gettext(kind_row.plural)),
                *(_cell(days) for days in _days_promised(targets, kind_row)),
            ]
        }
        for kind, kind_row in KINDS.items()
        for targets in [targets_of(row.targets, kind.value)]
    ]
    named = (gettext(CLOCKS[one]) for one in (ClockName.ACK, ClockName.FIRST_RESPONSE, ClockName.ANSWER))
    columns = [
        {"label": gettext("Working days"), "numeric": False},
        *({"label": label, "numeric": True} for label in named),
    ]
    return _section(
        gettext("Promises"),
        [(gettext("Document"), document)],
        desk.url("settings", "promises"),
        lead=gettext(
            "In force since %(date)s. Messages received before keep the promises of their day.",
            date=day_told(local_day(u, row.created_at), "long"),
        ),
        table={"columns": columns, "rows": rows},
    )


def _days_promised(targets: Targets, kind: KindRow) -> tuple[str, str, str]:
    """The working days of each promise; a dash where no answer is owed."""
    owed = (targets.first_response_days, targets.answer_days) if kind.is_answered else (None, None)
    ack, first, answer = (NO if days is None else str(days) for days in (targets.ack_days, *owed))
    return ack, first, answer


def _informed(desk: Desk, row: PolicyVersion) -> dict[str, Any]:
    told = row.staff_informed_on
    return _section(
        gettext("Codes that name a mediator"),
        [
            (
                gettext("Staff and works council informed on"),
                day_told(told, "long") if told else gettext("not yet"),
            )
        ],
        desk.url("settings", "staff-informed"),
        lead=gettext("They open once staff and works council have been informed."),
    )


def _retention(u: Unit, desk: Desk) -> dict[str, Any]:
    facts = [
        (gettext(RETENTION[kept].what), ngettext("%(num)d month", "%(num)d months", months))
        for kept, months in schedule(u).items()
    ]
    return _section(
        gettext("How long we keep things"),
        facts,
        desk.url("settings", "retention"),
        lead=gettext("Every night, what has had its time is destroyed, and a log says how much."),
    )


def _protection(desk: Desk) -> dict[str, Any]:
    return _section(
        gettext("Protection kit"),
        (),
        desk.url("protection"),
        lead=gettext(
            "Notices, record of processing, impact assessment, contract, requests, and what is missing."
        ),
        edit_label=gettext("Open the kit"),
    )


def _before(desk: Desk) -> dict[str, Any]:
    return _section(
        gettext("Before the portal"),
        (),
        desk.url("records"),
        lead=gettext("The register you kept until now can be brought in, and taken back."),
        edit_label=gettext("Bring a register in"),
    )


def _accessible(u: Unit, desk: Desk) -> dict[str, Any]:
    audit = audit_of(u)
    return _section(
        gettext("Accessibility"),
        [(gettext("Audited on"), day_told(audit.day, "long") if audit else gettext("not yet"))],
        desk.url("settings", "accessibility"),
        lead=gettext(TOLD[grade_of(audit, local_day(u))]),
        edit_label=gettext("Write down an audit"),
    )


def _teams(desk: Desk, rows: Sequence[Team], places: Mapping[UUID, str]) -> dict[str, Any]:
    return _section(
        gettext("Teams"),
        [(one.name, places.get(one.site_id, "")) for one in rows],
        desk.url("settings", "teams", "new"),
        lead=None if rows else gettext("No team yet."),
        edit_label=gettext("Add a team"),
    )


def _agreements(desk: Desk, rows: Sequence[Agreement]) -> dict[str, Any]:
    return _section(
        gettext("Agreements"),
        [(one.partner, f"{one.purpose} · {_lasting(one)}") for one in rows],
        desk.url("settings", "agreements", "new"),
        lead=None if rows else gettext("No agreement yet."),
        edit_label=gettext("Add an agreement"),
    )


def _partners(u: Unit, desk: Desk, structure: Structure) -> dict[str, Any]:
    """The way in for partners: the address that always works, and the square of each code given to one."""
    names, rows = Names.read(u, with_people=False), partner_codes(u)
    base = house().config.base_url
    return _section(
        gettext("Partners' way in"),
        [(gettext("Address for partners"), f"{base}/p/{structure.slug}/{desk.language}/partner")],
        f"{desk.url('codes', 'new')}?kind={CodeKind.PARTNER.value}",
        lead=gettext(
            "A landlord, a town hall files with their own reference, without an account, and follows their "
            "cases by a link in a mail."
        ),
        edit_label=gettext("Issue a code for a partner"),
        squares=[
            {
                "code": one.code,
                "qr": drawn(one.code),
                "label": (one.agreement_id and names.agreements.get(one.agreement_id)) or names.place(one),
                "address": f"{base}/q/{one.code}",
            }
            for one in rows[:_MOST_SQUARES]
        ],
    )


def _lasting(one: Agreement) -> str:
    if one.ends_on is None:
        return str(gettext("since %(date)s", date=day_told(one.starts_on, "long")))
    return _stretch(one.starts_on, one.ends_on)


def _site(u: Unit, desk: Desk, site: Site) -> dict[str, Any]:
    version = calendar_of(u, site.id)
    calendar = WorkCalendar.from_document(version.document)
    facts = [(gettext("Public holidays of"), gettext(ZONES[version.zone].label))]
    written = [write_periods(calendar.opening.get(day, ())) or gettext(_CLOSED) for day in WEEK]
    for hours, run in groupby(WEEK, key=written.__getitem__):
        days = [day_name(day) for day in run]
        facts.append((_days(days), hours))
    return _section(
        site.name,
        facts,
        desk.url("settings", "sites", str(site.id)),
        lead=gettext("Main site") if site.is_main else None,
        edit_label=gettext("Change the calendar"),
    )


def _days(names: Sequence[str]) -> str:
    if len(names) == 1:
        return as_heading(names[0])
    return as_heading(str(gettext("%(first)s to %(last)s", first=names[0], last=names[-1])))


def _words(desk: Desk) -> dict[str, Any]:
    return _section(
        gettext("Words that make us look"),
        (),
        desk.url("settings", "words"),
        lead=gettext("Violence, danger, discrimination: a text that holds such a word stands on top."),
        edit_label=gettext("See and change the words"),
    )


def _another_site(desk: Desk) -> dict[str, Any]:
    return _section(
        gettext("Another site"),
        (),
        desk.url("settings", "sites", "new"),
        lead=gettext("Each site has its own opening hours, public holidays and closing days."),
        edit_label=gettext("Add a site"),
    )


def _privacy(desk: Desk, email: str | None) -> dict[str, Any]:
    return _section(
        gettext("Personal data"),
        [(gettext("One writes to"), email or NO)],
        desk.url("settings", "privacy"),
        lead=gettext("Residents read this address on your page “Your data”."),
    )


def _many(desk: Desk) -> dict[str, Any]:
    return _section(
        gettext("Many points at once"),
        (),
        desk.url("settings", "points"),
        lead=gettext("Sites, teams, agreements and codes from one table."),
        edit_label=gettext("Send a table"),
    )


def _stretch(first: date, last: date) -> str:
    told = [day_told(day, "long") for day in (first, last)]
    if first == last:
        return told[0]
    return str(gettext("%(first)s to %(last)s", first=told[0], last=told[1]))


def _closing_days(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": gettext("Closing days to come"),
        "caption": gettext("They are announced; they move no promised date."),
        "columns": _columns(gettext("Day"), gettext("Reason"), gettext("Site")),
        "rows": rows,
    }


def _permissions() -> dict[str, Any]:
    return {
        "title": gettext("Who may do what"),
        "caption": gettext("Roles and what they open. An access is given on the page of people."),
        "columns": _columns(gettext("Role"), gettext("What it opens")),
        "rows": [
            {"cells": [_cell(gettext(row.label)), _cell(told_permissions(role))]}
            for role, row in PERMISSIONS.items()
        ],
    }


def _columns(*labels: str) -> list[dict[str, Any]]:
    return [{"label": label, "numeric": False} for label in labels]


def _cell(text: str) -> dict[str, str | None]:
    return {"text": text, "url": None}
