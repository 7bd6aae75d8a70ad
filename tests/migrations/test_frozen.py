"""What must never change is kept by the database itself, on both engines, whoever writes.

The statements run without the session's wall: on SQLite on a plain connection, on PostgreSQL as the owner,
whom row security lets through and the triggers do not.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from walls.siege import unwalled

from portal.cases.models import Case, CaseEvent
from portal.cases.rules import CaseMode, CaseState, Kind
from portal.core.ids import new_id
from portal.core.schema import Base, table_of
from portal.people.models import JournalEntry
from portal.questionnaires.models import QuestionnaireVersion
from portal.tenancy.models import CalendarVersion, PolicyVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build import World
    from sqlalchemy import Connection

THEN = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
LATER = datetime(2028, 1, 1, tzinfo=UTC)
EVENT, VERSION = table_of(CaseEvent), table_of(QuestionnaireVersion)
Change = tuple[str, Any]


def with_an_event(world: World) -> None:
    """A case of Lyon, its first event, and an entry of the journal, as rows."""
    with world.database.transaction(world.lyon.scope) as u:
        case = Case(
            id=new_id(THEN),
            reference="PAS-2027-000001",
            kind=Kind.COMPLAINT,
            state=CaseState.RECEIVED,
            mode=CaseMode.ANONYMOUS,
            language="fr",
            site_id=world.lyon.site.id,
            calendar_id=u.all(select(CalendarVersion.id))[0],
            policy_id=u.all(select(PolicyVersion.id))[0],
            received_at=THEN,
            locator="L",
            secret_hash="-",
            submit_key=b"k",
            contact_kind="none",
            version=1,
        )
        event = CaseEvent(
            id=new_id(THEN),
            case_id=case.id,
            number=1,
            type="filed",
            actor_kind="filer",
            occurred_at=THEN,
            recorded_at=THEN,
            payload={},
            digest=b"d",
        )
        u.add(case, event, JournalEntry(id=new_id(THEN), at=THEN, act="looked", facts={}))


@contextmanager
def bare(world: World) -> Iterator[Connection]:
    """A connection without walls."""
    engine = unwalled(world.database.engine.url.render_as_string(hide_password=False))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def refused(world: World, statement: Any) -> bool:
    """Whether the database refuses a statement that finds rows to change."""
    with bare(world) as connection:
        table = statement.table.name
        assert connection.execute(select(func.count()).select_from(Base.metadata.tables[table])).scalar()
        try:
            found = connection.execute(statement)
        except DBAPIError as refusal:
            return "never changed" in str(refusal)
        return not found.rowcount


NEVER = {
    "an event's payload": update(EVENT).values(payload={"a": 1}),
    "an event's instant": update(EVENT).values(occurred_at=LATER),
    "an event's place in the chain": update(EVENT).values(number=EVENT.c.number + 1),
    "an event's digest": update(EVENT).values(digest=b"x"),
    "an event's case": update(EVENT).values(actor_kind="staff"),
    "an event": delete(EVENT),
    "a published document": update(VERSION).values(document={"a": 1}),
    "a published document while it is retired": update(VERSION).values(document={"a": 1}, state="retired"),
    "a published digest": update(VERSION).values(document_sha256="0"),
    "a published number": update(VERSION).values(number=99, state="retired"),
    "the day of publication": update(VERSION).values(published_at=LATER, state="retired"),
    "that there was a day of publication": update(VERSION).values(published_at=None, state="retired"),
    "who published": update(VERSION).values(published_by=new_id(THEN), state="retired"),
    "a version back to draft": update(VERSION).values(state="draft"),
    "a published version": delete(VERSION),
    "a calendar": update(table_of(CalendarVersion)).values(zone="metropole"),
    "an entry of the journal": update(table_of(JournalEntry)).values(act="slept"),
    "a policy": update(table_of(PolicyVersion)).values(document_version="2"),
}


@pytest.mark.parametrize("what", NEVER)
def test_the_database_refuses_to_change(world: World, what: str) -> None:
    with_an_event(world)
    assert refused(world, NEVER[what])


def test_an_event_is_not_replaced_by_an_insertion(sqlite_world: World) -> None:
    with_an_event(sqlite_world)
    with bare(sqlite_world) as connection:
        row = dict(connection.execute(select(EVENT)).mappings().one())
        for twin in (row | {"digest": b"x"}, row | {"id": new_id(THEN), "digest": b"x"}):
            with pytest.raises(DBAPIError, match="never changed"):
                connection.execute(insert(EVENT).prefix_with("OR REPLACE"), twin)


def test_a_published_version_may_be_retired(world: World) -> None:
    with bare(world) as connection:
        assert connection.execute(update(VERSION).values(state="retired")).rowcount


def test_without_its_trigger_a_change_goes_through(world: World) -> None:
    with_an_event(world)
    on_table = "" if world.database.engine.dialect.name == "sqlite" else " on case_event"
    with bare(world) as connection:
        connection.execute(text(f"drop trigger case_event_no_update{on_table}"))
        connection.commit()
    assert not refused(world, NEVER["an event's payload"])


@pytest.mark.postgres
def test_the_role_that_serves_meets_the_triggers_too(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.connect() as connection:
        for wanted in (
            "alter table case_event disable trigger case_event_no_update",
            "drop trigger case_event_no_update on case_event",
            "set session_replication_role = replica",
        ):
            with pytest.raises(DBAPIError, match=r"must be owner|permission denied"):
                connection.execute(text(wanted))
            connection.rollback()
    engine.dispose()
