"""Tables of the improvement plan: the action, what was done with it, the cases it comes from, reviews.

Which case an action comes from stands in a table of its own, bound to the case: to a person the case names,
that row does not exist either, and the action is one of the plan like others. Words of staff are
sealed: whoever writes what is to be done may name somebody.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.models import CaseBound
from portal.certification.rules import ActionAct, Observed, Origin
from portal.core.schema import Base, Document, OwnedRow, RowId, StructureOwned, Word, owned_fk


class Review(OwnedRow, Base):
    """A meeting that looks at a period, and its figures once closed; a trigger keeps a closed one."""

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("structure_id", "number"),)

    number: Mapped[int]
    held_on: Mapped[date]
    first_day: Mapped[date]
    last_day: Mapped[date]
    words_sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    figures: Mapped[dict[str, Any] | None] = mapped_column(Document)
    """The counts as they stood at closing; None before."""


class Action(OwnedRow, Base):
    """What somebody will do by a day. Done is a day, not a state: everything else derives."""

    __tablename__ = "improvement_action"
    __table_args__ = (
        owned_fk("review_id", "review"),
        owned_fk("site_id", "site"),
        owned_fk("team_id", "team"),
        UniqueConstraint("structure_id", "number"),
        Index("ix_improvement_action_due", "structure_id", "done_on", "due_on"),
    )

    number: Mapped[int]
    origin: Mapped[Origin] = mapped_column(Word(Origin))
    review_id: Mapped[UUID | None]
    what_sealed: Mapped[bytes]
    owner_id: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"))
    due_on: Mapped[date]
    motif: Mapped[str | None]
    """Of which messages there should be fewer; None: that of the case it comes from, if it has one."""
    site_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    done_on: Mapped[date | None]
    reminded_before_at: Mapped[datetime | None]
    reminded_late_at: Mapped[datetime | None]
    """When the owner was told of the day as it stands; a day put off is told of anew."""
    version: Mapped[int]


class ActionCase(CaseBound, Base):
    """A case that an action comes from."""

    __tablename__ = "action_case"
    __table_args__ = (owned_fk("case_id", "cases"), owned_fk("action_id", "improvement_action"))

    case_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    action_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)


class ActionStep(OwnedRow, Base):
    """What was done with an action, append-only: a trigger refuses every change."""

    __tablename__ = "action_step"
    __table_args__ = (
        owned_fk("action_id", "improvement_action"),
        UniqueConstraint("structure_id", "action_id", "number"),
    )

    action_id: Mapped[UUID]
    number: Mapped[int]
    """Which act of the action it is, from 1: its version after the act."""
    act: Mapped[ActionAct] = mapped_column(Word(ActionAct))
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    due_on: Mapped[date | None]
    """The day as it stood after the act."""
    words_sealed: Mapped[bytes | None]


class Observation(OwnedRow, Base):
    """What an audit found or a colleague noticed, and what whoever filed it was told."""

    __tablename__ = "observation"
    __table_args__ = (
        owned_fk("action_id", "improvement_action"),
        UniqueConstraint("structure_id", "number"),
    )

    number: Mapped[int]
    kind: Mapped[Observed] = mapped_column(Word(Observed))
    words_sealed: Mapped[bytes]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    read_at: Mapped[datetime | None]
    read_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    action_id: Mapped[UUID | None]
    answer_sealed: Mapped[bytes | None]
    answered_at: Mapped[datetime | None]


class WeekTold(StructureOwned, Base):
    """The last week, by its Monday, of which a person got the one mail."""

    __tablename__ = "week_told"

    person_id: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"), primary_key=True)
    week_on: Mapped[date]


class PlanCounter(StructureOwned, Base):
    """The last number given to an action and to a review."""

    __tablename__ = "plan_counter"

    series: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]
