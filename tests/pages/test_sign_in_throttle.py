"""How often one visitor may guess, over all accounts; and that nobody else waits for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from staff import PASSWORD, signed_in

from portal.core.errors import Throttled
from portal.web.sign_in import GUESSES
from portal.web.throttle import Limit, Throttle

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse

NOW = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
THREE = Limit("trial", tries=3, within=timedelta(minutes=1))


def guess(world: World, number: int, address: str = "203.0.113.9", *, right: bool = False) -> TestResponse:
    """Try a password on one of many accounts, from an address."""
    return world.app.test_client().post(
        "/sign-in",
        data={"email": f"c{number}@passerelle.example", "password": PASSWORD if right else "x"},
        environ_base={"REMOTE_ADDR": address},
    )


def test_one_password_on_many_accounts_is_slowed(sqlite_world: World) -> None:
    signed_in(sqlite_world, email="c99@passerelle.example")
    for number in range(GUESSES.tries):
        assert guess(sqlite_world, number).status_code == 422
    refused = guess(sqlite_world, 99, right=True)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "600")
    assert "Trop d’essais" in refused.text
    assert guess(sqlite_world, 99, "203.0.113.10", right=True).status_code == 303
    sqlite_world.clock.advance(GUESSES.within)
    assert guess(sqlite_world, 99, right=True).status_code == 303


def test_what_succeeds_is_not_counted(sqlite_world: World) -> None:
    signed_in(sqlite_world, email="c1@passerelle.example")
    for _time in range(GUESSES.tries + 1):
        assert guess(sqlite_world, 1, right=True).status_code == 303


def refused(throttle: Throttle, address: str, now: datetime = NOW, limit: Limit = THREE) -> int:
    """How many seconds the visitor has to wait; 0 for none."""
    try:
        throttle.check(limit, address, now=now)
    except Throttled as told:
        seconds = told.facts["seconds"]
        assert isinstance(seconds, int)
        return seconds
    return 0


def test_tries_leave_the_window_one_by_one() -> None:
    throttle = Throttle()
    for second in (0, 20, 40):
        throttle.note(THREE, "a", now=NOW + timedelta(seconds=second))
    assert refused(throttle, "a", NOW + timedelta(seconds=59)) == 1
    assert refused(throttle, "a", NOW + timedelta(seconds=60)) == 0
    throttle.note(THREE, "a", now=NOW + timedelta(seconds=60))
    assert refused(throttle, "a", NOW + timedelta(seconds=60)) == 20


def test_limits_are_counted_apart() -> None:
    throttle, other = Throttle(), Limit("other", tries=3, within=THREE.within)
    for _time in range(3):
        throttle.note(THREE, "a", now=NOW)
    assert refused(throttle, "a")
    assert not refused(throttle, "a", limit=other)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("203.0.113.9", "203.0.113.10", False),
        ("::ffff:203.0.113.9", "::ffff:203.0.113.10", False),
        ("", "", True),
        ("not an address", "not an address", True),
    ],
)
def test_one_line_is_one_visitor(first: str, second: str, *, same: bool) -> None:
    throttle = Throttle()
    for _time in range(3):
        throttle.note(THREE, first, now=NOW)
    assert bool(refused(throttle, second)) is same


def test_no_address_is_kept_and_the_count_is_bounded() -> None:
    throttle = Throttle()
    for number in range(20_010):
        throttle.note(THREE, f"198.51.{number // 256}.{number % 256}", now=NOW)
    assert len(throttle._tries) == 20_000
    assert b"198.51" not in b"".join(throttle._tries)
