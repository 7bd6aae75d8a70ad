"""The effects of done actions, from the complaints as they stand today: two statements for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.cases.models import Case, CaseFact
from portal.cases.rules import Kind
from portal.cases.worklist import is_owed
from portal.certification.effects import WINDOW, Side, effect_of, windows
from portal.tenancy.queries import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from portal.certification.effects import Effect
    from portal.certification.models import Action
    from portal.certification.queries import Source
    from portal.core.db import Unit


@dataclass(frozen=True, slots=True)
class Received:
    """How many complaints of one motif came on one day to one place; None where no motif was given."""

    day: date
    site_id: UUID
    team_id: UUID | None
    motif: str | None
    n: int


def motif_of(action: Action, sources: Sequence[Source]) -> str | None:
    """What an action should make less of: its own motif, else that of a case it comes from."""
    return action.motif or next((one.motif for one in sources if one.motif), None)


def effects(
    u: Unit, actions: Iterable[Action], sources: Mapping[UUID, list[Source]]
) -> dict[UUID, Effect | None]:
    """The effect of each done action, by id; None for one that has no motif, or is not done."""
    counted = {action.id: motif_of(action, sources.get(action.id, ())) for action in actions}
    rows = list(actions)
    days = [action.done_on for action in rows if action.done_on and counted[action.id]]
    known_since, received = _known_since(u), _received(u, min(days)) if days else []
    today = local_day(u)
    return {
        action.id: _effect(action, counted[action.id], received, today, known_since or today)
        for action in rows
    }


def _effect(
    action: Action, motif: str | None, received: Sequence[Received], today: date, known_since: date
) -> Effect | None:
    if action.done_on is None or motif is None:
        return None
    here = [one for one in received if _is_at(action, one)]
    spans = windows(action.done_on, today, known_since)
    return effect_of(_side(here, motif, spans.before), _side(here, motif, spans.after))


def _is_at(action: Action, one: Received) -> bool:
    return action.site_id in {None, one.site_id} and action.team_id in {None, one.team_id}


def _side(received: Sequence[Received], motif: str, span: tuple[date, date]) -> Side:
    first, last = span
    inside = [one for one in received if first <= one.day <= last]
    return Side(
        first,
        last,
        n=sum(one.n for one in inside if one.motif == motif),
        of_all=sum(one.n for one in inside),
        sorted_n=sum(one.n for one in inside if one.motif is not None),
    )


def _known_since(u: Unit) -> date | None:
    """The day of the first complaint that has a motif; None while none has."""
    is_its = (CaseFact.structure_id == Case.structure_id) & (CaseFact.case_id == Case.id)
    wanted = select(CaseFact.received_on).join(Case, is_its)
    wanted = wanted.where(CaseFact.kind == Kind.COMPLAINT, Case.motif.is_not(None))
    return u.one(wanted.order_by(CaseFact.received_on).limit(1))


def _received(u: Unit, earliest: date) -> list[Received]:
    """Complaints from a year before that day on, without those sent twice and what is no real message."""
    is_its = (CaseFact.structure_id == Case.structure_id) & (CaseFact.case_id == Case.id)
    by = (CaseFact.received_on, CaseFact.site_id, CaseFact.team_id, Case.motif)
    wanted = (
        select(*by, func.count())
        .join(Case, is_its)
        .where(CaseFact.kind == Kind.COMPLAINT, CaseFact.received_on >= earliest - WINDOW, is_owed())
    )
    return [Received(*row) for row in u.rows(wanted.group_by(*by))]
