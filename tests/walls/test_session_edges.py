"""What a session refuses before it writes, and what it gives back when it ends; each by itself."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from sqlite3 import SQLITE_DENY, ProgrammingError
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from walls.siege import THEN

from portal.channels.models import CodeDirectory
from portal.core.db import Scope
from portal.core.errors import Unscoped
from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.core.shelf import Shelf
from portal.core.wall import Walled, person_of
from portal.tenancy.models import Site, Structure, Team

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from build import World

    from portal.core.db import Unit


def site(**given: Any) -> Site:
    return Site(id=new_id(THEN), name="x", created_at=THEN, **{"slug": "x", **given})


def slugs(world: World, scope: Scope) -> set[str]:
    with world.database.reading(scope) as u:
        return set(u.all(select(Site.slug)))


def added(u: Unit) -> None:
    u.session.add(site())


def changed(u: Unit) -> None:
    u.all(select(Site))[0].name = "taken"


def removed(u: Unit) -> None:
    u.session.delete(u.all(select(Site))[0])


@pytest.mark.parametrize("write", [added, changed, removed])
def test_a_reading_unit_refuses_each_kind_of_write_by_itself(
    sqlite_world: World, write: Callable[[Unit], None]
) -> None:
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        write(u)
        with pytest.raises(Unscoped) as refused:
            u.session.flush()
    assert refused.value.fact == "a reading unit writes"


def test_a_reading_unit_that_touches_a_row_without_changing_it_writes_nothing(sqlite_world: World) -> None:
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        row = u.all(select(Site))[0]
        row.name = str(row.name)
        u.session.flush()


def test_a_new_row_gets_the_structure_in_scope_and_keeps_no_other(sqlite_world: World) -> None:
    here, there = sqlite_world.lyon, sqlite_world.strasbourg
    before = slugs(sqlite_world, there.scope)
    with sqlite_world.database.transaction(here.scope) as u:
        u.add(site(slug="mine"), site(slug="named", structure_id=here.structure.id))
    assert {"mine", "named"} <= slugs(sqlite_world, here.scope)
    with pytest.raises(Unscoped) as refused, sqlite_world.database.transaction(here.scope) as u:
        u.add(site(slug="theirs", structure_id=there.structure.id))
    assert (refused.value.fact, refused.value.facts) == ("foreign row", {"table": "Site"})
    assert "theirs" not in slugs(sqlite_world, here.scope)
    assert slugs(sqlite_world, there.scope) == before


@pytest.mark.parametrize("to", ["strasbourg", None])
def test_an_own_row_is_not_given_away(sqlite_world: World, to: str | None) -> None:
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        row: Any = u.all(select(Site))[0]
        row.structure_id = to and sqlite_world.strasbourg.structure.id
        with pytest.raises(Unscoped):
            u.session.flush()
        u.session.rollback()


@pytest.mark.parametrize("write", ["change", "remove", "take"])
def test_a_row_seen_from_elsewhere_is_neither_changed_nor_removed(sqlite_world: World, write: str) -> None:
    with sqlite_world.database.reading(sqlite_world.strasbourg.scope) as u:
        theirs = u.all(select(Site))[0]
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        row: Any = u.session.merge(theirs, load=False)
        if write == "remove":
            u.session.delete(row)
        elif write == "take":
            row.structure_id = sqlite_world.lyon.structure.id
        else:
            row.slug = "taken"
        with pytest.raises(Unscoped):
            u.session.flush()
        u.session.rollback()
    assert slugs(sqlite_world, sqlite_world.strasbourg.scope) == {theirs.slug}


def test_a_scope_of_nobody_writes_the_tables_of_nobody_whosever_line_it_is(sqlite_world: World) -> None:
    both = (sqlite_world.lyon, sqlite_world.strasbourg)
    with sqlite_world.database.transaction(Scope.nobody()) as u:
        for number, here in enumerate(both):
            u.add(CodeDirectory(code=f"ABCDE{number}", structure_id=here.structure.id, code_id=new_id(THEN)))
        u.session.execute(update(CodeDirectory).where(CodeDirectory.code == "ABCDE1").values(code="ABCDE2"))
        u.all(select(Structure))[0].name = "renamed"
        u.session.flush()
    with sqlite_world.database.reading(Scope.nobody()) as u:
        assert {"ABCDE0", "ABCDE2"} <= set(u.all(select(CodeDirectory.code)))
        assert "renamed" in u.all(select(Structure.name))


def test_own_lines_of_the_directory_are_written_and_foreign_ones_stay(sqlite_world: World) -> None:
    here, there = sqlite_world.lyon, sqlite_world.strasbourg
    with sqlite_world.database.transaction(here.scope) as u:
        u.add(CodeDirectory(code="ABCDEF", structure_id=here.structure.id, code_id=new_id(THEN)))
        u.session.execute(update(CodeDirectory).values(code_id=new_id(THEN)))
    with sqlite_world.database.reading(Scope.nobody()) as u:
        kept = u.one(select(CodeDirectory.code_id).where(CodeDirectory.code == there.code.code))
        moved = u.one(select(CodeDirectory.code_id).where(CodeDirectory.code == here.code.code))
        assert kept == there.code.id
        assert moved != here.code.id


READ = Walled(select(table_of(Site).c.slug))
WRITE = Walled(insert(table_of(Team)))


def written(world: World, ends: str) -> None:
    """A team by a unit that ends so."""
    with world.database.transaction(world.lyon.scope) as u:
        u.run(WRITE, id=new_id(THEN), site_id=world.lyon.site.id, name="x", created_at=THEN)
        if ends == "undone":
            u.session.rollback()
        elif ends == "broken":
            raise ZeroDivisionError


@pytest.mark.parametrize(("ends", "kept"), [("well", 3), ("undone", 0), ("broken", 0)])
def test_every_unit_gives_its_connection_back(world: World, ends: str, kept: int) -> None:
    shelves = {world.database.shelf, world.database.writing_shelf}
    for _turn in range(3):
        with world.database.reading(world.lyon.scope) as u:
            u.run(READ)
            u.all(select(Site.slug))
        with suppress(ZeroDivisionError):
            written(world, ends)
    pools: dict[Shelf, Any] = {shelf: shelf.engine.pool for shelf in shelves}
    assert {shelf: pool.checkedout() for shelf, pool in pools.items()} == {one: len(one) for one in shelves}
    assert all(len(shelf) <= 1 for shelf in shelves)
    with world.database.reading(world.lyon.scope) as u:
        assert len(u.all(select(Team.id))) == kept


def test_what_lies_on_the_shelf_has_no_transaction_and_ends_with_the_engine(sqlite_world: World) -> None:
    database = sqlite_world.database
    with database.reading(sqlite_world.lyon.scope) as u, database.reading(sqlite_world.lyon.scope) as other:
        u.run(READ)
        other.run(READ)
        drivers: list[Any] = [u.line.driver, other.line.driver]
        assert all(driver.in_transaction for driver in drivers)
    assert len(database.shelf) == len(drivers)
    assert not any(driver.in_transaction for driver in drivers)
    with database.reading(sqlite_world.lyon.scope) as u:
        u.run(READ)
        assert u.line.driver in drivers
    database.engine.dispose()
    assert len(database.shelf) == 0
    for driver in drivers:
        with pytest.raises(ProgrammingError, match="closed"):
            driver.cursor()


def test_a_connection_that_was_closed_meanwhile_waits_for_nobody(sqlite_world: World) -> None:
    database = sqlite_world.database
    with database.reading(sqlite_world.lyon.scope) as u:
        u.run(READ)
        u.line.driver.close()
    assert len(database.shelf) == 0
    with database.reading(sqlite_world.lyon.scope) as u:
        assert u.run(READ).all()


def test_four_connections_wait_and_the_others_go_back_to_the_pool(sqlite_world: World) -> None:
    database = sqlite_world.database
    for at_once, waiting in ((3, 3), (6, 4)):
        with ExitStack() as stack:
            for _ in range(at_once):
                stack.enter_context(database.reading(sqlite_world.lyon.scope)).run(READ)
        assert len(database.shelf) == waiting
        assert database.engine.pool.checkedout() == waiting  # type: ignore[attr-defined]  # of its pool


def test_a_database_that_cannot_be_opened_is_told_in_sqlalchemys_words(tmp_path: Path) -> None:
    shelf = Shelf(create_engine(f"sqlite:///{tmp_path / 'nowhere' / 'portal.db'}"))
    with pytest.raises(DBAPIError, match="unable to open"):
        shelf.take()


def test_a_connection_lent_while_the_engine_ends_does_not_come_back(sqlite_world: World) -> None:
    database = sqlite_world.database
    with database.reading(sqlite_world.lyon.scope) as u:
        u.run(READ)
        former: Any = u.line.driver
        database.engine.dispose()
    assert len(database.shelf) == 0
    for _ in range(2):
        with database.reading(sqlite_world.lyon.scope) as u:
            u.run(READ)
            assert u.line.driver is not former
    assert len(database.shelf) == 1


def test_a_connection_that_cannot_be_undone_is_not_lent_again(sqlite_world: World) -> None:
    database = sqlite_world.database
    with database.reading(sqlite_world.lyon.scope) as u:
        u.run(READ)
        broken: Any = u.line.driver
        broken.set_authorizer(lambda *_asked: SQLITE_DENY)
    assert len(database.shelf) == 0
    with database.reading(sqlite_world.lyon.scope) as u:
        u.run(READ)
        assert u.line.driver is not broken


def test_the_person_in_scope_is_told_to_the_database_and_nobody_as_nothing() -> None:
    person = new_id(THEN)
    assert (person_of(person), person_of(None)) == (str(person), "")


def test_a_scope_writes_one_structure_and_reads_it_or_several_and_writes_none() -> None:
    person = new_id(THEN)
    one = Scope.of(3, actor_id=person, role="board", locale="ar")
    assert one == Scope(3, (3,), person, "board", "ar")
    assert one.reading([3, 4]) == Scope(None, (3, 4), person, "board", "ar")
    assert Scope.nobody(actor_id=person) == Scope(None, (), person, None, "fr")


def test_a_refused_statement_is_told_by_its_beginning(sqlite_world: World) -> None:
    with sqlite_world.database.engine.connect() as connection, pytest.raises(Unscoped) as refused:
        connection.execute(text(f"select '{'x' * 200}'"))
    assert refused.value.facts == {"statement": f"select '{'x' * 72}"}


def test_a_cursor_is_let_through_once_for_each_statement(sqlite_world: World) -> None:
    with sqlite_world.database.writing.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.cursor()
        for passes in (cursor.execute, lambda sql: cursor.executemany(sql, [])):
            cursor.admitted = True
            passes("delete from team where 1 = 0")
            with pytest.raises(Unscoped):
                passes("delete from team where 1 = 0")
