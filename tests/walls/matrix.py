"""What every route answers to everybody: the lines of `matrix.txt`, and what may be wrong with them.

Four cases, each with a letter for each asker: one's own things; the same address at the other structure;
one's own structure with the names of foreign things; a case that names the asker. A "-" cannot be.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portal.people.rules import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ASKERS = ("nobody", *(role.value for role in Role))
"""The order of the letters: who is not signed in, then somebody of each role, all of them of Lyon."""
CASES = ("own", "foreign", "smuggled", "conflicted")
REFUSALS = {400: "b", 401: "s", 403: "x", 404: "0", 410: "g"}
"""Letters of refusals: bad, to the sign-in, no permission, not there, no longer."""
LETTERS = frozenset("of-") | {*REFUSALS.values()}
"""Besides: o for a page or a redirection, f for a form in which something is missing."""


@dataclass(frozen=True, slots=True)
class Line:
    """The letters of one route, by case and, in each, by asker."""

    own: str
    foreign: str
    smuggled: str
    conflicted: str


def read(text: str) -> dict[tuple[str, str], Line]:
    """The lines by method and route. Raises `ValueError` for one that is no line, or stands there twice."""
    lines: dict[tuple[str, str], Line] = {}
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        *columns, method, route = line.split(maxsplit=5)
        letters = [column * len(ASKERS) if column == "-" else column for column in columns]
        is_short = len(columns) != len(CASES)
        if (
            is_short
            or (method, route) in lines
            or any(len(one) != len(ASKERS) or {*one} - LETTERS for one in letters)
        ):
            raise ValueError(line)
        lines[method, route] = Line(*letters)
    return lines


def line_faults(lines: Mapping[tuple[str, str], Line], routes: Collection[tuple[str, str]]) -> list[str]:
    """Routes without a line, and lines without a route."""
    missing = [
        f"{method} {route}: give it a line in tests/walls/matrix.txt"
        for method, route in routes - lines.keys()
    ]
    return sorted(missing + [f"{method} {route}: no such route" for method, route in lines.keys() - routes])


LINES = read(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8"))
