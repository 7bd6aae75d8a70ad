"""What a view needs of the house, found through the application: one object, no global."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from portal.core.clock import Clock
    from portal.core.config import Config
    from portal.core.crypto import Keys, Tokens
    from portal.core.db import Database
    from portal.core.passwords import Hasher

KEY = "portal"


@dataclass(frozen=True, slots=True)
class House:
    """The parts that the composition root made: settings, database, keys, tokens and hashes."""

    config: Config
    database: Database
    clock: Clock
    keys: Keys
    tokens: Tokens
    hasher: Hasher


def house() -> House:
    """The house of the current application."""
    return cast("House", current_app.extensions[KEY])
