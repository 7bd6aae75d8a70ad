"""Tables of the improvement plan: actions, what was done with them, reviews, campaigns, what is given back.

Which case an action comes from stands in a table of its own, bound to the case: to a person the case names,
that row does not exist either, and the action is one of the plan like others. Words of staff are
sealed: whoever writes what is to be done may name somebody.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.models import CaseBound
from portal.certification.rules import ActionAct, CampaignSource, Observed, Origin
from portal.core.schema import Base, Document, OwnedRow, RowId, StructureOwned, Word, owned_fk

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


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
    owner_id: Mapped[UUID | None]
    """Who had to do it after the act; None for acts before this was kept."""
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
    about_id: Mapped[UUID | None]
    """A colleague whom it concerns: to them it does not exist."""
    by_id: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    read_at: Mapped[datetime | None]
    read_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    action_id: Mapped[UUID | None]
    answer_sealed: Mapped[bytes | None]
    answered_at: Mapped[datetime | None]

    @classmethod
    def hidden_from(cls, actor_id: UUID) -> ColumnElement[bool]:
        """What concerns a colleague does not exist for them (decisions, 7)."""
        return cls.about_id.is_not(None) & (cls.about_id == actor_id)


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


class Campaign(OwnedRow, Base):
    """Days in which a structure asks for opinions, its own or its network's; a trigger keeps a closed one."""

    __tablename__ = "campaign"
    __table_args__ = (
        owned_fk("site_id", "site"),
        owned_fk("agreement_id", "agreement"),
        UniqueConstraint("structure_id", "number"),
        UniqueConstraint("structure_id", "offer_id"),
    )

    number: Mapped[int]
    name: Mapped[str]
    source: Mapped[CampaignSource] = mapped_column(Word(CampaignSource))
    offer_id: Mapped[UUID | None]
    """The network's proposal it comes from: one is taken once."""
    first_day: Mapped[date]
    last_day: Mapped[date]
    site_id: Mapped[UUID | None]
    agreement_id: Mapped[UUID | None]
    opened_at: Mapped[datetime]
    opened_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    note_sealed: Mapped[bytes | None]
    """What was learnt and what is decided, as JSON."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    figures: Mapped[dict[str, Any] | None] = mapped_column(Document)
    """The counts as they stood at closing; None before."""


class CampaignAction(StructureOwned, Base):
    """An action that a campaign's note decided."""

    __tablename__ = "campaign_action"
    __table_args__ = (owned_fk("campaign_id", "campaign"), owned_fk("action_id", "improvement_action"))

    campaign_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    action_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)


class GivenBack(OwnedRow, Base):
    """« Vous avez dit, nous avons fait » of an action in one language, as somebody wrote it.

    Written anew it is another row, so that what was shown stays told: a trigger keeps the words and who
    answers for them. That two persons do is kept by the database as well.
    """

    __tablename__ = "given_back"
    __table_args__ = (
        owned_fk("action_id", "improvement_action"),
        UniqueConstraint("structure_id", "action_id", "language", "number"),
        CheckConstraint("checked_by <> written_by", name="second_person"),
        CheckConstraint("(checked_at IS NULL) = (checked_by IS NULL)", name="checked_by_somebody"),
    )

    action_id: Mapped[UUID]
    language: Mapped[str]
    number: Mapped[int]
    """Which writing of it, from 1: the last one counts."""
    words_sealed: Mapped[bytes | None]
    """Both sentences, as JSON; None once they were withdrawn and erased."""
    written_at: Mapped[datetime]
    written_by: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"))
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))


class ThanksGiven(OwnedRow, Base):
    """A word of thanks that a handler gave back to a team or a person, without what could tell by whom."""

    __tablename__ = "thanks_given"
    __table_args__ = (
        owned_fk("team_id", "team"),
        UniqueConstraint("structure_id", "number"),
        CheckConstraint("checked_by <> given_by", name="second_person"),
    )

    number: Mapped[int]
    words_sealed: Mapped[bytes | None]
    language: Mapped[str]
    response_id: Mapped[UUID | None]
    """The opinion it was chosen from, which is kept less long; None: a message of thanks."""
    team_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    given_at: Mapped[datetime]
    given_by: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"))
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))


class ThanksCase(CaseBound, Base):
    """The message that a word of thanks was chosen from."""

    __tablename__ = "thanks_case"
    __table_args__ = (owned_fk("case_id", "cases"), owned_fk("thanks_id", "thanks_given"))

    case_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    thanks_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
