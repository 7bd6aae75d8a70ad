"""What a worker remembers: enough, never too much, and for whom it was remembered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from gc import collect
from typing import Any
from uuid import UUID

from portal.core.memory import Apart, Bounded, packed

SIZE = 10


def test_what_was_asked_for_last_is_kept_and_never_more_than_twice_the_size() -> None:
    memory: Bounded[int, str] = Bounded(SIZE)
    for number in range(1_000):
        memory.put(number, str(number))
        assert len(memory) <= 2 * SIZE
        last = range(max(0, number - SIZE + 1), number + 1)
        assert [memory.get(one) for one in last] == [str(one) for one in last]
    assert memory.get(1) is None


def test_who_is_asked_for_again_and_again_is_not_forgotten() -> None:
    memory: Bounded[str, int] = Bounded(SIZE)
    memory.put("often", 1)
    for number in range(100 * SIZE):
        memory.put(str(number), number)
        assert memory.get("often") == 1


def test_as_many_as_the_size_are_met_again_however_often_they_come_round() -> None:
    memory: Bounded[int, int] = Bounded(SIZE)
    for number in range(SIZE):
        memory.put(number, number)
    for _ in range(5):
        assert [memory.get(number) for number in range(SIZE)] == list(range(SIZE))


def test_a_newer_value_takes_the_place_of_the_older_one_for_good() -> None:
    memory: Bounded[str, int] = Bounded(2)
    memory.put("a", 1)
    memory.put("b", 1)
    memory.put("c", 1)  # the first two are of the older generation now
    memory.put("a", 2)
    memory.put("d", 1)
    assert memory.get("a") == 2


class Slow(dict[str, int]):
    """A generation in which somebody else puts a newer value while it is read."""

    def __init__(self, memory: Bounded[str, int], held: dict[str, int]) -> None:
        super().__init__(held)
        self.memory = memory

    def get(self, key: str, _default: object = None) -> Any:
        """The older value; the newer one is there when it is given back."""
        self.memory.put(key, 2)
        return super().get(key)


def test_a_value_that_is_read_never_takes_the_place_of_one_put_meanwhile() -> None:
    memory: Bounded[str, int] = Bounded(2)
    memory._old = Slow(memory, {"a": 1})
    assert memory.get("a") == 2
    assert memory.get("a") == 2


def test_threads_neither_break_it_nor_make_it_grow() -> None:
    memory: Bounded[int, int] = Bounded(SIZE)

    def busy(seed: int) -> bool:
        for turn in range(5_000):
            key = (seed * turn) % (4 * SIZE)
            memory.put(key, key)
            if memory.get(key) not in {key, None}:
                return False
        return True

    with ThreadPoolExecutor(8) as crowd:
        assert all(crowd.map(busy, range(1, 9)))
    assert len(memory) <= 2 * SIZE


class Owner:
    """Somebody for whom something is remembered."""


def test_each_owner_has_a_memory_of_its_own_which_ends_with_it() -> None:
    apart: Apart[Owner, str, int] = Apart(SIZE)
    one, other = Owner(), Owner()
    apart.of(one).put("a", 1)
    assert apart.of(other).get("a") is None
    assert apart.of(one).get("a") == 1
    del one
    collect()
    assert len(apart._of) == 1


def test_no_two_pairs_have_one_key() -> None:
    ids = [UUID(int=0), UUID(int=1), UUID(int=1 << 96), UUID(int=(1 << 128) - 1)]
    assert len({packed(structure, row) for structure in (1, 2, 256, 2**31 - 1) for row in ids}) == 16
