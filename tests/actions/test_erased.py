"""A case whose words are gone, wherever it stood: nobody is asked to do anything about it, no figure tells.

What a team does among itself keeps no words longer.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from learning import leading
from sqlalchemy import select
from staff import signed_in

from portal.cases.actions import Filing, Given, take
from portal.cases.beside import name_person
from portal.cases.chain import Author, verify
from portal.cases.erasing import CONTACTS, forget_words, quiet_cases
from portal.cases.errands import BodyGiven, PassedOn, add_body
from portal.cases.filing import file
from portal.cases.learning import choose_motif, founded_without_follow_up
from portal.cases.models import CaseFact, PartnerCase
from portal.cases.partners import PartnerGiven, partner_of
from portal.cases.queries import case_by_id
from portal.cases.replay import drifted
from portal.cases.rules import STEPS, Actor, CaseState, Finding, Kind, Outcome
from portal.cases.standing import SIDE_EVENTS
from portal.cases.ways import BodyKind, Consent
from portal.cases.worklist import Sought, work_list
from portal.people.rules import Role
from portal.protection.requests import Asked, enter, erase, requests
from portal.protection.rights import Proof, Right
from portal.tenancy.queries import local_day
from portal.web.house import house

if TYPE_CHECKING:
    from uuid import UUID

    from build import World

    from portal.core.db import Scope, Unit

PARTNER = PartnerGiven("M. Durand, gardien", "Loc. Mme Quittenbaum")


def filed(world: World, language: str = "fr", partner: PartnerGiven | None = None) -> UUID:
    """A complaint that came with a number to call."""
    filing = Filing(
        Kind.COMPLAINT,
        "Personne",
        language,
        world.lyon.site.id,
        language.encode(),
        contact_kind="phone",
        contact="06 41 88 02 73",
        partner=partner,
    )
    with world.app.app_context():
        return file(world.database, house().hasher, world.lyon.scope, filing).case_id


def asked(case_id: UUID | None = None) -> Asked:
    """A request to erase."""
    return Asked(Right.ERASURE, Proof.RECEIPT, date(2027, 3, 22), who="Q.", asked="", case_id=case_id)


def lead_of(world: World) -> Scope:
    """Somebody who leads at Lyon."""
    return leading(signed_in(world))


def facts(u: Unit, case_id: UUID) -> CaseFact:
    """What figures know of a case."""
    return next(row for row in u.all(select(CaseFact)) if row.case_id == case_id)


def test_an_open_case_ends_the_same_in_every_language(sqlite_world: World) -> None:
    lead, cases = lead_of(sqlite_world), [filed(sqlite_world, one) for one in ("fr", "ar")]
    with sqlite_world.database.transaction(lead) as u:
        for case_id in cases:
            erase(u, enter(u, asked(case_id)).number)
        assert verify(u) is None
    with sqlite_world.database.reading(lead) as u:
        assert list(drifted(u)) == []
        for case_id in cases:
            case, told = case_by_id(u, case_id), facts(u, case_id)
            assert (case.state, case.outcome, case.call_on) == (CaseState.CLOSED, Outcome.WITHDRAWN, None)
            assert (told.is_open, told.answered_on, told.answer_due_on) == (False, None, None)
        assert work_list(u, Sought(today=date(2028, 1, 1))) == []


def test_what_was_late_before_stays_late(sqlite_world: World) -> None:
    case_id = filed(sqlite_world)
    sqlite_world.clock.advance(timedelta(days=90))
    with sqlite_world.database.transaction(lead_of(sqlite_world)) as u:
        forget_words(u, case_id, Author("job"))
        due = facts(u, case_id).answer_due_on
        assert due is not None
        assert due < local_day(u)


@pytest.mark.parametrize("contested", [False, True])
def test_an_answered_case_is_erased_by_whoever_answered_it(sqlite_world: World, *, contested: bool) -> None:
    lead, case_id = lead_of(sqlite_world), filed(sqlite_world)
    signed_in(sqlite_world, Role.DIRECTOR, email="dir@exemple.test", name="Direction")
    with sqlite_world.database.transaction(lead) as u:
        take(u, case_id, "acknowledge")
        take(u, case_id, "answer", Given("Fait.", "fr", finding=Finding.UPHELD))
    if contested:
        with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
            take(u, case_id, "contest", Given("Non", "fr"), who=Actor.FILER)
    with sqlite_world.database.transaction(lead) as u:
        erase(u, enter(u, asked(case_id)).number)
        told = facts(u, case_id)
        assert told.outcome is (Outcome.WITHDRAWN if contested else Outcome.ANSWERED)
        assert (told.is_open, told.answered_on) == (False, date(2027, 3, 24))
        assert told.answer_due_on is not None  # the answer was given: its day stays a figure
        assert list(drifted(u)) == []


def test_nobody_is_asked_again_about_words_that_are_gone(sqlite_world: World) -> None:
    lead, case_id = lead_of(sqlite_world), filed(sqlite_world)
    with sqlite_world.database.transaction(lead) as u:
        body = add_body(u, BodyGiven("Bailleur", BodyKind.LANDLORD, ""))
        errand = PassedOn(body.id, Consent.WRITTEN, None, date(2027, 4, 20))
        take(u, case_id, "pass_on", Given(errand=errand))
        take(u, case_id, "answer", Given("Fait.", "fr", finding=Finding.UPHELD))
        take(u, case_id, "close", Given(outcome=Outcome.ANSWERED, finding=Finding.UPHELD))
        assert [one.id for one in work_list(u, Sought(today=date(2028, 1, 1)))] == [case_id]
        assert [one.id for one in founded_without_follow_up(u)] == [case_id]
        forget_words(u, case_id, Author("job"))
        assert (case_by_id(u, case_id).check_on, case_by_id(u, case_id).call_on) == (None, None)
        assert (work_list(u, Sought(today=date(2028, 1, 1))), founded_without_follow_up(u)) == ([], [])
        assert facts(u, case_id).passed_on_known == 0  # what became of it, nobody ever learnt
        assert list(drifted(u)) == []


def test_what_a_partner_calls_it_goes_with_the_words(sqlite_world: World) -> None:
    case_id = filed(sqlite_world, partner=PARTNER)
    with sqlite_world.database.transaction(lead_of(sqlite_world)) as u:
        assert partner_of(u, case_id) == PARTNER
        forget_words(u, case_id, Author("job"))
        assert partner_of(u, case_id) is None
        (row,) = u.all(select(PartnerCase))
        assert (row.organisation, row.reference) == ("", "")


def test_what_a_team_does_among_itself_keeps_no_words_longer(sqlite_world: World) -> None:
    lead, case_id = lead_of(sqlite_world), filed(sqlite_world)
    with sqlite_world.database.transaction(lead) as u:
        take(u, case_id, "dismiss", Given("Rien à faire.", "fr", outcome=Outcome.WITHDRAWN))
        ended = u.now
    sqlite_world.clock.advance(timedelta(days=400))
    with sqlite_world.database.transaction(lead) as u:
        choose_motif(u, case_id, "work.absence")
        take(u, case_id, "note", Given("Vu en équipe.", "fr"))
        (case,) = quiet_cases(u, ended)
        assert (case.id, case.since) == (case_id, ended)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        take(u, case_id, "reopen", who=Actor.FILER)
        assert quiet_cases(u, ended) == []


def test_every_event_is_a_contact_or_is_not() -> None:
    inside = (SIDE_EVENTS | {step.verb for step in STEPS}) - CONTACTS
    assert inside == {
        *("translated", "person_named", "motif_chosen", "action_opened", "no_action", "erased"),
        *("note", "conclude"),
    }


def test_requests_are_numbered_past_those_that_their_writer_cannot_see(world: World) -> None:
    lead, case_id = lead_of(world), filed(world)
    boss = signed_in(world, Role.DIRECTOR, email="dir@exemple.test", name="Direction")
    with world.database.transaction(lead) as u:
        name_person(u, case_id, boss.person_id)
        assert enter(u, asked(case_id)).number == 1
    with world.database.transaction(boss.scope) as u:
        assert enter(u, asked()).number == 2
        assert [row.number for row in requests(u)] == [2]
