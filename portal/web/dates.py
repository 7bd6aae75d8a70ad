"""Days as people say them, in the language of the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from babel.dates import format_date
from flask_babel import get_locale

if TYPE_CHECKING:
    from datetime import date

_EUROPEAN = {"en": "en_GB"}
"""The portal speaks English to people in France: the day stands before the month."""
_FIRST = re.compile(r"\b1 (?=[^\W\d])")
"""The first of a month, a name after it. French says it as an ordinal, and only that day (Imprimerie
nationale, *Lexique des règles typographiques*, "Dates")."""


def day_told(day: date, form: str = "long") -> str:
    """The day; `form` is a length of CLDR ("long", "full") or a pattern of its letters."""
    language = getattr(get_locale(), "language", "fr")
    told: str = format_date(day, form, locale=_EUROPEAN.get(language, language))
    return _FIRST.sub("1er ", told) if language == "fr" else told


def days_told(first: date, last: date) -> str:
    """The days from one to another, short enough for the head of a column or a line of a list."""
    return f"{day_told(first, 'medium')} \N{EN DASH} {day_told(last, 'medium')}"
