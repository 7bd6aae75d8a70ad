"""What a worker remembers: a bounded number of things that never change; the idle are forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

K = TypeVar("K")
V = TypeVar("V")
Owner = TypeVar("Owner")


class Bounded(Generic[K, V]):
    """A dictionary of at most `size` entries, safe between threads."""

    __slots__ = ("_lock", "_rows", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._rows: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._rows)

    def get(self, key: K) -> V | None:
        """The entry, which now counts as asked for; None for an unknown or forgotten one."""
        with self._lock:
            found = self._rows.get(key)
            if found is not None:
                self._rows.move_to_end(key)
            return found

    def put(self, key: K, value: V) -> None:
        """Remember an entry, and forget the one nobody has asked for longest where there is no room."""
        with self._lock:
            self._rows[key] = value
            self._rows.move_to_end(key)
            if len(self._rows) > self._size:
                self._rows.popitem(last=False)


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
