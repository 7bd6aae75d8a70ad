"""Every answer of every route, and every page of what went wrong, carries what browsers must know.

Addresses come from the application's own map, each with names that exist: what is answered is a real page.
"""

from __future__ import annotations

import re
import sqlite3
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import OperationalError
from staff import Colleague, signed_in
from trial import trial
from walls.addresses import plant_view, signed_in_again
from walls.planting import planted_at
from walls.ways import Names
from werkzeug.exceptions import default_exceptions

from portal.web.guard import access_of, is_staff_address, public
from portal.web.security import HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build import World
    from flask import Response
    from werkzeug.routing import Rule
    from werkzeug.test import TestResponse

_TELLING = re.compile(r"\d|python|werkzeug|flask", re.IGNORECASE)
NEEDED = {"default-src": "'none'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'self'"}
LEAVING = {"POST /sign-out lead", "POST /account/sign-out-everywhere lead"}
"""Where the cookie is taken back."""
BESIDES = {"style-src", "img-src", "report-uri"}
"""What a page may add to its policy of content."""


def faults(answer: TestResponse, *, is_staff: bool) -> list[str]:
    """What is wrong with the headers of an answer; empty when they are in order."""
    found = [
        f"{name}: {answer.headers.get(name)}"
        for name, value in HEADERS.items()
        if answer.headers.getlist(name) != [value]
    ]
    found += _policy_faults(answer.headers.getlist("Content-Security-Policy"))
    if "Set-Cookie" in answer.headers:
        found.append("sets a cookie")
    if is_staff and answer.headers.get("Cache-Control") != "no-store":
        found.append("may be stored")
    if _TELLING.search(answer.headers.get("Server", "")) or "X-Powered-By" in answer.headers:
        found.append("tells what serves it")
    if answer.data and "Content-Type" not in answer.headers:
        found.append("has no type")
    if (answer.mimetype or "").startswith("text/") and "charset=utf-8" not in answer.headers["Content-Type"]:
        found.append("has no charset")
    return found


def _policy_faults(policies: list[str]) -> Iterator[str]:
    if len(policies) != 1:
        yield f"{len(policies)} policies"
        return
    rules = dict(part.strip().partition(" ")[::2] for part in policies[0].split(";"))
    for name, value in NEEDED.items():
        if rules.get(name) != value:
            yield f"{name} {rules.get(name)}"
    for name in rules.keys() - NEEDED.keys():
        sources = rules[name].split()
        if name not in BESIDES or any(
            one not in {"'self'", "data:"} and "'sha256-" not in one for one in sources
        ):
            yield f"{name} {rules[name]}"


def asked(world: World, lead: Colleague, names: Names) -> Iterator[tuple[str, TestResponse, bool]]:
    """An answer of each route to each method, to nobody and to a lead, and whether it is of the teams."""
    for rule in world.app.url_map.iter_rules():
        mark = access_of(world.app, rule.endpoint)
        for method in sorted({*(rule.methods or ()), "GET", "POST", "DELETE"}):
            for who in (None, lead):
                answer = _answer(world, rule, method, who, names)
                # A wrong method is refused before anybody is known: nothing of the teams is told there.
                is_theirs = answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED and mark not in {
                    None,
                    "public",
                }
                is_staff = is_staff_address(answer.request.path) or is_theirs
                yield f"{method} {rule.rule} {'lead' if who else 'nobody'}", answer, is_staff


def _answer(world: World, rule: Rule, method: str, who: Colleague | None, names: Names) -> TestResponse:
    is_theirs = method in (rule.methods or ())
    built_for = method if is_theirs else min(rule.methods or {"GET"})
    path = world.app.url_map.bind("localhost").build(rule.endpoint, names.first(rule), method=built_for)
    if who and access_of(world.app, rule.endpoint) == "signed_in" and method == "POST":
        who = signed_in_again(world, who)
    client = who.client if who else world.app.test_client(use_cookies=False)
    fields = {"csrf_token": who.csrf} if who and method == "POST" else None
    return client.open(path, method=method, data=fields, buffered=True)


def test_every_answer_of_every_route_carries_them(sqlite_world: World) -> None:
    names = Names.of(sqlite_world, planted_at(sqlite_world, sqlite_world.lyon, "Hagebutte"))
    lead = signed_in(sqlite_world)
    wrong, statuses = [], set()
    for told, answer, is_staff in asked(sqlite_world, lead, names):
        statuses.add(answer.status_code)
        is_leaving = told in LEAVING
        wrong += [
            f"{told} ({answer.status_code}): {fault}"
            for fault in faults(answer, is_staff=is_staff)
            if not (is_leaving and fault == "sets a cookie")
        ]
    assert wrong == []
    assert {200, 303, 400, 405} <= statuses


@pytest.mark.parametrize("path", ["/q/planted", "/planted", "/sign-in/planted"])
def test_every_page_of_what_went_wrong_carries_them(sqlite_world: World, path: str) -> None:
    @public
    def wrong(status: int) -> Response:
        raise default_exceptions[status]

    plant_view(sqlite_world, f"{path}/<int:status>", wrong)
    for status in sorted(default_exceptions):
        answer = sqlite_world.app.test_client().get(f"{path}/{status}")
        assert answer.status_code == status
        assert faults(answer, is_staff=is_staff_address(path)) == [], status
        assert answer.mimetype == "text/html", status


BROKEN: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "an address that is no text": ("GET", "/q/%00", {}, 400),
    "another site's form": ("POST", "/sign-in", {"headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
    "nothing there": ("GET", "/nowhere", {}, 404),
    "nothing there for the teams": ("GET", "/s/passerelle/nowhere", {}, 404),
    "a wrong method": ("DELETE", "/sign-in", {}, 405),
    "a page that has changed": ("POST", "/q/trial/conflict", {"data": {"message": "x"}}, 409),
    "too much": ("POST", "/q/trial/echo", {"data": {"message": "x" * 300_000}}, 413),
    "too often": ("GET", "/q/trial/throttled", {}, 429),
    "a view that breaks": ("GET", "/q/trial/broken", {}, 500),
    "a database that is away": ("GET", "/q/away", {}, 503),
    "a database that is away for the teams": ("GET", "/sign-in/away", {}, 503),
}
"""What the portal itself answers when something is wrong: method, address, what is sent, status."""


@pytest.mark.parametrize("what", BROKEN)
def test_every_fault_of_the_portal_carries_them(sqlite_world: World, what: str) -> None:
    @public
    def away() -> Response:
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise OperationalError("select", None, error)

    sqlite_world.app.register_blueprint(trial)
    for path in ("/q/away", "/sign-in/away"):
        plant_view(sqlite_world, path, away)
    method, path, sent, status = BROKEN[what]
    answer = sqlite_world.app.test_client().open(path, method=method, **sent)
    assert answer.status_code == status
    assert faults(answer, is_staff=is_staff_address(path)) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Set-Cookie", "a=b", "sets a cookie"),
        ("X-Content-Type-Options", "", "X-Content-Type-Options"),
        ("Referrer-Policy", "unsafe-url", "Referrer-Policy"),
        ("Cache-Control", "public", "may be stored"),
        ("Server", "Werkzeug/3.1 Python/3.11", "tells what serves it"),
        ("X-Powered-By", "Flask", "tells what serves it"),
        ("Content-Security-Policy", "default-src 'none'", "form-action None"),
        ("Content-Type", "text/html", "has no charset"),
    ],
)
def test_a_header_that_is_missing_or_too_much_is_found(
    sqlite_world: World, name: str, value: str, told: str
) -> None:
    answer = sqlite_world.app.test_client().get("/sign-in")
    assert faults(answer, is_staff=True) == []
    answer.headers[name] = value
    assert any(told in fault for fault in faults(answer, is_staff=True))


@pytest.mark.parametrize(
    "more",
    [
        "script-src 'self'",
        "style-src 'unsafe-inline'",
        "img-src *",
        "style-src https://a.example",
        "sandbox x",
    ],
)
def test_a_policy_that_allows_too_much_is_found(sqlite_world: World, more: str) -> None:
    answer = sqlite_world.app.test_client().get("/static/portal.css", buffered=True)
    answer.headers["Content-Security-Policy"] += f"; {more}"
    assert any(more in fault for fault in faults(answer, is_staff=False))
