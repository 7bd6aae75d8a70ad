"""The charts and tables of the dashboard: from figures to the rows that the components draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext, ngettext

from portal.cases.rules import Kind
from portal.cases.ways import Channel
from portal.core.languages import N_
from portal.insight.catalogue import AGES, INDICATORS, MIN_FOR_PERCENTILES
from portal.insight.floor import Level
from portal.insight.shown import DIMENSIONS
from portal.questionnaires.rules import worded
from portal.web.dashboard_words import NOT_SHOWN, NOTHING_TO_TELL, number, of_counts, percent, value_of
from portal.web.dates import day_told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from portal.insight.catalogue import Figure
    from portal.insight.measures import Share
    from portal.insight.opinions import Heard
    from portal.insight.queries import Figures
    from portal.questionnaires.rules import Choice
    from portal.web.dashboard_words import Links

_FEW_TO_PLOT = 10
"""A month with fewer opinions leaves a gap in the line: its share would leap about."""
_MONTH = "LLL y"
_PLACE_TITLES = {"site_id": N_("By site"), "team_id": N_("By team"), "agreement_id": N_("By agreement")}


def question_rows(found: Figures, links: Links, language: str) -> list[dict[str, Any]]:
    """Each question with the shares of its choices that count; the others stand by their number."""
    return [
        {
            "label": one.question.said(language)[0],
            "note": _question_note(one),
            "url": links.to_list("opinions") if one.n else None,
            "parts": _parts(one, language),
        }
        for one in found.questions
    ]


def _question_note(one: Heard) -> str:
    if one.level is Level.NOTHING:
        return str(gettext(NOT_SHOWN))
    told = str(ngettext("%(num)d opinion", "%(num)d opinions", one.n or 0))
    return " · ".join([told, *([gettext("answers not shown")] if one.level is Level.COUNT else [])])


def _parts(one: Heard, language: str) -> list[dict[str, Any]]:
    if one.satisfied is None:
        return []
    good, n = one.satisfied.successes, one.satisfied.n
    if one.choices is None:
        others = (one.n or 0) - n
        rows = [(gettext("Satisfied"), good, "good"), (gettext("Less satisfied"), n - good, "fair")]
        rows += [(gettext("Not counted in shares"), others, "unknown")] if others else []
    else:
        rows = [
            (worded(choice.labels, language)[0], one.choices[choice.code], tone)
            for choice, tone in zip(one.question.choices, _tones(one.question.choices), strict=True)
        ]
    return [_part(label, count, tone, n) for label, count, tone in rows]


def _part(label: str, count: int, tone: str, n: int) -> dict[str, Any]:
    is_counted = tone != "unknown"
    return {
        "label": label,
        "count": number(count),
        "share": 100 * count / n if is_counted else 0.0,
        "percent": percent(count / n) if is_counted else f"({number(count)})",
        "tone": tone,
    }


def _tones(choices: Iterable[Choice]) -> list[str]:
    """The colour of each choice: satisfied, between, the last that counts, outside of every share."""
    listed = list(choices)
    last = next((one for one in reversed(listed) if one.counts), None)
    return [
        "unknown" if not one.counts else "good" if one.satisfied else "bad" if one is last else "fair"
        for one in listed
    ]


def trend(found: Figures) -> dict[str, Any] | None:
    """The share of satisfied by month; None where no two months have enough opinions for a line."""
    points = [{"label": day_told(month.first_day, _MONTH), **_point(month.heard)} for month in found.trend]
    if sum(point["value"] is not None for point in points) < 2:  # noqa: PLR2004 -- a line has two ends
        return None
    reading = gettext(
        "Share of “Good” by month, from %(first)s to %(last)s.",
        first=points[0]["label"],
        last=points[-1]["label"],
    )
    return {"reading": reading, "points": points}


def _point(heard: Heard) -> dict[str, Any]:
    told = heard.satisfied
    if told is None or told.n < _FEW_TO_PLOT:
        is_hidden = heard.n is None or (heard.n > 0 and heard.level < Level.SHARE)
        figure = gettext(NOT_SHOWN) if is_hidden else gettext("too few opinions")
        n = NOTHING_TO_TELL if heard.n is None else number(heard.n)
        return {"value": None, "low": None, "high": None, "figure": figure, "n": n}
    return {
        "value": 100 * told.value,
        "low": 100 * told.low,
        "high": 100 * told.high,
        "figure": f"{percent(told.value)} ({_range(told)})",
        "n": number(told.n),
    }


def _range(share: Share) -> str:
    return str(gettext("%(first)s to %(last)s", first=percent(share.low), last=percent(share.high)))


def kind_rows(found: Figures, links: Links) -> list[dict[str, Any]]:
    """Messages received in the period, by kind."""
    return [_bar(found.values[f"cases_{kind.value}"], links) for kind in Kind]


def way_rows(found: Figures, links: Links) -> list[dict[str, Any]]:
    """Messages received in the period, by the way they came; none where it is not told."""
    if found.ways_in is None:
        return []
    return [_bar(found.values[f"channel_{channel.value}"], links) for channel in Channel]


def age_rows(found: Figures, links: Links) -> list[dict[str, Any]]:
    """Messages open today, by age."""
    return [_bar(found.values[name], links) for name, _ in AGES]


def _bar(figure: Figure, links: Links) -> dict[str, Any]:
    return {
        "label": gettext(INDICATORS[figure.id].label),
        "value": None if figure.value is None else int(figure.value),
        "figure": value_of(figure),
        "url": links.to_list(figure.id),
    }


def tables(found: Figures, links: Links, names: Mapping[str, Mapping[UUID, str]]) -> list[dict[str, Any]]:
    """Places side by side by name, never ranked; then the delays where they are too few to sum up."""
    by_place = [
        _places(found, links, field, names[field.removesuffix("_id")])
        for field in DIMENSIONS
        if found.places is not None and getattr(found.selection, field) is None
    ]
    return [*(one for one in by_place if one["rows"]), *_delays(found)]


def _places(found: Figures, links: Links, field: str, names: Mapping[UUID, str]) -> dict[str, Any]:
    columns = [gettext("Opinions"), gettext("Satisfied"), gettext("Between")]
    if found.loads is not None:
        columns += [gettext("Complaints"), gettext("On time")]
    rows = [
        [_cell(name, links.to_place(field, id_)), *map(_cell, _place(found, (field, id_)))]
        for id_, name in names.items()
    ]
    return {
        "title": gettext(_PLACE_TITLES[field]),
        "caption": None,
        "columns": _columns(gettext("Name"), *columns),
        "rows": [{"cells": cells} for cells in rows],
    }


def _place(found: Figures, place: tuple[str, UUID]) -> list[str]:
    """What is told of one place, in the order of the columns."""
    heard = found.places.get(place) if found.places else None
    cells = [number(0), NOTHING_TO_TELL, ""] if heard is None else _opinion_cells(heard)
    if found.loads is not None:
        load = found.loads.get(place)
        cells.append(number(load.n if load else 0))
        cells.append(of_counts(load.on_time, load.due) if load and load.due else NOTHING_TO_TELL)
    return cells


def _opinion_cells(heard: Heard) -> list[str]:
    hidden = gettext(NOT_SHOWN)
    told = heard.satisfied
    n = hidden if heard.n is None else number(heard.n)
    if heard.level < Level.SHARE:
        return [n, hidden, ""]
    if told is None:
        return [n, NOTHING_TO_TELL, ""]
    return [n, percent(told.value), _range(told)]


def _delays(found: Figures) -> list[dict[str, Any]]:
    """Each delay with how many complaints had it, where no percentile is told."""
    if found.delays is None:
        return []
    first, answers = found.delays.first_responses, found.delays.answers
    lags = [(days,) for days in found.ways_in.lags] if found.ways_in else []
    lists = [
        (gettext("Delays of the first reply"), [gettext("Working days")], [(days,) for days in first]),
        (gettext("Delays of the answer"), [gettext("Working days"), gettext("Waiting included")], answers),
        (gettext("Delays until staff had typed"), [gettext("Working days")], lags),
    ]
    return [
        {
            "title": title,
            "caption": gettext(
                "Fewer than %(least)d messages: each delay is listed.", least=MIN_FOR_PERCENTILES
            ),
            "columns": _columns(*columns, gettext("Messages") if delays is lags else gettext("Complaints")),
            "rows": [
                {"cells": [_cell(number(n)) for n in (*days, delays.count(days))]}
                for days in sorted(set(delays))
            ],
        }
        for title, columns, delays in lists
        if 0 < len(delays) < MIN_FOR_PERCENTILES
    ]


def _columns(first: str, *others: str) -> list[dict[str, Any]]:
    return [{"label": first, "numeric": False}, *({"label": one, "numeric": True} for one in others)]


def _cell(text: str, url: str | None = None) -> dict[str, str | None]:
    return {"text": text, "url": url}
