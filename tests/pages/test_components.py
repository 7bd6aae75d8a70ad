"""Every component of the folder is on the page of components, in every state, and the page is in order."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from staff import signed_in

from portal.core.paths import TEMPLATES
from portal.people.rules import Role
from portal.web import components
from portal.web.component_samples import SAMPLES
from portal.web.components import STATES, macros

if TYPE_CHECKING:
    from pathlib import Path

    from build import World

PAGE = "/_components"


def shown(page: str) -> set[str]:
    """The components on a page."""
    return set(re.findall(r'data-component="(\w+)"', page))


def missing() -> set[str]:
    """Macros of the folder without a sample, and samples without a macro."""
    return macros().keys() ^ SAMPLES.keys()


def test_every_component_of_the_folder_has_its_sample() -> None:
    assert missing() == set()


def test_a_component_without_a_sample_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "planted.html").write_text(
        "{% macro planted(name) -%}{{ name }}{%- endmacro %}", encoding="utf-8"
    )
    for path in (TEMPLATES / "components").glob("*.html"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(components, "_FOLDER", tmp_path)
    macros.cache_clear()
    assert missing() == {"planted"}
    macros.cache_clear()


@pytest.mark.parametrize("state", STATES)
def test_the_page_shows_every_component(sqlite_world: World, state: str) -> None:
    page = signed_in(sqlite_world).get(f"{PAGE}?state={state}")
    assert page.status_code == 200
    can_fail = {name for name, sample in SAMPLES.items() if sample.error is not None}
    assert shown(page.text) == (can_fail if state == "error" else SAMPLES.keys())
    assert (' dir="rtl"' in page.text.partition("<body")[0]) is (state == "rtl")
    assert " style=" not in page.text
    assert "script" not in page.text


def test_whatever_takes_an_error_shows_one(sqlite_world: World) -> None:
    taking = {
        name
        for path in (TEMPLATES / "components").glob("*.html")
        for name, given in re.findall(r"macro (\w+)\((.*?)\) -?%", path.read_text(encoding="utf-8"))
        if "error=none" in given
    }
    page = unescape(signed_in(sqlite_world).get(f"{PAGE}?state=error").text)
    assert taking <= shown(page)
    for part in page.split("data-component=")[1:]:
        assert re.search("Écrivez quelques mots|Remplissez ce champ", part), part[:40]


def test_ids_are_told_apart(sqlite_world: World) -> None:
    for state in STATES:
        ids = re.findall(
            r'[\s"]id="([^"]+)"',
            signed_in(sqlite_world, email=f"{state}@a.example").get(f"{PAGE}?state={state}").text,
        )
        assert len(ids) == len(set(ids)), state


def test_nobody_sees_it_without_signing_in(sqlite_world: World) -> None:
    answer = sqlite_world.app.test_client().get(PAGE)
    assert answer.status_code == 303
    assert "/sign-in" in answer.location


def test_it_is_there_for_every_role_and_no_browser_keeps_it(sqlite_world: World) -> None:
    page = signed_in(sqlite_world, Role.MEDIATOR).get(PAGE)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
