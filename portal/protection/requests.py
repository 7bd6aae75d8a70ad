"""The desk of rights: a request comes in, is answered, put off once with a reason, or refused with one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, or_, select

from portal.cases.erasing import Forgotten, forget_words
from portal.cases.queries import locked, persons_named
from portal.cases.writing import author
from portal.core.errors import Conflict, Invalid, NotFound, Refused
from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.core.worktime import WorkCalendar
from portal.notifications.actions import tell_member
from portal.notifications.reminders import Due, Reminder, reminder_of
from portal.notifications.rules import Notice
from portal.people.queries import members
from portal.people.rules import Permission, may
from portal.protection.holding import held_now
from portal.protection.models import RightsCounter, RightsRequest
from portal.protection.purging import Line, note_destroyed, pieces_of
from portal.protection.rights import (
    AHEAD,
    EXTENDED_MONTHS,
    ONE_MONTH,
    Proof,
    Right,
    due_day,
)
from portal.protection.rules import REQUEST
from portal.tenancy.queries import calendar_of, local_day, main_site, policy
from portal.tenancy.vault import new_wrapped_key, opened, row_key, sealed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.core.db import Unit

TABLE = "rights_request"
_COUNT = Walled(insert(table_of(RightsCounter)), key=("structure_id",), add=("last",))
MOST_WORDS = 4000
WITHIN = timedelta(minutes=10)
"""A form that is sent again by the same person within this time is the same request."""
_FARTHEST_BACK = 92
"""Days: what was asked longer ago than the longest clock is late beyond what this desk can mend."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for, as it was written down."""

    right: Right
    proof: Proof
    received_on: date
    who: str = field(repr=False)
    asked: str = field(repr=False)
    case_id: UUID | None = None


def enter(u: Unit, asked: Asked) -> RightsRequest:
    """The request, with its last day. Raises `Invalid` for "who", "received_on" ("future", "far")."""
    today = local_day(u)
    if u.scope.actor_id is None:
        raise Refused("role")
    if not asked.who.strip():
        raise Invalid("who", reason="empty")
    if asked.received_on > today:
        raise Invalid("received_on", reason="future")
    if (today - asked.received_on).days > _FARTHEST_BACK:
        raise Invalid("received_on", reason="far")
    id_ = new_id(u.now)
    key, wrapped = new_wrapped_key(u, TABLE, id_)
    row = RightsRequest(
        id=id_,
        case_id=asked.case_id,
        number=_next_number(u),
        right=asked.right,
        proof=asked.proof,
        received_on=asked.received_on,
        due_on=due_day(asked.received_on, ONE_MONTH, _holidays(u)),
        entered_at=u.now,
        entered_by=u.scope.actor_id,
        key_wrapped=wrapped,
        words_sealed=sealed(u, key, json.dumps(_entered_words(asked)), (TABLE, id_, "words_sealed")),
    )
    u.add(row)
    return row


def same_request(u: Unit, asked: Asked) -> RightsRequest | None:
    """The request that this form has written down already, minutes ago; None for a new one.

    Whoever is about to take a number is waited for: then what they wrote is seen.
    """
    u.run(_COUNT, last=0)
    wanted = select(RightsRequest).where(
        RightsRequest.entered_by == u.scope.actor_id,
        RightsRequest.entered_at > u.now - WITHIN,
        RightsRequest.right == asked.right,
        RightsRequest.proof == asked.proof,
        RightsRequest.received_on == asked.received_on,
        RightsRequest.case_id == asked.case_id,
    )
    said = _entered_words(asked).items()
    return next((row for row in u.all(wanted) if said <= words_of(u, row).items()), None)


def _entered_words(asked: Asked) -> dict[str, str]:
    return {"who": asked.who.strip()[:MOST_WORDS], "asked": asked.asked.strip()[:MOST_WORDS]}


def requests(u: Unit) -> Sequence[RightsRequest]:
    """Every request: the open ones first, by their day, then the others, the newest first."""
    is_over = or_(RightsRequest.answered_on.is_not(None), RightsRequest.refused_on.is_not(None))
    rows = u.all(select(RightsRequest).where(~is_over).order_by(RightsRequest.due_on, RightsRequest.number))
    over = u.all(select(RightsRequest).where(is_over).order_by(RightsRequest.number.desc()).limit(200))
    return [*rows, *over]


def request_of(u: Unit, number: int) -> RightsRequest:
    """One request. Raises `NotFound`."""
    row = u.one(select(RightsRequest).where(RightsRequest.number == number))
    if row is None:
        raise NotFound("rights_request")
    return row


def words_of(u: Unit, row: RightsRequest) -> Mapping[str, str]:
    """What was said on both sides; nothing once it was destroyed."""
    if row.key_wrapped is None or row.words_sealed is None:
        return {}
    key = row_key(u, TABLE, row.id, row.key_wrapped)
    found: dict[str, str] = json.loads(opened(u, key, row.words_sealed, (TABLE, row.id, "words_sealed")))
    return found


def is_over(row: RightsRequest) -> bool:
    """Whether it was answered or refused."""
    return row.answered_on is not None or row.refused_on is not None


def answer(u: Unit, number: int, said: str = "") -> RightsRequest:
    """The request, answered today. Raises `Invalid("said")`, `NotFound`, `Conflict` when it is over."""
    row = _open(u, number)
    _say(u, row, "said", said)
    row.answered_on, row.closed_by = local_day(u), u.scope.actor_id
    u.session.flush()
    return row


def refuse(u: Unit, number: int, why: str) -> RightsRequest:
    """The request, refused today: the person is told why, and whom they may turn to (article 12(4)).

    Raises `Invalid("said")` without a reason or with a very long one, `NotFound`, `Conflict`.
    """
    row = _open(u, number)
    if not why.strip():
        raise Invalid("said", reason="empty")
    _say(u, row, "said", why)
    row.refused_on, row.closed_by = local_day(u), u.scope.actor_id
    u.session.flush()
    return row


def extend(u: Unit, number: int, why: str) -> RightsRequest:
    """The request with two more months, once, for a reason that the person is told within the first.

    Raises `Invalid("said")` without a reason, `Refused("extended")` a second time or too late.
    """
    row = _open(u, number)
    if row.extended_on is not None or local_day(u) > row.due_on:
        raise Refused("extended")
    if not why.strip():
        raise Invalid("said", reason="empty")
    _say(u, row, "extended", why)
    row.extended_on = local_day(u)
    row.due_on = due_day(row.received_on, EXTENDED_MONTHS, _holidays(u))
    row.told_before_at = None
    u.session.flush()
    return row


def erase(u: Unit, number: int) -> Forgotten:
    """What was destroyed of the case of a request, which is answered by that.

    Wherever the case stands: one that is open ends by it. Raises `Refused("held")` for one that a hold keeps,
    `Refused("erased")`, `NotFound`, `Conflict`.
    """
    row = _open(u, number)
    if row.case_id is None:
        raise NotFound("case")
    case = locked(u, row.case_id)
    if case.id in held_now(u).cases:
        raise Refused("held")
    gone = forget_words(u, case.id, author(u, None), rule=REQUEST, request=row.number)
    note_destroyed(u, Line(REQUEST, policy(u).number), 1, pieces_of(gone))
    answer(u, number)
    return gone


def remind_of_requests(u: Unit) -> int:
    """How many reminders were written of requests whose day is near or has passed, and was not told."""
    today = local_day(u)
    near = select(RightsRequest).where(
        RightsRequest.answered_on.is_(None),
        RightsRequest.refused_on.is_(None),
        RightsRequest.due_on <= today + AHEAD,
    )
    return sum(_remind(u, row, today) for row in u.all(near.order_by(RightsRequest.number)))


def _remind(u: Unit, row: RightsRequest, today: date) -> int:
    due = Due(
        row.due_on,
        reminded_before=row.told_before_at is not None,
        reminded_late=row.told_late_at is not None,
    )
    which = reminder_of(due, today, AHEAD)
    if which is None:
        return 0
    if which is Reminder.LATE:
        row.told_late_at = u.now
    else:
        row.told_before_at = u.now
    facts = {"request": row.number, "due": row.due_on.isoformat(), "late": which is Reminder.LATE}
    named = set() if row.case_id is None else set(persons_named(u, row.case_id))
    able = {one.person.id for one in members(u) if may(one.role, Permission.MANAGE_RIGHTS)}
    return sum(tell_member(u, Notice.RIGHTS_DUE, person_id, **facts) for person_id in sorted(able - named))


def _next_number(u: Unit) -> int:
    """The next number, from 1; who enters another in the same moment waits for this one."""
    u.run(_COUNT, last=1)
    return u.one(select(RightsCounter.last)) or 1


def _holidays(u: Unit) -> set[date]:
    """The public holidays of the main site, whose closing days move no legal date."""
    return set(WorkCalendar.from_document(calendar_of(u, main_site(u).id).document).holidays)


def _open(u: Unit, number: int) -> RightsRequest:
    row = request_of(u, number)
    if is_over(row):
        raise Conflict("rights_request")
    return row


def _say(u: Unit, row: RightsRequest, name: str, text: str) -> None:
    """Keep what was said. Raises `Invalid("said")` for more than a request holds: nothing is cut unseen."""
    if len(text.strip()) > MOST_WORDS:
        raise Invalid("said", reason="long")
    if not text.strip() or row.key_wrapped is None:
        return
    words = {**words_of(u, row), name: text.strip()}
    key = row_key(u, TABLE, row.id, row.key_wrapped)
    row.words_sealed = sealed(u, key, json.dumps(words), (TABLE, row.id, "words_sealed"))
