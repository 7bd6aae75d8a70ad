"""The stored rows beside what the events say: proof that row, clocks and facts are a true cache of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.models import Case, CaseFact, Clock
from portal.cases.queries import frame_of, standing_of
from portal.cases.standing import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from portal.core.db import Unit

_CACHED = (
    "state",
    "outcome",
    "finding",
    "version",
    "due_on",
    "motif",
    "registered_at",
    "check_on",
    "call_on",
    "told_at",
    "told_how",
)
_BATCH = 200


def drifted(u: Unit) -> Iterator[str]:
    """`reference: names` for each case whose rows are not what its events say; nothing when all are.

    Read it as nobody in particular: to a person, cases that name them do not exist.
    """
    after: UUID | None = None
    while cases := _after(u, after):
        for case in cases:
            names = differences(u, case)
            if names:
                yield f"{case.reference}: {', '.join(names)}"
        after = cases[-1].id
        u.session.expunge_all()  # a year of cases need not stay in memory


def differences(u: Unit, case: Case) -> list[str]:
    """Where row, clocks and facts of a case differ from the replay of its events, as names of columns."""
    replayed = standing_of(u, case)
    found = [name for name in _CACHED if getattr(replayed, name) != getattr(case, name)]
    clocks = {clock.name: clock for clock in u.all(select(Clock).where(Clock.case_id == case.id))}
    found += [f"{name}.missing" for name in replayed.clocks.keys() ^ clocks.keys()]
    for name in replayed.clocks.keys() & clocks.keys():
        columns = asdict(replayed.clocks[name])
        found += [f"{name}.{key}" for key, value in columns.items() if getattr(clocks[name], key) != value]
    facts = u.one(select(CaseFact).where(CaseFact.case_id == case.id))
    wanted = asdict(facts_of(frame_of(u, case), replayed))
    return found + [f"fact.{key}" for key, value in wanted.items() if getattr(facts, key, None) != value]


def _after(u: Unit, case_id: UUID | None) -> list[Case]:
    wanted = select(Case).order_by(Case.id).limit(_BATCH)
    return list(u.all(wanted if case_id is None else wanted.where(Case.id > case_id)))
