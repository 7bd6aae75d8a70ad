"""Attempts of Lyon to write into Strasbourg's rows past the ORM; each works where there is no wall."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, insert, literal, select, text, true, update
from sqlalchemy.dialects import postgresql
from walls.attacks_write import foreign_site
from walls.siege import Prey, prepared, writes

from portal.core.schema import table_of
from portal.tenancy.models import Agreement, Site, Team

_site, _team = table_of(Site), table_of(Team)


# Past the ORM


@writes
def text_that_updates(session: Any, _prey: Prey) -> object:
    return session.execute(text("update team set name = 'taken'")) and None


@writes
def a_core_update(session: Any, _prey: Prey) -> object:
    return session.execute(update(_team).values(name="taken")) and None


@writes
def a_core_deletion(session: Any, _prey: Prey) -> object:
    return session.execute(delete(_team)) and None


@writes
def a_core_insertion(session: Any, prey: Prey) -> object:
    return session.execute(insert(_site), [foreign_site(prey)]) and None


@writes
def a_core_update_on_the_connection(session: Any, _prey: Prey) -> object:
    return session.connection().execute(update(_team).values(name="taken")) and None


@writes
def the_driver_of_the_connection(session: Any, _prey: Prey) -> object:
    return session.connection().connection.cursor().execute("update team set name = 'taken'") and None


@writes
def many_by_the_driver(session: Any, _prey: Prey) -> object:
    cursor = session.connection().connection.cursor()
    mark = "?" if session.get_bind().dialect.name == "sqlite" else "%s"
    return cursor.executemany(f"update team set name = {mark}", [("taken",)])  # noqa: S608 -- an attack


@writes
def a_prepared_insertion(session: Any, prey: Prey) -> object:
    return session.run(prepared(session, insert(_site)), **foreign_site(prey)) and None


@writes
def a_prepared_insertion_with_fixed_values(session: Any, prey: Prey) -> object:
    row = foreign_site(prey)
    del row["slug"]
    return session.run(prepared(session, insert(_site).values(**row)), slug="intrus") and None


@writes
def a_prepared_insertion_from_a_select(session: Any, prey: Prey) -> object:
    chosen = select(
        literal(prey.lyon), _site.c.id, literal("copie"), _site.c.name, _site.c.is_main, _site.c.created_at
    ).where(_site.c.id == prey.site)
    names = ["structure_id", "id", "slug", "name", "is_main", "created_at"]
    return session.run(prepared(session, insert(_site).from_select(names, chosen))) and None


@writes
def a_prepared_insertion_that_replaces(session: Any, prey: Prey) -> object:
    row = {**foreign_site(prey), "id": prey.site}
    replacing: Any
    if session.get_bind().dialect.name == "sqlite":
        replacing = insert(_site).prefix_with("OR REPLACE")
    else:
        replacing = postgresql.insert(_site).on_conflict_do_update(
            index_elements=["structure_id", "id"], set_={"name": "taken"}
        )
    return session.run(prepared(session, replacing), **row) and None


@writes
def a_prepared_update(session: Any, _prey: Prey) -> object:
    return session.run(prepared(session, update(_team).values(name="taken"))) and None


@writes
def a_prepared_update_that_moves(session: Any, prey: Prey) -> object:
    agreement = table_of(Agreement)
    moved = update(agreement).where(agreement.c.id == prey.own_agreement)
    return session.run(prepared(session, moved.values(structure_id=prey.strasbourg))) and None


@writes
def a_prepared_update_moved_by_its_parameters(session: Any, prey: Prey) -> object:
    agreement = table_of(Agreement)
    moved = update(agreement).where(agreement.c.id == prey.own_agreement)
    return session.run(prepared(session, moved), structure_id=prey.strasbourg) and None


@writes
def a_prepared_update_from_another_table(session: Any, prey: Prey) -> object:
    copied = update(_site).where(_site.c.id == prey.own_site, _team.c.id == prey.team)
    return session.run(prepared(session, copied.values(name=_team.c.name))) and None


@writes
def a_prepared_update_from_an_alias_of_the_same_name(session: Any, prey: Prey) -> object:
    other = _team.alias("cases")
    copied = update(_site).where(_site.c.id == prey.own_site, other.c.id == prey.team)
    return session.run(prepared(session, copied.values(name=other.c.name))) and None


@writes
def a_prepared_deletion(session: Any, prey: Prey) -> object:
    return session.run(prepared(session, delete(_team).where(_team.c.id == prey.team))) and None


@writes
def a_prepared_deletion_using_another_table(session: Any, prey: Prey) -> object:
    agreement = table_of(Agreement)
    gone = delete(agreement).where(agreement.c.structure_id == prey.strasbourg, true())
    return session.run(prepared(session, gone)) and None


@writes
def a_prepared_upsert_of_a_foreign_row(session: Any, prey: Prey) -> object:
    counter = func.coalesce(literal(prey.strasbourg), 0)
    row = {key: value for key, value in foreign_site(prey).items() if key != "structure_id"}
    return session.run(prepared(session, insert(_site).values(structure_id=counter)), **row) and None
