"""The minutes of a closed review as a PDF to file: the same words and the same counts as its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response
from flask_babel import gettext

from portal.people.rules import Permission
from portal.printing.papers import Facts, Grid, Head, Heading, Paper, Part, Text, papered
from portal.web.guard import Desk, requires
from portal.web.papers_words import file_name
from portal.web.review_page import minutes_of
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

bp = Blueprint("minutes", __name__)


@bp.get("/s/<slug>/reviews/<int:number>/minutes.pdf")
@requires(Permission.READ_ACTIONS)
def pdf(desk: Desk, number: int) -> Response:
    """The minutes as a file. Raises `NotFound` for a review that is not closed."""
    told = minutes_of(desk, number)
    response = Response(papered(_paper(desk, told)), content_type="application/pdf")
    name = file_name(told["review"]["title"], "pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _paper(desk: Desk, told: Mapping[str, Any]) -> Paper:
    review, closed, structure = told["review"], told["closed"], desk.structure
    colour = structure.colour if structure else ""
    nothing: list[Part] = [Heading(gettext("Decisions")), Text(gettext("None."))]
    said: list[Part] = []
    if told["words"]:
        said = [Heading(gettext("What came of it")), Text(told["words"])]
    return Paper(
        title=gettext("Minutes"),
        structure=structure.name if structure else "",
        brand=corrected(colour).brand,
        language=desk.language,
        mark=gettext("Review %(number)d", number=review["number"]),
        made=gettext(
            "Closed on %(date)s by %(name)s. The figures are those of that moment.",
            date=closed["on"],
            name=closed["by"],
        ),
        lead=review["title"],
        parts=[
            Facts([(gettext("Period"), review["period"])]),
            *_decisions(gettext("Former decisions"), told["former"]),
            Heading(gettext("Figures")),
            _figures(told["figures"], review),
            Text(" ".join(one for one in (told["figures"]["footnote"], told["figures"]["proof"]) if one)),
            *(_decisions(gettext("Decisions"), told["decided"]) or nothing),
            *said,
        ],
    )


def _figures(figures: Mapping[str, Any], review: Mapping[str, Any]) -> Grid:
    columns = [
        Head(gettext("Figure"), wide=True),
        Head(review["now"], numeric=True),
        Head(review["before"], numeric=True),
        Head(gettext("Difference"), numeric=True),
    ]
    return Grid(
        columns, [[one["label"], one["now"], one["before"], one["change"]] for one in figures["lines"]]
    )


def _decisions(title: str, rows: Sequence[Mapping[str, Any]]) -> list[Part]:
    if not rows:
        return []
    columns = [
        Head(gettext("Number"), numeric=True),
        Head(gettext("Action"), wide=True),
        Head(gettext("Who")),
        Head(gettext("Until when")),
        Head(gettext("State")),
    ]
    states = [
        gettext("Carried out")
        if one["is_done"]
        else gettext("Late")
        if one["is_late"]
        else gettext("Still to do")
        for one in rows
    ]
    cells = [
        [str(one["number"]), one["what"], one["owner"], one["day"], state]
        for one, state in zip(rows, states, strict=True)
    ]
    return [Heading(title), Grid(columns, cells)]
