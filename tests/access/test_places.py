"""What all pages share stands at the same place on each, and nothing known is asked for twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from access.ground import Visitor
from access.screens import PUBLIC, STAFF

if TYPE_CHECKING:
    from access.ground import Ground

_LABEL = re.compile(r'(?s)<label for="([^"]+)">(.*?)</label>')
_MARKS = re.compile(r'<(header|nav|main|footer)\b|class="(languages|skip-link)')
_AGAIN = {"message", "receipt"}
"""What one says anew each time: more words, and the number that opens one's own message."""


def marks(html: str) -> list[str]:
    """Which of the shared parts a page has, in its order."""
    seen = dict.fromkeys(one or other for one, other in _MARKS.findall(html))
    return list(seen)


def in_place(html: str, order: tuple[str, ...]) -> bool:
    """Whether the shared parts that a page has stand in the order of all pages."""
    found = marks(html)
    return found == [one for one in order if one in found] and "main" in found


OUTSIDE = ("skip-link", "header", "nav", "languages", "main", "footer")
INSIDE = ("skip-link", "header", "nav", "main", "footer")


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_what_is_shared_stands_at_the_same_place_on_every_page(ground: Ground, language: str) -> None:
    visitor = Visitor(ground, language)
    for name, screen in {**PUBLIC, **STAFF}.items():
        if name == "components":
            continue  # it shows these parts within its own
        assert in_place(screen.opened(visitor).text, INSIDE if name in STAFF else OUTSIDE), name


def test_a_part_at_another_place_is_seen() -> None:
    assert not in_place("<main></main><header></header>", INSIDE)
    assert not in_place("<header></header>", INSIDE)


def test_the_foot_of_every_page_of_a_structure_leads_to_the_same_pages(ground: Ground) -> None:
    feet = set()
    for screen in PUBLIC.values():
        answer = screen.opened(Visitor(ground, "fr"))
        found = re.search(r"(?s)<footer.*?</footer>", answer.text)
        if found and "La Passerelle" in found[0]:
            # A tablet stays at its own pages, which are the same ones.
            feet.add(re.sub(r"/([qt]/\w+(/fr)?|p/passerelle/fr)/", "/", found[0]))
    assert len(feet) == 1
    assert "Accessibilité\N{NO-BREAK SPACE}: non conforme" in feet.pop()


def test_nothing_that_was_said_is_asked_for_again_on_the_way(ground: Ground) -> None:
    phone = Visitor(ground, "fr").phone("request")
    asked = [name for name, _ in _LABEL.findall(phone.page.text)]
    phone.send(message="Bonjour", contact_kind="phone", contact="0641887310", identity="nobody")
    again = [name for name, _ in _LABEL.findall(phone.page.text)]
    assert "message" in asked
    assert not (set(asked) & set(again)) - _AGAIN


def test_signing_in_asks_for_nothing_to_be_remembered_or_solved(ground: Ground) -> None:
    page = Visitor(ground, "fr").opens("/sign-in").text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "/forgotten-password" in page, "who has forgotten the password gets in by e-mail"
