"""Keys, sealed text and sealed tokens: whatever leaves the process unreadable passes here.

One secret stands behind everything; each use has its own sub-key, so that no sealed thing can be taken for
another. This module knows no table and no page: callers say where a text stands and what a token is for.
AES-256-GCM (NIST SP 800-38D), HKDF (RFC 5869) and HMAC (RFC 2104) come from `cryptography` and the standard
library; nothing here is a cipher of our own.
"""

from __future__ import annotations

import binascii
import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.core.errors import Expired, Invalid, Tampered

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

KEY_BYTES = 32
_SALT = b"portevoix"  # not secret: it parts our sub-keys from another program's under the same secret
_KEPT_KEYS = 1_024
_BEGUN_DIGESTS = 64
_VERSION = b"\x01"  # of the sealed form: version, nonce, ciphertext with its tag
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SHORTEST = len(_VERSION) + _NONCE_BYTES + _TAG_BYTES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_ISSUED_BYTES = 5
_SKEW = timedelta(minutes=5)  # how far the clocks of two servers may stand apart
SET_BACK = timedelta(hours=2)
"""How far a clock that went wrong is set back; what residents have in hand outlives that."""
_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _utf8(text: str) -> bytes:
    """`text` in bytes. Raises `Invalid("text")` on a lone surrogate, which no honest text holds."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        # `from None`: the original error would carry the text itself into the log.
        raise Invalid("text", reason="not_unicode") from None


def _framed(parts: Sequence[bytes]) -> bytes:
    """The parts in one run, each after its length: no two different lists of parts give the same bytes."""
    return b"".join(len(part).to_bytes(4) + part for part in parts)


def _tagged(value: int | str) -> bytes:
    """`value` in bytes that say its type, so that 1 and "1" name two keys."""
    return b"i%d" % value if isinstance(value, int) else b"s" + _utf8(value)


@lru_cache(maxsize=_KEPT_KEYS)
def _derived(secret: str, label: str, ids: tuple[int | str, ...]) -> bytes:
    """The sub-key; a thousand stay in memory, where the secret they come from lies as well."""
    info = _framed([_tagged(part) for part in (label, *ids)])
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=_SALT, info=info).derive(_utf8(secret))


@dataclass(frozen=True, slots=True)
class Keys:
    """The installation's secret, and the former one while keys are being rotated; neither shows in `repr`."""

    secret: str = field(repr=False)
    old: str | None = field(default=None, repr=False)

    def sub(self, label: str, *ids: int | str) -> bytes:
        """The 32-byte sub-key of this use and these ids; the same for ever under the same secret."""
        return _derived(self.secret, label, ids)

    def old_sub(self, label: str, *ids: int | str) -> bytes | None:
        """The same sub-key under the former secret; None when no rotation is under way."""
        return None if self.old is None else _derived(self.old, label, ids)


def new_key() -> bytes:
    """A random 256-bit key, for one case, say."""
    return os.urandom(KEY_BYTES)


@lru_cache(maxsize=_BEGUN_DIGESTS)
def _begun(key: bytes) -> hmac.HMAC:
    """A digest that has taken in its key alone; to begin one takes longer than all that follows."""
    return hmac.new(key, digestmod="sha256")


def keyed_digest(key: bytes, *parts: bytes | str) -> bytes:
    """HMAC-SHA256 (32 bytes) over the parts, each with its length before it; text counts as its UTF-8."""
    digest = _begun(key).copy()
    digest.update(_framed([_utf8(part) if isinstance(part, str) else part for part in parts]))
    return digest.digest()


def place(structure_id: int, table: str, row: uuid.UUID | int | str, column: str) -> str:
    """The associated data of a stored text, `structure:table:row:column`: moved elsewhere it no longer opens.

    `ValueError` when a part holds a colon, for two places could then be written alike.
    """
    parts = (str(structure_id), table, str(row), column)
    if any(":" in part for part in parts):
        raise ValueError("a part of a place holds a colon")
    return ":".join(parts)


def _cipher(key: bytes) -> AESGCM:
    """AES-256-GCM under `key`; `ValueError` unless it has 32 bytes (shorter ones would pass as AES-128)."""
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return AESGCM(key)


def _closed(cipher: AESGCM, plain: bytes, aad: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + cipher.encrypt(nonce, plain, _VERSION + _utf8(aad))


def _opened(cipher: AESGCM, blob: bytes, aad: str) -> bytes:
    if len(blob) < _SHORTEST or blob[:1] != _VERSION:
        raise Tampered("sealed", reason="form")
    nonce, sealed = blob[1 : 1 + _NONCE_BYTES], blob[1 + _NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, sealed, _VERSION + _utf8(aad))
    except InvalidTag:
        raise Tampered("sealed", reason="seal") from None


def seal_bytes(key: bytes, plain: bytes, *, aad: str) -> bytes:
    """`plain` sealed for this place: version, nonce, ciphertext and tag (29 bytes longer). Also wraps keys.

    The nonce is 96 bits of chance; one key is good for 2**32 seals (SP 800-38D, 8.3), far beyond a case.
    """
    return _closed(_cipher(key), plain, aad)


def unseal_bytes(key: bytes, blob: bytes, *, aad: str) -> bytes:
    """What `seal_bytes` was given. Raises `Tampered` on another key or place, or on one changed bit."""
    return _opened(_cipher(key), blob, aad)


def seal(key: bytes, text: str, *, aad: str) -> bytes:
    """`text` sealed for this place. Raises `Invalid("text")` when it is not Unicode."""
    return seal_bytes(key, _utf8(text), aad=aad)


def unseal(key: bytes, blob: bytes, *, aad: str) -> str:
    """The text that was sealed for this place. Raises `Tampered`."""
    try:
        return unseal_bytes(key, blob, aad=aad).decode()
    except UnicodeDecodeError:
        raise Tampered("sealed", reason="not_text") from None


def _from_url(token: str) -> bytes:
    """The bytes of an unpadded URL-safe token. Raises `Tampered` unless it is written the one right way.

    The decoder alone would skip foreign signs and ignore the last bits, and so accept many writings of one
    token; what comes back must encode to what came in.
    """
    try:
        blob = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise Tampered("token", reason="form") from None
    if _to_url(blob) != token:
        raise Tampered("token", reason="form")
    return blob


def _to_url(blob: bytes) -> str:
    return urlsafe_b64encode(blob).rstrip(b"=").decode("ascii")


class Tokens:
    """Sealed notes that travel through a page and come back: opaque, unforgeable, of limited age.

    A sub-key per purpose: a token for one thing never opens as another. Nothing is stored, so a token can
    come back twice; what must happen once is guarded where it is written.
    """

    __slots__ = ("_ciphers", "_keys")

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._ciphers: dict[str, tuple[AESGCM, ...]] = {}

    def seal(self, purpose: str, payload: Mapping[str, JSON], *, now: datetime) -> str:
        """A URL-safe token that holds `payload` as compact JSON: see `seal_raw`.

        Raises `Invalid("text")` when a text in it is not Unicode.
        """
        return self.seal_raw(purpose, _utf8(_compact(payload)), now=now)

    def seal_raw(self, purpose: str, payload: bytes, *, now: datetime) -> str:
        """A URL-safe token that holds `payload` and the second of its issue: a third longer, and 46 signs."""
        issued = (now - _EPOCH) // _SECOND
        body = issued.to_bytes(_ISSUED_BYTES) + payload
        return _to_url(_closed(self._for(purpose)[0], body, purpose))

    def open(
        self, purpose: str, token: str, *, now: datetime, max_age: timedelta, ahead: timedelta = _SKEW
    ) -> dict[str, Any]:
        """The payload of a token that `seal` has made: see `open_raw`."""
        body = self.open_raw(purpose, token, now=now, max_age=max_age, ahead=ahead)
        # Decoded here: of bytes, the parser would guess the encoding.
        payload: dict[str, Any] = json.loads(body.decode())
        return payload

    def open_raw(
        self, purpose: str, token: str, *, now: datetime, max_age: timedelta, ahead: timedelta = _SKEW
    ) -> bytes:
        """The payload of a token of this purpose, issued at most `max_age` ago, or `ahead` by another clock.

        Raises `Tampered` for what this server did not seal for this purpose, `Expired` for what is too old,
        or comes from so far ahead that the clock must have been set back (its age cannot be known).
        """
        body = self._body(purpose, _from_url(token))
        age = now - (_EPOCH + int.from_bytes(body[:_ISSUED_BYTES]) * _SECOND)
        if not -ahead <= age <= max_age:
            raise Expired("token", purpose=purpose)
        return body[_ISSUED_BYTES:]

    def _body(self, purpose: str, blob: bytes) -> bytes:
        for cipher in self._for(purpose):
            try:
                return _opened(cipher, blob, purpose)
            except Tampered:
                continue
        raise Tampered("token", purpose=purpose)

    def _for(self, purpose: str) -> tuple[AESGCM, ...]:
        """The ciphers of a purpose, today's first; kept, since purposes are few and named in code."""
        if purpose not in self._ciphers:
            keys = (self._keys.sub("token", purpose), self._keys.old_sub("token", purpose))
            self._ciphers[purpose] = tuple(_cipher(key) for key in keys if key is not None)
        return self._ciphers[purpose]
