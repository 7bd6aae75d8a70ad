"""The two pages on which sheets of paper are typed: where and when they were filled in, and one sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal, gettext

from portal.core.languages import LANGUAGES, N_
from portal.people.rules import Permission
from portal.questionnaires.rules import MODES, ItemKind, worded
from portal.tenancy.queries import main_site
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.reaching import language_options
from portal.web.sheet_points import LETTERS, SEPARATOR, TYPED_MODES, asked_versions, points, site_today

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response

    from portal.core.db import Unit
    from portal.core.errors import Invalid
    from portal.questionnaires.rules import Question
    from portal.web.guard import Desk
    from portal.web.sheet_points import Batch

ANSWER = "answer-"
"""What the name of a question's field begins with."""
FAULTS: dict[tuple[str, str], str] = {
    ("code", "empty"): N_("Choose where the sheets were filled in."),
    ("day", "empty"): N_("Give the day written on the sheets. Example: 2027-03-24"),
    ("day", "future"): N_("This day is still to come."),
    ("day", "old"): N_("More than a year ago: that belongs to the results of before."),
    ("sheet", "empty"): N_("Nothing is ticked and nothing is written: an empty sheet is not kept."),
    ("sheet", "other"): N_(
        "This page has kept another sheet already. Send it once more to keep this one too."
    ),
    ("sheet", "waited"): N_(
        "This page has waited too long. What you typed is still here: send it once more."
    ),
    ("sheet", "frozen"): N_(
        "A campaign or a review was closed with this sheet in its figures: it can no longer be taken back."
    ),
    ("row", "both"): N_("Type the digits or tick the boxes, not both."),
    ("row", "form"): N_("Digit %(at)s: this question has no such box."),
    ("answer", "unknown_choice"): N_("Choose one of the boxes."),
    ("answer", "too_long"): N_("This text is too long: %(length)s characters, and we can keep %(limit)s."),
}
"""What is said at a field, by the fault's field and reason."""
_BACK = N_("The sheet is taken back: it counts nowhere.")


def choose_page(desk: Desk, u: Unit, sent: Mapping[str, str], faults: Sequence[Invalid] = ()) -> Response:
    """Point, day, language, version: what a run of sheets shares."""
    offered, today = points(u), site_today(u, main_site(u).id)
    versions = asked_versions(u)
    return render_staff(
        "staff/sheet_batch.html",
        desk,
        422 if faults else 200,
        errors=_told(faults),
        urls={"self": desk.url("opinions", "key"), "paper": _paper(desk)},
        points=[{"value": one.value, "label": one.label} for one in offered],
        languages=language_options(),
        versions=[{"value": id_, "label": number} for id_, number, _now in versions]
        if len(versions) > 1
        else [],
        values={
            "code": sent.get("code", offered[0].value if offered else ""),
            "day": sent.get("day", today.isoformat()),
            "language": sent.get("language", "fr"),
            "version": sent.get("version") or next((id_ for id_, _number, is_now in versions if is_now), ""),
        },
        today=today.isoformat(),
    )


def sheet_page(  # noqa: PLR0913 -- what the one page of a sheet shows
    desk: Desk,
    batch: Batch,
    token: str,
    *,
    typed: Mapping[str, str] | None = None,
    faults: Sequence[Invalid] = (),
    last: Mapping[str, Any] | None = None,
    flash: str = "",
) -> Response:
    """One sheet, empty or as it was typed, under the one that was kept before it."""
    asked, sent = batch.shown.form.questions, typed or {}
    with_boxes = [one for one in asked if one.kind is not ItemKind.TEXT]
    return render_staff(
        "staff/sheet.html",
        desk,
        422 if faults else 200,
        flashes=[gettext(_BACK)] if flash == "back" else [],
        errors=_told(faults),
        token=token,
        kept=batch.kept,
        number=batch.number,
        urls={
            "post": desk.url("opinions", "key"),
            "undo": desk.url("opinions", "key", "undo"),
            "other": desk.url("opinions", "key"),
        },
        place=batch.point.label.split(SEPARATOR) + _edition(batch),
        day=day_told(batch.day, "full"),
        language_name=LANGUAGES[batch.language].own_name,
        row=sent.get("row", ""),
        boxes=[_boxes(one, at, desk.language, sent) for at, one in enumerate(with_boxes, 1)],
        words=[
            {
                "name": f"{ANSWER}{one.code}",
                "label": one.said(desk.language)[0],
                "value": sent.get(f"{ANSWER}{one.code}", ""),
            }
            for one in asked
            if one.kind is ItemKind.TEXT
        ],
        modes=[
            {"value": mode.value, "label": f"{letter} {gettext(_typed_as(mode))}"}
            for letter, mode in zip(LETTERS, TYPED_MODES, strict=True)
        ],
        mode=sent.get("mode", batch.mode.value),
        last=None if last is None else {**last, "text": _echo(asked, desk.language, last["answers"])},
    )


def _edition(batch: Batch) -> list[str]:
    return [gettext("Version %(number)d", number=int(batch.edition))] if batch.edition else []


def _typed_as(mode: Any) -> str:
    return MODES[mode].typed_as or MODES[mode].label


def _boxes(question: Question, at: int, language: str, sent: Mapping[str, str]) -> dict[str, Any]:
    """A question with its boxes, numbered as they are printed."""
    text, spoken = question.said(language)
    return {
        "name": f"{ANSWER}{question.code}",
        "label": f"{at}. {text}",
        "lang": spoken,
        "options": [
            {"value": choice.code, "label": f"{number} {worded(choice.labels, language)[0]}"}
            for number, choice in enumerate(question.choices, 1)
        ],
        "chosen": sent.get(f"{ANSWER}{question.code}", ""),
    }


def _echo(asked: Sequence[Question], language: str, answers: Mapping[str, str]) -> str:
    """What was kept, in one line: the choices in words, that there is a free word, what stayed empty."""
    told = []
    for question in asked:
        value = answers.get(question.code)
        if value is None:
            told.append("\N{EN DASH}")
        elif question.kind is ItemKind.TEXT:
            told.append(f"“{value}”")
        else:
            chosen = next(one for one in question.choices if one.code == value)
            told.append(worded(chosen.labels, language)[0])
    return " · ".join(told)


def _paper(desk: Desk) -> str | None:
    return desk.url("opinions", "paper") if desk.may(Permission.READ_CODES) else None


def _told(faults: Sequence[Invalid]) -> list[dict[str, str]]:
    """The faults as the summary on top takes them; those of an answer at its field."""
    told = []
    for fault in faults:
        sentence = FAULTS[fault.fact, str(fault.facts["reason"])]
        numbers = {name: format_decimal(fault.facts.get(name, 0)) for name in ("at", "length", "limit")}
        at = {"answer": f"{ANSWER}{fault.facts.get('code', '')}", "sheet": "row"}.get(fault.fact, fault.fact)
        told.append({"field": at, "message": gettext(sentence, **numbers)})
    return told
