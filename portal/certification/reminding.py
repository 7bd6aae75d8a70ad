"""An action is told of twice: before its day, and once it is late. What was told stands with the action.

Nothing compares days for equality: whatever night the job did not run, the next one does what is owed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.certification.queries import due_by
from portal.certification.rules import AHEAD
from portal.notifications.actions import tell_member
from portal.notifications.reminders import Due, Reminder, reminder_of
from portal.notifications.rules import Notice
from portal.people.queries import members, role_in
from portal.people.rules import Permission, may
from portal.tenancy.queries import local_day

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.certification.models import Action
    from portal.core.db import Unit


def remind_of_actions(u: Unit) -> int:
    """How many reminders were written of actions that are due soon, or late, and were not told of before."""
    today = local_day(u)
    return sum(remind(u, action, today) for action in due_by(u, today + AHEAD))


def remind(u: Unit, action: Action, today: date) -> bool:
    """Whether somebody is told of the action now; that they were is kept with it."""
    due = Due(
        action.due_on,
        is_done=action.done_on is not None,
        reminded_before=action.reminded_before_at is not None,
        reminded_late=action.reminded_late_at is not None,
    )
    which = reminder_of(due, today, AHEAD)
    if which is None:
        return False
    facts = {"action": action.number, "due": action.due_on.isoformat(), "late": which is Reminder.LATE}
    told = [tell_member(u, Notice.ACTION_DUE, one, **facts) for one in _whom(u, action.owner_id)]
    if not any(told):
        return False  # nobody works here who could be told: it waits
    if which is Reminder.LATE:
        action.reminded_late_at = u.now
    else:
        action.reminded_before_at = u.now
    return True


def _whom(u: Unit, owner_id: UUID) -> list[UUID]:
    """Who does the action; whoever leads the plan, once that person has left."""
    if role_in(u, owner_id) is not None:
        return [owner_id]
    return [one.person.id for one in members(u) if may(one.role, Permission.MANAGE_ACTIONS)]
