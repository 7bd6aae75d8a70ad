"""What the wall lets into a statement, part by part, without a database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import (
    Integer,
    bindparam,
    cast,
    column,
    delete,
    exists,
    extract,
    func,
    insert,
    join,
    literal_column,
    select,
    table,
    text,
    true,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import custom_op

from portal.channels.models import CodeDirectory
from portal.core.errors import Unscoped
from portal.core.schema import table_of
from portal.core.statements import FUNCTIONS, assigned, check_one_target, check_parts, entities_of, named
from portal.tenancy.models import Site, Structure, Team

_WORDS = """
abs avg ceil char_length coalesce concat count cume_dist date date_trunc dense_rank first_value
floor greatest julianday lag last_value lead least length lower max min mod nth_value ntile nullif
percent_rank percentile_disc random rank replace round row_number strftime substr substring sum
total trim upper
"""
VOUCHED = _WORDS.split()
"""Told a second time on purpose: what could run text or bind another scope is added in two places."""
_site, _team = table_of(Site), table_of(Team)


class Nameless(FunctionElement[int]):
    """A function made by hand, under no name."""

    inherit_cache = True


def test_the_functions_that_are_vouched_for_are_these() -> None:
    assert set(VOUCHED) == FUNCTIONS


@pytest.mark.parametrize("name", VOUCHED)
def test_a_function_that_reads_its_arguments_passes(name: str) -> None:
    assert list(check_parts(select(getattr(func, name)(Site.slug))))


@pytest.mark.parametrize("name", ["load_extension", "set_config", "pg_sleep", "query_to_xml", "now"])
def test_another_function_does_not(name: str) -> None:
    with pytest.raises(Unscoped) as refused:
        list(check_parts(select(getattr(func, name)(Site.slug))))
    assert refused.value.facts["function"] == name


_HIDDEN = select(literal_column("1").label("x")).subquery().c.x
"""A column that is no text itself, of a sub-query that is."""

REFUSED = {
    "text behind a column in an order": select(Site).order_by(_HIDDEN),
    "text behind a column that is written": update(Site).values(name=_HIDDEN),
    "text behind a column in a condition": update(Site).where(Site.slug == _HIDDEN).values(name="x"),
    "text": select(text("1")),
    "text as a condition": select(Site).where(text("1 = 1")),
    "a table by its name": select(table("site", column("slug")).c.slug),
    "a column by its name": select(column("slug")),
    "a literal column": select(literal_column("slug")),
    "a prefix": select(Site).prefix_with("distinct"),
    "a suffix": select(Site).suffix_with("limit 1"),
    "a clause after the values": sqlite.insert(Site).values(name="x").on_conflict_do_nothing(),
    "a hint": select(Site).with_hint(Site, "index x"),
    "a hint of the statement": select(Site).with_statement_hint("x"),
    "an operator of text": select(Site.slug.op("or 1 =")(1)),
    "an operator of text, turned round": select(Site.slug.op("= 1 or", is_comparison=True)(1)),
    "a modifier of text": select(UnaryExpression(_site.c.slug, modifier=custom_op("desc, 1"))),
    "a field of text": select(extract("year from x) from", Site.created_at)),
    "a function without a name": select(Nameless()),
    "a full join": select(Site).join(Team, Team.site_id == Site.id, full=True),
    "a full join by hand": select(Site.id).select_from(join(_site, _team, full=True)),
    "text below a table": select(select(text("1")).subquery()),
    "text in a condition's sub-query": select(Site).where(exists(text("select 1"))),
}
TAKEN = {
    "a row": select(Site),
    "columns": select(Site.slug, Site.name).where(Site.slug == bindparam("slug")),
    "a count of everything": select(func.count()).select_from(Site),
    "a star within exists": select(Site).where(exists().where(Team.site_id == Site.id)),
    "an operator of signs": select(Site.slug.op("||")("x")),
    "a field": select(extract("year", Site.created_at)),
    "an outer join": select(Site).join(Team, Team.site_id == Site.id, isouter=True),
    "a cast": select(cast(Site.slug, Integer)).where(true()),
    "an alias": select(aliased(Site).slug),
    "a sub-query": select(select(Site.slug).subquery().c.slug),
}


@pytest.mark.parametrize("what", REFUSED)
def test_text_in_any_place_is_refused(what: str) -> None:
    with pytest.raises(Unscoped):
        list(check_parts(REFUSED[what]))
    with pytest.raises(Unscoped):
        entities_of(REFUSED[what])


@pytest.mark.parametrize("what", TAKEN)
def test_what_the_wall_can_narrow_is_taken(what: str) -> None:
    assert statement_parts(TAKEN[what])
    assert {entity.class_ for entity in entities_of(TAKEN[what])} <= {Site, Team}


def statement_parts(statement: Any) -> list[Any]:
    return list(check_parts(statement))


BARE = {
    "a table": select(_site),
    "a column of a table": select(_site.c.slug),
    "a table beside a class": select(Site, _team),
    "a table in from": select(Site.slug).select_from(_site),
    "a table joined": select(Site.slug).join(_team, _team.c.site_id == Site.id),
    "a table joined on nothing": select(Site.slug).join(_team, true()),
    "a table's alias": select(_site.alias().c.slug),
    "a column beside a class": select(Site.slug, _site.c.name),
    "a join of tables": select(Site.slug).select_from(join(_site, _team, _team.c.site_id == _site.c.id)),
    "a table written to": update(_site).values(name="x"),
    "a table removed from": delete(_site),
    "a table added to": insert(_site).values(name="x"),
    "a table within a sub-query": select(Site).where(exists().where(_team.c.site_id == Site.id)),
}


@pytest.mark.parametrize("what", BARE)
def test_an_owned_table_past_its_class_is_refused(what: str) -> None:
    with pytest.raises(Unscoped) as refused:
        entities_of(BARE[what])
    assert refused.value.fact == "a bare table"


@pytest.mark.parametrize("model", [Structure, CodeDirectory])
def test_a_table_of_nobody_may_be_bare(model: Any) -> None:
    bare = table_of(model)
    for statement in (
        select(bare),
        select(bare.alias()),
        update(bare).values(),
        delete(bare),
        select(Site, bare),
    ):
        entities_of(statement)


def test_a_write_joins_no_other_table_but_asks_sub_queries() -> None:
    check_one_target(update(_site).where(_site.c.slug == "x").values(name=_site.c.slug))
    check_one_target(update(Site).where(exists().where(Team.site_id == Site.id)).values(name="x"))
    check_one_target(delete(Site).where(Site.id.in_(select(Team.site_id))))
    for statement in (
        update(_site).where(_site.c.id == _team.c.site_id).values(name="x"),
        update(_site).values(name=_team.c.name),
        delete(Site).where(Site.id == Team.site_id),
        update(Site).where(Site.id == aliased(Site).id).values(name="x"),
        delete(Site).where(Site.id == Team.site_id, Site.id.in_(select(Team.site_id))),
        delete(Site).where(Site.id.in_(select(Team.site_id)), Site.id == Team.site_id),
    ):
        with pytest.raises(Unscoped):
            check_one_target(statement)


def test_the_columns_that_are_given_values_are_known() -> None:
    assert assigned(update(Site)) == set()
    assert assigned(update(Site).values(name="x")) == {"name"}
    assert assigned(insert(_site).values({"name": "x", "slug": "y"})) == {"name", "slug"}
    assert assigned(insert(_site).values([{"name": "x"}, {"slug": "y"}])) == {"name", "slug"}


def test_a_statement_is_told_by_its_kind_and_table() -> None:
    assert [named(one) for one in (update(_site), select(_site), delete(_team))] == [
        "Update site",
        "Select",
        "Delete team",
    ]
