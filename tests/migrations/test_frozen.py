"""What must never change is kept by the database itself, on both engines, whoever writes.

The statements run without the session's wall: on SQLite on a plain connection, on PostgreSQL as the owner,
whom row security lets through and the triggers do not.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from staff import signed_in
from walls.siege import unwalled

from portal.cases.models import Case, CaseEvent
from portal.cases.rules import CaseMode, CaseState, Kind
from portal.certification.actions import Decided, open_action
from portal.certification.models import ActionStep
from portal.certification.rules import ActionAct
from portal.core.ids import new_id
from portal.core.schema import Base, table_of
from portal.people.models import JournalEntry
from portal.questionnaires.models import ItemVersion, QuestionnaireVersion
from portal.tenancy.models import CalendarVersion, PolicyVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build import World
    from sqlalchemy import Connection, Table

THEN = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
LATER = datetime(2028, 1, 1, tzinfo=UTC)
DRAFT = new_id(LATER)
EVENT, VERSION, QUESTION = table_of(CaseEvent), table_of(QuestionnaireVersion), table_of(ItemVersion)
CALENDAR, POLICY, JOURNAL = table_of(CalendarVersion), table_of(PolicyVersion), table_of(JournalEntry)
STEP = table_of(ActionStep)
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


def first(connection: Connection, wanted: Any) -> dict[str, Any]:
    """The first row of a query, by column."""
    found = connection.execute(wanted).mappings().first()
    assert found is not None
    return {str(name): value for name, value in found.items()}


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
    "whether a published question must be answered": update(QUESTION).values(required=True),
    "what a published question means": update(QUESTION).values(meaning_rev=QUESTION.c.meaning_rev + 1),
    "the version of a published question": update(QUESTION).values(version_id=new_id(THEN)),
    "a published question": delete(QUESTION),
    "a calendar": update(CALENDAR).values(zone="metropole"),
    "that there was a calendar": delete(CALENDAR),
    "an entry of the journal": update(JOURNAL).values(act="slept"),
    "that there was an entry of the journal": delete(JOURNAL),
    "a policy": update(POLICY).values(document_version="2"),
    "that there was a policy": delete(POLICY),
}


@pytest.mark.parametrize("what", NEVER)
def test_the_database_refuses_to_change(world: World, what: str) -> None:
    with_an_event(world)
    assert refused(world, NEVER[what])


def test_of_an_act_of_the_plan_nothing_changes_but_that_its_words_go(world: World) -> None:
    """Every column the table has today is tried: one that comes later needs its trigger made anew."""
    lead = signed_in(world)
    with world.database.transaction(lead.scope) as u:
        open_action(u, Decided("Ouvrir le mardi", lead.person_id, date(2027, 4, 30)))
    assert len(STEP.c) > 8
    with bare(world) as connection:
        row = first(connection, select(STEP))
        for column in STEP.c:
            with pytest.raises(DBAPIError, match="never changed"):
                connection.execute(update(STEP).values({column.name: another(row[column.name])}))
            connection.rollback()
        assert connection.execute(update(STEP).values(words_sealed=None)).rowcount


def another(value: Any) -> Any:
    """A value of the same kind that is not this one."""
    match value:
        case None | bytes():
            return b"another"
        case UUID():
            return new_id(LATER)
        case datetime():
            return LATER
        case date():
            return LATER.date()
        case int():
            return value + 1
        case _:
            return ActionAct.DONE


def with_more_rows(world: World) -> None:
    """The same, and a draft of a next version with a question of its own."""
    with_an_event(world)
    with bare(world) as connection:
        of_lyon = VERSION.c.structure_id == world.lyon.structure.id
        row = first(connection, select(VERSION).where(of_lyon))
        draft = row | {"id": DRAFT, "number": 2, "state": "draft", "published_at": None}
        connection.execute(insert(VERSION), draft)
        of_version = select(QUESTION).where(QUESTION.c.version_id == row["id"])
        connection.execute(insert(QUESTION), first(connection, of_version) | {"version_id": DRAFT})
        connection.commit()


OVERWRITTEN: dict[str, tuple[Table, str | None, dict[str, Any]]] = {
    "an event": (EVENT, "number", {"digest": b"x"}),
    "a published version": (VERSION, "number", {"document": {"a": 1}}),
    "a calendar": (CALENDAR, "number", {"zone": "guyane"}),
    "a policy": (POLICY, "number", {"document_version": "2"}),
    "an entry of the journal": (JOURNAL, None, {"act": "slept"}),
    "a published question": (QUESTION, None, {"meaning_rev": 9}),
}
"""Table, what is unique in it beside its key, and another content."""


@pytest.mark.parametrize("what", OVERWRITTEN)
def test_a_row_is_not_replaced_by_an_insertion(sqlite_world: World, what: str) -> None:
    table, number, other = OVERWRITTEN[what]
    with_more_rows(sqlite_world)
    with bare(sqlite_world) as connection:
        row = first(connection, select(table))
        twins = [row | other] + ([row | other | {"id": new_id(THEN)}] if number else [])
        for twin in twins:
            with pytest.raises(DBAPIError, match="never changed"):
                connection.execute(insert(table).prefix_with("OR REPLACE"), twin)


@pytest.mark.parametrize("key", ["id", "number"])
def test_a_draft_does_not_take_the_place_of_a_published_version(sqlite_world: World, key: str) -> None:
    with_more_rows(sqlite_world)
    published = select(VERSION.c[key]).where(VERSION.c.state == "published")
    with bare(sqlite_world) as connection:
        taken = connection.execute(published).scalars().first()
        moved = update(VERSION).prefix_with("OR REPLACE").where(VERSION.c.id == DRAFT).values({key: taken})
        with pytest.raises(DBAPIError, match="never changed"):
            connection.execute(moved)


def test_no_question_comes_into_or_out_of_a_published_version(world: World) -> None:
    with_more_rows(world)
    with bare(world) as connection:
        published = select(VERSION.c.id).where(VERSION.c.state == "published")
        row = first(connection, select(QUESTION))
        for statement, values in (
            (insert(QUESTION), row | {"version_id": connection.execute(published).scalars().first()}),
            (update(QUESTION).where(QUESTION.c.version_id == DRAFT), {"version_id": row["version_id"]}),
        ):
            with pytest.raises(DBAPIError, match="never changed"):
                connection.execute(statement, values)
            connection.rollback()


def test_a_question_of_a_draft_changes_and_goes(world: World) -> None:
    with_more_rows(world)
    of_draft = QUESTION.c.version_id == DRAFT
    with bare(world) as connection:
        for statement in (update(QUESTION).values(required=True), delete(QUESTION)):
            assert connection.execute(statement.where(of_draft)).rowcount == 1
        for statement in (update(VERSION).values(number=3), delete(VERSION)):
            assert connection.execute(statement.where(VERSION.c.id == DRAFT)).rowcount == 1


def test_the_journal_is_kept_six_months_and_may_then_be_purged(world: World) -> None:
    now = datetime.now(UTC)  # noqa: TID251 -- the trigger goes by the clock of the machine
    old, young = now - timedelta(days=190), now - timedelta(days=170)
    with world.database.transaction(world.lyon.scope) as u:
        for at in (old, young):
            u.add(JournalEntry(id=new_id(at), at=at, act="looked", facts={}))
    with bare(world) as connection:
        assert connection.execute(delete(JOURNAL).where(JOURNAL.c.at == old)).rowcount == 1
        with pytest.raises(DBAPIError, match="never changed"):
            connection.execute(delete(JOURNAL).where(JOURNAL.c.at == young))


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
