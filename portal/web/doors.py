"""The doors of a resident or a partner: file a case, keep its receipt."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from secrets import token_bytes
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request
from flask_babel import force_locale, format_decimal, gettext

from portal.cases.actions import Filing
from portal.cases.filing import Filed, file, filed_by
from portal.cases.queries import clocks_of
from portal.cases.rules import KINDS, MAX_TEXT, ClockName, Kind
from portal.cases.voices import MAX_BYTES, heard
from portal.cases.writing import read_text
from portal.core.crypto import SET_BACK
from portal.core.errors import Expired, Invalid
from portal.core.languages import N_
from portal.web import reaching
from portal.web.dates import day_told
from portal.web.guard import public, takes
from portal.web.house import house
from portal.web.kit import render_public
from portal.web.place import Place, place_at, read_segments
from portal.web.reaching import Reaching, help_options, moment_options
from portal.web.tablet import MORE, QUIET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.cases.voices import Voice

bp = Blueprint("doors", __name__)

FILING = "filing"
RECEIPT, TABLET_RECEIPT = "receipt", "tablet-receipt"
"""Tokens of a receipt on a phone, and on the tablet that the next person touches: neither opens the other."""
CASE = "case"
FILING_AGE = timedelta(hours=24)
RECEIPT_AGE = timedelta(minutes=30)
_NONCE_BYTES = 16
_BESIDE_VOICE = 256 * 1024
_KIND_OF = {row.door: kind for kind, row in KINDS.items()}
LONGEST_NAME = 120

FAULTS: dict[tuple[str, str], str] = {
    ("message", "empty"): N_("Write a few words, then send."),
    ("message", "long"): N_("This text is too long: %(length)s characters, and we can keep %(limit)s."),
    ("message", "waited"): N_(
        "This page has waited too long. Your words are still here: send them once more."
    ),
    **reaching.FAULTS,
    ("identity", "form"): N_("Choose who may see your name."),
    ("name", "long"): N_("This name is too long: %(limit)s characters at most."),
    ("kind", "empty"): N_("Choose what the person expects."),
    ("channel", "empty"): N_("Choose how it came."),
    ("received_on", "empty"): N_("Give the day on which it reached us. Example: 2027-03-24"),
    ("received_on", "future"): N_("This day is still to come."),
    ("received_on", "old"): N_("More than a year ago: that belongs to the register of before."),
    ("received_at", "form"): N_("This is no hour. Example: 14:30"),
    ("received_at", "future"): N_("This hour is still to come."),
    ("team_id", "site"): N_("This team works at another site."),
    ("concerns", "self"): N_("It is about you: give it to a colleague, who types it."),
    ("concerns", "unknown"): N_("Choose one of the list."),
    ("concerns", "last_handler"): N_(
        "Nobody else could handle it. First invite somebody of the board or the network."
    ),
    ("outcome", "empty"): N_("Say how it ends."),
    ("finding", "empty"): N_("Say what you found."),
    ("body", "empty"): N_("Choose to whom."),
    ("consent", "empty"): N_("Say how the person agreed."),
    ("on", "future"): N_("This day is still to come."),
    ("on", "before"): N_("This day is before the message came."),
    ("next_check", "empty"): N_("Choose a day on which you look again."),
    ("next_check", "past"): N_("Choose a day after today."),
    ("next_check", "far"): N_("Choose a nearer day."),
    ("checked", "empty"): N_("Say what became of it."),
    ("how", "empty"): N_("Say how you tried."),
    ("reached", "empty"): N_("Say whether you reached the person."),
    ("next_try", "empty"): N_("Choose the day of the next try."),
    ("next_try", "past"): N_("Choose a day after today."),
    ("next_try", "far"): N_("Choose a nearer day."),
    ("note", "empty"): N_("Write a few words, then send."),
    ("note", "long"): N_("This text is too long: %(length)s characters, and we can keep %(limit)s."),
    ("receipt", "length"): N_("The number has 18 digits. Count them and look again."),
    ("receipt", "check_digits"): N_("One digit is not right. Compare with your receipt, group by group."),
    ("receipt", "waited"): N_("This page has waited too long. Type your number again: nothing is lost."),
    ("receipt", "unknown"): N_(
        "We find no message with this number here. Look at it again, or write to us anew."
    ),
    ("photo", "size"): N_("This photo is too big: 10 MB at most. Take it again smaller, or crop it."),
    ("photo", "form"): N_("We cannot open this photo. Send a JPEG, PNG or WebP picture."),
    ("photo", "many"): N_("We keep %(limit)s photos at most."),
    ("voice", "size"): N_("This voice message is too long: a minute at most, or 2 MB. Say it again shorter."),
    ("voice", "form"): N_("We cannot open this voice message. Record it again, or write a few words."),
    ("voice", "many"): N_("We keep %(limit)s voice messages at most."),
    ("voice", "again"): N_("Choose your voice message once more: a browser does not keep it."),
}
"""What is said at a field, by the fault's field and reason."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed behind a door, as typed."""

    message: str = field(default="", repr=False)
    reaching: Reaching = field(default_factory=Reaching)
    identity: str = "nobody"
    name: str = field(default="", repr=False)

    @classmethod
    def sent(cls) -> Form:
        """The form of this request."""
        sent = request.form
        return cls(
            message=sent.get("message", ""),
            reaching=Reaching.sent(sent),
            identity=sent.get("identity", "nobody"),
            name=sent.get("name", "").strip(),
        )

    @property
    def told_name(self) -> str:
        """The name that counts: none when nobody may see it."""
        return self.name if self.identity == "handler" else ""

    @property
    def values(self) -> dict[str, str]:
        """What was typed, by the names of the fields."""
        return {
            "message": self.message,
            "identity": self.identity,
            "name": self.name,
            **asdict(self.reaching),
        }

    def faults(self) -> list[Invalid]:
        """Everything that is wrong with it, in the order of the fields; empty when it can be filed."""
        found = message_faults(self.message) + self.reaching.faults()
        if self.identity not in {"nobody", "handler"}:
            found.append(Invalid("identity", reason="form"))
        if len(self.told_name) > LONGEST_NAME:
            found.append(Invalid("name", reason="long", limit=LONGEST_NAME))
        return found


def message_faults(raw: str) -> list[Invalid]:
    """What is wrong with the main text; empty when it can be kept."""
    try:
        read_text(raw)
    except Invalid as fault:
        return [fault]
    return []


def new_form_token() -> str:
    """The token of a form: a nonce, sealed; the same form sent twice counts once."""
    nonce = urlsafe_b64encode(token_bytes(_NONCE_BYTES)).decode()
    return house().tokens.seal(FILING, {"n": nonce}, now=house().clock.now())


def read_form_token(token: str) -> bytes:
    """The nonce of a form. Raises `Tampered` or `Expired`."""
    payload = house().tokens.open(FILING, token, now=house().clock.now(), max_age=FILING_AGE, ahead=SET_BACK)
    return urlsafe_b64decode(payload["n"])


def told_faults(faults: Sequence[Invalid]) -> list[dict[str, str]]:
    """The faults as the error summary takes them, in the language in force."""
    return [
        {"field": fault.fact, "message": said(FAULTS[fault.fact, str(fault.facts["reason"])], fault)}
        for fault in faults
    ]


def said(sentence: str, fault: Invalid) -> str:
    """The sentence in the language in force, with length and limit as one writes numbers there."""
    facts = {"length": 0, "limit": MAX_TEXT, **fault.facts}
    told: str = gettext(sentence, **{name: format_decimal(facts[name]) for name in ("length", "limit")})
    return told


def full_date(day: date | None) -> str | None:
    """The day in full words, in the language in force."""
    return None if day is None else day_told(day, "full")


def place_here(kind: str, key: str, language: str) -> Place:
    """The entrance in the language of the address. Raises `UnknownLanguage`."""
    return place_at(kind, key, read_segments(language, None, None)[0])


_DOORS = "any(complaint, request, concern, thanks, idea)"
_ENTRANCE = "/<any(q, Q, p, t):kind>/<key>/<language>"


@bp.get(f"{_ENTRANCE}/<{_DOORS}:door>")
@public
def door(kind: str, key: str, language: str, door: str) -> Response:
    """The form behind a door."""
    return _door_page(place_here(kind, key, language), _KIND_OF[door], Form(), new_form_token())


@bp.post(f"{_ENTRANCE}/<{_DOORS}:door>")
@public
@takes(MAX_BYTES + _BESIDE_VOICE)
def send(kind: str, key: str, language: str, door: str) -> ResponseReturnValue:
    """File what was written, or show it again with what is missing."""
    place, form, token = place_here(kind, key, language), Form.sent(), request.form.get("token", "")
    said, faults = _said(place, form)
    try:
        nonce = read_form_token(token)
    except Expired:
        again = [Invalid("voice", reason="again")] if said else []
        waited = faults or [Invalid("message", reason="waited"), *again]
        return _door_page(place, _KIND_OF[door], form, new_form_token(), waited)
    if faults or _wants_time(place):
        return _door_page(place, _KIND_OF[door], form, token, faults)
    filing = Filing(
        kind=_KIND_OF[door],
        text=form.message.strip() or said_instead(place.language),
        language=place.language,
        site_id=place.site_id,
        nonce=nonce,
        contact_kind=form.reaching.contact_kind,
        contact=form.reaching.told_contact,
        contact_when=form.reaching.moment,
        may_leave_message=form.reaching.may_leave_message,
        help=form.reaching.helped,
        name=form.told_name,
        code_id=place.code_id,
        team_id=place.team_id,
        agreement_id=place.agreement_id,
        mediator_id=place.mediator_id,
        voice=said,
    )
    try:
        file(house().database, house().hasher, place.scope, filing)
    except Invalid as fault:
        return _door_page(place, _KIND_OF[door], form, token, [fault])
    purpose, now = TABLET_RECEIPT if place.is_tablet else RECEIPT, house().clock.now()
    kept = house().tokens.seal(purpose, {"n": urlsafe_b64encode(nonce).decode()}, now=now)
    return redirect(place.url("receipts", kept), 303)


@bp.get(f"{_ENTRANCE}/receipts/<token>")
@public
def receipt(kind: str, key: str, language: str, token: str) -> ResponseReturnValue:
    """The receipt of a form just sent, again for 30 minutes; on a tablet, for as long as it is looked at."""
    place = place_here(kind, key, language)
    purpose, age = (TABLET_RECEIPT, QUIET) if place.is_tablet else (RECEIPT, RECEIPT_AGE)
    payload = house().tokens.open(purpose, token, now=house().clock.now(), max_age=age, ahead=SET_BACK)
    filed = filed_by(house().database, place.scope, urlsafe_b64decode(payload["n"]))
    if filed is None:
        raise Expired(RECEIPT)
    if place.is_tablet and MORE in request.args:
        again = house().tokens.seal(TABLET_RECEIPT, payload, now=house().clock.now())
        return redirect(place.url("receipts", again), 303)
    return _receipt_page(place, filed)


def _said(place: Place, form: Form) -> tuple[Voice | None, list[Invalid]]:
    """The voice message, if one was sent, and everything that is wrong with the form.

    Who has spoken need not write.
    """
    if _wants_time(place):
        return None, []
    raw, faults = sent_voice(), form.faults()
    if not raw:
        return None, faults
    faults = [one for one in faults if (one.fact, one.facts.get("reason")) != ("message", "empty")]
    try:
        said = heard(raw)
    except Invalid as fault:
        return None, [*faults, fault]
    return said, [*faults, Invalid("voice", reason="again")] if faults else []


def sent_voice() -> bytes:
    """The file of the field for a voice message; nothing without one."""
    sent = request.files.get("voice")
    if sent is None:
        return b""
    with sent.stream as stream:  # a long one lies in a file of its own, for as long as it is open
        return stream.read()


def said_instead(language: str) -> str:
    """What stands in the place of words that were spoken, in the person's language."""
    with force_locale(language):
        return str(gettext("(Voice message)"))


def _wants_time(place: Place) -> bool:
    """Whether somebody at a tablet asked for more time, and for nothing else."""
    return place.is_tablet and MORE in request.form


def case_token(filed_id: str) -> str:
    """The token that opens a case's page for 30 minutes."""
    return house().tokens.seal(CASE, {"c": filed_id}, now=house().clock.now())


def _receipt_page(place: Place, filed: Filed) -> Response:
    with house().database.reading(place.scope) as u:
        clocks = clocks_of(u, filed.case_id)
    ack, answer = clocks.get(ClockName.ACK), clocks.get(ClockName.ANSWER)
    with force_locale(place.language):
        response = render_public(
            "public/receipt.html",
            place,
            noindex=True,
            receipt=filed.receipt.shown,
            read_by=full_date(ack.due_on) if ack and answer else None,
            answer_by=full_date(answer.due_on) if answer else None,
            asks_contact=answer is not None,
            follow_link=house().config.base_url.rstrip("/") + place.off_tablet.url("follow"),
            urls={
                # On the tablet of a counter nobody opens their messages: the next person is waiting.
                "follow": None if place.is_tablet else place.url("case", case_token(filed.case_id.hex)),
                "first": place.url(),
            },
        )
    return kept_nowhere(response)


def kept_nowhere(response: Response) -> Response:
    """The response, which neither browser nor proxy keeps."""
    response.headers["Cache-Control"] = "no-store"
    return response


def status_of(faults: Sequence[Invalid]) -> int:
    """200 when nothing is wrong, 410 when a page had only waited too long, else 422."""
    reasons = {fault.facts.get("reason") for fault in faults}
    return 410 if reasons == {"waited"} else 422 if reasons else 200


def _door_page(place: Place, kind: Kind, form: Form, token: str, faults: Sequence[Invalid] = ()) -> Response:
    danger = place.url("danger") if kind is not Kind.THANKS else None
    with force_locale(place.language):
        response = render_public(
            "public/door.html",
            place,
            status_of(faults),
            kind=kind.value,
            asks_contact=KINDS[kind].is_answered,
            token=token,
            urls={"post": place.url(KINDS[kind].door), "back": place.url(), "danger": danger},
            values=form.values,
            when_options=moment_options(),
            help_options=[{"value": "", "label": gettext("I prefer not to say")}, *help_options()],
            errors=told_faults(faults),
        )
    return kept_nowhere(response)
