"""What somebody said to a colleague, typed in under a minute: whoever meets people may type.

What is shown afterwards stands in `case_receipt`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext

from portal.cases.actions import Filing
from portal.cases.entry import reception
from portal.cases.filing import file
from portal.cases.rules import KINDS, Kind
from portal.cases.ways import CHANNELS, TYPED, Channel, ContactKind
from portal.core.errors import Expired, Invalid
from portal.core.languages import DEFAULT, LANGUAGES, written_in
from portal.core.worktime import WorkCalendar
from portal.people.queries import members
from portal.people.rules import PERMISSIONS, Permission, may
from portal.tenancy.queries import agreements, calendar_of, main_site, sites, teams
from portal.web.case_receipt import receipt_token
from portal.web.desk import render_staff
from portal.web.doors import (
    LONGEST_NAME,
    message_faults,
    new_form_token,
    read_form_token,
    told_faults,
)
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.reaching import Reaching, help_options, language_options, member, moment_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from portal.core.db import Unit
    from portal.people.queries import Member

bp = Blueprint("case_entry", __name__)

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
    return redirect(desk.url("cases", "new", "kept", receipt_token(nonce)), 303)


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
