"""Follow a case by its receipt: where it stands in plain words, what was said, and what one may do now."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from flask import Blueprint, redirect, request
from flask_babel import force_locale

from portal.cases.actions import Given, take
from portal.cases.beside import attach, note_read
from portal.cases.filing import open_by_receipt
from portal.cases.photos import MAX_BYTES, MEDIA_TYPE, clean
from portal.cases.queries import case_by_id
from portal.cases.rules import Actor, CaseState
from portal.cases.voices import MAX_BYTES as MOST_SOUND
from portal.cases.voices import heard
from portal.core.crypto import SET_BACK
from portal.core.errors import Expired, Invalid, Refused
from portal.web.doors import (
    CASE,
    RECEIPT_AGE,
    case_token,
    kept_nowhere,
    new_form_token,
    place_here,
    read_form_token,
    sent_voice,
    status_of,
    told_faults,
)
from portal.web.follow_page import WRITES, case_context, may_take
from portal.web.guard import public, takes
from portal.web.house import house
from portal.web.kit import language_row, render_public
from portal.web.throttle import Limit, check_tries, note_refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.web.place import Place

bp = Blueprint("follow", __name__)

WRONG_RECEIPTS = Limit("receipt", tries=5, within=timedelta(minutes=15))
_BESIDE_PHOTO = 256 * 1024
_ENTRANCE = "/<any(q, Q, p):kind>/<key>/<language>"
_CASE = f"{_ENTRANCE}/case/<token>"


@bp.get(f"{_ENTRANCE}/follow")
@public
def ask(kind: str, key: str, language: str) -> Response:
    """The field for the receipt."""
    return _ask_page(place_here(kind, key, language))


@bp.errorhandler(Expired)
def ask_again(_error: Expired) -> Response:
    """The field for the receipt once more, and beside it the words that were sent: nothing is lost."""
    here = {name: str((request.view_args or {})[name]) for name in ("kind", "key", "language")}
    return _ask_page(place_here(**here), faults=[Invalid("receipt", reason="waited")])


@bp.post(f"{_ENTRANCE}/follow")
@public
def open_case(kind: str, key: str, language: str) -> ResponseReturnValue:
    """Open the case of a receipt; wrong ones are slowed down."""
    place, raw = place_here(kind, key, language), request.form.get("receipt", "")
    check_tries(WRONG_RECEIPTS)
    try:
        case_id = open_by_receipt(house().database, house().hasher, place.scope, raw)
    except Invalid as fault:
        if fault.facts.get("reason") == "unknown":
            note_refusal(WRONG_RECEIPTS)
        return _ask_page(place, raw, [fault])
    with house().database.reading(place.scope) as u:
        row = case_by_id(u, case_id)
        is_news = row.told_at is None and row.state in {CaseState.ANSWERED, CaseState.CLOSED}
    if is_news:
        with house().database.transaction(place.scope) as u:
            note_read(u, case_id)
    token, words = case_token(case_id.hex), request.form.get("message", "")
    if words.strip():
        # They came from a page that had waited too long; no address may carry them to the case.
        return _case_page(place, token, words)
    return redirect(place.url("case", token), 303)


def _ask_page(place: Place, raw: str = "", faults: Sequence[Invalid] = ()) -> Response:
    with force_locale(place.language):
        response = render_public(
            "public/follow.html",
            place,
            status_of(faults),
            token="",
            languages=language_row(place, ("follow",)),
            urls={"post": place.url("follow"), "back": place.url()},
            value=raw,
            words=request.form.get("message", ""),
            errors=told_faults(faults),
        )
    return kept_nowhere(response)


@bp.get(_CASE)
@public
def case(kind: str, key: str, language: str, token: str) -> Response:
    """Where the case stands."""
    return _case_page(place_here(kind, key, language), token)


@bp.post(f"{_CASE}/message")
@public
def message(kind: str, key: str, language: str, token: str) -> ResponseReturnValue:
    """A reply, or something more; a closed case opens again by it."""
    place, typed = place_here(kind, key, language), request.form.get("message", "")
    nonce = read_form_token(request.form.get("token", ""))
    with house().database.reading(place.scope) as u:
        allowed = may_take(u, case_by_id(u, _case_of(token)))
    verb = next((one for one in ("reply", "add", "reopen") if one in allowed), "add")
    try:
        _step(place, token, verb, Given(typed, place.language, nonce=nonce))
    except Invalid as fault:
        return _case_page(place, token, typed, [fault])
    return redirect(place.url("case", token), 303)


@bp.post(f"{_CASE}/contest")
@public
def contest(kind: str, key: str, language: str, token: str) -> ResponseReturnValue:
    """Ask for a second look; no reason is asked."""
    return _done(place_here(kind, key, language), token, "contest")


@bp.post(f"{_CASE}/close")
@public
def close(kind: str, key: str, language: str, token: str) -> ResponseReturnValue:
    """The answer helps: the case is closed by the filer's word."""
    return _done(place_here(kind, key, language), token, "accept")


@bp.post(f"{_CASE}/photo")
@public
@takes(MAX_BYTES + _BESIDE_PHOTO)
def photo(kind: str, key: str, language: str, token: str) -> ResponseReturnValue:
    """Keep a photo, made anew from its pixels."""
    place, sent = place_here(kind, key, language), request.files.get("photo")
    case_id = _case_of(token)
    try:
        fresh = clean(sent.stream.read() if sent else b"")
        with house().database.transaction(place.scope) as u:
            if not may_take(u, case_by_id(u, case_id)) & WRITES:
                raise Refused("step", verb="photo")
            attach(u, case_id, fresh, media_type=MEDIA_TYPE)
    except Invalid as fault:
        return _case_page(place, token, faults=[fault])
    return redirect(place.url("case", token), 303)


@bp.post(f"{_CASE}/voice")
@public
@takes(MOST_SOUND + _BESIDE_PHOTO)
def voice(kind: str, key: str, language: str, token: str) -> ResponseReturnValue:
    """Keep a voice message, without what its file tells of the phone."""
    place, case_id = place_here(kind, key, language), _case_of(token)
    try:
        said = heard(sent_voice())
        with house().database.transaction(place.scope) as u:
            if not may_take(u, case_by_id(u, case_id)) & WRITES:
                raise Refused("step", verb="voice")
            attach(u, case_id, said.sound, media_type=said.media_type)
    except Invalid as fault:
        return _case_page(place, token, faults=[fault])
    return redirect(place.url("case", token), 303)


def _case_of(token: str) -> UUID:
    payload = house().tokens.open(CASE, token, now=house().clock.now(), max_age=RECEIPT_AGE, ahead=SET_BACK)
    return UUID(hex=payload["c"])


def _done(place: Place, token: str, verb: str) -> ResponseReturnValue:
    """The case's page after a step, also when it was taken already: a second tap changes nothing."""
    with suppress(Refused):  # the page tells where the case stands, and what may be done now
        _step(place, token, verb, Given(language=place.language))
    return redirect(place.url("case", token), 303)


def _step(place: Place, token: str, verb: str, given: Given) -> None:
    case_id = _case_of(token)
    with house().database.transaction(place.scope) as u:
        if verb not in may_take(u, case_by_id(u, case_id)) and given.nonce is None:
            raise Refused("step", verb=verb)
        take(u, case_id, verb, given, who=Actor.FILER)


def _case_page(place: Place, token: str, typed: str = "", faults: Sequence[Invalid] = ()) -> Response:
    case_id = _case_of(token)
    with force_locale(place.language), house().database.reading(place.scope) as u:
        context = case_context(u, place, case_by_id(u, case_id), token)
        response = render_public(
            "public/case.html",
            place,
            status_of(faults),
            noindex=True,
            languages=language_row(place, ("case", token)),
            token=new_form_token(),
            values={"message": typed},
            errors=told_faults(faults),
            **context,
        )
    return kept_nowhere(response)
