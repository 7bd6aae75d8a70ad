"""What makes an e-mail address usable and a password good enough, and how long a wrong one has to wait. Pure.

Length is the only demand on the form of a password, as NIST SP 800-63B (5.1.1.2) and OWASP ASVS 5.0 (6.2)
have it: rules of composition make passwords alike. What anybody would try first is refused.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from portal.core.errors import Invalid
from portal.core.languages import N_

if TYPE_CHECKING:
    from datetime import datetime

SHORTEST = 12
LONGEST = 256
_LEFT_OVER = 8
_FEWEST_SIGNS = 5
_SHORTEST_WORD = 3

PASSWORD_FAULTS: dict[str, str] = {
    "short": N_("Use at least 12 characters. Four words in a row are good."),
    "long": N_("Use at most 256 characters."),
    "common": N_("Many people use this password. Choose another one."),
    "guessable": N_("This password holds your address or the structure's name. Choose another one."),
}

_COMMON = (
    "123456789012 1234567890123 12345678901234 123456789123 1234567890azerty 1234567890qwerty "
    "000000000000 111111111111 abcdefghijkl abcdefghijklm abcd12345678 abc123456789 azerty123456 "
    "azertyuiop12 azertyuiop123 azertyuiopqs azertyuiopqsdf azertyuiopqsdfghjklm azerty12345678 "
    "bienvenue123 bienvenue1234 bonjour12345 bonjour123456 changeme1234 changemenow1 changemoi123 "
    "iloveyou1234 jetaime12345 jetaimetropfort letmein12345 loulou123456 marseille13000 marseille123 "
    "mediation123 mediation2024 mediation2025 mediation2026 mediationsociale motdepasse12 motdepasse123 "
    "motdepasse1234 motdepasse12345 p@ssw0rd1234 p@ssword1234 parissaintgermain passw0rd1234 password1234 "
    "password12345 password123456 passwordpassword princesse123 qwerty123456 qwertyuiop12 qwertyuiop123 "
    "qwertyuiopasdf qwertzuiop12 soleil123456 superman1234 welcome12345 administrateur administrator"
)
COMMON_PASSWORDS = frozenset(_COMMON.split())
"""The long ones among the passwords that leaks show most often, in France and elsewhere."""

_EMAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]{1,64}@[^@\s<>()\[\],;:\\\"]+\.[^@\s<>()\[\],;:\\\".]{2,}")
_LONGEST_EMAIL = 254
_LONGEST_NAME = 120

_PATIENCE = 3
_LONGEST_WAIT = timedelta(minutes=15)


def read_email(raw: str) -> str:
    """The address as typed, in NFKC and without outer space. Raises `Invalid("email")` if it can be none."""
    email = unicodedata.normalize("NFKC", raw).strip()
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise Invalid("email", reason="form")
    return email


def same_email(raw: str) -> str:
    """The form under which two writings of one address are equal."""
    return unicodedata.normalize("NFKC", raw).strip().casefold()


def read_name(raw: str) -> str:
    """A person's name with its spaces put in order. Raises `Invalid("name")` when empty or far too long."""
    name = " ".join(unicodedata.normalize("NFC", raw).split())
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise Invalid("name", reason="form")
    return name


def name_in(email: str) -> str:
    """A name to begin with for who gave only an address: "lea.fontaine@…" makes "Lea Fontaine"."""
    words = re.findall(r"[^\W\d_]+", email.partition("@")[0].partition("+")[0])
    return " ".join(word.capitalize() for word in words) or email.partition("@")[0]


def check_password(password: str, *, email: str, structure: str) -> None:
    """Nothing. Raises `Invalid("password", reason=…)` with a key of `PASSWORD_FAULTS`."""
    fault = _fault(unicodedata.normalize("NFKC", password), (email, structure))
    if fault:
        raise Invalid("password", reason=fault)


def _fault(password: str, about: tuple[str, ...]) -> str | None:
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    folded = password.casefold()
    if folded in COMMON_PASSWORDS or len(set(folded)) < _FEWEST_SIGNS:
        return "common"
    rest = folded
    for word in _words(about):
        rest = rest.replace(word, "")
    return "guessable" if rest != folded and len(rest) < _LEFT_OVER else None


def _words(about: tuple[str, ...]) -> list[str]:
    """Whole texts and the words in them, the longest first."""
    folded = [unicodedata.normalize("NFKC", text).casefold() for text in about]
    words = {part for text in folded for part in (text, text.replace(" ", ""), *re.split(r"\W+", text))}
    return sorted((word for word in words if len(word) >= _SHORTEST_WORD), key=len, reverse=True)


def wait_after(failures: int) -> timedelta:
    """How long the next try waits after so many wrong passwords in a row: none for 3, then 2 s, doubling.

    At most 15 minutes: a longer lock would let a stranger keep somebody out of work.
    """
    if failures <= _PATIENCE:
        return timedelta(0)
    doubled = timedelta(seconds=2 ** min(failures - _PATIENCE, 30))
    return min(doubled, _LONGEST_WAIT)


def must_wait(locked_until: datetime | None, now: datetime) -> bool:
    """Whether the wait goes on; one that is longer than any was noted before the clock was set back."""
    return locked_until is not None and now < locked_until <= now + _LONGEST_WAIT
