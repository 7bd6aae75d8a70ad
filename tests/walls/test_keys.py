"""Every key of an owned table begins with `structure_id`: a reference across structures is then an error.

Read from the models; `tests/migrations` holds the databases to the models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.exc import IntegrityError
from walls.siege import THEN, besieged

from portal.app import SLICES
from portal.core.ids import new_id
from portal.core.schema import OWNED_BY_NOBODY, Base, StructureOwned
from portal.tenancy.models import Agreement, Team

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build import World

assert SLICES, "the models of every slice are loaded"


def owned_tables(metadata: MetaData) -> list[Table]:
    """The tables that must belong to a structure."""
    return [table for table in metadata.sorted_tables if _is_owned(table)]


def faults(metadata: MetaData) -> list[str]:
    """The keys of owned tables that do not begin with the structure."""
    return [
        f"{table.name}: {', '.join(columns)}"
        for table in owned_tables(metadata)
        for columns in _keys(table)
        if columns[0] != "structure_id"
    ]


def _keys(table: Table) -> Iterator[list[str]]:
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield [column.name for column in constraint.columns]
        # A person is nobody's: what refers to one refers by the person's id alone.
        if isinstance(constraint, ForeignKeyConstraint) and _is_owned(constraint.referred_table):
            yield [element.parent.name for element in constraint.elements]
            yield [element.column.name for element in constraint.elements]
    yield from ([column.name for column in index.columns] for index in table.indexes if index.unique)


def _is_owned(table: Table) -> bool:
    return table.name not in OWNED_BY_NOBODY


def test_every_key_of_an_owned_table_begins_with_its_structure() -> None:
    assert faults(Base.metadata) == []


def test_every_owned_table_refers_to_its_structure() -> None:
    for table in owned_tables(Base.metadata):
        assert "structure.id" in {key.target_fullname for key in table.c.structure_id.foreign_keys}, (
            table.name
        )


def test_a_key_that_begins_otherwise_is_found() -> None:
    planted = MetaData()
    Table(
        "site",
        planted,
        Column("structure_id", Integer, primary_key=True),
        Column("id", Integer, primary_key=True),
    )
    Table(
        "planted",
        planted,
        Column("id", Integer, primary_key=True),
        Column("structure_id", Integer, primary_key=True),
        Column("slug", String, unique=True),
        Column("site_id", Integer),
        Column("word", String),
        ForeignKeyConstraint(["site_id", "structure_id"], ["site.id", "site.structure_id"]),
        Index("ix_planted_word", "word", unique=True),
    )
    assert set(faults(planted)) == {
        "planted: id, structure_id",
        "planted: slug",
        "planted: site_id, structure_id",
        "planted: word",
    }


def test_the_tables_of_nobody_are_exactly_the_named_ones() -> None:
    owned = {
        mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, StructureOwned)
    }
    everybody = {table for table in Base.metadata.sorted_tables if table not in owned}
    assert {table.name for table in everybody} == OWNED_BY_NOBODY
    assert {"network", "structure", "code_directory", "person", "auth_session", "job_due"} == OWNED_BY_NOBODY


def test_a_table_planted_without_an_owner_is_found() -> None:
    planted = MetaData()
    Table("structure", planted, Column("id", Integer, primary_key=True))
    Table("leak", planted, Column("id", Integer, primary_key=True), Column("of", ForeignKey("structure.id")))
    assert faults(planted) == ["leak: id"]


def test_a_table_of_nobody_holds_no_personal_word_in_clear() -> None:
    clear = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(
            word in column.name for word in ("email", "name", "phone", "address", "contact", "body", "text")
        )
        and not column.name.endswith(("_sealed", "_digest", "_hash", "_kind"))
    }
    # Names of places, networks, structures, questionnaires, bodies; words of a table: no person's. The
    # address for one's data stands on a public page.
    assert clear == {
        "privacy_contact.email",
        "outside_body.name",
        "cases.contact_when",
        "network.name",
        "structure.name",
        "site.name",
        "team.name",
        "questionnaire.name",
        "campaign.name",
        "earlier_series.name",
        "clock.name",
    }


def test_a_row_of_one_structure_cannot_point_at_a_row_of_another(world: World) -> None:
    with (
        besieged(world) as siege,
        pytest.raises(IntegrityError),
        world.database.transaction(world.lyon.scope) as u,
    ):
        u.add(Team(id=new_id(THEN), site_id=siege.prey.site, name="x", created_at=THEN))


def test_both_structures_may_use_the_same_id(world: World) -> None:
    with besieged(world) as siege, world.database.transaction(world.lyon.scope) as u:
        twin = Agreement(
            id=siege.prey.agreement, partner="x", purpose="x", starts_on=THEN.date(), created_at=THEN
        )
        u.add(twin)
