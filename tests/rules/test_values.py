"""What is passed around in the house cannot be changed on the way, and takes no name it was not made for.

A scope that could be widened after it was checked, a receipt whose secret could be replaced: each value is a
frozen dataclass with slots.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from typing import Any

import pytest

FLOORS = ("portal.core", "portal.tenancy", "portal.people", "portal.channels", "portal.cases")
MODULES = [
    f"{floor}.{module.name}"
    for floor in FLOORS
    for module in pkgutil.iter_modules(import_module(floor).__path__)
]


def loose(value: type[Any]) -> bool:
    """Whether a value of this class could be changed, or given another name."""
    params: Any = value.__dict__["__dataclass_params__"]
    return not params.frozen or "__slots__" not in vars(value)


@pytest.mark.parametrize("module", [*MODULES, "portal.web.guard"])
def test_a_value_is_frozen_and_has_slots(module: str) -> None:
    made_here = [
        one for one in vars(import_module(module)).values() if getattr(one, "__module__", "") == module
    ]
    values = [one for one in made_here if isinstance(one, type) and is_dataclass(one)]
    assert {one.__name__ for one in values if loose(one)} == set()


def test_a_value_that_may_be_changed_is_found() -> None:
    @dataclass(slots=True)
    class Thawed:
        """It may be changed."""

    @dataclass(frozen=True)
    class Roomy:
        """It may be given any name."""

    assert loose(Thawed)
    assert loose(Roomy)
