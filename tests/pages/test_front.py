"""The way in without a square, and what a structure says of itself."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from insight_world import answered
from phone import Phone

from portal.channels.actions import retire_code
from portal.core.ids import CODE_ALPHABET
from portal.core.languages import LANGUAGES

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse

FEBRUARY = date(2027, 2, 17)


def typed(world: World, code: str, language: str = "fr") -> TestResponse:
    """The answer to a code typed on the front page."""
    return world.app.test_client().get(
        "/", query_string={"code": code}, headers={"Accept-Language": language}
    )


def another_code(world: World) -> str:
    """A code that could be one and is none."""
    known = {world.lyon.code.code, world.strasbourg.code.code}
    return next(code for sign in CODE_ALPHABET if (code := sign * 6) not in known)


# The code typed by hand


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_front_asks_for_the_code_and_shows_the_way_to_sign_in(sqlite_world: World, language: str) -> None:
    page = sqlite_world.app.test_client().get("/", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert page.headers["Content-Language"] == language
    assert page.text.count('name="code"') == 1
    assert 'href="/sign-in"' in page.text
    assert "Accept-Language" in page.headers["Vary"]


def test_a_good_code_leads_to_its_page_however_it_is_typed(world: World) -> None:
    code = world.lyon.code.code
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    for way in (code, code.lower(), f" {code[:3]} {code[3:]} ", f"{code[:3]}-{code[3:]}", wide):
        answer = typed(world, way)
        assert (answer.status_code, answer.location) == (303, f"/q/{code}"), way


@pytest.mark.parametrize("text", ["ABC", "ABCDEFG", "O0I1LU", "<script>", "é" * 50, "A" * 5000, "٣٣٣"])
def test_a_code_that_cannot_be_one_is_told_so_and_kept(sqlite_world: World, text: str) -> None:
    page = typed(sqlite_world, text)
    assert page.status_code == 422
    assert "jamais 0, 1, I, L, O ni U" in page.text
    assert f'value="{text.replace("<", "&lt;").replace(">", "&gt;")}"' in page.text
    assert "<script" not in page.text


def test_nothing_typed_is_told_so(sqlite_world: World) -> None:
    for nothing in ("", "   "):
        page = typed(sqlite_world, nothing)
        assert page.status_code == 422
        assert "Tapez les six lettres et chiffres écrits sous le carré." in page.text


def test_an_unknown_code_is_told_so_and_kept(world: World) -> None:
    unknown = another_code(world)
    page = typed(world, unknown)
    assert page.status_code == 404
    assert "Nous ne connaissons pas ce code." in page.text
    assert f'value="{unknown}"' in page.text
    assert typed(world, unknown, "ar").headers["Content-Language"] == "ar"


def test_an_unknown_a_retired_and_an_impossible_code_in_the_address_say_what_to_do(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        retire_code(u, world.lyon.code.id)
    client = world.app.test_client()
    for code, status in {another_code(world): 404, "O0I1LU": 404, world.lyon.code.code: 410}.items():
        for rest in ("", "/ar", "/fr/done"):
            page = client.get(f"/q/{code}{rest}")
            assert page.status_code == status
            assert page.text.count('name="code"') == 1
    assert "tel:17" in client.get(f"/q/{world.lyon.code.code}/fr/danger").text


def test_a_code_retired_on_the_way_takes_no_more_answers(world: World) -> None:
    phone = Phone.at(world, f"/q/{world.lyon.code.code}/fr")
    with world.database.transaction(world.lyon.scope) as u:
        retire_code(u, world.lyon.code.id)
    assert phone.send(answer="good").status_code == 410


# What a structure says of itself


@pytest.mark.parametrize("page", ["privacy", "accessibility", "results"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_structure_speaks_of_itself_in_each_language(sqlite_world: World, page: str, language: str) -> None:
    client = sqlite_world.app.test_client()
    chosen = client.get(f"/p/passerelle/{page}", headers={"Accept-Language": language})
    named = client.get(f"/p/passerelle/{language}/{page}", headers={"Accept-Language": "fr"})
    assert chosen.status_code == named.status_code == 200
    assert chosen.headers["Content-Language"] == named.headers["Content-Language"] == language
    assert "Accept-Language" in chosen.headers["Vary"]
    assert "Accept-Language" not in named.headers["Vary"]
    assert chosen.text == named.text
    assert "La Passerelle" in chosen.text
    phone = Phone.at(sqlite_world, f"/p/passerelle/{language}/{page}")
    for other in LANGUAGES.values():
        if other.tag != language:
            assert phone.link(other.own_name) == f"/p/passerelle/{other.tag}/{page}"


@pytest.mark.parametrize("page", ["privacy", "accessibility", "results"])
def test_nobody_speaks_for_a_structure_that_is_none(sqlite_world: World, page: str) -> None:
    client = sqlite_world.app.test_client()
    assert client.get(f"/p/nowhere/{page}").status_code == 404
    assert client.get(f"/p/passerelle/tlh/{page}").status_code == 404
    assert client.get(f"/p/passerelle/complaint/{page}").status_code == 404


def test_the_notice_tells_the_durations_and_leads_to_somebody(sqlite_world: World) -> None:
    phone = Phone.at(sqlite_world, "/p/passerelle/fr/privacy")
    assert "24 heures" in phone.page.text
    assert "30 minutes" in phone.page.text
    assert phone.open(phone.link("Nous écrire")).status_code == 200


def test_the_statement_claims_no_conformity(sqlite_world: World) -> None:
    page = Phone.at(sqlite_world, "/p/passerelle/fr/accessibility").page.text
    assert "non conforme" in page


def test_results_wait_until_enough_people_were_heard(world: World) -> None:
    nothing = "Rien n’est encore publié."
    assert nothing in Phone.at(world, "/p/passerelle/fr/results").page.text
    answered(world, meeting={"good": 4}, day=FEBRUARY)
    assert nothing in Phone.at(world, "/p/passerelle/fr/results").page.text
    answered(world, meeting={"good": 11, "bad": 5, "unknown": 5}, day=FEBRUARY)
    page = Phone.at(world, "/p/passerelle/fr/results").page.text
    assert "75\u202f%" in page or "75\u00a0%" in page
    assert "20 avis" in page
    assert nothing in Phone.at(world, "/p/rive-gauche/fr/results").page.text


def test_results_tell_of_months_that_are_over(world: World) -> None:
    answered(world, meeting={"good": 30, "bad": 10}, day=FEBRUARY)
    answered(world, meeting={"bad": 10})
    page = Phone.at(world, "/p/passerelle/en/results").page.text
    assert "75%" in page
    assert "40 opinions" in page
    assert "March 2026 – February 2027" in page
