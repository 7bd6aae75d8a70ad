"""How a case comes to us and how we reach the person again: the words of both, as tables. Pure.

What came by telephone or over a counter is typed by staff, and says so: the way in is a figure of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.core.languages import N_


class Channel(StrEnum):
    """By which way a case came (stored by value)."""

    CODE = "code"
    WEB = "web"
    PHONE = "phone"
    COUNTER = "counter"
    LETTER = "letter"
    EMAIL = "email"
    PARTNER = "partner"


class ContactKind(StrEnum):
    """How the person wishes to be answered (stored by value)."""

    NONE = "none"
    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    OFFICE = "office"


class Moment(StrEnum):
    """When the person can be reached (stored by value)."""

    ANY = "any"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class Help(StrEnum):
    """Whether the person wrote alone, else what they were helped with (stored by value).

    Neither health nor handicap is asked (GDPR, article 9).
    """

    ALONE = "alone"
    WRITING = "writing"
    LANGUAGE = "language"
    DIGITAL = "digital"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A way's line: its name, and whether staff type what came by it."""

    label: str
    is_typed: bool


CHANNELS: dict[Channel, ChannelRow] = {
    Channel.CODE: ChannelRow(N_("Through a code"), is_typed=False),
    Channel.WEB: ChannelRow(N_("Through the website"), is_typed=False),
    Channel.PHONE: ChannelRow(N_("By telephone"), is_typed=True),
    Channel.COUNTER: ChannelRow(N_("Face to face"), is_typed=True),
    Channel.LETTER: ChannelRow(N_("By letter"), is_typed=True),
    Channel.EMAIL: ChannelRow(N_("By e-mail"), is_typed=True),
    Channel.PARTNER: ChannelRow(N_("From a partner"), is_typed=False),
}
TYPED = tuple(channel for channel, row in CHANNELS.items() if row.is_typed)
"""The ways whose cases staff type."""

REACHED_AT = frozenset({ContactKind.PHONE, ContactKind.SMS, ContactKind.EMAIL})
"""The ways that need a number or an address."""


class Told(StrEnum):
    """How the person learnt of the answer (stored by value)."""

    READ = "read"
    CALL = "call"
    SMS = "sms"
    OFFICE = "office"
    LETTER = "letter"


class BodyKind(StrEnum):
    """What an outside body is (stored by value)."""

    LANDLORD = "landlord"
    TOWN_HALL = "town_hall"
    TRANSPORT = "transport"
    OTHER = "other"


BODY_KINDS: dict[BodyKind, str] = {
    BodyKind.LANDLORD: N_("Landlord"),
    BodyKind.TOWN_HALL: N_("Town hall"),
    BodyKind.TRANSPORT: N_("Transport operator"),
    BodyKind.OTHER: N_("Other body"),
}


MOMENTS: dict[Moment, str] = {
    Moment.ANY: N_("At any time"),
    Moment.MORNING: N_("In the morning"),
    Moment.AFTERNOON: N_("In the afternoon"),
    Moment.EVENING: N_("At the end of the day"),
}
HELPS: dict[Help, str] = {
    Help.ALONE: N_("Nobody, alone"),
    Help.WRITING: N_("Somebody helped to write"),
    Help.LANGUAGE: N_("Somebody translated"),
    Help.DIGITAL: N_("Somebody lent a telephone or a computer"),
    Help.OTHER: N_("Somebody helped otherwise"),
}


class Consent(StrEnum):
    """How the person agreed that their words go to somebody outside (stored by value)."""

    WRITTEN = "written"
    CALL = "call"
    OFFICE = "office"
    NOTHING_PERSONAL = "nothing_personal"


class Checked(StrEnum):
    """What became of what was passed on (stored by value)."""

    DONE = "done"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    OTHER = "other"


class Reached(StrEnum):
    """What became of a try to reach the person (stored by value)."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    LEFT_MESSAGE = "left_message"
    WRONG_NUMBER = "wrong_number"


CONSENTS: dict[Consent, str] = {
    Consent.WRITTEN: N_("The person wrote it"),
    Consent.CALL: N_("The person said it on the telephone"),
    Consent.OFFICE: N_("The person said it face to face"),
    Consent.NOTHING_PERSONAL: N_("Nothing passed on points to the person"),
}
CHECKED: dict[Checked, str] = {
    Checked.DONE: N_("Done"),
    Checked.REFUSED: N_("Refused"),
    Checked.NO_ANSWER: N_("No answer"),
    Checked.OTHER: N_("Something else came of it"),
}
REACHED: dict[Reached, str] = {
    Reached.REACHED: N_("I spoke to the person"),
    Reached.NO_ANSWER: N_("Nobody answered"),
    Reached.LEFT_MESSAGE: N_("I left a message"),
    Reached.WRONG_NUMBER: N_("Wrong number"),
}
TOLD_BY: dict[Told, str] = {
    Told.CALL: N_("By telephone"),
    Told.OFFICE: N_("Face to face"),
    Told.SMS: N_("By text message"),
    Told.LETTER: N_("By letter"),
}
"""How staff tell somebody; that the person read it is noted by itself."""
CALLED = frozenset({ContactKind.PHONE, ContactKind.SMS})
"""Whom a person of the team calls or texts when there is something to read."""


class Urgency(StrEnum):
    """Why it cannot wait (stored by value)."""

    DANGER = "danger"
    STOPPED = "stopped"


URGENCIES: dict[Urgency, str] = {
    Urgency.DANGER: N_("Yes: people are in danger"),
    Urgency.STOPPED: N_("Yes: the service stops"),
}
"""The criteria, as the form shows them: nothing else is urgent."""
