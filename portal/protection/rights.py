"""What people may ask for about their data, and by when it is answered. Pure.

RGPD, articles 12(3), 15 to 18 and 21: one month from reception, two more where a request is complex, if the
person is told why within the first. Months are counted by Regulation (EEC, Euratom) 1182/71, article 3.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from portal.core.languages import N_
from portal.protection.rules import months_before

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import date

ONE_MONTH = 1
EXTENDED_MONTHS = 3
"""In all: one month, and two more."""
AHEAD = timedelta(days=7)
"""How long before the day those who may answer are reminded."""
_DAY = timedelta(days=1)
_SATURDAY = 5


class Right(StrEnum):
    """What somebody asks for (stored by value)."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"


RIGHTS: dict[Right, str] = {
    Right.ACCESS: N_("To read what we keep"),
    Right.RECTIFICATION: N_("To correct it"),
    Right.ERASURE: N_("To erase it"),
    Right.RESTRICTION: N_("That we keep it without using it"),
    Right.OBJECTION: N_("That we stop using it"),
}


class Proof(StrEnum):
    """How it is known who asks (stored by value): never by a copy of an identity card."""

    RECEIPT = "receipt"
    CONTACT = "contact"
    MET = "met"
    DETAILS = "details"


PROOFS: dict[Proof, str] = {
    Proof.RECEIPT: N_("They gave the number of their message"),
    Proof.CONTACT: N_("They wrote or called from the address or number that we hold"),
    Proof.MET: N_("We know them in person"),
    Proof.DETAILS: N_("They told what only they can know"),
}


def due_day(received_on: date, months: int, holidays: Container[date]) -> date:
    """The last day to answer: the same date so many months later, or the last day of a shorter month.

    One that falls on a Saturday, a Sunday or a public holiday moves to the next working day (article 3(4)).
    """
    day = months_before(received_on, -months)
    while day.weekday() >= _SATURDAY or day in holidays:
        day += _DAY
    return day
