"""The pictures of README.md: there, real, small, and shown with words for whoever does not see them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tool that takes them."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    monkeypatch.delitem(sys.modules, "pictures", raising=False)
    return __import__("pictures")


def shown(readme: str) -> set[str]:
    """The pictures that a README shows with words beside."""
    return set(re.findall(r'<img src="docs/pictures/([^"]+)"[^>]* alt="[^"]{20,}"', readme))


def test_the_readme_shows_every_picture_that_is_taken(pictures: Any) -> None:
    taken = {f"{one.name}.png" for one in pictures.PICTURES}
    assert shown((ROOT / "README.md").read_text(encoding="utf-8")) == taken
    assert {path.name for path in FOLDER.iterdir()} == taken
    assert shown('<img src="docs/pictures/a.png" alt="">') == set()


def test_a_picture_is_small_and_of_the_size_that_is_told(pictures: Any) -> None:
    for one in pictures.PICTURES:
        file = FOLDER / f"{one.name}.png"
        assert file.stat().st_size <= pictures.MOST_BYTES
        with Image.open(file) as picture:
            assert picture.size == (one.window["width"] * one.scale, one.window["height"] * one.scale)


def test_a_picture_that_stays_too_big_is_refused(pictures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 1_000)
    with pytest.raises(ValueError, match="1000 at most"):
        pictures.small((FOLDER / "dashboard.png").read_bytes())
