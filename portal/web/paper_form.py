"""The questionnaire on paper: which point, which language, and the PDF in the same questions and codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from flask_babel import force_locale, gettext

from portal.core.errors import NotFound, Refused
from portal.core.languages import DEFAULT, LANGUAGES, N_
from portal.people.rules import Permission
from portal.printing.making import Picture
from portal.printing.questionnaire import Asked, Box, Sheet, printed
from portal.questionnaires.queries import current_number, published
from portal.questionnaires.rules import ItemKind, worded
from portal.tenancy.branding import logo_of
from portal.web.codes import Names
from portal.web.desk import render_staff
from portal.web.guard import requires
from portal.web.house import house
from portal.web.printing import FAULTS, squares_of
from portal.web.sheet_points import LETTERS, TYPED_MODES, points
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.core.db import Unit
    from portal.printing.making import Square
    from portal.questionnaires.rules import Form, Question
    from portal.web.guard import Desk
    from portal.web.sheet_points import Point

bp = Blueprint("paper_form", __name__)

TITLE = N_("Tell us how it went")
HOW = N_("Tick one box for each question. You may leave a question out.")
DAY = N_("Date:")
HELPED = N_("How did you fill in this sheet?")
TICKED: dict[str, str] = {
    "paper": N_("Alone"),
    "aided": N_("With somebody close to me"),
    "assisted": N_("With somebody of the team"),
}
"""What the person ticks, by the mode it is typed as."""
COMPLAINT = N_(
    "A problem with our work? Tell us by this square, by telephone, at the office or on another sheet: "
    "it is a complaint, and we owe you an answer."
)
COMPLAINT_NO_SQUARE = N_(
    "A problem with our work? Tell us by telephone, at the office or on another sheet: "
    "it is a complaint, and we owe you an answer."
)
PRIVACY = N_(
    "No name, please: neither your own nor another. Boxes are counted. Your words are read by those who see "
    "to the quality of our work, then destroyed."
)


@bp.get("/s/<slug>/opinions/paper")
@requires(Permission.READ_CODES)
def choose(desk: Desk) -> Response:
    """Which point and which language."""
    with house().database.reading(desk.scope) as u:
        return _page(desk, u)


@bp.get("/s/<slug>/opinions/paper.pdf")
@requires(Permission.READ_CODES)
def paper(desk: Desk) -> Response:
    """The sheet; when it cannot be made, the page with the reason on top. Raises `NotFound`."""
    language = request.args.get("language", DEFAULT)
    with house().database.reading(desk.scope) as u:
        if language not in _languages(published(u).form):
            raise NotFound("language")
        try:
            pdf = printed(_sheet(desk, u, _point(u), language))
        except Refused as refusal:
            reason = str(refusal.facts.get("reason"))
            if refusal.fact != "print" or reason not in FAULTS:
                raise
            return _page(desk, u, reason, told=refusal.facts.get("told"))
    response = Response(pdf, mimetype="application/pdf")
    code = request.args.get("code", "")
    name = "-".join(filter(None, ("questionnaire", desk.slug, language, code)))
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _languages(form: Form) -> list[str]:
    """Those in which every question and every box has its words."""
    texts = [asked.wording for asked in form.questions]
    texts += [choice.labels for asked in form.questions for choice in asked.choices]
    return [tag for tag in LANGUAGES if all(tag in wording for wording in texts)]


def _open_points(u: Unit) -> list[Point]:
    """The points at which sheets can be handed out: codes in use, and sites without a code."""
    return [one for one in points(u) if one.is_open]


def _point(u: Unit) -> Point:
    """The point that was asked for; the first one unless asked. Raises `NotFound`."""
    offered, given = _open_points(u), request.args.get("code", "")
    found = next((one for one in offered if given in {"", one.value}), None)
    if found is None:
        raise NotFound("code")
    return found


def _sheet(desk: Desk, u: Unit, point: Point, language: str) -> Sheet:
    if desk.structure is None:
        raise NotFound("structure")
    form, logo = published(u).form, logo_of(u)
    with force_locale(language):
        square = _square(u, point)
        told = gettext(COMPLAINT if square else COMPLAINT_NO_SQUARE)
        return Sheet(
            title=gettext(TITLE),
            how=gettext(HOW),
            questions=[_asked(one, at, language) for at, one in enumerate(form.questions, 1)],
            helped=Asked(
                "",
                gettext(HELPED),
                language,
                [Box(letter, _ticked(mode.value)) for letter, mode in zip(LETTERS, TYPED_MODES, strict=True)],
            ),
            day=gettext(DAY),
            complaint=told,
            privacy=gettext(PRIVACY),
            mark=f"v{current_number(u)} · {language}",
            structure=desk.structure.name,
            brand=corrected(desk.structure.colour).brand,
            language=language,
            host=urlsplit(house().config.base_url).netloc,
            square=square,
            logo=None if logo is None else Picture(logo.paper, logo.width, logo.height),
        )


def _ticked(mode: str) -> str:
    sentence = TICKED[mode]
    return str(gettext(sentence))


def _square(u: Unit, point: Point) -> Square | None:
    """The point's square; a site without a code has none."""
    if point.row is None:
        return None
    names = Names.read(u, with_people=False)
    (square,) = squares_of([point.row], [names.place(point.row)])
    return square


def _asked(question: Question, at: int, language: str) -> Asked:
    """A question as it is printed: its boxes numbered from 1."""
    text, spoken = question.said(language)
    return Asked(
        f"Q{at}",
        text,
        spoken,
        [
            Box(str(number), worded(choice.labels, spoken)[0], choice.face)
            for number, choice in enumerate(question.choices, 1)
        ]
        if question.kind is not ItemKind.TEXT
        else [],
    )


def _page(desk: Desk, u: Unit, fault: str = "", **told: object) -> Response:
    status, sentence = FAULTS.get(fault, (200, ""))
    offered = _open_points(u)
    known = _languages(published(u).form)
    return render_staff(
        "staff/paper_form.html",
        desk,
        status,
        errors=[{"field": "language", "message": gettext(sentence, **told)}] if fault else [],
        urls={
            "pdf": desk.url("opinions", "paper.pdf"),
            "type": desk.url("opinions", "key") if desk.may(Permission.ENTER_CASES) else None,
            "back": desk.url("codes"),
        },
        points=[{"value": one.value, "label": one.label} for one in offered],
        languages=_options(known),
        values={
            "code": request.args.get("code", offered[0].value if offered else ""),
            "language": request.args.get("language", known[0] if known else DEFAULT),
        },
    )


def _options(known: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"value": tag, "label": LANGUAGES[tag].own_name, "lang": tag, "dir": LANGUAGES[tag].direction}
        for tag in known
    ]
