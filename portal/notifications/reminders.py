"""When somebody is reminded of what has a day: once before it, and once it has passed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, timedelta


class Reminder(StrEnum):
    """Which of the two reminders (the value stands in the notice's facts)."""

    BEFORE = "before"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Due:
    """What reminders know of a thing: its day, and which of them were written."""

    due_on: date
    is_done: bool = False
    reminded_before: bool = False
    reminded_late: bool = False


def reminder_of(due: Due, today: date, ahead: timedelta) -> Reminder | None:
    """The reminder to write now, if any; the first one so long before the day at the earliest.

    By facts alone: a night without the job loses none, and none comes twice. What has its day behind it
    without a first reminder gets the second one only: the first would tell what is no longer so.
    """
    if due.is_done:
        return None
    if today > due.due_on:
        return None if due.reminded_late else Reminder.LATE
    is_near = due.due_on - today <= ahead
    return Reminder.BEFORE if is_near and not due.reminded_before else None
