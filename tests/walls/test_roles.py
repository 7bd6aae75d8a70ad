"""Each role opens exactly the staff pages whose mark its permissions hold, and everybody else is told no.

Driven by the application's own map of addresses; what a role may is the table of `portal.people.rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from staff import Colleague, signed_in
from walls.addresses import staff_pages

from portal.people.rules import PERMISSIONS, Permission, Role, may
from portal.web.guard import access_of, requires

if TYPE_CHECKING:
    from build import World

    from portal.web.guard import Desk

OPEN, CLOSED = "open", "closed"


def expected(mark: str, role: Role | None) -> str:
    """What the mark promises to a role of the structure; None is somebody of no structure."""
    if mark == "signed_in":
        return OPEN
    if role is None:
        return CLOSED
    return OPEN if mark == "member" or may(role, Permission(mark)) else CLOSED


def met(colleague: Colleague, path: str, method: str = "GET") -> str:
    """What the address answers: open means anything but no (a page, a redirection, a fault in the form)."""
    fields = None if method == "GET" else {"csrf_token": colleague.csrf}
    answer = colleague.client.open(path, method=method, data=fields)
    assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
    return CLOSED if answer.status_code == 403 else OPEN


def differences(world: World, role: Role) -> list[str]:
    """The pages that this role meets otherwise than their marks say."""
    colleague = signed_in(world, role, email=f"{role.value.replace('_', '-')}@passerelle.example")
    return [
        f"{path}: {met(colleague, path)}"
        for path, mark in staff_pages(world, world.lyon)
        if met(colleague, path) != expected(mark, role)
    ]


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_the_pages_it_may_and_no_other(sqlite_world: World, role: Role) -> None:
    assert differences(sqlite_world, role) == []


@pytest.mark.parametrize("role", Role)
def test_a_role_posts_only_where_it_may(sqlite_world: World, role: Role) -> None:
    colleague = signed_in(sqlite_world, role, email=f"{role.value.replace('_', '-')}@passerelle.example")
    wrong = [
        path
        for path, mark in staff_pages(sqlite_world, sqlite_world.lyon, method="POST")
        if expected(mark, role) == CLOSED and met(colleague, path, "POST") != CLOSED
    ]
    assert wrong == []


def test_every_mark_is_met_by_somebody_and_refused_to_somebody(sqlite_world: World) -> None:
    marks = {mark for _, mark in staff_pages(sqlite_world, sqlite_world.lyon)} - {"signed_in", "member"}
    for mark in marks:
        assert {expected(mark, role) for role in PERMISSIONS} == {OPEN, CLOSED}, mark


def test_a_page_marked_with_less_than_it_shows_is_found(sqlite_world: World) -> None:
    @requires(Permission.READ_FIGURES)
    def lax(desk: Desk) -> str:
        return desk.slug

    sqlite_world.app.add_url_rule("/s/<slug>/lax", view_func=lax)
    assert access_of(sqlite_world.app, "lax") == Permission.READ_FIGURES.value
    vars(sqlite_world.app.view_functions["lax"])["portal_access"] = Permission.READ_TEXTS.value
    refused = next(
        role for role in Role if not may(role, Permission.READ_TEXTS) and may(role, Permission.READ_FIGURES)
    )
    assert any("/lax: open" in one for one in differences(sqlite_world, refused))
