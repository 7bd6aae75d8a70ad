"""The documents that people write, held to the code: commands, words, libraries, decisions, links."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from portal.app import SLICES
from portal.cli import main
from portal.core.schema import Base
from portal.people.rules import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CHAPTERS = ["Context", "Decision", "Cost", "Held by", "Look again"]
MOST_LINES = 40
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
FILE = re.compile(r"`((?:portal|tests|web|core|cases|people|tenancy|insight|cli)/[\w/.*]+\.\w+)`")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(group: click.Command = main, path: str = "portal") -> Iterator[str]:
    """Every command as it is typed."""
    if not isinstance(group, click.Group):
        yield path
        return
    for name, command in group.commands.items():
        yield from commands(command, f"{path} {name}")


def unnamed(words: set[str], page: str) -> set[str]:
    """The words that a page does not hold in backticks."""
    return {word for word in words if not re.search(rf"`{re.escape(word)}`", page)}


def libraries() -> set[str]:
    """What `pyproject.toml` asks for, to run, to work on it and to build."""
    project = tomllib.loads(text_of("pyproject.toml"))
    asked = [
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *project["dependency-groups"]["dev"],
        *project["dependency-groups"]["mutants"],
        *project["build-system"]["requires"],
    ]
    return {re.split(r"[\[<>=;! ]", one)[0] for one in asked}


def listed_libraries(page: str) -> set[str]:
    """The libraries with a line in the tables of those that are needed."""
    needed = page.partition("## Refused")[0]
    return {line.split("|")[1].strip() for line in needed.splitlines() if re.match(r"\| [a-z]", line)} - {
        "library"
    }


def dead_links(page: Path) -> set[str]:
    """Files that a page points to and that are not there; addresses elsewhere are not asked."""
    told = {link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link}
    return {link for link in told if not (page.parent / link).exists()}


def dead_names(page: Path) -> set[str]:
    """Files of ours that a page names and that are not there, below the repository or `portal/`."""
    told = FILE.findall(page.read_text(encoding="utf-8"))
    return {name for name in told if not ([*ROOT.glob(name)] or [*(ROOT / "portal").glob(name)])}


def test_the_readme_names_every_command_and_no_other() -> None:
    named = set(re.findall(r"^\| `(portal [a-z -]+)` \|", text_of("README.md"), re.MULTILINE))
    assert named == set(commands())


def test_the_glossary_holds_every_table_and_role() -> None:
    assert SLICES  # their tables are known once they are imported
    words = {*Base.metadata.tables, *(role.value for role in Role)}
    assert unnamed(words, text_of("GLOSSARY.md")) == set()


def test_a_word_that_the_glossary_lacks_is_found() -> None:
    assert unnamed({"site", "dossier_type"}, text_of("GLOSSARY.md")) == {"dossier_type"}


def test_every_library_has_its_line_and_no_line_is_without_its_library() -> None:
    assert listed_libraries(text_of("docs/dependencies.md")) == libraries()


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_read_in_two_minutes(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert [line[3:] for line in lines if line.startswith("## ")] == CHAPTERS
    assert f"({page.name})" in text_of("docs/decisions/README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_points_to_is_there(page: Path) -> None:
    assert dead_links(page) | dead_names(page) == set()


def test_a_page_that_points_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[gone](gone.md), `tests/gone.py`, `core/db.py`, [there](page.md)", encoding="utf-8")
    assert dead_links(page) | dead_names(page) == {"gone.md", "tests/gone.py"}
