"""Hashes of what people type in secret: passwords and the secret half of receipts.

Argon2id (RFC 9106) over a keyed digest: without the server's pepper a stolen database cannot even be guessed
at. Whoever calls does so before a transaction begins, for a strong hash takes its time on purpose. This
module does not know who is asking.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from base64 import b64encode
from dataclasses import dataclass
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from portal.core.errors import Tampered

_HASH_BYTES = 32
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class HashProfile:
    """What one guess costs: memory in KiB, passes over it, lanes."""

    memory_kib: int
    time_cost: int
    parallelism: int


STRONG = HashProfile(memory_kib=19_456, time_cost=2, parallelism=1)  # OWASP's password storage cheat sheet
CHEAP = HashProfile(memory_kib=8, time_cost=1, parallelism=1)  # the least Argon2 takes: tests and demo only


class Hasher:
    """Hashes and verifies secrets under one profile and one pepper.

    `old_pepper` keeps what was hashed before a rotation of the server's secret verifiable; it doubles the
    work of every wrong guess while it is set. One hash at a time in a process: each takes 19 MB, and sixteen
    threads at once would take 300.
    """

    def __init__(self, profile: HashProfile, pepper: bytes, *, old_pepper: bytes | None = None) -> None:
        self._pepper = pepper
        self._peppers = (pepper,) if old_pepper is None else (pepper, old_pepper)
        self._argon2 = PasswordHasher(
            memory_cost=profile.memory_kib,
            time_cost=profile.time_cost,
            parallelism=profile.parallelism,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        self._nobody = _hash_of_nothing(profile)
        self._one_at_a_time = Lock()

    def hash(self, secret: str) -> str:
        """The encoded Argon2id hash of `secret`, with its parameters and a fresh salt."""
        with self._one_at_a_time:
            return self._argon2.hash(_peppered(self._pepper, secret))

    def verify(self, stored: str | None, secret: str) -> bool:
        """Whether `secret` is the one behind `stored`; None, for "no such account", is always False.

        None costs what a wrong secret costs, so the time of an answer does not tell who exists. Raises
        `Tampered("hash")` when what is stored is no hash.
        """
        against = self._nobody if stored is None else stored
        matches = any(self._matches(against, _peppered(pepper, secret)) for pepper in self._peppers)
        return matches and stored is not None

    def _matches(self, stored: str, peppered: bytes) -> bool:
        try:
            with self._one_at_a_time:
                return self._argon2.verify(stored, peppered)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            raise Tampered("hash", reason=str(error)) from None


def _peppered(pepper: bytes, secret: str) -> bytes:
    """HMAC-SHA256 of `secret` under the pepper.

    NFKC first, so that an accent typed on another keyboard is the same password (NIST SP 800-63B, 5.1.1.2);
    a lone surrogate is let through as bytes, for a strange password is wrong and not an error.
    """
    normal = unicodedata.normalize("NFKC", secret)
    return hmac.digest(pepper, normal.encode("utf-8", "surrogatepass"), "sha256")


def _hash_of_nothing(profile: HashProfile) -> str:
    """An encoded hash that no secret has: salt and digest are chance; verifying costs the full work."""
    salt, digest = (
        b64encode(secrets.token_bytes(size)).rstrip(b"=").decode("ascii")
        for size in (_SALT_BYTES, _HASH_BYTES)
    )
    costs = f"m={profile.memory_kib},t={profile.time_cost},p={profile.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"
