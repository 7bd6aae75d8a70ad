"""What the cases published reaches what was made of their words here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cases.events import WordsErased
from portal.certification.thanking import withdraw_thanks_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from portal.core.bus import Event
    from portal.core.db import Unit


def on_words_erased(u: Unit, event: WordsErased) -> None:
    """Whoever asks for an end of their words means those that were given back, too.

    By schedule they stay: thanks given back have a line of their own in it.
    """
    if event.is_asked:
        withdraw_thanks_of(u, event.case_id)


SUBSCRIPTIONS: tuple[tuple[type[Event], Callable[[Unit, Any], None]], ...] = ((WordsErased, on_words_erased),)
"""Which event is heard by whom, for the composition root."""
