"""Names say no more than they must, and are read as people type them."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.core.ids import (
    CODE_ALPHABET,
    Receipt,
    answer_id,
    derive_receipt,
    new_code,
    new_id,
    new_receipt,
    read_code,
    read_receipt,
    read_reference,
    reference,
)

NOON = datetime(2027, 3, 24, 12, 0, 0, 123_000, tzinfo=UTC)
ZEROS = {
    "Arabic-Indic": "\u0660",
    "Persian": "\u06f0",
    "Bengali": "\u09e6",
    "Devanagari": "\u0966",
    "full-width": "\uff10",
}

receipts = st.builds(
    Receipt,
    st.text("0123456789", min_size=6, max_size=6),
    st.text("0123456789", min_size=10, max_size=10),
)


def milliseconds(name: uuid.UUID) -> int:
    return name.int >> 80


def in_script(digits: str, zero: str) -> str:
    return "".join(chr(ord(zero) + int(sign)) if sign.isdecimal() else sign for sign in digits)


def refusal(raw: str) -> object:
    with pytest.raises(Invalid) as caught:
        read_receipt(raw)
    assert caught.value.fact == "receipt"
    return caught.value.facts["reason"]


# -- row ids ---------------------------------------------------------------------------------------------


def test_a_row_id_is_a_uuid_of_version_7_that_holds_its_millisecond() -> None:
    name = new_id(NOON)
    assert (name.version, name.variant) == (7, uuid.RFC_4122)
    assert datetime.fromtimestamp(milliseconds(name) / 1000, UTC) == NOON


@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2400, 1, 1), timezones=st.just(UTC)), min_size=2))  # noqa: DTZ001 -- hypothesis wants naive bounds
def test_row_ids_sort_by_time(instants: list[datetime]) -> None:
    in_time = sorted(instants)
    assert [milliseconds(new_id(instant)) for instant in in_time] == sorted(
        milliseconds(new_id(instant)) for instant in instants
    )


def test_the_zone_of_an_instant_does_not_change_its_id() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))
    assert milliseconds(new_id(elsewhere)) == milliseconds(new_id(NOON))


def test_a_time_without_a_zone_makes_no_id() -> None:
    with pytest.raises(TypeError):
        new_id(NOON.replace(tzinfo=None))


def test_a_time_before_1970_makes_no_id() -> None:
    with pytest.raises(ValueError, match="time"):
        new_id(datetime(1969, 12, 31, tzinfo=UTC))


def test_ten_thousand_ids_of_one_millisecond_differ() -> None:
    assert len({new_id(NOON) for _ in range(10_000)}) == 10_000


@given(st.dates(date(1970, 1, 1), date(2400, 1, 1)))
def test_an_answers_id_tells_its_day_and_nothing_finer(day: date) -> None:
    name = answer_id(day)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert (name.version, name.variant) == (7, uuid.RFC_4122)
    assert datetime.fromtimestamp(milliseconds(name) / 1000, UTC) == midnight


def test_an_instant_given_for_a_day_by_mistake_tells_its_day_alone() -> None:
    assert milliseconds(answer_id(NOON)) == milliseconds(answer_id(NOON.date()))


def test_the_order_of_answers_within_a_day_cannot_be_recovered() -> None:
    made = [answer_id(NOON.date()) for _ in range(1_000)]
    rising = sum(earlier < later for earlier, later in pairwise(made))
    assert 380 < rising < 620  # about half of 999; the spread is 9, so 13 of it on each side


# -- codes -----------------------------------------------------------------------------------------------


def test_a_code_has_six_signs_without_look_alikes() -> None:
    assert len(CODE_ALPHABET) == 30
    assert not set("01OILU") & set(CODE_ALPHABET)
    for _ in range(200):
        code = new_code()
        assert len(code) == 6
        assert set(code) <= set(CODE_ALPHABET)


def test_every_sign_of_the_alphabet_occurs_in_codes() -> None:
    assert set("".join(new_code() for _ in range(500))) == set(CODE_ALPHABET)


@pytest.mark.parametrize(
    "raw",
    [
        "7KQ4M2",
        "7kq4m2",
        " 7kq-4m2 ",
        "7KQ 4M2",
        "\uff17\uff2b\uff31\uff14\uff2d\uff12",
        "7KQ\u20114M2",
        "\u200e7KQ4M2\u200f",
        "\u0667KQ\u0664M\u0662",
    ],
)
def test_a_code_is_read_as_people_type_it(raw: str) -> None:
    assert read_code(raw) == "7KQ4M2"


@pytest.mark.parametrize(
    "raw",
    ["", "7KQ4M", "7KQ4M22", "7KQ4M0", "7KQ4MO", "7KQ4MI", "7KQ4ML", "7KQ4MU", "7KQ4/2", "é" * 6, "7" * 300],
)
def test_what_cannot_be_a_code_is_none(raw: str) -> None:
    assert read_code(raw) is None


@given(st.text())
def test_whatever_is_typed_is_a_code_or_none(raw: str) -> None:
    code = read_code(raw)
    assert code is None or read_code(code) == code


# -- references ------------------------------------------------------------------------------------------


def test_a_reference_is_letters_year_and_counter() -> None:
    assert reference("PAS", 2026, 123) == "PAS-2026-000123"


@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=6),
    st.integers(1000, 9999),
    st.integers(1, 999_999_999),
)
def test_a_reference_is_read_back(letters: str, year: int, counter: int) -> None:
    assert read_reference(reference(letters, year, counter)) == (letters, year, counter)


@pytest.mark.parametrize(
    "raw",
    [
        "pas-2026-000123",
        "PAS 2026 123",
        "PAS\u20132026\u2013000123",
        "PAS2026000123",
        "\uff30\uff21\uff33-\u0662\u0660\u0662\u0666-\u0661\u0662\u0663",
    ],
)
def test_a_reference_is_read_as_people_type_it(raw: str) -> None:
    assert read_reference(raw) == ("PAS", 2026, 123)


@pytest.mark.parametrize(
    "raw", ["", "PAS", "PAS-2026", "PAS-2026-0", "2026-000123", "P-2026-1", "PAS-0026-1", "P4S-2026-1"]
)
def test_what_cannot_be_a_reference_is_none(raw: str) -> None:
    assert read_reference(raw) is None


@pytest.mark.parametrize(
    ("letters", "year", "counter"),
    [("pas", 2026, 1), ("P", 2026, 1), ("PAS", 26, 1), ("PAS", 2026, 0), ("PAS", 2026, -1), ("PÀS", 2026, 1)],
)
def test_a_reference_that_could_not_be_read_back_is_not_made(letters: str, year: int, counter: int) -> None:
    with pytest.raises(Invalid, match="reference"):
        reference(letters, year, counter)


# -- receipts --------------------------------------------------------------------------------------------


def test_the_receipt_of_the_contract_has_its_check_digits() -> None:
    assert Receipt("123456", "7890123456").shown == "123456 7890123456 11"


@given(receipts)
def test_a_receipt_is_valid_by_the_norm_and_read_back(receipt: Receipt) -> None:
    assert int(receipt.digits) % 97 == 1  # ISO 7064: the whole number leaves 1
    assert read_receipt(receipt.shown) == read_receipt(receipt.digits) == receipt


@given(receipts)
def test_every_single_wrong_digit_is_refused(receipt: Receipt) -> None:
    good = receipt.digits
    for at in range(18):
        for wrong in set("0123456789") - {good[at]}:
            assert refusal(good[:at] + wrong + good[at + 1 :]) == "check_digits"


@given(receipts)
def test_every_swap_of_two_neighbours_is_refused(receipt: Receipt) -> None:
    good = receipt.digits
    for at in range(17):
        if good[at] != good[at + 1]:
            assert refusal(good[:at] + good[at + 1] + good[at] + good[at + 2 :]) == "check_digits"


@pytest.mark.parametrize("zero", ZEROS.values(), ids=ZEROS)
def test_a_receipt_is_read_in_any_script_of_digits(zero: str) -> None:
    receipt = Receipt("123456", "7890123456")
    assert read_receipt(in_script(receipt.shown, zero)) == receipt


def test_a_receipt_is_read_in_every_script_unicode_has() -> None:
    receipt = new_receipt()
    zeros = [chr(point) for point in range(0x110000) if unicodedata.decimal(chr(point), None) == 0]
    assert len(zeros) > 50
    assert all(read_receipt(in_script(receipt.shown, zero)) == receipt for zero in zeros)


@pytest.mark.parametrize(
    "between",
    [
        "",
        " ",
        "-",
        " - ",
        "\u2010",
        "\u2011",
        "\u2013",
        "\u2014",
        "\u2212",
        "\u00a0",
        "\u202f",
        "\u3000",
        "\t",
        "\r\n",
        "\u0640",
    ],
    ids=ascii,
)
def test_a_receipt_is_read_whatever_stands_between_its_groups(between: str) -> None:
    assert read_receipt(f"123456{between}7890123456{between}11").locator == "123456"


def test_letters_that_look_like_digits_are_read_as_them() -> None:
    assert read_receipt("l23456 789Ol23456 Il") == read_receipt("123456 7890123456 11")


def test_marks_of_direction_are_not_part_of_a_receipt() -> None:
    assert read_receipt("\u2066\u200e123456 7890123456 11\u200f\u2069\ufeff").secret == "7890123456"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "1",
        "123456 7890123456",
        "123456 7890123456 111",
        "PAS-2026-000123",
        "123456 789012345X 11",
        "1" * 10_000,
    ],
)
def test_what_has_not_eighteen_digits_is_refused_for_its_length(raw: str) -> None:
    assert refusal(raw) == "length"


def test_a_receipt_lost_in_a_page_of_blanks_is_not_looked_for() -> None:
    assert refusal(" " * 300 + "123456 7890123456 11") == "length"


@given(st.text())
def test_whatever_is_typed_is_a_receipt_or_refused_by_name(raw: str) -> None:
    try:
        assert read_receipt(raw).digits
    except Invalid as refused:
        assert refused.facts["reason"] in {"length", "check_digits"}  # noqa: PT017 -- both outcomes are right


@pytest.mark.parametrize(
    ("locator", "secret"),
    [
        ("12345", "7890123456"),
        ("123456", "789012345"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", "7890123456"),
    ],
)
def test_a_receipt_of_other_parts_cannot_be_made(locator: str, secret: str) -> None:
    with pytest.raises(Invalid, match="receipt"):
        Receipt(locator, secret)


def test_a_receipt_keeps_its_secret_out_of_its_repr() -> None:
    assert "7890123456" not in repr(Receipt("123456", "7890123456"))


def test_the_same_form_gets_the_same_receipt_and_another_form_another() -> None:
    key, nonce = b"k" * 32, b"n" * 12
    assert derive_receipt(key, nonce) == derive_receipt(key, nonce)
    others = {derive_receipt(key, b"m" * 12), derive_receipt(b"l" * 32, nonce), new_receipt()}
    assert len(others | {derive_receipt(key, nonce)}) == 4


def test_derived_digits_lean_to_no_side() -> None:
    drawn = "".join(
        derive_receipt(b"k" * 32, bytes([i, j])).digits[:16] for i in range(50) for j in range(50)
    )
    counts = [drawn.count(digit) for digit in "0123456789"]
    chi2 = sum((count - 4_000) ** 2 / 4_000 for count in counts)
    assert chi2 < 27.9  # 9 degrees of freedom, p = 0.001; the draw is fixed, so this holds or never does
