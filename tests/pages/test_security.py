"""What every request and every answer respects, whichever view serves it: marks, origin, headers, faults."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from build import SECRET
from flask import Flask
from staff import signed_in
from trial import MOST, trial
from walls.addresses import staff_pages
from werkzeug.test import create_environ, run_wsgi_app

from portal.app import compose
from portal.core.config import load
from portal.people.rules import Permission, Role
from portal.web.guard import access_of, check_marks
from portal.web.security import HEADERS, MAX_PUBLIC_BYTES, STRICTEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from build import World
    from werkzeug.test import TestResponse

PEOPLE = "/s/passerelle/people"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def tried(sqlite_world: World) -> World:
    """A world whose application has a few views that misbehave on purpose."""
    sqlite_world.app.register_blueprint(trial)
    return sqlite_world


def post(world: World, path: str, **extra: str) -> TestResponse:
    """Send a resident's form with some headers."""
    return world.app.test_client().post(path, data={"message": "Bonjour"}, headers=extra)


def fields(page: TestResponse) -> dict[str, str]:
    """The directives of an answer's policy of content."""
    policy = page.headers["Content-Security-Policy"]
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";"))


# Who may open what


def test_every_route_says_who_may_open_it(sqlite_world: World) -> None:
    app = sqlite_world.app
    for rule in app.url_map.iter_rules():
        mark = access_of(app, rule.endpoint)
        assert rule.endpoint == "static" or mark is not None, rule.rule
        below = rule.rule.startswith("/s/")
        assert below == (mark in {"member", *(one.value for one in Permission)}), rule.rule


def test_a_view_without_a_mark_is_never_served() -> None:
    app = Flask("careless")
    app.add_url_rule("/secret", "secret", lambda: "everything")
    with pytest.raises(RuntimeError, match="/secret"):
        check_marks(app)


def routes(world: World) -> Iterator[tuple[str, str]]:
    """Every staff route with a method and an address of Lyon's structure."""
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for address, _ in staff_pages(world, world.lyon, method):
            yield method, address


def test_nobody_is_sent_to_the_sign_in_from_every_staff_route(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    for method, address in routes(sqlite_world):
        answer = client.open(address, method=method)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/sign-in"), address


def test_a_foreign_structure_is_not_found_on_every_staff_route(world: World) -> None:
    stranger = signed_in(world, Role.DIRECTOR, world.strasbourg)
    for method, address in routes(world):
        answer = stranger.client.open(address, method=method, data={"csrf_token": stranger.csrf})
        assert answer.status_code == 404, address
        assert "Passerelle" not in answer.text, address
        unknown = stranger.client.open(address.replace("passerelle", "nowhere"), method=method)
        assert unknown.status_code == 404


def test_a_form_without_its_token_changes_nothing_on_every_staff_route(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    other = signed_in(sqlite_world, email="deux@passerelle.example")
    for method, address in routes(sqlite_world):
        if method == "GET":
            continue
        for token in ("", "é", other.csrf, lead.csrf[:-1]):
            answer = lead.client.open(address, method=method, data={"csrf_token": token})
            assert answer.status_code == 400, address
            assert "Rien n’a été modifié" in answer.text


def test_without_the_permission_one_reads_why(world: World) -> None:
    mediator = signed_in(world, Role.MEDIATOR)
    page = mediator.get(PEOPLE)
    assert page.status_code == 403
    assert "Votre rôle dans cette structure ne le prévoit pas." in page.text
    assert "La Passerelle" in page.text


# Where a form may come from


@pytest.mark.parametrize("path", ["/sign-in", "/invitations/abc", "/q/trial/echo", "/nowhere", PEOPLE])
def test_a_form_of_another_site_is_refused_everywhere(tried: World, path: str) -> None:
    refused = post(tried, path, **{"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert "vient d’un autre site" in refused.text


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none"])
def test_a_form_of_ours_is_taken(tried: World, site: str) -> None:
    assert post(tried, "/q/trial/echo", **{"Sec-Fetch-Site": site}).text == "Bonjour"


def test_a_link_on_another_site_leads_here(sqlite_world: World) -> None:
    page = sqlite_world.app.test_client().get("/sign-in", headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 200


# What every answer carries


def answers(world: World) -> dict[str, TestResponse]:
    """One answer of each sort."""
    client, lead = world.app.test_client(), signed_in(world)
    return {
        "question": client.get(f"/q/{world.lyon.code.code}/fr"),
        "unknown code": client.get("/q/AAAAAA"),
        "stylesheet": client.get("/static/portal.css", buffered=True),
        "sign-in": client.get("/sign-in"),
        "redirect": client.get(PEOPLE),
        "people": lead.get(PEOPLE),
        "not found": lead.get("/s/passerelle/nothing"),
        "wrong method": lead.get("/sign-out"),
    }


def test_every_answer_carries_the_headers(sqlite_world: World) -> None:
    for name, answer in answers(sqlite_world).items():
        assert {key: answer.headers.get(key) for key in HEADERS} == HEADERS, name
        policy = fields(answer)
        assert policy["default-src"] == "'none'", name
        assert policy["frame-ancestors"] == "'none'", name
        assert policy["base-uri"] == "'none'", name
        assert "unsafe" not in str(policy), name
        assert "script-src" not in policy, name
        assert "Strict-Transport-Security" not in answer.headers, name


def test_a_view_without_a_policy_gets_the_strictest(sqlite_world: World) -> None:
    answer = sqlite_world.app.test_client().get("/static/portal.css", buffered=True)
    assert answer.headers["Content-Security-Policy"] == STRICTEST


def test_pages_of_the_teams_are_never_stored(tried: World) -> None:
    lead = signed_in(tried)
    for path in (PEOPLE, "/structures", "/s/passerelle/", "/s/passerelle/nothing", "/sign-in", "/sign-out"):
        assert lead.get(path).headers["Cache-Control"] == "no-store", path
    assert lead.get("/s/passerelle/trial/page").headers["Cache-Control"] == "no-store"


def test_no_public_route_sets_a_cookie_even_for_who_is_signed_in(sqlite_world: World) -> None:
    lead, app = signed_in(sqlite_world), sqlite_world.app
    for rule in app.url_map.iter_rules():
        if access_of(app, rule.endpoint) != "public":
            continue
        address = re.sub(r"<any\(q.*?>", "q", rule.rule)
        address = re.sub(r"<[^>]+>", sqlite_world.lyon.code.code, address)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = lead.client.open(address, method=method)
            assert "Set-Cookie" not in answer.headers, rule.rule


def configured(folder: Path, url: str, **settings: str) -> Flask:
    """An application with these settings besides."""
    environ = {
        "PORTAL_DATABASE_URL": url,
        "PORTAL_DATA": str(folder),
        "PORTAL_SECRET_KEY": SECRET,
        **{f"PORTAL_{name}": value for name, value in settings.items()},
    }
    app, database = compose(replace(load(environ), cheap_hashes=True))
    app.register_blueprint(trial)
    database.engine.dispose()
    return app


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


def test_a_proxy_is_believed_only_when_it_is_configured(tmp_path: Path, sqlite_url: str) -> None:
    plain = configured(tmp_path, sqlite_url).test_client().get("/q/trial/where", headers=FORWARDED)
    assert plain.text == "127.0.0.1 http"
    behind = configured(tmp_path, sqlite_url, TRUSTED_PROXIES="1")
    assert behind.test_client().get("/q/trial/where", headers=FORWARDED).text == "203.0.113.9 https"
    liar = {**FORWARDED, "X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    assert behind.test_client().get("/q/trial/where", headers=liar).text == "203.0.113.9 https"


# What cannot be read


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/q/%00", 400),
        ("/p/%00/fr", 400),
        ("/q/%FF%FE", 400),
        ("/s/%00/people", 400),
        ("/sign-in?next=%00", 400),
    ],
)
def test_an_address_that_is_no_text_gets_a_sentence(world: World, path: str, status: int) -> None:
    page = world.app.test_client().get(path)
    assert page.status_code == status
    assert "Nous n’arrivons pas à lire" in page.text


@pytest.mark.parametrize("number", [2**31, 2**63, 10**199])
def test_a_number_that_no_row_can_have_is_not_found(world: World, number: int) -> None:
    director = signed_in(world, Role.DIRECTOR)
    seen = set()
    for method in ("GET", "POST"):
        for path, _mark in staff_pages(world, world.lyon, method, number=number):
            if str(number) in path:
                answer = director.client.open(path, method=method, data={"csrf_token": director.csrf})
                assert answer.status_code == 404, path
                seen.add(method)
    assert seen == {"GET", "POST"}


@pytest.mark.parametrize(
    "body",
    [b"message=%FF%FE", b"message=\xff\xfe", b"message=%00", b"message=a%00b", b"mess%00age=1", b"%C3=1"],
)
def test_a_form_that_is_no_text_gets_a_sentence(tried: World, body: bytes) -> None:
    for path in ("/q/trial/echo", "/sign-in"):
        page = tried.app.test_client().post(path, data=body, content_type=FORM)
        if b"mess%00" in body:
            assert page.status_code < 500
            continue
        assert page.status_code == 400
        assert "pas du texte" in page.text


def test_ten_thousand_signs_of_any_script_are_taken(tried: World) -> None:
    for sign in ("a", "é", "ك", "語", "\U0001f642", "\u0300", "\u202e"):
        words = sign * 10_000
        taken = tried.app.test_client().post("/q/trial/echo", data={"message": words})
        assert (taken.status_code, taken.text) == (200, words)


def test_a_body_that_is_too_big_gets_a_sentence(tried: World) -> None:
    lead = signed_in(tried)
    for page in (
        tried.app.test_client().post("/q/trial/echo", data={"message": "a" * (MAX_PUBLIC_BYTES + 1)}),
        lead.post(f"{PEOPLE}/invite", name="a" * (MAX_PUBLIC_BYTES + 1)),
    ):
        assert page.status_code == 413
        assert "C’est trop lourd" in page.text


def test_a_body_that_does_not_tell_its_length_is_refused_beyond_the_limit_and_never_cut(tried: World) -> None:
    for size, status in ((1_000, "200 OK"), (MAX_PUBLIC_BYTES, "413 REQUEST ENTITY TOO LARGE")):
        asked = create_environ(
            "/q/trial/echo", method="POST", content_type="application/x-www-form-urlencoded"
        )
        del asked["CONTENT_LENGTH"]
        body = BytesIO(b"message=" + b"a" * size + b"&last=1")
        asked |= {"wsgi.input": body, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        _body, told, _headers = run_wsgi_app(tried.app, asked)
        assert told == status, size


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8"])
def test_a_form_reads_the_same_whether_or_not_it_comes_as_browsers_send_it(
    tried: World, content_type: str
) -> None:
    client = tried.app.test_client()
    taken = client.post(
        "/q/trial/echo", data=b"message=a+%26%C3%A9%3D%2B&message=2&x", content_type=content_type
    )
    assert (taken.status_code, taken.text) == (200, "a &é=+")
    empty = client.post("/q/trial/echo", data=b"", content_type=content_type)
    assert (empty.status_code, empty.text) == (200, "")


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8"])
def test_a_form_is_read_once_and_has_no_files(tried: World, content_type: str) -> None:
    client = tried.app.test_client()
    told = {
        order: client.post(f"/q/trial/{order}", data=b"a=1&b=2", content_type=content_type).text
        for order in ("before", "after")
    }
    assert told == {"before": "7 2 0", "after": "2 0 0 0"}


@pytest.mark.parametrize("length", ["-1", "+5", " 5", "abc", "5" * 5000, "\u0665"])
def test_a_length_that_is_none_is_that_of_an_empty_form(tried: World, length: str) -> None:
    asked = create_environ("/q/trial/echo", method="POST", content_type=FORM)
    body, told, _headers = run_wsgi_app(
        tried.app, asked | {"CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"message=1")}
    )
    assert (told, b"".join(body)) == ("200 OK", b"")


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8"])
def test_a_body_may_be_as_long_as_the_limit_and_no_longer(tried: World, content_type: str) -> None:
    for more, status in ((0, 200), (1, 413)):
        body = b"message=" + b"a" * (MAX_PUBLIC_BYTES - len("message=") + more)
        answer = tried.app.test_client().post("/q/trial/echo", data=body, content_type=content_type)
        assert answer.status_code == status, more


class _BreaksOff(BytesIO):
    """A body whose sender is gone before it has come."""

    def read(self, _size: int | None = -1, /) -> bytes:
        """Nothing any more."""
        raise ConnectionResetError


@pytest.mark.parametrize("body", [BytesIO(b"message=half of "), BytesIO(), _BreaksOff()])
def test_a_form_that_breaks_off_is_not_taken_for_a_shorter_one(tried: World, body: BytesIO) -> None:
    asked = create_environ("/q/trial/echo", method="POST", content_type=FORM)
    _body, told, _headers = run_wsgi_app(tried.app, asked | {"CONTENT_LENGTH": "400", "wsgi.input": body})
    assert told == "400 BAD REQUEST"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param([b"x"] * 990, 200, id="many"),
        pytest.param([b"x"] * 1_001, 413, id="too many"),
        pytest.param([b"x" * 400_000], 200, id="long"),
        pytest.param([b"x" * 500_001], 413, id="too long"),
    ],
)
def test_a_form_with_files_has_so_many_parts_and_words_of_such_a_length(
    tried: World, fields: list[bytes], status: int
) -> None:
    part = b'--part\r\nContent-Disposition: form-data; name="field"\r\n\r\n%s\r\n'
    body = b"".join(part % field for field in fields) + photo("", 1)
    answer = tried.app.test_client().post(
        "/q/trial/file", data=body, content_type="multipart/form-data; boundary=part"
    )
    assert answer.status_code == status


def photo(csrf: str, size: int) -> bytes:
    """A form with a file of so many bytes. The test client's own would leave a temporary file open."""
    part = '--part\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    fields = part.format("csrf_token", "") + csrf + "\r\n" + part.format("photo", '; filename="photo.jpg"')
    return fields.encode() + b"x" * size + b"\r\n--part--\r\n"


def test_a_view_that_takes_files_takes_more(tried: World) -> None:
    lead = signed_in(tried)
    for path in ("/q/trial/file", "/s/passerelle/trial/file"):
        for size, status in ((MAX_PUBLIC_BYTES * 2, 200), (MOST + 1, 413)):
            body = photo(lead.csrf, size)
            answer = lead.client.post(path, data=body, content_type="multipart/form-data; boundary=part")
            assert answer.status_code == status, (path, size)


@pytest.mark.parametrize("path", ["/s/passerelle/settings", "/sign-in", "/"])
def test_a_query_that_is_no_text_gets_a_sentence(sqlite_world: World, path: str) -> None:
    query = {"QUERY_STRING": "saved=\xed\xa0\x80"}  # a server hands its bytes over as Latin-1
    page = signed_in(sqlite_world).client.get(path, environ_overrides=query)
    assert page.status_code == 400
    assert "Nous n’arrivons pas à lire" in page.text


@pytest.mark.parametrize("host", ["[::1", "evil.example:99999", "\xff\xfe", "a" * 300])
def test_a_host_that_is_none_breaks_no_page(sqlite_world: World, host: str) -> None:
    for path in ("/s/passerelle/people", "/nowhere", "/sign-in", "/q//7KQ4M2"):
        page = sqlite_world.app.test_client().get(path, environ_overrides={"HTTP_HOST": host})
        assert page.status_code < 500, path
        assert host not in page.text, path
        assert host not in page.headers.get("Location", ""), path
