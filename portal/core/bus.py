"""How a lower floor tells the upper ones that something happened.

Handlers run inside the transaction of the action that published, in the order of subscription, and write
rows only. A handler that raises undoes everything: an acknowledgement that would be lost is worse than a
page that says "try again". Mail leaves later, from the outbox.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.core.db import Unit


@dataclass(frozen=True, slots=True)
class Event:
    """Root of the facts that slices publish; subclasses are named in the past tense."""


E = TypeVar("E", bound=Event)


class Bus:
    """Subscriptions, from event type to handlers; built once by the composition root."""

    def __init__(self) -> None:
        self._handlers: dict[type[Event], list[Callable[[Unit, Any], None]]] = defaultdict(list)

    def subscribe(self, event: type[E], handler: Callable[[Unit, E], None]) -> None:
        """Let `handler` run whenever an event of exactly this type is published."""
        self._handlers[event].append(handler)

    def publish(self, unit: Unit, event: Event) -> None:
        """Run every handler of this event now, in this unit's transaction."""
        for handler in self._handlers[type(event)]:
            handler(unit, event)
