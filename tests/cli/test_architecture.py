"""The map of the house: every name on it is in the code, and no floor is left out."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

import portal

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FLOORS = {
    path.stem
    for path in Path(portal.__file__).parent.iterdir()
    if (path.is_dir() or path.suffix == ".py") and not path.name.startswith(("_", "static"))
}
OF_NO_FLOOR = {"docs"}
"""What writes `docs/generated`."""
NAME = re.compile(rf"`((?:{'|'.join(sorted(FLOORS))})(?:\.\w+)+)`")


def is_there(name: str) -> bool:
    """Whether a dotted name below `portal` leads to a module, or to something in one."""
    try:
        resolve_name(f"portal.{name}")
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("name", sorted(set(NAME.findall(PAGE))))
def test_a_name_on_the_map_is_in_the_code(name: str) -> None:
    assert is_there(name)


def test_a_name_that_is_not_in_the_code_is_found() -> None:
    assert not is_there("web.survey.vanished")
    assert not is_there("web.vanished")
    assert is_there("core.db.Database.reading")
    assert len(set(NAME.findall(PAGE))) > 40


def test_every_floor_is_on_the_map() -> None:
    told = set(re.findall(r"`(\w+)`", PAGE.partition("## One transaction")[0]))
    assert FLOORS - told == OF_NO_FLOOR
