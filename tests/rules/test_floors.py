"""The floors of the house, read from the syntax tree: a lower one never imports a higher one.

The import contracts say the same to `lint-imports`; here each rule also meets a planted sin, and a new
package or a new kind of file must be placed on purpose.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "portal"
FLOORS = (
    {"core"},
    {"tenancy"},
    {"people"},
    {"channels"},
    {"questionnaires", "cases", "printing"},
    {"records"},
    {"insight", "notifications"},
    {"certification", "protection"},
    {"jobs"},
    {"web"},
    {"app", "cli", "demo", "docs", "__main__"},
)
"""From the ground up; those of one floor are strangers to one another, but for the last."""
SLICES = {
    "tenancy",
    "people",
    "channels",
    "questionnaires",
    "cases",
    "records",
    "insight",
    "notifications",
} | {"certification", "protection"}
STAIRS = ("rules", "events", "models", "queries", "actions", "handlers")
WEB_ONLY = {
    "flask",
    "flask_babel",
    "flask_limiter",
    "flask_login",
    "flask_sqlalchemy",
    "flask_wtf",
    "jinja2",
} | {
    "werkzeug",
    "wtforms",
}
NOT_IN_RULES = {"sqlalchemy", "random", "secrets", "time", "os", "uuid", "flask"}
FLOOR_OF = {name: floor for floor, names in enumerate(FLOORS) for name in names}
TOP = len(FLOORS) - 1


def imports_of(source: str) -> set[str]:
    """The modules that a file imports, those for the type checker alone included."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def faults(module: str, source: str) -> set[str]:
    """What a module of the house imports and must not."""
    package, _, inner = module.removeprefix("portal.").partition(".")
    typed_only = _typed_only(source)
    found = set()
    for name in imports_of(source):
        parts = name.split(".")
        if parts[0] != "portal":
            if parts[0] in WEB_ONLY and FLOOR_OF[package] < FLOOR_OF["web"]:
                found.add(name)
            if inner == "rules" and parts[0] in NOT_IN_RULES and name not in typed_only:
                found.add(name)
        elif len(parts) > 1 and _is_up(package, inner, parts[1:]):
            found.add(name)
    return found


def _typed_only(source: str) -> set[str]:
    blocks = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.If)]
    guarded = [node for node in blocks if ast.unparse(node.test) == "TYPE_CHECKING"]
    return {name for node in guarded for name in imports_of(ast.unparse(node))}


def _is_up(package: str, inner: str, target: list[str]) -> bool:
    other = target[0]
    if other not in FLOOR_OF:
        return False
    if other != package:
        is_stranger = FLOOR_OF[other] == FLOOR_OF[package] != TOP
        return is_stranger or FLOOR_OF[other] > FLOOR_OF[package]
    is_inside = package in SLICES and inner in STAIRS and len(target) > 1 and target[1] in STAIRS
    return is_inside and STAIRS.index(target[1]) > STAIRS.index(inner)


def modules() -> dict[str, str]:
    """Every module of the house with its source."""
    return {
        ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in sorted(HOUSE.rglob("*.py"))
        if path.parent != HOUSE or path.stem != "__init__"
    }


def test_no_module_imports_from_a_higher_floor() -> None:
    broken = {module: found for module, source in modules().items() if (found := faults(module, source))}
    assert broken == {}


def test_every_package_stands_on_a_floor() -> None:
    there = {path.stem for path in HOUSE.glob("*.py")} | {
        path.parent.name for path in HOUSE.glob("*/__init__.py")
    }
    assert there - {"__init__"} <= FLOOR_OF.keys()


@pytest.mark.parametrize(
    ("module", "sin"),
    [
        ("portal.core.wall", "from portal.tenancy.models import Site"),
        ("portal.cases.actions", "from portal.questionnaires.models import Answer"),
        ("portal.questionnaires.queries", "import portal.cases.models"),
        ("portal.people.actions", "from portal.web import kit"),
        ("portal.cases.rules", "from portal.cases.models import Case"),
        ("portal.cases.models", "from portal.cases.queries import thread"),
        ("portal.cases.rules", "from sqlalchemy import select"),
        ("portal.people.rules", "import random"),
        ("portal.cases.actions", "from flask import request"),
        ("portal.core.db", "from portal import app"),
        ("portal.insight.queries", "from portal.notifications import models"),
        ("portal.web.kit", "from portal.cli import main"),
        ("portal.jobs", "from portal.web.kit import house"),
    ],
)
def test_a_planted_import_is_found(module: str, sin: str) -> None:
    assert faults(module, sin)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("portal.web.kit", "from flask import request"),
        ("portal.cases.actions", "from portal.cases.models import Case"),
        ("portal.app", "from portal.cli import main"),
        ("portal.cases.rules", "if TYPE_CHECKING:\n    from uuid import UUID"),
        ("portal.cases.actions", "from portal.core.db import Unit"),
    ],
)
def test_an_honest_import_is_let_through(module: str, source: str) -> None:
    assert faults(module, source) == set()
