"""The outbox is emptied: a notice is taken in one transaction, sent outside any, and marked in another.

A notice that was taken is nobody else's until its lease ends, so two workers never send one both. What is not
known (a line cut after DATA, a worker that died) is sent again under the same Message-ID: never none, and a
duplicate that shows itself as one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from secrets import SystemRandom
from time import monotonic
from typing import TYPE_CHECKING

from portal.core.db import Scope
from portal.core.errors import NotFound
from portal.notifications.letters import letter_of, usual_sender
from portal.notifications.mailers import NotSent, Why
from portal.notifications.queries import notice_of, waiting, with_mail
from portal.notifications.rules import LEASE, delay_after
from portal.tenancy.queries import structure_ids

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from portal.core.db import Database
    from portal.notifications.letters import Letter, Render
    from portal.notifications.mailers import Mailer
    from portal.notifications.models import OutboxRow

log = logging.getLogger("portal.notifications")

MOST = 500
"""Notices of one structure in one run; the others wait for the next."""
_AT_ONCE = 1_000
"""Structures whose outboxes are looked at by one query."""
_MOST_CUTS = 2
"""Structures in succession after which the mail server is taken to be away, and not one letter to be odd."""
_LONGEST_SECONDS = 60.0
"""Of a run: other jobs wait meanwhile, and mail that was written since it began."""


@dataclass(frozen=True, slots=True)
class Post:
    """What sending needs: where links lead, who writes the text, who takes it out."""

    base_url: str
    render: Render
    mailer: Mailer

    @property
    def sender(self) -> str:
        """The address that our mails come from."""
        return self.mailer.sender or usual_sender(self.base_url)


@dataclass(slots=True)
class Delivery:
    """What became of the notices that were due."""

    sent: int = 0
    postponed: int = 0
    given_up: int = 0
    moot: int = 0
    """Nobody needed them any more."""
    is_cut: bool = False
    """Whether the mail server took nothing, so that it is no use to go on now."""


def send_waiting(database: Database, post: Post) -> int:
    """How many notices of all structures left.

    Structures without mail cost next to nothing: of ten thousand, a few have any at a given minute. One after
    which the mail server took nothing is passed over; when two follow each other, or the time of a run is
    over, the others wait for the next one. Raises what went wrong with one, once the others had their turn.
    """
    faults, total, cuts = list[Exception](), 0, 0
    ends_at = monotonic() + _LONGEST_SECONDS
    for structure_id in _with_mail(database):
        if cuts == _MOST_CUTS or monotonic() > ends_at:
            break
        try:
            delivery = send_due(database, Scope.of(structure_id), post)
        except Exception as fault:
            log.exception("mail of structure %d could not be sent", structure_id)
            faults.append(fault)
            continue
        total += delivery.sent
        cuts = cuts + 1 if delivery.is_cut else 0
    if faults:
        raise faults[0]
    return total


def _with_mail(database: Database) -> list[int]:
    """The structures that have something to send now, in any order: so nobody is always behind another."""
    with database.reading(Scope.nobody()) as u:
        everywhere = structure_ids(u)
    found: list[int] = []
    for start in range(0, len(everywhere), _AT_ONCE):
        with database.reading(Scope.nobody().reading(everywhere[start : start + _AT_ONCE])) as u:
            found += with_mail(u)
    SystemRandom().shuffle(found)
    return found


def send_due(database: Database, scope: Scope, post: Post) -> Delivery:
    """What became of the notices of the structure in scope that were due."""
    delivery = Delivery()
    for _ in range(MOST):
        row = _take(database, scope)
        if row is None:
            break
        _deliver(database, scope, post, row, delivery)
        if delivery.is_cut:
            break
    return delivery


def _take(database: Database, scope: Scope) -> OutboxRow | None:
    """The next notice that is due, leased to this worker and counted as tried; None when there is none."""
    with database.reading(scope) as u:
        if u.one(waiting(u.now)) is None:
            return None
    with database.transaction(scope) as u:
        row = u.one(waiting(u.now).with_for_update(skip_locked=True))
        if row is not None:
            row.attempts += 1
            row.next_try_at = u.now + LEASE
            u.session.flush()
        return row


def _deliver(database: Database, scope: Scope, post: Post, row: OutboxRow, delivery: Delivery) -> None:
    """Send one notice, and note what became of it."""
    retry_in = delay_after(row.attempts)
    try:
        letter = _letter(database, scope, post, row)
        if letter is not None:
            post.mailer.send(letter)
    except NotSent as fault:
        log.warning("notice %s not sent: %s", row.id.hex, fault)
        delivery.is_cut = fault.why is Why.UNREACHABLE
        retry_in = None if fault.why is Why.REFUSED else retry_in
    except Exception:
        # One notice that cannot be written, for whatever reason, must not hold back all that wait behind it.
        log.exception("notice %s could not be written", row.id.hex)
    else:
        delivery.sent += letter is not None
        delivery.moot += letter is None
        _end(database, scope, row.id, is_sent=letter is not None)
        return
    if retry_in is not None:
        delivery.postponed += 1
        _postpone(database, scope, row.id, retry_in)
        return
    log.error("notice %s given up after %s tries", row.id.hex, row.attempts)
    delivery.given_up += 1
    _end(database, scope, row.id, is_sent=False)


def _letter(database: Database, scope: Scope, post: Post, row: OutboxRow) -> Letter | None:
    """The mail; None when there is nobody or nothing to tell any more."""
    try:
        with database.reading(scope) as u:
            return letter_of(u, row, base_url=post.base_url, sender=post.sender, render=post.render)
    except NotFound:
        return None  # the case or the keys were destroyed meanwhile


def _end(database: Database, scope: Scope, row_id: UUID, *, is_sent: bool) -> None:
    """The notice is over, and the address in it destroyed."""
    with database.transaction(scope) as u:
        row = notice_of(u, row_id)
        if row is not None:
            row.address_sealed = None
            row.sent_at, row.given_up_at = (u.now, None) if is_sent else (None, u.now)


def _postpone(database: Database, scope: Scope, row_id: UUID, retry_in: timedelta) -> None:
    with database.transaction(scope) as u:
        row = notice_of(u, row_id)
        if row is not None:
            row.next_try_at = u.now + retry_in
