"""The last value that is taken and the first that is not, of everything that is named or typed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.core.errors import Invalid
from portal.core.ids import (
    CODE_ALPHABET,
    _version_7,
    new_code,
    new_id,
    new_receipt,
    read_code,
    read_receipt,
    read_reference,
    reference,
)

CODE = "2A3B4C"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_every_instant_from_1970_on_has_its_id() -> None:
    for instant, milliseconds in ((EPOCH, 0), (datetime.max.replace(tzinfo=UTC), 253_402_300_799_999)):
        assert new_id(instant).int >> 80 == milliseconds


@pytest.mark.parametrize("milliseconds", [-1, 1 << 48])
def test_a_time_that_does_not_fit_is_refused(milliseconds: int) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        _version_7(milliseconds)
    assert _version_7((1 << 48) - 1).version == 7


def test_seventy_four_bits_of_an_id_are_chance_and_no_other() -> None:
    drawn = [new_id(EPOCH).int for _ in range(200)]
    ever, always = 0, ~0
    for value in drawn:
        ever, always = ever | value, always & value
    assert ever ^ always == (1 << 76) - 1 & ~(0b11 << 62)


def test_every_digit_of_a_receipt_and_every_sign_of_a_code_is_chance() -> None:
    receipts = [(one := new_receipt()).locator + one.secret for _ in range(400)]
    assert [set(column) for column in zip(*receipts, strict=True)] == [set("0123456789")] * 16
    codes = [new_code() for _ in range(1200)]
    assert [set(column) for column in zip(*codes, strict=True)] == [set(CODE_ALPHABET)] * 6


def test_two_hundred_signs_are_read_and_no_more() -> None:
    assert read_code(CODE + " " * 194) == CODE
    assert read_code(CODE + " " * 195) is None


@pytest.mark.parametrize("separator", " \u2028\u2029-\u200f\u2212\u2043\u0640\t\n\v\f\r")
def test_whatever_parts_signs_is_passed_over(separator: str) -> None:
    assert read_code(separator.join(CODE)) == CODE
    assert read_reference(f"PAS{separator}2026{separator}7") == ("PAS", 2026, 7)


def test_a_reference_has_a_year_of_four_digits_and_a_counter_of_nine() -> None:
    assert reference("PA", 1000, 1) == "PA-1000-000001"
    assert reference("PASSES", 9999, 999_999_999) == "PASSES-9999-999999999"
    for year, counter in ((999, 1), (10_000, 1), (2026, 0), (2026, 1_000_000_000)):
        with pytest.raises(Invalid):
            reference("PA", year, counter)
    assert read_reference("PA-1000-1") == ("PA", 1000, 1)
    assert read_reference("PASSES-9999-999999999") == ("PASSES", 9999, 999_999_999)
    assert [read_reference(f"PA-{rest}") for rest in ("999-1", "2026-0", "2026-1000000000")] == [None] * 3


@pytest.mark.parametrize("typed", ["12345678901234561", "1234567890123456111", "", "x" * 18])
def test_a_receipt_has_eighteen_digits(typed: str) -> None:
    with pytest.raises(Invalid) as invalid:
        read_receipt(typed)
    assert invalid.value.facts == {"reason": "length"}
