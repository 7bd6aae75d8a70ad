"""Every kind of statement, on both engines: refused, or not one foreign row read, copied or changed.

Each attack is its own positive control: on a plain session over the same database it gets through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from walls import attacks_joined, attacks_raw, attacks_raw_write, attacks_read, attacks_write
from walls.siege import READS, WRITES, besieged

if TYPE_CHECKING:
    from build import World

ENLISTED = (attacks_read, attacks_joined, attacks_raw, attacks_write, attacks_raw_write)
# The attacks are clumsy on purpose: products of tables, arguments that are no longer advised.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*cartesian product:sqlalchemy.exc.SAWarning"),
    pytest.mark.filterwarnings("ignore:.*is deprecated"),
]
ANSWERED = (
    "select_entities",
    "columns_only",
    "expressions_over_columns",
    "a_case_expression",
    "the_legacy_query",
    "a_join",
    "an_outer_join_from_a_table_of_nobody",
    "a_product",
    "aliased_entities",
    "an_entity_over_a_sub_query",
    "a_sub_query",
    "a_scalar_sub_query",
    "a_correlated_scalar_sub_query",
    "exists_of_a_foreign_row",
    "exists_as_a_column",
    "any_of_an_in",
    "a_union",
    "a_union_in_a_sub_query",
    "a_common_table_expression",
    "a_recursive_common_table_expression",
    "tuples_of_keys",
    "count_of_rows",
    "count_of_a_sub_query",
    "a_window_over_all",
    "streamed_rows",
    "a_prepared_statement",
    "a_prepared_join",
    "update_by_the_orm",
    "copy_by_an_update_from_a_sub_query",
    "delete_by_the_orm",
    "a_prepared_update",
    "a_prepared_deletion",
)
"""Statements that work behind the wall, for one's own rows."""


def test_no_statement_reads_a_foreign_row(world: World) -> None:
    with besieged(world) as siege:
        assert [name for name, attack in READS.items() if siege.stolen(attack)] == []


def test_every_reading_attack_succeeds_where_there_is_no_wall(world: World) -> None:
    with besieged(world) as siege:
        assert [name for name, attack in READS.items() if not siege.stolen(attack, walls=False)] == []


@pytest.mark.parametrize("name", WRITES)
def test_no_statement_copies_or_changes_a_foreign_row(world: World, name: str) -> None:
    with besieged(world) as siege:
        assert siege.damage(WRITES[name]) is None
        assert siege.damage(WRITES[name], walls=False), "the attack itself is a mistake"


@pytest.mark.parametrize("name", ANSWERED)
def test_the_same_statement_reads_and_writes_own_rows(sqlite_world: World, name: str) -> None:
    with besieged(sqlite_world) as siege:
        assert siege.answered({**READS, **WRITES}[name])


def test_the_attacks_of_every_file_are_enlisted() -> None:
    attacks = {**READS, **WRITES}.values()
    assert {attack.__module__.split(".")[-1] for attack in attacks} == {
        module.__name__.split(".")[-1] for module in ENLISTED
    }
    assert len(attacks) > 130
