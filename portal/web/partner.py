"""A partner's way in: what they need from us, in their own terms, and all they filed, by a link in a mail."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, request
from flask_babel import force_locale, gettext

from portal.cases.actions import Filing
from portal.cases.filing import file, filed_by
from portal.cases.partners import (
    MOST_ORGANISATION,
    MOST_REFERENCE,
    PartnerGiven,
    cases_of_partner,
    digest_in,
    digest_of,
    filed_since,
)
from portal.cases.queries import clocks_of
from portal.cases.rules import KINDS, ClockName, Kind
from portal.cases.ways import URGENCIES, Channel, ContactKind, Urgency
from portal.core.errors import Expired, Invalid
from portal.core.languages import N_
from portal.notifications.actions import tell_partner
from portal.notifications.rules import Notice
from portal.tenancy.queries import agreements, calendar
from portal.web.dates import day_told
from portal.web.doors import (
    FAULTS,
    RECEIPT,
    case_token,
    kept_nowhere,
    message_faults,
    new_form_token,
    place_here,
    read_form_token,
    said,
    status_of,
)
from portal.web.follow_page import STATUS
from portal.web.guard import public
from portal.web.house import house
from portal.web.kit import language_row, render_public
from portal.web.reaching import is_email, member
from portal.web.throttle import Limit, check_tries, may_try, note_refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.cases.filing import Filed
    from portal.cases.models import Case, PartnerCase
    from portal.core.db import Unit
    from portal.web.place import Place

bp = Blueprint("partner", __name__)

ASKED_LINKS = Limit("partner_link", tries=20, within=timedelta(minutes=15))
CONFIRMED = Limit("partner_filed", tries=20, within=timedelta(minutes=15))
"""So many confirmations from one device; what is filed beyond is kept, its number stands on the page."""
MOST_CONFIRMED, CONFIRMED_WITHIN = 5, timedelta(hours=1)
"""So many to one address, whoever filed: nobody proved that it is theirs."""
WANTS: dict[Kind, str] = {
    Kind.REQUEST: N_("Ask for an intervention"),
    Kind.COMPLAINT: N_("Make a complaint"),
    Kind.IDEA: N_("Offer an idea"),
}
"""What a partner may want, as the form offers it: told apart from the first day."""
_PARTNER = "/<any(q, Q, p):kind>/<key>/<language>/partner"
_MOST_NAME = 120
PARTNER_FAULTS: dict[tuple[str, str], str] = {
    ("wants", "form"): N_("Choose what you need from us."),
    ("organisation", "empty"): N_("Write the name of your organisation."),
    ("organisation", "long"): N_("Shorten this."),
    ("reference", "long"): N_("Shorten this."),
    ("name", "long"): N_("Shorten this."),
    ("urgency", "form"): N_("Say whether it is urgent."),
    ("agreement", "form"): N_("Choose one of the list."),
    ("email", "form"): N_("Write a full e-mail address, with its @: our answer goes there."),
    ("link", "waited"): N_("This link has waited too long: it opens for 30 minutes. Ask for another one."),
}
"""What is said at a field, by the fault's field and reason."""


@dataclass(frozen=True, slots=True)
class PartnerForm:
    """What a partner typed, as typed."""

    wants: str = Kind.REQUEST.value
    organisation: str = ""
    reference: str = ""
    agreement: str = ""
    urgency: str = ""
    message: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)

    @classmethod
    def sent(cls) -> PartnerForm:
        """The form of this request."""
        return cls(**{name: request.form.get(name, "").strip() for name in cls.__slots__})

    def faults(self, held: Sequence[str]) -> list[Invalid]:
        """Everything that is wrong with it, in the order of the fields; `held` are the agreements offered."""
        looks = (
            ("wants", "form", member(Kind, self.wants) not in WANTS),
            ("organisation", "empty", not self.organisation),
            ("organisation", "long", len(self.organisation) > MOST_ORGANISATION),
            ("reference", "long", len(self.reference) > MOST_REFERENCE),
            ("agreement", "form", bool(self.agreement) and self.agreement not in held),
            ("urgency", "form", self.urgency not in {"", *Urgency}),
        )
        found = [Invalid(name, reason=reason) for name, reason, is_wrong in looks if is_wrong]
        found += message_faults(self.message)
        if len(self.name) > _MOST_NAME:
            found.append(Invalid("name", reason="long"))
        return [*found, *([] if is_email(self.email) else [Invalid("email", reason="form")])]


@bp.get(_PARTNER)
@public
def ask(kind: str, key: str, language: str) -> Response:
    """The form of a partner."""
    return _form_page(place_here(kind, key, language), PartnerForm(), new_form_token())


@bp.post(_PARTNER)
@public
def send(kind: str, key: str, language: str) -> ResponseReturnValue:
    """File what a partner needs, or show it again with what is missing."""
    place, form, token = place_here(kind, key, language), PartnerForm.sent(), request.form.get("token", "")
    with house().database.reading(place.scope) as u:
        held = {str(one.id): one.id for one in agreements(u)}
    faults = form.faults(list(held))
    try:
        nonce = read_form_token(token)
    except Expired:
        return _form_page(place, form, new_form_token(), faults or [Invalid("message", reason="waited")])
    if faults:
        return _form_page(place, form, token, faults)
    filing = Filing(
        kind=Kind(form.wants),
        text=form.message,
        language=place.language,
        site_id=place.site_id,
        nonce=nonce,
        contact_kind=ContactKind.EMAIL.value,
        contact=form.email,
        name=form.name,
        code_id=place.code_id,
        team_id=place.team_id,
        agreement_id=held.get(form.agreement, place.agreement_id),
        mediator_id=place.mediator_id,
        channel=Channel.PARTNER,
        partner=PartnerGiven(form.organisation, form.reference, member(Urgency, form.urgency)),
    )
    is_new = filed_by(house().database, place.scope, nonce) is None
    filed = file(house().database, house().hasher, place.scope, filing)
    if is_new:
        _confirm(place, filed, form.email)
    kept = house().tokens.seal(RECEIPT, {"n": urlsafe_b64encode(nonce).decode()}, now=house().clock.now())
    return redirect(place.url("receipts", kept), 303)


def _confirm(place: Place, filed: Filed, email: str) -> None:
    """Reference and promised days, in a mail; none beyond what one device or one address is sent."""
    if not may_try(CONFIRMED):
        return
    with house().database.transaction(place.scope) as u:
        if filed_since(u, digest_of(u, email), u.now - CONFIRMED_WITHIN) > MOST_CONFIRMED:
            return
        clocks = clocks_of(u, filed.case_id)
        first, answer = clocks.get(ClockName.FIRST_RESPONSE), clocks.get(ClockName.ANSWER)
        tell_partner(
            u,
            Notice.PARTNER_FILED,
            email,
            place.language,
            reference=filed.reference,
            first=first.due_on.isoformat() if first else "",
            answer=answer.due_on.isoformat() if answer else "",
        )


@bp.get(f"{_PARTNER}/cases")
@public
def ask_link(kind: str, key: str, language: str) -> Response:
    """The field for the address to which a link goes."""
    return _link_page(place_here(kind, key, language))


@bp.post(f"{_PARTNER}/cases")
@public
def send_link(kind: str, key: str, language: str) -> ResponseReturnValue:
    """A link goes to an address that has filed something; the page says the same of any other."""
    place, email = place_here(kind, key, language), request.form.get("email", "").strip()
    if not is_email(email):
        return _link_page(place, email, [Invalid("email", reason="form")])
    check_tries(ASKED_LINKS)
    note_refusal(ASKED_LINKS)
    with house().database.transaction(place.scope) as u:
        if cases_of_partner(u, digest_of(u, email)):
            tell_partner(u, Notice.PARTNER_LINK, email, place.language)
    return _link_page(place, is_sent=True)


@bp.get(f"{_PARTNER}/cases/<token>")
@public
def listed(kind: str, key: str, language: str, token: str) -> Response:
    """All that was filed with the address of this link; an old link leads to a new one."""
    place = place_here(kind, key, language)
    with force_locale(place.language), house().database.reading(place.scope) as u:
        try:
            found = cases_of_partner(u, digest_in(u, token))
        except Expired:
            return _link_page(place, faults=[Invalid("link", reason="waited")])
        response = render_public(
            "public/partner_cases.html",
            place,
            noindex=True,
            languages=language_row(place, ("partner", "cases", token)),
            rows=[_row(u, place, case, beside) for case, beside in found],
            urls={"new": place.url("partner")},
        )
    return kept_nowhere(response)


def _row(u: Unit, place: Place, case: Case, beside: PartnerCase) -> dict[str, Any]:
    """One case: its names, where it stands, the day that is promised or on which it was answered."""
    local = calendar(u, case.calendar_id).local
    clock = clocks_of(u, case.id).get(ClockName.ANSWER)
    stopped = clock.stopped_at if clock else None
    day = None if clock is None else local(stopped).date() if stopped else clock.due_on
    return {
        "reference": case.reference,
        "theirs": beside.reference,
        "kind": gettext(WANTS.get(case.kind, KINDS[case.kind].label)),
        "state": gettext(STATUS[case.state][0]),
        "received": _short(local(case.received_at).date()),
        "due": None if day is None or stopped else _short(day),
        "answered": _short(day) if day and stopped else None,
        "url": place.url("case", case_token(case.id.hex)),
    }


def _short(day: date) -> str:
    return day_told(day, "long")


def _told(faults: Sequence[Invalid]) -> list[dict[str, str]]:
    sentences = {**FAULTS, **PARTNER_FAULTS}
    return [
        {"field": one.fact, "message": said(sentences[one.fact, str(one.facts["reason"])], one)}
        for one in faults
    ]


def _form_page(place: Place, form: PartnerForm, token: str, faults: Sequence[Invalid] = ()) -> Response:
    with house().database.reading(place.scope) as u:
        held = [{"value": str(one.id), "label": f"{one.partner}, {one.purpose}"} for one in agreements(u)]
    with force_locale(place.language):
        response = render_public(
            "public/partner.html",
            place,
            status_of(faults),
            languages=language_row(place, ("partner",)),
            token=token,
            wants=[{"value": kind.value, "label": gettext(label)} for kind, label in WANTS.items()],
            urgencies=[
                {"value": "", "label": gettext("No")},
                *({"value": one.value, "label": gettext(label)} for one, label in URGENCIES.items()),
            ],
            agreements=[{"value": "", "label": gettext("I do not know")}, *held] if held else [],
            values=asdict(form),
            errors=_told(faults),
            urls={
                "post": place.url("partner"),
                "cases": place.url("partner", "cases"),
                "danger": place.url("danger"),
            },
        )
    return kept_nowhere(response)


def _link_page(
    place: Place, email: str = "", faults: Sequence[Invalid] = (), *, is_sent: bool = False
) -> Response:
    with force_locale(place.language):
        response = render_public(
            "public/partner_link.html",
            place,
            status_of(faults),
            noindex=True,
            languages=language_row(place, ("partner", "cases")),
            is_sent=is_sent,
            email=email,
            errors=_told(faults),
            urls={"post": place.url("partner", "cases"), "new": place.url("partner")},
        )
    return kept_nowhere(response)
