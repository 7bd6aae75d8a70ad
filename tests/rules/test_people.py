"""Who may do what, what is a usable address or password, and how long a wrong one waits."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.people.passwords import (
    COMMON_PASSWORDS,
    LONGEST,
    PASSWORD_FAULTS,
    SHORTEST,
    check_password,
    read_email,
    read_name,
    same_email,
    wait_after,
)
from portal.people.rules import PERMISSION_LABELS, PERMISSIONS, Permission, Role, may, may_give

ROLES = st.sampled_from(Role)


def fault(
    password: str, email: str = "noor@passerelle.example", structure: str = "La Passerelle"
) -> str | None:
    """The key of what is wrong with a password; None if it is good enough."""
    try:
        check_password(password, email=email, structure=structure)
    except Invalid as told:
        reason = str(told.facts["reason"])
        assert reason in PASSWORD_FAULTS
        return reason
    return None


def test_every_role_and_permission_has_its_words() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert set(PERMISSION_LABELS) == set(Permission)
    assert all(row.may for row in PERMISSIONS.values())


@given(giver=ROLES, given_role=ROLES)
def test_nobody_gives_what_they_do_not_have(giver: Role, given_role: Role) -> None:
    if may_give(giver, given_role):
        assert may(giver, Permission.MANAGE_PEOPLE)
        assert all(may(giver, one) for one in Permission if may(given_role, one))
    if may(giver, Permission.MANAGE_PEOPLE):
        assert may_give(giver, giver)


@given(first=ROLES, second=ROLES, third=ROLES)
def test_no_chain_of_invitations_reaches_beyond_the_first(first: Role, second: Role, third: Role) -> None:
    if may_give(first, second) and may_give(second, third):
        assert may_give(first, third)


def test_raw_texts_are_for_the_quality_lead_and_the_director() -> None:
    readers = {role for role in Role if may(role, Permission.READ_TEXTS)}
    assert readers == {Role.QUALITY_LEAD, Role.DIRECTOR}
    assert {role for role, row in PERMISSIONS.items() if not row.floor} == readers


@pytest.mark.parametrize(
    "raw",
    ["noor@passerelle.example", " Noor.Haddad+a@sous.passerelle.example ", "d’arc@a.example", "ñ@ü.example"],
)
def test_an_address_is_kept_as_typed(raw: str) -> None:
    assert read_email(raw) == raw.strip()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "noor",
        "@a.example",
        "noor@",
        "noor@a",
        "noor@a.b",
        "a@b@c.example",
        "a b@c.example",
        "a@b.example,c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "a\0@b.example",
        "a\u202e@b.example",
        f"a@{'b' * 250}.example",
        f"{'a' * 65}@b.example",
    ],
)
def test_what_no_mail_can_reach_is_no_address(raw: str) -> None:
    with pytest.raises(Invalid) as told:
        read_email(raw)
    assert told.value.fact == "email"


@given(st.text(max_size=60))
def test_a_read_address_holds_no_space_line_or_list(raw: str) -> None:
    try:
        email = read_email(raw)
    except Invalid:
        return
    assert not set(email) & set("\r\n\t ,;<>\0")
    assert same_email(f" {email} ") == same_email(email)


@given(st.text(max_size=200))
def test_a_read_name_is_one_printable_line(raw: str) -> None:
    try:
        name = read_name(raw)
    except Invalid:
        assert not name_like(raw)
        return
    assert name.isprintable()
    assert name == name.strip()
    assert "  " not in name


def name_like(raw: str) -> bool:
    """Whether the normalised words are printable and short enough."""
    words = " ".join(unicodedata.normalize("NFC", raw).split())
    return words.isprintable() and 1 <= len(words) <= 120


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("elevenchars", "short"),
        ("", "short"),
        ("la lampe du hall reste bleue", None),
        ("ééééééèèèèàà", "common"),
        ("aaaaaaaaaaaaaaaaaaaa", "common"),
        ("MotDePasse123", "common"),
        ("Passerelle2027", "guessable"),
        ("noor@passerelle.example", "guessable"),
        ("noor et quatre mots au hasard", None),
        ("x1!" * 90, "long"),
        ("كلمات كثيرة في السطر", None),
    ],
)
def test_length_is_asked_for_and_the_obvious_refused(password: str, expected: str | None) -> None:
    assert fault(password) == expected


@given(st.text(min_size=SHORTEST, max_size=LONGEST).filter(lambda text: len(set(text.casefold())) > 20))
def test_a_long_and_varied_password_is_taken_in_any_script(password: str) -> None:
    # Compatibility forms may unfold to more signs than were typed.
    if SHORTEST <= len(unicodedata.normalize("NFKC", password)) <= LONGEST:
        assert fault(password) is None


@pytest.mark.parametrize("password", sorted(COMMON_PASSWORDS))
def test_every_password_of_the_list_could_be_typed(password: str) -> None:
    assert len(password) >= SHORTEST
    assert fault(password) == "common"
    assert fault(password.upper()) == "common"


def test_the_wait_doubles_from_the_fourth_failure_to_a_quarter_of_an_hour() -> None:
    waits = [int(wait_after(failures).total_seconds()) for failures in range(16)]
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert wait_after(10**9) == timedelta(minutes=15)
