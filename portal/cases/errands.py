"""What goes out of the house besides words: a case passed on, a look at what became of it, a call.

Each is a step of `STEPS`; here stands what must be given with it, and what its event says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import select

from portal.cases.models import OutsideBody
from portal.cases.queries import standing_of
from portal.cases.referrals import open_one
from portal.cases.ways import Reached
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.ids import new_id
from portal.tenancy.queries import calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from uuid import UUID

    from portal.cases.models import Case
    from portal.cases.ways import BodyKind, Checked, Consent, Told
    from portal.core.db import Unit

LONGEST_NAME = 120
_MOST_YEARS = 2


@dataclass(frozen=True, slots=True)
class PassedOn:
    """To whom a case is passed on, on which day (None: today), with which consent, and when to look again."""

    body_id: UUID | None = None
    consent: Consent | None = None
    on: date | None = None
    next_check: date | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of what a body was told; with `next_check` it stays open until then."""

    body_id: UUID | None = None
    checked: Checked | None = None
    next_check: date | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """How the person was tried to be reached, and whether they were; `next_try` is the day of the next."""

    how: Told | None = None
    reached: Reached | None = None
    next_try: date | None = None


Errand: TypeAlias = "PassedOn | Looked | Tried"


@dataclass(frozen=True, slots=True)
class BodyGiven:
    """A body for the list: its name, what it is, how it is reached."""

    name: str
    kind: BodyKind
    reached_by: str


def bodies(u: Unit, *, with_ended: bool = False) -> Sequence[OutsideBody]:
    """The bodies to whom cases are passed on, by name; those of before only if asked."""
    wanted = select(OutsideBody).order_by(OutsideBody.name, OutsideBody.id)
    return u.all(wanted if with_ended else wanted.where(OutsideBody.ended_at.is_(None)))


def add_body(u: Unit, given: BodyGiven) -> OutsideBody:
    """The body, on the list from now on. Raises `Invalid` for "name" ("empty", "long", "taken")."""
    name = " ".join(given.name.split())
    if not name:
        raise Invalid("name", reason="empty")
    if len(name) > LONGEST_NAME or len(given.reached_by) > LONGEST_NAME:
        raise Invalid("name", reason="long", limit=LONGEST_NAME)
    if any(one.name.casefold() == name.casefold() for one in bodies(u)):
        raise Invalid("name", reason="taken")
    row = OutsideBody(
        id=new_id(u.now), name=name, kind=given.kind, reached_by=given.reached_by.strip(), created_at=u.now
    )
    u.add(row)
    return row


def end_body(u: Unit, body_id: UUID) -> OutsideBody:
    """The body, to whom nothing is passed on any more; what was stays written. Raises `NotFound`."""
    row = u.one(select(OutsideBody).where(OutsideBody.id == body_id))
    if row is None:
        raise NotFound("body")
    row.ended_at = row.ended_at or u.now
    return row


def payload_of(u: Unit, case: Case, verb: str, errand: Errand | None) -> dict[str, Any]:
    """What the event says of the errand of a step; nothing for other steps. Raises `Invalid`, `Refused`."""
    make = _PAYLOADS.get(verb)
    return make(u, case, errand) if make else {}


def _today(u: Unit, case: Case) -> date:
    return calendar(u, case.calendar_id).local(u.now).date()


def _later(u: Unit, case: Case, day: date | None, name: str) -> str:
    """The day to look again, which must be given. Raises `Invalid` for "empty", "past" and "far"."""
    today = _today(u, case)
    if day is None:
        raise Invalid(name, reason="empty")
    if day <= today:
        raise Invalid(name, reason="past")
    if day.year > today.year + _MOST_YEARS:
        raise Invalid(name, reason="far")
    return day.isoformat()


def _passed(u: Unit, case: Case, errand: Errand | None) -> dict[str, Any]:
    given = errand if isinstance(errand, PassedOn) else PassedOn()
    body = next((one for one in bodies(u) if one.id == given.body_id), None)
    if body is None:
        raise Invalid("body", reason="empty")
    if given.consent is None:
        raise Invalid("consent", reason="empty")
    today = _today(u, case)
    on = given.on or today
    if on > today:
        raise Invalid("on", reason="future")
    if on < calendar(u, case.calendar_id).local(case.received_at).date():
        raise Invalid("on", reason="before")
    return {
        "body": body.id.hex,
        "consent": given.consent.value,
        "on": on.isoformat(),
        "next_check": _later(u, case, given.next_check, "next_check"),
    }


def _looked(u: Unit, case: Case, errand: Errand | None) -> dict[str, Any]:
    given = errand if isinstance(errand, Looked) else Looked()
    referrals = standing_of(u, case).referrals
    waiting = {one.body for one in referrals if one.check_on is not None}
    if not waiting:
        raise Refused("step", verb="check", state=case.state.value)
    body = given.body_id.hex if given.body_id else next(iter(waiting)) if len(waiting) == 1 else ""
    if open_one(referrals, body) is None:
        raise Invalid("body", reason="empty")
    if given.checked is None:
        raise Invalid("checked", reason="empty")
    told: dict[str, Any] = {"body": body, "checked": given.checked.value, "on": _today(u, case).isoformat()}
    if given.next_check is not None:
        told["next_check"] = _later(u, case, given.next_check, "next_check")
    return told


def _tried(u: Unit, case: Case, errand: Errand | None) -> dict[str, Any]:
    given = errand if isinstance(errand, Tried) else Tried()
    if given.how is None:
        raise Invalid("how", reason="empty")
    if given.reached is None:
        raise Invalid("reached", reason="empty")
    told: dict[str, Any] = {"how": given.how.value, "reached": given.reached.value}
    if given.reached is Reached.NO_ANSWER or given.next_try is not None:
        told["next_try"] = _later(u, case, given.next_try, "next_try")
    return told


_PAYLOADS: dict[str, Callable[[Unit, Case, Errand | None], dict[str, Any]]] = {
    "pass_on": _passed,
    "check": _looked,
    "reach": _tried,
}
