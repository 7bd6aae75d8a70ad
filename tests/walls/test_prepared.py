"""Prepared statements and the session are one unit: one transaction, one scope, the same rows and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from walls.siege import THEN

from portal.channels.models import Code, CodeDirectory
from portal.core.db import Scope
from portal.core.errors import Unscoped
from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.tenancy.models import CalendarVersion, Site, Team

if TYPE_CHECKING:
    from collections.abc import Callable

    from build import World

    from portal.core.db import Unit

_team, _site = table_of(Team), table_of(Site)
ADD = Walled(insert(_team))
ADD_ONCE = Walled(insert(_team), key=("structure_id", "id"), ignore=True)
NAMES = Walled(select(_team.c.name).order_by(_team.c.name))
RENAME = Walled(update(_team).where(_team.c.name == bindparam("key_name")).values(name=bindparam("new_name")))
DROP = Walled(delete(_team).where(_team.c.name == bindparam("key_name")))
EVERYTHING = Walled(select(*_site.c).order_by(_site.c.id))
CALENDARS = Walled(select(*table_of(CalendarVersion).c).order_by(table_of(CalendarVersion).c.id))


def prepared(u: Unit, world: World, name: str) -> None:
    u.run(ADD, id=new_id(THEN), site_id=world.lyon.site.id, name=name, created_at=THEN)


def by_session(u: Unit, world: World, name: str) -> None:
    u.add(Team(id=new_id(THEN), site_id=world.lyon.site.id, name=name, created_at=THEN))


def names(world: World) -> set[str]:
    with world.database.reading(world.lyon.scope) as u:
        told = {row.name for row in u.run(NAMES).all()}
        assert told == set(u.all(select(Team.name)))
    return told


WAYS = (prepared, by_session)


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_both_ways_are_committed_together(
    world: World, first: Callable[[Unit, World, str], None], second: Callable[[Unit, World, str], None]
) -> None:
    before = names(world)
    with world.database.transaction(world.lyon.scope) as u:
        first(u, world, "one")
        assert {"one"} <= {row.name for row in u.run(NAMES).all()}
        assert {"one"} <= set(u.all(select(Team.name)))
        second(u, world, "two")
        assert {"one", "two"} <= {row.name for row in u.run(NAMES).all()}
        assert {"one", "two"} <= set(u.all(select(Team.name)))
    assert names(world) == before | {"one", "two"}


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_both_ways_are_undone_together(
    world: World, first: Callable[[Unit, World, str], None], second: Callable[[Unit, World, str], None]
) -> None:
    def fail() -> None:
        with world.database.transaction(world.lyon.scope) as u:
            first(u, world, "one")
            second(u, world, "two")
            raise ZeroDivisionError

    before = names(world)
    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(world) == before


def test_a_row_that_was_added_and_not_yet_written_is_committed_with_the_prepared_ones(world: World) -> None:
    before = names(world)
    with world.database.transaction(world.lyon.scope) as u:
        prepared(u, world, "one")
        u.session.add(Team(id=new_id(THEN), site_id=world.lyon.site.id, name="two", created_at=THEN))
    assert names(world) == before | {"one", "two"}


def test_a_unit_that_was_undone_goes_on_in_a_new_transaction(world: World) -> None:
    before = names(world)
    with world.database.transaction(world.lyon.scope) as u:
        prepared(u, world, "one")
        u.session.rollback()
        prepared(u, world, "two")
        by_session(u, world, "three")
    assert names(world) == before | {"two", "three"}


def test_a_prepared_statement_gives_what_the_session_gives(world: World) -> None:
    with world.database.reading(world.lyon.scope) as u:
        for statement, model in ((EVERYTHING, Site), (CALENDARS, CalendarVersion)):
            mapped = u.all(select(model).order_by(model.id))
            rows = u.run(statement).all()
            assert len(rows) == len(mapped) > 0
            for row, one in zip(rows, mapped, strict=True):
                assert row._asdict() == {name: getattr(one, name) for name in row._fields}


def test_what_was_written_is_counted(world: World) -> None:
    team = new_id(THEN)
    values = {"id": team, "site_id": world.lyon.site.id, "created_at": THEN}
    with world.database.transaction(world.lyon.scope) as u:
        assert u.run(ADD_ONCE, name="one", **values).rowcount == 1
        assert u.run(ADD_ONCE, name="other", **values).rowcount == 0
        assert u.run(RENAME, key_name="one", new_name="two").rowcount == 1
        assert u.run(RENAME, key_name="one", new_name="two").rowcount == 0
        assert u.run(DROP, key_name="two").rowcount == 1
        assert u.run(NAMES).first() is None or "two" not in {row.name for row in u.run(NAMES).all()}


def test_the_faults_are_those_of_the_session(world: World) -> None:
    with pytest.raises(IntegrityError) as fault, world.database.transaction(world.lyon.scope) as u:
        u.run(ADD, id=new_id(THEN), site_id=new_id(THEN), name="Secret Name", created_at=THEN)
    assert "Secret Name" not in str(fault.value)
    with (
        pytest.raises(Exception, match="key_name") as missing,
        world.database.transaction(world.lyon.scope) as u,
    ):
        u.run(DROP)
    assert isinstance(missing.value, InvalidRequestError) or isinstance(
        missing.value.__cause__, InvalidRequestError
    )


def test_a_prepared_statement_is_of_one_structure(world: World) -> None:
    with world.database.transaction(world.strasbourg.scope) as u:
        u.add(Team(id=new_id(THEN), site_id=world.strasbourg.site.id, name="foreign", created_at=THEN))
    assert "foreign" not in names(world)
    with world.database.transaction(world.lyon.scope) as u:
        assert u.run(RENAME, key_name="foreign", new_name="taken").rowcount == 0
        assert u.run(DROP, key_name="foreign").rowcount == 0
        with pytest.raises(Unscoped):
            u.run(DROP, key_name="foreign", wall_structure_id=world.strasbourg.structure.id)
        with pytest.raises(Unscoped):
            u.run(ADD, structure_id=world.strasbourg.structure.id, id=new_id(THEN), name="x", created_at=THEN)


def test_a_reading_unit_writes_nothing_by_either_way(world: World) -> None:
    before = names(world)
    with world.database.reading(world.lyon.scope) as u:
        u.run(NAMES)
        with pytest.raises(Unscoped):
            prepared(u, world, "one")
        with pytest.raises(Unscoped):
            by_session(u, world, "two")
    assert names(world) == before


def test_without_a_structure_nothing_is_prepared(world: World) -> None:
    with world.database.reading(Scope.nobody()) as u, pytest.raises(Unscoped):
        u.run(NAMES)


def test_what_nobody_owns_is_found_without_a_structure_and_written_by_nobody(world: World) -> None:
    directory, code = table_of(CodeDirectory), table_of(Code)
    whose = Walled(select(directory.c.structure_id).where(directory.c.code == bindparam("key_code")))
    with world.database.reading(Scope.nobody()) as u:
        assert u.run(whose, key_code=world.lyon.code.code).scalar() == world.lyon.structure.id
        assert u.run(whose, key_code="222222").scalar() is None
    with world.database.reading(world.strasbourg.scope) as u:
        assert u.run(whose, key_code=world.lyon.code.code).scalar() == world.lyon.structure.id
    both = Walled(
        select(code.c.id).select_from(directory.join(code, directory.c.code == code.c.code))
    )  # one of them is owned
    with world.database.transaction(Scope.nobody()) as u:
        for refused in (both, Walled(delete(directory)), Walled(update(directory).values(code="333333"))):
            with pytest.raises(Unscoped):
                u.run(refused)
