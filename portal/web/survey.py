"""A resident's opinion: the first question with its doors, one question a page, each answer kept as given."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, redirect, request
from flask_babel import force_locale, gettext

from portal.core.errors import Invalid, NotFound
from portal.core.languages import LANGUAGES, N_
from portal.questionnaires.actions import Journey, finish, record, withdraw
from portal.questionnaires.queries import Published, published, version
from portal.questionnaires.rules import ItemKind
from portal.web.guard import public
from portal.web.house import house
from portal.web.kit import accepted_language, render_public
from portal.web.place import Place, place_at, read_segments

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as Redirect

    from portal.questionnaires.rules import Question

bp = Blueprint("survey", __name__)

PURPOSE = "journey"
MAX_AGE = timedelta(hours=24)
_NONCE_BYTES = 12

DOOR_LABELS: dict[str, str] = {
    "complaint": N_("A problem with our work"),
    "request": N_("I need help"),
    "concern": N_("A concern in the neighbourhood"),
    "thanks": N_("Say thank you"),
    "follow": N_("Follow my message"),
}
"""Doors under the first question, in their order (an idea has its door on the partners' page)."""


@dataclass(frozen=True, slots=True)
class Trip:
    """What a journey's token holds: the version shown, the nonce, and the token itself."""

    version_id: UUID
    nonce: bytes
    token: str


def new_trip(version_id: UUID) -> Trip:
    """A journey that begins now."""
    nonce = token_bytes(_NONCE_BYTES)
    payload = {"v": version_id.hex, "n": urlsafe_b64encode(nonce).decode()}
    return Trip(version_id, nonce, house().tokens.seal(PURPOSE, payload, now=house().clock.now()))


def read_trip(token: str) -> Trip:
    """The journey of a token. Raises `Tampered` or `Expired`."""
    payload = house().tokens.open(PURPOSE, token, now=house().clock.now(), max_age=MAX_AGE)
    return Trip(UUID(hex=payload["v"]), urlsafe_b64decode(payload["n"]), token)


@bp.get("/<any(q, Q, p):kind>/<key>")
@bp.get("/<any(q, Q, p):kind>/<key>/<first>")
@public
def entrance(kind: str, key: str, first: str | None = None) -> Response | Redirect:
    """The first question itself, and the doors."""
    language, door = read_segments(first, None, accepted_language())
    place = place_at(kind, key, language)
    if door is not None:
        onward = redirect(place.url(door), 302)
        onward.vary.add("Accept-Language")
        return onward
    with house().database.reading(place.scope) as u:
        shown = published(u)
    response = _question_page(place, shown, new_trip(shown.version_id), 1)
    if first is None:
        response.vary.add("Accept-Language")
    return response


@bp.post("/<any(q, Q, p):kind>/<key>/<language>")
@public
def first_answer(kind: str, key: str, language: str) -> Response | Redirect:
    """Keep the first answer, then go on."""
    return _keep(
        place_at(kind, key, read_segments(language, None, None)[0]), request.form.get("token", ""), 1
    )


@bp.get("/<any(q, Q, p):kind>/<key>/<language>/answers/<token>/<int:position>")
@public
def question(kind: str, key: str, language: str, token: str, position: int) -> Response:
    """A following question, with the answer already given to it marked."""
    place = place_at(kind, key, read_segments(language, None, None)[0])
    trip = read_trip(token)
    with house().database.reading(place.scope) as u:
        shown = version(u, trip.version_id)
    return _question_page(place, shown, trip, position)


@bp.post("/<any(q, Q, p):kind>/<key>/<language>/answers/<token>/<int:position>")
@public
def answer(kind: str, key: str, language: str, token: str, position: int) -> Response | Redirect:
    """Keep an answer, or skip, then go on."""
    return _keep(place_at(kind, key, read_segments(language, None, None)[0]), token, position)


@bp.get("/<any(q, Q, p):kind>/<key>/<language>/done")
@public
def thanks(kind: str, key: str, language: str) -> Response:
    """Thanks, who reads it, and the way to be answered."""
    place = place_at(kind, key, read_segments(language, None, None)[0])
    urls = {"complaint": place.url("complaint"), "again": place.url(), "results": None, "danger": None}
    return render_public("public/thanks.html", place, urls=urls)


def _keep(place: Place, token: str, position: int) -> Response | Redirect:
    trip = read_trip(token)
    now = house().clock.now()
    journey = Journey(
        nonce=trip.nonce,
        day=place.day_of(now),
        language=place.language,
        site_id=place.site_id,
        code_id=place.code_id,
        team_id=place.team_id,
        agreement_id=place.agreement_id,
    )
    with house().database.transaction(place.scope) as u:
        shown = version(u, trip.version_id)
        asked = shown.form.question(position)
        if asked is None:
            raise NotFound("question", position=position)
        raw = request.form.get("answer", "")
        is_last = shown.form.question(position + 1) is None
        try:
            if request.form.get("skip") and position > 1:
                withdraw(u, shown, journey, asked)
            else:
                record(u, shown, journey, asked, raw)
        except Invalid as fault:
            return _question_page(place, shown, trip, position, (fault, raw))
        if is_last:
            finish(u, journey)
    if is_last:
        return redirect(place.url("done"), 303)
    return redirect(place.url("answers", trip.token, str(position + 1)), 303)


def _question_page(
    place: Place, shown: Published, trip: Trip, position: int, refused: tuple[Invalid, str] | None = None
) -> Response:
    """The page of one question; `refused` is what was wrong with an answer, and the answer as given."""
    asked = shown.form.question(position)
    if asked is None:
        raise NotFound("question", position=position)
    is_first = position == 1
    here = place.url() if is_first else place.url("answers", trip.token, str(position))
    before = place.url("answers", trip.token, str(position - 1)) if position > 1 else None
    context: dict[str, Any] = {
        "token": trip.token,
        "urls": {"post": here, "back": before, "danger": place.url("danger") if is_first else None},
        "is_first": is_first,
        "question": _shown_question(asked, place.language),
        "chosen": None,
        "progress": None if is_first else {"current": position, "total": len(shown.form.questions)},
        "doors": _doors(place) if is_first else [],
        "value": refused[1] if refused else "",
        "errors": [{"field": "answer", "message": _sentence(refused[0], place.language)}] if refused else [],
        "noindex": True,
    }
    template = "public/free_word.html" if asked.kind is ItemKind.TEXT else "public/question.html"
    response = render_public(template, place, 422 if refused else 200, **context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _sentence(fault: Invalid, language: str) -> str:
    with force_locale(language):
        if fault.facts.get("reason") == "too_long":
            too_long = N_("This text is too long: %(length)d characters, and we can keep %(limit)d.")
            return str(gettext(too_long, **fault.facts))
        return str(gettext("Touch one of the answers."))


def _shown_question(asked: Question, language: str) -> dict[str, Any]:
    text, spoken = asked.said(language)
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
            for choice in asked.choices
        ],
    }


def _doors(place: Place) -> list[dict[str, str]]:
    with force_locale(place.language):
        return [
            {"key": key, "label": gettext(label), "url": place.url(key)} for key, label in DOOR_LABELS.items()
        ]
