"""Every route, as a quality lead of Lyon, with every id of Strasbourg: nothing is told, nothing changed.

The walk is driven by the application's own map of addresses, so a new route is walked from its first day. An
argument whose name is not known here fails the test: give it a value in `_named` (ids come by themselves).
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from printed import words_of
from staff import Colleague, signed_in
from walls.addresses import plant_view, signed_in_again
from walls.planting import Planted, planted_at
from walls.siege import rows_of
from werkzeug.routing import AnyConverter, BuildError, UUIDConverter

from portal.people.rules import Permission, Role
from portal.web.guard import access_of, requires

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build import Furnished, World
    from werkzeug.routing import Rule
    from werkzeug.test import TestResponse

    from portal.web.guard import Desk

MARK = "Zwiebelturm"
"""Every word planted at Strasbourg bears it, however a page escapes the rest."""
UNKNOWN = UUID("01a476c3-0000-7000-8000-000000000000")
REFUSED = {403, 404}
HELD = {"/invitations/<token>", "/new-password/<token>", "/start/<token>"}
"""Public addresses whose token is itself the right to see what is behind."""
_FIELDS = """site team agreement code handler person mediator case questionnaire version message membership
invitation response item to of""".split()  # noqa: SIM905 -- a line of names reads better


class UnknownArgument(Exception):
    """A route takes an argument that this walk cannot fill."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk as somebody of one structure over what belongs to the other."""

    world: World
    me: Colleague
    passer: Colleague
    theirs: Planted

    @property
    def _home(self) -> Furnished:
        return self.me.structure

    @property
    def _abroad(self) -> Furnished:
        return self.theirs.colleague.structure

    def findings(self) -> Iterator[str]:
        """What the walk finds wrong, as sentences, at the newest route first; none when every wall holds."""
        return (
            f"{method} {path}: {fault}"
            for rule in reversed(list(self.world.app.url_map.iter_rules()))
            if rule.endpoint != "static"
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})
            for path, fault in self._of_rule(rule, method)
        )

    def _of_rule(self, rule: Rule, method: str) -> Iterator[tuple[str, str]]:
        mark = access_of(self.world.app, rule.endpoint)
        for abroad in (False, True):
            for path, unknown in self._paths(rule, abroad=abroad):
                answer = self._send(method, path, mark)
                foreign = abroad and "slug" in rule.arguments
                # Whoever holds a foreign code reads what the structure says to everybody.
                is_theirs = abroad or (mark == "public" and "code" in rule.arguments)
                if rule.rule not in HELD:
                    yield from ((path, fault) for fault in self._told(answer, mark, abroad=is_theirs))
                if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    yield path, f"fails with {answer.status_code}"
                needs_refusal = mark != "public" and (foreign or unknown is not None)
                if needs_refusal and not self._is_refused(method, answer.status_code, unknown, mark):
                    yield path, f"is answered with {answer.status_code}"

    def _told(self, answer: TestResponse, mark: str | None, *, abroad: bool) -> Iterator[str]:
        """What an answer tells of the other structure; its public pages may name it."""
        is_printed = answer.mimetype == "application/pdf"
        body = (words_of(answer.data) if is_printed else answer.get_data(as_text=True)) + str(answer.headers)
        if MARK.lower() in body.lower():
            yield "shows a foreign word"
        if self._abroad.structure.name in body and not (mark == "public" and abroad):
            yield "names the foreign structure"

    def _is_refused(self, method: str, status: int, unknown: str | None, mark: str | None) -> bool:
        """Whether it is refused: not found or not allowed, or by the same fault as an id nobody has."""
        if status in REFUSED:
            return True
        faulty = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        return faulty and unknown is not None and self._send(method, unknown, mark).status_code == status

    def _send(self, method: str, path: str, mark: str | None) -> TestResponse:
        if method == "GET":
            return self.me.client.get(path)
        # A route for whoever is signed in may end all sessions of a person: another one goes, signed in anew.
        me = self.me if mark != "signed_in" else signed_in_again(self.world, self.passer)
        fields = {"csrf_token": me.csrf, "reference": self.theirs.reference, "role": "mediator"}
        ids = list(self.theirs.ids.values())
        for turn, name in enumerate(_FIELDS):
            fields[name] = fields[f"{name}_id"] = str(self.theirs.ids.get(f"{name}_id", ids[turn % len(ids)]))
        return me.client.open(path, method=method, data=fields)

    def _paths(self, rule: Rule, *, abroad: bool) -> Iterator[tuple[str, str | None]]:
        """Addresses of the rule with foreign ids, and the same with an id nobody has (None without ids)."""
        wanted = {name: self._values(rule, name, abroad=abroad) for name in rule.arguments}
        most = max((len(values) for values in wanted.values()), default=1)
        own = {"slug", "key", "kind", "language", "first", "door", "position", "number"} | {
            name for name, converter in rule._converters.items() if isinstance(converter, AnyConverter)
        }
        has_ids = bool(rule.arguments - own)
        seen = set()
        for turn in range(most):
            filled = {name: values[turn % len(values)] for name, values in wanted.items()}
            missing = {
                name: UNKNOWN if isinstance(value, UUID) else value if name in own else "PAS-2099-999999"
                for name, value in filled.items()
            }
            path = self._build(rule, filled)
            if path not in seen:
                seen.add(path)
                yield path, self._build(rule, missing) if has_ids else None

    def _build(self, rule: Rule, values: dict[str, Any]) -> str:
        adapter = self.world.app.url_map.bind("localhost")
        try:
            return adapter.build(rule.endpoint, values, method=next(iter(rule.methods or {"GET"})))
        except BuildError as fault:
            message = f"{rule.rule}: {values}"
            raise UnknownArgument(message) from fault

    def _values(self, rule: Rule, name: str, *, abroad: bool) -> list[Any]:
        converter = rule._converters[name]
        if isinstance(converter, UUIDConverter):
            return list(self.theirs.ids.values())
        if isinstance(converter, AnyConverter):
            return sorted(converter.items)
        named = self._named(abroad=abroad)
        if name not in named:
            message = f"{rule.rule}: give <{name}> a value in tests/walls/test_foreign_ids.py"
            raise UnknownArgument(message)
        return named[name]

    def _named(self, *, abroad: bool) -> dict[str, list[Any]]:
        where = self._abroad if abroad else self._home
        ids = [str(value) for value in self.theirs.ids.values()]
        return {
            "slug": [where.structure.slug],
            "kind": ["q", "p"],
            "key": [where.code.code, where.structure.slug],
            "language": ["fr"],
            "first": ["fr"],
            "second": ["complaint"],
            "door": ["complaint", "follow"],
            "position": [1, 2],
            "token": [self.theirs.invitation_token] if abroad else [self.theirs.trip, self.theirs.receipt],
            "reference": [self.theirs.reference],
            "code": [self._abroad.code.code],
            "receipt": [self.theirs.receipt],
            "id": ids,
            "verb": ["take", "note", "answer"],
            "step": ["take", "note", "answer"],
            "number": [1],
            "year": [2027],
            "month": [3],
            "format": ["csv"],
            "name": ["centre"],
        }


@pytest.fixture
def walk(world: World) -> Walk:
    """A quality lead of Lyon, and words planted at Strasbourg by every way in."""
    return begun(world)


@pytest.fixture
def planted_walk(sqlite_world: World) -> Walk:
    """The same, to plant a fault in: whether the walk finds it is no matter of the engine."""
    return begun(sqlite_world)


def begun(world: World) -> Walk:
    """Before the first step."""
    me = signed_in(world)
    passer = signed_in(world, Role.BOARD, email="claude@passerelle.example", name="Claude Morel")
    return Walk(world, me, passer, planted_at(world, world.strasbourg, MARK))


def test_no_route_shows_or_changes_anything_of_another_structure(walk: Walk) -> None:
    before = rows_of(walk.world, walk.world.strasbourg)
    assert list(walk.findings()) == []
    assert rows_of(walk.world, walk.world.strasbourg) == before
    kept = rows_of(walk.world, walk.world.lyon)
    assert [name for name, value in walk.theirs.ids.items() if repr(value) in kept] == []


def test_the_words_are_there_for_those_they_belong_to(walk: Walk) -> None:
    shown = walk.theirs.colleague.get(f"/s/{walk.world.strasbourg.structure.slug}/people")
    assert MARK in shown.text


def test_a_view_that_leaks_is_found(planted_walk: Walk) -> None:
    @requires(Permission.READ_CASES)
    def leak(desk: Desk, case_id: UUID) -> str:
        return f"{desk.slug} {case_id}: {planted_walk.theirs.words[0]}"

    plant_view(planted_walk.world, "/s/<slug>/leak/<uuid:case_id>", leak)
    told, answered = islice(planted_walk.findings(), 2)
    assert "/leak/" in told
    assert "shows a foreign word" in told
    assert "/leak/" in answered
    assert "is answered with 200" in answered


def test_a_route_with_an_argument_nobody_can_fill_is_found(planted_walk: Walk) -> None:
    @requires(Permission.READ_CASES)
    def odd(desk: Desk, oddity: str) -> str:
        return f"{desk.slug} {oddity}"

    plant_view(planted_walk.world, "/s/<slug>/odd/<oddity>", odd)
    with pytest.raises(UnknownArgument, match="oddity"):
        next(planted_walk.findings())


def test_foreign_and_unknown_structures_look_the_same(walk: Walk) -> None:
    abroad = walk.world.strasbourg.structure.slug
    for rule in walk.world.app.url_map.iter_rules():
        staff = access_of(walk.world.app, rule.endpoint) != "public"
        if staff and rule.arguments == {"slug"} and "GET" in (rule.methods or ()):
            foreign = walk.me.get(rule.rule.replace("<slug>", abroad))
            unknown = walk.me.get(rule.rule.replace("<slug>", "x" * len(abroad)))
            assert foreign.status_code == unknown.status_code == 404
            assert foreign.text.replace(abroad, "x" * len(abroad)) == unknown.text


def test_without_signing_in_no_staff_page_is_shown(walk: Walk) -> None:
    stranger = walk.world.app.test_client()
    for rule in walk.world.app.url_map.iter_rules():
        marked = access_of(walk.world.app, rule.endpoint)
        if marked in {None, "public"} or "GET" not in (rule.methods or ()):
            continue
        for path, _ in walk._paths(rule, abroad=True):
            answer = stranger.get(path)
            assert answer.status_code == 303
            assert answer.headers["Location"].startswith("/sign-in")
