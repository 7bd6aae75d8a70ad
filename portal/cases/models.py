"""Tables of cases: the row, its append-only events, messages, clocks, and the one row of facts for figures.

State and clocks on a row are a cache of the events: a test replays and compares. Personal text stands only in
sealed columns, under the case's own key, which purge and erasure destroy.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, exists
from sqlalchemy.orm import Mapped, aliased, declared_attr, mapped_column

from portal.cases.rules import CaseMode, CaseState, ClockName, Direction, Finding, Kind, Outcome
from portal.cases.ways import BodyKind, Channel, Help, Moment, Told, Urgency
from portal.core.schema import Base, OwnedRow, RowId, StructureOwned, Word, owned_fk

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class CasePerson(StructureOwned, Base):
    """A member of staff whom a case names or concerns: to them the case does not exist."""

    __tablename__ = "case_person"
    __table_args__ = (owned_fk("case_id", "cases"),)

    case_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(RowId(), ForeignKey("person.id"), primary_key=True)
    since: Mapped[datetime]

    @classmethod
    def hidden_from(cls, actor_id: UUID) -> ColumnElement[bool]:
        """Not even who else a case names is told to somebody it names."""
        return _names(actor_id, cls.structure_id, cls.case_id)


def _names(actor_id: UUID, structure_id: Any, case_id: Any) -> ColumnElement[bool]:
    """Whether a case names this person."""
    named = aliased(CasePerson, flat=True)
    return exists().where(
        named.structure_id == structure_id, named.case_id == case_id, named.person_id == actor_id
    )


class Case(OwnedRow, Base):
    """One complaint, request, concern, thanks or idea."""

    __tablename__ = "cases"
    __table_args__ = (
        owned_fk("site_id", "site"),
        owned_fk("team_id", "team"),
        owned_fk("agreement_id", "agreement"),
        owned_fk("code_id", "code"),
        owned_fk("calendar_id", "calendar_version"),
        owned_fk("policy_id", "policy_version"),
        UniqueConstraint("structure_id", "reference"),
        UniqueConstraint("structure_id", "locator"),
        UniqueConstraint("structure_id", "submit_key"),
        Index("ix_cases_state", "structure_id", "state", "due_on"),
    )

    reference: Mapped[str]
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    state: Mapped[CaseState] = mapped_column(Word(CaseState))
    outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome))
    finding: Mapped[Finding | None] = mapped_column(Word(Finding))
    motif: Mapped[str | None]
    mode: Mapped[CaseMode] = mapped_column(Word(CaseMode))
    language: Mapped[str]
    site_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    agreement_id: Mapped[UUID | None]
    code_id: Mapped[UUID | None]
    calendar_id: Mapped[UUID]
    policy_id: Mapped[UUID]
    handler_id: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    received_at: Mapped[datetime]
    """When it reached us, by whatever way: the clocks run from here."""
    channel: Mapped[Channel] = mapped_column(Word(Channel), server_default=Channel.WEB.value)
    registered_at: Mapped[datetime | None]
    """When staff typed it; None of what came by itself, which is registered as it is received."""
    entered_by: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    due_on: Mapped[date | None]
    """Day of the next promise still open; None when nothing is promised any more."""
    locator: Mapped[str]
    secret_hash: Mapped[str]
    submit_key: Mapped[bytes]
    key_wrapped: Mapped[bytes | None]
    contact_kind: Mapped[str]
    contact_sealed: Mapped[bytes | None]
    name_sealed: Mapped[bytes | None]
    contact_when: Mapped[Moment | None] = mapped_column(Word(Moment))
    may_leave_message: Mapped[bool | None]
    help: Mapped[Help | None] = mapped_column(Word(Help))
    """Whether the person wrote alone, and what they were helped with."""
    check_on: Mapped[date | None]
    """Day on which to ask what became of what was passed on."""
    call_on: Mapped[date | None]
    """Day of the next try to reach the person."""
    told_at: Mapped[datetime | None]
    """When the person learnt of the answer: not the same as when it was given."""
    told_how: Mapped[Told | None] = mapped_column(Word(Told))
    version: Mapped[int]
    """Raised at each step; a page that holds an older one is stale."""

    @classmethod
    def hidden_from(cls, actor_id: UUID) -> ColumnElement[bool]:
        """A case does not exist for a person it names."""
        return _names(actor_id, cls.structure_id, cls.id)


class CaseBound(StructureOwned):
    """Mark of the rows of one case: hidden wherever their case is."""

    @declared_attr
    def case_id(cls) -> Mapped[UUID]:  # noqa: N805 -- declared_attr is a class method
        """The case."""
        return mapped_column(RowId(), sort_order=-18)

    @classmethod
    def hidden_from(cls, actor_id: UUID) -> ColumnElement[bool]:
        """A case's rows do not exist for a person it names."""
        return _names(actor_id, cls.structure_id, cls.case_id)


class CaseEvent(CaseBound, OwnedRow, Base):
    """What happened, append-only: a trigger refuses every change. No personal text, only digests.

    `number` counts in the structure; `digest` is keyed and covers the event and the digest before it, so a
    change, removal or insertion is found by `portal.cases.chain`.
    """

    __tablename__ = "case_event"
    __table_args__ = (owned_fk("case_id", "cases"), UniqueConstraint("structure_id", "number"))

    number: Mapped[int]
    type: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]]
    digest: Mapped[bytes]


class EventChain(StructureOwned, Base):
    """Head of a structure's chain of events: how many, and the last digest."""

    __tablename__ = "event_chain"

    length: Mapped[int]
    head: Mapped[bytes]


class CaseCounter(StructureOwned, Base):
    """Last number given to a reference in a year."""

    __tablename__ = "case_counter"

    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Message(CaseBound, OwnedRow, Base):
    """A text of a case: from the filer, to the filer, a staff note, or a translation of another message."""

    __tablename__ = "message"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        owned_fk("translates_id", "message"),
        UniqueConstraint("structure_id", "submit_key"),
    )

    direction: Mapped[Direction] = mapped_column(Word(Direction))
    author_id: Mapped[UUID | None] = mapped_column(RowId(), ForeignKey("person.id"))
    at: Mapped[datetime]
    language: Mapped[str]
    body_sealed: Mapped[bytes]
    translates_id: Mapped[UUID | None]
    submit_key: Mapped[bytes | None]
    """Keyed digest of the form's nonce: a message sent twice is stored once."""


class Attachment(CaseBound, OwnedRow, Base):
    """A photo of a case, made anew from its pixels, or a voice message, bare; sealed under the case's key."""

    __tablename__ = "attachment"
    __table_args__ = (owned_fk("case_id", "cases"),)

    at: Mapped[datetime]
    media_type: Mapped[str]
    size: Mapped[int]
    body_sealed: Mapped[bytes]


class Clock(CaseBound, Base):
    """One promise of a case in working days: when it began, when it is due, when it was kept."""

    __tablename__ = "clock"
    __table_args__ = (owned_fk("case_id", "cases"),)

    case_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    name: Mapped[ClockName] = mapped_column(Word(ClockName), primary_key=True)
    started_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    target_days: Mapped[int]
    due_on: Mapped[date]
    gross_days: Mapped[int | None]
    net_days: Mapped[int | None]


class CaseFact(CaseBound, Base):
    """One row of figures per case, always equal to what its events give."""

    __tablename__ = "case_fact"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        Index("ix_case_fact_received", "structure_id", "kind", "received_on"),
        Index("ix_case_fact_answer", "structure_id", "kind", "answer_net_days"),
    )

    case_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    site_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    agreement_id: Mapped[UUID | None]
    received_on: Mapped[date]
    is_open: Mapped[bool]
    answer_due_on: Mapped[date | None]
    answered_on: Mapped[date | None]
    ack_net_days: Mapped[int | None]
    first_response_net_days: Mapped[int | None]
    answer_net_days: Mapped[int | None]
    answer_gross_days: Mapped[int | None]
    outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome))
    finding: Mapped[Finding | None] = mapped_column(Word(Finding))
    reopened: Mapped[int]
    channel: Mapped[Channel] = mapped_column(Word(Channel), server_default=Channel.WEB.value)
    entry_lag_days: Mapped[int | None]
    """Working days from reception until staff had typed it; None of what came by itself."""
    passed_on: Mapped[int] = mapped_column(server_default="0")
    passed_on_known: Mapped[int] = mapped_column(server_default="0")
    """How often it was passed on to another body, and of how many of these the outcome is known."""
    told_on: Mapped[date | None]
    help: Mapped[Help | None] = mapped_column(Word(Help))


class PartnerCase(CaseBound, Base):
    """In whose name a partner filed a case, and what they call it themselves."""

    __tablename__ = "partner_case"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        Index("ix_partner_case_address", "structure_id", "address_digest"),
    )

    case_id: Mapped[UUID] = mapped_column(RowId(), primary_key=True)
    organisation: Mapped[str]
    reference: Mapped[str]
    """Theirs; "" without."""
    urgency: Mapped[Urgency | None] = mapped_column(Word(Urgency))
    address_digest: Mapped[bytes]
    """Keyed, of the mail address: finds what was filed with it, and tells it to nobody."""
    told_for: Mapped[date | None]
    """The first day of the last month that the partner was told of."""


class OutsideBody(OwnedRow, Base):
    """Somebody outside to whom cases are passed on: a landlord, a town hall, a transport operator."""

    __tablename__ = "outside_body"

    name: Mapped[str]
    kind: Mapped[BodyKind] = mapped_column(Word(BodyKind))
    reached_by: Mapped[str]
    """Where and how: a counter, a number, a service's address."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """Since when nothing is passed on to it any more."""
