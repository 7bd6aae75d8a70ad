"""A day reads as people say it in each language."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from flask_babel import force_locale

from portal.web.dates import day_told

if TYPE_CHECKING:
    from build import World

FIRST, ELEVENTH, TWENTY_FIRST = date(2027, 4, 1), date(2027, 4, 11), date(2027, 4, 21)


@pytest.mark.parametrize(
    ("language", "day", "form", "told"),
    [
        ("fr", FIRST, "long", "1er avril 2027"),
        ("fr", FIRST, "full", "jeudi 1er avril 2027"),
        ("fr", FIRST, "EEEE d MMMM", "jeudi 1er avril"),
        ("fr", FIRST, "MMMM y", "avril 2027"),
        ("fr", ELEVENTH, "long", "11 avril 2027"),
        ("fr", TWENTY_FIRST, "long", "21 avril 2027"),
        ("en", FIRST, "long", "1 April 2027"),
        ("en", FIRST, "full", "Thursday, 1 April 2027"),
        ("ar", FIRST, "long", "1 أبريل 2027"),
    ],
)
def test_a_day_is_told(sqlite_world: World, language: str, day: date, form: str, told: str) -> None:
    with sqlite_world.app.test_request_context("/"), force_locale(language):
        assert day_told(day, form) == told
