"""A structure brought into being, from a page or a command: name and promise are enough to collect.

Two transactions are needed, as a structure's own rows can be written only once it has a scope; what was cut
between them is made whole by the same words. Knows no request: the command uses it as the page does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func, select

from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.db import Scope
from portal.core.errors import Expired, Invalid
from portal.questionnaires.publishing import publish_shipped
from portal.tenancy.actions import SiteGiven, found_structure, furnish
from portal.tenancy.models import Structure
from portal.tenancy.queries import sites, structures
from portal.tenancy.rules import colour_of, first_targets, letters_of, slug_of, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from portal.core.crypto import Tokens
    from portal.core.db import Database, Unit

T = TypeVar("T")

START_AGE = timedelta(days=7)
"""How long a start link opens its page."""
MOST_DAYS = 60
"""The longest promise, in working days."""
USUAL_DAYS = 10
_PURPOSE = "start"
_QUESTIONNAIRE = "q-res"
_UNSET = ("", "")
"""Code and version of a procedure that nobody has named yet."""


@dataclass(frozen=True, slots=True)
class Founding:
    """What is asked for; the rest is made of the name where it is None.

    `answer_days` is the promise for a complaint, in working days; `site` is the name of the main site, which
    gets a code unless `has_code` says that others follow.
    """

    name: str
    answer_days: int = USUAL_DAYS
    slug: str | None = None
    letters: str | None = None
    zone: str | None = None
    colour: str | None = None
    site: str | None = None
    has_code: bool = True


@dataclass(frozen=True, slots=True)
class Founded:
    """A structure that listens by its first code, which is empty where none was asked for."""

    structure_id: int
    slug: str
    letters: str
    name: str
    code: str


def start_token(u: Unit, tokens: Tokens) -> str:
    """What lets its holder found one structure: it ends when any is founded, or after `START_AGE`."""
    return tokens.seal(_PURPOSE, {"after": _newest(u)}, now=u.now)


def check_start(u: Unit, tokens: Tokens, token: str) -> None:
    """Nothing. Raises `Tampered` for what is no start token, `Expired("start")` for one used or too old."""
    try:
        payload = tokens.open(_PURPOSE, token, now=u.now, max_age=START_AGE)
    except Expired:
        raise Expired(_PURPOSE) from None
    if payload["after"] != _newest(u):
        raise Expired(_PURPOSE)


def is_empty(u: Unit) -> bool:
    """Whether there is no structure yet."""
    return u.one(select(Structure.id).limit(1)) is None


def _newest(u: Unit) -> int:
    return u.one(select(func.max(Structure.id))) or 0


def found(
    database: Database,
    asked: Founding,
    *,
    first: Callable[[Unit], T],
    check: Callable[[Unit], None] = lambda _u: None,
) -> tuple[Founded, T]:
    """A structure with its main site, the residents' questionnaire and a first code, and what `first` gives.

    `check` is asked before anything is written, in the same transaction; `first` brings its first person in
    along with what they find. Cut half way, it goes on when it is asked for the same again. Raises `Invalid`
    with the name that cannot be used, or is taken.
    """
    if not 1 <= asked.answer_days <= MOST_DAYS:
        raise Invalid("answer_days", least=1, most=MOST_DAYS)
    with database.reading(Scope.nobody()) as u:
        alike = [row for row in structures(u) if _is_meant(row, asked)]
    half = next((row for row in alike if _is_bare(database, row.id)), None)
    # Two may come with one start link in the same second: the slower one sees what the first one founded.
    with database.transaction(Scope.nobody(), alone=True) as u:
        check(u)
        row = half or _named(u, asked)
        made = (row.id, row.slug, row.letters, row.name)
    with database.transaction(Scope.of(made[0])) as u:
        zone = asked.zone or zone_of(row.name)
        site = furnish(
            u,
            site=SiteGiven(asked.site or row.name, "centre", zone, is_main=True),
            document=_UNSET,
            targets=first_targets(asked.answer_days),
        )
        publish_shipped(u, _QUESTIONNAIRE)
        code = issue_code(u, CodeGiven(CodeKind.SITE, row.name, site.id)).code if asked.has_code else ""
        return Founded(*made, code), first(u)


def _named(u: Unit, asked: Founding) -> Structure:
    """The new structure's row, under names that nobody has."""
    known = structures(u)
    if asked.slug is None and _same(asked.name) in {_same(row.name) for row in known}:
        raise Invalid("name", reason="same")
    slugs, letters = {row.slug for row in known}, {row.letters for row in known}
    return found_structure(
        u,
        slug=asked.slug or slug_of(asked.name, slugs, stem="structure"),
        letters=asked.letters or letters_of(asked.name, letters),
        name=asked.name,
        colour=asked.colour or colour_of(asked.name),
    )


def _is_meant(row: Structure, asked: Founding) -> bool:
    """Whether this structure may be the one that is asked for, cut before it was furnished."""
    return (
        _same(row.name) == _same(asked.name)
        and asked.slug in {None, row.slug}
        and asked.letters in {None, row.letters}
    )


def _is_bare(database: Database, structure_id: int) -> bool:
    with database.reading(Scope.of(structure_id)) as u:
        found: Sequence[object] = sites(u)
        return not found


def _same(name: str) -> str:
    return " ".join(name.split()).casefold()
