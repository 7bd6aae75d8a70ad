"""Attempts of Lyon to read Strasbourg's rows, one per kind of statement; each works where there is no wall.

What an attack returns is searched for the canary, so it returns values, never rows as objects. An attack by
counting returns the canary itself when it counted more than its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Integer,
    String,
    bindparam,
    case,
    cast,
    column,
    delete,
    exists,
    extract,
    func,
    insert,
    lambda_stmt,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
    tuple_,
    union,
    union_all,
    update,
)
from sqlalchemy.orm import (
    aliased,
    defer,
    load_only,
    make_transient_to_detached,
    undefer,
    with_loader_criteria,
)
from walls.siege import CANARY, THEN, Prey, prepared

from portal.core.schema import table_of
from portal.people.models import Membership, Person
from portal.tenancy.models import Site, Structure, Team

if TYPE_CHECKING:
    from walls.siege import Attack

READS: dict[str, Attack] = {}
_site, _team = table_of(Site), table_of(Team)
_OWN_SITES = 2


def reads(attack: Attack) -> Attack:
    """Enlist an attack."""
    READS[attack.__name__] = attack
    return attack


def more_than(own: int, counted: object) -> list[str]:
    """The canary when a count says more than one's own."""
    assert isinstance(counted, int)
    return [CANARY] if counted > own else []


# Queries of the ORM


@reads
def select_entities(session: Any, _prey: Prey) -> object:
    return [site.name for site in session.scalars(select(Site))]


@reads
def select_with_the_foreign_structure_asked_for(session: Any, prey: Prey) -> object:
    return session.execute(select(Site.name).where(Site.structure_id == prey.strasbourg)).all()


@reads
def select_with_an_or_that_is_always_true(session: Any, prey: Prey) -> object:
    return session.execute(select(Site.name).where(or_(Site.id == prey.own_site, true()))).all()


@reads
def columns_only(session: Any, _prey: Prey) -> object:
    return session.execute(select(Site.name, Site.slug)).all()


@reads
def columns_under_labels_of_other_names(session: Any, _prey: Prey) -> object:
    return session.execute(select(Site.name.label("structure_id"), Site.slug.label("1 = 1 --"))).all()


@reads
def expressions_over_columns(session: Any, _prey: Prey) -> object:
    return session.execute(select(cast(func.max(Site.name), String), func.min(Site.name))).all()


@reads
def a_case_expression(session: Any, _prey: Prey) -> object:
    return session.execute(select(case((Site.name.contains("annexe"), Site.name), else_=""))).all()


@reads
def the_legacy_query(session: Any, _prey: Prey) -> object:
    return session.query(Site.name).all()


@reads
def the_legacy_query_counting(session: Any, _prey: Prey) -> object:
    return more_than(_OWN_SITES, session.query(Site).count())


@reads
def get_by_key(session: Any, prey: Prey) -> object:
    found = session.get(Site, (prey.strasbourg, prey.site))
    return found and found.name


@reads
def get_by_key_past_the_identity_map(session: Any, prey: Prey) -> object:
    found = session.get(Site, (prey.strasbourg, prey.site), populate_existing=True)
    return found and found.name


@reads
def get_one_by_key(session: Any, prey: Prey) -> object:
    return session.get_one(Site, {"structure_id": prey.strasbourg, "id": prey.site}).name


def known(prey: Prey) -> Site:
    """A row of Strasbourg as if a session had loaded it once."""
    row = Site(structure_id=prey.strasbourg, id=prey.site)
    make_transient_to_detached(row)
    return row


@reads
def refresh_a_row_made_by_hand(session: Any, prey: Prey) -> object:
    row = known(prey)
    session.add(row)
    session.refresh(row)
    return row.name


@reads
def touch_an_expired_attribute(session: Any, prey: Prey) -> object:
    row = known(prey)
    session.add(row)
    session.expire(row)
    return row.name


@reads
def touch_a_deferred_attribute(session: Any, prey: Prey) -> object:
    row = known(prey)
    session.add(row)
    return row.slug, row.name


@reads
def merge_a_row_made_by_hand(session: Any, prey: Prey) -> object:
    return session.merge(known(prey)).name


@reads
def merge_without_loading(session: Any, prey: Prey) -> object:
    row = session.merge(known(prey), load=False)
    session.refresh(row)
    return row.name


# Joins, sub-queries, unions


@reads
def a_join(session: Any, _prey: Prey) -> object:
    joined = select(Person.id, Team.name).select_from(Person).join(Membership, true()).join(Team, true())
    return session.execute(joined).all()


@reads
def an_outer_join_from_a_table_of_nobody(session: Any, _prey: Prey) -> object:
    joined = select(Structure.slug, Site.name).outerjoin(Site, Site.structure_id == Structure.id)
    return session.execute(joined).all()


@reads
def a_full_join(session: Any, _prey: Prey) -> object:
    return session.execute(select(Structure.slug, Site.name).join(Site, true(), full=True)).all()


@reads
def a_product(session: Any, _prey: Prey) -> object:
    return session.execute(select(Structure.slug, Team.name)).all()


@reads
def aliased_entities(session: Any, _prey: Prey) -> object:
    one, other = aliased(Site), aliased(Site, name="person")
    return session.execute(select(one.name, other.name).join(other, true())).all()


@reads
def an_alias_joined_to_its_own_class(session: Any, _prey: Prey) -> object:
    other = aliased(Site)
    return session.execute(select(Site.id, other.name).join(other, true())).all()


@reads
def an_alias_joined_from_its_own_class(session: Any, _prey: Prey) -> object:
    other = aliased(Site, flat=True)
    return session.execute(select(other.name).select_from(other).join(Site, true())).all()


@reads
def an_alias_in_an_exists(session: Any, prey: Prey) -> object:
    other = aliased(Site)
    there = exists().where(other.id == prey.site)
    return [CANARY] if session.scalars(select(Site.id).where(there)).all() else []


@reads
def an_entity_over_a_sub_query(session: Any, _prey: Prey) -> object:
    inner = aliased(Site, select(Site).subquery("structure"))
    return session.execute(select(inner.name)).all()


@reads
def a_sub_query(session: Any, _prey: Prey) -> object:
    inner = select(Team.name).subquery("code_directory")
    return session.execute(select(Structure.id, inner.c.name)).all()


@reads
def a_scalar_sub_query(session: Any, prey: Prey) -> object:
    foreign = select(Team.name).where(Team.id == prey.team).scalar_subquery()
    return session.execute(select(Site.id, foreign)).all()


@reads
def a_correlated_scalar_sub_query(session: Any, _prey: Prey) -> object:
    named = select(func.min(Site.name)).where(Site.structure_id == Structure.id).scalar_subquery()
    return session.execute(select(Structure.slug, named)).all()


@reads
def a_sub_query_in_the_order(session: Any, prey: Prey) -> object:
    found = select(literal(1)).where(Team.id == prey.team).scalar_subquery()
    order = func.coalesce(found, 0) * cast(Site.is_main, Integer)
    first = session.scalars(select(Site.slug).order_by(order.desc(), Site.is_main, Site.id)).first()
    return [CANARY] if first == "centre" else []


@reads
def exists_of_a_foreign_row(session: Any, prey: Prey) -> object:
    there = exists().where(Team.id == prey.team)
    return [CANARY] if session.scalars(select(Site.id).where(there)).all() else []


@reads
def exists_as_a_column(session: Any, prey: Prey) -> object:
    there = select(Team.id).where(Team.id == prey.team).exists()
    return [CANARY] if any(session.scalars(select(there).select_from(Site))) else []


@reads
def any_of_an_in(session: Any, _prey: Prey) -> object:
    inner = select(Site.structure_id).where(Site.name.contains(CANARY))
    found = session.scalars(select(Structure.slug).where(Structure.id.in_(inner))).all()
    return [CANARY] if found else []


@reads
def a_union(session: Any, _prey: Prey) -> object:
    return session.execute(union(select(Site.name), select(Team.name))).all()


@reads
def a_union_as_entities(session: Any, _prey: Prey) -> object:
    both = union_all(select(Site), select(Site))
    return [site.name for site in session.scalars(select(Site).from_statement(both))]


@reads
def a_union_in_a_sub_query(session: Any, _prey: Prey) -> object:
    both = union_all(select(Site.name), select(Team.name)).subquery()
    return session.execute(select(both.c.name)).all()


@reads
def a_common_table_expression(session: Any, _prey: Prey) -> object:
    known_as = select(Site.name).cte("structure")
    return session.execute(select(known_as.c.name)).all()


@reads
def a_common_table_expression_named_like_the_table(session: Any, _prey: Prey) -> object:
    known_as = select(Team.name, Team.structure_id).cte("site")
    return session.execute(select(known_as.c.name)).all()


@reads
def a_recursive_common_table_expression(session: Any, _prey: Prey) -> object:
    start = select(Site.name.label("name"), literal(1).label("n")).cte("walk", recursive=True)
    walk = start.union_all(select(Team.name, start.c.n + 1).where(start.c.n < 2))
    return session.execute(select(walk.c.name)).all()


@reads
def a_lateral_join(session: Any, _prey: Prey) -> object:
    inner = select(Site.name).where(Site.structure_id == Structure.id).subquery()
    return session.execute(select(Structure.slug, inner.c.name)).all()


@reads
def tuples_of_keys(session: Any, prey: Prey) -> object:
    keys = tuple_(Site.structure_id, Site.id).in_([(prey.strasbourg, prey.site)])
    return session.execute(select(Site.name).where(keys)).all()


# Counting


@reads
def count_of_rows(session: Any, _prey: Prey) -> object:
    return more_than(_OWN_SITES, session.scalar(select(func.count()).select_from(Site)))


@reads
def count_of_a_sub_query(session: Any, _prey: Prey) -> object:
    return more_than(_OWN_SITES, session.scalar(select(func.count()).select_from(select(Site).subquery())))


@reads
def count_through_a_join_to_a_bare_table(session: Any, _prey: Prey) -> object:
    joined = select(func.count(Site.id)).where(Site.slug == "centre").join(_team, true())
    return more_than(1, session.scalar(joined))


@reads
def count_through_a_product_with_a_bare_table(session: Any, _prey: Prey) -> object:
    crossed = select(func.count(Site.id)).where(Site.slug == "centre").select_from(Site, _team)
    return more_than(1, session.scalar(crossed))


@reads
def count_through_a_bare_alias(session: Any, _prey: Prey) -> object:
    crossed = select(func.count(Site.id)).where(Site.slug == "centre").join(_team.alias("person"), true())
    return more_than(1, session.scalar(crossed))


@reads
def a_window_over_all(session: Any, _prey: Prey) -> object:
    return more_than(_OWN_SITES, session.scalar(select(func.count().over()).select_from(Site)))


# Options and settings that loosen


@reads
def criteria_that_say_always(session: Any, _prey: Prey) -> object:
    loose = with_loader_criteria(Site, true(), include_aliases=True)
    return session.execute(select(Site.name).options(loose)).all()


@reads
def deferred_then_loaded(session: Any, _prey: Prey) -> object:
    deferred = select(Site).options(load_only(Site.slug), defer(Site.name))
    return [site.name for site in session.scalars(deferred)]


@reads
def undeferred(session: Any, _prey: Prey) -> object:
    return [site.name for site in session.scalars(select(Site).options(undefer("*")))]


@reads
def execution_options_that_claim_a_seal(session: Any, _prey: Prey) -> object:
    options = {"portal_seal": True, "compiled_cache": None, "populate_existing": True}
    return session.execute(select(_site.c.name), execution_options=options).all()


@reads
def a_connection_that_claims_a_seal(session: Any, _prey: Prey) -> object:
    connection = session.connection(execution_options={"portal_seal": object(), "portal_writes": True})
    return connection.execute(select(_site.c.name)).all()


@reads
def a_lambda_statement(session: Any, _prey: Prey) -> object:
    return session.execute(lambda_stmt(lambda: select(Site.name))).all()


@reads
def streamed_rows(session: Any, _prey: Prey) -> object:
    streamed = session.execute(select(Site.name).execution_options(yield_per=1))
    return list(streamed.partitions())


@reads
def locked_rows(session: Any, _prey: Prey) -> object:
    return session.execute(select(Site.name).with_for_update()).all()


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
    with session.get_bind().connect() as connection:
        return connection.execute(text("select name from site")).all()


@reads
def the_engine_with_other_options(session: Any, _prey: Prey) -> object:
    engine = session.get_bind().engine.execution_options(isolation_level="AUTOCOMMIT", portal_seal=1)
    with engine.connect() as connection:
        return connection.execute(text("select name from site")).all()


@reads
def a_raw_connection_of_the_engine(session: Any, _prey: Prey) -> object:
    raw = session.get_bind().raw_connection()
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
