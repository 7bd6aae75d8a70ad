"""Prepared statements for many rows and for rows that are already there, within the scope as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update
from walls.siege import THEN

from portal.cases.models import CaseCounter
from portal.core.db import Scope
from portal.core.errors import Unscoped
from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.tenancy.models import Team

if TYPE_CHECKING:
    from build import World

_team = table_of(Team)
ADD = Walled(insert(_team))
ADD_ONCE = Walled(insert(_team), key=("structure_id", "id"), ignore=True)
_counter = table_of(CaseCounter)
ADD_UP = Walled(insert(_counter), key=("structure_id", "year"), add=("last",))
COUNTS = Walled(select(_counter.c.year, _counter.c.last).order_by(_counter.c.year))
NAMES = Walled(select(_team.c.name).order_by(_team.c.name))


def teams(world: World, *names: str) -> list[dict[str, Any]]:
    """Rows of teams with these names, without their structure."""
    return [
        {"id": new_id(THEN), "site_id": world.lyon.site.id, "name": name, "created_at": THEN}
        for name in names
    ]


def names(world: World) -> list[str]:
    with world.database.reading(world.lyon.scope) as u:
        return [row.name for row in u.run(NAMES).all()]


@pytest.mark.parametrize("given", [("one",), ("one", "two", "three")], ids=len)
def test_many_rows_are_written_for_the_structure_in_scope(world: World, given: tuple[str, ...]) -> None:
    before = names(world)
    with world.database.transaction(world.lyon.scope) as u:
        u.run_many(ADD, teams(world, *given))
        u.run_many(ADD, [])
        assert u.session.run_many(ADD, []) is None
    assert sorted(names(world)) == sorted([*before, *given])


def test_rows_that_are_there_are_left_as_they_are_and_not_counted(world: World) -> None:
    rows = teams(world, "one", "two")
    with world.database.transaction(world.lyon.scope) as u:
        first = u.session.run_many(ADD_ONCE, rows)
        again = u.session.run_many(ADD_ONCE, [{**row, "name": "other"} for row in rows])
        assert (first and first.rowcount, again and again.rowcount) == (2, 0)
    assert {"one", "two"} <= set(names(world))
    assert "other" not in names(world)


def test_a_count_is_added_to_the_row_that_is_there(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        for n in (2, 3):
            u.run(ADD_UP, year=2027, last=n)
        u.run_many(ADD_UP, [{"year": 2027, "last": 4}, {"year": 2028, "last": 1}])
        assert [tuple(row) for row in u.run(COUNTS).all()] == [(2027, 9), (2028, 1)]
    with world.database.reading(world.strasbourg.scope) as u:
        assert u.run(COUNTS).all() == []
        assert (u.run(COUNTS).first(), u.run(COUNTS).scalar()) == (None, None)


@pytest.mark.parametrize("column", ["structure_id", "wall_structure_id"])
def test_one_foreign_row_among_many_stops_them_all(world: World, column: str) -> None:
    before = names(world)
    rows = teams(world, "one", "two")
    rows[1][column] = world.strasbourg.structure.id
    with pytest.raises(Unscoped), world.database.transaction(world.lyon.scope) as u:
        u.run_many(ADD, rows)
    assert names(world) == before


def test_a_reading_unit_and_a_unit_of_nobody_write_none(world: World) -> None:
    before = names(world)
    with world.database.reading(world.lyon.scope) as u, pytest.raises(Unscoped):
        u.run_many(ADD, teams(world, "one"))
    with pytest.raises(Unscoped), world.database.transaction(Scope.nobody()) as u:
        u.run_many(ADD, teams(world, "one"))
    assert names(world) == before


def test_a_named_structure_of_one_s_own_is_taken(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        u.run(ADD, structure_id=world.lyon.structure.id, **teams(world, "one")[0])
    assert "one" in names(world)


def test_a_prepared_statement_names_its_table_in_an_error(world: World) -> None:
    with world.database.reading(world.lyon.scope) as u, pytest.raises(Unscoped) as refused:
        u.run(Walled(update(_team).values(name="x")))
    assert refused.value.facts == {"statement": "team"}
    assert (NAMES.name, NAMES.writes, ADD.writes) == ("select", False, True)
