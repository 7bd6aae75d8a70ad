"""The pages made from tables: whole, and found out when they are old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cases.rules import STEPS
from portal.core.config import SETTINGS
from portal.docs import main, pages, stale, write
from portal.insight.catalogue import INDICATORS
from portal.people.rules import PERMISSIONS

if TYPE_CHECKING:
    from pathlib import Path


def test_each_page_tells_every_row_of_its_table() -> None:
    made = pages()
    assert all(f"| `{step.verb}` |" in made["workflow.md"] for step in STEPS)
    assert all(f"`PORTAL_{setting.name}`" in made["settings.md"] for setting in SETTINGS)
    assert all(row.label in made["permissions.md"] for row in PERMISSIONS.values())
    assert all(f"| `{name}` | {row.label} |" in made["indicators.md"] for name, row in INDICATORS.items())
    assert "| `/s/<slug>/people` | GET | manage_people |" in made["routes.md"]
    assert "| `ar` | العربية | rtl |" in made["languages.md"]


def test_a_page_that_is_old_missing_or_of_no_table_is_found_and_put_right(tmp_path: Path) -> None:
    write(tmp_path)
    assert stale(tmp_path) == []
    (tmp_path / "workflow.md").write_text("as it was", encoding="utf-8")
    (tmp_path / "settings.md").unlink()
    (tmp_path / "of-old.md").write_text("nobody makes it", encoding="utf-8")
    assert stale(tmp_path) == ["of-old.md", "settings.md", "workflow.md"]
    write(tmp_path)
    assert stale(tmp_path) == []


def test_an_unknown_verb_is_wrong_usage() -> None:
    assert main(["print"]) == 2
