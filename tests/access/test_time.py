"""Nobody is hurried: sessions outlast twenty idle minutes, and what was typed outlasts the session."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from phone import Phone
from staff import signed_in

from portal.people.queries import SESSION_IDLE

if TYPE_CHECKING:
    from build import World

LEAST = timedelta(minutes=20)
WORDS = "Le hall est éteint depuis lundi."


def test_a_session_outlasts_an_hour_of_doing_nothing(sqlite_world: World) -> None:
    colleague = signed_in(sqlite_world)
    assert SESSION_IDLE > LEAST
    sqlite_world.clock.set(sqlite_world.clock.now() + timedelta(hours=1))
    assert colleague.get("/s/passerelle/cases").status_code == 200
    sqlite_world.clock.set(sqlite_world.clock.now() + SESSION_IDLE + LEAST)
    assert colleague.get("/s/passerelle/cases").status_code == 303, "the clock does end it some day"


def test_a_resident_may_take_hours_and_loses_no_words_after_a_day(sqlite_world: World) -> None:
    phone = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr/complaint")
    sqlite_world.clock.set(sqlite_world.clock.now() + timedelta(hours=20))
    assert "Gardez ce numéro" in phone.send(message=WORDS).text
    late = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr/complaint")
    sqlite_world.clock.set(sqlite_world.clock.now() + timedelta(hours=25))
    assert WORDS in late.send(message=WORDS).text


def test_words_sent_after_the_session_come_back(sqlite_world: World) -> None:
    colleague = signed_in(sqlite_world)
    sqlite_world.clock.set(sqlite_world.clock.now() + SESSION_IDLE + LEAST)
    answer = colleague.post("/s/passerelle/cases/PAS-2027-000001/answer", version="1", message=WORDS)
    assert WORDS in answer.text
