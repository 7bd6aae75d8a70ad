"""The guides of the teams, held to the code: words of the screen, rights, addresses, commands, links."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest
from babel.messages.pofile import read_po
from markdown_it import MarkdownIt
from pages.test_public_routes import wire
from serving import serving
from staff import signed_in
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from portal.cli import main
from portal.core.config import PREFIX, SETTINGS
from portal.core.paths import GUIDES, TRANSLATIONS
from portal.people.rules import PERMISSION_LABELS, PERMISSIONS, Permission, Role
from portal.web.guide_text import (
    BEGIN,
    FRONT,
    LANGUAGES_OF_GUIDES,
    NAMES,
    WEEK,
    address_of,
    guide,
    guide_of,
    path_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog
    from build import World
    from flask import Flask

ON_THE_WIRE = 14_000
"""What a first round trip carries (ten packets, RFC 6928), headers and all."""
EACH = [(name, language) for name in NAMES for language in LANGUAGES_OF_GUIDES]
LINK = re.compile(r"\]\(([^)\s]+)\)")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"```sh\n(.*?)```", re.DOTALL)
ENTRANCES = re.compile(r"docker compose (?:exec|run)(?: --\S+)* [a-z]+ (?:portal )?(?=[a-z])")
"""What stands before a command of ours when it runs in a container."""
ANYTHING = "passerelle"


def text_of(name: str, language: str) -> str:
    return (GUIDES / f"{name}.{language}.md").read_text(encoding="utf-8")


def catalogue(language: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES" / "portal.po").open("rb") as lines:
        return read_po(lines, locale=language)


def on_screen(language: str) -> set[str]:
    """Every sentence of the pages in this language."""
    told = [message.id if language == "en" else message.string for message in catalogue(language)]
    return {plain(one) for words in told for one in ([words] if isinstance(words, str) else words or ())}


def plain(words: str) -> str:
    """The words with single, ordinary spaces."""
    return " ".join(words.split())


def bold(text: str) -> set[str]:
    """What a guide says in bold: words of the screen."""
    return {plain(words) for words in BOLD.findall(text)}


def said(permission: Permission, language: str) -> str:
    """What the pages call a permission."""
    words = PERMISSION_LABELS[permission]
    if language == "en":
        return words
    found = catalogue(language).get(words)
    assert found
    return str(found.string)


def typed(text: str) -> Iterator[str]:
    """Every piece of code of a guide, a line of a block or between backticks."""
    for block in FENCED.findall(text):
        yield from (line.partition("  #")[0].strip() for line in block.splitlines() if line.strip())
    yield from CODE.findall(FENCED.sub("", text))


def commands(text: str) -> Iterator[list[str]]:
    """Every command of ours that a guide names, in its words, without the program's name."""
    for line in typed(text):
        words = shlex.split(ENTRANCES.sub("portal ", line))
        if words and words[0] == "portal":
            yield words[1:]


def unknown(words: list[str]) -> str | None:
    """What is wrong with a command: no such command, or no such option of it; None when it can be typed."""
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group):
        found = command.commands.get(rest.pop(0)) if rest else None
        if found is None:
            return " ".join(words)
        command = found
    options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    return next((word for word in rest if word.startswith("--") and word not in options), None)


def no_page(app: Flask, path: str) -> bool:
    """Whether an address leads to no route of ours; `<…>` in it stands for anything."""
    try:
        app.url_map.bind("localhost").match(re.sub(r"<[^>]+>", ANYTHING, path))
    except (NotFound, MethodNotAllowed):
        return True
    except RequestRedirect:
        return False
    return False


def addresses(text: str) -> set[str]:
    """Every address of the portal that a guide names between backticks."""
    return {one for one in CODE.findall(FENCED.sub("", text)) if re.fullmatch(r"/[a-z<>/…-]*", one)}


def dead_links(name: str, language: str, text: str) -> set[str]:
    """Links that lead to no guide of this language, or to no heading of one."""
    dead = set()
    for link in LINK.findall(text):
        target, _, part = link.partition("#")
        found = re.fullmatch(rf"([a-z-]+)\.{language}\.md", target) if target else None
        named = found[1] if found else name
        is_guide = (found is not None or not target) and named in NAMES
        anchors = {"", *(anchor for anchor, _ in guide(named, language).contents)} if is_guide else set()
        dead |= {link} if part not in anchors else set()
    return dead


# Every guide is there, and says what its role may do


def test_every_guide_is_there_in_both_languages_and_no_other() -> None:
    there = {path.name for path in GUIDES.glob("*.md")}
    assert there == {f"{name}.{language}.md" for name, language in EACH}
    assert {guide_of(role) for role in Role} | {FRONT, BEGIN, WEEK} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_tells_the_same_parts_in_both_languages(name: str) -> None:
    lengths = {len(guide(name, language).contents) for language in LANGUAGES_OF_GUIDES}
    assert len(lengths) == 1


@pytest.mark.parametrize("language", LANGUAGES_OF_GUIDES)
@pytest.mark.parametrize("role", Role)
def test_a_guide_names_each_right_of_its_role_and_no_other(role: Role, language: str) -> None:
    words = bold(text_of(guide_of(role), language))
    named = {permission for permission in Permission if said(permission, language) in words}
    # The fold of a chart is called like the right to see figures: whoever has that right may read its name.
    assert named == PERMISSIONS[role].may


@pytest.mark.parametrize("language", LANGUAGES_OF_GUIDES)
def test_the_front_leads_to_the_guide_of_each_role(language: str) -> None:
    links = set(LINK.findall(text_of(FRONT, language)))
    assert links == {f"{name}.{language}.md" for name in (BEGIN, WEEK, *map(guide_of, Role))}


# What a guide names is there


@pytest.mark.parametrize(("name", "language"), EACH)
def test_what_stands_in_bold_stands_on_a_page(name: str, language: str) -> None:
    assert bold(text_of(name, language)) - on_screen(language) == set()


@pytest.mark.parametrize(("name", "language"), EACH)
def test_a_link_leads_somewhere(name: str, language: str) -> None:
    assert dead_links(name, language, text_of(name, language)) == set()


@pytest.mark.parametrize(("name", "language"), EACH)
def test_an_address_that_is_named_is_a_page(sqlite_world: World, name: str, language: str) -> None:
    app = sqlite_world.app
    assert {one for one in addresses(text_of(name, language)) if no_page(app, one)} == set()


@pytest.mark.parametrize(("name", "language"), EACH)
def test_a_command_that_is_named_can_be_typed(name: str, language: str) -> None:
    assert [fault for words in commands(text_of(name, language)) if (fault := unknown(words))] == []


@pytest.mark.parametrize("language", LANGUAGES_OF_GUIDES)
def test_a_setting_that_is_named_is_one(language: str) -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", text_of("operator", language)))
    assert named <= {PREFIX + setting.name for setting in SETTINGS}


def test_each_detector_finds_what_is_planted(sqlite_world: World) -> None:
    assert bold("Press **Vanish** now") - on_screen("en") == {"Vanish"}
    assert dead_links(FRONT, "en", "[a](gone.en.md) [b](board.fr.md) [c](#nowhere) [d](board.en.md)") == {
        "gone.en.md",
        "board.fr.md",
        "#nowhere",
    }
    planted = "`/sign-in` `/s/<slug>/wishes` `/p/<slug>/results`"
    assert {one for one in addresses(planted) if no_page(sqlite_world.app, one)} == {"/s/<slug>/wishes"}
    planted = "```sh\ndocker compose exec portal portal doctor --loudly\nportal db burn  # never\n```"
    assert [unknown(words) for words in commands(planted)] == ["--loudly", "db burn"]
    planted = "```sh\ndocker compose run --rm --volume=./a:/a:ro upgrade db restore /a/b.tar\n```"
    assert [unknown(words) for words in commands(planted)] == [None]


@pytest.mark.parametrize("language", LANGUAGES_OF_GUIDES)
def test_the_operators_guide_names_the_commands_of_every_day(language: str) -> None:
    named = {
        " ".join(word for word in words[:2] if word.isalpha())
        for words in commands(text_of("operator", language))
    }
    assert named >= {"doctor", "db backup", "db restore", "db upgrade", "db check", "audit verify"}
    assert named >= {"structure create", "person invite", "serve", "demo"}


# The pages


@pytest.mark.parametrize(("name", "language"), EACH)
def test_a_guide_is_a_page_with_a_heading_and_a_way_to_each_part(
    sqlite_world: World, name: str, language: str
) -> None:
    page = sqlite_world.app.test_client().get(path_of(name, language)).text
    shown = guide(name, language)
    assert page.count("<h1>") == 1
    assert f"<h1>{shown.title}</h1>" in page
    assert len(shown.contents) >= 3
    for anchor, _ in shown.contents:
        assert page.count(f'id="{anchor}"') == 1
        assert f'href="#{anchor}"' in page


def test_a_guide_fits_in_one_round_trip(sqlite_world: World) -> None:
    with serving(sqlite_world) as served:
        for name, language in EACH:
            sent = wire(served.base_url, path_of(name, language), language)
            assert sent.startswith(b"HTTP/1.1 200")
            assert len(sent) <= ON_THE_WIRE, f"{name}.{language}: {len(sent)} bytes"


def test_a_link_between_guides_becomes_the_address_of_the_page() -> None:
    assert address_of("board.fr.md") == "/help/fr/board"
    assert address_of("index.en.md#sign-in-sign-out") == "/help/en#sign-in-sign-out"
    assert address_of("#upgrade") == "#upgrade"


def test_markup_in_a_guide_is_shown_as_text() -> None:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    assert "<script" not in reader.render("<script>1</script> [x](javascript:alert(1))")


@pytest.mark.parametrize("path", ["/help/fr/nobody", "/help/ar", "/help/fr/..%2findex", "/help/xx/board"])
def test_what_is_no_guide_is_not_found(sqlite_world: World, path: str) -> None:
    assert sqlite_world.app.test_client().get(path).status_code == 404


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [("en-GB,en", "en"), ("ar", "fr"), ("fr", "fr"), ("", "fr"), ("tlh, en;q=0.4", "en")],
)
def test_the_front_speaks_what_the_browser_asks_for(sqlite_world: World, accepted: str, spoken: str) -> None:
    page = sqlite_world.app.test_client().get("/help", headers={"Accept-Language": accepted})
    assert page.headers["Content-Language"] == spoken
    assert "Accept-Language" in page.headers["Vary"]


@pytest.mark.parametrize(("locale", "spoken"), [("fr", "fr"), ("en", "en"), ("ar", "fr")])
@pytest.mark.parametrize("role", Role)
def test_the_menu_leads_to_the_guide_of_ones_role(
    sqlite_world: World, role: Role, locale: str, spoken: str
) -> None:
    colleague = signed_in(sqlite_world, role, locale=locale)
    first = colleague.get("/s/passerelle/").headers["Location"]
    assert f'href="{path_of(guide_of(role), spoken)}"' in colleague.get(first).text


def test_who_cannot_sign_in_finds_the_guides(sqlite_world: World) -> None:
    assert 'href="/help"' in sqlite_world.app.test_client().get("/sign-in").text
