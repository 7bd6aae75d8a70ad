"""Clocks that are set back, nights that have 23 or 25 hours, and a day that comes every four years.

A machine whose clock was wrong is put right by stepping it back: for an hour, what it wrote lies ahead.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from mailing import FILER, filed, handling, hired, posted, stepped, written_to
from phone import Phone
from sqlalchemy import func, select
from staff import PASSWORD, signed_in

from portal import jobs
from portal.cases.chain import verify
from portal.cases.models import Case
from portal.cases.queries import case_by_id, clocks_of
from portal.cases.rules import CaseState, ClockName
from portal.jobs import JOBS, JobRun, run_due
from portal.notifications.mailers import FileMailer
from portal.notifications.models import OutboxRow
from portal.people.rules import Role
from portal.questionnaires.models import Response
from portal.web.throttle import Limit, Throttle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from build import World

HOUR = timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")
NIGHTS = {
    "the hour that is skipped": datetime(2027, 3, 26, 20, 0, tzinfo=UTC),
    "the hour that comes twice": datetime(2027, 10, 29, 19, 0, tzinfo=UTC),
}
"""Friday evenings before the clocks change, on 28 March and 31 October 2027."""


def run(world: World, folder: Path) -> list[JobRun]:
    """The jobs that are due, with mails into a folder."""
    return run_due(world.database, posted(world, FileMailer(folder)))


@pytest.fixture
def dates_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all jobs only the one that tells dates, which runs a hundred times here."""
    monkeypatch.setattr(jobs, "JOBS", tuple(job for job in JOBS if job.name == "cases_due_notices"))


def number_of(world: World, model: type) -> int:
    """How many rows there are in Lyon."""
    with world.database.reading(world.lyon.scope) as u:
        return u.one(select(func.count()).select_from(model)) or 0


def about_dates(world: World) -> Counter[tuple[str, bool]]:
    """How often each case was told of, by its reference and whether it was late."""
    with world.database.reading(world.lyon.scope) as u:
        rows = u.all(select(OutboxRow).where(OutboxRow.notice == "case_due"))
        return Counter((row.facts["reference"], row.facts["late"]) for row in rows)


def test_what_was_opened_before_the_step_is_kept_once_after_it(world: World) -> None:
    code = world.lyon.code.code
    tap, words = Phone.at(world, f"/q/{code}/fr"), Phone.at(world, f"/q/{code}/fr/complaint")
    answer, complaint = (
        {"token": tap.token, "answer": "good"},
        {
            "token": words.token,
            "message": "Personne n’est venu.",
            "contact_kind": "none",
            "identity": "nobody",
        },
    )
    before = words.client.post(words.path, data=complaint)
    assert tap.client.post(tap.path, data=answer).status_code == 303
    world.clock.advance(-HOUR)
    assert tap.client.post(tap.path, data=answer).status_code == 303
    after = words.client.post(words.path, data=complaint)
    assert (before.status_code, after.status_code) == (303, 303)
    assert (number_of(world, Response), number_of(world, Case)) == (1, 1)
    receipts = [words.client.get(one.location) for one in (before, after)]
    assert [one.status_code for one in receipts] == [200, 200]
    numbers = {re.findall(r"\d{6} \d{10} \d{2}", re.sub(r"<[^>]+>", "", one.text))[0] for one in receipts}
    assert len(numbers) == 1


def test_a_form_from_further_ahead_gives_the_words_back(sqlite_world: World) -> None:
    phone = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr/complaint")
    sqlite_world.clock.advance(timedelta(days=-1))
    page = phone.send(message="Personne n’est venu.", contact_kind="none", identity="nobody")
    assert page.status_code == 410
    assert "Personne n’est venu." in page.text
    assert (
        phone.send(message="Personne n’est venu.", contact_kind="none", identity="nobody").status_code == 200
    )
    assert number_of(sqlite_world, Case) == 1


def test_who_is_signed_in_stays_so_and_who_mistyped_gets_in(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    typed = {"email": lead.email, "password": "x"}
    client = sqlite_world.app.test_client()
    for _ in range(8):  # a quarter of an hour to wait, at most
        client.post("/sign-in", data=typed)
    assert client.post("/sign-in", data={**typed, "password": PASSWORD}).status_code != 303
    sqlite_world.clock.advance(-HOUR)
    assert lead.get("/s/passerelle/cases").status_code == 200
    assert client.post("/sign-in", data={**typed, "password": PASSWORD}).status_code == 303


def test_a_visitor_who_was_slowed_waits_no_hour_more() -> None:
    throttle, limit = Throttle(), Limit("trial", tries=3, within=timedelta(minutes=10))
    now = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
    for _ in range(3):
        throttle.note(limit, "203.0.113.9", now=now)
    throttle.check(limit, "203.0.113.9", now=now - HOUR)


def test_jobs_and_mails_go_on_after_the_step_and_none_comes_twice(world: World, tmp_path: Path) -> None:
    hired(world, Role.DIRECTOR, "lea")
    run(world, tmp_path)
    filed(world, "before")
    world.clock.advance(-HOUR)
    filed(world, "after")
    assert {one.job for one in run(world, tmp_path)} == {job.name for job in JOBS}
    assert len(written_to(tmp_path)) == 2
    assert run(world, tmp_path) == []
    for _ in range(3):
        world.clock.advance(HOUR)
        run(world, tmp_path)
    assert len(written_to(tmp_path)) == 2


def test_a_new_password_can_be_asked_for_after_the_step(sqlite_world: World, tmp_path: Path) -> None:
    lead = signed_in(sqlite_world)
    for _ in range(2):
        sqlite_world.app.test_client().post("/forgotten-password", data={"email": lead.email})
        run(sqlite_world, tmp_path)
        sqlite_world.clock.advance(-HOUR)
    links = [mail for mail in written_to(tmp_path) if mail["To"] == lead.email]
    assert len(links) == 2


def test_a_case_goes_its_way_over_the_step_with_its_chain_whole(world: World, tmp_path: Path) -> None:
    lead = handling(world, hired(world, Role.DIRECTOR, "lea"), Role.DIRECTOR)
    case = filed(world)
    with world.database.reading(lead) as u:
        before = clocks_of(u, case.case_id)[ClockName.ANSWER].due_on
    stepped(world, lead, case.case_id, "acknowledge", "ask")
    world.clock.advance(-HOUR)
    stepped(world, lead, case.case_id, "resume", "answer")
    run(world, tmp_path)
    with world.database.reading(lead) as u:
        found = case_by_id(u, case.case_id)
        assert found.state is CaseState.ANSWERED
        assert clocks_of(u, case.case_id)[ClockName.ANSWER].due_on == before
        assert verify(u) is None
    news = [mail for mail in written_to(tmp_path) if mail["To"] == FILER]
    assert len({mail["Message-ID"] for mail in news}) == len(news) > 0


@pytest.mark.usefixtures("dates_alone")
@pytest.mark.parametrize("night", sorted(NIGHTS))
def test_each_date_is_told_once_over_the_night(sqlite_world: World, tmp_path: Path, night: str) -> None:
    sqlite_world.clock.set(NIGHTS[night])
    hired(sqlite_world, Role.DIRECTOR, "lea")
    reference = filed(sqlite_world).reference
    for look in range(72):
        assert "cases_due_notices" in {one.job for one in run(sqlite_world, tmp_path)}
        sqlite_world.clock.advance(HOUR if 8 <= look < 20 else 3 * HOUR)
    assert about_dates(sqlite_world) == {(reference, False): 1, (reference, True): 1}


@pytest.mark.usefixtures("dates_alone")
def test_each_date_is_told_once_when_the_clock_steps_on_the_way(sqlite_world: World, tmp_path: Path) -> None:
    hired(sqlite_world, Role.DIRECTOR, "lea")
    reference = filed(sqlite_world).reference
    for look in range(54):
        run(sqlite_world, tmp_path)
        sqlite_world.clock.advance(-HOUR if look % 5 == 4 else 4 * HOUR)
    assert about_dates(sqlite_world) == {(reference, False): 1, (reference, True): 1}


@pytest.mark.parametrize(
    ("received", "read_by", "answer_by"),
    [
        # Sunday 28 March 2027, an hour that Lyon's clocks skip; Monday is Easter's.
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), date(2027, 4, 1), date(2027, 4, 13)),
        # Sunday 31 October 2027, both half past two of Lyon; Monday is All Saints'.
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), date(2027, 11, 4), date(2027, 11, 17)),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), date(2027, 11, 4), date(2027, 11, 17)),
        # Monday 28 February 2028, and the Tuesday that comes every four years.
        (datetime(2028, 2, 28, 9, 0, tzinfo=UTC), date(2028, 3, 1), date(2028, 3, 13)),
        (datetime(2028, 2, 29, 9, 0, tzinfo=UTC), date(2028, 3, 2), date(2028, 3, 14)),
    ],
)
def test_promises_made_on_odd_days(
    sqlite_world: World, received: datetime, read_by: date, answer_by: date
) -> None:
    sqlite_world.clock.set(received)
    case = filed(sqlite_world)
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        due = {name: clock.due_on for name, clock in clocks_of(u, case.case_id).items()}
    assert (due[ClockName.ACK], due[ClockName.ANSWER]) == (read_by, answer_by)


def failed(runs: Iterable[JobRun]) -> set[str]:
    """The jobs that failed, but for the one that goes by the database's own clock, which no test sets."""
    return {one.job for one in runs if one.done is None} - {"protection_purge_journal"}


def test_the_leap_day_is_a_day_like_others(world: World, tmp_path: Path) -> None:
    world.clock.set(datetime(2028, 2, 29, 12, 0, tzinfo=UTC))
    lead = signed_in(world)
    code = world.lyon.code.code
    phone = Phone.at(world, f"/q/{code}/fr/complaint")
    phone.send(message="Personne n’est venu.", contact_kind="none", identity="nobody")
    assert phone.page.status_code == 200
    assert failed(run(world, tmp_path)) == set()
    for path in ("cases", "dashboard", "responses"):
        assert lead.get(f"/s/passerelle/{path}").status_code == 200
    for moved in (timedelta(days=1), timedelta(days=365)):
        world.clock.advance(moved)
        assert failed(run(world, tmp_path)) == set()


@pytest.mark.usefixtures("dates_alone")
def test_a_job_that_tells_again_would_be_found(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: a job that forgets what it has told."""
    monkeypatch.setattr("portal.notifications.due.told_of_dates", lambda *_: [])
    hired(sqlite_world, Role.DIRECTOR, "lea")
    reference = filed(sqlite_world).reference
    for _hour in range(12):
        run(sqlite_world, tmp_path)
        sqlite_world.clock.advance(3 * HOUR)
    assert about_dates(sqlite_world)[reference, False] > 1
