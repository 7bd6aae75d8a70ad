"""The grid of the RGAA has its 106 lines, and every proof that it names exists."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from access.checks import CHECKS

from portal.web.rgaa import HUMAN, OPEN, THEMES, Known, count, grid

if TYPE_CHECKING:
    from access.battery import Projector

ROOT = Path(__file__).parents[2]
CRITERIA = 106


def is_test(proof: str) -> bool:
    """Whether "tests/….py" or "tests/….py::test_…" is there, with a test in it."""
    path, _, name = proof.partition("::")
    if not (ROOT / path).is_file():
        return False
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return name in names if name else any(one.startswith("test_") for one in names)


def missing(proof: str, rules: set[str]) -> str | None:
    """What a proof names that is not there; None when it is."""
    kind, _, name = proof.partition(":")
    there = {"check": name in CHECKS, "axe": name in rules, "test": is_test(name), "human": name in HUMAN}
    return None if there.get(kind) else proof


def test_every_criterion_has_its_line() -> None:
    expected = [
        f"{theme}.{number}" for theme, (_, many) in enumerate(THEMES, 1) for number in range(1, many + 1)
    ]
    assert [one.number for one in grid()] == expected
    assert len(expected) == CRITERIA
    assert sum(count(known) for known in Known) == CRITERIA
    assert all(one.words and one.theme for one in grid())
    assert len({one.words for one in grid()}) == CRITERIA


def test_what_is_known_fits_its_proof() -> None:
    for one in grid():
        kinds = {proof.partition(":")[0] for proof in one.proofs}
        if one.known is Known.HELD:
            assert kinds <= {"check", "axe", "test"}, one.number
        if one.known in {Known.PERSON, Known.OPEN}:
            assert "human" in kinds, one.number
        assert kinds, one.number
    assert {one.number for one in grid() if one.known is Known.OPEN} == OPEN.keys()


def test_every_check_proves_something() -> None:
    named = {proof.partition(":")[2] for one in grid() for proof in one.proofs if proof.startswith("check:")}
    # Targets have no criterion in the RGAA 4.1.2 (WCAG 2.2, 2.5.8); axe is named by its rules, clipped text
    # is part of narrow, spaced and enlarged pages.
    assert CHECKS.keys() - named == {"axe", "targets", "clipped"}


@pytest.mark.browser
def test_every_proof_exists(projector: Projector) -> None:
    shown = projector.show("<!doctype html><title>x</title>", 360)
    rules = set(shown.page.evaluate("() => axe.getRules().map(rule => rule.ruleId)"))
    assert [proof for one in grid() for proof in one.proofs if missing(proof, rules)] == []
    for planted in (
        "check:nothing",
        "axe:nothing",
        "test:tests/access/test_grid.py::nothing",
        "human:x",
        "x",
    ):
        assert missing(planted, rules) == planted
