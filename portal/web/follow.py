"""Follow a case by its receipt: where it stands in plain words, what was said, and what one may do now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, redirect, request
from flask_babel import force_locale, format_date, gettext

from portal.cases.actions import Given, attach, take
from portal.cases.filing import open_by_receipt
from portal.cases.photos import MAX_BYTES, MEDIA_TYPE, clean
from portal.cases.queries import case_by_id, clocks_of, photos_of, standing_of, thread
from portal.cases.rules import (
    KINDS,
    MAX_PHOTOS,
    REOPEN_WITHIN_DAYS,
    Actor,
    CaseState,
    ClockName,
    Direction,
    steps_for,
)
from portal.core.errors import Invalid, Refused
from portal.core.languages import N_, direction_of
from portal.web.doors import (
    CASE,
    RECEIPT_AGE,
    case_token,
    full_date,
    kept_nowhere,
    new_form_token,
    place_here,
    read_form_token,
    told_faults,
)
from portal.web.guard import public, takes
from portal.web.house import house
from portal.web.kit import render_public
from portal.web.throttle import Limit, check_tries, note_refusal

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.cases.models import Case, Clock
    from portal.cases.queries import Said
    from portal.cases.rules import Step
    from portal.cases.standing import Standing
    from portal.core.db import Unit
    from portal.web.place import Place

bp = Blueprint("follow", __name__)

WRONG_RECEIPTS = Limit("receipt", tries=5, within=timedelta(minutes=15))
_BESIDE_PHOTO = 256 * 1024
_ENTRANCE = "/<any(q, Q, p):kind>/<key>/<language>"
_CASE = f"{_ENTRANCE}/case/<token>"

STATUS: dict[CaseState, tuple[str, str]] = {
    CaseState.RECEIVED: (N_("Received"), N_("We have your message. A person will read it soon.")),
    CaseState.ACKNOWLEDGED: (N_("Read"), N_("A person has read your message.")),
    CaseState.IN_PROGRESS: (N_("Being handled"), N_("A person is looking into it.")),
    CaseState.WAITING_FILER: (N_("We need a word from you"), N_("We asked you a question. Answer below.")),
    CaseState.WAITING_THIRD_PARTY: (
        N_("Being handled"),
        N_("We are waiting for another service. The promised date stays."),
    ),
    CaseState.ANSWERED: (N_("Answered"), N_("Our answer is below.")),
    CaseState.CLOSED: (N_("Closed"), N_("It is settled for us. You can come back to it.")),
}
"""What a filer reads of each state."""


@bp.get(f"{_ENTRANCE}/follow")
@public
def ask(kind: str, key: str, language: str) -> Response:
    """The field for the receipt."""
    return _ask_page(place_here(kind, key, language), "", [])


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
    return redirect(place.url("case", case_token(case_id.hex)), 303)


def _ask_page(place: Place, raw: str, faults: list[Invalid]) -> Response:
    with force_locale(place.language):
        response = render_public(
            "public/follow.html",
            place,
            422 if faults else 200,
            token="",
            urls={"post": place.url("follow"), "back": place.url()},
            value=raw,
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
        allowed = _verbs(u, case_by_id(u, _case_of(token)))
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
    place = place_here(kind, key, language)
    _step(place, token, "contest", Given(language=place.language))
    return redirect(place.url("case", token), 303)


@bp.post(f"{_CASE}/close")
@public
def close(kind: str, key: str, language: str, token: str) -> ResponseReturnValue:
    """The answer helps: the case is closed by the filer's word."""
    place = place_here(kind, key, language)
    _step(place, token, "accept", Given(language=place.language))
    return redirect(place.url("case", token), 303)


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
            attach(u, case_id, fresh, media_type=MEDIA_TYPE)
    except Invalid as fault:
        return _case_page(place, token, faults=[fault])
    return redirect(place.url("case", token), 303)


def _case_of(token: str) -> UUID:
    payload = house().tokens.open(CASE, token, now=house().clock.now(), max_age=RECEIPT_AGE)
    return UUID(hex=payload["c"])


def _step(place: Place, token: str, verb: str, given: Given) -> None:
    case_id = _case_of(token)
    with house().database.transaction(place.scope) as u:
        if verb not in _verbs(u, case_by_id(u, case_id)) and given.nonce is None:
            raise Refused("step", verb=verb)
        take(u, case_id, verb, given, who=Actor.FILER)


def _verbs(u: Unit, row: Case) -> set[str]:
    """The steps a filer may take now; a case is opened again for 60 days (decisions, 16)."""
    allowed: tuple[Step, ...] = steps_for(row.kind, row.state, Actor.FILER)
    verbs = {step.verb for step in allowed}
    closed_at = standing_of(u, row).closed_at
    if closed_at is not None and u.now - closed_at > timedelta(days=REOPEN_WITHIN_DAYS):
        verbs.discard("reopen")
    return verbs


def _case_page(place: Place, token: str, typed: str = "", faults: list[Invalid] | None = None) -> Response:
    case_id = _case_of(token)
    with force_locale(place.language), house().database.reading(place.scope) as u:
        context = _case_context(u, place, case_by_id(u, case_id), token)
        response = render_public(
            "public/case.html",
            place,
            422 if faults else 200,
            noindex=True,
            languages=[],
            token=new_form_token(),
            values={"message": typed},
            errors=told_faults(faults or []),
            **context,
        )
    return kept_nowhere(response)


def _case_context(u: Unit, place: Place, row: Case, token: str) -> dict[str, Any]:
    standing, verbs, photos = standing_of(u, row), _verbs(u, row), photos_of(u, row.id)
    clocks = clocks_of(u, row.id)
    answer = clocks.get(ClockName.ANSWER)
    is_owed = answer is not None and answer.stopped_at is None
    is_late = answer is not None and is_owed and answer.due_on < place.day_of(u.now)
    label, sentence = STATUS[row.state]
    may_write = bool(verbs & {"reply", "add", "reopen"})

    def url(name: str, *, allowed: bool) -> str | None:
        return place.url("case", token, name) if allowed else None

    return {
        "status": {"label": gettext(label), "sentence": gettext(sentence)},
        "promised_by": full_date(answer.due_on) if answer is not None and is_owed else None,
        "late": {"new_date": None} if is_late else None,
        "steps": _steps(place, row, standing, clocks),
        "messages": [_message(place, said) for said in thread(u, row, for_filer=True)],
        "photos": [
            {"label": gettext("Photo %(number)d", number=number)} for number, _ in enumerate(photos, 1)
        ],
        "urls": {
            "message": url("message", allowed=may_write),
            "photo": url("photo", allowed=may_write and len(photos) < MAX_PHOTOS),
            "contest": url("contest", allowed="contest" in verbs),
            "close": url("close", allowed="accept" in verbs),
            "first": place.url(),
        },
    }


def _message(place: Place, said: Said) -> dict[str, Any]:
    is_ours = said.direction is Direction.TO_FILER
    direction = direction_of(said.text, said.language)
    return {
        "author": place.structure.name if is_ours else gettext("You"),
        "ours": is_ours,
        "date": format_date(place.day_of(said.at), "long"),
        "text": said.text,
        "lang": said.language if direction != "auto" else None,
        "dir": direction,
    }


def _steps(
    place: Place, row: Case, standing: Standing, clocks: dict[ClockName, Clock]
) -> list[dict[str, Any]]:
    """Received, read, answered (where an answer is owed), closed: what is done, and since when."""
    ack, answer = clocks.get(ClockName.ACK), clocks.get(ClockName.ANSWER)
    moments = [(gettext("Received"), row.received_at), (gettext("Read"), ack.stopped_at if ack else None)]
    if KINDS[row.kind].is_answered:
        moments.append((gettext("Answered"), answer.stopped_at if answer else None))
    moments.append((gettext("Closed"), standing.closed_at))
    shown, is_next = [], True
    for label, at in moments:
        state = "done" if at else ("current" if is_next else "todo")
        is_next = is_next and at is not None
        date = format_date(place.day_of(at), "long") if at else None
        shown.append({"label": label, "state": state, "date": date})
    return shown
