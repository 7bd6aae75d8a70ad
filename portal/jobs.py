"""What happens without anybody asking: one table of jobs, and the loop that runs what is due.

When a job runs next stands in a global table without personal data; the job itself runs in a transaction of
one structure, with its scope (decisions, 26). Whoever moves the due time first has the job: the others, in
whatever process, find it not due any more.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError

from portal.cases.jobs import auto_close, expire_pauses
from portal.certification import forgetting
from portal.certification.reminding import remind_of_actions
from portal.certification.weekly import tell_week
from portal.core.db import Database, Scope
from portal.notifications.due import tell_due
from portal.notifications.models import JobDue
from portal.notifications.partners import tell_partners
from portal.notifications.sending import send_waiting
from portal.people.jobs import sweep_sessions
from portal.protection.finding import coming
from portal.protection.purging import purge, purge_journal
from portal.protection.requests import remind_of_requests
from portal.protection.rules import Kept
from portal.records.actions import forget_files
from portal.tenancy.jobs import renew_calendars
from portal.tenancy.models import Structure

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from sqlalchemy import ColumnElement

    from portal.core.db import Unit
    from portal.notifications.sending import Post

log = logging.getLogger("portal.jobs")

HOUSE = 0
"""In place of a structure's id: the job is of the whole installation."""
REST = 20.0
"""Seconds between two looks at the table."""
_ENTERED_AT_ONCE = 500
"""Rows in one transaction: residents write in between."""
_CLOCKS_APART = timedelta(minutes=5)
"""How far the clocks of two workers may stand apart."""
RETRY_IN = timedelta(minutes=5)
"""When a job that failed is tried again, unless it comes sooner by itself."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job: how often it runs, and what it does.

    `within` runs in the transaction that claimed it, so that it happens once or not at all; `sends` runs
    after that transaction, since nobody may wait for a mail server with a transaction open, and for all
    structures together: it comes often, and few of them have mail.
    """

    name: str
    every: timedelta
    within: Callable[[Unit], int] | None = None
    sends: Callable[[Database, Post], int] | None = None
    after: Callable[[Database], bool] | None = None
    """What is done once for all structures when they are through; on False the job comes again soon."""
    of_house: bool = False

    def is_due(self, due_at: datetime, now: datetime) -> bool:
        """Whether its time has come, or lies further ahead than it ever does: the clock was set back."""
        return due_at <= now or due_at > now + self.every + _CLOCKS_APART


PLAN = {
    Kept.ACTION_WORDS: forgetting.ACTIONS,
    Kept.REVIEW_WORDS: forgetting.REVIEWS,
    Kept.OBSERVATION_WORDS: forgetting.OBSERVATIONS,
    Kept.CAMPAIGN_WORDS: forgetting.CAMPAIGNS,
    Kept.GIVEN_WORDS: forgetting.SENTENCES,
    Kept.THANKS_WORDS: forgetting.THANKS,
}
"""Words of the plan that have an end: protection and plan do not know each other."""


def purge_all(u: Unit) -> int:
    """How many things were destroyed, the words of the plan among them."""
    return purge(u, PLAN)


def tell_of_week(u: Unit) -> int:
    """How many were told of their week, and, who sets the durations, of what will be destroyed soon."""
    return tell_week(u, to_destroy=lambda: sum(coming(u, PLAN).values()))


def settled(database: Database) -> bool:
    """Whether nothing of what was destroyed lies in a file any more, an earlier run included.

    A reader keeps old pages alive (`Database.settle`). On PostgreSQL VACUUM sees to them.
    """
    return database.engine.dialect.name != "sqlite" or database.settle()


JOBS: tuple[Job, ...] = (
    Job("cases_expire_pauses", timedelta(hours=1), within=expire_pauses),
    Job("cases_auto_close", timedelta(hours=1), within=auto_close),
    Job("cases_due_notices", timedelta(hours=1), within=tell_due),
    Job("plan_reminders", timedelta(hours=1), within=remind_of_actions),
    Job("plan_week", timedelta(hours=1), within=tell_of_week),
    Job("tenancy_renew_calendars", timedelta(days=1), within=renew_calendars),
    Job("protection_rights", timedelta(hours=1), within=remind_of_requests),
    Job("protection_purge", timedelta(days=1), within=purge_all, after=settled),
    Job("protection_purge_journal", timedelta(days=1), within=purge_journal, after=settled),
    Job("records_forget_files", timedelta(days=1), within=forget_files),
    Job("partners_month", timedelta(hours=6), within=tell_partners),
    Job("sweep_sessions", timedelta(hours=1), within=sweep_sessions, of_house=True),
    Job("send_outbox", timedelta(minutes=1), sends=send_waiting, of_house=True),
)
"""Notices of dates come hourly and tell each date once, in the hours of the place."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job that ran: for which structure (`HOUSE`: none), and how much it did; None when it failed."""

    job: str
    structure_id: int
    done: int | None


def run_due(database: Database, post: Post) -> list[JobRun]:
    """The jobs that were due and that this process got, in the order of `JOBS`; each failure is its own."""
    due = _due(database)
    runs: list[JobRun] = []
    for job in JOBS:
        for structure_id in sorted(where for name, where in due if name == job.name):
            run = _run(database, post, job, structure_id)
            runs += [run] if run else []
    _finish(database, [run for run in runs if run.done is not None])
    return runs


def run_forever(database: Database, post: Post, stop: Event) -> None:
    """Run what is due, look again every twenty seconds; return once `stop` is set and the job is done."""
    while not stop.is_set():
        try:
            run_due(database, post)
        except Exception:
            log.exception("jobs could not be looked up")  # the database is away: it may come back
        stop.wait(REST)


def lag(database: Database) -> timedelta:
    """For how long the job that should have run first has been due; nothing when none is."""
    with database.reading(Scope.nobody()) as u:
        first = min((due_at for job in JOBS if (due_at := _first(u, job))), default=u.now)
        return max(u.now - first, timedelta())


def _first(u: Unit, job: Job) -> datetime | None:
    if job.of_house:
        wanted = select(JobDue.due_at).where(JobDue.job == job.name, JobDue.structure_id == HOUSE)
    else:
        wanted = select(JobDue.due_at).join(*_STRUCTURE).where(JobDue.job == job.name)
    return u.one(wanted.order_by(JobDue.due_at).limit(1))


def _due(database: Database) -> list[tuple[str, int]]:
    """Which jobs are due where; one that is not in the table yet is put there, due now."""
    with database.reading(Scope.nobody()) as u:
        missing = [(job.name, where) for job in JOBS for where in _without(u, job)]
    for start in range(0, len(missing), _ENTERED_AT_ONCE):
        _enter(database, missing[start : start + _ENTERED_AT_ONCE])
    with database.reading(Scope.nobody()) as u:
        its_time = or_(*(_is_due(job, u.now) for job in JOBS))
        found = select(JobDue.job, JobDue.structure_id).outerjoin(*_STRUCTURE).where(its_time)
        return [(name, where) for name, where in u.rows(found)]


_STRUCTURE = (Structure, Structure.id == JobDue.structure_id)
"""What a row is due for: rows of a structure that left stand for nothing."""


def _without(u: Unit, job: Job) -> list[int]:
    """Where a job has no row yet."""
    if job.of_house:
        row = u.one(select(JobDue.job).where(JobDue.job == job.name, JobDue.structure_id == HOUSE))
        return [] if row else [HOUSE]
    its_row = and_(JobDue.structure_id == Structure.id, JobDue.job == job.name)
    return list(u.all(select(Structure.id).outerjoin(JobDue, its_row).where(JobDue.job.is_(None))))


def _is_due(job: Job, now: datetime) -> ColumnElement[bool]:
    """`Job.is_due`, for a query over the table and its structures."""
    where = JobDue.structure_id == HOUSE if job.of_house else Structure.id.is_not(None)
    ahead = now + job.every + _CLOCKS_APART
    return and_(JobDue.job == job.name, where, or_(JobDue.due_at <= now, JobDue.due_at > ahead))


def _enter(database: Database, missing: list[tuple[str, int]]) -> None:
    try:
        with database.transaction(Scope.nobody()) as u:
            rows = [JobDue(job=job, structure_id=where, due_at=u.now) for job, where in missing]
            u.session.add_all(rows)
            u.session.flush()
    except IntegrityError:
        return  # another process entered them at the same moment


def _run(database: Database, post: Post, job: Job, structure_id: int) -> JobRun | None:
    """What the job did; None if another process has it."""
    scope = Scope.nobody() if structure_id == HOUSE else Scope.of(structure_id)
    try:
        with database.transaction(scope) as u:
            if not _claimed(u, job, structure_id):
                return None
            done = job.within(u) if job.within else 0
        if job.sends is not None:
            done = job.sends(database, post)
    except Exception:
        log.exception("job %s of structure %s failed", job.name, structure_id)
        _put_off(database, scope, job, structure_id)
        return JobRun(job.name, structure_id, None)
    return JobRun(job.name, structure_id, done)


def _claimed(u: Unit, job: Job, structure_id: int) -> bool:
    """Whether this transaction has the job: its due time is moved before anything else happens."""
    row = _row(u, job, structure_id)
    if row is None or not job.is_due(row.due_at, u.now):
        return False
    row.due_at = u.now + job.every
    u.session.flush()
    return True


def _finish(database: Database, runs: list[JobRun]) -> None:
    """Do once what comes after these jobs; where that is not possible yet, they come again soon."""
    ran = [(job, run.structure_id) for job in JOBS for run in runs if run.job == job.name]
    for after in {job.after: None for job, _ in ran if job.after is not None}:
        if not after(database):
            for job, structure_id in ran:
                if job.after is after:
                    _sooner(database, job, structure_id)


def _sooner(database: Database, job: Job, structure_id: int) -> None:
    scope = Scope.nobody() if structure_id == HOUSE else Scope.of(structure_id)
    with database.transaction(scope) as u:
        row = _row(u, job, structure_id)
        if row is not None:
            row.due_at = u.now + min(job.every, RETRY_IN)


def _put_off(database: Database, scope: Scope, job: Job, structure_id: int) -> None:
    """A job that failed waits, so that it does not fail again at each look."""
    with database.transaction(scope) as u:
        row = _row(u, job, structure_id)
        if row is not None:
            retry_at = u.now + min(job.every, RETRY_IN)
            row.due_at = retry_at if job.is_due(row.due_at, u.now) else max(row.due_at, retry_at)


def _row(u: Unit, job: Job, structure_id: int) -> JobDue | None:
    wanted = select(JobDue).where(JobDue.job == job.name, JobDue.structure_id == structure_id)
    return u.one(wanted.with_for_update(skip_locked=True))
