"""Which notices leave the house, to whom, and how long they are tried. Pure.

A mail lies for years where we cannot reach it: staff read a reference and a date in it, a filer reads nothing
of their case at all, the same bytes for a question, an answer or an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Notice(StrEnum):
    """What is told (stored by value)."""

    CASE_FILED = "case_filed"
    FILER_REPLIED = "filer_replied"
    CASE_DUE = "case_due"
    CASE_NEWS = "case_news"
    ACTION_DUE = "action_due"
    RIGHTS_DUE = "rights_due"
    WEEK = "week"
    NETWORK_REMINDER = "network_reminder"
    PARTNER_FILED = "partner_filed"
    PARTNER_LINK = "partner_link"
    PARTNER_MONTH = "partner_month"
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 -- a kind of notice


class Waiting(StrEnum):
    """What a case asks for in the mail of the week (the value stands in the notice's facts)."""

    PROMISE = "promise"
    CHECK = "check"
    CALL = "call"


class ToWhom(StrEnum):
    """Who reads a notice."""

    HANDLERS = "handlers"
    FILER = "filer"
    PARTNER = "partner"
    INVITED = "invited"
    MEMBER = "member"
    COLLEAGUE = "colleague"


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice's line: its text, of which the first line is the subject, and who reads it."""

    template: str
    to: ToWhom


NOTICES: dict[Notice, NoticeRow] = {
    Notice.CASE_FILED: NoticeRow("mail/case_filed.txt", ToWhom.HANDLERS),
    Notice.FILER_REPLIED: NoticeRow("mail/filer_replied.txt", ToWhom.HANDLERS),
    Notice.CASE_DUE: NoticeRow("mail/case_due.txt", ToWhom.HANDLERS),
    Notice.CASE_NEWS: NoticeRow("mail/case_news.txt", ToWhom.FILER),
    Notice.ACTION_DUE: NoticeRow("mail/action_due.txt", ToWhom.COLLEAGUE),
    Notice.RIGHTS_DUE: NoticeRow("mail/rights_due.txt", ToWhom.COLLEAGUE),
    Notice.WEEK: NoticeRow("mail/week.txt", ToWhom.COLLEAGUE),
    Notice.NETWORK_REMINDER: NoticeRow("mail/network_reminder.txt", ToWhom.COLLEAGUE),
    Notice.PARTNER_FILED: NoticeRow("mail/partner_filed.txt", ToWhom.PARTNER),
    Notice.PARTNER_LINK: NoticeRow("mail/partner_link.txt", ToWhom.PARTNER),
    Notice.PARTNER_MONTH: NoticeRow("mail/partner_month.txt", ToWhom.PARTNER),
    Notice.INVITATION: NoticeRow("mail/invitation.txt", ToWhom.INVITED),
    Notice.PASSWORD_RESET: NoticeRow("mail/password_reset.txt", ToWhom.MEMBER),
}

RESET_AGAIN = timedelta(minutes=5)
"""A mailbox is not filled by whoever knows its address."""
LEASE = timedelta(minutes=15)
"""How long a worker that took a notice has for it; a worker that died gives it free after that."""
DELAYS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
LATER_DELAY = timedelta(hours=4)
MAX_TRIES = 24
"""A little more than three days of trying."""


def delay_after(tries: int) -> timedelta | None:
    """How long to wait after so many tries that failed: longer each time; None when it is given up."""
    if tries >= MAX_TRIES:
        return None
    return DELAYS[tries - 1] if 1 <= tries <= len(DELAYS) else LATER_DELAY
