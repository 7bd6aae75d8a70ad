"""Who asks decides what exists: reading scopes, scopes of nobody, and cases that name the person who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased
from walls.planting import planted_at
from walls.siege import THEN, besieged

from portal.cases.models import Attachment, Case, CaseEvent, CaseFact, CasePerson, Clock, Message
from portal.channels.models import CodeDirectory
from portal.core.db import Scope
from portal.core.errors import Unscoped
from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.people.models import Membership, Person
from portal.tenancy.models import Site, Structure, Team

if TYPE_CHECKING:
    from collections.abc import Callable

    from build import World

    from portal.core.db import Unit

OF_A_CASE = (Attachment, Case, CaseEvent, CaseFact, CasePerson, Clock, Message)


def test_a_scope_of_nobody_reads_the_tables_of_nobody_and_nothing_else(world: World) -> None:
    with world.database.reading(Scope.nobody()) as u:
        assert len(u.all(select(Structure.id))) == 2
        with pytest.raises(Unscoped):
            u.all(select(Site))


def test_a_scope_of_nobody_writes_no_owned_row(world: World) -> None:
    with pytest.raises(Unscoped), world.database.transaction(Scope.nobody()) as u:
        u.add(
            Site(structure_id=world.lyon.structure.id, id=new_id(THEN), slug="x", name="x", created_at=THEN)
        )


def test_a_person_of_no_structure_sees_their_own_memberships_only(world: World) -> None:
    with besieged(world) as siege, world.database.reading(Scope.nobody(actor_id=siege.prey.person)) as u:
        assert [row.structure_id for row in u.all(select(Membership))] == [siege.prey.strasbourg]
        with pytest.raises(Unscoped):
            u.all(select(Team))


def test_a_scope_that_reads_two_structures_reads_both_and_no_third(world: World) -> None:
    both = (world.lyon.structure.id, world.strasbourg.structure.id)
    with world.database.reading(world.lyon.scope.reading(both)) as u:
        assert set(u.all(select(Site.structure_id))) == set(both)
    with world.database.reading(world.lyon.scope.reading(both[:1])) as u:
        assert set(u.all(select(Site.structure_id))) == {both[0]}


@pytest.mark.parametrize(
    "write",
    [
        lambda u: u.session.execute(update(Site).values(name="taken")),
        lambda u: u.session.execute(delete(Team)),
        lambda u: u.add(Site(id=new_id(THEN), slug="x", name="x", created_at=THEN)),
        lambda u: u.run(Walled(update(table_of(Site)).values(name="taken"))),
    ],
)
def test_a_scope_that_reads_several_structures_writes_none(
    world: World, write: Callable[[Unit], Any]
) -> None:
    both = (world.lyon.structure.id, world.strasbourg.structure.id)
    with pytest.raises(Unscoped), world.database.transaction(world.lyon.scope.reading(both)) as u:
        write(u)


@pytest.mark.parametrize(
    "write",
    [
        lambda u: u.session.execute(update(Site).values(name="taken")),
        lambda u: u.add(Site(id=new_id(THEN), slug="x", name="x", created_at=THEN)),
        lambda u: u.run(Walled(update(table_of(Site)).values(name="taken"))),
        lambda u: u.run_many(Walled(delete(table_of(Site))), [{}]),
    ],
)
def test_a_reading_unit_writes_nothing(world: World, write: Callable[[Unit], Any]) -> None:
    with pytest.raises((Unscoped, DBAPIError)), world.database.reading(world.lyon.scope) as u:
        write(u)


def test_a_session_keeps_its_scope_for_life(world: World) -> None:
    with world.database.reading(world.lyon.scope) as u:
        session: Any = u.session
        with pytest.raises(AttributeError):
            session.scope = world.strasbourg.scope
        with pytest.raises(AttributeError):
            session.writes = True


def test_another_structure_s_line_of_the_directory_is_not_written(world: World) -> None:
    code = world.strasbourg.code.code
    with world.database.transaction(world.lyon.scope) as u:
        u.session.execute(delete(CodeDirectory).where(CodeDirectory.code == code))
    with world.database.reading(Scope.nobody()) as u:
        assert u.one(select(CodeDirectory.structure_id).where(CodeDirectory.code == code))
    line = CodeDirectory(code="ABCDEF", structure_id=world.strasbourg.structure.id, code_id=new_id(THEN))
    with pytest.raises(Unscoped), world.database.transaction(world.lyon.scope) as u:
        u.add(line)


def test_after_a_failed_flush_the_pool_s_connection_is_closed_again(world: World) -> None:
    twin = Site(id=new_id(THEN), slug="centre", name="x", created_at=THEN)
    with pytest.raises(DBAPIError), world.database.transaction(world.lyon.scope) as u:
        u.add(twin)
    for _turn in range(3):
        with world.database.reading(world.lyon.scope) as u, pytest.raises(Unscoped):
            u.session.connection().execute(text("select 1"))


def test_a_session_made_elsewhere_on_the_engine_passes_nothing(world: World) -> None:
    with world.app.app_context():
        elsewhere = world.app.extensions["sqlalchemy"].session
        with pytest.raises(Unscoped):
            elsewhere.scalars(select(Site)).all()
        elsewhere.rollback()
        elsewhere.add(
            Site(
                structure_id=world.strasbourg.structure.id,
                id=new_id(THEN),
                slug="x",
                name="x",
                created_at=THEN,
            )
        )
        with pytest.raises(Unscoped):
            elsewhere.flush()
        elsewhere.rollback()


@pytest.mark.parametrize("model", OF_A_CASE, ids=lambda model: model.__tablename__)
def test_a_case_does_not_exist_for_a_person_it_names(world: World, model: Any) -> None:
    planted = planted_at(world, world.lyon, "Saule")
    named = Scope.of(world.lyon.structure.id, actor_id=planted.ids["person_id"])
    other = Scope.of(world.lyon.structure.id, actor_id=planted.colleague.person_id)
    alias = aliased(model)
    ways = (
        select(func.count()).select_from(model),
        select(func.count()).select_from(alias),
        select(func.count()).select_from(select(model).subquery()),
        select(func.count()).select_from(Person).join(model, model.structure_id > 0),
        select(func.count()).select_from(Person).join(alias, alias.structure_id > 0),
        select(func.count()).select_from(Person).where(exists().where(model.structure_id > 0)),
    )
    for way in ways:
        with world.database.reading(named) as u:
            assert u.one(way) == 0
        with world.database.reading(other) as u:
            assert u.one(way)


def test_a_person_writes_nothing_of_a_case_that_names_them(world: World) -> None:
    planted = planted_at(world, world.lyon, "Saule")
    named = Scope.of(world.lyon.structure.id, actor_id=planted.ids["person_id"])
    with world.database.transaction(named) as u:
        for written in (update(Case).values(motif="taken"), delete(CasePerson)):
            u.session.execute(written, execution_options={"synchronize_session": False})
    with world.database.reading(world.lyon.scope) as u:
        assert u.all(select(Case.motif)) == [None]
        assert u.all(select(CasePerson.person_id)) == [planted.ids["person_id"]]


def test_the_fast_path_refuses_what_may_be_hidden_from_somebody(world: World) -> None:
    listed = Walled(select(table_of(Case).c.reference))
    with world.database.reading(world.lyon.scope) as u:
        assert u.run(listed).all() == []
    signed = Scope.of(world.lyon.structure.id, actor_id=new_id(THEN))
    with world.database.reading(signed) as u, pytest.raises(Unscoped):
        u.run(listed)


def test_every_table_of_a_case_hides_with_its_case() -> None:
    default: Any = Site.hidden_from
    for model in OF_A_CASE:
        hiding: Any = model.hidden_from
        assert hiding.__func__ is not default.__func__, model.__tablename__
