"""Tests share databases of PostgreSQL: what one wrote is gone for the next, an altered one not lent again."""

from __future__ import annotations

import pytest
from servers import APPLICATION, Lender, as_superuser

WRITTEN = "insert into network (slug, name) values ('relais', 'Relais') returning id"
ALTERED = (
    "alter table cases disable trigger all",
    "drop policy {policy} on cases",
    "grant truncate on cases to " + APPLICATION,
    "alter table cases alter column state set default 'received'",
    "alter table cases no force row level security",
    "create index planted on cases (state)",
    "create schema planted",
    "alter role " + APPLICATION + " in database {name} set row_security = off",
)


def test_what_a_test_wrote_is_gone_for_the_next(lender: Lender) -> None:
    with lender.lent() as name:
        first = as_superuser(lender.port, WRITTEN, database=name)
    with lender.lent() as again:
        assert again == name
        assert as_superuser(lender.port, "select count(*) from network", database=name) == "0"
        assert as_superuser(lender.port, WRITTEN, database=name) == first


@pytest.mark.parametrize("sabotage", ALTERED)
def test_a_database_that_a_test_altered_is_lent_no_more(lender: Lender, sabotage: str) -> None:
    with lender.lent() as name:
        policy = as_superuser(
            lender.port, "select polname from pg_policy where polrelid = 'cases'::regclass", database=name
        )
        as_superuser(lender.port, sabotage.format(policy=policy, name=name), database=name)
    with lender.lent() as another:
        assert another != name
