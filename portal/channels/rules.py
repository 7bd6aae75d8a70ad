"""What kinds of codes there are. Pure."""

from __future__ import annotations

from enum import StrEnum

from portal.core.languages import N_


class CodeKind(StrEnum):
    """Where a code is shown (stored by value)."""

    CARD = "card"
    BADGE = "badge"
    TEAM = "team"
    SITE = "site"
    POSTER = "poster"
    EVENT = "event"
    PARTNER = "partner"


CODE_KINDS: dict[CodeKind, str] = {
    CodeKind.CARD: N_("Card"),
    CodeKind.BADGE: N_("Badge"),
    CodeKind.TEAM: N_("Team"),
    CodeKind.SITE: N_("Site"),
    CodeKind.POSTER: N_("Poster"),
    CodeKind.EVENT: N_("Event"),
    CodeKind.PARTNER: N_("Partner"),
}
"""From kind to the msgid of its name."""
