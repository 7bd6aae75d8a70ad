"""The rows of earlier registers as pages show them: as they were read, and as they were brought in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext, ngettext

from portal.cases.rules import KINDS
from portal.cases.ways import CHANNELS
from portal.records.queries import past_cases, words_of
from portal.records.rules import COLUMNS, DAYS, Column
from portal.tenancy.queries import sites
from portal.web.case_words import FINDINGS
from portal.web.dates import day_told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit
    from portal.records.models import PastRegister
    from portal.records.rules import PastRow, Report

SHOWN_ROWS = 200
SHOWN_FIRST = 20
"""Rows of a register that waits."""
MOST_SHOWN = 80
"""Characters of a text in a cell."""
NO = "\N{EN DASH}"


_OURS = {*DAYS, Column.KIND, Column.CHANNEL, Column.FINDING}
"""Columns that the page tells in its own language; the others hold what the structure has written."""


def cell(text: str, url: str | None = None, *, is_given: bool = False) -> dict[str, Any]:
    """A cell of a table; what was given keeps its own direction."""
    return {"text": text, "url": url, "is_given": is_given}


def first_rows(u: Unit, found: Report) -> dict[str, Any] | None:
    """The first rows as they were read, with the columns that are used; None while there is a fault."""
    if not found.rows:
        return None
    names = {site.id: site.name for site in sites(u)}
    used = [column for column in COLUMNS if column in found.mapping.values()]
    heads = [gettext("Row"), *(gettext(label) for label in (COLUMNS[one].label for one in used))]
    rest = len(found.rows) - SHOWN_FIRST
    return {
        "columns": [{"label": label, "numeric": False} for label in heads],
        "rows": [
            {"cells": [cell(str(one.row)), *(_cell_of(one, column, names) for column in used)]}
            for one in found.rows[:SHOWN_FIRST]
        ],
        "rest": ngettext("And %(num)d more.", "And %(num)d more.", rest) if rest > 0 else None,
    }


def _cell_of(row: PastRow, column: Column, names: Mapping[UUID, str]) -> dict[str, Any]:
    return cell(_read(row, column, names), is_given=column not in _OURS)


def _read(row: PastRow, column: Column, names: Mapping[UUID, str]) -> str:
    """What a column of a row was understood as; what it does not tell is a dash."""
    if column in DAYS:
        return _day(getattr(row, f"{column.value}_on"))
    if column is Column.KIND:
        return str(gettext(KINDS[row.kind].label))
    if column is Column.CHANNEL:
        return _word(CHANNELS[row.channel].label if row.channel else None)
    if column is Column.FINDING:
        return _word(FINDINGS[row.finding] if row.finding else None)
    if column is Column.SITE:
        return names[row.site_id] if row.site_id else NO
    text: str = {Column.NUMBER: row.number, Column.MOTIF: row.motif}.get(column, row.text)
    return (text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN].rstrip()}…") or NO


def _word(label: str | None) -> str:
    return NO if label is None else str(gettext(label))


def rows_table(u: Unit, row: PastRegister) -> dict[str, Any]:
    """The rows of a register that is in."""
    names = {site.id: site.name for site in sites(u)}
    heads = (
        gettext("Row"),
        gettext("Its number"),
        gettext("Its kind"),
        gettext("Received on"),
        gettext("Answered on"),
        gettext("What was found"),
        gettext("Site"),
    )
    found = past_cases(u, row.id)
    numbers = [words["number"] for words in words_of(u, found[:SHOWN_ROWS])]
    rest = len(found) - SHOWN_ROWS
    return {
        "columns": [{"label": label, "numeric": False} for label in heads],
        "rows": [
            {
                "cells": [
                    cell(str(one.row)),
                    cell(number or NO, is_given=True),
                    cell(gettext(KINDS[one.kind].label)),
                    cell(_day(one.received_on)),
                    cell(_day(one.answered_on)),
                    cell(gettext(FINDINGS[one.finding]) if one.finding else NO),
                    cell(names[one.site_id], is_given=True),
                ]
            }
            for one, number in zip(found, numbers, strict=False)
        ],
        "rest": ngettext("And %(num)d more.", "And %(num)d more.", rest) if rest > 0 else None,
    }


def _day(day: date | None) -> str:
    return NO if day is None else day_told(day, "medium")
