"""The languages the portal speaks: one table, from which pages, catalogues and checks derive."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

DEFAULT = "fr"


def N_(message: str) -> str:  # noqa: N802 -- the usual gettext name, known to the extractor
    """Mark a message id for translation where it is written; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Language:
    """One shipped language: BCP 47 tag, its own name, direction, and who has read its texts.

    `review` is honest: "reviewed" only after a native speaker read every sentence; "draft" otherwise.
    """

    tag: str
    own_name: str
    direction: str
    review: str


LANGUAGES: dict[str, Language] = {
    language.tag: language
    for language in (
        Language("fr", "Français", "ltr", "draft"),
        Language("ar", "العربية", "rtl", "draft"),
        Language("en", "English", "ltr", "draft"),
    )
}
_APART, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_LETTERS = {"L": "ltr", **dict.fromkeys(_RIGHT_TO_LEFT, "rtl")}


def direction_of(text: str, language: str) -> str:
    """The direction of a text: that of the language of its page, unless it was written otherwise: "auto".

    People write in the language they want (decisions, 12): then the browser tells by the first letter.
    """
    spoken = LANGUAGES[language].direction if language in LANGUAGES else "auto"
    is_right_to_left = any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in text)
    return spoken if is_right_to_left == (spoken == "rtl") else "auto"


def written_in(text: str, *languages: str) -> str:
    """The first shipped one of the languages that runs as the text's first letter does; else the first.

    What was said of the text stands first. It may be wrong: who answers in haste overlooks a list.
    """
    letters = (_LETTERS.get(unicodedata.bidirectional(sign)) for sign in text)
    direction = next((one for one in letters if one is not None), None)
    shipped = [one for one in languages if one in LANGUAGES]
    return next((one for one in shipped if LANGUAGES[one].direction == direction), shipped[0])


def apart(name: str) -> str:
    """A name in whatever script, in its own direction: it does not turn a sentence about (Unicode, annex 9).

    Else “N°” is “°N” in Arabic. Where there is markup, the macro `apart` does the same.
    """
    return f"{_APART}{name}{_END}"
