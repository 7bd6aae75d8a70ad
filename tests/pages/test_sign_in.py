"""The doors of the teams: who comes in, who does not, and what an answer tells a stranger."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from build import World, furnished
from staff import PASSWORD, signed_in

from portal.app import compose
from portal.core.config import load
from portal.core.db import Scope
from portal.core.passwords import Hasher
from portal.people.actions import PersonGiven, add_member, invite, revoke_all
from portal.people.rules import Permission, Role
from portal.web.desk import NAV
from portal.web.guard import cookie_name

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from portal.core.clock import FixedClock

ADDRESS = "camille@passerelle.example"
SENTENCE = "Adresse ou mot de passe incorrect."


def enter(
    client: FlaskClient, email: str = ADDRESS, password: str = PASSWORD, wanted: str = ""
) -> TestResponse:
    """Send the sign-in form."""
    return client.post(f"/sign-in{wanted}", data={"email": email, "password": password})


def test_a_colleague_signs_in_and_arrives_at_the_only_structure(world: World) -> None:
    signed_in(world)
    client = world.app.test_client()
    entered = enter(client)
    assert (entered.status_code, entered.location) == (303, "/structures")
    to_structure = client.get("/structures")
    assert (to_structure.status_code, to_structure.location) == (303, "/s/passerelle/")
    landed = client.get("/s/passerelle/")
    assert (landed.status_code, landed.location) == (303, "/s/passerelle/cases")


def test_the_address_is_read_in_any_case_and_with_spaces(sqlite_world: World) -> None:
    signed_in(sqlite_world)
    assert enter(sqlite_world.app.test_client(), f" {ADDRESS.upper()} ").status_code == 303


def test_a_person_of_two_structures_chooses(world: World) -> None:
    signed_in(world)
    twice = signed_in(world, Role.BOARD, world.strasbourg)
    page = twice.get("/structures")
    assert page.status_code == 200
    assert 'href="/s/passerelle/"' in page.text
    assert 'href="/s/rive-gauche/"' in page.text


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_first_page(sqlite_world: World, role: Role) -> None:
    landed = signed_in(sqlite_world, role).get("/s/passerelle/").location
    assert landed in {f"/s/passerelle/{entry.path}" for entry in NAV}


def test_unknown_and_wrong_look_the_same(world: World) -> None:
    signed_in(world)
    wrong = enter(world.app.test_client(), password="not the one, sorry")
    unknown = enter(world.app.test_client(), "nobody@passerelle.example", "not the one, sorry")
    empty = enter(world.app.test_client(), "", "")
    assert [wrong.status_code, unknown.status_code, empty.status_code] == [422, 422, 422]
    assert wrong.text == unknown.text.replace("nobody@passerelle.example", ADDRESS)
    assert SENTENCE in empty.text
    assert "Set-Cookie" not in wrong.headers


def test_the_page_keeps_the_address_and_never_the_password(sqlite_world: World) -> None:
    page = enter(sqlite_world.app.test_client(), 'a"<b>@passerelle.example', "a password that stays out")
    assert 'value="a&#34;&lt;b&gt;@passerelle.example"' in page.text
    assert "stays out" not in page.text


def test_unknown_waiting_and_wrong_cost_one_verification_each(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(sqlite_world)
    verified: list[bool] = []
    verify = Hasher.verify

    def counted(self: Hasher, stored: str | None, secret: str) -> bool:
        verified.append(stored is not None)
        return verify(self, stored, secret)

    monkeypatch.setattr(Hasher, "verify", counted)
    client = sqlite_world.app.test_client()
    enter(client, "nobody@passerelle.example")
    for _time in range(5):
        enter(client, password="wrong, and wrong again")
    assert verified == [False, True, True, True, True, True]


def test_after_four_wrong_passwords_the_right_one_waits_too(world: World) -> None:
    signed_in(world)
    client = world.app.test_client()
    for _time in range(4):
        enter(client, password="wrong, and wrong again")
    refused = enter(client)
    assert refused.status_code == 422
    assert SENTENCE in refused.text
    world.clock.advance(timedelta(seconds=2))
    assert enter(client).status_code == 303


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(sqlite_world: World) -> None:
    signed_in(sqlite_world)
    client = sqlite_world.app.test_client()
    for _time in range(30):
        enter(client, password="wrong, and wrong again")
        sqlite_world.clock.advance(timedelta(minutes=15))
    enter(client, password="wrong, and wrong again")
    sqlite_world.clock.advance(timedelta(minutes=15, seconds=-1))
    assert enter(client).status_code == 422
    sqlite_world.clock.advance(timedelta(seconds=1))
    assert enter(client).status_code == 303


def test_the_right_password_forgets_the_wrong_ones(sqlite_world: World) -> None:
    signed_in(sqlite_world)
    client = sqlite_world.app.test_client()
    for _round in range(3):
        for _time in range(3):
            assert enter(client, password="wrong, and wrong again").status_code == 422
        assert enter(client).status_code == 303


def test_signing_out_ends_the_session_on_the_server(world: World) -> None:
    colleague = signed_in(world)
    stolen = colleague.client.get_cookie("portal")
    assert stolen is not None
    left = colleague.post("/sign-out")
    assert (left.status_code, left.location) == (303, "/sign-in")
    assert colleague.client.get_cookie("portal") is None
    thief = world.app.test_client()
    thief.set_cookie("portal", stolen.value)
    assert thief.get("/structures").location == "/sign-in?next=/structures"


def test_signing_in_again_ends_the_session_of_this_browser(sqlite_world: World) -> None:
    colleague = signed_in(sqlite_world)
    before = colleague.client.get_cookie("portal")
    assert before is not None
    enter(colleague.client)
    thief = sqlite_world.app.test_client()
    thief.set_cookie("portal", before.value)
    assert thief.get("/structures").location.startswith("/sign-in")
    assert colleague.get("/structures").location == "/s/passerelle/"


def test_a_session_ends_after_twelve_idle_hours(world: World) -> None:
    colleague = signed_in(world)
    world.clock.advance(timedelta(hours=11, minutes=59))
    assert colleague.get("/structures").location == "/s/passerelle/"
    world.clock.advance(timedelta(hours=11, minutes=59))
    assert colleague.get("/structures").location == "/s/passerelle/"
    world.clock.advance(timedelta(hours=12))
    assert colleague.get("/structures").location == "/sign-in?next=/structures"


def test_a_session_ends_after_thirty_days_however_busy(world: World) -> None:
    colleague = signed_in(world)
    for _half_day in range(90):
        world.clock.advance(timedelta(hours=8))
        answer = colleague.get("/structures")
    assert answer.location == "/sign-in?next=/structures"
    world.clock.advance(timedelta(hours=-8))
    assert colleague.get("/structures").location == "/s/passerelle/"


def test_every_session_of_a_person_can_be_revoked_at_once(world: World) -> None:
    first = signed_in(world)
    with world.database.transaction(Scope.nobody()) as u:
        assert revoke_all(u, first.person_id) == 1
    assert first.get("/structures").location.startswith("/sign-in")


def test_over_http_the_cookie_is_httponly_and_lax(sqlite_world: World) -> None:
    signed_in(sqlite_world)
    cookie = enter(sqlite_world.app.test_client()).headers["Set-Cookie"]
    name, *flags = cookie.split("; ")
    assert name.startswith("portal=")
    assert sorted(flags) == ["HttpOnly", "Path=/", "SameSite=Lax"]


def test_over_https_the_cookie_is_bound_to_host_and_secure(
    sqlite_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    with secure_world(sqlite_url, clock, tmp_path) as world:
        signed_in(world)
        client = world.app.test_client()
        entered = client.post(
            "/sign-in", data={"email": ADDRESS, "password": PASSWORD}, base_url="https://portal.test"
        )
        name, *flags = entered.headers["Set-Cookie"].split("; ")
        assert name.startswith("__Host-portal=")
        assert sorted(flags) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
        assert entered.headers["Strict-Transport-Security"].startswith("max-age=")


class secure_world:  # noqa: N801 -- reads as a context manager
    """A world whose base address is https."""

    def __init__(self, url: str, clock: FixedClock, folder: Path) -> None:
        environ = {
            "PORTAL_DATABASE_URL": url,
            "PORTAL_DATA": str(folder),
            "PORTAL_SECRET_KEY": "another secret of at least thirty-two characters",
            "PORTAL_BASE_URL": "https://portal.test",
        }
        self.config, self.clock = replace(load(environ), cheap_hashes=True), clock

    def __enter__(self) -> World:
        app, self.database = compose(self.config, clock=self.clock)
        lyon = furnished(self.database, "passerelle", "PAS", "La Passerelle", "metropole")
        return World(app, self.database, self.clock, lyon, lyon)

    def __exit__(self, *_what: object) -> None:
        self.database.engine.dispose()


def test_the_page_asked_for_is_reached_after_the_sign_in(world: World) -> None:
    signed_in(world)
    client = world.app.test_client()
    asked = client.get("/s/passerelle/people?done=ended")
    assert asked.status_code == 303
    page = client.get(asked.location)
    action = re.search(r'<form[^>]+action="([^"]+)"', page.text)
    assert action
    entered = client.post(action[1], data={"email": ADDRESS, "password": PASSWORD})
    assert entered.location == "/s/passerelle/people?done=ended"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/s/",
        "/\\evil.example",
        "/s\\evil.example",
        "\\\\evil.example",
        "/s/\r\nSet-Cookie: a=b",
        "/structures.evil.example",
        "/structures@evil.example",
        "javascript:alert(1)",
        "/q/7KQ4M2",
        " /s/passerelle/",
    ],
)
def test_the_way_after_the_sign_in_leads_nowhere_else(sqlite_world: World, wanted: str) -> None:
    signed_in(sqlite_world)
    entered = enter(sqlite_world.app.test_client(), wanted=f"?next={quote(wanted)}")
    assert (entered.status_code, entered.location) == (303, "/structures")


def test_the_page_speaks_the_language_of_the_browser(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    page = client.get("/sign-in", headers={"Accept-Language": "ar"})
    assert '<html lang="ar" dir="rtl">' in page.text
    assert "Accept-Language" in page.headers["Vary"]


def test_every_entry_of_the_menu_has_its_words(sqlite_world: World) -> None:
    page = signed_in(sqlite_world).get("/s/passerelle/people")
    for entry in NAV:
        assert f'href="/s/passerelle/{entry.path}"' in page.text


def test_a_mediator_sees_only_what_they_may_open(sqlite_world: World) -> None:
    page = signed_in(sqlite_world, Role.MEDIATOR).get("/s/passerelle/people")
    assert page.status_code == 403
    assert 'href="/s/passerelle/codes"' in page.text
    assert 'href="/s/passerelle/settings"' not in page.text


def test_the_name_of_the_cookie_is_known_to_the_helper(sqlite_world: World) -> None:
    with sqlite_world.app.app_context():
        assert cookie_name() == "portal"


def test_an_ended_access_closes_the_structure_at_once(world: World) -> None:
    colleague = signed_in(world, Role.DIRECTOR, email="deux@passerelle.example")
    lead = signed_in(world)
    page = lead.get("/s/passerelle/people")
    ends = re.findall(r'action="(/s/passerelle/people/[0-9a-f-]+/end)"', page.text)
    assert len(ends) == 1
    assert lead.post(ends[0]).location == "/s/passerelle/people?done=ended"
    assert colleague.get("/s/passerelle/people").status_code == 404
    assert "Vos structures" in colleague.get("/structures").text


def test_who_may_manage_people_reaches_the_page(sqlite_world: World) -> None:
    for number, role in enumerate(Role):
        colleague = signed_in(sqlite_world, role, email=f"c{number}@passerelle.example")
        expected = 200 if role in {Role.QUALITY_LEAD, Role.DIRECTOR, Role.OPERATOR} else 403
        assert colleague.get("/s/passerelle/people").status_code == expected, role


def test_an_invited_director_of_another_structure_stays_out(world: World) -> None:
    stranger = signed_in(world, Role.DIRECTOR, world.strasbourg, email="dir@rive.example")
    with world.database.transaction(world.lyon.scope) as u:
        invite(u, PersonGiven("dir@rive.example", "Dominique Weber", Role.DIRECTOR))
    assert stranger.get("/s/passerelle/").status_code == 404
    with world.database.transaction(world.lyon.scope) as u:
        add_member(u, stranger.person_id, Role.BOARD)
    assert stranger.get("/s/passerelle/").status_code == 303
    assert Permission.MANAGE_PEOPLE.value not in stranger.get("/s/passerelle/people").text


def test_words_sent_after_the_session_has_ended_come_back_to_be_copied(sqlite_world: World) -> None:
    stranger = sqlite_world.app.test_client()
    page = stranger.post("/s/passerelle/cases/PAS-2027-000001/answer", data={"message": "Notre <réponse>"})
    assert page.status_code == 401
    assert "Notre &lt;réponse&gt;" in page.text
    assert "Votre session est terminée" in page.text
    assert 'href="/sign-in"' in page.text
