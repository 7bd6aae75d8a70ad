"""Many points brought into being from a file: looked at first, then all of them, and again without harm.

What is there already is said and left as it is, so that the same file, or a longer one, may come again. Every
fault is found before anything is written; each structure is then written in one transaction, and a file that
was cut between two of them goes on when it comes again. Knows no request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

from portal.channels.actions import CodeGiven, issue_code
from portal.channels.points import COLUMNS, Fault, same
from portal.channels.queries import codes
from portal.core.db import Scope
from portal.core.languages import N_
from portal.people.actions import PersonGiven, invite, journal
from portal.people.passwords import name_in
from portal.people.rules import Act, Role
from portal.tenancy.actions import add_agreement, add_team, open_site
from portal.tenancy.queries import agreements, calendar_of, main_site, sites, structures, teams
from portal.web.founding import USUAL_DAYS, Founding, found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.channels.models import Code
    from portal.channels.points import Head, Point, Sheet
    from portal.core.db import Database, Unit
    from portal.tenancy.models import Structure

Key: TypeAlias = "tuple[str, ...]"
"""A thing of a structure by its names, its word of `THINGS` first."""

THINGS: dict[str, str] = {
    "structure": N_("structure"),
    "site": N_("site"),
    "team": N_("team"),
    "agreement": N_("agreement"),
    "code": N_("code"),
}
"""What a row may bring into being."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a row does: keys of `THINGS` that are new, and those that are there already."""

    row: int
    structure: str
    new: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A structure after a file: its codes in the order of its rows, the invitation of a new one's lead."""

    structure_id: int
    slug: str
    name: str
    is_new: bool
    codes: tuple[Code, ...]
    invitation: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in a structure, by the names that a file uses; `known` grows as points are opened."""

    main: str
    """The name of the main site."""
    known: dict[Key, UUID | Code] = field(default_factory=dict)

    @classmethod
    def read(cls, u: Unit) -> Standing:
        """What stands in the structure in scope."""
        places = {one.id: same(one.name) for one in sites(u)}
        staff = {one.id: (places[one.site_id], same(one.name)) for one in teams(u)}
        deals = {one.id: (same(one.partner), same(one.purpose)) for one in agreements(u)}
        known: dict[Key, UUID | Code] = {
            **{("site", name): id_ for id_, name in places.items()},
            **{("team", *name): id_ for id_, name in staff.items()},
            **{("agreement", *name): id_ for id_, name in deals.items()},
        }
        for code in codes(u):
            if code.retired_at is None and code.mediator_id is None:
                team = staff[code.team_id][1] if code.team_id else ""
                deal = deals[code.agreement_id] if code.agreement_id else ("", "")
                key = ("code", places[code.site_id], team, *deal, code.kind.value, same(code.label))
                known.setdefault(key, code)
        return cls(same(main_site(u).name), known)

    def keys(self, point: Point) -> dict[str, Key]:
        """What a point stands on and is, by the words of `THINGS`; the main site where it names none."""
        site, team, deal = same(point.site) or self.main, same(point.team), _deal(point)
        asked: dict[str, Key] = {"site": ("site", site)}
        if team:
            asked["team"] = ("team", site, team)
        if point.partner:
            asked["agreement"] = ("agreement", *deal)
        asked["code"] = ("code", site, team, *deal, point.kind.value, same(_label(point)))
        return asked


def _deal(point: Point) -> tuple[str, str]:
    return same(point.partner), same(point.purpose)


def _label(point: Point) -> str:
    """The note of a code: what the file says, else what it stands on."""
    return point.label or point.team or point.site


def planned(database: Database, sheet: Sheet) -> tuple[list[Line], list[Fault]]:
    """What each row would do, and what keeps the file from being used; nothing is written."""
    with database.reading(Scope.nobody()) as u:
        there = {same(row.name): row for row in structures(u)}
    lines: list[Line] = []
    faults = list(_clashes(sheet, there))
    for head in sheet.heads:
        points, standing = sheet.of(head), _standing(database, there.get(same(head.name)))
        is_new = standing is None
        if standing is None:
            standing = Standing(same(points[0].site or head.name))
        if is_new and head.email is None:
            sentence = N_("A new structure needs the e-mail of its quality lead.")
            faults.append(Fault(head.row, COLUMNS["email"].heading, sentence))
        lines += _lines(points, standing, is_new=is_new)
        faults += _undated(points, standing)
    return sorted(lines, key=lambda line: line.row), sorted(faults, key=lambda fault: fault.row)


def planned_here(u: Unit, sheet: Sheet) -> tuple[list[Line], list[Fault]]:
    """The same for a file that speaks of the structure in scope alone."""
    standing = Standing.read(u)
    return list(_lines(sheet.points, standing, is_new=False)), list(_undated(sheet.points, standing))


def _standing(database: Database, row: Structure | None) -> Standing | None:
    """What stands in a structure; None in a new one, or one that was cut before it was furnished."""
    if row is None:
        return None
    with database.reading(Scope.of(row.id)) as u:
        return Standing.read(u) if sites(u) else None


def _clashes(sheet: Sheet, there: dict[str, Structure]) -> Iterator[Fault]:
    """Short names that another structure has, here or in the file, or that a structure cannot change."""
    for name in ("slug", "letters"):
        taken = {getattr(row, name): key for key, row in there.items()}
        for head in sheet.heads:
            given, own = getattr(head, name), there.get(same(head.name))
            if given is None:
                continue
            if own is not None and getattr(own, name) != given:
                facts = {"given": getattr(own, name)}
                yield Fault(
                    head.row, COLUMNS[name].heading, N_("This structure has “%(given)s” for ever."), facts
                )
            elif taken.setdefault(given, same(head.name)) != same(head.name):
                yield Fault(
                    head.row,
                    COLUMNS[name].heading,
                    N_("Another structure has “%(given)s”."),
                    {"given": given},
                )


def _undated(points: Sequence[Point], standing: Standing) -> Iterator[Fault]:
    """New agreements of which no row says when they begin."""
    began = {_deal(point) for point in points if point.starts_on}
    for point in points:
        key = standing.keys(point).get("agreement")
        if key is not None and key not in standing.known and _deal(point) not in began:
            began.add(_deal(point))
            yield Fault(point.row, COLUMNS["starts_on"].heading, N_("Write when this agreement begins."))


def _lines(points: Sequence[Point], standing: Standing, *, is_new: bool) -> Iterator[Line]:
    """What each row adds to what stands, and to the rows before it."""
    seen = set(standing.known)
    for number, point in enumerate(points):
        keys = standing.keys(point)
        new = [what for what, key in keys.items() if key not in seen]
        old = [what for what, key in keys.items() if key in seen]
        seen.update(keys.values())
        first = ["structure"] if is_new and number == 0 else []
        yield Line(point.row, point.structure, (*first, *new), tuple(old))


def opened(database: Database, sheet: Sheet) -> list[Opened]:
    """Every structure of a file whose plan had no fault, with its points open."""
    with database.reading(Scope.nobody()) as u:
        there = {same(row.name): row for row in structures(u)}
    done = []
    for head in sheet.heads:
        row, points = there.get(same(head.name)), sheet.of(head)
        if _standing(database, row) is None or row is None:
            done.append(_founded(database, head, points))
        else:
            with database.transaction(Scope.of(row.id)) as u:
                done.append(Opened(row.id, row.slug, row.name, is_new=False, codes=fill(u, points)))
    return done


def _founded(database: Database, head: Head, points: Sequence[Point]) -> Opened:
    """A new structure with its lead invited and all its points, in one go."""
    email = head.email or ""
    lead = PersonGiven(email, name_in(email), Role.QUALITY_LEAD)
    made, (token, made_codes) = found(
        database,
        Founding(
            head.name,
            head.days or USUAL_DAYS,
            slug=head.slug,
            letters=head.letters,
            zone=head.zone,
            colour=head.colour,
            site=points[0].site or None,
            has_code=False,
        ),
        first=lambda u: (invite(u, lead), fill(u, points)),
    )
    return Opened(made.structure_id, made.slug, made.name, is_new=True, codes=made_codes, invitation=token)


def fill(u: Unit, points: Sequence[Point]) -> tuple[Code, ...]:
    """The codes of these points in the structure in scope; what is not there yet is made."""
    filling = _Filling(u, Standing.read(u), {_deal(point): point for point in points if point.starts_on})
    return tuple(filling.code(point) for point in points)


@dataclass(frozen=True, slots=True)
class _Filling:
    """Points being opened in one structure; `dated` are those that say when their agreement begins."""

    u: Unit
    standing: Standing
    dated: Mapping[tuple[str, str], Point]

    def code(self, point: Point) -> Code:
        """The point's code, with all it stands on."""
        return cast("Code", self._ensured("code", point, self._new_code))

    def _ensured(self, what: str, point: Point, make: Callable[[Point], UUID | Code]) -> UUID | Code | None:
        """What the point names, made if it is not there; None where it names none."""
        key = self.standing.keys(point).get(what)
        if key is None:
            return None
        if key not in self.standing.known:
            self.standing.known[key] = make(point)
        return self.standing.known[key]

    def _id(self, what: str, point: Point, make: Callable[[Point], UUID]) -> UUID | None:
        return cast("UUID | None", self._ensured(what, point, make))

    def _new_code(self, point: Point) -> Code:
        given = CodeGiven(
            point.kind,
            _label(point),
            self._site(point),
            team_id=self._id("team", point, self._new_team),
            agreement_id=self._id("agreement", point, self._new_agreement),
        )
        code = issue_code(self.u, given)
        journal(self.u, Act.CODE_ISSUED, code=code.code)
        return code

    def _site(self, point: Point) -> UUID:
        return cast("UUID", self._ensured("site", point, self._new_site))

    def _new_site(self, point: Point) -> UUID:
        zone = point.zone or calendar_of(self.u, main_site(self.u).id).zone
        site_id = open_site(self.u, name=point.site, zone=zone).id
        journal(self.u, Act.SITE_ADDED, site=str(site_id))
        return site_id

    def _new_team(self, point: Point) -> UUID:
        team_id = add_team(self.u, site_id=self._site(point), name=point.team).id
        journal(self.u, Act.TEAM_ADDED, team=str(team_id))
        return team_id

    def _new_agreement(self, point: Point) -> UUID:
        dated = self.dated[_deal(point)]
        row = add_agreement(
            self.u,
            partner=dated.partner,
            purpose=dated.purpose,
            starts_on=cast("date", dated.starts_on),
            ends_on=dated.ends_on,
        )
        journal(self.u, Act.AGREEMENT_ADDED, agreement=str(row.id))
        return row.id
