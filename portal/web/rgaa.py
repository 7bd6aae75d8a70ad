"""The grid of the RGAA 4.1.2: what is known of each of its 106 criteria, and what proves it.

`rgaa.tsv` has a line for each: number, what is known, proofs, and the criterion in a few words of our own.
The statement of every structure is made from it, and tests hold each proof to exist. It is our own look at
the pages and no audit: that takes an auditor, a sample of pages and screen readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from portal.core.languages import N_

LOOKED_AT = date(2026, 11, 21)
"""When somebody last went through the whole grid."""

THEMES: tuple[tuple[str, int], ...] = (
    ("Images", 9),
    ("Cadres", 2),
    ("Couleurs", 3),
    ("Multimédia", 13),
    ("Tableaux", 8),
    ("Liens", 2),
    ("Scripts", 5),
    ("Éléments obligatoires", 10),
    ("Structuration", 4),
    ("Présentation", 14),
    ("Formulaires", 13),
    ("Navigation", 11),
    ("Consultation", 12),
)
"""The thirteen themes, and how many criteria each has."""


class Known(StrEnum):
    """What is known of a criterion, without an audit."""

    HELD = "held"
    """Every screen is checked by a program at each change."""
    PERSON = "person"
    """A person has to look, and has not yet."""
    ABSENT = "absent"
    """There is nothing of the sort: a program sees to it, or whoever reads the code."""
    OPEN = "open"
    """It is not met, and the statement says so."""


HUMAN: dict[str, str] = {
    "screen-reader": N_("Use the pages with a screen reader"),
    "reading": N_("Read the words of every page"),
    "code": N_("Read the code"),
}
"""The checks that only a person can make, by the name that stands in the grid."""

OPEN: dict[str, str] = {
    "4.1": N_(
        "A voice message sent to a team can be read only where a colleague has written it down beside."
    ),
    "12.1": N_("The pages of the teams have a menu, but neither a search nor a site map."),
}
"""What is known not to conform, in a sentence for the statement."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: number, what is known, and the names of its proofs ("check:names", "human:code", …)."""

    number: str
    known: Known
    proofs: tuple[str, ...]
    words: str

    @property
    def theme(self) -> str:
        """The theme it belongs to."""
        return THEMES[int(self.number.partition(".")[0]) - 1][0]


@cache
def grid() -> tuple[Criterion, ...]:
    """The 106 criteria, in their order."""
    lines = Path(__file__).with_name("rgaa.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return tuple(
        Criterion(number, Known(known), tuple(proofs.split()), words) for number, known, proofs, words in rows
    )


def count(known: Known) -> int:
    """How many criteria are known to be so."""
    return sum(one.known is known for one in grid())
