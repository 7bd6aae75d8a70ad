"""How somebody wishes to be answered, as the form behind a door and that of staff ask it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from flask_babel import gettext

from portal.cases.ways import HELPS, MOMENTS, REACHED_AT, ContactKind, Help, Moment
from portal.core.errors import Invalid
from portal.core.languages import LANGUAGES, N_

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

W = TypeVar("W", bound="StrEnum")

LONGEST_CONTACT = 254
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_FEWEST_DIGITS = 6

FAULTS: dict[tuple[str, str], str] = {
    ("contact", "phone"): N_("Write a telephone number with its digits, or choose another way."),
    ("contact", "email"): N_("Write a full e-mail address, with its @, or choose another way."),
    ("contact_kind", "form"): N_("Choose how we shall answer you."),
}
"""What is said at a field, by the fault's field and reason."""


@dataclass(frozen=True, slots=True)
class Reaching:
    """What was typed of it, as typed; `when`, `leave` and `help` may be empty or no words of ours."""

    contact_kind: str = ContactKind.NONE.value
    contact: str = field(default="", repr=False)
    when: str = ""
    leave: str = ""
    help: str = ""

    @classmethod
    def sent(cls, form: Mapping[str, str]) -> Reaching:
        """Of this form; what it does not ask is empty."""
        return cls(
            contact_kind=form.get("contact_kind", ContactKind.NONE.value),
            contact=form.get("contact", "").strip(),
            when=form.get("when", ""),
            leave=form.get("leave", ""),
            help=form.get("help", ""),
        )

    @property
    def needs_address(self) -> bool:
        """Whether the way chosen needs a number or an address."""
        return self.contact_kind in set(REACHED_AT)

    @property
    def told_contact(self) -> str:
        """The contact that counts: none when the filer comes back to read."""
        return self.contact if self.needs_address else ""

    @property
    def moment(self) -> Moment | None:
        """When the person can be called; None for who is not called."""
        return member(Moment, self.when) if self.needs_address else None

    @property
    def may_leave_message(self) -> bool | None:
        """Whether something may be left on a machine; None for who was not asked."""
        return self.leave == "yes" if self.needs_address and self.leave in {"yes", "no"} else None

    @property
    def helped(self) -> Help | None:
        """Alone or helped, if it was said."""
        return member(Help, self.help)

    def faults(self) -> list[Invalid]:
        """What is wrong with it; empty when it can be kept."""
        if self.contact_kind not in set(ContactKind):
            return [Invalid("contact_kind", reason="form")]
        if self.contact_kind == ContactKind.EMAIL and not is_email(self.contact):
            return [Invalid("contact", reason="email")]
        if self.contact_kind in {ContactKind.PHONE, ContactKind.SMS} and not _is_phone(self.contact):
            return [Invalid("contact", reason="phone")]
        return []


def member(words: type[W], raw: str | None) -> W | None:
    """The member of a table of words that was sent; None for any other text."""
    return next((word for word in words if word.value == raw), None)


def moment_options() -> list[dict[str, Any]]:
    """When somebody can be reached, to choose from."""
    return [{"value": one.value, "label": gettext(label)} for one, label in MOMENTS.items()]


def language_options() -> list[dict[str, Any]]:
    """The languages by their own names, each told apart as what it is."""
    return [
        {"value": one.tag, "label": one.own_name, "lang": one.tag, "dir": one.direction}
        for one in LANGUAGES.values()
    ]


def help_options() -> list[dict[str, Any]]:
    """With what somebody was helped, to choose from."""
    return [{"value": one.value, "label": gettext(label)} for one, label in HELPS.items()]


def is_email(text: str) -> bool:
    """Whether it looks like a whole address: nobody is written to before."""
    return len(text) <= LONGEST_CONTACT and _EMAIL.fullmatch(text) is not None


def _is_phone(text: str) -> bool:
    digits = sum(sign.isdecimal() for sign in text)
    return digits >= _FEWEST_DIGITS and len(text) <= LONGEST_CONTACT
