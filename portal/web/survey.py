"""A resident's opinion: the first question with its doors, one question a page, each answer kept as given."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from flask import Blueprint, redirect, request

from portal.core.crypto import SET_BACK
from portal.core.errors import Expired, Invalid, NotFound, Retired, Tampered
from portal.core.languages import LANGUAGES
from portal.core.schema import ID_BYTES
from portal.questionnaires.actions import Journey, finish, given, record, withdraw
from portal.questionnaires.queries import Published, published, version
from portal.questionnaires.rules import ItemKind, Mode
from portal.web.guard import public
from portal.web.house import house
from portal.web.kit import accepted_language, render_public, see_other, structure_bar
from portal.web.opinion_pages import Asking, question_page, refused_page
from portal.web.place import Address, Place, place_at, read_language, read_segments
from portal.web.scans import count_scan
from portal.web.tablet import start_here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.questionnaires.rules import Question

bp = Blueprint("survey", __name__)

PURPOSE, TABLET_PURPOSE = "journey", "tablet-journey"
"""Tokens of a phone, and of the tablet that anybody touches: neither opens what the other shows."""
MAX_AGE = timedelta(hours=24)
_NONCE_BYTES = 12
_TRIP_BYTES = ID_BYTES + _NONCE_BYTES
_ENTRANCE = "/<any(q, Q, p, t):kind>/<key>"
_ANSWERS = f"{_ENTRANCE}/<language>/answers/<token>/<int:position>"


class Trip(NamedTuple):
    """What a journey's token holds: the version shown, the nonce, and the token itself."""

    version_id: UUID
    nonce: bytes
    token: str


def new_trip(version_id: UUID, *, on_tablet: bool = False) -> Trip:
    """A journey that begins now."""
    nonce = os.urandom(_NONCE_BYTES)
    here = house()
    token = here.tokens.seal_raw(_purpose(on_tablet), version_id.bytes + nonce, now=here.clock.now())
    return Trip(version_id, nonce, token)


def read_trip(token: str, *, on_tablet: bool) -> Trip:
    """The journey of a token. Raises `Expired`, and `Tampered` for what began on the other sort of page.

    What another version of the portal has sealed is as old as it looks, and no fault of who sends it.
    """
    here = house()
    payload = here.tokens.open_raw(
        _purpose(on_tablet), token, now=here.clock.now(), max_age=MAX_AGE, ahead=SET_BACK
    )
    if len(payload) != _TRIP_BYTES:
        raise Expired("token", purpose=PURPOSE)
    return Trip(UUID(bytes=payload[:-_NONCE_BYTES]), payload[-_NONCE_BYTES:], token)


def _purpose(on_tablet: bool) -> str:  # noqa: FBT001 -- the one thing it is about
    return TABLET_PURPOSE if on_tablet else PURPOSE


@bp.get(_ENTRANCE)
@bp.get(f"{_ENTRANCE}/<first>")
@public
def entrance(kind: str, key: str, first: str | None = None) -> ResponseReturnValue:
    """The first question itself, and the doors; a door without a language leads to it in the browser's.

    A partner's code leads to the page on which partners file.
    """
    is_told = first in LANGUAGES  # then what the browser asks for is not looked at
    language, door = read_segments(first, None, None if is_told else accepted_language())
    address = Address.read(kind, key, language)
    response: Response
    if door == "danger":
        response = _danger_page(kind, key, language)
    elif door is not None:
        response = redirect(f"{address.root}/{language}/{door}", 302)  # type: ignore[assignment]  # the test client's own class
    else:
        response = _first_page(address, rests=first is not None)
    if first is None or door is not None:
        response.vary.add("Accept-Language")
    return response


@bp.post(f"{_ENTRANCE}/<language>")
@public
def first_answer(kind: str, key: str, language: str) -> ResponseReturnValue:
    """Keep the first answer, then go on."""
    return _keep(_address(kind, key, language), request.form.get("token", ""), 1)


@bp.get(_ANSWERS)
@public
def question(kind: str, key: str, language: str, token: str, position: int) -> Response:
    """A following question, with the answer already given to it marked."""
    address, database = _address(kind, key, language), house().database
    trip = read_trip(token, on_tablet=address.is_tablet)
    with database.reading(address.scope(database)) as u:
        place = address.place(u)
        shown = version(u, trip.version_id)
        asked = _asked(shown, position)
        # Whoever presses "back" on a tablet may be the next person.
        before = None if place.is_tablet else given(u, shown, trip.nonce, asked)
    response = question_page(place, Asking(shown, position, token, before))
    return _kept_nowhere(response)


@bp.post(_ANSWERS)
@public
def answer(kind: str, key: str, language: str, token: str, position: int) -> ResponseReturnValue:
    """Keep an answer, or skip, then go on."""
    return _keep(_address(kind, key, language), token, position)


@bp.get(f"{_ENTRANCE}/<language>/done")
@public
def thanks(kind: str, key: str, language: str) -> Response:
    """Thanks, who reads it, and the way to be answered."""
    place = place_at(kind, key, read_language(language))
    urls = {
        "complaint": place.url("complaint"),
        "again": place.url(),
        "results": structure_bar(place)["results_url"],
        "danger": place.url("danger"),
    }
    return render_public("public/thanks.html", place, urls=urls, noindex=True)


@bp.get(f"{_ENTRANCE}/<language>/danger")
@public
def danger(kind: str, key: str, language: str) -> Response:
    """The numbers to call at once. Stores nothing."""
    return _danger_page(kind, key, read_language(language))


def _danger_page(kind: str, key: str, language: str) -> Response:
    """The numbers; by an old card too, for whoever is in danger did not choose the card."""
    try:
        place = place_at(kind, key, language)
    except Retired:
        home = start_here() or "/"
        return render_public(
            "public/danger.html", None, 410, language=language, home=home, urls={"back": home}
        )
    return render_public("public/danger.html", place, urls={"back": place.url()})


def _address(kind: str, key: str, language: str) -> Address:
    return Address.read(kind, key, read_language(language))


def _first_page(address: Address, *, rests: bool) -> Response:
    database = house().database
    with database.reading(address.scope(database)) as u:
        place = address.place(u)
        shown = None if place.is_partners else published(u)
    if not place.is_tablet:  # it opens the page anew all day long, and nobody scanned anything
        count_scan(place)
    if shown is None:
        return redirect(place.url("partner"), 302)  # type: ignore[return-value]  # the test client's own class
    token = new_trip(shown.version_id, on_tablet=place.is_tablet).token
    response = question_page(place, Asking(shown, 1, token, rests=rests))
    # Kept by the browser alone, so that "back" shows the same page and another tap corrects the first one.
    response.headers["Cache-Control"] = "no-store" if place.is_tablet else "private, no-cache"
    return response


def _keep(address: Address, token: str, position: int) -> ResponseReturnValue:
    database = house().database
    scope = address.scope(database)
    try:
        trip = read_trip(token, on_tablet=address.is_tablet)
    except (Expired, Tampered) as unread:
        if not (address.is_tablet and position == 1):
            if isinstance(unread, Tampered):
                raise
            return _waited_too_long(address, position)
        trip = _begun_anew(address)
        token = trip.token
    sent = request.form  # read before the transaction: whoever else writes would wait for it
    if address.is_tablet and "more" in sent:
        return _more_time(address, trip, position)
    with database.transaction(scope) as u:
        place = address.place(u)
        shown = version(u, trip.version_id)
        journey, asked = _journey(place, trip), _asked(shown, position)
        fault = _take(u, shown, journey, asked, _answer_in(sent, asked, is_first=position == 1))
        is_last = shown.form.question(position + 1) is None
        if is_last and fault is None:
            finish(u, journey)
    if fault is not None:
        return _refused(place, Asking(shown, position, token, sent.get("answer", "")), fault)
    if is_last:
        return see_other(place.url("done"))
    return see_other(place.url("answers", token, str(position + 1)))


def _begun_anew(address: Address) -> Trip:
    """The journey of a tablet that has stood since yesterday, or since before this version of the portal.

    Its first page still takes an answer.
    """
    with house().database.reading(address.scope(house().database)) as u:
        return new_trip(published(u).version_id, on_tablet=True)


def _more_time(address: Address, trip: Trip, position: int) -> Response:
    """The free word as it is so far, for as long again."""
    with house().database.reading(address.scope(house().database)) as u:
        place = address.place(u)
        shown = version(u, trip.version_id)
    _asked(shown, position)
    words = request.form.get("answer", "")
    return _kept_nowhere(question_page(place, Asking(shown, position, trip.token, words)))


def _answer_in(sent: Mapping[str, str], asked: Question, *, is_first: bool) -> str | None:
    """The answer as it was sent; None for a question that was skipped, which the first one cannot be."""
    raw = sent.get("answer", "")
    is_blank = asked.kind is ItemKind.TEXT and not raw.strip()
    return None if not is_first and (is_blank or sent.get("skip")) else raw


def _take(u: Unit, shown: Published, journey: Journey, asked: Question, raw: str | None) -> Invalid | None:
    """Keep an answer, or take back one that is skipped; what is wrong with it, or None."""
    try:
        if raw is None:
            withdraw(u, shown, journey, asked)
        else:
            record(u, shown, journey, asked, raw)
    except Invalid as fault:
        return fault
    return None


def _refused(place: Place, asking: Asking, fault: Invalid) -> Response:
    facts = {name: fact for name, fact in fault.facts.items() if isinstance(fact, int)}
    return _kept_nowhere(refused_page(place, asking, 422, str(fault.facts["reason"]), **facts))


def _waited_too_long(address: Address, position: int) -> Response:
    """The free word again, under a new token: nothing that was written is lost. Else raises `Expired`."""
    database, words = house().database, request.form.get("answer", "")
    with database.reading(address.scope(database)) as u:
        place = address.place(u)
        shown = published(u)
    asked = shown.form.question(position)
    if asked is None or asked.kind is not ItemKind.TEXT or not words.strip() or request.form.get("skip"):
        raise Expired("token", purpose=PURPOSE)
    asking = Asking(shown, position, new_trip(shown.version_id, on_tablet=address.is_tablet).token, words)
    return _kept_nowhere(refused_page(place, asking, 410, "waited"))


def _asked(shown: Published, position: int) -> Question:
    asked = shown.form.question(position)
    if asked is None:
        raise NotFound("question", position=position)
    return asked


def _journey(place: Place, trip: Trip) -> Journey:
    return Journey(
        nonce=trip.nonce,
        day=place.day_of(house().clock.now()),
        language=place.language,
        site_id=place.site_id,
        code_id=place.code_id,
        team_id=place.team_id,
        agreement_id=place.agreement_id,
        mode=Mode.TABLET if place.is_tablet else Mode.WEB,
    )


def _kept_nowhere(response: Response) -> Response:
    """The response, which neither browser nor proxy keeps: its address holds a token."""
    response.headers["Cache-Control"] = "no-store"
    return response
