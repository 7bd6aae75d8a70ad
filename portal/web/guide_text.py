"""From a guide's Markdown to what its page shows: title, contents, markup. Knows nothing of requests.

The guides are files of `docs/guides/`, named `<guide>.<language>.md`, and read well as they are. They are
ours, yet no markup in them is passed through: what is no Markdown is shown as text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markupsafe import Markup

from portal.core.languages import DEFAULT
from portal.core.paths import GUIDES
from portal.people.rules import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

FRONT = "index"
"""The guide that leads to the others: how to sign in, and whose page is which."""
BEGIN = "first-half-day"
"""From nothing to the first answers, for whoever does it alone."""
WEEK = "one-hour-a-week"
"""What is left to do once all stands: each week, each month, twice a year."""
NAMES = (FRONT, BEGIN, WEEK, *(role.value.replace("_", "-") for role in Role))
LANGUAGES_OF_GUIDES = ("fr", "en")
_ELSEWHERE = re.compile(r"(?P<name>[a-z-]+)\.(?P<language>[a-z]{2})\.md(?P<part>#.*)?")


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide, ready for its page; `contents` are its parts: where each stands, and its title."""

    title: str
    contents: tuple[tuple[str, str], ...]
    body: Markup


@cache
def guide(name: str, language: str) -> Guide:
    """The guide of one of `NAMES` in one of `LANGUAGES_OF_GUIDES`."""
    tokens = _READER.parse((GUIDES / f"{name}.{language}.md").read_text(encoding="utf-8"))
    title = tokens[1].content
    contents = []
    for opening, line in _headings(tokens):
        anchor = anchor_of(line.content)
        opening.attrs["id"] = anchor
        if opening.tag == "h2":
            contents.append((anchor, line.content))
    for token in tokens:
        if token.type == "th_open":
            token.attrs["scope"] = "col"
        for one in token.children or ():
            if one.type == "link_open":
                one.attrs["href"] = address_of(str(one.attrs["href"]))
    markup = _READER.renderer.render(tokens[3:], _READER.options, {})
    return Guide(title, tuple(contents), Markup(markup))  # noqa: S704 -- our own file, its markup escaped


def path_of(name: str, language: str) -> str:
    """The address of a guide's page."""
    return f"/help/{language}" if name == FRONT else f"/help/{language}/{name}"


def guide_of(role: Role) -> str:
    """The name of the guide of a role."""
    return role.value.replace("_", "-")


def spoken(language: str | None) -> str:
    """The language in which somebody who reads this one gets the guides: French when there are none in it."""
    return language if language in LANGUAGES_OF_GUIDES else DEFAULT


def address_of(link: str) -> str:
    """Where a link of a guide leads on its page: another guide by its address, all else unchanged."""
    found = _ELSEWHERE.fullmatch(link)
    if found is None:
        return link
    return path_of(found["name"], found["language"]) + (found["part"] or "")


def anchor_of(heading: str) -> str:
    """The name of a heading within its page, as forges make it: small letters, hyphens; accents kept."""
    plain = unicodedata.normalize("NFC", heading).lower()
    return re.sub(r"[^\w\s-]", "", plain).strip().replace(" ", "-")


def _headings(tokens: list[Token]) -> Iterator[tuple[Token, Token]]:
    """Each heading with the line in it."""
    for opening, line in pairwise(tokens):
        if opening.type == "heading_open":
            yield opening, line


_READER = MarkdownIt("commonmark", {"html": False}).enable("table")
