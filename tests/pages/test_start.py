"""Founding in the browser and getting started: who may, once, and what the list says of a structure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING, cast

import pytest
from build import World
from staff import signed_in
from strict_page import OWN_HOST, faults

from portal.core.db import Scope
from portal.core.errors import Expired
from portal.people.queries import members, open_invitations, roles_held
from portal.people.rules import Role
from portal.tenancy.actions import change_policy, tell_staff_informed
from portal.tenancy.queries import policy, structures
from portal.tenancy.rules import DEFAULT_TARGETS, targets_of
from portal.web.founding import START_AGE, Founding, check_start, found, start_token
from portal.web.house import house
from portal.web.readiness import STEPS, held, open_steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from build import Furnished
    from werkzeug.test import TestResponse

    from portal.core.clock import FixedClock
    from portal.core.db import Database, Unit

GIVEN = {
    "name": "L’Escale",
    "answer_days": "8",
    "email": "lea.fontaine@escale.example",
    "password": "la lampe du hall reste bleue",
}
START = "/s/passerelle/start"


@pytest.fixture
def nothing(
    database_url: str,
    furnished_template: tuple[Path, tuple[Furnished, Furnished]],
    clock: FixedClock,
    tmp_path: Path,
) -> Iterator[World]:
    """A portal without any structure, on either engine; those of its world stand elsewhere."""
    with World.made(database_url, clock, tmp_path, furnished_template[1]) as made:
        yield made


def link(world: World) -> str:
    """A start link, as the server prints it."""
    with world.app.app_context(), world.database.reading(Scope.nobody()) as u:
        return f"/start/{start_token(u, house().tokens)}"


def sent(world: World, path: str, **other: str) -> TestResponse:
    """The form of the start page, sent from a browser of its own."""
    return world.app.test_client().post(path, data={**GIVEN, **other})


def names(world: World) -> list[str]:
    """Every structure's name."""
    with world.database.reading(Scope.nobody()) as u:
        return [row.name for row in structures(u)]


# Who may


def test_an_empty_portal_says_where_its_start_link_is(nothing: World) -> None:
    client = nothing.app.test_client()
    assert 'href="/start"' in client.get("/").text
    page = client.get("/start", base_url=OWN_HOST, headers={"Accept-Language": "ar"})
    assert page.status_code == 200
    assert "start-link" in page.text
    assert faults(page, "ar", is_one_request=False) == []


def test_a_portal_with_structures_shows_no_way_to_begin(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    assert "/start" not in client.get("/").text
    assert client.get("/start").status_code == 404


@pytest.mark.parametrize("token", ["x", "AAAA.BBBB", "%20", "é"])
def test_nobody_founds_without_a_start_link(nothing: World, token: str) -> None:
    assert nothing.app.test_client().get(f"/start/{token}").status_code == 404
    assert sent(nothing, f"/start/{token}").status_code == 404
    assert names(nothing) == []


def test_a_link_made_for_something_else_founds_nothing(nothing: World) -> None:
    with nothing.app.app_context():
        other = house().tokens.seal("invitation", {"after": 0}, now=nothing.clock.now())
    assert sent(nothing, f"/start/{other}").status_code == 404


def test_a_start_link_founds_once_and_another_may_be_made(nothing: World) -> None:
    first = link(nothing)
    again = link(nothing)
    assert sent(nothing, first).status_code == 303
    for used in (first, again):
        assert nothing.app.test_client().get(used).status_code == 410
        assert sent(nothing, used, name="Autre", email="b@b.example").status_code == 410
    assert sent(nothing, link(nothing), name="Autre", email="b@b.example").status_code == 303
    assert names(nothing) == ["Autre", "L’Escale"]


def test_a_start_link_is_good_for_seven_days(nothing: World) -> None:
    path = link(nothing)
    nothing.clock.set(nothing.clock.now() + START_AGE + timedelta(seconds=1))
    assert sent(nothing, path).status_code == 410
    assert names(nothing) == []


# What it founds


def test_four_fields_make_a_structure_that_listens_and_a_person_who_is_signed_in(nothing: World) -> None:
    client = nothing.app.test_client()
    founded = client.post(link(nothing), data=GIVEN)
    assert founded.location == "/s/l-escale/start?done=founded"
    page = client.get(founded.location)
    assert page.status_code == 200
    code = page.text.partition('href="/q/')[2].partition('"')[0]
    assert client.get(f"/q/{code}").status_code == 200
    with nothing.database.reading(Scope.nobody()) as u:
        (row,) = structures(u)
    with nothing.database.reading(Scope.of(row.id)) as u:
        (lead,) = members(u)
        promised = policy(u)
    assert (lead.person.name, lead.role) == ("Lea Fontaine", Role.QUALITY_LEAD)
    assert targets_of(promised.targets, "complaint").answer_days == 8
    assert (promised.document_code, row.letters) == ("", "ESC")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " "),
        ("name", "x" * 81),
        ("answer_days", "0"),
        ("answer_days", "61"),
        ("answer_days", "dix"),
        ("email", "chez moi"),
        ("email", ""),
        ("password", "court"),
        ("password", "lea.fontaine"),
        ("password", "motdepasse123"),
        ("person", "x" * 200),
    ],
)
def test_what_cannot_be_used_comes_back_at_its_field_and_nothing_is_founded(
    nothing: World, field: str, value: str
) -> None:
    page = sent(nothing, link(nothing), **{field: value})
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert GIVEN["password"] not in page.text
    assert names(nothing) == []


def test_whoever_has_an_account_proves_it(world: World) -> None:
    colleague = signed_in(world)
    page = sent(world, link(world), email=colleague.email, password="pas le bon mot de passe")
    assert page.status_code == 422
    assert 'href="#password"' in page.text
    assert sent(world, link(world), email=colleague.email).status_code == 303
    assert "L’Escale" in colleague.get("/structures").text


def test_a_name_that_is_there_already_is_refused(world: World) -> None:
    page = sent(world, link(world), name="la  PASSERELLE")
    assert (page.status_code, 'href="#name"' in page.text) == (422, True)


# Getting started


def state(world: World) -> dict[str, bool]:
    """Which rows of Lyon are done."""
    with world.database.reading(world.lyon.scope) as u:
        left = {step.id for step in open_steps(held(u))}
    return {step.id: step.id not in left for step in STEPS}


def test_a_new_structure_has_everything_before_it(nothing: World) -> None:
    assert sent(nothing, link(nothing)).status_code == 303
    with nothing.database.reading(Scope.nobody()) as u:
        (row,) = structures(u)
    with nothing.database.reading(Scope.of(row.id)) as u:
        assert [step.id for step in open_steps(held(u))] == [step.id for step in STEPS]


def test_the_two_handlers_and_the_recourse_are_invited_from_there(world: World) -> None:
    lead = signed_in(world)
    fields = {"handler": "sacha@p.example", "role": "supervisor", "recourse": "board@p.example"}
    assert lead.post(f"{START}/people", **fields).status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        assert {one.role for one in open_invitations(u)} == {Role.SUPERVISOR, Role.BOARD}
    assert lead.get(START).text.count("1 invitation envoyée") == 2
    assert not state(world)["handlers"]
    assert not state(world)["recourse"]
    for role, email in ((Role.SUPERVISOR, "s@p.example"), (Role.BOARD, "b@p.example")):
        signed_in(world, role, email=email)
    assert state(world)["handlers"]
    assert state(world)["recourse"]
    assert f'action="{START}/people"' not in lead.get(START).text


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "handler"),
        ({"handler": "chez moi"}, "handler"),
        ({"handler": "a@p.example", "recourse": "A@p.example"}, "recourse"),
        ({"handler": "neu@p.example", "recourse": "camille@passerelle.example"}, "recourse"),
    ],
)
def test_both_are_invited_or_none(world: World, fields: dict[str, str], wrong: str) -> None:
    page = signed_in(world).post(f"{START}/people", role="director", **fields)
    assert (page.status_code, f'href="#{wrong}"' in page.text) == (422, True)
    with world.database.reading(world.lyon.scope) as u:
        assert open_invitations(u) == []


def test_the_procedure_and_its_promises_are_done_when_they_are_written(nothing: World) -> None:
    assert sent(nothing, link(nothing)).status_code == 303
    with nothing.database.transaction(Scope.of(1)) as u:
        tell_staff_informed(u, None)
        assert {"procedure", "promises", "informed"} <= {one.id for one in open_steps(held(u))}
        change_policy(u, document_code="PR-07", document_version="2", targets=DEFAULT_TARGETS)
        assert {"informed"} == {"procedure", "promises", "informed"} & {one.id for one in open_steps(held(u))}
        tell_staff_informed(u, u.now.date())
        assert "informed" not in {one.id for one in open_steps(held(u))}


def test_only_what_leaves_no_trace_is_ticked_by_hand(world: World) -> None:
    lead = signed_in(world)
    assert lead.post(f"{START}/handlers/done").status_code == 404
    assert lead.post(f"{START}/printed/done").status_code == 303
    assert state(world)["printed"]


def test_a_person_who_was_taken_off_counts_no_more(sqlite_world: World) -> None:
    signed_in(sqlite_world)
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert roles_held(u) == {Role.QUALITY_LEAD: 1}
    with sqlite_world.database.reading(sqlite_world.strasbourg.scope) as u:
        assert not roles_held(u)


# Two at once


def two_at_once(world: World, database: Database) -> list[str]:
    """What two holders of one start link get who come in the same second: "founded", or why not.

    Each waits for the other after its look at the link, as long as nothing keeps them apart.
    """
    with world.app.app_context(), world.database.reading(Scope.nobody()) as u:
        tokens = house().tokens
        token = start_token(u, tokens)
    both = Barrier(2)

    def looked(u: Unit) -> None:
        check_start(u, tokens, token)
        with suppress(BrokenBarrierError):
            both.wait(timeout=0.4)

    def begun(name: str) -> str:
        try:
            found(database, Founding(name), first=lambda _u: None, check=looked)
        except Expired:
            return "expired"
        return "founded"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(begun, ("L’Escale", "Le Passage")))


@pytest.mark.both
def test_one_start_link_founds_one_structure_though_two_come_in_the_same_second(nothing: World) -> None:
    assert two_at_once(nothing, nothing.database) == ["expired", "founded"]
    assert len(names(nothing)) == 1


def test_without_the_queue_postgresql_would_found_two(nothing: World) -> None:
    class Together:
        """The same database, whose writers are not kept apart."""

        reading = staticmethod(nothing.database.reading)

        @staticmethod
        def transaction(scope: Scope, *, alone: bool = False) -> AbstractContextManager[Unit]:
            """A writing unit like any other."""
            del alone
            return nothing.database.transaction(scope)

    outcomes = two_at_once(nothing, cast("Database", Together))
    is_embedded = nothing.database.engine.dialect.name == "sqlite"
    assert outcomes == (["expired", "founded"] if is_embedded else ["founded", "founded"])
