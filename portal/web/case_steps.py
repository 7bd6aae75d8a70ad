"""The steps that a colleague may take with a case: as buttons and forms, and as what came back refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext
from markupsafe import Markup

from portal.cases.actions import Given
from portal.cases.rules import CLOSE_AFTER_DAYS, ENDING, KINDS, MAX_PAUSE_DAYS, Kind, Outcome, steps_for
from portal.core.errors import Conflict, Invalid
from portal.core.languages import LANGUAGES, N_
from portal.people.rules import Permission
from portal.web.case_words import FINDINGS, HINTS, OUTCOMES
from portal.web.doors import told_faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from portal.cases.models import Case
    from portal.cases.rules import Step
    from portal.web.guard import Desk

TRANSLATION = "translate"
"""The verb of a translation among refusals: it is no step, and stands beside its message."""
LEADING = ("acknowledge", "settle", "answer", "close")
"""What a case is there for: the first of these that is offered leads; `settle` where no answer is owed."""
_LAST = ("dismiss", "note")
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


def steps_of(desk: Desk, row: Case, *, has_answered: bool) -> list[Step]:
    """The steps that this colleague may take, what the case is there for first.

    `has_answered` is for who gave the answer that is looked at again: a colleague gives the next.
    """
    if desk.role is None or not desk.may(Permission.HANDLE_CASES):
        return []
    steps = steps_for(row.kind, row.state, desk.role)
    offered = [one for one in steps if not (has_answered and one.verb in ENDING)]
    owed = [verb for verb in LEADING if verb != "acknowledge" or KINDS[row.kind].is_answered]
    leading = next((verb for verb in owed if any(one.verb == verb for one in offered)), "")
    return sorted(offered, key=lambda one: (one.verb != leading, one.verb in _LAST))


def step_line(
    desk: Desk, row: Case, offered: Step, refusal: Refusal | None, *, is_leading: bool
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
            {**field, "error": fault.get(field["name"])} for field in _fields(desk, row, offered, given)
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
    return fields


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
