"""The page of one campaign and its note on paper: figures, what was learnt and decided, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from portal.certification.campaigning import (
    LACKS,
    actions_of_campaign,
    campaign_by_number,
    lacks,
    note_of,
    span_of,
)
from portal.certification.hearing import from_document, heard_again, heard_in
from portal.certification.report import BASE
from portal.certification.rules import CAMPAIGN_SOURCES
from portal.core.db import Scope
from portal.core.errors import NotFound
from portal.core.languages import N_
from portal.insight.measures import wilson
from portal.people.queries import cards
from portal.people.rules import PERMISSIONS, Permission
from portal.printing.papers import Facts, Grid, Head, Heading, Paper, Part, Text
from portal.tenancy.queries import agreements, local_day, sites
from portal.web.dashboard_words import NOTHING_TO_TELL, percent
from portal.web.dates import day_told, days_told
from portal.web.desk import form_errors, render_staff
from portal.web.house import house
from portal.web.review_page import decisions_told
from portal.web.review_words import count_told
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from flask import Response

    from portal.certification.hearing import Heard
    from portal.certification.models import Campaign
    from portal.certification.report import Count, Span
    from portal.core.db import Unit
    from portal.web.guard import Desk

DONE: dict[str, str] = {
    "noted": N_("The note is kept. It may change until the campaign is closed."),
    "decided": N_("The decision is in the plan."),
    "closed": N_("The campaign is closed. Its figures do not change any more."),
}
_STALE = N_("The page has changed since you opened it. Look again, then send.")


def told_span(span: Span) -> str:
    """Its days."""
    return str(gettext("From %(first)s to %(last)s", first=day_told(span.first), last=day_told(span.last)))


def state_of(row: Campaign, today: date) -> dict[str, str]:
    """How it stands, in a word and a tone."""
    if row.closed_at is not None:
        return {"text": gettext("Campaign closed"), "tone": "done"}
    if today < row.first_day:
        return {"text": gettext("Still to come"), "tone": ""}
    if today <= row.last_day:
        return {"text": gettext("Under way"), "tone": "new"}
    told = N_("Over: its note is missing") if row.note_sealed is None else N_("Over: it can be closed")
    return {"text": gettext(told), "tone": "soon"}


def campaign_page(
    desk: Desk, number: int, forms: tuple[Any, Any], *, status: int = 200, done: str = ""
) -> Response:
    """The page; `forms` are those of a decision and of the note, with what was refused in them."""
    deciding, noting = forms
    with house().database.reading(desk.scope) as u:
        row = campaign_by_number(u, number)
        told = _told(desk, u, row)
        blocks = [] if row.closed_at else lacks(u, row)
        is_over = row.last_day < local_day(u)
    is_open = row.closed_at is None
    manages = is_open and desk.may(Permission.MANAGE_ACTIONS)
    errors = form_errors(deciding) + form_errors(noting)
    if status == 409:  # noqa: PLR2004 -- the status of a stale page
        errors = [{"field": "main", "message": gettext(_STALE)}]
    root = ("campaigns", str(number))
    return render_staff(
        "staff/campaign.html",
        desk,
        status,
        flashes=[gettext(DONE[done])] if done in DONE and not errors else [],
        urls={
            "list": desk.url("campaigns"),
            "note": desk.url(*root, "note") if manages else None,
            "decide": desk.url(*root, "decisions") if manages and is_over else None,
            "close": desk.url(*root, "close") if manages and not blocks else None,
            "paper": None if is_open else desk.url(*root, "note.pdf"),
        },
        blocks=[gettext(LACKS[one]) for one in blocks],
        deciding=deciding,
        noting=noting,
        errors=errors,
        **told,
    )


def note_paper(desk: Desk, number: int) -> tuple[str, Paper]:
    """The title and the paper of a closed campaign's note. Raises `NotFound` for one that is not closed."""
    with house().database.reading(desk.scope) as u:
        row = campaign_by_number(u, number)
        if row.closed_at is None or desk.structure is None:
            raise NotFound("note")
        told = _told(desk, u, row)
        closed_on = local_day(u, row.closed_at)
        by = cards(u, [row.closed_by] if row.closed_by else [])
    campaign, figures, note = told["campaign"], told["figures"], told["note"]
    parts: list[Part] = [
        Facts([(one["label"], one["value"]) for one in campaign["facts"]]),
        Heading(gettext("Figures")),
    ]
    if figures["rows"]:
        columns = [
            Head(gettext("Question"), wide=True),
            *(Head(label, numeric=True) for label in (campaign["now"], campaign["before"])),
        ]
        parts.append(Grid(columns, [[one["label"], one["now"], one["before"]] for one in figures["rows"]]))
    parts.append(Text(" ".join(one for one in (figures["footnote"], figures["proof"]) if one)))
    parts += [Heading(gettext("What we have learnt")), Text(note.learnt)]
    if note.decided:
        parts += [Heading(gettext("What we decide")), Text(note.decided)]
    if told["decided"]:
        heads = [Head(gettext("Action"), wide=True), Head(gettext("Who")), Head(gettext("Until when"))]
        rows = [[one["what"], one["owner"], one["day"]] for one in told["decided"]]
        parts += [Heading(gettext("Decisions")), Grid(heads, rows)]
    paper = Paper(
        title=gettext("Note of a campaign"),
        structure=desk.structure.name,
        brand=corrected(desk.structure.colour).brand,
        language=desk.language,
        mark=gettext("Campaign %(number)d", number=row.number),
        made=gettext(
            "Closed on %(date)s by %(name)s. The figures are those of that moment.",
            date=day_told(closed_on, "full"),
            name=next((card.name for card in by.values()), gettext("A colleague")),
        ),
        lead=row.name,
        parts=parts,
    )
    return f"{paper.title} {row.name}", paper


def _told(desk: Desk, u: Unit, row: Campaign) -> dict[str, Any]:
    """What page and paper say alike."""
    today, span = local_day(u), span_of(row)
    places = [one.name for one in sites(u) if one.id == row.site_id]
    places += [f"{one.partner}, {one.purpose}" for one in agreements(u) if one.id == row.agreement_id]
    facts = [
        {"label": gettext("Period"), "value": told_span(span)},
        {"label": gettext("Where"), "value": " · ".join(places) or gettext("The whole structure")},
        {"label": gettext("Whose campaign"), "value": gettext(CAMPAIGN_SOURCES[row.source])},
    ]
    return {
        "campaign": {
            "number": row.number,
            "name": row.name,
            "period": told_span(span),
            "now": days_told(span.first, span.last),
            "before": days_told(span.before.first, span.before.last),
            "state": state_of(row, today),
            "facts": facts,
            "is_closed": row.closed_at is not None,
        },
        "figures": _figures(desk, u, row),
        "note": note_of(u, row),
        "decided": decisions_told(u, desk, actions_of_campaign(u, row.id), today),
    }


def _figures(desk: Desk, u: Unit, row: Campaign) -> dict[str, Any]:
    """The frozen figures of a closed campaign, beside what the answers give again; else those of now.

    A campaign has days of its own: beside those that everybody is told, they would tell small counts apart by
    subtraction. So whoever the display floor binds reads the note, and no figure.
    """
    if desk.role is None or PERMISSIONS[desk.role].floor:
        return {
            "rows": [],
            "footnote": gettext("Some counts are too small to be shown to you."),
            "proof": None,
        }
    proof = None
    if row.figures is None or row.closed_at is None:
        found = heard_in(u, row)
    else:
        found = from_document(row.figures)
        with house().database.reading(Scope.of(row.structure_id)) as nobody:
            is_same = heard_again(nobody, row, found, row.closed_at) == found
        proof = (
            gettext("Derived again from the events just now: the same figures.")
            if is_same
            else gettext(
                "Derived again from the events just now: other figures. Tell whoever runs the portal."
            )
        )
    footnote = gettext(
        "Each percentage comes from the counts beside it; below %(base)d there are counts only.", base=BASE
    )
    return {"rows": _rows(desk, found), "footnote": footnote, "proof": proof}


def _rows(desk: Desk, found: Sequence[Heard]) -> list[dict[str, str]]:
    if not found:
        return []
    first = found[0]
    rows = [{"label": gettext("Opinions"), "now": str(first.n), "before": str(first.n_before)}]
    return rows + [
        {
            "label": one.wording.get(desk.language) or next(iter(one.wording.values()), ""),
            "now": _share(one.now),
            "before": _share(one.before),
        }
        for one in found
    ]


def _share(count: Count) -> str:
    """The satisfied among those who could say, with the interval where its base allows a percentage."""
    if not count.of:
        return NOTHING_TO_TELL
    told = count_told(count)
    bounds = wilson(count.n, count.of) if count.of >= BASE else None
    if bounds is None:
        return told
    low, high = (percent(one) for one in bounds)
    between = gettext("between %(low)s and %(high)s", low=low, high=high)
    return f"{told}, {between}"
