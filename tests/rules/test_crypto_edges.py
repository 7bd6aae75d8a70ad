"""The last age, the shortest blob, the one number that JSON has no word for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.core.crypto import SET_BACK, Keys, Tokens, new_key, seal_bytes, unseal_bytes
from portal.core.errors import Expired, Tampered

KEYS = Keys("a secret of at least thirty-two characters")
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("second", [0, 1, 59])
def test_a_token_lives_to_the_very_second(second: int) -> None:
    now = datetime(2027, 3, 24, 9, 0, second, tzinfo=UTC)
    token = Tokens(KEYS).seal("form", {"n": 1}, now=now)
    for age in (timedelta(), HOUR):
        assert Tokens(KEYS).open("form", token, now=now + age, max_age=HOUR) == {"n": 1}
    with pytest.raises(Expired):
        Tokens(KEYS).open("form", token, now=now + HOUR + SECOND, max_age=HOUR)


@pytest.mark.parametrize(
    ("asked", "most"), [({}, timedelta(minutes=5)), ({"ahead": SET_BACK}, timedelta(hours=2))]
)
def test_a_token_from_ahead_is_read_as_far_as_clocks_may_differ(
    asked: dict[str, timedelta], most: timedelta
) -> None:
    now = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
    for ahead in (timedelta(), most):
        token = Tokens(KEYS).seal("form", {}, now=now + ahead)
        assert Tokens(KEYS).open("form", token, now=now, max_age=HOUR, **asked) == {}
    token = Tokens(KEYS).seal("form", {}, now=now + most + SECOND)
    with pytest.raises(Expired):
        Tokens(KEYS).open("form", token, now=now, max_age=HOUR, **asked)


def test_what_is_no_number_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Tokens(KEYS).seal("form", {"n": float("nan")}, now=datetime(2027, 3, 24, tzinfo=UTC))


@pytest.mark.parametrize(("length", "reason"), [(0, "form"), (28, "form"), (29, "seal")])
def test_a_blob_too_short_to_hold_a_seal_is_none(length: int, reason: str) -> None:
    key = new_key()
    sealed = seal_bytes(key, b"", aad="here")
    assert len(sealed) == 29
    assert unseal_bytes(key, sealed, aad="here") == b""
    with pytest.raises(Tampered) as tampered:
        unseal_bytes(key, (sealed[:1] + bytes(28))[:length], aad="here")
    assert tampered.value.facts == {"reason": reason}


def test_an_accent_costs_a_token_no_more_than_its_two_bytes() -> None:
    now = datetime(2027, 3, 24, tzinfo=UTC)
    plain, accented = (Tokens(KEYS).seal("form", {"name": sign * 30}, now=now) for sign in "eé")
    assert len(accented) - len(plain) == 40


def test_while_the_secret_is_rotated_tokens_are_sealed_under_the_new_one() -> None:
    now = datetime(2027, 3, 24, tzinfo=UTC)
    new = "another secret of at least thirty-two signs"
    token = Tokens(Keys(new, old=KEYS.secret)).seal("form", {"n": 1}, now=now)
    assert Tokens(Keys(new)).open("form", token, now=now, max_age=HOUR) == {"n": 1}
    with pytest.raises(Tampered):
        Tokens(KEYS).open("form", token, now=now, max_age=HOUR)
