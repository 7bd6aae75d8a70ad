"""What somebody said to a colleague, typed in under a minute: the form, and the receipt for the person.

Whoever meets people may type; who may not read the cases sees the receipt afterwards, and nothing else.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from flask_babel import force_locale, gettext
from markupsafe import Markup

from portal.cases.actions import Filing
from portal.cases.entry import reception
from portal.cases.filing import file, filed_by
from portal.cases.queries import case_by_id, clocks_of
from portal.cases.rules import KINDS, ClockName, Kind
from portal.cases.ways import CHANNELS, TYPED, Channel, ContactKind
from portal.core.crypto import SET_BACK
from portal.core.errors import Expired, Invalid, NotFound, Refused
from portal.core.languages import DEFAULT, LANGUAGES, N_, written_in
from portal.core.worktime import WorkCalendar
from portal.people.queries import members
from portal.people.rules import PERMISSIONS, Permission, may
from portal.printing.making import Square
from portal.printing.slip import Slip, slip_pdf
from portal.tenancy.queries import agreements, calendar_of, main_site, sites, teams
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.doors import (
    LONGEST_NAME,
    full_date,
    message_faults,
    new_form_token,
    read_form_token,
    told_faults,
)
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.printing import FAULTS
from portal.web.reaching import Reaching, help_options, language_options, member, moment_options
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.people.queries import Member

bp = Blueprint("case_entry", __name__)

ENTERED = "entered"
ENTERED_AGE = timedelta(minutes=30)
CARD_ANSWER = N_("A person answers you by %(date)s at the latest.")
_PLACES = ("site_id", "team_id", "agreement_id")


@dataclass(frozen=True, slots=True)
class Typed:
    """What a colleague typed, as typed."""

    kind: str = ""
    channel: str = ""
    message: str = field(default="", repr=False)
    language: str = DEFAULT
    received_on: str = ""
    received_at: str = ""
    site_id: str = ""
    team_id: str = ""
    agreement_id: str = ""
    name: str = field(default="", repr=False)
    concerns: tuple[str, ...] = ()
    reaching: Reaching = field(default_factory=Reaching)

    @classmethod
    def sent(cls) -> Typed:
        """The form of this request."""
        sent = request.form
        names = ("kind", "channel", "message", "received_on", "received_at", *_PLACES)
        return cls(
            **{name: sent.get(name, "") for name in names},
            language=sent.get("language", DEFAULT),
            name=sent.get("name", "").strip(),
            concerns=tuple(sent.getlist("concerns")),
            reaching=Reaching.sent(sent),
        )

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the fields."""
        typed = asdict(self)
        return {**typed.pop("reaching"), **typed}


def _faults(typed: Typed) -> list[Invalid]:
    """Everything that is wrong with it, but for its date and its places; empty when it can be filed."""
    found = []
    if member(Kind, typed.kind) is None:
        found.append(Invalid("kind", reason="empty"))
    if member(Channel, typed.channel) not in TYPED:
        found.append(Invalid("channel", reason="empty"))
    found += message_faults(typed.message)
    found += typed.reaching.faults()
    if len(typed.name) > LONGEST_NAME:
        found.append(Invalid("name", reason="long", limit=LONGEST_NAME))
    return found


@bp.get("/s/<slug>/cases/new")
@requires(Permission.ENTER_CASES)
def new(desk: Desk) -> Response:
    """The empty form: today, at one's own team."""
    with house().database.reading(desk.scope) as u:
        mine = next((one for one in members(u) if one.person.id == desk.person.id), None)
        team = next((one for one in teams(u) if mine and one.id == mine.team_id), None)
        typed = Typed(
            received_on=_today(u, team.site_id if team else main_site(u).id).isoformat(),
            site_id=str(team.site_id if team else main_site(u).id),
            team_id=str(team.id) if team else "",
        )
    return _form_page(desk, typed, new_form_token())


def _today(u: Unit, site_id: UUID) -> date:
    return WorkCalendar.from_document(calendar_of(u, site_id).document).local(u.now).date()


@bp.post("/s/<slug>/cases/new")
@requires(Permission.ENTER_CASES)
def enter(desk: Desk) -> ResponseReturnValue:
    """Keep what was said and show the receipt, or the form again with what is missing."""
    typed, token, faults = Typed.sent(), request.form.get("token", ""), []
    try:
        nonce = read_form_token(token)
    except Expired:
        return _form_page(desk, typed, new_form_token(), [Invalid("message", reason="waited")])
    faults = _faults(typed)
    filing = _filing(desk, typed, nonce, faults)
    if filing is None:
        return _form_page(desk, typed, token, faults)
    try:
        file(house().database, house().hasher, desk.scope, filing)
    except Invalid as fault:
        return _form_page(desk, typed, token, [fault])
    kept = house().tokens.seal(ENTERED, {"n": urlsafe_b64encode(nonce).decode()}, now=house().clock.now())
    return redirect(desk.url("cases", "new", "kept", kept), 303)


def _filing(desk: Desk, typed: Typed, nonce: bytes, faults: list[Invalid]) -> Filing | None:
    """What is filed; None, with more faults, for what cannot be."""
    with house().database.reading(desk.scope) as u:
        site_id = _chosen(typed.site_id, sites(u)) or main_site(u).id
        team = next((one for one in teams(u) if str(one.id) == typed.team_id), None)
        agreement_id = _chosen(typed.agreement_id, agreements(u))
        calendar, now = WorkCalendar.from_document(calendar_of(u, site_id).document), u.now
    if team is not None and team.site_id != site_id:
        faults.append(Invalid("team_id", reason="site"))
    try:
        day, hour = _day(typed.received_on), _hour(typed.received_at)
        received, concerns = reception(calendar, day, hour, now=now), _ids(typed.concerns)
    except Invalid as fault:
        faults.append(fault)
        return None
    kind, channel = member(Kind, typed.kind), member(Channel, typed.channel)
    if faults or kind is None or channel is None:
        return None
    language = typed.language if typed.language in LANGUAGES else DEFAULT
    return Filing(
        kind=kind,
        text=typed.message,
        language=language,
        said_in=written_in(typed.message, desk.language, language),
        site_id=site_id,
        team_id=team.id if team else None,
        agreement_id=agreement_id,
        nonce=nonce,
        channel=channel,
        reception=received,
        contact_kind=typed.reaching.contact_kind,
        contact=typed.reaching.told_contact,
        contact_when=typed.reaching.moment,
        may_leave_message=typed.reaching.may_leave_message,
        help=typed.reaching.helped,
        name=typed.name,
        concerns=tuple(concerns),
    )


def _chosen(raw: str, rows: Sequence[Any]) -> UUID | None:
    """The id of the row that was chosen; None for none of them."""
    return next((row.id for row in rows if str(row.id) == raw), None)


def _ids(raw: Sequence[str]) -> list[UUID]:
    """The ids that were sent. Raises `Invalid` for what is none."""
    try:
        return [UUID(one) for one in raw]
    except ValueError:
        raise Invalid("concerns", reason="unknown") from None


def _day(raw: str) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        raise Invalid("received_on", reason="empty") from None


def _hour(raw: str) -> time | None:
    if not raw:
        return None
    try:
        return time.fromisoformat(raw).replace(tzinfo=None)
    except ValueError:
        raise Invalid("received_at", reason="form") from None


def _form_page(desk: Desk, typed: Typed, token: str, faults: Sequence[Invalid] = ()) -> Response:
    with house().database.reading(desk.scope) as u:
        everybody, today = members(u), _today(u, main_site(u).id)
        places = _place_fields(u, typed)
    others = [one for one in everybody if one.person.id != desk.person.id]
    return render_staff(
        "staff/case_entry.html",
        desk,
        422 if faults else 200,
        token=token,
        urls={
            "post": desk.url("cases", "new"),
            "back": desk.url("cases") if desk.may(Permission.READ_CASES) else None,
            "sheets": desk.url("opinions", "key"),
        },
        values=typed.values,
        today=today.isoformat(),
        errors=told_faults(faults),
        handlers=_handlers(others),
        choices={
            "kind": [{"value": kind.value, "label": gettext(row.label)} for kind, row in KINDS.items()],
            "channel": [{"value": one.value, "label": gettext(CHANNELS[one].label)} for one in TYPED],
            "language": language_options(),
            "when": moment_options(),
            "help": [{"value": "", "label": gettext("Not asked")}, *help_options()],
            "concerns": [{"value": str(one.person.id), "label": _told_apart(one, others)} for one in others],
        },
        contact_kinds=[one.value for one in ContactKind],
        places=places,
    )


def _handlers(others: Sequence[Member]) -> list[str]:
    """To whom somebody gives what is about themselves: colleagues who handle cases."""
    able = [one for one in others if may(one.role, Permission.HANDLE_CASES)]
    return [f"{one.person.name} ({_role(one)})" for one in able]


def _role(one: Member) -> str:
    return str(gettext(PERMISSIONS[one.role].label))


def _told_apart(one: Member, others: Sequence[Member]) -> str:
    """Name and role; of two with the same, the address too."""
    label = f"{one.person.name} · {_role(one)}"
    is_double = sum(other.person.name == one.person.name and other.role is one.role for other in others) > 1
    return f"{label} · {one.person.email}" if is_double else label


def _place_fields(u: Unit, typed: Typed) -> list[dict[str, Any]]:
    """Site, team, agreement: each asked only where there is a choice."""
    none = {"value": "", "label": gettext("None, or not known")}
    lists: tuple[tuple[str, str, list[tuple[UUID, str]], list[dict[str, str]]], ...] = (
        ("site_id", gettext("Site"), [(one.id, one.name) for one in sites(u)], []),
        ("team_id", gettext("Team"), [(one.id, one.name) for one in teams(u)], [none]),
        (
            "agreement_id",
            gettext("Agreement"),
            [(one.id, f"{one.partner} · {one.purpose}") for one in agreements(u)],
            [none],
        ),
    )
    return [
        {
            "name": name,
            "label": label,
            "options": [*first, *({"value": str(id_), "label": told} for id_, told in rows)],
            "chosen": getattr(typed, name),
        }
        for name, label, rows, first in lists
        if len(rows) > (0 if first else 1)
    ]


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
