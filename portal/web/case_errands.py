"""What goes out of the house with a step, on the case's page: its fields, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import gettext

from portal.cases.errands import Looked, PassedOn, Tried, bodies
from portal.cases.ways import (
    CHECKED,
    CONSENTS,
    REACHED,
    TOLD_BY,
    Checked,
    Consent,
    ContactKind,
    Reached,
    Told,
)
from portal.web.dates import day_told
from portal.web.reaching import member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.cases.errands import Errand
    from portal.cases.models import Case
    from portal.cases.referrals import Referral
    from portal.cases.standing import Standing
    from portal.core.db import Unit
    from portal.core.worktime import WorkCalendar

_LOOK_AGAIN_AFTER = 10
"""Working days until one looks again, as the form proposes it."""


@dataclass(frozen=True, slots=True)
class Around:
    """What forms of errands offer: the bodies by id, what is still open, today and a day to look again."""

    bodies: Mapping[UUID, str]
    names: Mapping[str, str]
    """Of every body there ever was, by its id in hex."""
    referrals: tuple[Referral, ...]
    today: date
    suggested: date
    contact_kind: str = ContactKind.NONE.value

    @classmethod
    def of(cls, u: Unit, row: Case, standing: Standing, place: WorkCalendar) -> Around:
        """What stands around this case now."""
        known = bodies(u, with_ended=True)
        today = place.local(u.now).date()
        suggested = next(islice(place.working_days_from(today), _LOOK_AGAIN_AFTER, None))
        return cls(
            {one.id: one.name for one in known if one.ended_at is None},
            {one.id.hex: one.name for one in known},
            standing.referrals,
            today,
            suggested,
            row.contact_kind,
        )


def read_errand(verb: str, sent: Mapping[str, str]) -> Errand | None:
    """What a form of this step sent; unreadable words and days are as if they were missing."""
    if verb == "pass_on":
        return PassedOn(
            _id(sent.get("body")),
            member(Consent, sent.get("consent")),
            _day(sent.get("on")),
            _day(sent.get("next_check")),
        )
    if verb == "check":
        return Looked(
            _id(sent.get("body")), member(Checked, sent.get("checked")), _day(sent.get("next_check"))
        )
    if verb == "reach":
        return Tried(
            member(Told, sent.get("how")), member(Reached, sent.get("reached")), _day(sent.get("next_try"))
        )
    return None


def _id(raw: str | None) -> UUID | None:
    try:
        return UUID(raw) if raw else None
    except ValueError:
        return None


def _day(raw: str | None) -> date | None:
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError:
        return None


def errand_fields(around: Around, verb: str, errand: Errand | None) -> list[dict[str, Any]]:
    """The fields that a step's form has besides words, with what was sent; none for most steps."""
    if verb == "pass_on":
        return _pass_on_fields(around, errand if isinstance(errand, PassedOn) else None)
    if verb == "check":
        return _check_fields(around, errand if isinstance(errand, Looked) else None)
    if verb == "reach":
        return _reach_fields(around, errand if isinstance(errand, Tried) else None)
    return []


def _pass_on_fields(around: Around, sent: PassedOn | None) -> list[dict[str, Any]]:
    given = sent or PassedOn(on=around.today, next_check=around.suggested)
    return [
        _select(
            "body",
            gettext("To whom?"),
            [("", gettext("Choose")), *((str(id_), name) for id_, name in around.bodies.items())],
            str(given.body_id or ""),
        ),
        _choices("consent", gettext("How did the person agree?"), CONSENTS, given.consent),
        _date("on", gettext("Passed on, on"), given.on),
        _date("next_check", gettext("We look again on"), given.next_check),
    ]


def _check_fields(around: Around, sent: Looked | None) -> list[dict[str, Any]]:
    given = sent or Looked()
    waiting = list(dict.fromkeys(one.body for one in around.referrals if one.check_on is not None))
    whom = [
        _select(
            "body",
            gettext("Which body?"),
            [(body, around.names.get(body, "")) for body in waiting],
            given.body_id.hex if given.body_id else waiting[0],
        )
    ]
    return [
        *(whom if len(waiting) > 1 else ()),
        _choices("checked", gettext("What became of it?"), CHECKED, given.checked),
        _date("next_check", gettext("We look again on (empty: it is settled)"), given.next_check),
    ]


def _reach_fields(around: Around, sent: Tried | None) -> list[dict[str, Any]]:
    usual = {ContactKind.PHONE: Told.CALL, ContactKind.SMS: Told.SMS, ContactKind.OFFICE: Told.OFFICE}
    given = sent or Tried(usual.get(ContactKind(around.contact_kind)))
    return [
        _choices("how", gettext("How?"), TOLD_BY, given.how),
        _choices("reached", gettext("Did you reach the person?"), REACHED, given.reached),
        _date("next_try", gettext("Next try on (if there is one)"), given.next_try),
    ]


def _select(name: str, label: str, rows: Sequence[tuple[str, str]], value: str) -> dict[str, Any]:
    options = [{"value": one, "label": told} for one, told in rows]
    return _field(name, label, "select", value, options)


def _choices(name: str, label: str, words: Mapping[Any, str], chosen: Any) -> dict[str, Any]:
    options = [{"value": word.value, "label": gettext(told)} for word, told in words.items()]
    return _field(name, label, "choices", chosen.value if chosen else "", options)


def _date(name: str, label: str, day: date | None) -> dict[str, Any]:
    return _field(name, label, "date", day.isoformat() if day else "", [])


def _field(name: str, label: str, kind: str, value: str, options: list[dict[str, str]]) -> dict[str, Any]:
    return {"name": name, "label": label, "kind": kind, "value": value, "options": options, "hint": None}


def passed_rows(around: Around) -> list[dict[str, Any]]:
    """Each passing on, as the team reads it: to whom, how the person agreed, what became of it."""
    return [
        {
            "body": around.names.get(one.body, ""),
            "on": day_told(one.on, "long"),
            "consent": gettext(CONSENTS[one.consent]),
            "outcome": gettext(CHECKED[one.outcome]) if one.outcome else "",
            "check_on": day_told(one.check_on, "long") if one.check_on else None,
            "is_late": one.check_on is not None and one.check_on <= around.today,
        }
        for one in around.referrals
    ]
