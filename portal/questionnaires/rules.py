"""What a questionnaire is made of, as values parsed once from a version's document. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from portal.core.errors import Invalid
from portal.core.languages import DEFAULT, N_

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TEXT = 10_000
"""Characters of a free word, of any script (decisions, 12)."""


class VersionState(StrEnum):
    """Life of a version (stored by value)."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class ItemKind(StrEnum):
    """What a question asks for (stored by value)."""

    FACES = "faces"
    CHOICE = "choice"
    TEXT = "text"


class Mode(StrEnum):
    """By which way a response came, and who helped (stored by value)."""

    WEB = "web"
    TABLET = "tablet"
    PAPER = "paper"
    AIDED = "aided"
    ASSISTED = "assisted"


@dataclass(frozen=True, slots=True)
class ModeRow:
    """A mode's line: what staff read of it, what they choose when they type a sheet, whether staff helped."""

    label: str
    typed_as: str | None = None
    assisted: bool = False
    """True: told apart from every share, as who is helped by the team speaks better of it."""


MODES: dict[Mode, ModeRow] = {
    Mode.WEB: ModeRow(N_("By telephone or computer")),
    Mode.TABLET: ModeRow(N_("On the tablet of a counter")),
    Mode.PAPER: ModeRow(N_("On paper"), N_("Filled in alone")),
    Mode.AIDED: ModeRow(N_("On paper, helped by somebody close"), N_("Helped by somebody close")),
    Mode.ASSISTED: ModeRow(N_("On paper, helped by the team"), N_("Helped by one of us"), assisted=True),
}
"""Source of the last column: domain notes on survey mode, social desirability before the one judged."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer offered: code, label by language, picture (or None), and whether it counts as satisfied.

    `counts` is False for "I do not know", which stands outside every share.
    """

    code: str
    labels: Mapping[str, str]
    face: str | None
    satisfied: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One item of a version, with its wording by language."""

    code: str
    kind: ItemKind
    wording: Mapping[str, str]
    scale: str | None
    choices: tuple[Choice, ...]
    required: bool
    meaning_rev: int
    concept: str | None
    is_local: bool = False
    """Whether the structure asks it besides what is asked of everybody."""

    def said(self, language: str) -> tuple[str, str]:
        """The wording and the language it is in: the one asked, else the default."""
        return worded(self.wording, language)

    def check(self, raw: str) -> str:
        """The answer as stored: a choice's code, or a trimmed text. Raises `Invalid`."""
        if self.kind is not ItemKind.TEXT:
            if raw not in {choice.code for choice in self.choices}:
                raise Invalid("answer", reason="unknown_choice")
            return raw
        text = raw.replace("\r\n", "\n").replace("\x00", "").strip()
        if len(text) > MAX_TEXT:
            raise Invalid("answer", reason="too_long", limit=MAX_TEXT, length=len(text))
        return text


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed version: its questions in order, and the languages its wording is complete in."""

    questions: tuple[Question, ...]
    default_language: str

    def question(self, position: int) -> Question | None:
        """The question at a position counted from 1; None beyond the last."""
        return self.questions[position - 1] if 1 <= position <= len(self.questions) else None


def worded(wording: Mapping[str, str], language: str, default: str = DEFAULT) -> tuple[str, str]:
    """The text in a language and the language it is really in."""
    return (wording[language], language) if language in wording else (wording[default], default)


def parse(document: Mapping[str, Any]) -> Form:
    """A version's document as values. Raises `Invalid("questionnaire")` naming what is wrong."""
    scales = {code: _choices(rows) for code, rows in document["scales"].items()}
    questions = tuple(
        Question(
            code=row["code"],
            kind=ItemKind(row["kind"]),
            wording=row["wording"],
            scale=row.get("scale"),
            choices=scales[row["scale"]] if row.get("scale") else (),
            required=row.get("required", False),
            meaning_rev=row.get("meaning_rev", 1),
            concept=row.get("concept"),
            is_local=row.get("local", False),
        )
        for row in document["items"]
    )
    default = document.get("default_language", DEFAULT)
    gaps = [question.code for question in questions if default not in question.wording]
    if gaps or len({question.code for question in questions}) != len(questions):
        raise Invalid("questionnaire", gaps=gaps)
    return Form(questions, default)


def _choices(rows: list[Mapping[str, Any]]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            row["code"], row["labels"], row.get("face"), row.get("satisfied", False), row.get("counts", True)
        )
        for row in rows
    )
