"""Attempts of Lyon to read Strasbourg's rows by a query of the ORM; each works where there is no wall.

What an attack returns is searched for the canary, so it returns values, never rows as objects. An attack by
counting returns the canary itself when it counted more than its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    String,
    case,
    cast,
    func,
    lambda_stmt,
    or_,
    select,
    true,
)
from sqlalchemy.orm import (
    defer,
    load_only,
    make_transient_to_detached,
    undefer,
    with_loader_criteria,
)
from walls.siege import OWN_SITES, Prey, more_than, reads

from portal.core.schema import table_of
from portal.tenancy.models import Site, Team

_site, _team = table_of(Site), table_of(Team)


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
    return more_than(OWN_SITES, session.query(Site).count())


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
