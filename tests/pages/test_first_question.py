"""The thin path: a code, the first question in three languages, a tap, a stored answer, on both databases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.questionnaires.models import Answer, RollupMonth

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse

QUESTION = {
    "fr": "Comment s’est passée la rencontre avec notre équipe ?",
    "en": "How did the meeting with our team go?",
    "ar": "كيف كان اللقاء مع فريقنا؟",
}


def tap(world: World, page: TestResponse, url: str, answer: str) -> TestResponse:
    """Tap one of the answers of a page."""
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token
    return world.app.test_client().post(url, data={"token": token[1], "answer": answer})


def choices(world: World) -> list[str]:
    """What is stored, in no order."""
    with world.database.reading(world.lyon.scope) as u:
        return sorted(u.all(select(Answer.choice)))


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_first_screen_is_the_first_question(world: World, language: str) -> None:
    page = world.app.test_client().get(f"/q/{world.lyon.code.code}/{language}")
    assert page.status_code == 200
    assert QUESTION[language] in page.text
    assert "Set-Cookie" not in page.headers
    assert "<script" not in page.text


def test_one_tap_stores_an_answer_and_goes_on(world: World) -> None:
    url = f"/q/{world.lyon.code.code}/fr"
    page = world.app.test_client().get(url)
    taken = tap(world, page, url, "good")
    assert taken.status_code == 303
    assert choices(world) == ["good"]


def test_the_same_tap_twice_is_one_answer_and_another_one_replaces_it(world: World) -> None:
    url = f"/q/{world.lyon.code.code}/fr"
    page = world.app.test_client().get(url)
    for answer in ("good", "good", "bad"):
        tap(world, page, url, answer)
    assert choices(world) == ["bad"]
    with world.database.reading(world.lyon.scope) as u:
        counts = {row.choice: row.n for row in u.all(select(RollupMonth))}
    assert counts == {"good": 0, "bad": 1}


def test_another_structure_sees_nothing_of_it(world: World) -> None:
    url = f"/q/{world.lyon.code.code}/fr"
    tap(world, world.app.test_client().get(url), url, "good")
    with world.database.reading(world.strasbourg.scope) as u:
        assert u.all(select(Answer)) == []
