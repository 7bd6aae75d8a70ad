"""Many points at once: structures, sites, teams, agreements, codes, and how the columns of a file name them.

A row is a point, that is one code with all it stands on; what several rows share is written on each. Pure:
whether something is there already is not known here.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from portal.channels.rules import CodeKind
from portal.core.errors import Invalid
from portal.core.languages import N_
from portal.people.passwords import read_email
from portal.tenancy.holidays_fr import ZONES
from portal.tenancy.rules import COLOUR, LETTERS, SLUG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_DAYS = 60
"""The longest promise, in working days."""
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong where: the row as a spreadsheet counts it, the heading of the column ("" for the row)."""

    row: int
    column: str
    sentence: str
    """A msgid; `facts` are its placeholders."""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """A structure, as the first of its rows tells it; None where the file is silent."""

    row: int
    name: str
    email: str | None = None
    days: int | None = None
    slug: str | None = None
    letters: str | None = None
    zone: str | None = None
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One code and what it stands on; an empty site is the main one, an empty team or partner is none."""

    row: int
    structure: str
    site: str
    zone: str | None
    team: str
    partner: str
    purpose: str
    starts_on: date | None
    ends_on: date | None
    kind: CodeKind
    label: str

    @property
    def names(self) -> tuple[object, ...]:
        """What tells this code from the others of the file."""
        return tuple(
            same(one) if isinstance(one, str) else one
            for one in (
                self.structure,
                self.site,
                self.team,
                self.partner,
                self.purpose,
                self.kind,
                self.label,
            )
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """Every structure of a file with its points, in the order of the file."""

    heads: tuple[Head, ...]
    points: tuple[Point, ...]

    def of(self, head: Head) -> list[Point]:
        """The points of one structure."""
        return [point for point in self.points if same(point.structure) == same(head.name)]


def same(words: str) -> str:
    """The form under which two writings of one name are equal."""
    return " ".join(unicodedata.normalize("NFKC", words).split()).casefold()


def bare(words: str) -> str:
    """A heading or a word of a list, without accents, capitals and signs."""
    plain = unicodedata.normalize("NFKD", words.casefold()).encode("ascii", "ignore").decode()
    return "".join(sign if sign.isalnum() else " " for sign in plain).strip().replace("  ", " ")


def _email(raw: str) -> str:
    return read_email(raw)


def _whole(raw: str) -> int:
    if not raw.isdecimal() or not 1 <= int(raw) <= MOST_DAYS:
        raise Invalid("days")
    return int(raw)


def _day(raw: str) -> date:
    for form in _DAYS:
        try:
            return datetime.strptime(raw, form).date()  # noqa: DTZ007 -- a day has no zone
        except ValueError:
            continue
    raise Invalid("day")


def _slug(raw: str) -> str:
    if not SLUG.fullmatch(raw):
        raise Invalid("slug")
    return raw


def _letters(raw: str) -> str:
    if not LETTERS.fullmatch(raw):
        raise Invalid("letters")
    return raw


def _colour(raw: str) -> str:
    if not COLOUR.fullmatch(raw):
        raise Invalid("colour")
    return raw.lower()


def _listed(words: Mapping[str, Any]) -> Callable[[str], Any]:
    """How one of a list of words is read."""

    def read(raw: str) -> Any:
        found = words.get(bare(raw))
        if found is None:
            raise Invalid("word")
        return found

    return read


_ZONES = {bare(zone): zone for zone in ZONES} | {
    "france metropolitaine": "metropole",
    "reunion": "la_reunion",
    "alsace": "alsace_moselle",
    "moselle": "alsace_moselle",
}
_KINDS = {kind.value: kind for kind in CodeKind} | {
    "carte": CodeKind.CARD,
    "equipe": CodeKind.TEAM,
    "affiche": CodeKind.POSTER,
    "evenement": CodeKind.EVENT,
    "partenaire": CodeKind.PARTNER,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its French heading, other headings, how a cell is read, what is said of a wrong one."""

    heading: str
    others: tuple[str, ...] = ()
    read: Callable[[str], Any] = str
    fault: str = ""


COLUMNS: dict[str, Column] = {
    "structure": Column("structure", ("nom de la structure",)),
    "email": Column(
        "e-mail", ("email", "courriel", "mail"), _email, N_("This is no mail address: %(given)s")
    ),
    "days": Column(
        "délai",
        ("promise", "delai de reponse"),
        _whole,
        N_("Write working days from 1 to 60, not “%(given)s”."),
    ),
    "slug": Column(
        "slug", (), _slug, N_("Write 3 to 40 signs a-z, 0-9 and -, a letter first, not “%(given)s”.")
    ),
    "letters": Column("lettres", ("letters",), _letters, N_("Write 2 to 6 capitals A-Z, not “%(given)s”.")),
    "colour": Column("couleur", ("colour",), _colour, N_("Write a colour like #17606b, not “%(given)s”.")),
    "site": Column("site", ("lieu",)),
    "zone": Column(
        "zone",
        ("jours feries",),
        _listed(_ZONES),
        N_("No such zone of public holidays: %(given)s. Those there are: %(known)s."),
    ),
    "team": Column("équipe", ("team",)),
    "partner": Column("partenaire", ("partner",)),
    "purpose": Column("objet", ("purpose", "convention")),
    "starts_on": Column("début", ("from", "du"), _day, N_("This is no date: %(given)s. Example: 01/09/2027")),
    "ends_on": Column("fin", ("until", "au"), _day, N_("This is no date: %(given)s. Example: 01/09/2027")),
    "kind": Column(
        "code",
        ("support", "kind"),
        _listed(_KINDS),
        N_("No such code: %(given)s. Those there are: %(known)s."),
    ),
    "label": Column("libellé", ("label", "note")),
}
"""In the order of an example file. Headings are read in any case, with or without accents."""

BY_HEADING = {
    bare(heading): name for name, row in COLUMNS.items() for heading in (row.heading, *row.others, name)
}
OF_HEADS = ("email", "days", "slug", "letters", "colour")
LISTED = {
    "zone": ", ".join(zone.replace("_", "-") for zone in ZONES),
    "kind": "carte, badge, équipe, site, affiche, événement, partenaire",
}


def headings() -> str:
    """Every heading, as an example file has them."""
    return ", ".join(column.heading for column in COLUMNS.values())
