"""The charts of the dashboard as pictures for a slide: the same figures, under the same floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, request
from flask_babel import force_locale, format_percent, gettext

from portal.core.errors import NotFound
from portal.core.languages import LANGUAGES, N_
from portal.insight.queries import figures
from portal.people.rules import Permission
from portal.printing.slides import FORMS, Bar, Part, Point, Slide, slide
from portal.web.dashboard import asked_of, title_of
from portal.web.dashboard_charts import age_rows, kind_rows, question_rows, trend, way_rows
from portal.web.dashboard_words import Links, number, percent
from portal.web.dates import day_told
from portal.web.guard import requires
from portal.web.house import house
from portal.web.papers_words import sent
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Response

    from portal.insight.queries import Figures
    from portal.web.guard import Desk

bp = Blueprint("chart_pictures", __name__)

CHARTS: dict[str, str] = {
    "questions": N_("What do residents say?"),
    "trend": N_("Satisfaction over time"),
    "kinds": N_("Messages by kind"),
    "ways": N_("Messages by the way they came"),
    "ages": N_("Open messages by age"),
}
"""From the name in an address to the title, as on the dashboard."""
_NOWHERE = Links(lambda _id: None, lambda _field, _id: "")
_MOST_QUESTIONS = 5
"""What one slide holds: the first ones, which a questionnaire begins with."""
_NAMES, _FORMS = ", ".join(CHARTS), ", ".join(FORMS)


@bp.get(f"/s/<slug>/papers/chart/<any({_NAMES}):chart>.<any({_FORMS}):form>")
@requires(Permission.READ_FIGURES)
def picture(desk: Desk, chart: str, form: str) -> Response:
    """The picture of a chart, of the period and place that the dashboard's own arguments name.

    Raises `NotFound` where there is nothing to draw, or nothing that this reader may see.
    """
    language = request.args.get("language", desk.language)
    if language not in LANGUAGES or desk.structure is None:
        raise NotFound("language")
    with house().database.reading(desk.scope) as u, force_locale(language):
        asked = asked_of(u)
        found = figures(u, asked.selection)
        drawn = _DRAWINGS[chart](found, language)
        if drawn is None:
            raise NotFound("chart")
        sentence = CHARTS[chart]
        title = gettext(sentence)
        one = Slide(
            title=title,
            period=_today(found) if chart == "ages" else title_of(asked, found),
            source=_source(desk.structure.name, found),
            structure=desk.structure.name,
            brand=corrected(desk.structure.colour).brand,
            language=language,
            **drawn,
        )
        kind, media_type = FORMS[form]
        return sent(slide(one, kind), media_type, f"{title} {desk.structure.name}", form)


def _today(found: Figures) -> str:
    return str(gettext("On %(date)s", date=day_told(found.today)))


def _source(structure: str, found: Figures) -> str:
    return str(
        gettext(
            "Source: %(structure)s, opinions and messages counted by Portevoix on %(date)s.",
            structure=structure,
            date=day_told(found.today),
        )
    )


def _questions(found: Figures, language: str) -> dict[str, Any] | None:
    rows = [
        (heard, row)
        for heard, row in zip(found.questions, question_rows(found, _NOWHERE, language), strict=True)
        if row["parts"]
    ][:_MOST_QUESTIONS]
    if not rows:
        return None
    bars = [
        Bar(
            row["label"],
            _bounds(row["note"], heard.satisfied.low, heard.satisfied.high)
            if heard.satisfied
            else row["note"],
            [Part(one["label"], one["share"], one["percent"], one["tone"]) for one in row["parts"]],
        )
        for heard, row in rows
    ]
    return {
        "bars": bars,
        "reading": "; ".join(
            f"{bar.label} " + ", ".join(f"{part.label} {part.figure}" for part in bar.parts) for bar in bars
        ),
        "base": gettext(
            "Beside each question: how many answered, "
            "and between which bounds chance leaves “satisfied” (%(level)s).",
            level=percent(0.95),
        ),
    }


def _bounds(note: str, low: float, high: float) -> str:
    between = gettext("%(first)s to %(last)s", first=percent(low), last=percent(high))
    return f"{note} · {between}"


def _trend(found: Figures, _language: str) -> dict[str, Any] | None:
    told = trend(found)
    if told is None:
        return None
    points = [Point(one["label"], one["value"], one["low"], one["high"]) for one in told["points"]]
    last = next(one for one in reversed(told["points"]) if one["value"] is not None)
    base = gettext(
        "%(month)s: %(figure)s, n = %(n)s. Pale band: what chance alone allows (95 %%).",
        month=last["label"],
        figure=last["figure"],
        n=last["n"],
    )
    scale = [str(format_percent(one)) for one in (0, 0.5, 1)]
    return {"points": points, "reading": told["reading"], "base": base, "scale": scale}


def _counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Bars of counts; None of nothing. What is not shown stands as its words, without a bar."""
    if not any(row["value"] for row in rows):
        return None
    most = max(row["value"] or 0 for row in rows)
    bars = [
        Bar(row["label"], "", [Part(row["label"], 100 * (row["value"] or 0) / most, row["figure"], "good")])
        for row in rows
    ]
    shown = [row["value"] for row in rows if row["value"] is not None]
    is_whole = len(shown) == len(rows)
    return {
        "bars": bars,
        "reading": ", ".join(f"{row['label']} {row['figure']}" for row in rows),
        "base": gettext("n = %(n)s. Counts have no interval.", n=number(sum(shown))) if is_whole else "",
    }


_DRAWINGS: dict[str, Callable[[Figures, str], dict[str, Any] | None]] = {
    "questions": _questions,
    "trend": _trend,
    "kinds": lambda found, _language: _counts(kind_rows(found, _NOWHERE)),
    "ways": lambda found, _language: _counts(way_rows(found, _NOWHERE)),
    "ages": lambda found, _language: _counts(age_rows(found, _NOWHERE)),
}


def pictures_offered(desk: Desk, **arguments: str) -> list[dict[str, Any]]:
    """The charts with the addresses of their pictures, by language: that of the reader first."""
    tags = sorted(LANGUAGES, key=lambda tag: tag != desk.language)
    return [
        {
            "label": gettext(label),
            "languages": [
                {
                    "name": LANGUAGES[tag].own_name,
                    "lang": tag,
                    "dir": LANGUAGES[tag].direction,
                    "forms": [
                        {
                            "label": form.upper(),
                            "url": f"{desk.url('papers', 'chart', f'{name}.{form}')}?"
                            + urlencode({**arguments, "language": tag}),
                        }
                        for form in ("png", "svg")
                    ],
                }
                for tag in tags
            ],
        }
        for name, label in CHARTS.items()
    ]
