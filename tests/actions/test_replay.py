"""Whatever people do to cases, the stored rows equal the replay of the events, and the chain holds.

Hypothesis draws the verbs, their order and the time between them. The suite takes fewer steps than
`PORTAL_TEST_LONG=1`, which takes 200 runs of 40.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from build import World
from conftest import NOON
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from staff import signed_in

from portal.cases.actions import Filing, Given, take
from portal.cases.chain import Author, append, verify
from portal.cases.errands import BodyGiven, Looked, PassedOn, Tried, add_body
from portal.cases.filing import file
from portal.cases.jobs import auto_close, expire_pauses
from portal.cases.models import Case, CaseEvent, CaseFact, Clock
from portal.cases.queries import case_by_id
from portal.cases.replay import differences, drifted
from portal.cases.rules import STEPS, Actor, Finding, Kind, Outcome
from portal.cases.standing import Happened
from portal.cases.ways import BodyKind, Checked, Consent, Reached, Told
from portal.core.clock import FixedClock
from portal.core.errors import Refused
from portal.people.rules import Role
from portal.web.house import KEY

if TYPE_CHECKING:
    from uuid import UUID

    from portal.cases.errands import Errand


LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
RUNS, MOVES = (200, 40) if LONG else (12, 20)
VERBS = sorted({step.verb for step in STEPS})


class Casework(RuleBasedStateMachine):
    """Filers, handlers, leads and the job, in any order, over months."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(TemporaryDirectory()))
        shutil.copy(self.template, folder / "portal.db")
        self.clock = FixedClock(NOON)
        made = World.made(f"sqlite:///{folder / 'portal.db'}", self.clock, folder)
        self.world = self.stack.enter_context(made)
        self.lead = signed_in(self.world, Role.QUALITY_LEAD)
        self.cases: list[UUID] = []
        with self.world.database.transaction(self.lead.scope) as u:
            self.body = add_body(u, BodyGiven("Bailleur", BodyKind.LANDLORD, "")).id
        self.file(Kind.COMPLAINT)

    @rule(kind=st.sampled_from(Kind))
    def file(self, kind: Kind) -> None:
        """Somebody files."""
        nonce = len(self.cases).to_bytes(4)
        filing = Filing(kind, "Un texte", "fr", self.world.lyon.site.id, nonce)
        hasher = self.world.app.extensions[KEY].hasher
        self.cases.append(file(self.world.database, hasher, self.world.lyon.scope, filing).case_id)

    @rule(hours=st.integers(1, 24 * 12))
    def wait(self, hours: int) -> None:
        """Time passes, and the jobs run."""
        self.clock.advance(timedelta(hours=hours))
        with self.world.database.transaction(self.world.lyon.scope) as u:
            expire_pauses(u)
            auto_close(u)

    @rule(verb=st.sampled_from(VERBS), nth=st.integers(0, 4), by_filer=st.booleans())
    def step(self, verb: str, nth: int, *, by_filer: bool) -> None:
        """Somebody takes a step; one that the table does not allow changes nothing."""
        case_id = self.cases[nth % len(self.cases)]
        given = Given(
            "Un mot",
            "fr",
            outcome=Outcome.ANSWERED,
            finding=Finding.PARTLY,
            errand=self.errand(verb, is_last=bool(nth % 2)),
        )
        scope = self.world.lyon.scope if by_filer else self.lead.scope
        try:
            with self.world.database.transaction(scope) as u:
                take(u, case_id, verb, given, who=Actor.FILER if by_filer else None)
        except Refused:
            pass

    def errand(self, verb: str, *, is_last: bool) -> Errand | None:
        """What goes out with a step, if anything does; the last look, or one before another."""
        today = self.clock.now().date()
        later = None if is_last else today + timedelta(days=9)
        errands: dict[str, Errand] = {
            "pass_on": PassedOn(self.body, Consent.CALL, None, today + timedelta(days=5)),
            "check": Looked(self.body, Checked.NO_ANSWER, later),
            "reach": Tried(Told.CALL, Reached.REACHED if is_last else Reached.LEFT_MESSAGE, later),
        }
        return errands.get(verb)

    @invariant()
    def the_rows_are_what_the_events_say(self) -> None:
        """Row, clocks and facts of every case equal the replay."""
        with self.world.database.reading(self.world.lyon.scope) as u:
            for case_id in self.cases:
                assert differences(u, case_by_id(u, case_id)) == []
            for fact in u.all(select(CaseFact)):
                assert (fact.answer_net_days or 0) <= (fact.answer_gross_days or 0)

    def teardown(self) -> None:
        """At the end the chain holds from first to last."""
        with self.world.database.reading(self.world.lyon.scope) as u:
            assert verify(u) is None
        self.stack.close()


def test_rows_clocks_and_facts_are_the_replay_of_the_events(sqlite_template: Path) -> None:
    machine = type("Casework", (Casework,), {"template": sqlite_template})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=MOVES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def filed(world: World) -> UUID:
    """One complaint."""
    filing = Filing(Kind.COMPLAINT, "Un texte", "fr", world.lyon.site.id, b"once")
    return file(world.database, world.app.extensions[KEY].hasher, world.lyon.scope, filing).case_id


@pytest.mark.parametrize("fault", ["state", "clock", "fact"])
def test_a_row_that_drifted_from_its_events_is_found(sqlite_world: World, fault: str) -> None:
    case_id = filed(sqlite_world)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        assert differences(u, case_by_id(u, case_id)) == []
        if fault == "state":
            case_by_id(u, case_id).version += 1
        elif fault == "clock":
            clock = u.all(select(Clock).where(Clock.case_id == case_id))[0]
            clock.target_days += 1
        else:
            facts = u.all(select(CaseFact))[0]
            facts.reopened += 1
        u.session.flush()
        assert differences(u, case_by_id(u, case_id)) != []
        assert len(list(drifted(u))) == 1


def test_a_chain_with_a_foreign_event_is_found(sqlite_world: World) -> None:
    case_id = filed(sqlite_world)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        assert verify(u) is None
        append(u, case_id, Happened("note", u.now, {}), Author("staff"))
        assert verify(u) is None
        forged = CaseEvent(
            id=case_id,
            case_id=case_id,
            number=3,
            type="answer",
            actor_kind="staff",
            actor_id=None,
            occurred_at=u.now,
            recorded_at=u.now,
            payload={},
            digest=b"\0" * 32,
        )
        u.add(forged)
        broken = verify(u)
        assert broken is not None
        assert (broken.number, broken.reason) == (3, "changed")
        assert u.one(select(Case.id)) == case_id
