"""Attempts of Lyon to read Strasbourg's rows past the ORM; each works where there is no wall.

What an attack returns is searched for the canary, so it returns values, never rows as objects. An attack by
counting returns the canary itself when it counted more than its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    bindparam,
    column,
    delete,
    extract,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import (
    aliased,
)
from walls.siege import THEN, Prey, prepared, reads

from portal.core.schema import table_of
from portal.tenancy.models import Site, Structure, Team

_site, _team = table_of(Site), table_of(Team)


# Past the ORM


@reads
def text_alone(session: Any, _prey: Prey) -> object:
    return session.execute(text("select name from site")).all()


@reads
def text_as_entities(session: Any, _prey: Prey) -> object:
    return [site.name for site in session.scalars(select(Site).from_statement(text("select * from site")))]


@reads
def text_as_a_condition(session: Any, _prey: Prey) -> object:
    return session.execute(select(Site.name).where(text("1 = 1 OR 1 = 1"))).all()


@reads
def text_as_a_literal_column(session: Any, _prey: Prey) -> object:
    return session.execute(select(Site.id, literal_column("(select min(name) from team)"))).all()


@reads
def text_as_a_prefix(session: Any, _prey: Prey) -> object:
    prefixed = select(Site.slug).prefix_with("(select min(name) from team) ||")
    return session.execute(prefixed).all()


@reads
def text_as_a_suffix(session: Any, _prey: Prey) -> object:
    return session.execute(select(Site.name).suffix_with("UNION SELECT name FROM team")).all()


@reads
def text_as_a_hint(session: Any, _prey: Prey) -> object:
    hinted = select(Site.name).with_statement_hint("UNION SELECT name FROM team")
    return session.execute(hinted).all()


@reads
def text_as_an_operator(session: Any, _prey: Prey) -> object:
    stolen = Site.name.op("|| (select min(name) from team) ||")("")
    return session.execute(select(stolen)).all()


@reads
def text_as_half_of_a_union(session: Any, _prey: Prey) -> object:
    stolen = text("select name from team").columns(column("name"))
    return session.execute(union_all(select(Site.name), stolen)).all()


@reads
def text_as_a_field_of_a_date(session: Any, _prey: Prey) -> object:
    stolen = select(Site.name).order_by(extract("year", Site.created_at))
    return session.execute(stolen).all()


@reads
def a_table_of_the_core(session: Any, _prey: Prey) -> object:
    return session.execute(select(_site.c.name)).all()


@reads
def a_table_of_the_core_beside_an_entity(session: Any, _prey: Prey) -> object:
    return session.execute(select(Site.id, _team.c.name)).all()


@reads
def a_table_of_the_core_in_a_sub_query(session: Any, _prey: Prey) -> object:
    stolen = select(_team.c.name).limit(1).order_by(_team.c.structure_id.desc()).scalar_subquery()
    return session.execute(select(Site.id, stolen)).all()


@reads
def a_table_made_on_the_spot(session: Any, _prey: Prey) -> object:
    made = table("team", column("name"))
    return session.execute(select(Site.id, made.c.name)).all()


@reads
def a_column_made_on_the_spot(session: Any, _prey: Prey) -> object:
    joined: Any = select(Site.id, column("partner")).join(table("agreement"), true())
    return session.execute(joined).all()


@reads
def the_columns_of_a_whole_table(session: Any, _prey: Prey) -> object:
    return session.execute(select(Site.__table__)).all()


@reads
def an_entity_over_a_bare_alias(session: Any, _prey: Prey) -> object:
    other = aliased(Team, _team.alias("person"))
    return session.execute(select(Site.id, other.name)).all()


@reads
def an_entity_over_a_bare_sub_query(session: Any, _prey: Prey) -> object:
    other = aliased(Team, select(_team).subquery("person"))
    return session.execute(select(Site.id, other.name)).all()


@reads
def the_connection_of_the_session(session: Any, _prey: Prey) -> object:
    return session.connection().execute(select(_site.c.name)).all()


@reads
def an_orm_statement_on_the_connection(session: Any, _prey: Prey) -> object:
    return session.connection().execute(select(Site.name)).all()


@reads
def driver_sql_on_the_connection(session: Any, _prey: Prey) -> object:
    return session.connection().exec_driver_sql("select name from site").all()


@reads
def the_engine_of_the_session(session: Any, _prey: Prey) -> object:
    engine = session.get_bind().engine
    session.rollback()  # else it is the lock that refuses, and not the wall
    with engine.connect() as connection:
        return connection.execute(text("select name from site")).all()


@reads
def the_engine_with_other_options(session: Any, _prey: Prey) -> object:
    engine = session.get_bind().engine.execution_options(isolation_level="AUTOCOMMIT", portal_seal=1)
    session.rollback()
    with engine.connect() as connection:
        return connection.execute(text("select name from site")).all()


@reads
def a_raw_connection_of_the_engine(session: Any, _prey: Prey) -> object:
    raw = session.get_bind().engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("select name from site")
        return cursor.fetchall()
    finally:
        raw.close()


@reads
def the_driver_below_the_connection(session: Any, _prey: Prey) -> object:
    cursor = session.connection().connection.cursor()
    cursor.execute("select name from site")
    return cursor.fetchall()


@reads
def the_driver_itself(session: Any, _prey: Prey) -> object:
    return session.connection().connection.driver_connection.execute("select name from site").fetchall()


@reads
def text_after_a_savepoint(session: Any, _prey: Prey) -> object:
    with session.begin_nested():
        return session.execute(text("select name from site")).all()


@reads
def text_after_a_failed_flush(session: Any, prey: Prey) -> object:
    session.add(Team(structure_id=prey.lyon, id=prey.own_site, site_id=prey.team, name="x", created_at=THEN))
    try:
        session.flush()
    except Exception:  # noqa: BLE001 -- whatever the database says
        session.rollback()
    return session.connection().execute(text("select name from site")).all()


@reads
def text_after_an_empty_flush(session: Any, prey: Prey) -> object:
    row = session.scalars(select(Site).where(Site.id == prey.own_site)).one()
    row.name = row.name + ""
    session.flush()
    row.slug = "neuf"
    session.flush([])
    return session.connection().execute(text("select name from site")).all()


@reads
def a_prepared_statement(session: Any, _prey: Prey) -> object:
    return session.run(prepared(session, select(_site.c.name))).all()


@reads
def a_prepared_statement_with_an_or(session: Any, _prey: Prey) -> object:
    return session.run(prepared(session, select(_site.c.name).where(or_(true(), _site.c.slug == "x")))).all()


@reads
def a_prepared_join(session: Any, _prey: Prey) -> object:
    joined: Any = select(_team.c.name).select_from(_site.join(_team, true()))
    return session.run(prepared(session, joined)).all()


@reads
def a_prepared_outer_join(session: Any, _prey: Prey) -> object:
    joined = select(_team.c.name).select_from(table_of(Structure).outerjoin(_team, true()))
    return session.run(prepared(session, joined)).all()


@reads
def a_prepared_alias(session: Any, _prey: Prey) -> object:
    return session.run(prepared(session, select(_team.alias("person").c.name))).all()


@reads
def a_prepared_sub_query(session: Any, _prey: Prey) -> object:
    stolen: Any = select(func.min(_team.c.name)).scalar_subquery()
    return session.run(prepared(session, select(_site.c.id, stolen))).all()


@reads
def a_prepared_union(session: Any, _prey: Prey) -> object:
    return session.run(prepared(session, union_all(select(_site.c.name), select(_team.c.name)))).all()


@reads
def a_prepared_literal(session: Any, _prey: Prey) -> object:
    stolen: Any = literal_column("(select min(name) from team)")
    return session.run(prepared(session, select(_site.c.id, stolen))).all()


@reads
def a_prepared_table_made_on_the_spot(session: Any, _prey: Prey) -> object:
    return session.run(prepared(session, select(table("team", column("name")).c.name))).all()


@reads
def a_prepared_statement_with_another_structure(session: Any, prey: Prey) -> object:
    asked = select(_site.c.name).where(_site.c.structure_id == bindparam("wall_structure_id"))
    return session.run(prepared(session, asked), wall_structure_id=prey.strasbourg).all()


@reads
def a_deletion_that_returns_rows(session: Any, _prey: Prey) -> object:
    return session.execute(delete(Team).returning(Team.name)).all()


@reads
def an_update_that_returns_rows(session: Any, _prey: Prey) -> object:
    return session.execute(update(Team).values(name=Team.name + "!").returning(Team.name)).all()


@reads
def an_insertion_that_returns_rows(session: Any, prey: Prey) -> object:
    row = {
        "structure_id": prey.lyon,
        "id": prey.team,
        "site_id": prey.own_site,
        "name": "x",
        "created_at": THEN,
    }
    stolen = select(Team.name).where(Team.id == prey.team).scalar_subquery()
    return session.execute(insert(Team).values({**row, "name": stolen}).returning(Team.name)).all()


@reads
def a_returning_insertion_of_text(session: Any, prey: Prey) -> object:
    del prey
    return session.execute(text("update site set name = name returning name")).all()
