"""What the demo world is made with: chance from the seed, a clock that is set, a structure that grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portal.core.db import Scope

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random
    from uuid import UUID

    from portal.channels.models import Code
    from portal.core.clock import FixedClock
    from portal.core.db import Database
    from portal.core.passwords import Hasher
    from portal.demo.words import StructureWords
    from portal.people.models import Person
    from portal.people.rules import Role

DAYS = 365
"""The year that the world has behind it."""


@dataclass(slots=True)
class Made:
    """One structure of the world while it is being made."""

    id: int
    slug: str
    name: str
    words: StructureWords
    codes: list[Code] = field(default_factory=list)
    site_names: dict[UUID, str] = field(default_factory=dict)
    staff: dict[Role, Person] = field(default_factory=dict)
    bodies: list[UUID] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def scope(self, role: Role | None = None, language: str = "fr") -> Scope:
        """The scope of a colleague, or of somebody who is not signed in."""
        if role is None:
            return Scope.of(self.id, locale=language)
        return Scope.of(self.id, actor_id=self.staff[role].id, role=role.value, locale=language)


@dataclass(slots=True)
class Maker:
    """The tools of the making: chance from the seed, a clock that is set, the database."""

    chance: Random
    clock: FixedClock
    database: Database
    hasher: Hasher
    now: datetime

    def at(self, instant: datetime) -> None:
        """Let it be this instant."""
        self.clock.set(instant)

    def drawn(self, weights: dict[str, int]) -> str:
        """One of the keys, by weight."""
        return self.chance.choices(list(weights), list(weights.values()))[0]
