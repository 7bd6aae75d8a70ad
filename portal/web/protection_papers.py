"""Papers of the protection kit, made from the structure's settings: drafts, in French, each with its date.

Their words stand in `templates/protection`, a heading, a line or a table a line. French alone: they quote
French law, and are read by a data protection officer, a works council, the CNIL.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from flask import render_template
from flask_babel import force_locale, gettext, ngettext

from portal.core.errors import NotFound
from portal.core.languages import N_
from portal.people.rules import PERMISSIONS
from portal.printing.papers import Grid, Head, Heading, Paper, Text
from portal.protection.queries import schedule
from portal.protection.rules import LASTING, RETENTION, THEN
from portal.tenancy.queries import current_structure, local_day, networks_of, policy, privacy_contact
from portal.web.dates import day_told
from portal.web.role_words import told_permissions
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.core.db import Unit
    from portal.printing.papers import Part
    from portal.web.guard import Desk

TO_FILL = "à compléter"
"""What only the structure knows; the kit counts these words."""
PAPERS: dict[str, str] = {
    "staff": N_("Notice for staff"),
    "council": N_("Information of the works council"),
    "record": N_("Record of processing"),
    "assessment": N_("Impact assessment"),
    "contract": N_("Contract with whoever runs the portal"),
}
"""Each paper by the name in its address."""
_WIDE = frozenset({"record", "assessment"})
_LANGUAGE = "fr"
_SHORT = 24
"""Signs of a cell that needs no share of the room."""


def gaps_of(u: Unit, name: str) -> int:
    """How many places of a paper the structure still has to fill."""
    with force_locale(_LANGUAGE):
        return _words(u, name).count(TO_FILL)


def paper(u: Unit, desk: Desk, name: str) -> Paper:
    """The draft of today. Raises `NotFound` outside a structure."""
    if desk.structure is None:
        raise NotFound("structure")
    today = local_day(u)
    with force_locale(_LANGUAGE):
        tables = _tables(u)
        lines = [line.strip() for line in _words(u, name).splitlines() if line.strip()]
        return Paper(
            title=gettext(PAPERS[name]),
            structure=desk.structure.name,
            brand=corrected(desk.structure.colour).brand,
            language=_LANGUAGE,
            mark=gettext("Draft of %(date)s", date=day_told(today)),
            made=gettext("Made by Portevoix on %(date)s", date=day_told(today)),
            lead=gettext("A draft, to be read over by the data protection officer before it is used."),
            parts=_parts(lines, tables),
            is_wide=name in _WIDE,
        )


def _words(u: Unit, name: str) -> str:
    """The text of a paper with what the structure has set; what it has not is to be filled."""
    informed = policy(u).staff_informed_on
    text: str = render_template(
        f"protection/{name}.md",
        structure=current_structure(u).name,
        contact=privacy_contact(u) or f"[{TO_FILL}]",
        informed=day_told(informed, "long") if informed else f"[{TO_FILL}]",
        networks=", ".join(networks_of(u)) or "aucun",
    )
    return text


def _parts(lines: Sequence[str], tables: Mapping[str, Part]) -> list[Part]:
    """The parts of a paper; lines between bars that follow one another are one table, the first its heads."""
    parts: list[Part] = []
    for is_table, several in groupby(lines, lambda line: line.startswith("|")):
        if is_table:
            heads, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in several)
            parts.append(_table(heads, rows))
        else:
            parts += [_part(line, tables) for line in several]
    return parts


def _part(line: str, tables: Mapping[str, Part]) -> Part:
    if line.startswith("[["):
        return tables[line.strip("[]")]
    if line.startswith("## "):
        return Heading(line.removeprefix("## "))
    return Text(f"• {line.removeprefix('- ')}" if line.startswith("- ") else line)


def _tables(u: Unit) -> dict[str, Part]:
    """The tables that a paper may put in, by name."""
    months = schedule(u)
    kept = [
        [
            gettext(row.what),
            gettext(row.purpose),
            ngettext("%(num)d month", "%(num)d months", months[one]),
            gettext(row.since),
            gettext(THEN[row.then]),
        ]
        for one, row in RETENTION.items()
    ]
    roles = [[gettext(row.label), told_permissions(role)] for role, row in PERMISSIONS.items()]
    lasting = [[gettext(one.what), gettext(one.purpose), gettext(one.lasts)] for one in LASTING]
    kept_as, what_for, how_long = gettext("What is kept"), gettext("What for"), gettext("How long")
    return {
        "retention": _table([kept_as, what_for, how_long, gettext("Counted from"), gettext("Then")], kept),
        "lasting": _table([kept_as, what_for, how_long], lasting),
        "roles": _table([gettext("Role"), gettext("What it opens")], roles),
    }


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    """A table in which columns of long cells share the room that short ones leave."""
    longest = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    columns = [Head(head, wide=most > _SHORT) for head, most in zip(heads, longest, strict=True)]
    return Grid(columns, rows)
