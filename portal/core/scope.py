"""Who asks, and within which walls: the value that every unit of work is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID


class Scope(NamedTuple):
    """Who asks, and within which walls; built once per request or job.

    `structure_id` is the structure written to (None: no owned row can be written); `reads` are the structures
    whose rows can be read (empty: none). `actor_id` is the signed-in person, to whom cases that name them do
    not exist.
    """

    structure_id: int | None
    reads: tuple[int, ...]
    actor_id: UUID | None = None
    role: str | None = None
    locale: str = "fr"

    @classmethod
    def of(cls, structure_id: int, **who: Any) -> Scope:
        """The scope that writes and reads one structure."""
        return cls(structure_id, (structure_id,), **who)

    @classmethod
    def nobody(cls, **who: Any) -> Scope:
        """The scope that sees only the tables owned by nobody."""
        return cls(None, (), **who)

    def reading(self, structures: Sequence[int]) -> Scope:
        """The same person reading several structures (a network's figures), writing none."""
        return self._replace(structure_id=None, reads=tuple(structures))
