"""Opening hours and closing days as people type them, read and written in one form. Pure.

`09:00-12:00, 14:00-17:30` for a weekday; a closing day a line, `2027-08-02 Fermeture d'été`, or a whole
stretch, `02/08/2027 - 13/08/2027 Fermeture d'été`.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from portal.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Periods: TypeAlias = tuple[tuple[time, time], ...]

MOST_DAYS = 366
"""The longest stretch of closing days on one line."""

_ONE_DAY = timedelta(days=1)
_DASH = r"[-\u2013\u2014]"
_HOUR = r"([0-9]{1,2})\s*[:hH.]?\s*([0-9]{2})?"
_PERIOD = re.compile(rf"{_HOUR}\s*(?:{_DASH}|à)\s*{_HOUR}")
_AROUND = " :-\u2013\u2014"
_BETWEEN = re.compile(r"[,;/]|\bet\b")
_DAY = r"([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4})"
_LINE = re.compile(rf"{_DAY}(?:\s*(?:{_DASH}|au)\s*{_DAY})?(?:[\s:]+(.*))?", re.IGNORECASE)


def read_periods(text: str) -> Periods:
    """The opening periods of one weekday, in order; none for an empty text (closed).

    Raises `Invalid("opening")` with a reason: "form" (naming the part), "order", "overlap".
    """
    parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
    periods = tuple(sorted(_period(part) for part in parts))
    if any(later[0] < earlier[1] for earlier, later in pairwise(periods)):
        raise Invalid("opening", reason="overlap")
    return periods


def write_periods(periods: Periods) -> str:
    """The periods as `read_periods` reads them."""
    return ", ".join(f"{since:%H:%M}-{until:%H:%M}" for since, until in periods)


def read_closures(text: str) -> dict[date, str]:
    """Closing days with their reasons, one line a day or a stretch; empty lines do not count.

    Raises `Invalid("closures")` with the number of the line and a reason: "form", "day" (no such day),
    "order", "length", "words" (nothing said why), "twice".
    """
    found: dict[date, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        for day, words in _closed(line.strip(), number):
            if day in found:
                raise Invalid("closures", reason="twice", line=number, day=day)
            found[day] = words
    return dict(sorted(found.items()))


def write_closures(closures: Mapping[date, str]) -> str:
    """The closing days as `read_closures` reads them; days that follow each other share a line."""
    lines = [
        f"{first} {words}" if first == last else f"{first} - {last} {words}"
        for first, last, words in stretches(closures)
    ]
    return "\n".join(lines)


def stretches(closures: Mapping[date, str]) -> list[tuple[date, date, str]]:
    """Closing days that follow each other for the same reason, as first day, last day, reason."""
    found: list[tuple[date, date, str]] = []
    for day, words in sorted(closures.items()):
        if found and found[-1][1] + _ONE_DAY == day and found[-1][2] == words:
            found[-1] = (found[-1][0], day, words)
        else:
            found.append((day, day, words))
    return found


def _period(part: str) -> tuple[time, time]:
    match = _PERIOD.fullmatch(part)
    if match is None:
        raise Invalid("opening", reason="form", part=part)
    try:
        since, until = (
            time(int(hour), int(minute or 0)) for hour, minute in ((match[1], match[2]), (match[3], match[4]))
        )
    except ValueError:
        raise Invalid("opening", reason="form", part=part) from None
    if until <= since:
        raise Invalid("opening", reason="order", part=part)
    return since, until


def _closed(line: str, number: int) -> Iterator[tuple[date, str]]:
    """The days of one line."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise Invalid("closures", reason="form", line=number)
    first = _day(match[1], number)
    last = _day(match[2], number) if match[2] else first
    words = (match[3] or "").strip(_AROUND)
    if last < first:
        raise Invalid("closures", reason="order", line=number)
    if (last - first).days >= MOST_DAYS:
        raise Invalid("closures", reason="length", line=number)
    if not words:
        raise Invalid("closures", reason="words", line=number)
    for n in range((last - first).days + 1):
        yield first + _ONE_DAY * n, words


def _day(text: str, number: int) -> date:
    try:
        if "/" in text:
            day, month, year = (int(part) for part in text.split("/"))
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("closures", reason="day", line=number, given=text) from None
