"""Several structures written by one commit: each within its own walls, and none at another's cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError
from walls.siege import THEN

from portal.core.errors import Unscoped
from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.tenancy.models import Team

if TYPE_CHECKING:
    from collections.abc import Callable

    from build import Furnished, World

    from portal.core.db import Unit

ADD = Walled(insert(table_of(Team)))


def adding(where: Furnished, name: str, **beside: object) -> Callable[[Unit], object]:
    """Write a team of a structure, with whatever else is claimed of it."""
    row = {"id": new_id(THEN), "site_id": where.site.id, "name": name, "created_at": THEN}
    return lambda u: u.run(ADD, **(row | beside))


def teams(world: World, where: Furnished) -> list[str]:
    with world.database.reading(where.scope) as u:
        return sorted(u.all(select(Team.name)))


def test_each_is_written_within_its_own_scope(world: World) -> None:
    lyon, strasbourg = world.lyon, world.strasbourg
    work = [
        (lyon.scope, adding(lyon, "a")),
        (strasbourg.scope, adding(strasbourg, "b")),
        (lyon.scope, adding(lyon, "c")),
    ]
    assert world.database.write_each(work) == []
    assert teams(world, lyon) == ["a", "c"]
    assert teams(world, strasbourg) == ["b"]


def test_what_cannot_be_kept_is_told_and_costs_the_others_nothing(world: World) -> None:
    lyon, strasbourg = world.lyon, world.strasbourg
    work = [
        (lyon.scope, adding(lyon, "kept")),
        (strasbourg.scope, adding(lyon, "a site of another structure")),
        (lyon.scope, adding(lyon, "kept too")),
    ]
    ((scope, fault),) = world.database.write_each(work)
    assert scope == strasbourg.scope
    assert isinstance(fault, IntegrityError)
    assert teams(world, lyon) == ["kept", "kept too"]
    assert teams(world, strasbourg) == []
    assert world.database.write_each([(strasbourg.scope, adding(strasbourg, "afterwards"))]) == []


def test_nobody_writes_into_the_structure_whose_turn_was_before(world: World) -> None:
    lyon, strasbourg = world.lyon, world.strasbourg
    foreign = adding(lyon, "foreign", structure_id=lyon.structure.id)
    ((scope, fault),) = world.database.write_each(
        [(lyon.scope, adding(lyon, "own")), (strasbourg.scope, foreign)]
    )
    assert (scope, type(fault)) == (strasbourg.scope, Unscoped)
    assert teams(world, lyon) == ["own"]


def test_a_fault_of_ours_is_not_taken_for_one_of_the_data(world: World) -> None:
    def broken(_u: Unit) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.database.write_each([(world.lyon.scope, adding(world.lyon, "a")), (world.lyon.scope, broken)])
    assert world.database.write_each([(world.lyon.scope, adding(world.lyon, "b"))]) == []
    assert teams(world, world.lyon)[-1] == "b"


def test_what_a_session_would_write_is_refused_where_nobody_would_commit_it(
    sqlite_world: World, postgresql_world: World
) -> None:
    def by_session(u: Unit) -> None:
        u.add(Team(id=new_id(THEN), site_id=sqlite_world.lyon.site.id, name="lost", created_at=THEN))

    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        beside = u.line.within(sqlite_world.strasbourg.scope)
        with pytest.raises(Unscoped):
            _ = beside.session
    with postgresql_world.database.transaction(postgresql_world.lyon.scope) as u, pytest.raises(Unscoped):
        u.line.within(postgresql_world.strasbourg.scope)
    assert sqlite_world.database.write_each([(sqlite_world.lyon.scope, by_session)]) == []
    assert teams(sqlite_world, sqlite_world.lyon) == ["lost"]  # by itself, in a transaction of its own


def test_a_database_that_is_locked_is_waited_for_once(sqlite_world: World) -> None:
    tried: list[str] = []

    def locked(_u: Unit) -> None:
        tried.append("once")
        raise OperationalError("insert", {}, Exception("locked"))

    lyon, strasbourg = sqlite_world.lyon.scope, sqlite_world.strasbourg.scope
    failed = sqlite_world.database.write_each([(lyon, locked), (strasbourg, locked)])
    assert [scope for scope, _ in failed] == [lyon, strasbourg]
    assert tried == ["once"]


def test_on_sqlite_one_commit_keeps_them_all(sqlite_world: World) -> None:
    told: list[str] = []
    writing = sqlite_world.database.writing
    event.listen(writing, "connect", lambda driver, _record: driver.set_trace_callback(told.append))
    writing.dispose()  # so that the next connection is made anew
    work = [(sqlite_world.lyon.scope, adding(sqlite_world.lyon, str(number))) for number in range(50)]
    assert sqlite_world.database.write_each(work) == []
    assert told.count("COMMIT") == 1
    assert len(teams(sqlite_world, sqlite_world.lyon)) == 50
