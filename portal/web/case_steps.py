"""The steps that a colleague may take with a case: as buttons and forms, and as what came back refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext
from markupsafe import Markup

from portal.cases.actions import Given
from portal.cases.rules import (
    CLOSE_AFTER_DAYS,
    ENDING,
    KINDS,
    CaseState,
    Kind,
    Outcome,
    steps_for,
)
from portal.cases.ways import TOLD_BY, ContactKind, Told
from portal.core.errors import Conflict, Invalid
from portal.core.languages import LANGUAGES, N_
from portal.core.worktime import MAX_PAUSE_DAYS
from portal.people.rules import Permission
from portal.web.case_errands import errand_fields
from portal.web.case_words import FINDINGS, HINTS, OUTCOMES
from portal.web.doors import told_faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.cases.models import Case
    from portal.cases.rules import Step
    from portal.web.case_errands import Around
    from portal.web.guard import Desk

TRANSLATION = "translate"
"""The verb of a translation among refusals: it is no step, and stands beside its message."""
LEADING = ("check", "reach", "acknowledge", "settle", "answer", "close")
"""What a case is there for: the first of these that is offered leads; `settle` where no answer is owed,
`check` and `reach` on their day."""
_DAY_OF = {"check": "check_on", "reach": "call_on"}
"""The day of the case from which a step leads."""
_LAST = ("dismiss", "note")
_BY_PEOPLE = {ContactKind.PHONE, ContactKind.SMS, ContactKind.OFFICE}
"""The ways of being answered for which somebody of the team does something."""
_DAYS = {"ask": MAX_PAUSE_DAYS, "close": CLOSE_AFTER_DAYS}
"""The working days that a hint tells, by verb."""
_STALE = N_("The page has changed since you opened it. Look again, then send.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step that could not be taken: what was given, and what was wrong; the message that was translated."""

    verb: str
    given: Given
    fault: Invalid | Conflict
    message_id: UUID | None = None

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong by field; nothing for a page that was only stale."""
        if isinstance(self.fault, Conflict):
            return {}
        return {one["field"]: one["message"] for one in told_faults([self.fault])}


def steps_of(desk: Desk, row: Case, around: Around, *, has_answered: bool) -> tuple[list[Step], str | None]:
    """The steps that this colleague may take, what the case is there for first; and its verb, if one leads.

    `has_answered` is for who gave the answer that is looked at again: a colleague gives the next.
    """
    if desk.role is None or not desk.may(Permission.HANDLE_CASES) or row.key_wrapped is None:
        return [], None  # without its words there is nothing left to handle
    steps = [one for one in steps_for(row.kind, row.state, desk.role) if _has_sense(row, one)]
    offered = [one for one in steps if not (has_answered and one.verb in ENDING)]
    owed = [verb for verb in LEADING if _is_owed(row, verb, around)]
    leading = next((verb for verb in owed if any(one.verb == verb for one in offered)), None)
    return sorted(offered, key=lambda one: (one.verb != leading, one.verb in _LAST)), leading


def _has_sense(row: Case, step: Step) -> bool:
    """Whether a step has something to be about: an open passing on, somebody to call or not told yet."""
    if step.verb == "reach":
        return row.contact_kind in _BY_PEOPLE or row.call_on is not None or _is_untold(row)
    return not step.waits_for or getattr(row, step.waits_for) is not None


def _is_untold(row: Case) -> bool:
    return row.state is CaseState.ANSWERED and row.told_at is None


def _is_owed(row: Case, verb: str, around: Around) -> bool:
    """Whether a step may lead now: on its day, or because an answer is owed."""
    if verb in _DAY_OF:
        day: date | None = getattr(row, _DAY_OF[verb])
        return day is not None and day <= around.today
    return verb != "acknowledge" or KINDS[row.kind].is_answered


def step_line(  # noqa: PLR0913 -- what the form of a step is made of
    desk: Desk, row: Case, offered: Step, refusal: Refusal | None, around: Around, *, is_leading: bool
) -> dict[str, Any]:
    """A step as `staff/case.html` takes it, with what was written if it came back refused."""
    mine = refusal if refusal and refusal.verb == offered.verb else None
    given = mine.given if mine else Given()
    fault = mine.errors if mine else {}
    hint = HINTS.get(offered.verb)
    return {
        "verb": offered.verb,
        "label": gettext(offered.label),
        "hint": gettext(hint, days=_DAYS.get(offered.verb, 0)) if hint else None,
        "url": desk.url("cases", row.reference, offered.verb),
        "fields": [
            {**field, "error": fault.get(field["name"])}
            for field in [
                *_fields(desk, row, offered, given),
                *errand_fields(around, offered.verb, given.errand),
                *_team_words(offered, given),
            ]
        ],
        "send": gettext("Send") if offered.tells and offered.verb != "dismiss" else gettext(offered.label),
        "open": mine is not None,
        "leading": is_leading,
    }


def _fields(desk: Desk, row: Case, offered: Step, given: Given) -> list[dict[str, Any]]:
    fields = []
    if "message" in offered.needs:
        fields.append(
            _text(gettext("Your words"), given.message, _reader(desk, row) if offered.tells else None)
        )
    if "outcome" in offered.needs:
        usual = Outcome.ANSWERED if offered.verb == "close" else None
        chosen = given.outcome or usual
        words = {
            one: label
            for one, label in OUTCOMES.items()
            if offered.verb == "close" or one is not Outcome.ANSWERED
        }
        fields.append(_choice("outcome", gettext("How does it end?"), chosen.value if chosen else "", words))
    if row.kind is Kind.COMPLAINT and ("finding" in offered.needs or offered.verb == "answer"):
        found = given.finding or row.finding
        hint = (
            gettext("You may also say it at the end. The person does not see it.")
            if offered.verb == "answer"
            else None
        )
        fields.append(
            _choice("finding", gettext("What did you find?"), found.value if found else "", FINDINGS, hint)
        )
    if offered.verb in ENDING and row.language != desk.language and row.language in LANGUAGES:
        fields += _language_fields(desk, row, given)
    return fields


def _team_words(offered: Step, given: Given) -> list[dict[str, Any]]:
    """What was said on the telephone, for the team."""
    if offered.verb != "reach":
        return []
    return [_text(gettext("What was said, for the team (optional)"), given.message, None)]


def _language_fields(desk: Desk, row: Case, given: Given) -> list[dict[str, Any]]:
    """In which language the answer is written; if it is not the person's, how they were told of it."""
    languages = [LANGUAGES[row.language], LANGUAGES.get(desk.language, LANGUAGES[row.language])]
    written = _choice("language", gettext("In which language did you write?"), "", {})
    told = _choice(
        "told",
        gettext("If it is another one: how have you told the person?"),
        given.told.value if given.told else "",
        {Told.CALL: TOLD_BY[Told.CALL], Told.OFFICE: TOLD_BY[Told.OFFICE]},
        gettext("An answer counts once the person can understand it: told by you, or translated beside it."),
    )
    options = [
        {"value": one.tag, "label": one.own_name, "lang": one.tag, "dir": one.direction} for one in languages
    ]
    return [{**written, "options": options}, told]


def _reader(desk: Desk, row: Case) -> str | None:
    """In which language the person reads us, when it is not the colleague's own."""
    if row.language == desk.language or row.language not in LANGUAGES:
        return None
    read = LANGUAGES[row.language]
    own_name = Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(read.tag, read.direction, read.own_name)
    told = gettext("The person reads: %(language)s", language=own_name)
    return Markup(told)  # noqa: S704 -- our own sentence around what was escaped


def _text(label: str, value: str, hint: str | None) -> dict[str, Any]:
    field = {"name": "message", "label": label, "kind": "textarea", "value": value}
    return {**field, "options": [], "hint": hint}


def _choice(
    name: str, label: str, chosen: str, words: Mapping[Any, str], hint: str | None = None
) -> dict[str, Any]:
    options = [{"value": word.value, "label": gettext(shown)} for word, shown in words.items()]
    return {
        "name": name,
        "label": label,
        "kind": "choices",
        "value": chosen,
        "options": options,
        "hint": hint,
    }


def status_of(refusal: Refusal | None) -> int:
    """The status of a case's page: 409 for one that was stale, 422 for one that lacked something."""
    if refusal is None:
        return 200
    return 409 if isinstance(refusal.fault, Conflict) else 422


def errors_of(refusal: Refusal | None) -> list[dict[str, str]]:
    """The faults for the summary, each leading to its field in the form that was sent."""
    if refusal is None:
        return []
    if isinstance(refusal.fault, Conflict):
        return [{"field": "next-step", "message": gettext(_STALE)}]
    prefix = refusal.verb
    if refusal.message_id is not None:
        return [
            {"field": f"note-{refusal.message_id.hex}", "message": one} for one in refusal.errors.values()
        ]
    return [{"field": f"{prefix}-{field}", "message": words} for field, words in refusal.errors.items()]


def kept_words(offered: Sequence[Step], refusal: Refusal | None) -> str | None:
    """What was written for a step that is not offered any more, to be copied."""
    if refusal is None or refusal.message_id is not None:
        return None
    is_offered = any(one.verb == refusal.verb for one in offered)
    return None if is_offered else refusal.given.message or None
