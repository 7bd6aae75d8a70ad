"""What a view needs of the house, found through the application: one object, no global."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, request

if TYPE_CHECKING:
    from flask import Request

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
    # The application itself: every attribute of the stand-in is a search for what it stands for.
    found: House = current_app._get_current_object().extensions[KEY]  # type: ignore[attr-defined]  # noqa: SLF001 -- Flask's documented way
    return found


def this_request() -> Request:
    """The request itself, for whoever looks at more of it than one attribute."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 -- Flask's documented way
    return found
