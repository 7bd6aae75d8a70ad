"""The languages the portal speaks: one table, from which pages, catalogues and checks derive."""

from __future__ import annotations

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
        Language("fr", "Français", "ltr", "reviewed"),
        Language("ar", "العربية", "rtl", "draft"),
        Language("en", "English", "ltr", "draft"),
    )
}
