"""Sheets of paper typed in a few seconds each: point and day once, then one page a sheet, and the next.

Whoever meets people may type; no answer but the one just typed is shown here.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_bytes
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, request

from portal.certification.frozen import is_frozen
from portal.core.crypto import SET_BACK
from portal.core.errors import Expired, Invalid, NotFound
from portal.people.rules import Permission
from portal.questionnaires.actions import Journey
from portal.questionnaires.keying import check_day, take_back, type_sheet, typed_sheet
from portal.questionnaires.rules import ItemKind
from portal.web.guard import requires
from portal.web.house import house
from portal.web.sheet_pages import ANSWER, choose_page, sheet_page
from portal.web.sheet_points import Batch, chosen_batch, site_today

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.questionnaires.queries import Published
    from portal.web.guard import Desk

bp = Blueprint("sheet_typing", __name__)

SHEET, KEPT = "sheet", "typed"
_SHEET_AGE = timedelta(hours=24)
KEPT_AGE = timedelta(minutes=30)
"""How long a sheet just typed can be taken back."""
_NONCE_BYTES = 16
_NOTHING = "0"


@dataclass(frozen=True, slots=True)
class Last:
    """The sheet just typed: its response, and the how-many-th of this run it is."""

    response_id: UUID
    number: int
    token: str


def new_sheet_token() -> str:
    """The token of an empty sheet: the same form sent twice is one sheet."""
    nonce = urlsafe_b64encode(token_bytes(_NONCE_BYTES)).decode()
    return house().tokens.seal(SHEET, {"n": nonce}, now=house().clock.now())


def _read_sheet_token(token: str) -> bytes:
    payload = house().tokens.open(SHEET, token, now=house().clock.now(), max_age=_SHEET_AGE, ahead=SET_BACK)
    return urlsafe_b64decode(payload["n"])


def _seal_last(desk: Desk, response_id: UUID, number: int) -> str:
    payload = {"r": response_id.hex, "i": str(number), "p": desk.person.id.hex}
    return house().tokens.seal(KEPT, payload, now=house().clock.now())


def _open_last(desk: Desk, token: str) -> Last:
    """The sheet of a token of this person. Raises `Tampered`, `Expired`."""
    payload = house().tokens.open(KEPT, token, now=house().clock.now(), max_age=KEPT_AGE, ahead=SET_BACK)
    if payload["p"] != desk.person.id.hex:
        raise Expired(KEPT)
    return Last(UUID(hex=payload["r"]), int(payload["i"]), token)


@bp.get("/s/<slug>/opinions/key")
@requires(Permission.ENTER_CASES)
def key(desk: Desk) -> Response:
    """Which point and day first; then the empty sheet, under the one just typed."""
    with house().database.reading(desk.scope) as u:
        batch, faults = chosen_batch(u, request.args)
        if batch is None:
            return choose_page(desk, u, request.args, faults)
        last = _last(desk, u)
        return sheet_page(desk, batch, new_sheet_token(), last=last, flash=request.args.get("done", ""))


def _last(desk: Desk, u: Unit) -> dict[str, Any] | None:
    """What was just typed, as the page shows it; None without it, or once its time is over."""
    token = request.args.get(KEPT, "")
    if not token:
        return None
    try:
        last = _open_last(desk, token)
    except Expired:
        return None
    sheet = typed_sheet(u, last.response_id)
    return None if sheet is None else {"number": last.number, "token": token, "answers": sheet.answers}


@bp.post("/s/<slug>/opinions/key")
@requires(Permission.ENTER_CASES)
def enter(desk: Desk) -> ResponseReturnValue:
    """Keep the sheet, then the next one; 422 with what is wrong, and nothing typed is lost."""
    form, number = request.form, max(0, request.form.get("number", 0, type=int)) + 1
    with house().database.transaction(desk.scope) as u:
        batch, faults = chosen_batch(u, form)
        if batch is None:
            return choose_page(desk, u, form, faults or [Invalid("code", reason="empty")])
        token = form.get("token", "")
        try:
            nonce = _read_sheet_token(token)
            typed = type_sheet(u, batch.shown, _journey(u, batch, nonce), _given(batch.shown, form))
        except Expired:
            fault, token = Invalid("sheet", reason="waited"), new_sheet_token()
        except Invalid as found:
            fault = found
            token = new_sheet_token() if fault.facts.get("reason") == "other" else token
        else:
            kept = _seal_last(desk, typed.response_id, number)
            return redirect(_address(desk, batch, number=str(number), typed=kept), 303)
        return sheet_page(desk, batch, token, typed=form, faults=[fault])


def _journey(u: Unit, batch: Batch, nonce: bytes) -> Journey:
    point = batch.point
    check_day(batch.day, site_today(u, point.site_id))
    return Journey(
        nonce=nonce,
        day=batch.day,
        language=batch.language,
        site_id=point.site_id,
        code_id=point.code_id,
        team_id=point.team_id,
        agreement_id=point.agreement_id,
        mode=batch.mode,
        entered_at=u.now,
    )


def _given(shown: Published, form: Mapping[str, str]) -> dict[str, str]:
    """The answers by question: of the row of digits if there is one, else of the boxes.

    Raises `Invalid("row")`: "both" when both were filled, "form" (with the digit's place `at`) for what is no
    box.
    """
    asked = shown.form.questions
    boxes = {one.code: form.get(f"{ANSWER}{one.code}", "") for one in asked}
    digits = "".join(form.get("row", "").split())
    if not digits:
        return boxes
    with_boxes = [one for one in asked if one.kind is not ItemKind.TEXT]
    if any(boxes[one.code] for one in with_boxes):
        raise Invalid("row", reason="both")
    if len(digits) > len(with_boxes):
        raise Invalid("row", reason="form", at=len(with_boxes) + 1)
    for at, (digit, question) in enumerate(zip(digits, with_boxes, strict=False), 1):
        if digit == _NOTHING:
            continue
        if not (digit.isascii() and digit.isdigit() and int(digit) <= len(question.choices)):
            raise Invalid("row", reason="form", at=at)
        boxes[question.code] = question.choices[int(digit) - 1].code
    return boxes


@bp.post("/s/<slug>/opinions/key/undo")
@requires(Permission.ENTER_CASES)
def undo(desk: Desk) -> ResponseReturnValue:
    """The sheet just typed never was; 422 once it stands in figures that were frozen."""
    last = _open_last(desk, request.form.get(KEPT, ""))
    with house().database.transaction(desk.scope) as u:
        batch, faults = chosen_batch(u, request.form)
        if is_frozen(u, last.response_id):
            faults = [*faults, Invalid("sheet", reason="frozen")]
            if batch is None:
                return choose_page(desk, u, request.form, faults)
            return sheet_page(desk, replace(batch, number=last.number), new_sheet_token(), faults=faults)
        with suppress(NotFound):  # pressed twice: it is gone already
            take_back(u, last.response_id)
        if batch is None:
            return choose_page(desk, u, request.form, faults)
    return redirect(_address(desk, batch, number=str(last.number - 1), done="back"), 303)


def _address(desk: Desk, batch: Batch, **more: str) -> str:
    return f"{desk.url('opinions', 'key')}?{urlencode({**batch.kept, **more})}"
