"""A statement straight to the driver gives what SQLAlchemy gives, or is left to it; without a world."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import (
    Column,
    Date,
    Integer,
    MetaData,
    Table,
    bindparam,
    create_engine,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import InvalidRequestError

from portal.core.direct import Direct, Rows, direct

SQLITE = sqlite.dialect()
PLAIN = Table(
    "plain", MetaData(), Column("id", Integer, primary_key=True), Column("day", Date), Column("n", Integer)
)
FILLED = Table(
    "filled",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("made", Integer, default=lambda: 1),
    Column("changed", Integer, onupdate=lambda: 2),
)
DAY = date(2027, 3, 24)


def made(statement: object, *names: str) -> Direct:
    prepared = direct(statement, SQLITE, names)
    assert prepared is not None
    return prepared


def test_values_are_written_and_read_as_their_types_say() -> None:
    connection = create_engine("sqlite://").connect().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    cursor.execute("create table plain (id integer primary key, day date, n integer)")
    adding = made(insert(PLAIN), "id", "day", "n")
    bound = adding.bound({"id": 1, "day": DAY, "n": 7})
    assert sorted(map(str, bound)) == ["1", "2027-03-24", "7"]
    cursor.execute(adding.text, bound)
    assert adding.outcome([], cursor.rowcount) == Rows((), 1)
    reading = made(select(PLAIN.c.day, PLAIN.c.n, PLAIN.c.id).where(PLAIN.c.day == bindparam("day")), "day")
    outcome = reading.outcome(cursor.execute(reading.text, reading.bound({"day": DAY})).fetchall(), -1)
    [row] = outcome.all()
    assert (row.day, row.n, row.id) == (DAY, 7, 1)
    assert (outcome.first(), outcome.scalar(), outcome.rowcount) == (row, DAY, -1)
    connection.close()


def test_no_row_is_none_and_the_first_of_two_is_the_first() -> None:
    assert (Rows((), 0).first(), Rows((), 0).scalar(), Rows((), 0).all()) == (None, None, ())
    two = Rows([(1, 2), (3, 4)], -1)
    assert (two.first(), two.scalar(), two.all()) == ((1, 2), 1, [(1, 2), (3, 4)])


def test_a_row_has_a_value_for_each_column_or_there_is_a_fault() -> None:
    reading = made(select(PLAIN.c.id, PLAIN.c.n))
    with pytest.raises(ValueError, match="zip"):
        reading.outcome([(1,)], -1)


def test_two_columns_of_one_name_do_not_stop_a_row() -> None:
    row = made(select(PLAIN.c.id, PLAIN.c.n.label("class"))).outcome([(1, 2)], -1).first()
    assert tuple(row) == (1, 2)


def test_a_value_that_is_missing_is_named_and_one_with_a_default_is_not_missed() -> None:
    statement = select(PLAIN.c.id).where(PLAIN.c.n == bindparam("wanted"))
    asked = made(statement, "wanted")
    assert asked.bound({"wanted": 3}) == [3]
    assert asked.bound({"wanted": None}) == [None]
    with pytest.raises(InvalidRequestError, match="'wanted'"):
        made(statement, "other")
    known = made(select(PLAIN.c.id).where(PLAIN.c.n == bindparam("wanted", 5), PLAIN.c.id == literal(6)))
    assert known.bound({}) == [5, 6]
    assert known.bound({"wanted": 4}) == [4, 6]


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        (insert(PLAIN).returning(PLAIN.c.id), ("day",)),
        (insert(FILLED), ("id",)),
        (update(FILLED), ("id",)),
        (select(PLAIN.c.id).where(PLAIN.c.n.in_([1, 2])), ()),
        (select(PLAIN.c.id).where(PLAIN.c.n == bindparam("n", literal_execute=True)), ("n",)),
    ],
    ids=["returning", "default", "onupdate", "in", "literal"],
)
def test_where_sqlalchemy_does_more_it_is_left_to_sqlalchemy(
    statement: object, names: tuple[str, ...]
) -> None:
    assert direct(statement, SQLITE, names) is None


def test_a_database_whose_places_have_names_is_left_to_sqlalchemy() -> None:
    assert direct(select(PLAIN.c.id), DefaultDialect(paramstyle="named"), ()) is None


def test_a_statement_that_writes_makes_no_rows() -> None:
    for statement in (delete(PLAIN), update(PLAIN).values(n=func.max(1, 2))):
        prepared = made(statement)
        assert (prepared.row, prepared.columns) == (None, ())
        assert prepared.outcome([(1,)], 4) == Rows((), 4)
