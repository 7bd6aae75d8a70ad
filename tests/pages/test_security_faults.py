"""Pages for what went wrong: in whose language, with what way back, and what the log may tell of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from staff import Colleague, signed_in
from trial import MARKER, trial

from portal.web import errors

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse


@pytest.fixture
def tried(sqlite_world: World) -> World:
    """A world whose application has a few views that misbehave on purpose."""
    sqlite_world.app.register_blueprint(trial)
    return sqlite_world


def test_a_public_fault_speaks_the_language_of_the_address(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    for language, sentence in {
        "fr": "Nous ne trouvons pas cette page",
        "en": "We do not find this page",
    }.items():
        page = client.get(f"/q/AAAAAA/{language}", headers={"Accept-Language": "ar"})
        assert page.status_code == 404
        assert f'<html lang="{language}"' in page.text
        assert sentence in page.text
    arabic = client.get("/q/AAAAAA/ar")
    assert '<html lang="ar" dir="rtl">' in arabic.text
    assert "Nous ne trouvons pas" not in arabic.text
    assert "We do not find" not in arabic.text


def test_a_public_fault_without_a_language_follows_the_browser(sqlite_world: World) -> None:
    page = sqlite_world.app.test_client().get(
        "/nowhere", headers={"Accept-Language": "en-GB,en;q=0.9,fr;q=0.5"}
    )
    assert page.status_code == 404
    assert "We do not find this page" in page.text
    assert "Accept-Language" in page.headers["Vary"]


def test_an_unknown_language_offers_the_same_page_in_ours(sqlite_world: World) -> None:
    code = sqlite_world.lyon.code.code
    page = sqlite_world.app.test_client().get(f"/q/{code}/xx")
    assert page.status_code == 404
    for language in ("fr", "ar", "en"):
        assert f'href="/q/{code}/{language}"' in page.text


def test_a_fault_of_the_teams_speaks_the_language_of_the_person(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world, locale="ar")
    page = lead.client.get("/s/passerelle/nothing", headers={"Accept-Language": "fr"})
    assert page.status_code == 404
    assert '<html lang="ar" dir="rtl">' in page.text
    assert "La Passerelle" in page.text
    assert "هي غير موجودة" in page.text


def test_a_fault_of_the_teams_has_a_way_back(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    assert 'href="/s/passerelle/cases"' in lead.get("/s/passerelle/nothing").text
    assert 'href="/structures"' in lead.get("/s/rive-gauche/people").text
    nobody = sqlite_world.app.test_client().get("/s/passerelle/nothing")
    assert 'href="/sign-in"' in nobody.text
    assert "Passerelle" not in nobody.text.replace("/s/passerelle", "")


def test_a_stale_form_gives_the_typed_text_back(tried: World) -> None:
    lead = signed_in(tried)
    words = "Bonjour,\nnous <venons> demain. شكرا"
    page = lead.post("/s/passerelle/trial/conflict", message=words)
    assert page.status_code == 409
    assert "Bonjour,\nnous &lt;venons&gt; demain. شكرا</textarea>" in page.text


def test_a_throttled_person_is_told_when(tried: World) -> None:
    page = tried.app.test_client().get("/q/trial/throttled")
    assert (page.status_code, page.headers["Retry-After"]) == (429, "40")


def test_a_wrong_method_names_the_right_one(sqlite_world: World) -> None:
    page = signed_in(sqlite_world).get("/sign-out")
    assert page.status_code == 405
    assert "POST" in page.headers["Allow"]


def broken(world: World, colleague: Colleague) -> dict[str, TestResponse]:
    """Pages of views that broke."""
    client = world.app.test_client()
    return {
        "get": client.get(f"/q/trial/broken?who={MARKER}"),
        "post": client.post("/q/trial/broken", data={"message": MARKER}),
        "staff": colleague.get("/s/passerelle/trial/unscoped"),
    }


def test_what_breaks_gets_a_sentence_and_is_logged_without_a_personal_word(
    tried: World, caplog: pytest.LogCaptureFixture
) -> None:
    lead = signed_in(tried)
    with caplog.at_level(logging.DEBUG):
        pages = broken(tried, lead)
    for name, page in pages.items():
        assert page.status_code == 500, name
        assert "de notre côté" in page.text, name
        assert MARKER not in page.text, name
        assert "Traceback" not in page.text, name
    told = [record for record in caplog.records if (record.name, record.levelname) == ("portal.web", "ERROR")]
    assert len(told) == len(pages)
    assert "ValueError in trial._broken" in told[0].getMessage()
    assert "Unscoped in trial._unscoped" in told[2].getMessage()
    formatter = logging.Formatter("%(message)s")
    everything = "\n".join(formatter.format(record) for record in caplog.records)
    for personal in (MARKER, "Camille", "06 12", "who="):
        assert personal not in everything


def test_a_fault_while_telling_a_fault_leaks_nothing_either(
    tried: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worse(*_what: object, **_ever: object) -> None:
        raise RuntimeError(MARKER)

    lead = signed_in(tried)
    monkeypatch.setattr(errors, "_desk", worse)
    with caplog.at_level(logging.DEBUG):
        page = lead.get("/s/passerelle/nothing")
    assert page.status_code == 500
    assert "de notre côté" in page.text
    formatter = logging.Formatter("%(message)s")
    assert MARKER not in "\n".join(formatter.format(record) for record in caplog.records)


def test_the_detector_of_personal_words_sees_one(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("portal.web").error("planted", exc_info=ValueError(MARKER))
    formatter = logging.Formatter("%(message)s")
    assert MARKER in "\n".join(formatter.format(record) for record in caplog.records)
