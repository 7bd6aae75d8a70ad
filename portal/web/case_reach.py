"""How the person is reached, on the case's page: where, when, with which words; and if they know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask_babel import force_locale, gettext

from portal.cases.ways import MOMENTS, TOLD_BY, ContactKind, Help, Moment, Told
from portal.core.languages import DEFAULT, LANGUAGES, N_
from portal.web.dates import day_told
from portal.web.house import house

if TYPE_CHECKING:
    from portal.cases.models import Case
    from portal.cases.queries import Contact
    from portal.core.worktime import WorkCalendar
    from portal.web.guard import Desk

_CONTACTS = {
    ContactKind.PHONE: (N_("Call"), "tel"),
    ContactKind.SMS: (N_("Text message to"), "sms"),
    ContactKind.EMAIL: (N_("E-mail to"), "mailto"),
}
_HELPED = {
    Help.ALONE: N_("Wrote alone"),
    Help.WRITING: N_("Was helped to write"),
    Help.LANGUAGE: N_("Had a translator"),
    Help.DIGITAL: N_("Had no telephone or computer"),
    Help.OTHER: N_("Was helped otherwise"),
}


def reach_card(desk: Desk, row: Case, contact: Contact | None, name: str | None) -> dict[str, Any]:
    """Where and how: label and address, what was said of hours and messages, words for a text message."""
    kind = ContactKind(row.contact_kind)
    told: dict[str, Any] = {"label": None, "value": "", "name": name, "url": None, "sms": None}
    if contact is not None and kind in _CONTACTS:
        label, scheme = _CONTACTS[kind]
        told |= {
            "label": gettext(label),
            "value": contact.value,
            "url": f"{scheme}:{_address(scheme, contact.value)}",
        }
    elif kind is ContactKind.OFFICE:
        told["label"] = gettext("Comes back to the office")
    if kind in {ContactKind.PHONE, ContactKind.SMS}:
        told["sms"] = _words_to_copy(desk, row)
    return {**told, "notes": _notes(row)}


def _address(scheme: str, value: str) -> str:
    if scheme == "mailto":
        return quote(value, safe="@")
    return "".join(one for one in value if one in "+0123456789")


def _notes(row: Case) -> list[str]:
    """What the person said of being called, and whether they were helped."""
    notes = []
    if row.contact_when not in {None, Moment.ANY}:
        notes.append(gettext(MOMENTS[row.contact_when]))
    if row.may_leave_message is not None:
        leave = N_("A message may be left") if row.may_leave_message else N_("Leave no message")
        notes.append(gettext(leave))
    if row.help is not None:
        notes.append(gettext(_HELPED[row.help]))
    return notes


def _words_to_copy(desk: Desk, row: Case) -> dict[str, str]:
    """What may be texted, in the person's language: nothing of the case, only where to read."""
    language = LANGUAGES[row.language if row.language in LANGUAGES else DEFAULT]
    link = f"{house().config.base_url.rstrip('/')}/p/{desk.slug}/{language.tag}/follow"
    name = desk.structure.name if desk.structure else ""
    with force_locale(language.tag):
        text = gettext("%(name)s: there is news. Your number opens it here: %(link)s", name=name, link=link)
    return {"text": text, "lang": language.tag, "dir": language.direction}


def told_line(row: Case, place: WorkCalendar) -> str | None:
    """When and how the person learnt of the answer; None while they have not, or nothing was answered."""
    if row.told_at is None or row.told_how is None:
        return None
    day = day_told(place.local(row.told_at).date(), "long")
    if row.told_how is Told.READ:
        return str(gettext("The person read the answer on %(date)s.", date=day))
    how = gettext(TOLD_BY[row.told_how])
    return str(gettext("The person was told on %(date)s: %(how)s.", date=day, how=how[:1].lower() + how[1:]))
