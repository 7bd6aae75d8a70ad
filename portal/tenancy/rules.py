"""What a structure promises, and what makes its names usable. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import time
from hashlib import sha256
from itertools import count, product
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from portal.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
LETTERS = re.compile(r"[A-Z]{2,6}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MOST_SLUG = 30
_LEAST_SLUG = 3
_LETTERS_MADE = 3
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_SMALL_WORDS = frozenset(
    {"asso", "association", "au", "aux", "centre", "d", "de", "des", "du", "en", "et", "for", "l", "la", "le"}
    | {"les", "mediation", "of", "pour", "s", "social", "sociale", "the"}
)
"""Words that many structures have in their names, and which therefore tell none of them."""
COLOURS = ("#17606b", "#7a3b69", "#2f5d9b", "#3f6b3a", "#8a4b1f", "#4b4a8c", "#9a3a4a", "#5a5f2a")
"""Colours of different hue, each readable as it is (`portal.web.theme` would darken others)."""
_TOLD_ZONES: Mapping[str, tuple[str, ...]] = {
    "alsace_moselle": (
        "alsace",
        "moselle",
        "strasbourg",
        "mulhouse",
        "colmar",
        "haguenau",
        "metz",
        "thionville",
    ),
    "guadeloupe": ("guadeloupe", "pointe-a-pitre", "basse-terre", "abymes"),
    "martinique": ("martinique", "fort-de-france"),
    "guyane": ("guyane", "cayenne", "kourou", "saint-laurent-du-maroni"),
    "la_reunion": ("la-reunion", "saint-denis-de-la-reunion"),
    "mayotte": ("mayotte", "mamoudzou"),
    "saint_martin": ("marigot",),
    "saint_pierre_et_miquelon": ("miquelon",),
}
"""Names of places that stand for one zone only; another one is chosen on the page of the site."""
CALENDAR_YEARS = 4
"""Years of public holidays written into a calendar version: one cycle of certification."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Promises for one kind of case, in working days (domain: two to read, ten to answer)."""

    ack_days: int = 2
    first_response_days: int = 5
    answer_days: int = 10


DEFAULT_TARGETS: Mapping[str, Targets] = {
    "complaint": Targets(),
    "request": Targets(),
    "concern": Targets(),
    "thanks": Targets(),
    "idea": Targets(answer_days=20),
}

_OFFICE = ((time(9), time(12)), (time(14), time(18)))
DEFAULT_OPENING: Mapping[int, tuple[tuple[time, time], ...]] = dict.fromkeys(range(5), _OFFICE)


def targets_document(targets: Mapping[str, Targets]) -> dict[str, Any]:
    """The promises as stored in a policy version."""
    return {kind: asdict(row) for kind, row in targets.items()}


def targets_of(document: Mapping[str, Any], kind: str) -> Targets:
    """The promises for a kind in a stored policy; the defaults where the policy is silent."""
    row = document.get(kind)
    return Targets(**row) if row else DEFAULT_TARGETS.get(kind, Targets())


def slug_of(name: str, taken: Collection[str], *, stem: str = "site") -> str:
    """A slug made of a name, unlike those taken; begun by `stem` where the name has no word for it."""
    words = _plain(name)[:_MOST_SLUG].strip("-")
    whole = words if words[:1].isalpha() and len(words) >= _LEAST_SLUG else f"{stem}-{words}".strip("-")
    numbered = (whole if n == 1 else f"{whole}-{n}" for n in count(1))
    return next(slug for slug in numbered if slug not in taken)


def _plain(name: str) -> str:
    """The words of a name in a-z and 0-9, with a dash between them; what is in another script is left out."""
    parted = re.sub(r"[^\w\s]+", " ", name.casefold().translate(_LIGATURES))
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def letters_of(name: str, taken: Collection[str]) -> str:
    """The letters that begin a structure's references, made of its name, unlike those taken.

    The first three of its telling words ("La Passerelle": PAS); the next free ones in the alphabet when
    another has them already; "STR" for a name without Latin letters.
    """
    words = re.findall(r"[a-z]+", _plain(name))
    telling = [word for word in words if word not in _SMALL_WORDS] or words
    first = ("".join(telling)[:_LETTERS_MADE].upper() or "STR").ljust(2, "X")
    signs = ["".join(tail) for n in range(1, 3) for tail in product(ascii_uppercase, repeat=n)]
    tries = (first, *(f"{first}{sign}" for sign in signs))
    return next(letters for letters in tries if letters not in taken)


def colour_of(name: str) -> str:
    """A colour for a structure that chose none: of a short list, always the same for the same name."""
    return COLOURS[sha256(_plain(name).encode()).digest()[0] % len(COLOURS)]


def zone_of(name: str) -> str:
    """The holiday zone that a name tells of ("Médiation Strasbourg"); else mainland France."""
    words = f"-{_plain(name)}-"
    return next(
        (zone for zone, told in _TOLD_ZONES.items() if any(f"-{one}-" in words for one in told)), "metropole"
    )


def first_targets(answer_days: int) -> dict[str, Targets]:
    """The promises of a structure that has only said in how many working days it answers a complaint.

    The other kinds go by the defaults until somebody has looked at them.
    """
    usual = DEFAULT_TARGETS["complaint"]
    return {
        "complaint": Targets(
            ack_days=min(usual.ack_days, answer_days),
            first_response_days=min(usual.first_response_days, answer_days),
            answer_days=answer_days,
        )
    }


def check_names(*, slug: str, letters: str, name: str, colour: str) -> None:
    """Raise `Invalid` naming the first of a new structure's names that cannot be used."""
    if not SLUG.fullmatch(slug):
        raise Invalid("slug", given=slug)
    if not LETTERS.fullmatch(letters):
        raise Invalid("letters", given=letters)
    if not name.strip():
        raise Invalid("name", given=name)
    if not COLOUR.fullmatch(colour):
        raise Invalid("colour", given=colour)
