"""The steps of a case, told a second time: who may take which from where, what it asks for, what it ends.

`STEPS` decides for buttons, checks and clocks alike, so that one word changed there changes the house without
a sound. Here stands what was decided, in another form: a slip of the hand must be made twice to pass.
"""

from __future__ import annotations

from itertools import product

import pytest

from portal.cases.rules import (
    CLOSE_AFTER_DAYS,
    ENDING,
    FILER,
    HANDLERS,
    JOB,
    KINDS,
    LEADS,
    MAX_PHOTOS,
    MAX_TEXT,
    REOPEN_WITHIN_DAYS,
    RESTARTING,
    STEPS,
    Actor,
    CaseState,
    ClockName,
    Direction,
    Kind,
    steps_for,
    take_step,
)
from portal.core.errors import Refused
from portal.core.worktime import MAX_PAUSE_DAYS
from portal.people.rules import Role

LETTER = {
    "r": CaseState.RECEIVED,
    "a": CaseState.ACKNOWLEDGED,
    "p": CaseState.IN_PROGRESS,
    "f": CaseState.WAITING_FILER,
    "t": CaseState.WAITING_THIRD_PARTY,
    "n": CaseState.ANSWERED,
    "c": CaseState.CLOSED,
}
WHO: dict[str, set[Role | Actor]] = {
    "handlers": {Role.SUPERVISOR, Role.QUALITY_LEAD, Role.DIRECTOR, Role.BOARD},
    "leads": {Role.QUALITY_LEAD, Role.DIRECTOR, Role.BOARD},
    "filer": {Actor.FILER},
    "job": {Actor.JOB},
}
DECIDED = """
acknowledge   r        > a  handlers
start         ra       > p  handlers
ask           apt      > f  handlers  message
inform        apftn    > -  handlers  message
pass_on       rapt     > t  handlers  body consent on next_check
check         pftnc    > -  handlers  checked next_check
reach         rapftnc  > -  handlers  how reached next_try
wait          ap       > t  handlers
resume        ft       > p  handlers
answer        apft     > n  handlers  message
close         n        > c  handlers  outcome finding
dismiss       rapft    > c  leads     outcome message
settle        ra       > c  handlers
conclude      c        > -  handlers  finding
note          rapftnc  > -  handlers  message
reply         f        > p  filer     message
add           raptn    > -  filer     message
accept        n        > c  filer
contest       n        > p  filer
reopen        c        > p  filer
expire_pause  f        > p  job
auto_close    n        > c  job
"""
ROWS = {words[0]: words[1:] for words in (line.split() for line in DECIDED.split("\n") if line)}
ENDS = {
    "ack": "acknowledge start ask inform pass_on wait answer dismiss settle",
    "first_response": "ask inform answer dismiss",
    "answer": "answer dismiss",
}
"""Which steps end which clock: reading it, writing to the person, answering (decisions, 15)."""
KINDS_OF = {"settle": {Kind.THANKS}, "conclude": {Kind.COMPLAINT}, "reach": set(Kind) - {Kind.THANKS}}
TELLING = {"ask", "inform", "answer", "dismiss"}
FOR_THE_TEAM = {"note", "pass_on", "check", "reach"}
SPEAKING = {"reply", "add", "accept", "contest", "reopen"}


def allowed(kind: Kind, state: CaseState, who: Role | Actor) -> set[str]:
    """The verbs that were decided for them."""
    return {
        verb
        for verb, (letters, _, _, whose, *_) in ROWS.items()
        if state in {LETTER[one] for one in letters}
        and who in WHO[whose]
        and kind in KINDS_OF.get(verb, set(Kind))
    }


@pytest.mark.parametrize("who", [*Role, *Actor], ids=lambda who: who.name.lower())
def test_everybody_takes_the_steps_that_were_decided_and_no_other(who: Role | Actor) -> None:
    for kind, state in product(Kind, CaseState):
        told = [step.verb for step in steps_for(kind, state, who)]
        assert len(told) == len(set(told))
        assert set(told) == allowed(kind, state, who), (kind, state)


@pytest.mark.parametrize("who", [*Role, *Actor], ids=lambda who: who.name.lower())
def test_a_step_is_taken_exactly_where_its_button_stands(who: Role | Actor) -> None:
    for kind, state, verb in product(Kind, CaseState, [*ROWS, "unheard_of"]):
        if verb in allowed(kind, state, who):
            assert take_step(kind, state, who, verb).verb == verb
        else:
            with pytest.raises(Refused) as refused:
                take_step(kind, state, who, verb)
            assert refused.value.facts == {"verb": verb, "state": state.value}


@pytest.mark.parametrize("verb", ROWS)
def test_a_step_leads_to_its_state_and_asks_for_what_it_needs(verb: str) -> None:
    [step] = [step for step in STEPS if step.verb == verb]
    _, _, letter, _, *needs = ROWS[verb]
    assert step.to_state == LETTER.get(letter)
    assert step.needs == tuple(needs)
    assert {clock.value for clock in step.stops} == {
        name for name, verbs in ENDS.items() if verb in verbs.split()
    }
    assert step.label


def test_only_a_question_to_the_person_lets_the_answer_s_clock_rest() -> None:
    assert {step.verb for step in STEPS if step.pauses} == {"ask"}


def test_only_the_filer_asks_for_a_second_look() -> None:
    assert {"contest", "reopen"} == RESTARTING


def test_an_answer_and_a_dismissal_end_a_case() -> None:
    assert {"answer", "dismiss"} == ENDING


def test_the_filer_is_told_by_the_steps_that_write_to_them() -> None:
    assert {step.verb for step in STEPS if step.tells} == TELLING
    for step in STEPS:
        whose = Direction.FROM_FILER if step.verb in SPEAKING else Direction.TO_FILER
        assert step.direction is (Direction.NOTE if step.verb in FOR_THE_TEAM else whose)


def test_the_filer_finds_something_new_where_a_case_went_out_of_the_house() -> None:
    assert {step.verb for step in STEPS if step.is_news} == {"pass_on", "check"}
    assert {step.verb: step.waits_for for step in STEPS if step.waits_for} == {"check": "check_on"}


def test_everybody_who_handles_cases_is_named_once_more() -> None:
    assert {"handlers": HANDLERS, "leads": LEADS, "filer": FILER, "job": JOB} == WHO


def test_only_thanks_are_owed_no_answer() -> None:
    assert set(KINDS) == set(Kind)
    assert {kind for kind, row in KINDS.items() if not row.is_answered} == {Kind.THANKS}
    assert len(ClockName) == len(ENDS)


def test_the_limits_are_those_that_were_decided() -> None:
    assert (MAX_PAUSE_DAYS, CLOSE_AFTER_DAYS, REOPEN_WITHIN_DAYS) == (15, 15, 60)
    assert (MAX_TEXT, MAX_PHOTOS) == (10_000, 5)
