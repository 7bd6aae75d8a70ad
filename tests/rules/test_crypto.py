"""What is sealed opens with its key, in its place, in its time, and nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.crypto import (
    Keys,
    Tokens,
    keyed_digest,
    new_key,
    place,
    seal,
    seal_bytes,
    unseal,
    unseal_bytes,
)
from portal.core.errors import Expired, Invalid, Tampered
from portal.core.passwords import CHEAP, STRONG, Hasher

KEY = bytes(range(32))
HERE = "1:case:7:text"
NOW = datetime(2027, 3, 24, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
URL_SIGNS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
KEYS = Keys("a secret of the tests, long enough")
TOKENS = Tokens(KEYS)

words = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | words
payloads = st.dictionaries(words, scalars | st.lists(scalars, max_size=3), max_size=4)


# -- keys ------------------------------------------------------------------------------------------------


def test_a_sub_key_is_hkdf_of_the_secret_by_the_letter_of_rfc_5869() -> None:
    extracted = hmac.digest(b"portevoix", KEYS.secret.encode(), "sha256")
    info = b"\0\0\0\5scase" + b"\0\0\0\2i1" + b"\0\0\0\4sabc"
    assert KEYS.sub("case", 1, "abc") == hmac.digest(extracted, info + b"\x01", "sha256")


def test_a_sub_key_stays_what_it_is_since_stored_text_depends_on_it() -> None:
    assert (
        hashlib.sha256(KEYS.sub("case", 1)).hexdigest()
        == "18b73fa9b0ddd65aa9b300ca99019f485250adf6c0e692d569b074cebe8e37e0"
    )


def test_no_two_uses_share_a_key() -> None:
    uses: list[tuple[str, tuple[int | str, ...]]] = [
        ("a", ()),
        ("a", (1,)),
        ("a", ("1",)),
        ("a1", ()),
        ("a", (1, 1)),
        ("a", (11,)),
        ("a", ("",)),
        ("", ("a",)),
        ("a", ("b", "c")),
        ("a", ("bc",)),
        ("ab", ("c",)),
        ("a", ("i1",)),
        ("a", (-1,)),
    ]
    assert len({KEYS.sub(label, *ids) for label, ids in uses}) == len(uses)


def test_the_former_secret_gives_the_former_keys_and_only_while_rotating() -> None:
    rotated = Keys("the new secret, also long enough", old=KEYS.secret)
    assert rotated.old_sub("case", 1) == KEYS.sub("case", 1) != rotated.sub("case", 1)
    assert KEYS.old_sub("case", 1) is None


def test_secrets_do_not_show() -> None:
    assert "secret" not in repr(Keys("secret-1", "secret-2")).replace("Keys", "")


def test_a_new_key_has_256_bits_of_chance() -> None:
    assert len(new_key()) == 32
    assert new_key() != new_key()


# -- digests and places ----------------------------------------------------------------------------------


def test_a_digest_parts_what_concatenation_would_confuse() -> None:
    lists: list[tuple[str, ...]] = [(), ("",), ("ab",), ("a", "b"), ("", "ab"), ("ab", ""), ("b", "a")]
    for one, other in combinations(lists, 2):
        assert keyed_digest(KEY, *one) != keyed_digest(KEY, *other)


def test_a_digest_depends_on_its_key_and_takes_text_as_utf_8() -> None:
    assert keyed_digest(KEY, "é") == keyed_digest(KEY, "é".encode()) != keyed_digest(b"other" * 6, "é")
    assert keyed_digest(KEY, "é") == hmac.digest(KEY, b"\0\0\0\2\xc3\xa9", "sha256")


def test_a_place_is_structure_table_row_column() -> None:
    row = uuid.UUID(int=7)
    assert place(3, "message", row, "body") == f"3:message:{row}:body"
    assert place(3, "message", 12, "body") == "3:message:12:body"


def test_a_place_that_could_be_another_is_not_written() -> None:
    with pytest.raises(ValueError, match="colon"):
        place(3, "message", "1:x", "body")


# -- sealed text -----------------------------------------------------------------------------------------


@given(words)
def test_sealed_text_opens_in_its_place(text: str) -> None:
    assert unseal(KEY, seal(KEY, text, aad=HERE), aad=HERE) == text


def test_the_same_text_is_sealed_differently_each_time_under_version_1() -> None:
    one, other = seal(KEY, "bonjour", aad=HERE), seal(KEY, "bonjour", aad=HERE)
    assert one != other
    assert one[0] == other[0] == 1
    assert b"bonjour" not in one
    assert len(one) == len("bonjour") + 29


def test_text_moved_to_another_place_or_key_does_not_open() -> None:
    blob = seal(KEY, "bonjour", aad=HERE)
    for key, aad in ((KEY, "2:case:7:text"), (KEY, ""), (new_key(), HERE)):
        with pytest.raises(Tampered):
            unseal(key, blob, aad=aad)


def test_not_one_bit_of_a_sealed_text_can_change() -> None:
    blob = seal(KEY, "bonjour", aad=HERE)
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Tampered):
            unseal(KEY, bytes(changed), aad=HERE)


@given(st.binary(max_size=60))
def test_bytes_that_were_never_sealed_do_not_open(blob: bytes) -> None:
    for made in (blob, b"\x01" + blob):
        with pytest.raises(Tampered):
            unseal(KEY, made, aad=HERE)


def test_a_cut_text_does_not_open() -> None:
    blob = seal(KEY, "bonjour", aad=HERE)
    for length in range(len(blob)):
        with pytest.raises(Tampered):
            unseal(KEY, blob[:length], aad=HERE)


def test_a_key_is_wrapped_by_another() -> None:
    key = new_key()
    assert unseal_bytes(KEY, seal_bytes(KEY, key, aad=HERE), aad=HERE) == key


def test_sealed_bytes_that_are_no_text_are_not_read_as_text() -> None:
    with pytest.raises(Tampered):
        unseal(KEY, seal_bytes(KEY, b"\xff", aad=HERE), aad=HERE)


def test_text_that_is_not_unicode_is_refused_by_name_and_not_repeated() -> None:
    with pytest.raises(Invalid, match="not_unicode") as caught:
        seal(KEY, "Madame Untel \ud800", aad=HERE)
    assert "Untel" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_a_key_of_another_length_is_a_fault_of_ours(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(b"k" * length, "bonjour", aad=HERE)


# -- tokens ----------------------------------------------------------------------------------------------


@given(payloads)
def test_a_token_brings_its_payload_back_and_fits_into_a_path(payload: dict[str, object]) -> None:
    token = TOKENS.seal("form", payload, now=NOW)  # type: ignore[arg-type]  # hypothesis draws JSON untyped
    assert set(token) <= URL_SIGNS
    assert TOKENS.open("form", token, now=NOW, max_age=DAY) == payload


def test_a_token_is_short_and_tells_nothing() -> None:
    token = TOKENS.seal("form", {"code": "7KQ4M2"}, now=NOW)
    assert len(token) == 68  # 17 bytes of JSON and 34 of seal, in base64
    assert token != TOKENS.seal("form", {"code": "7KQ4M2"}, now=NOW)


def test_a_token_lives_to_its_last_second_and_no_longer() -> None:
    token = TOKENS.seal("form", {}, now=NOW)
    assert TOKENS.open("form", token, now=NOW + DAY, max_age=DAY) == {}
    with pytest.raises(Expired):
        TOKENS.open("form", token, now=NOW + DAY + timedelta(seconds=1), max_age=DAY)


def test_a_clock_set_back_does_not_lengthen_a_tokens_life() -> None:
    token = TOKENS.seal("form", {}, now=NOW)
    assert TOKENS.open("form", token, now=NOW - timedelta(minutes=4), max_age=DAY) == {}
    with pytest.raises(Expired):
        TOKENS.open("form", token, now=NOW - timedelta(minutes=6), max_age=DAY)


def test_a_token_for_one_purpose_does_not_open_as_another() -> None:
    token = TOKENS.seal("follow", {}, now=NOW)
    with pytest.raises(Tampered):
        TOKENS.open("form", token, now=NOW, max_age=DAY)


def test_each_purpose_has_its_own_key() -> None:
    blob = urlsafe_b64decode(TOKENS.seal("form", {"code": "7KQ4M2"}, now=NOW))
    assert unseal_bytes(KEYS.sub("token", "form"), blob, aad="form").endswith(b'{"code":"7KQ4M2"}')


@pytest.mark.parametrize("payload", [b"", b"\x00" * 28, b'{"n": 1}', bytes(range(256))])
def test_bytes_travel_as_they_are_and_to_their_purpose_alone(payload: bytes) -> None:
    token = TOKENS.seal_raw("journey", payload, now=NOW)
    assert len(token) == ceil((34 + len(payload)) * 4 / 3)
    assert TOKENS.open_raw("journey", token, now=NOW + DAY, max_age=DAY) == payload
    with pytest.raises(Tampered):
        TOKENS.open_raw("tablet-journey", token, now=NOW, max_age=DAY)
    with pytest.raises(Expired):
        TOKENS.open_raw("journey", token, now=NOW + DAY + timedelta(seconds=1), max_age=DAY)


def test_a_token_of_another_installation_does_not_open() -> None:
    token = Tokens(Keys("the secret of somebody else, also long")).seal("form", {}, now=NOW)
    with pytest.raises(Tampered):
        TOKENS.open("form", token, now=NOW, max_age=DAY)


def test_a_token_outlives_the_rotation_of_the_secret_and_not_its_end() -> None:
    token = TOKENS.seal("form", {"n": 1}, now=NOW)
    new = "the new secret, also long enough"
    assert Tokens(Keys(new, old=KEYS.secret)).open("form", token, now=NOW, max_age=DAY) == {"n": 1}
    with pytest.raises(Tampered):
        Tokens(Keys(new)).open("form", token, now=NOW, max_age=DAY)


def test_no_sign_of_a_token_can_change_nor_be_added() -> None:
    for payload in ({}, {"n": 1}, {"n": 12}):  # three lengths: every fill of the last sign
        token = TOKENS.seal("form", payload, now=NOW)
        changed = [
            token[:at] + sign + token[at + 1 :]
            for at in range(len(token))
            for sign in URL_SIGNS - {token[at]}
        ]
        added = [
            token + "A",
            token + "=",
            token + "\n",
            " " + token,
            "+" + token,
            token[:9] + "!" + token[9:],
        ]
        for forged in [*changed, *added]:
            with pytest.raises(Tampered):
                TOKENS.open("form", forged, now=NOW, max_age=DAY)


@given(st.text(max_size=80))
def test_whatever_stands_in_a_path_is_no_token(raw: str) -> None:
    with pytest.raises(Tampered):
        TOKENS.open("form", raw, now=NOW, max_age=DAY)


def test_a_time_without_a_zone_issues_no_token() -> None:
    with pytest.raises(TypeError):
        TOKENS.seal("form", {}, now=NOW.replace(tzinfo=None))


# -- hashes of secrets -----------------------------------------------------------------------------------

HASHER = Hasher(CHEAP, b"pepper")


def test_the_right_secret_verifies_and_a_wrong_one_does_not() -> None:
    stored = HASHER.hash("correct horse")
    assert HASHER.verify(stored, "correct horse")
    assert not HASHER.verify(stored, "correct horsE")
    assert not HASHER.verify(stored, "")


def test_one_secret_is_hashed_differently_each_time_with_a_salt_of_128_bits() -> None:
    one, other = HASHER.hash("x"), HASHER.hash("x")
    assert one != other
    assert one.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert len(one.split("$")[4]) == 22


def test_a_strong_hash_costs_what_was_decided() -> None:
    assert Hasher(STRONG, b"pepper").hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_is_worthless_without_the_pepper() -> None:
    assert not Hasher(CHEAP, b"other").verify(HASHER.hash("x"), "x")


def test_a_hash_outlives_the_rotation_of_the_pepper() -> None:
    rotated = Hasher(CHEAP, b"new", old_pepper=b"pepper")
    assert rotated.verify(HASHER.hash("x"), "x")
    assert Hasher(CHEAP, b"new").verify(rotated.hash("x"), "x")
    assert not rotated.verify(HASHER.hash("x"), "y")


@given(words)
def test_nobody_has_no_secret(secret: str) -> None:
    assert not HASHER.verify(None, secret)


def test_nobody_has_no_secret_even_if_one_were_guessed() -> None:
    unlucky = Hasher(CHEAP, b"pepper")
    unlucky._nobody = unlucky.hash("x")
    assert not unlucky.verify(None, "x")


def test_nobody_costs_the_work_of_a_wrong_secret() -> None:
    # The encoded parameters decide the work; time itself would make the test a matter of luck.
    real, nobody = HASHER.hash("x").split("$"), HASHER._nobody.split("$")
    assert nobody[:4] == real[:4]
    assert [len(part) for part in nobody] == [len(part) for part in real]


def test_an_accent_typed_on_another_keyboard_is_the_same_secret() -> None:
    assert HASHER.verify(HASHER.hash("e\u0301te\u0301"), "\u00e9t\u00e9")


def test_a_secret_that_is_not_unicode_is_wrong_and_no_error() -> None:
    assert not HASHER.verify(HASHER.hash("x"), "\ud800")


@pytest.mark.parametrize("stored", ["", "x", "$argon2id$v=19$m=8,t=1,p=1$", "plain secret"])
def test_a_stored_value_that_is_no_hash_is_told(stored: str) -> None:
    with pytest.raises(Tampered):
        HASHER.verify(stored, "plain secret")
