"""How often one visitor may guess: a count of refused tries by address, in memory and for minutes only.

Waits by account (`portal.people.passwords`) do not slow somebody who tries one password on many accounts. No
address is kept: the count stands under a digest whose key dies with the server. Each worker counts alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil
from secrets import token_bytes
from threading import Lock
from typing import TYPE_CHECKING, cast

from flask import current_app, request

from portal.core.crypto import keyed_digest
from portal.core.errors import Throttled
from portal.web.house import house

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask

_KEY = "portal_throttle"
_MOST_VISITORS = 20_000
_PREFIX_BITS = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """So many refused tries of one visitor within so long; more have to wait."""

    purpose: str
    tries: int
    within: timedelta


@dataclass(slots=True)
class Throttle:
    """The refused tries of the last minutes, by limit and visitor."""

    key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    _tries: dict[bytes, deque[datetime]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def check(self, limit: Limit, address: str, *, now: datetime) -> None:
        """Nothing. Raises `Throttled(seconds=…)` for a visitor who has used up the tries."""
        with self._lock:
            tries = self._tries.get(self._visitor(limit, address), deque())
            # What lies ahead was noted before the clock was set back: when, nobody knows any more.
            recent = [at for at in tries if timedelta(0) <= now - at < limit.within]
        if len(recent) >= limit.tries:
            wait = recent[-limit.tries] + limit.within - now
            raise Throttled(limit.purpose, seconds=ceil(wait.total_seconds()))

    def note(self, limit: Limit, address: str, *, now: datetime) -> None:
        """One more refused try of this visitor; the visitor seen longest ago is forgotten for a new one."""
        with self._lock:
            visitor = self._visitor(limit, address)
            tries = self._tries.pop(visitor, None) or deque(maxlen=limit.tries)
            tries.append(now)
            self._tries[visitor] = tries
            if len(self._tries) > _MOST_VISITORS:
                del self._tries[next(iter(self._tries))]

    def _visitor(self, limit: Limit, address: str) -> bytes:
        return keyed_digest(self.key, limit.purpose, _network(address))


def register(app: Flask) -> None:
    """Give the application its own count."""
    app.extensions[_KEY] = Throttle()


def check_tries(limit: Limit) -> None:
    """Nothing. Raises `Throttled` when the visitor of this request has been refused too often."""
    _throttle().check(limit, request.remote_addr or "", now=house().clock.now())


def note_refusal(limit: Limit) -> None:
    """The visitor of this request was refused once more."""
    _throttle().note(limit, request.remote_addr or "", now=house().clock.now())


def may_try(limit: Limit) -> bool:
    """Whether the visitor of this request may do so once more, which is counted."""
    try:
        check_tries(limit)
    except Throttled:
        return False
    note_refusal(limit)
    return True


def _throttle() -> Throttle:
    return cast("Throttle", current_app.extensions[_KEY])


def _network(address: str) -> str:
    """The address, as given if it is none; of IPv6 the network, for a single line has 2**64 addresses."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if isinstance(read, IPv6Address) and read.ipv4_mapped is None:
        return str(int(read) >> (128 - _PREFIX_BITS))
    return address
