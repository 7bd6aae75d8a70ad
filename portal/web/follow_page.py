"""What a filer reads on the page of their case: where it stands, what was said, what they may do now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from portal.cases.erasing import erased_at
from portal.cases.errands import bodies
from portal.cases.queries import clocks_of, events_of, photos_of, standing_of, thread, voices_of
from portal.cases.rules import (
    KINDS,
    MAX_PHOTOS,
    MAX_VOICES,
    REOPEN_WITHIN_DAYS,
    Actor,
    CaseState,
    ClockName,
    Direction,
    steps_for,
)
from portal.cases.ways import Checked
from portal.core.languages import N_, direction_of
from portal.web.dates import day_told
from portal.web.doors import full_date

if TYPE_CHECKING:
    from datetime import date, datetime

    from portal.cases.models import Case, Clock
    from portal.cases.queries import Said
    from portal.cases.referrals import Referral
    from portal.cases.rules import Step
    from portal.cases.standing import Standing
    from portal.core.db import Unit
    from portal.web.place import Place

STATUS: dict[CaseState, tuple[str, str]] = {
    CaseState.RECEIVED: (N_("Received"), N_("We have your message. A person will read it soon.")),
    CaseState.ACKNOWLEDGED: (N_("Read"), N_("A person has read your message.")),
    CaseState.IN_PROGRESS: (N_("In progress"), N_("A person is looking into it.")),
    CaseState.WAITING_FILER: (
        N_("We await your answer"),
        N_("We asked you a question: it is below. We go on as soon as you answer."),
    ),
    CaseState.WAITING_THIRD_PARTY: (
        N_("In progress"),
        N_("We are waiting for another service. The promised date stays."),
    ),
    CaseState.ANSWERED: (N_("Answer sent"), N_("Our answer is below.")),
    CaseState.CLOSED: (N_("Finished"), N_("For anything else, write to us again.")),
}
"""What a filer reads of each state."""

_NOT_US = N_("It is not for us, but we know whom to tell.")
_BECAME: dict[Checked, str] = {
    Checked.DONE: N_("They did it."),
    Checked.REFUSED: N_("They said no."),
    Checked.NO_ANSWER: N_("They did not answer us."),
    Checked.OTHER: N_("They answered us."),
}
"""What a filer reads of what became of it."""
_STILL_OPEN = N_("You can still write to us below.")
_READ_AGAIN = N_("We have taken your message up again and read everything anew.")
_ERASED = N_("We no longer keep your words: they were erased on %(date)s. Thank you for writing to us.")
_THANKED = (N_("Read"), N_("A person has read your message. Thank you."))
_PROMISED: dict[ClockName, tuple[str, str]] = {
    ClockName.ACK: (N_("Read"), N_("A person reads it")),
    ClockName.ANSWER: (N_("Answer sent"), N_("A person answers you")),
}
"""What a filer reads of a promise: once it is kept, and until then."""


WRITES = frozenset({"reply", "add", "reopen"})
"""The steps by which a filer says something."""


def may_take(u: Unit, row: Case) -> set[str]:
    """The steps a filer may take now; a case is opened again for 60 days (decisions, 16).

    None once its words are erased.
    """
    if row.key_wrapped is None:
        return set()
    allowed: tuple[Step, ...] = steps_for(row.kind, row.state, Actor.FILER)
    verbs = {step.verb for step in allowed}
    closed_at = standing_of(u, row).closed_at
    if closed_at is not None and u.now - closed_at > timedelta(days=REOPEN_WITHIN_DAYS):
        verbs.discard("reopen")
    return verbs


def case_context(u: Unit, place: Place, row: Case, token: str) -> dict[str, Any]:
    """What `public/case.html` shows of the case, in the language in force; an address a step allowed."""
    standing, verbs, photos = standing_of(u, row), may_take(u, row), photos_of(u, row.id)
    clocks, voices = clocks_of(u, row.id), voices_of(u, row.id)
    answer = clocks.get(ClockName.ANSWER)
    # While we wait for the filer no date runs: the promise is counted on from their reply (decisions, 16).
    is_owed = answer is not None and not (answer.stopped_at or standing.is_paused or standing.is_erased)
    owed = full_date(answer.due_on) if answer is not None and is_owed else None
    is_late = answer is not None and owed is not None and answer.due_on < place.day_of(u.now)
    may_write = bool(verbs & WRITES)
    label, sentence = _status(standing, may_write=may_write)
    gone = erased_at(events_of(u, row.id)) if row.key_wrapped is None else None
    if gone is not None:
        sentence = _ERASED
    names = {one.id.hex: one.name for one in bodies(u, with_ended=True)} if standing.referrals else {}

    def url(name: str, *, allowed: bool) -> str | None:
        return place.url("case", token, name) if allowed else None

    return {
        "status": {
            "label": gettext(label),
            "sentence": gettext(sentence, date=day_told(place.day_of(gone), "long"))
            if gone
            else gettext(sentence),
        },
        "passed": [_passed(one, names.get(one.body, ""), place.day_of(u.now)) for one in standing.referrals],
        "promised_by": owed,
        "is_late": is_late,
        "is_asked": "reply" in verbs,
        "steps": _steps(place, row, standing, clocks, place.day_of(u.now)),
        "messages": [
            _message(place, one)
            for said in ([] if gone else thread(u, row, for_filer=True))
            # What we wrote and what it says in their language: the latter first.
            for one in (*(replace(note, direction=said.direction) for note in said.translations[-1:]), said)
        ],
        "photos": [
            {"label": gettext("Photo %(number)d", number=number)} for number, _ in enumerate(photos, 1)
        ],
        "voices": [
            {"label": gettext("Voice message %(number)d", number=number)}
            for number, _ in enumerate(voices, 1)
        ],
        "urls": {
            "message": url("message", allowed=may_write),
            "photo": url("photo", allowed=may_write and len(photos) < MAX_PHOTOS),
            "voice": url("voice", allowed=may_write and len(voices) < MAX_VOICES),
            "contest": url("contest", allowed="contest" in verbs),
            "close": url("close", allowed="accept" in verbs),
            "first": place.url(),
        },
    }


def _message(place: Place, said: Said) -> dict[str, Any]:
    is_ours = said.direction is Direction.TO_FILER
    direction = direction_of(said.text, said.language)
    return {
        "author": place.structure.name if is_ours else gettext("You"),
        "ours": is_ours,
        "date": day_told(place.day_of(said.at), "long"),
        "text": said.text,
        "lang": said.language if direction != "auto" else None,
        "dir": direction,
    }


def _status(standing: Standing, *, may_write: bool) -> tuple[str, str]:
    """Where the case stands, for the filer: the state in a word or two, and one sentence."""
    label, sentence = STATUS[standing.state]
    if standing.state is CaseState.CLOSED and not KINDS[standing.kind].is_answered:
        return _THANKED
    if standing.state is CaseState.CLOSED and may_write:
        return label, _STILL_OPEN
    if standing.state is CaseState.WAITING_THIRD_PARTY and standing.check_on is not None:
        return label, _NOT_US
    if standing.state is CaseState.IN_PROGRESS and standing.reopened:
        return label, _READ_AGAIN
    return label, sentence


def _passed(one: Referral, body: str, today: date) -> str:
    """To whom it went and when we look again, or what became of it."""
    told: str = gettext("We passed it on to %(body)s on %(date)s.", body=body, date=day_told(one.on, "long"))
    after = gettext(_BECAME[one.outcome]) if one.outcome else ""
    if one.check_on is not None:
        words = (
            N_("We look again on %(date)s.")
            if one.check_on >= today
            else N_("We were to look again on %(date)s: we are late.")
        )
        after = gettext(words, date=day_told(one.check_on, "long"))
    return f"{told} {after}".strip()


def _steps(
    place: Place, row: Case, standing: Standing, clocks: dict[ClockName, Clock], today: date
) -> list[dict[str, Any]]:
    """Received, read, answered (where an answer is owed), finished: done since when, or promised for when."""
    shown = [_done(place, gettext("Received"), row.received_at)]
    for name, (past, future) in _PROMISED.items():
        clock = clocks.get(name)
        if clock is None or (clock.stopped_at is None and standing.is_erased):
            continue
        if clock.stopped_at is not None:
            shown.append(_done(place, gettext(past), clock.stopped_at))
            continue
        is_next = shown[-1]["state"] == "done"
        rests = clock.due_on < today or (name is ClockName.ANSWER and standing.is_paused)
        by = gettext("by %(date)s at the latest", date=day_told(clock.due_on, "long"))
        shown.append(
            {
                "label": gettext(future),
                "state": "current" if is_next else "todo",
                "date": None if rests else by,
            }
        )
    if standing.closed_at is not None:
        shown.append(_done(place, gettext("Finished"), standing.closed_at))
    return shown


def _done(place: Place, label: str, at: datetime) -> dict[str, Any]:
    return {"label": label, "state": "done", "date": day_told(place.day_of(at), "long")}
