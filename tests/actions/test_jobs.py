"""What happens without anybody asking: each job at its time, once for each structure."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from build import furnished
from mailing import FILER, filed, handling, hired, in_folder, posted, stepped, trap, written_to
from sqlalchemy import event, select

from portal import jobs
from portal.cases.queries import case_by_id
from portal.cases.rules import CaseState
from portal.cli.logs import EVENTS
from portal.core.db import Database, Scope
from portal.core.worktime import WorkCalendar
from portal.jobs import HOUSE, JOBS, RETRY_IN, JobRun, run_due, run_forever
from portal.notifications import sending
from portal.notifications.due import tell_due
from portal.notifications.mailers import FileMailer, NotSent, Why
from portal.notifications.models import JobDue, OutboxRow
from portal.people.actions import open_session, revoke_all
from portal.people.models import AuthSession
from portal.people.rules import Role
from portal.tenancy.actions import set_calendar
from portal.tenancy.jobs import renew_calendars
from portal.tenancy.queries import calendar_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    import pytest
    from build import Furnished, World

    from portal.core.db import Unit
    from portal.notifications.letters import Letter
    from portal.notifications.sending import Delivery, Post


def run(world: World, folder: Path) -> list[JobRun]:
    """The jobs that are due, with mails into a folder."""
    return run_due(world.database, posted(world, FileMailer(folder)))


def state_of(world: World, case_id: UUID) -> CaseState:
    """Where a case of Lyon stands."""
    with world.database.reading(world.lyon.scope) as u:
        return case_by_id(u, case_id).state


def about_dates(world: World) -> list[bool]:
    """Whether each notice about a date says late, in the order of writing."""
    with world.database.reading(world.lyon.scope) as u:
        rows = u.all(select(OutboxRow).where(OutboxRow.notice == "case_due").order_by(OutboxRow.id))
        return [row.facts["late"] for row in rows]


def test_every_job_runs_for_every_structure_and_then_not_before_its_time(
    world: World, tmp_path: Path
) -> None:
    everywhere = {world.lyon.structure.id, world.strasbourg.structure.id}
    wanted = {(job.name, where) for job in JOBS for where in ({HOUSE} if job.of_house else everywhere)}
    assert {(one.job, one.structure_id) for one in run(world, tmp_path)} == wanted
    assert run(world, tmp_path) == []
    world.clock.advance(timedelta(minutes=1))
    assert {one.job for one in run(world, tmp_path)} == {"send_outbox"}
    world.clock.advance(timedelta(days=1))
    assert {(one.job, one.structure_id) for one in run(world, tmp_path)} == wanted


def test_mails_leave_by_the_job(world: World, tmp_path: Path) -> None:
    hired(world, Role.DIRECTOR, "lea")
    hired(world, Role.DIRECTOR, "ines", at=world.strasbourg)
    filed(world)
    filed(world, at=world.strasbourg)
    run(world, tmp_path)
    told = sorted(str(mail["To"]) for mail in written_to(tmp_path))
    assert told == ["ines@passerelle.example", "lea@passerelle.example"]


def test_two_workers_share_the_jobs_and_each_runs_once(world: World, tmp_path: Path) -> None:
    hired(world, Role.DIRECTOR, "lea")
    for number in range(6):
        filed(world, nonce=f"n{number}")
    post = posted(world, FileMailer(tmp_path))
    with ThreadPoolExecutor(2) as workers:
        both = [workers.submit(run_due, world.database, post) for _ in range(2)]
        runs = [one for run in both for one in run.result()]
    assert len({(one.job, one.structure_id) for one in runs}) == len(runs) == 2 * (len(JOBS) - 2) + 2
    assert None not in {one.done for one in runs}
    assert len(written_to(tmp_path)) == 6


def test_a_pause_that_lasted_too_long_ends_and_an_uncontested_answer_closes(
    world: World, tmp_path: Path
) -> None:
    lead = handling(world, hired(world, Role.DIRECTOR, "lea"), Role.DIRECTOR)
    asked, answered = filed(world, "asked"), filed(world, "answered")
    stepped(world, lead, asked.case_id, "acknowledge", "ask")
    stepped(world, lead, answered.case_id, "acknowledge", "answer")
    run(world, tmp_path)
    assert state_of(world, asked.case_id) is CaseState.WAITING_FILER
    assert state_of(world, answered.case_id) is CaseState.ANSWERED
    world.clock.advance(timedelta(days=35))
    runs = {one.job: one.done for one in run(world, tmp_path) if one.structure_id == world.lyon.structure.id}
    assert (runs["cases_expire_pauses"], runs["cases_auto_close"]) == (1, 1)
    assert state_of(world, asked.case_id) is CaseState.IN_PROGRESS
    assert state_of(world, answered.case_id) is CaseState.CLOSED


def test_a_date_is_told_once_on_the_working_day_before_and_once_when_late(world: World) -> None:
    hired(world, Role.DIRECTOR, "lea")
    filed(world)  # Wednesday 24 March 2027, 10:00: to be read by Friday 26
    told: dict[int, datetime] = {}
    for _hour in range(7 * 24):
        with world.database.transaction(world.lyon.scope) as u:
            tell_due(u)  # which the job does every hour: see tests/faults/test_clock.py
        told.setdefault(len(about_dates(world)), world.clock.now().astimezone(ZoneInfo("Europe/Paris")))
        world.clock.advance(timedelta(hours=1))
    assert about_dates(world) == [False, True]
    # Not on Easter Monday, the 29th; each time at the first look after the place has opened.
    assert [(told[number].day, told[number].hour) for number in (1, 2)] == [(25, 9), (30, 9)]


def test_no_mail_about_a_date_that_was_kept_meanwhile(world: World, tmp_path: Path) -> None:
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    in_folder(world, tmp_path / "first")
    world.clock.advance(timedelta(days=1))
    with world.database.transaction(world.lyon.scope) as u:
        assert tell_due(u) == 1
    stepped(world, handling(world, lead), case.case_id, "acknowledge")
    assert in_folder(world, tmp_path / "second") == []


def test_a_named_person_hears_of_no_date(world: World) -> None:
    named = hired(world, Role.SUPERVISOR, "nommee")
    filed(world, mediator_id=named)
    world.clock.advance(timedelta(days=1))
    with world.database.transaction(world.lyon.scope) as u:
        assert tell_due(u) == 0


def test_sessions_that_ended_are_forgotten_and_the_others_stay(world: World, tmp_path: Path) -> None:
    old, busy = hired(world, Role.DIRECTOR, "lea"), hired(world, Role.DIRECTOR, "ines")
    with world.database.transaction(Scope.nobody()) as u:
        open_session(u, old)
        open_session(u, busy)
        revoke_all(u, busy)
    world.clock.advance(timedelta(hours=13))
    with world.database.transaction(Scope.nobody()) as u:
        open_session(u, busy)
    assert {one.job: one.done for one in run(world, tmp_path)}["sweep_sessions"] == 2
    with world.database.reading(Scope.nobody()) as u:
        assert u.all(select(AuthSession.person_id)) == [busy]


def failing(u: Unit) -> int:
    """Write something, then fail."""
    u.add(JobDue(job="half", structure_id=u.structure_id, due_at=u.now))
    raise ZeroDivisionError


def test_a_job_that_fails_is_undone_waits_and_stops_no_other(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tuple(replace(job, within=failing) if job.name == "cases_auto_close" else job for job in JOBS)
    monkeypatch.setattr(jobs, "JOBS", broken)
    runs = run(world, tmp_path)
    assert {one.job for one in runs if one.done is None} == {"cases_auto_close"}
    assert {one.job for one in runs} == {job.name for job in JOBS}
    assert "job cases_auto_close of structure" in caplog.text
    with world.database.reading(Scope.nobody()) as u:
        assert "half" not in u.all(select(JobDue.job))
    assert run(world, tmp_path) == []
    world.clock.advance(RETRY_IN)
    assert "cases_auto_close" in {one.job for one in run(world, tmp_path)}


def test_what_was_destroyed_is_cleared_from_the_file_once_a_night_and_again_until_it_is(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = [False, True]
    monkeypatch.setattr(Database, "settle", lambda _database: looks.pop(0))
    purges = {"protection_purge", "protection_purge_journal"}
    run(sqlite_world, tmp_path)
    assert looks == [True]  # once for every structure and both jobs, although nothing was destroyed
    sqlite_world.clock.advance(RETRY_IN)
    assert {one.job for one in run(sqlite_world, tmp_path)} == {*purges, "send_outbox"}
    sqlite_world.clock.advance(RETRY_IN)
    assert {one.job for one in run(sqlite_world, tmp_path)} == {"send_outbox"}


def tries(world: World, where: Furnished) -> int:
    """How often sending was tried, all notices of a structure together."""
    with world.database.reading(where.scope) as u:
        return sum(u.all(select(OutboxRow.attempts)))


def test_a_dead_mail_server_is_asked_once_for_all_structures(sqlite_world: World) -> None:
    hired(sqlite_world, Role.DIRECTOR, "lea")
    hired(sqlite_world, Role.DIRECTOR, "ines", at=sqlite_world.strasbourg)
    filed(sqlite_world)
    filed(sqlite_world, at=sqlite_world.strasbourg)
    third = furnished(sqlite_world.database, "petite", "PET", "Petite", "metropole")
    hired(sqlite_world, Role.DIRECTOR, "awa", at=third)
    filed(sqlite_world, at=third)
    everybody = (sqlite_world.lyon, sqlite_world.strasbourg, third)
    run_due(sqlite_world.database, posted(sqlite_world, trap().mailer))
    assert sorted(tries(sqlite_world, one) for one in everybody) == [0, 1, 1]


@dataclass(frozen=True)
class Choosy:
    """A mail server that cuts the line after every letter to one person."""

    disliked: str
    sender: str | None = None
    taken: list[str] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        """Take it, or cut the line."""
        if letter.recipient == self.disliked:
            raise NotSent(Why.UNREACHABLE)
        self.taken.append(letter.recipient)


def test_many_letters_that_the_server_cuts_hold_up_no_other_structure(sqlite_world: World) -> None:
    hired(sqlite_world, Role.DIRECTOR, "lea")
    hired(sqlite_world, Role.DIRECTOR, "ines", at=sqlite_world.strasbourg)
    for number in range(5):
        filed(sqlite_world, nonce=f"n{number}")
    sqlite_world.clock.advance(timedelta(seconds=1))
    filed(sqlite_world, at=sqlite_world.strasbourg)
    mailer = Choosy("lea@passerelle.example")
    run_due(sqlite_world.database, posted(sqlite_world, mailer))
    assert "ines@passerelle.example" in mailer.taken
    assert tries(sqlite_world, sqlite_world.lyon) == 1


def test_a_run_of_mail_ends_so_that_other_jobs_and_new_mail_have_their_turn(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hired(sqlite_world, Role.DIRECTOR, "lea")
    hired(sqlite_world, Role.DIRECTOR, "ines", at=sqlite_world.strasbourg)
    filed(sqlite_world)
    filed(sqlite_world, at=sqlite_world.strasbourg)
    both = (sqlite_world.lyon, sqlite_world.strasbourg)
    monkeypatch.setattr(sending, "monotonic", iter((0.0, 1.0, 61.0)).__next__)
    run(sqlite_world, tmp_path)
    assert sorted(tries(sqlite_world, one) > 0 for one in both) == [False, True]
    monkeypatch.undo()
    sqlite_world.clock.advance(timedelta(minutes=1))
    run(sqlite_world, tmp_path)
    assert all(tries(sqlite_world, one) > 0 for one in both)


def test_more_structures_than_are_looked_at_at_once_are_all_served(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_AT_ONCE", 1)
    monkeypatch.setattr(jobs, "_ENTERED_AT_ONCE", 2)
    test_every_job_runs_for_every_structure_and_then_not_before_its_time(world, tmp_path / "jobs")
    world.clock.advance(timedelta(minutes=1))
    test_mails_leave_by_the_job(world, tmp_path / "mails")


def test_what_is_due_is_found_without_reading_what_is_not(sqlite_world: World, tmp_path: Path) -> None:
    run(sqlite_world, tmp_path)
    seen: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        seen.append((given[2], given[3]))

    event.listen(sqlite_world.database.engine, "before_cursor_execute", note)
    jobs._due(sqlite_world.database)
    ((text, values),) = [one for one in seen if one[0].count("due_at") > 1]
    with closing(sqlite3.connect(str(sqlite_world.database.engine.url.database))) as database:
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {text}", values)]
    assert any("ix_job_due_job (job=? AND due_at" in step for step in plan), plan
    assert not any(step.startswith("SCAN job_due") for step in plan), plan


def test_the_mail_of_one_structure_that_cannot_be_read_holds_up_no_other(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hired(world, Role.DIRECTOR, "lea")
    hired(world, Role.DIRECTOR, "ines", at=world.strasbourg)
    filed(world)
    filed(world, at=world.strasbourg)
    whole = sending.send_due

    def broken(database: Database, scope: Scope, post: Post) -> Delivery:
        if scope.structure_id == world.lyon.structure.id:
            raise ZeroDivisionError
        return whole(database, scope, post)

    monkeypatch.setattr(sending, "send_due", broken)
    assert {one.job: one.done for one in run(world, tmp_path)}["send_outbox"] is None
    assert [mail["To"] for mail in written_to(tmp_path)] == ["ines@passerelle.example"]
    told = [record for record in caplog.records if record.msg in EVENTS and "structure" in record.msg]
    assert ("mail of structure %d could not be sent", (world.lyon.structure.id,)) in [
        (record.msg, record.args) for record in told
    ]
    monkeypatch.undo()
    world.clock.advance(timedelta(minutes=1))
    assert {one.job: one.done for one in run(world, tmp_path)}["send_outbox"] == 1


def test_structures_without_mail_are_not_asked_one_by_one(world: World, tmp_path: Path) -> None:
    """A minute must hold the looks of ten thousand structures."""

    def asked() -> int:
        statements: list[str] = []

        def note(*given: Any) -> None:
            statements.append(given[2])

        world.clock.advance(timedelta(minutes=1))
        for engine in world.database.engines:
            event.listen(engine, "before_cursor_execute", note)
        run(world, tmp_path)
        for engine in world.database.engines:
            event.remove(engine, "before_cursor_execute", note)
        return len(statements)

    run(world, tmp_path)
    few = asked()
    for number in range(6):
        furnished(world.database, f"petite-{number}", f"PE{chr(ord('A') + number)}", "Petite", "metropole")
    run(world, tmp_path)
    assert asked() == few > 0


def test_the_loop_runs_what_is_due_and_ends_when_told(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hired(sqlite_world, Role.DIRECTOR, "lea")
    filed(sqlite_world)
    stop, looks = Event(), []

    def looking(*given: object) -> list[JobRun]:
        looks.append(given)
        if len(looks) == 1:
            raise ConnectionError
        stop.set()
        return run(sqlite_world, tmp_path)

    monkeypatch.setattr(jobs, "REST", 0.01)
    monkeypatch.setattr(jobs, "run_due", looking)
    run_forever(sqlite_world.database, posted(sqlite_world, FileMailer(tmp_path)), stop)
    assert len(looks) == 2
    assert len(written_to(tmp_path)) == 1


def test_the_filer_hears_that_time_has_closed_their_case(world: World, tmp_path: Path) -> None:
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    stepped(world, handling(world, lead, Role.DIRECTOR), case.case_id, "acknowledge", "answer")
    run(world, tmp_path)
    before = [mail["To"] for mail in written_to(tmp_path)].count(FILER)
    world.clock.advance(timedelta(days=35))
    run(world, tmp_path)
    assert [mail["To"] for mail in written_to(tmp_path)].count(FILER) == before + 1


def test_public_holidays_are_known_years_ahead_for_ever(world: World) -> None:
    for _ in range(12):
        world.clock.advance(timedelta(days=365))
        with world.database.transaction(world.strasbourg.scope) as u:
            renewed = renew_calendars(u)
            assert renew_calendars(u) == 0
            row = calendar_of(u, world.strasbourg.site.id)
        known = WorkCalendar.from_document(row.document)
        year = world.clock.now().year
        assert date(year + 2, 12, 26) in known.holidays
        assert renewed in {0, 1}
    assert row.number > 3
    assert row.zone == "alsace_moselle"


def test_a_new_calendar_keeps_the_hours_that_were_set(world: World) -> None:
    site = world.lyon.site.id
    opening = {0: ((time(9), time(12)),)}
    with world.database.transaction(world.lyon.scope) as u:
        set_calendar(u, site, zone="metropole", opening=opening, closures={date(2031, 8, 2): "Été"})
    world.clock.advance(timedelta(days=3 * 365))
    with world.database.transaction(world.lyon.scope) as u:
        assert renew_calendars(u) == 1
        known = WorkCalendar.from_document(calendar_of(u, site).document)
    assert (dict(known.opening), dict(known.closures)) == (opening, {date(2031, 8, 2): "Été"})
