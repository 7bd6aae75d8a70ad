"""A notice becomes a mail at the last moment, when it is known whether it may still be told, and to whom.

Somebody who was named in the case since, or left, hears nothing any more; a link of an invitation that was
withdrawn is not sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from portal.cases.partners import cases_of_partner, digest_of, partner_token
from portal.cases.queries import case_by_id
from portal.cases.rules import CaseState, ClockName
from portal.core.errors import NotFound
from portal.notifications.queries import OUTBOX, handlers_of
from portal.notifications.rules import NOTICES, Notice, ToWhom, Waiting
from portal.people.forgotten import reset_token
from portal.people.queries import invitation_to_send, members
from portal.tenancy.queries import calendar, calendar_of, current_structure, main_site
from portal.tenancy.vault import opened, structure_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from portal.core.db import Unit
    from portal.notifications.models import OutboxRow
    from portal.tenancy.models import Structure


class Render(Protocol):
    """Writes the text of a mail; handed in by the composition root, as only the web floor knows templates."""

    def __call__(self, template: str, language: str, context: Mapping[str, Any]) -> tuple[str, str]:
        """Subject and body in this language; days, clocks and roles in the context are put in its words."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to go: the envelope, and its bytes, which are the same at each try but for the date."""

    name: str
    """The notice's id: its Message-ID is `<name@host>`."""
    sender: str
    recipient: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Draft:
    """To whom, and what the template needs besides the structure."""

    recipient: str = field(repr=False)
    context: dict[str, Any] = field(repr=False)


def letter_of(u: Unit, row: OutboxRow, *, base_url: str, sender: str, render: Render) -> Letter | None:
    """The mail of a notice; None when there is nobody to tell any more, or nothing."""
    notice, structure = Notice(row.notice), current_structure(u)
    what = NOTICES[notice]
    draft = _DRAFTS[what.to](u, row, f"{base_url}{_ROOTS[what.to]}".format(slug=structure.slug))
    if draft is None:
        return None
    context = {"structure": {"name": _one_line(structure.name)}, **draft.context}
    subject, body = render(what.template, row.language, context)
    mail = _headed(u, row, structure, sender=sender, host=_host(base_url))
    recipient = _ascii_domain(draft.recipient)
    # `Address` knows no name in another script, which a server with SMTPUTF8 takes (RFC 6531).
    mail["To"] = Address(addr_spec=recipient) if recipient.isascii() else recipient
    mail["Subject"] = subject
    mail.set_content(body, charset="utf-8")
    policy = (SMTP if recipient.isascii() else SMTPUTF8).clone(cte_type="7bit")
    return Letter(row.id.hex, sender, recipient, mail.as_bytes(policy=policy))


def _to_handler(u: Unit, row: OutboxRow, root: str) -> _Draft | None:
    """For a handler who may know of the case, as long as it is open and the date is not another one."""
    facts, case = row.facts, case_by_id(u, UUID(row.facts["case"]))
    card = next((one for one in handlers_of(u, case.id) if one.id == row.person_id), None)
    due = date.fromisoformat(facts["due"]) if facts.get("due") else None
    is_moot = row.notice == Notice.CASE_DUE and case.due_on != due
    if card is None or is_moot or case.state is CaseState.CLOSED:
        return None
    reference = facts["reference"]
    context = {"reference": reference, "link": f"{root}/cases/{reference}", "due": due}
    if row.notice == Notice.CASE_DUE:
        context |= {"late": facts["late"], "clock_label": ClockName(facts["clock"])}
    return _Draft(card.email, context)


def _to_filer(u: Unit, row: OutboxRow, root: str) -> _Draft | None:
    """For a filer: the door at which a receipt is typed, and not one word more."""
    if row.address_sealed is None:
        return None
    address = opened(u, structure_key(u), row.address_sealed, (OUTBOX, row.id, "address_sealed"))
    return _Draft(address, {"link": f"{root}/{row.language}/follow"})


def _to_partner(u: Unit, row: OutboxRow, root: str) -> _Draft | None:
    """For a partner: what was filed, and a link to all of it that opens for half an hour from now."""
    if row.address_sealed is None:
        return None
    address = opened(u, structure_key(u), row.address_sealed, (OUTBOX, row.id, "address_sealed"))
    digest = digest_of(u, address)
    if not cases_of_partner(u, digest):
        return None
    link = f"{root}/{row.language}/partner/cases/{partner_token(u, digest)}"
    days = {name: date.fromisoformat(day) for name, day in row.facts.items() if name in _DAYS and day}
    return _Draft(address, {**dict.fromkeys(_DAYS), **row.facts, **days, "link": link})


def _to_invited(u: Unit, row: OutboxRow, root: str) -> _Draft | None:
    """For somebody invited: the link, made again, as no table keeps it."""
    found = invitation_to_send(u, UUID(row.facts["invitation"]))
    if found is None:
        return None
    offer, token = found
    works = calendar(u, calendar_of(u, main_site(u).id).id)
    until = works.local(offer.until).date()
    return _Draft(offer.email, {"role_label": offer.role, "link": f"{root}/{token}", "until": until})


def _to_member(u: Unit, row: OutboxRow, root: str) -> _Draft | None:
    """For somebody who works here and forgot the password: the link, made at this moment."""
    known = next((one.person for one in members(u) if one.person.id == row.person_id), None)
    token = reset_token(u, known.id) if known else None
    return _Draft(known.email, {"link": f"{root}/{token}"}) if known and token else None


def _to_colleague(u: Unit, row: OutboxRow, root: str) -> _Draft | None:
    """For a member: what waits for them, without what they may not know of any more."""
    known = next((one.person for one in members(u) if one.person.id == row.person_id), None)
    if known is None:
        return None
    context = _WAITING[Notice(row.notice)](u, row, root)
    return _Draft(known.email, context) if context else None


def _one_action(_u: Unit, row: OutboxRow, root: str) -> dict[str, Any]:
    facts = row.facts
    return {
        "number": facts["action"],
        "due": date.fromisoformat(facts["due"]),
        "late": facts["late"],
        "link": f"{root}/actions/{facts['action']}",
    }


def _one_request(_u: Unit, row: OutboxRow, root: str) -> dict[str, Any]:
    facts = row.facts
    return {
        "number": facts["request"],
        "due": date.fromisoformat(facts["due"]),
        "late": facts["late"],
        "link": f"{root}/rights/{facts['request']}",
    }


_COUNTS = ("destroy", "thanks", "looks", "campaigns")
"""What a week tells by its number alone."""


def _week(u: Unit, row: OutboxRow, root: str) -> dict[str, Any] | None:
    """The lists of the week; None when nothing of them is left."""
    cases = [one for one in row.facts["cases"] if _may_know(u, row, one)]
    actions = row.facts["actions"]
    counts = {name: row.facts.get(name, 0) for name in _COUNTS}
    if not (cases or actions or any(counts.values())):
        return None
    return {
        "cases": [_dated(one) for one in cases],
        "actions": [_dated(one) for one in actions],
        **counts,
        "link": root,
    }


def _start(_u: Unit, row: OutboxRow, root: str) -> dict[str, Any]:
    return {**row.facts, "link": f"{root}/start"}


def _dated(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "due": date.fromisoformat(line["due"]), "what": line.get("what", "")}


def _may_know(u: Unit, row: OutboxRow, line: dict[str, Any]) -> bool:
    """Whether the case still asks for it on that day, and does not name the person."""
    try:
        case = case_by_id(u, UUID(line["case"]))
    except NotFound:
        return False
    day = {Waiting.CHECK: case.check_on, Waiting.CALL: case.call_on}.get(Waiting(line["what"]), case.due_on)
    still_asks = day is not None and day.isoformat() == line["due"]
    return still_asks and any(card.id == row.person_id for card in handlers_of(u, case.id))


_DAYS = ("first", "answer")
_WAITING: dict[Notice, Callable[[Unit, OutboxRow, str], dict[str, Any] | None]] = {
    Notice.ACTION_DUE: _one_action,
    Notice.RIGHTS_DUE: _one_request,
    Notice.WEEK: _week,
    Notice.NETWORK_REMINDER: _start,
}
_DRAFTS: dict[ToWhom, Callable[[Unit, OutboxRow, str], _Draft | None]] = {
    ToWhom.HANDLERS: _to_handler,
    ToWhom.FILER: _to_filer,
    ToWhom.PARTNER: _to_partner,
    ToWhom.INVITED: _to_invited,
    ToWhom.MEMBER: _to_member,
    ToWhom.COLLEAGUE: _to_colleague,
}
_ROOTS = {
    ToWhom.HANDLERS: "/s/{slug}",
    ToWhom.FILER: "/p/{slug}",
    ToWhom.PARTNER: "/p/{slug}",
    ToWhom.INVITED: "/invitations",
    ToWhom.MEMBER: "/new-password",
    ToWhom.COLLEAGUE: "/s/{slug}",
}


def _headed(u: Unit, row: OutboxRow, structure: Structure, *, sender: str, host: str) -> EmailMessage:
    """An empty mail with the headers that keep autoresponders silent (RFC 3834) and name it for ever."""
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"] = Address(_one_line(structure.name), addr_spec=sender)
    mail["Date"] = format_datetime(u.now)
    mail["Message-ID"] = f"<{row.id.hex}@{host}>"
    mail["List-Id"] = f"<{structure.slug}.{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    return mail


def usual_sender(base_url: str) -> str:
    """The address that mails come from, unless the settings name one."""
    return f"no-reply@{_host(base_url)}"


def _host(base_url: str) -> str:
    name = urlsplit(base_url).hostname or ""
    return name if "." in name and ":" not in name else "localhost"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _ascii_domain(address: str) -> str:
    """The address with its domain as the mail network writes it (IDNA); an odd one is left to the server."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address
