"""The list of work: which cases it holds, in which order, and which of them are late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import case as either
from sqlalchemy import func, select

from portal.cases.models import Case, CaseFact
from portal.cases.rules import ANSWERS_NOBODY, CaseState, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select

    from portal.cases.ways import Channel
    from portal.core.db import Unit

T = TypeVar("T")

_OPEN = [state for state in CaseState if state is not CaseState.CLOSED]
PAGE = 100


@dataclass(frozen=True, slots=True)
class Sought:
    """Which cases a list shows; None or empty everywhere: those not closed."""

    kind: Kind | None = None
    state: CaseState | None = None
    site_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    channels: tuple[Channel, ...] = ()
    only_passed_on: bool = False
    only_untold: bool = False
    """Answered, and the person has not learnt of it."""
    received_from: date | None = None
    received_to: date | None = None
    only_open: bool = False
    late_on: date | None = None
    """The day on which to judge what is late; None: late or not. With `only_open`: what is late still."""
    with_closed: bool = False
    reference: str = ""
    today: date | None = None
    """With it, what is to be looked at again by that day comes first, whatever its state."""


def work_list(u: Unit, sought: Sought, *, offset: int = 0) -> Sequence[Case]:
    """Cases by time left: the nearest promise first, those without one last; at most `PAGE` of them.

    Before them what goes on outside the house and is to be looked at again.
    """
    nearest: tuple[Any, ...] = (Case.due_on.is_(None), Case.due_on, Case.received_at, Case.id)
    if sought.today is not None:
        nearest = (either((is_to_look_at(sought.today), 0), else_=1), *nearest)
    return u.all(_listed(select(Case), sought).order_by(*nearest).offset(offset).limit(PAGE))


def count_cases(u: Unit, sought: Sought) -> int:
    """How many cases the list has."""
    return u.one(_listed(select(func.count()).select_from(Case), sought)) or 0


def _listed(wanted: Select[T], sought: Sought) -> Select[T]:
    equal = (
        (Case.kind, sought.kind),
        (Case.state, sought.state),
        (Case.site_id, sought.site_id),
        (Case.team_id, sought.team_id),
        (Case.agreement_id, sought.agreement_id),
        (Case.reference, sought.reference or None),
    )
    for column, value in equal:
        if value is not None:
            wanted = wanted.where(column == value)
    wanted = wanted.join(
        CaseFact, (CaseFact.structure_id == Case.structure_id) & (CaseFact.case_id == Case.id)
    )
    wanted = wanted.where(*_came(sought))
    if sought.only_open:
        wanted = wanted.where(CaseFact.is_open)
    if sought.late_on is not None:
        wanted = wanted.where((is_overdue if sought.only_open else _was_late)(sought.late_on))
    if not (sought.with_closed or sought.state or sought.reference or sought.late_on):
        is_work = Case.state.in_(_OPEN)
        wanted = wanted.where(is_work | is_to_look_at(sought.today) if sought.today else is_work)
    return wanted


def is_to_look_at(today: date) -> ColumnElement[bool]:
    """Whether somebody outside is to be asked again, or the person to be called, by this day.

    Nobody is once the words are gone: what for, nobody knows any more.
    """
    is_check = Case.check_on.is_not(None) & (Case.check_on <= today)
    is_call = Case.call_on.is_not(None) & (Case.call_on <= today)
    return Case.key_wrapped.is_not(None) & (is_check | is_call)


def _came(sought: Sought) -> list[ColumnElement[bool]]:
    """The conditions on how and when a case came."""
    told: list[ColumnElement[bool]] = []
    if sought.channels:
        told.append(Case.channel.in_(sought.channels))
    if sought.only_passed_on:
        told.append(CaseFact.passed_on > 0)
    if sought.only_untold:
        told.append(CaseFact.answered_on.is_not(None) & CaseFact.told_on.is_(None))
    if sought.received_from is not None:
        told.append(CaseFact.received_on >= sought.received_from)
    if sought.received_to is not None:
        told.append(CaseFact.received_on <= sought.received_to)
    return told


def _was_late(today: date) -> ColumnElement[bool]:
    """Answered after the promised day, or not yet although it has passed (decisions, 17)."""
    unanswered = CaseFact.answered_on.is_(None) & (CaseFact.answer_due_on < today)
    return is_owed() & ((CaseFact.answered_on > CaseFact.answer_due_on) | unanswered)


def is_owed() -> ColumnElement[bool]:
    """Whether a case counts in figures of time: spam and duplicates are received, but answer nobody.

    Closed on the first day they would make the answers look fast, and later slow.
    """
    return CaseFact.outcome.is_(None) | CaseFact.outcome.not_in(ANSWERS_NOBODY)


def is_overdue(today: date) -> ColumnElement[bool]:
    """Whether a case waits for an answer whose promised day has passed: the first, or that of a second look.

    The facts tell of the first answer for ever; what is promised after it stands with the case, and nothing
    while we wait for the filer. The statement joins the case to its facts.
    """
    is_first_late = CaseFact.answered_on.is_(None) & (CaseFact.answer_due_on < today)
    return CaseFact.is_open & (is_first_late | (CaseFact.answered_on.is_not(None) & (Case.due_on < today)))


def due_soon(u: Unit, until: date) -> Sequence[Case]:
    """Cases whose next promise falls due by this day, the nearest first."""
    return u.all(
        select(Case).where(Case.due_on <= until, Case.state.in_(_OPEN)).order_by(Case.due_on, Case.id)
    )
