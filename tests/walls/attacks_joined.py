"""Attempts of Lyon to read Strasbourg's rows by joins, sub-queries, unions, counts; each works without walls.

What an attack returns is searched for the canary, so it returns values, never rows as objects. An attack by
counting returns the canary itself when it counted more than its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Integer,
    cast,
    exists,
    func,
    literal,
    select,
    true,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import (
    aliased,
)
from walls.siege import CANARY, OWN_SITES, Prey, more_than, reads

from portal.core.schema import table_of
from portal.people.models import Membership, Person
from portal.tenancy.models import Site, Structure, Team

_site, _team = table_of(Site), table_of(Team)


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
    return more_than(OWN_SITES, session.scalar(select(func.count()).select_from(Site)))


@reads
def count_of_a_sub_query(session: Any, _prey: Prey) -> object:
    return more_than(OWN_SITES, session.scalar(select(func.count()).select_from(select(Site).subquery())))


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
    return more_than(OWN_SITES, session.scalar(select(func.count().over()).select_from(Site)))
