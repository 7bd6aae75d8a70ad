"""The receipt of a message that a colleague typed: on the screen, on a slip, on a card to take home.

Its address opens for half an hour. Who may not read the cases sees the receipt, and nothing else.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Blueprint, Response, render_template
from flask_babel import force_locale, gettext
from markupsafe import Markup

from portal.cases.filing import filed_by
from portal.cases.queries import case_by_id, clocks_of
from portal.cases.rules import ClockName
from portal.core.crypto import SET_BACK
from portal.core.errors import Expired, NotFound, Refused
from portal.core.languages import LANGUAGES, N_
from portal.core.worktime import WorkCalendar
from portal.people.rules import Permission
from portal.printing.making import Square
from portal.printing.slip import Slip, slip_pdf
from portal.tenancy.queries import calendar_of
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.doors import full_date
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.printing import FAULTS
from portal.web.theme import corrected

bp = Blueprint("case_receipt", __name__)

ENTERED = "entered"
ENTERED_AGE = timedelta(minutes=30)
CARD_ANSWER = N_("A person answers you by %(date)s at the latest.")


def receipt_token(nonce: bytes) -> str:
    """What opens the receipt of a form's message for half an hour."""
    here = house()
    return here.tokens.seal(ENTERED, {"n": urlsafe_b64encode(nonce).decode()}, now=here.clock.now())


@dataclass(frozen=True, slots=True)
class Kept:
    """What was just typed, for the person: its number, and by when it is read and answered."""

    reference: str
    receipt: str = field(repr=False)
    language: str
    received: date
    read_by: date | None
    answer_by: date | None


def _kept(desk: Desk, token: str) -> Kept:
    """What the token of an address opens for 30 minutes. Raises `Expired`, `Tampered`."""
    payload = house().tokens.open(
        ENTERED, token, now=house().clock.now(), max_age=ENTERED_AGE, ahead=SET_BACK
    )
    filed = filed_by(house().database, desk.scope, urlsafe_b64decode(payload["n"]))
    if filed is None:
        raise Expired(ENTERED)
    with house().database.reading(desk.scope) as u:
        row, clocks = case_by_id(u, filed.case_id), clocks_of(u, filed.case_id)
        calendar = WorkCalendar.from_document(calendar_of(u, row.site_id).document)
        language, received = row.language, calendar.local(row.received_at).date()
    ack, answer = clocks.get(ClockName.ACK), clocks.get(ClockName.ANSWER)
    return Kept(
        filed.reference,
        filed.receipt.shown,
        language,
        received,
        ack.due_on if ack and answer else None,
        answer.due_on if answer else None,
    )


@bp.get("/s/<slug>/cases/new/kept/<token>")
@requires(Permission.ENTER_CASES)
def entered(desk: Desk, token: str) -> Response:
    """The receipt of what was just typed, again for 30 minutes, with a slip to take home."""
    return _entered_page(desk, token, _kept(desk, token))


def _entered_page(desk: Desk, token: str, kept: Kept, fault: str = "", **facts: object) -> Response:
    told = LANGUAGES[kept.language]
    with force_locale(kept.language):
        slip = render_template(
            "staff/slip.html",
            structure=desk.structure,
            receipt=kept.receipt,
            received=day_told(kept.received, "long"),
            read_by=full_date(kept.read_by),
            answer_by=full_date(kept.answer_by),
            follow_link=f"{house().config.base_url.rstrip('/')}/p/{desk.slug}/{kept.language}/follow",
            dir=told.direction,
        )
    status, sentence = FAULTS.get(fault, (200, ""))
    return render_staff(
        "staff/case_entered.html",
        desk,
        status,
        reference=kept.reference,
        slip={"html": Markup(slip), "lang": told.tag, "dir": told.direction},  # noqa: S704 -- rendered above
        errors=[{"field": "card", "message": gettext(sentence, **facts)}] if fault else [],
        urls={
            "case": desk.url("cases", kept.reference) if desk.may(Permission.READ_CASES) else None,
            "again": desk.url("cases", "new"),
            "card": desk.url("cases", "new", "kept", token, "card.pdf"),
        },
    )


@bp.get("/s/<slug>/cases/new/kept/<token>/card.pdf")
@requires(Permission.ENTER_CASES)
def card(desk: Desk, token: str) -> Response:
    """The slip as a card of A6; when it cannot be made, its page with the reason on top."""
    kept = _kept(desk, token)
    try:
        pdf = slip_pdf(_slip(desk, kept))
    except Refused as refusal:
        reason = str(refusal.facts.get("reason"))
        if refusal.fact != "print" or reason not in FAULTS:
            raise
        return _entered_page(desk, token, kept, reason, told=refusal.facts.get("told"))
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{kept.reference}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _slip(desk: Desk, kept: Kept) -> Slip:
    if desk.structure is None:
        raise NotFound("structure")
    base_url = house().config.base_url.rstrip("/")
    payload = f"{base_url}/P/{desk.slug}/{kept.language}/FOLLOW".upper()
    with force_locale(kept.language):
        answer, second = "", ""
        keep = gettext("Keep this number if you want to come back to your message.")
        if kept.answer_by is not None:
            keep = gettext("Keep this number: it opens your answer.")
            answer = gettext(CARD_ANSWER, date=full_date(kept.answer_by))
            second = gettext("The answer does not suit you? You can ask for a second look.")
        return Slip(
            title=gettext("We have your message."),
            structure=desk.structure.name,
            brand=corrected(desk.structure.colour).brand,
            language=kept.language,
            received=gettext("Received on %(date)s.", date=day_told(kept.received, "long")),
            keep=keep,
            receipt=tuple(kept.receipt.split()),
            answer=answer,
            follow=gettext("Follow my message"),
            address=f"{base_url}/p/{desk.slug}/{kept.language}/follow",
            second_look=second,
            square=Square("", payload, "", gettext("Square that leads to the answer")),
        )
