"""Days as people type them into a register, in French or English. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

from portal.records.words import plain

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january",
            "fevrier fevr fev february feb",
            "mars mar march",
            "avril avr april apr",
            "mai may",
            "juin june jun",
            "juillet juil july jul",
            "aout aou august aug",
            "septembre sept sep september",
            "octobre oct october",
            "novembre nov november",
            "decembre dec december",
        ),
        1,
    )
    for name in names.split()
}
"""The number of a month by its name, plain, in French or English, long or short."""
_HOUR = r"(?:[ t](?:a )?\d{1,2}[:h](?:\d{2})?(?::\d{2})?)?"
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + _HOUR)
_FRENCH = re.compile(r"(\d{1,2})[./ -](\d{1,2})[./ -](\d{4}|\d{2})" + _HOUR)
_WRITTEN = re.compile(r"(?:[a-z]+\.? )?(\d{1,2})(?:er|st|nd|rd|th)? ([a-z]+)\.? (\d{4}|\d{2})")
_SERIAL = re.compile(r"[2-6]\d{4}")
_SERIAL_ZERO = date(1899, 12, 30)
"""Excel counts days from here on (ECMA-376, 18.17.4.1), so that 1 March 1900 is day 61."""
_CENTURY = 2000


def read_day(text: str) -> date | None:
    """The day that a cell means: 2026-03-24, 24/03/2026, 24.3.26, 24 mars 2026, or Excel's own number.

    Day before month, as the French write; None when it is no day that exists. Two digits are a year of this
    century. An hour after it is left out.
    """
    told = plain(text)
    if found := _ISO.fullmatch(told):
        year, month, day = map(int, found.groups())
    elif found := _FRENCH.fullmatch(told):
        day, month, year = map(int, found.groups())
    elif (found := _WRITTEN.fullmatch(told)) and found[2] in MONTHS:
        day, month, year = int(found[1]), MONTHS[found[2]], int(found[3])
    elif _SERIAL.fullmatch(told):
        return _SERIAL_ZERO + timedelta(days=int(told))
    else:
        return None
    try:
        return date(year if year >= 100 else _CENTURY + year, month, day)  # noqa: PLR2004 -- two digits
    except ValueError:
        return None
