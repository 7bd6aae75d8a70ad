"""The pages of an opinion: the first question with its doors, the following ones, the free word.

They are all that most residents see, so each is rendered once per wording, language and marked answer.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from flask_babel import force_locale, format_decimal, gettext
from markupsafe import escape

from portal.channels.queries import Signboard
from portal.core.languages import LANGUAGES, N_
from portal.core.memory import Bounded
from portal.questionnaires.rules import ItemKind
from portal.web.brand import mark
from portal.web.kit import language_row, public_html, public_response, structure_bar, theme_of
from portal.web.place import Place
from portal.web.stencil import Stencil, hole
from portal.web.tablet import QUIET, WRITING, resting, rests

if TYPE_CHECKING:
    from datetime import timedelta

    from flask import Response

    from portal.questionnaires.queries import Published
    from portal.questionnaires.rules import Question
    from portal.web.grades import Grade

DOOR_LABELS: dict[str, str] = {
    "complaint": N_("A problem with our work"),
    "request": N_("I need help"),
    "concern": N_("A concern in the neighbourhood"),
    "thanks": N_("Say thank you"),
    "follow": N_("Follow my message"),
}
"""Doors under the first question, in their order (an idea has its door on the partners' page)."""

FAULTS: dict[str, str] = {
    "too_long": N_("This text is too long: %(length)s characters, and we can keep %(limit)s."),
    "unknown_choice": N_("Touch one of the answers."),
    "empty": N_("Write a few words, then send."),
    "waited": N_("This page has waited too long. Your words are still here: send them once more."),
}
"""What is said of an answer that could not be kept, by the fault's reason."""

_KEPT_PAGES = 256
_stencils: Bounded[tuple[str, str, Grade, tuple[bool, bool], int, str | None], Stencil] = Bounded(_KEPT_PAGES)


class Asking(NamedTuple):
    """Which question is asked, at which place of a journey, and what was answered to it already."""

    shown: Published
    position: int
    token: str
    given: str | None = None
    """A choice's code, or a text as typed."""
    rests: bool = True
    """Whether a tablet leaves this page after a silence: not the one on which nobody has begun."""

    @property
    def question(self) -> Question:
        """The question itself; whoever asks has checked that there is one here."""
        return self.shown.form.questions[self.position - 1]


def question_page(place: Place, asking: Asking) -> Response:
    """The page of a question, from its stencil unless somebody's own words stand in it."""
    theme = theme_of(place)
    if asking.question.kind is ItemKind.TEXT and asking.given:
        html = _html(place, asking, theme).encode()
        return _resting(place, asking, public_response(html, 200, language=place.language, theme=theme))
    stencil = _stencil(place, asking)
    values = {
        "root": place.root,
        "slug": place.structure.slug,
        "name": str(escape(place.structure.name)),
        "mark": str(mark(place.structure.name, place.logo)),
        "theme": theme,
        "token": asking.token,
    }
    pack = partial(stencil.pack, values)
    response = public_response(stencil.fill(values), 200, language=place.language, theme=theme, pack=pack)
    return _resting(place, asking, response)


def question_html(place: Place, asking: Asking) -> str:
    """The same page as markup, for whoever looks at it before it is anybody's."""
    return _html(place, asking, theme_of(place))


def refused_page(place: Place, asking: Asking, status: int, reason: str, **facts: int) -> Response:
    """The same page with what is wrong on top and the answer as it was given."""
    theme = theme_of(place)
    with force_locale(place.language):
        numbers = {name: format_decimal(number) for name, number in facts.items()}
        errors = [{"field": "answer", "message": gettext(FAULTS[reason], **numbers)}]
    html = _html(place, asking, theme, errors=errors)
    response = public_response(html.encode(), status, language=place.language, theme=theme)
    return _resting(place, asking, response)


def _resting(place: Place, asking: Asking, response: Response) -> Response:
    """The response; a tablet leaves it after a silence."""
    return rests(response, place.root, _time(asking)) if place.is_tablet and asking.rests else response


def _time(asking: Asking) -> timedelta:
    return WRITING if asking.question.kind is ItemKind.TEXT else QUIET


def _stencil(place: Place, asking: Asking) -> Stencil:
    """The stencil of this question for every structure that asks it in these words and may claim as much."""
    key = (
        asking.shown.digest,
        place.language,
        place.grade,
        (place.is_tablet, asking.rests),
        asking.position,
        asking.given,
    )
    found = _stencils.get(key)
    if found is None:
        found = Stencil(_html(_anywhere(place), asking._replace(token=hole("token")), hole("theme")))
        _stencils.put(key, found)
    return found


def _anywhere(place: Place) -> Place:
    """The place with holes for all that tells it from another of its language and grade."""
    sign = Signboard(0, hole("slug"), hole("name"), "", 0)
    nowhere = UUID(int=0)
    return Place(
        sign,
        hole("root"),
        place.language,
        nowhere,
        "",
        nowhere,
        grade=place.grade,
        is_tablet=place.is_tablet,
    )


def _html(place: Place, asking: Asking, theme: str, errors: list[dict[str, str]] | None = None) -> str:
    position, question = asking.position, asking.question
    is_first, is_text = position == 1, question.kind is ItemKind.TEXT
    marked = {"mark": hole("mark")} if place.structure.name == hole("name") else {}
    at = () if is_first else ("answers", asking.token, str(position))
    context: dict[str, Any] = {
        "token": asking.token,
        "urls": {
            # Never the page's own address: a browser forgets the page that a form was posted to, and "back"
            # would bring another token, and another response.
            "post": place.url("answers", asking.token, str(position)),
            "back": None if is_first else place.url("answers", asking.token, str(position - 1)),
            "danger": place.url("danger") if is_first else None,
        },
        "is_first": is_first,
        "question": _worded(question, place.language),
        "chosen": None if is_text else asking.given,
        "progress": None if is_first else {"current": position, "total": len(asking.shown.form.questions)},
        "doors": _doors(place) if is_first else [],
        "value": (asking.given or "") if is_text else "",
        "errors": errors or [],
        "noindex": True,
        "tablet": resting(place.root, place.url(*at), _time(asking))
        if place.is_tablet and asking.rests
        else None,
        "languages": language_row(place, at),
        "structure": structure_bar(place) | marked,
    }
    template = "public/free_word.html" if is_text else "public/question.html"
    return public_html(template, place, place.language, theme, **context)


def _worded(question: Question, language: str) -> dict[str, Any]:
    text, spoken = question.said(language)
    return {
        "text": text,
        "lang": spoken,
        "dir": LANGUAGES[spoken].direction,
        "choices": [
            {
                "code": choice.code,
                "label": choice.labels.get(spoken, choice.labels["fr"]),
                "face": choice.face,
            }
            for choice in question.choices
        ],
    }


def _doors(place: Place) -> list[dict[str, str]]:
    with force_locale(place.language):
        return [
            {"key": key, "label": gettext(label), "url": place.url(key)}
            for key, label in DOOR_LABELS.items()
            # On the tablet of a counter nobody opens their messages: the next person is waiting.
            if not (place.is_tablet and key == "follow")
        ]
