"""When a request about one's data must be answered: Regulation 1182/71, article 3, day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.notifications.reminders import Due, Reminder, reminder_of
from portal.protection.rights import AHEAD, due_day
from portal.protection.rules import RETENTION, Kept, check_months, months_before, months_of

DAYS = st.dates(date(2020, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("received", "months", "holidays", "due"),
    [
        (date(2027, 3, 24), 1, (), date(2027, 4, 26)),  # 24 April is a Saturday
        (date(2027, 1, 29), 1, (), date(2027, 3, 1)),  # 28 February is the last of the month, and a Sunday
        (date(2028, 1, 31), 1, (), date(2028, 2, 29)),
        (date(2027, 4, 6), 1, (date(2027, 5, 6),), date(2027, 5, 7)),  # Ascension Day
        (date(2027, 3, 24), 3, (), date(2027, 6, 24)),
        (date(2027, 10, 31), 1, (date(2027, 11, 30),), date(2027, 12, 1)),
    ],
)
def test_a_month_ends_on_the_same_date_or_the_next_working_day(
    received: date, months: int, holidays: tuple[date, ...], due: date
) -> None:
    assert due_day(received, months, holidays) == due


@given(DAYS, st.integers(1, 3), st.sets(DAYS, max_size=5))
def test_a_last_day_is_a_working_day_never_before_the_month_is_over(
    received: date, months: int, holidays: set[date]
) -> None:
    due = due_day(received, months, holidays)
    assert due.weekday() < 5
    assert due not in holidays
    assert months_before(received, -months) <= due <= months_before(received, -months) + timedelta(days=9)


@given(DAYS, st.integers(0, 60))
def test_so_many_months_before_is_never_later_than_it_says(day: date, months: int) -> None:
    earlier = months_before(day, months)
    assert earlier.day <= day.day
    assert (day.year - earlier.year) * 12 + day.month - earlier.month == months


def test_each_request_is_told_of_before_its_day_and_once_when_it_has_passed() -> None:
    due, told = date(2027, 4, 26), []
    waiting = Due(due)
    for n in range(60):
        today = date(2027, 3, 24) + timedelta(days=n)
        which = reminder_of(waiting, today, AHEAD)
        if which is not None:
            told.append((which, today))
            waiting = Due(
                due,
                reminded_before=waiting.reminded_before or which is Reminder.BEFORE,
                reminded_late=waiting.reminded_late or which is Reminder.LATE,
            )
    assert told == [(Reminder.BEFORE, due - AHEAD), (Reminder.LATE, due + timedelta(days=1))]


@given(st.dictionaries(st.sampled_from(Kept), st.integers(-3, 80)))
def test_a_policy_never_keeps_longer_than_the_schedule(chosen: dict[Kept, int]) -> None:
    is_good = all(RETENTION[kept].least <= n <= RETENTION[kept].months for kept, n in chosen.items())
    if not is_good:
        with pytest.raises(Invalid):
            check_months(chosen)
        return
    document = check_months(chosen)
    for kept in Kept:
        assert months_of(document, kept) == chosen.get(kept, RETENTION[kept].months)
    assert months_of({kept.value: 900 for kept in Kept}, Kept.CASE) == RETENTION[Kept.CASE].months
