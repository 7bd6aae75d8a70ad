"""What papers say: the columns of a register, the figures of a month beside those before, in one language."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import Response
from flask_babel import format_decimal, gettext

from portal.cases.motifs import MOTIFS
from portal.cases.rules import KINDS, Kind
from portal.cases.ways import CHANNELS
from portal.core.errors import NotFound
from portal.core.languages import N_
from portal.insight.catalogue import INDICATORS, MIN_FOR_PERCENTILES, Unit
from portal.printing.papers import Grid, Head, Heading, Paper, Text
from portal.tenancy.queries import agreements, sites, teams
from portal.web.case_words import FINDINGS, OUTCOMES, STATES
from portal.web.dashboard_words import NOTHING_TO_TELL, sentences, share_with_counts, value_of
from portal.web.dates import day_told
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.cases.ledger import Line
    from portal.core.db import Unit as Work
    from portal.core.exports import Cell
    from portal.insight.catalogue import Figure
    from portal.insight.queries import Figures
    from portal.printing.papers import Part
    from portal.web.guard import Desk

COLUMNS: dict[str, str] = {
    "reference": N_("Reference"),
    "kind": N_("Kind"),
    "channel": N_("How it came"),
    "site_id": N_("Site"),
    "team_id": N_("Team"),
    "agreement_id": N_("Agreement"),
    "motif": N_("Motif"),
    "received_on": N_("Received on"),
    "registered_on": N_("Typed in on"),
    "acknowledged_on": N_("Read on"),
    "first_response_on": N_("First reply on"),
    "due_on": N_("Promised for"),
    "answered_on": N_("Answered on"),
    "told_on": N_("Person told on"),
    "closed_on": N_("Closed on"),
    "net_days": N_("Working days, net"),
    "gross_days": N_("Working days, gross"),
    "state": N_("State"),
    "outcome": N_("Outcome"),
    "finding": N_("What was found"),
    "reopened": N_("Reopened"),
    "passed_on": N_("Passed on"),
}
"""The columns of a register in a file, by the field of its line."""
_ON_PAPER = (
    *("reference", "channel", "site_id", "received_on", "acknowledged_on", "first_response_on", "due_on"),
    *("answered_on", "closed_on", "net_days", "outcome", "finding"),
)
"""Those that a lying A4 has room for."""
_IF_ANY = frozenset({"opinions_assisted"})
_NOT_IN_MONTH = ("open_", "complaints_late")
_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the structure's places, by id."""

    sites: Mapping[UUID, str]
    teams: Mapping[UUID, str]
    agreements: Mapping[UUID, str]

    @classmethod
    def of(cls, u: Work) -> Names:
        """Those of the structure in scope."""
        return cls(
            {one.id: one.name for one in sites(u)},
            {one.id: one.name for one in teams(u)},
            {one.id: f"{one.partner}, {one.purpose}" for one in agreements(u)},
        )


def file_name(title: str, form: str) -> str:
    """The title as a name of a file: in ASCII, which every system keeps."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return f"{_UNSAFE.sub('-', plain).strip('-') or 'portevoix'}.{form}"


def sent(file: bytes, media_type: str, title: str, form: str = "pdf") -> Response:
    """The file, to be kept under its title and by no browser."""
    response = Response(file, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(title, form)}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def register_table(names: Names, lines: Sequence[Line]) -> tuple[list[str], list[list[Cell]]]:
    """The headings and cells of a register in a file; what no event tells is empty."""
    return [gettext(label) for label in COLUMNS.values()], [
        [cell_of(names, line, field) for field in COLUMNS] for line in lines
    ]


def cell_of(names: Names, line: Line, field: str) -> Cell:
    """What a line holds under a column, in words."""
    words: dict[str, Cell] = {
        "kind": gettext(KINDS[line.kind].label),
        "channel": gettext(CHANNELS[line.channel].label),
        "site_id": names.sites[line.site_id],
        "team_id": names.teams[line.team_id] if line.team_id else None,
        "agreement_id": names.agreements[line.agreement_id] if line.agreement_id else None,
        "state": gettext(STATES[line.state]),
        "outcome": gettext(OUTCOMES[line.outcome]) if line.outcome else None,
        "finding": gettext(FINDINGS[line.finding]) if line.finding else None,
        "motif": gettext(MOTIFS[line.motif].label) if line.motif else None,
    }
    if field in words:
        return words[field]
    value: Cell = getattr(line, field)
    return value


def register_paper(desk: Desk, names: Names, title: str, lines: Sequence[Line], today: date) -> Paper:
    """The register as a paper: how many, then a row for each."""
    closed = sum(one.closed_on is not None for one in lines)
    lead = gettext(
        "Received: %(received)s. Closed: %(closed)s. Open: %(open)s.",
        received=format_decimal(len(lines)),
        closed=format_decimal(closed),
        open=format_decimal(len(lines) - closed),
    )
    columns = [
        Head(gettext(COLUMNS[field]), numeric=field.endswith("_days"), wide=field == "site_id")
        for field in _ON_PAPER
    ]
    rows = [[_on_paper(cell_of(names, line, field)) for field in _ON_PAPER] for line in lines]
    parts: list[Part] = [Grid(columns, rows), Text(_how_to_read())]
    if not lines:
        parts = [Text(gettext("Nothing was received."))]
    return replace(paper_of(desk, title, today, parts), lead=lead, is_wide=True)


def _how_to_read() -> str:
    return str(
        gettext(
            "Told by the events of each case. An empty cell: it did not happen, or not yet. Days are those "
            "of the site; working days, net, leave out those spent waiting for the person."
        )
    )


def _on_paper(cell: Cell) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        return cell
    return str(format_decimal(cell)) if isinstance(cell, int) else day_told(cell, "dd/MM/yy")


def month_paper(desk: Desk, title: str, now: Figures, before: Figures | None, lines: Sequence[Line]) -> Paper:
    """One page: what to know, each figure beside the same time before, messages in, out and open.

    `before` is None for a reader who is not told of that time: then the figures stand alone.
    """
    spans = [now] if before is None else [now, before]
    shown = [
        name
        for name in INDICATORS
        if not name.startswith(_NOT_IN_MONTH)
        and any(told(one.values[name]) != NOTHING_TO_TELL for one in spans)
        and (name not in _IF_ANY or any(one.values[name].value for one in spans))
    ]
    start, end = now.selection.start, now.selection.end
    parts: list[Part] = [
        Text(" ".join(sentences(now)[:2])),
        Heading(gettext("Figures")),
        Grid(
            [Head(gettext("What"), wide=True), *(Head(_span(one), numeric=True) for one in spans)],
            [[gettext(INDICATORS[name].label), *(told(one.values[name]) for one in spans)] for name in shown],
        ),
        Heading(gettext("Messages: in, out, open")),
        Grid(
            [
                Head(gettext("Kind"), wide=True),
                Head(gettext("Received"), numeric=True),
                Head(gettext("Closed"), numeric=True),
                Head(gettext("Open at the end"), numeric=True),
            ],
            [_flow(kind, lines, start, end) for kind in Kind],
        ),
        Text(
            gettext(
                "Shares rest on the counts beside them; below %(least)d only counts are told.",
                least=MIN_FOR_PERCENTILES,
            )
        ),
    ]
    return paper_of(desk, title, now.today, parts)


def _span(found: Figures) -> str:
    """The months that figures tell of, in short."""
    first, last = (day_told(one, "MMM y") for one in (found.selection.start, found.selection.end))
    return first if first == last else f"{first} {NOTHING_TO_TELL} {last}"


def told(figure: Figure) -> str:
    """A figure as a paper tells it: a share with its counts, of few the counts alone, days with n."""
    is_share = INDICATORS[figure.id].unit is Unit.SHARE
    if figure.is_withheld or figure.value is None or not is_share:
        return value_of(figure)
    n = figure.n or 0
    return share_with_counts(round(figure.value * n), n)


def _flow(kind: Kind, lines: Sequence[Line], start: date, end: date) -> list[str]:
    """Received and closed in these days, and open at their end."""
    of_kind = [one for one in lines if one.kind is kind]
    received = sum(start <= one.received_on <= end for one in of_kind)
    closed = sum(one.closed_on is not None and start <= one.closed_on <= end for one in of_kind)
    still = sum(one.received_on <= end and (one.closed_on is None or one.closed_on > end) for one in of_kind)
    return [gettext(KINDS[kind].plural), *(str(format_decimal(n)) for n in (received, closed, still))]


def paper_of(desk: Desk, title: str, today: date, parts: Sequence[Part]) -> Paper:
    """A paper of the structure of this desk, made today."""
    if desk.structure is None:
        raise NotFound("structure")
    return Paper(
        title=title[:1].upper() + title[1:],
        structure=desk.structure.name,
        brand=corrected(desk.structure.colour).brand,
        language=desk.language,
        mark=f"{desk.structure.letters} {today:%Y-%m-%d}",
        made=gettext("Made by Portevoix on %(date)s", date=day_told(today)),
        parts=parts,
    )
