"""Scans: counted while pages are opened, written by nobody's request, by code, day and language alone."""

from __future__ import annotations

from datetime import date, timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.channels.models import FunnelDay
from portal.channels.scans import Scan
from portal.web.scans import scans_of, start

if TYPE_CHECKING:
    import pytest
    from build import Furnished, World

WEDNESDAY, THURSDAY = date(2027, 3, 24), date(2027, 3, 25)


def opened(world: World, language: str = "fr", times: int = 1, where: Furnished | None = None) -> None:
    """Open a code's page."""
    for _ in range(times):
        world.app.test_client().get(f"/q/{(where or world.lyon).code.code}/{language}")


def written(world: World, where: Furnished | None = None) -> dict[tuple[date, str], int]:
    """What is stored for the code, by day and language."""
    place = where or world.lyon
    with world.database.reading(place.scope) as u:
        rows = u.all(select(FunnelDay).where(FunnelDay.code_id == place.code.id))
        return {(row.day, row.language): row.n for row in rows}


def test_scans_are_written_together_by_day_and_language(world: World) -> None:
    opened(world, times=3)
    opened(world, "ar")
    opened(world, where=world.strasbourg)
    assert written(world) == {}
    scans_of(world.app).flush()
    assert written(world) == {(WEDNESDAY, "fr"): 3, (WEDNESDAY, "ar"): 1}
    assert written(world, world.strasbourg) == {(WEDNESDAY, "fr"): 1}
    opened(world)
    world.clock.advance(timedelta(hours=13, minutes=59))
    opened(world)
    world.clock.advance(timedelta(minutes=2))
    opened(world)
    for _ in range(2):
        scans_of(world.app).flush()
    assert written(world) == {(WEDNESDAY, "fr"): 5, (WEDNESDAY, "ar"): 1, (THURSDAY, "fr"): 1}


def test_only_somebody_who_looks_at_a_codes_page_is_counted(sqlite_world: World) -> None:
    client, code = sqlite_world.app.test_client(), sqlite_world.lyon.code.code
    client.head(f"/q/{code}/fr")
    client.get(f"/q/{code}/fr", headers={"Sec-Purpose": "prefetch;prerender"})
    client.get("/p/passerelle/fr")
    client.get(f"/q/{code}/fr/danger")
    client.get(f"/q/{code}/complaint")
    client.get("/q/222222")
    scans_of(sqlite_world.app).flush()
    assert written(sqlite_world) == {}


def test_what_cannot_be_written_waits(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(sqlite_world, times=2)

    def broken(*_args: object, **_named: object) -> None:
        raise OperationalError("insert", {}, Exception("locked"))

    with monkeypatch.context() as patch:
        patch.setattr("portal.web.scans.add_scans", broken)
        scans_of(sqlite_world.app).flush()
    opened(sqlite_world)
    scans_of(sqlite_world.app).flush()
    assert written(sqlite_world) == {(WEDNESDAY, "fr"): 3}


def test_a_code_that_is_gone_holds_up_no_other(sqlite_world: World) -> None:
    opened(sqlite_world)
    opened(sqlite_world, where=sqlite_world.strasbourg)
    gone = Scan(UUID(int=7), WEDNESDAY, "fr")  # as after the erasure of its structure
    scans_of(sqlite_world.app).note(sqlite_world.strasbourg.structure.id, gone)
    scans_of(sqlite_world.app).flush()
    assert written(sqlite_world) == {(WEDNESDAY, "fr"): 1}
    opened(sqlite_world, where=sqlite_world.strasbourg)
    scans_of(sqlite_world.app).flush()
    assert written(sqlite_world, sqlite_world.strasbourg) == {(WEDNESDAY, "fr"): 1}


def test_a_timer_writes_them_and_the_end_writes_the_last(sqlite_world: World) -> None:
    stop = start(sqlite_world.app, every=0.02)
    opened(sqlite_world)
    late = monotonic() + 5
    while not written(sqlite_world) and monotonic() < late:
        sleep(0.02)
    assert written(sqlite_world) == {(WEDNESDAY, "fr"): 1}
    stop()
    stop = start(sqlite_world.app, every=3600)
    opened(sqlite_world)
    stop()
    assert written(sqlite_world) == {(WEDNESDAY, "fr"): 2}


def test_when_many_wait_they_are_written_before_the_timer(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.web.scans._MOST_WAITING", 3)
    stop = start(sqlite_world.app, every=3600)
    for language in ("fr", "en", "ar"):
        assert written(sqlite_world) == {}
        opened(sqlite_world, language)
    late = monotonic() + 5
    while len(written(sqlite_world)) < 3 and monotonic() < late:
        sleep(0.02)
    assert written(sqlite_world) == {(WEDNESDAY, language): 1 for language in ("fr", "en", "ar")}
    stop()
