"""Every route meets everybody as the declared matrix says: `matrix.LINES`, held to the application's own map.

A route without a line fails, and a line without a route. What a page says to whom is not looked at here:
`test_foreign_ids`, `test_conflict` and `test_attempts` read what is answered.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from build import SECRET, World
from conftest import NOON
from staff import Colleague, signed_in
from walls.addresses import plant_view, signed_in_again
from walls.matrix import ASKERS, CASES, LINES, REFUSALS, Line, line_faults, read
from walls.planting import Planted, plant_case, planted_at
from walls.ways import Names

from portal.app import compose
from portal.cases.beside import name_person
from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.clock import FixedClock
from portal.core.config import load
from portal.people.rules import PERMISSIONS, Permission, Role, may
from portal.web.doors import new_form_token
from portal.web.guard import Desk, access_of, requires

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from build import Furnished
    from werkzeug.routing import Rule
    from werkzeug.test import TestResponse

    from portal.core.db import Scope

BY_FLASK = frozenset({"HEAD", "OPTIONS"})


def routes(world: World) -> dict[tuple[str, str], Rule]:
    """The routes of the application, by method and address as it is declared."""
    return {
        (method, rule.rule): rule
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in sorted((rule.methods or set()) - BY_FLASK)
    }


@dataclass(frozen=True, slots=True)
class Furniture:
    """A database file in which all there can be exists at both structures, and how it is called there."""

    file: Path
    lyon: Furnished
    strasbourg: Furnished
    lead: Scope
    own: Names
    foreign: Names
    spare: str
    """A code of Lyon that is still in use when the other has been replaced."""


@pytest.fixture(scope="module")
def furniture(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Furniture:
    """Made once: every asker gets a copy."""
    folder = tmp_path_factory.mktemp("matrix")
    file = folder / "portal.db"
    shutil.copy(sqlite_template, file)
    with World.made(f"sqlite:///{file}", FixedClock(NOON), folder) as world:
        planted = planted_at(world, world.lyon, "Hagebutte")
        abroad = planted_at(world, world.strasbourg, "Zwiebelturm")
        with world.database.transaction(planted.lead) as u:
            spare = issue_code(u, CodeGiven(CodeKind.POSTER, "", world.lyon.site.id)).code
        own, foreign = Names.of(world, planted), Names.of(world, abroad)
        return Furniture(file, world.lyon, world.strasbourg, planted.lead, own, foreign, spare)


@pytest.fixture
def asked_by(furniture: Furniture, tmp_path: Path, clock: FixedClock) -> Iterator[Callable[[str], Asked]]:
    """Gives somebody who asks, in a world of their own."""
    shutil.copy(furniture.file, tmp_path / "portal.db")
    environ = {
        "PORTAL_DATABASE_URL": f"sqlite:///{tmp_path / 'portal.db'}",
        "PORTAL_DATA": str(tmp_path),
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_BASE_URL": "http://portal.test",
    }
    app, database = compose(load(environ, cheap_hashes=True), clock=clock)
    world = World(app, database, clock, furniture.lyon, furniture.strasbourg)
    yield lambda asker: Asked.by(world, furniture, asker)
    database.engine.dispose()


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody of Lyon before a world in which all there can be exists, at home and abroad."""

    world: World
    who: Colleague | None
    furniture: Furniture
    conflicted: Names
    """The own names, with those of a case that names the asker."""

    @classmethod
    def by(cls, world: World, furniture: Furniture, asker: str) -> Asked:
        """Somebody with this role; `nobody` is not signed in."""
        own = furniture.own
        if asker == "nobody":
            return cls(world, None, furniture, own)
        who = signed_in(world, Role(asker), email="moi@passerelle.example")
        lead = signed_in(world, email="lead@passerelle.example")
        about_me = Planted(lead)
        plant_case(world, world.lyon, about_me, "Grauweide", 1)
        with world.database.transaction(furniture.lead) as u:
            name_person(u, about_me.ids["case_id"], who.person_id)
        named = Names(own.slug, own.code, about_me.reference, {**own.ids, **about_me.ids}, own.tokens)
        return cls(world, who, furniture, named)

    def answers(self, rule: Rule, method: str, case: str) -> str:
        """How the route answers in this case, by a letter of the matrix; "-" where the case cannot be."""
        values = self._values(rule, case)
        if values is None or (case == "conflicted" and self.who is None):
            return "-"
        if rule.rule.endswith("/retire") and case == "own":
            values["code"] = self.furniture.spare
        path = self.world.app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
        who = self.who
        if who and method != "GET" and access_of(self.world.app, rule.endpoint) == "signed_in":
            who = signed_in_again(self.world, who)
        client = who.client if who else self.world.app.test_client(use_cookies=False)
        fields = None if method == "GET" else self._form(rule, who)
        return letter(client.open(path, method=method, data=fields))

    def _form(self, rule: Rule, who: Colleague | None) -> dict[str, str]:
        """A form that is good enough to be taken, or to be told what is missing."""
        with self.world.app.test_request_context():
            token = new_form_token()
        is_answer = rule.rule.endswith("/<language>")
        fields = {
            "token": self.furniture.own.tokens["answers"] if is_answer else token,
            "message": "Bonjour",
            "answer": "good",
        }
        return {**fields, "csrf_token": who.csrf} if who else fields

    def _values(self, rule: Rule, case: str) -> dict[str, Any] | None:
        own, foreign = self.furniture.own.first(rule), self.furniture.foreign.first(rule)
        entrance = {"slug", "key"} & own.keys()
        if case == "own":
            return own
        if case == "foreign":
            return foreign if entrance else None
        if case == "conflicted":
            return self.conflicted.first(rule) if "reference" in own else None
        smuggled = {name for name in own if own[name] != foreign[name]} - entrance
        return {**own, **{name: foreign[name] for name in smuggled}} if entrance and smuggled else None


def letter(answer: TestResponse) -> str:
    """The status of an answer as the matrix writes it."""
    status, is_entrance = answer.status_code, answer.request.path == "/sign-in"
    if status == HTTPStatus.SEE_OTHER and answer.location.startswith("/sign-in") and not is_entrance:
        return "s"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "!"
    return REFUSALS.get(status, "o" if status < HTTPStatus.BAD_REQUEST else "f")


def in_turn(world: World) -> list[tuple[tuple[str, str], Rule]]:
    """The routes in the order in which they are asked: first pages, last what ends the asker's session."""
    return sorted(
        routes(world).items(),
        key=lambda one: (access_of(world.app, one[1].endpoint) == "signed_in" and one[0][0] != "GET", one[0]),
    )


def differences(asked: Asked, asker: str, lines: Mapping[tuple[str, str], Line]) -> list[str]:
    """What this asker meets otherwise than the matrix says; pages first, as forms change what they show."""
    at, found = ASKERS.index(asker), []
    for (method, path), rule in in_turn(asked.world):
        for case in CASES:
            met, expected = asked.answers(rule, method, case), getattr(lines[method, path], case)[at]
            if met != expected:
                found.append(f"{method} {path}, {case}, {asker}: {met} instead of {expected}")
    return found


def test_every_route_has_a_line_and_every_line_a_route(sqlite_world: World) -> None:
    assert line_faults(LINES, routes(sqlite_world).keys()) == []


@pytest.mark.parametrize("asker", ASKERS)
def test_every_route_answers_as_the_matrix_says(asked_by: Callable[[str], Asked], asker: str) -> None:
    assert differences(asked_by(asker), asker, LINES) == []


def test_every_mark_is_met_by_somebody_and_refused_to_somebody() -> None:
    for permission in Permission:
        assert {may(role, permission) for role in PERMISSIONS} == {True, False}, permission


def test_below_a_structure_nobody_foreign_finds_anything() -> None:
    for (_method, route), line in LINES.items():
        if route.startswith("/s/"):
            assert line.foreign == "s" + "0" * len(Role), route
            assert line.own[0] == "s", route


# What is wrong is found when it is planted


@requires(Permission.READ_FIGURES)
def lax(desk: Desk) -> str:
    """A page that says more than figures, as its mark does not."""
    return desk.slug


def test_a_route_without_a_line_and_a_line_without_a_route_are_found(sqlite_world: World) -> None:
    plant_view(sqlite_world, "/s/<slug>/lax", lax)
    fewer = {one: line for one, line in LINES.items() if one[1] != "/structures"}
    assert line_faults(fewer, routes(sqlite_world).keys()) == [
        "GET /s/<slug>/lax: give it a line in tests/walls/matrix.txt",
        "GET /structures: give it a line in tests/walls/matrix.txt",
    ]
    more = {**LINES, ("GET", "/gone"): LINES["GET", "/"]}
    there = routes(sqlite_world).keys() - {("GET", "/s/<slug>/lax")}
    assert line_faults(more, there) == ["GET /gone: no such route"]


def test_a_page_that_is_open_to_more_than_its_line_says_is_found(asked_by: Callable[[str], Asked]) -> None:
    asked = asked_by("auditor")
    plant_view(asked.world, "/s/<slug>/lax", lax)
    lines = {**LINES, ("GET", "/s/<slug>/lax"): LINES["GET", "/s/<slug>/responses"]}
    assert differences(asked, "auditor", lines) == ["GET /s/<slug>/lax, own, auditor: o instead of x"]


@pytest.mark.parametrize("spoiled", ["oooo - - - GET /", "ooooooooo - - GET /", "qqqqqqqqq - - - GET /"])
def test_a_line_that_is_none_is_found(spoiled: str) -> None:
    with pytest.raises(ValueError, match="GET /"):
        read(spoiled)


def test_a_line_that_stands_there_twice_is_found() -> None:
    with pytest.raises(ValueError, match="GET /"):
        read("ooooooooo - - - GET /\n" * 2)
