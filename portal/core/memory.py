"""What a worker remembers: a bounded number of things that never change; the idle are forgotten first."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from uuid import UUID

K = TypeVar("K")
V = TypeVar("V")
Owner = TypeVar("Owner")


class Bounded(Generic[K, V]):
    """A dictionary that keeps the `size` entries asked for last, and at most twice as many; thread-safe.

    Two generations instead of one order: an entry costs 30 bytes where a list of the order costs 80 more, and
    whoever asks for one moves nothing. What was not asked for while a generation filled goes with it.
    """

    __slots__ = ("_lock", "_old", "_size", "_young")

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """How many entries there are."""
        with self._lock:
            return len(self._young.keys() | self._old.keys())

    def get(self, key: K) -> V | None:
        """The entry, which now counts as asked for; None for an unknown or forgotten one."""
        found = self._young.get(key)
        if found is not None:
            return found
        found = self._old.get(key)
        if found is None:
            return None
        with self._lock:
            newer = self._young.get(key)  # somebody else may have put it meanwhile
            if newer is None:
                self._keep(key, found)
        return found if newer is None else newer

    def put(self, key: K, value: V) -> None:
        """Remember an entry, and forget those of the older generation where the younger one is full."""
        with self._lock:
            self._keep(key, value)

    def _keep(self, key: K, value: V) -> None:
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = value


class Apart(Generic[Owner, K, V]):
    """A `Bounded` for each owner, which ends with it: what one database holds says nothing of another."""

    __slots__ = ("_of", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._of: WeakKeyDictionary[Owner, Bounded[K, V]] = WeakKeyDictionary()

    def of(self, owner: Owner) -> Bounded[K, V]:
        """What is remembered for this owner."""
        found = self._of.get(owner)
        return self._of.setdefault(owner, Bounded(self._size)) if found is None else found


def packed(structure_id: int, row_id: UUID) -> bytes:
    """The two as one key of 20 bytes: as a pair they weigh five times as much, ten thousand times."""
    return structure_id.to_bytes(4, "big") + row_id.bytes
