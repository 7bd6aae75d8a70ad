"""The guard of every view, on views planted for it: who comes in, who is sent where, whose form is taken."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask_babel import get_locale
from staff import signed_in

from portal.core.errors import Expired, NotFound, Refused, Tampered
from portal.people.rules import Permission, Role
from portal.web import guard
from portal.web.guard import (
    Desk,
    access_of,
    check_marks,
    current_desk,
    is_of_teams,
    is_staff_address,
    member,
    most_bytes,
    public,
    requires,
    takes,
    to_sign_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build import World
    from staff import Colleague

VIEWS = ("planted_member", "planted_cases", "planted_anywhere")
SEEN: list[Desk] = []


def blank() -> str:
    return ""


def large() -> str:
    return ""


def told(desk: Desk, /, **_given: str) -> str:
    SEEN.append(desk)
    return f"{get_locale()}"


@pytest.fixture
def planted(sqlite_world: World) -> Iterator[World]:
    """The portal with a view for members, one for readers of cases, one for whoever is signed in."""
    app = sqlite_world.app
    app.view_functions["planted_member"] = member(told)
    app.view_functions["planted_cases"] = requires(Permission.READ_CASES)(told)
    app.view_functions["planted_anywhere"] = guard.signed_in(told)
    SEEN.clear()
    yield sqlite_world
    SEEN.clear()


def way() -> Any:
    """Where whoever is not signed in is sent."""
    return to_sign_in()


def asked(who: Colleague, view: str, method: str = "GET", slug: str = "passerelle", **form: str) -> Any:
    """What a planted view answers this person."""
    app = who.client.application
    cookie = who.client.get_cookie("portal")
    headers = {"Cookie": f"portal={cookie.value}"} if cookie else {}
    with app.test_request_context("/planted", method=method, data=form or None, headers=headers):
        given: dict[str, Any] = {} if view == "planted_anywhere" else {"slug": slug}
        answer: Any = app.view_functions[view](**given)
        return answer


def test_a_view_says_who_may_open_it(planted: World) -> None:
    marks = [access_of(planted.app, view) for view in VIEWS]
    assert marks == ["member", "read_cases", "signed_in"]
    assert access_of(planted.app, "unheard_of") is None


def test_a_view_is_for_the_teams_unless_it_is_public_or_unknown(planted: World) -> None:
    planted.app.view_functions["planted_public"] = public(blank)
    seen = {view: is_of_teams(planted.app, view) for view in (*VIEWS, "planted_public", "unheard_of", None)}
    assert seen == dict.fromkeys(VIEWS, True) | {"planted_public": False, "unheard_of": False, None: False}


def test_a_view_without_a_mark_is_not_served_and_files_need_none() -> None:
    app = Flask("bare")
    app.add_url_rule("/open", "open", public(blank))
    check_marks(app)
    app.add_url_rule("/closed", "closed", lambda: "")
    with pytest.raises(RuntimeError, match="/closed"):
        check_marks(app)


def test_a_view_takes_as_many_bytes_as_it_says() -> None:
    app = Flask("bare")
    app.add_url_rule("/file", "file", takes(1_000)(public(large)))
    app.add_url_rule("/word", "word", public(blank))
    assert [most_bytes(app, one) for one in ("file", "word", "unheard_of", None)] == [1_000, None, None, None]


def test_a_desk_has_the_role_at_the_structure_and_nothing_elsewhere(planted: World) -> None:
    who = signed_in(planted, Role.SUPERVISOR, locale="ar")
    for view in VIEWS:
        assert asked(who, view) == "ar"
    here, cases, anywhere = SEEN
    assert (here.person, here.role, here.scope) == (cases.person, cases.role, cases.scope)
    assert (here.slug, here.role, here.url("cases", "new")) == (
        "passerelle",
        Role.SUPERVISOR,
        "/s/passerelle/cases/new",
    )
    assert (here.may(Permission.READ_CASES), here.may(Permission.READ_TEXTS)) == (True, False)
    scope = here.scope
    assert (scope.structure_id, scope.actor_id, scope.role, scope.locale) == (
        planted.lyon.structure.id,
        who.person_id,
        "supervisor",
        "ar",
    )
    assert (anywhere.structure, anywhere.role, anywhere.may(Permission.READ_CASES)) == (None, None, False)
    nobody = anywhere.scope
    assert (nobody.structure_id, nobody.reads, nobody.actor_id, nobody.locale) == (
        None,
        (),
        who.person_id,
        "ar",
    )
    with pytest.raises(NotFound):
        _ = anywhere.slug
    assert who.csrf not in repr(here)


def test_a_role_without_the_permission_is_refused_and_a_stranger_finds_nothing(planted: World) -> None:
    mediator = signed_in(planted, Role.MEDIATOR)
    assert asked(mediator, "planted_member") == "fr"
    with pytest.raises(Refused) as refused:
        asked(mediator, "planted_cases")
    assert refused.value.facts == {"permission": "read_cases"}
    for slug in ("rive-gauche", "unheard-of"):
        for view in VIEWS[:2]:
            with pytest.raises(NotFound):
                asked(mediator, view, slug=slug)


@pytest.mark.parametrize("view", VIEWS)
def test_a_form_is_taken_from_a_page_of_this_session_alone(planted: World, view: str) -> None:
    who = signed_in(planted, Role.DIRECTOR)
    assert asked(who, view, "POST", csrf_token=who.csrf) == "fr"
    for method in ("GET", "HEAD", "OPTIONS"):
        assert asked(who, view, method) == "fr"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        forms: list[dict[str, str]] = [
            {},
            {"csrf_token": ""},
            {"csrf_token": who.csrf[:-1]},
            {"csrf_token": "é"},
        ]
        for given in forms:
            with pytest.raises(Tampered):
                asked(who, view, method, **given)


@pytest.mark.parametrize("view", VIEWS)
def test_nobody_is_sent_to_sign_in(planted: World, view: str) -> None:
    with planted.app.test_request_context("/planted?page=2"):
        given: dict[str, Any] = {} if view == "planted_anywhere" else {"slug": "passerelle"}
        answer: Any = planted.app.view_functions[view](**given)
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/planted%3Fpage%3D2")
    assert SEEN == []


@pytest.mark.parametrize("cookie", ["", "portal=", "portal=unheard-of", "another=x"])
def test_a_cookie_that_is_no_session_is_nobody(planted: World, cookie: str) -> None:
    with planted.app.test_request_context("/planted", headers={"Cookie": cookie}):
        assert current_desk() is None
        assert current_desk("passerelle") is None


def test_who_reads_goes_on_while_nothing_can_be_written_and_a_fault_of_ours_shows(
    planted: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = signed_in(planted, Role.DIRECTOR)
    planted.clock.advance(timedelta(minutes=10))

    def failing(fault: Exception) -> None:
        def touch(*_given: object) -> None:
            raise fault

        monkeypatch.setattr(guard, "touch_session", touch)

    failing(OSError(errno.ENOSPC, "full"))
    assert asked(who, "planted_anywhere") == "fr"
    failing(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        asked(who, "planted_anywhere")


def test_the_way_to_the_sign_in_page_leads_back_to_pages_and_keeps_words(planted: World) -> None:
    for path, location in (("/x", "/sign-in?next=/x"), ("/x?a=b&c=%20", "/sign-in?next=/x%3Fa%3Db%26c%3D")):
        with planted.app.test_request_context(path):
            assert way().location.startswith(location)
    with planted.app.test_request_context("/x", method="POST", data={"other": "a word"}):
        assert way().location == "/sign-in"
    for field in ("message", "note", "said"):
        with (
            planted.app.test_request_context("/x", method="POST", data={field: "a word"}),
            pytest.raises(Expired),
        ):
            to_sign_in()


@pytest.mark.parametrize(
    "first",
    [
        "s",
        "sign-in",
        "sign-out",
        "structures",
        "_components",
        "account",
        "invitations",
        "forgotten-password",
        "new-password",
        "start",
        "network",
    ],
)
def test_the_addresses_of_the_teams_are_known_by_their_first_part(first: str) -> None:
    assert is_staff_address(f"/{first}")
    assert is_staff_address(f"/{first}/anything/at/all")
    assert not is_staff_address(f"/p/{first}")
    assert not is_staff_address(f"/{first}x")
