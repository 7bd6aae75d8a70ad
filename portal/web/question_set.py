"""A few questions being written, all in one form: a structure's own, or the set that a network proposes.

Nothing is stored before the last button: what was typed travels in the page, as with the identity. So a draft
cannot be forgotten half-published, and two people who write at once do not mix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import format_decimal, get_locale, gettext

from portal.core.languages import DEFAULT, LANGUAGES, N_
from portal.questionnaires.composing import (
    ADVISED_WORDS,
    FIRST,
    MOST_WORDING,
    TEXT,
    Draft,
    faults_of,
    many_words,
    scales_of,
)
from portal.questionnaires.rules import worded
from portal.web.desk import render_staff
from portal.web.questionnaires import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response

    from portal.questionnaires.composing import Fault
    from portal.web.guard import Desk

LOOK, PUBLISH = "look", "publish"
_ADD, _DROP, _UP = "add", "drop-", "up-"
_SEPARATOR = " · "
_MOST_READ = 40
"""Rows of a form that are looked at: more than any page offers."""
_FAULTS: dict[tuple[str, str], str] = {
    (DEFAULT, "empty"): N_("Write the question in French: every other language falls back on it."),
    (DEFAULT, "double"): N_("This question stands here twice: remove one of the two."),
    ("scale", "form"): N_("Choose one of the list."),
    ("scale", "first"): N_("The first question is answered by the faces, and no other is."),
}
_LONG = N_("Write at most %(most)d characters.")


@dataclass(frozen=True, slots=True)
class Writing:
    """A page on which questions are written: its words, its limits, and what they are made from."""

    title: str
    lead: str
    submit: str
    post: str
    back: str
    base: Mapping[str, Any]
    """The document whose scales may be used."""
    most: int
    is_local: bool
    seen: str = ""
    locked: Sequence[Mapping[str, Any]] = ()
    """Questions that stand before these and cannot be changed."""

    @property
    def scales(self) -> list[str]:
        """What a question may be answered with."""
        return scales_of(self.base, with_faces=not self.is_local)


def sent_drafts() -> list[Draft]:
    """The questions of this form, those left blank in every language left out."""
    given = request.form
    drafts = [
        Draft(
            given.get(f"scale-{n}", ""),
            {tag: text for tag in LANGUAGES if (text := " ".join(given.get(f"{tag}-{n}", "").split()))},
            given.get(f"code-{n}", ""),
            is_same=bool(given.get(f"same-{n}")),
        )
        for n in range(_MOST_READ)
        if f"scale-{n}" in given
    ]
    return [one for one in drafts if one.wording or one.code]


def moved(drafts: Sequence[Draft], do: str, most: int) -> list[Draft] | None:
    """The questions after a button that only arranges them; None for one that does more."""
    rows = list(drafts)
    if do == _ADD:
        return [*rows, Draft(TEXT, {})][:most]
    name, _, at = do.rpartition("-")
    if f"{name}-" not in {_DROP, _UP} or not at.isdecimal() or int(at) >= len(rows):
        return None
    n = int(at)
    if f"{name}-" == _DROP:
        return rows[:n] + rows[n + 1 :]
    rows[max(0, n - 1) : n + 1] = reversed(rows[max(0, n - 1) : n + 1])
    return rows


def wrong_with(writing: Writing, drafts: Sequence[Draft]) -> list[Fault]:
    """Everything that keeps these questions from being asked."""
    return faults_of(drafts, writing.scales, is_local=writing.is_local)


def writing_page(  # noqa: PLR0913 -- what the page is made from, and what became of what was sent
    desk: Desk,
    writing: Writing,
    drafts: Sequence[Draft],
    *,
    faults: Sequence[Fault] = (),
    stale: str | None = None,
    is_looked_at: bool = False,
) -> Response:
    """The form with these questions; below it how they are read, when somebody asked to see that."""
    errors = [{"field": f"{one.field}-{one.at}", "message": _told(one)} for one in faults]
    if stale:
        errors = [{"field": "questions", "message": stale}]
    return render_staff(
        "staff/question_set.html",
        desk,
        409 if stale else 422 if errors else 200,
        title=writing.title,
        lead=writing.lead,
        submit=writing.submit,
        seen=writing.seen,
        locked=[_read(row, desk.language) for row in writing.locked],
        rows=[_row(writing, n, one, errors) for n, one in enumerate(drafts)],
        looked=[_looked(writing, one) for one in drafts] if is_looked_at else [],
        may_add=len(drafts) < writing.most,
        advised=ADVISED_WORDS,
        urls={"post": writing.post, "back": writing.back},
        errors=errors,
    )


def _told(fault: Fault) -> str:
    if fault.reason == "long":
        sentence = _LONG
        return str(gettext(sentence, most=MOST_WORDING))
    sentence = _FAULTS[fault.field, fault.reason]
    return str(gettext("Question %(n)d: %(sentence)s", n=fault.at + 1, sentence=gettext(sentence)))


def _read(row: Mapping[str, Any], language: str) -> dict[str, str]:
    text, spoken = worded(row["wording"], language)
    return {"text": text, "lang": spoken}


def _row(writing: Writing, n: int, one: Draft, errors: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    blamed = {error["field"]: error["message"] for error in errors}
    return {
        "n": n,
        "code": one.code,
        "scale": one.scale,
        "scales": [{"value": code, "label": _scale(writing, code)} for code in writing.scales],
        "scale_error": blamed.get(f"scale-{n}", ""),
        "is_same": one.is_same,
        "texts": [
            {
                "name": f"{tag}-{n}",
                "label": language.own_name,
                "tag": tag,
                "dir": language.direction,
                "value": one.wording.get(tag, ""),
                "hint": _hint(tag, one.wording.get(tag, "")),
                "error": blamed.get(f"{tag}-{n}", ""),
            }
            for tag, language in LANGUAGES.items()
        ],
    }


def _hint(tag: str, text: str) -> str | None:
    many = many_words(text)
    if many:
        sentence = gettext(
            "%(n)s words: up to %(most)d are read at one go.", n=format_decimal(many), most=ADVISED_WORDS
        )
        return str(sentence)
    return None if tag == DEFAULT else str(gettext("Optional. Without it, French is shown."))


def _scale(writing: Writing, code: str) -> str:
    """A scale by what can be answered, in the reader's language where it has one."""
    if code == TEXT:
        return str(gettext("free word"))
    labels = [worded(choice["labels"], str(get_locale()))[0] for choice in writing.base["scales"][code]]
    name = gettext("faces") if code == FIRST else ""
    told = _SEPARATOR.join(labels)
    return f"{name} ({told})" if name else told


def _looked(writing: Writing, one: Draft) -> list[dict[str, str]]:
    """How a question is read in each language, and what is to be known of the words."""
    rows = []
    for tag, language in LANGUAGES.items():
        text, spoken = worded(one.wording, tag)
        choices = [] if one.scale == TEXT else writing.base["scales"][one.scale]
        labels = [worded(choice["labels"], spoken)[0] for choice in choices]
        review, _tone = REVIEWS[language.review]
        missing = gettext("no translation: French is shown")
        rows.append(
            {
                "own_name": language.own_name,
                "own_dir": language.direction,
                "tag": tag,
                "text": text,
                "lang": spoken,
                "dir": LANGUAGES[spoken].direction,
                "choices": _SEPARATOR.join(labels),
                "note": "" if tag == DEFAULT else gettext(review) if spoken == tag else missing,
                "tone": "waiting" if spoken == tag else "late",
            }
        )
    return rows
