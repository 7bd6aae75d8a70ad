"""What a team learns from a case: what it was about, which action follows from it, or why none does.

Each is an event beside the steps, so that the chain tells who said it and when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from portal.cases.actions import check_fresh
from portal.cases.models import Case, CaseEvent, CaseFact
from portal.cases.motifs import MOTIFS
from portal.cases.queries import locked
from portal.cases.rules import FOUNDED, Direction, Kind
from portal.cases.standing import ACTION_OPENED, MOTIF_CHOSEN, NO_ACTION, Happened
from portal.cases.writing import Words, author, happen, read_text, say, told
from portal.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from portal.cases.actions import Given
    from portal.cases.standing import Standing
    from portal.core.db import Unit


def choose_motif(u: Unit, case_id: UUID, code: str) -> Standing | None:
    """Where the case stands once it is about this; None where it was already.

    Raises `NotFound`, `Invalid("motif")` for a code that is not offered.
    """
    case = locked(u, case_id)
    if case.motif == code:
        return None
    motif = MOTIFS.get(code)
    if motif is None or not motif.is_offered:
        raise Invalid("motif", reason="unknown")
    return happen(u, case, Happened(MOTIF_CHOSEN, u.now, {"motif": code}), author(u, None))


def note_action(u: Unit, case_id: UUID, number: int) -> Standing:
    """The case's history tells which action follows from it. Raises `NotFound`."""
    case = locked(u, case_id)
    return happen(u, case, Happened(ACTION_OPENED, u.now, {"action": number}), author(u, None))


def need_no_action(u: Unit, case_id: UUID, given: Given) -> Standing:
    """Why nothing follows from a case, as a note of the team. Raises `Invalid`, `Conflict`, `NotFound`."""
    case = locked(u, case_id)
    check_fresh(case, given)
    text = read_text(given.message)
    message = say(u, case, Direction.NOTE, Words(text, given.language))
    return happen(u, case, Happened(NO_ACTION, u.now, told(message, text, u)), author(u, None))


def founded_without_follow_up(
    u: Unit, since: date | None = None, until: date | None = None
) -> Sequence[Case]:
    """Complaints found right from which nothing follows yet, neither an action nor a reason; oldest first.

    Not those whose words are gone: nobody can say any more what should follow. Narrowed to those received
    between two days, both included.
    """
    follows = exists().where(
        CaseEvent.structure_id == Case.structure_id,
        CaseEvent.case_id == Case.id,
        CaseEvent.type.in_([ACTION_OPENED, NO_ACTION]),
    )
    is_its_fact = (CaseFact.structure_id == Case.structure_id) & (CaseFact.case_id == Case.id)
    wanted = (
        select(Case)
        .join(CaseFact, is_its_fact)
        .where(
            Case.kind == Kind.COMPLAINT, Case.finding.in_(FOUNDED), Case.key_wrapped.is_not(None), ~follows
        )
    )
    if since is not None:
        wanted = wanted.where(CaseFact.received_on >= since)
    if until is not None:
        wanted = wanted.where(CaseFact.received_on <= until)
    return u.all(wanted.order_by(Case.received_at, Case.id))


def is_founded(case: Case) -> bool:
    """Whether the complaint was found right, wholly or partly."""
    return case.kind is Kind.COMPLAINT and case.finding in FOUNDED
