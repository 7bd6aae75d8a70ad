"""What the events of a case add up to, counted by hand on the calendar of March 2027.

1 March 2027 is a Monday; the place works on weekdays. A complaint is read in 2 working days, met with first
words in 5 and answered in 10, unless the policy says otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.cases.rules import STEPS, CaseState, ClockName, Finding, Kind, Outcome
from portal.cases.standing import Frame, Happened, Standing, facts_of, fold
from portal.core.errors import Tampered
from portal.core.worktime import WorkCalendar
from portal.tenancy.rules import DEFAULT_OPENING

PARIS = ZoneInfo("Europe/Paris")
FRAME = Frame(WorkCalendar("Europe/Paris", DEFAULT_OPENING, {}, {}), {})
OPEN = {ClockName.ACK, ClockName.FIRST_RESPONSE, ClockName.ANSWER}


def at(day: int, hour: int = 10) -> datetime:
    """An hour of March 2027 at the place."""
    return datetime(2027, 3, day, hour, tzinfo=PARIS)


ERRANDS: dict[str, dict[str, str]] = {
    "pass_on": {"body": "b1", "on": "2027-03-02", "consent": "call", "next_check": "2027-03-12"},
    "check": {"body": "b1", "checked": "no_answer", "on": "2027-03-12", "next_check": "2027-03-22"},
    "reach": {"how": "call", "reached": "no_answer", "next_try": "2027-03-05"},
}
"""What the events of errands say, unless a test says otherwise."""


def told(*steps: tuple[object, ...], kind: Kind = Kind.COMPLAINT, frame: Frame = FRAME) -> Standing:
    """Where a case of 1 March stands after these steps: verb, day, and the payload if there is one."""
    events = [Happened("filed", at(1), {"kind": kind.value})]
    events += [
        Happened(str(verb), at(int(str(day))), *(rest or (ERRANDS.get(str(verb), {}),)))
        for verb, day, *rest in steps
    ]
    return fold(frame, events)


def kept(standing: Standing) -> dict[str, tuple[date, int | None, int | None]]:
    """Of each clock that was stopped: on which day, in how many working days, gross and net."""
    return {
        name.value: (clock.stopped_at.astimezone(PARIS).date(), clock.gross_days, clock.net_days)
        for name, clock in standing.clocks.items()
        if clock.stopped_at
    }


def march(day: int) -> date:
    return date(2027, 3, day)


def test_a_complaint_begins_with_three_promises() -> None:
    standing = told()
    assert {name.value: clock.due_on for name, clock in standing.clocks.items()} == {
        "ack": march(3),
        "first_response": march(8),
        "answer": march(15),
    }
    assert all(clock.started_at == at(1) and clock.stopped_at is None for clock in standing.clocks.values())
    assert [clock.target_days for clock in standing.clocks.values()] == [2, 5, 10]
    assert (standing.state, standing.version, standing.received_at) == (CaseState.RECEIVED, 1, at(1))
    assert (standing.due_on, standing.first_answer_due_on) == (march(3), march(15))
    assert (standing.kind, standing.pauses, standing.is_paused) == (Kind.COMPLAINT, (), False)
    assert (standing.outcome, standing.finding, standing.handler_id) == (None, None, None)
    assert (standing.answered_at, standing.closed_at, standing.reopened) == (None, None, 0)
    assert standing.first_answer is None


def test_words_of_thanks_are_read_and_no_more() -> None:
    standing = told(kind=Kind.THANKS)
    assert set(standing.clocks) == {ClockName.ACK}
    assert (standing.due_on, standing.first_answer_due_on) == (march(3), None)
    settled = told(("settle", 2), kind=Kind.THANKS)
    assert (settled.state, settled.outcome, settled.closed_at) == (CaseState.CLOSED, None, at(2))
    assert (settled.due_on, settled.first_answer) == (None, None)
    assert kept(settled) == {"ack": (march(2), 1, 1)}


def test_the_policy_of_the_place_makes_the_promises() -> None:
    targets = {"complaint": {"ack_days": 1, "first_response_days": 3, "answer_days": 4}}
    standing = told(frame=Frame(FRAME.calendar, targets))
    assert [clock.due_on for clock in standing.clocks.values()] == [march(2), march(4), march(5)]


@pytest.mark.parametrize("verb", [step.verb for step in STEPS])
def test_a_step_ends_its_clocks_and_no_other_and_leads_to_its_state(verb: str) -> None:
    [step] = [step for step in STEPS if step.verb == verb]
    standing = told((verb, 3))
    assert {clock.value for clock in step.stops} == set(kept(standing))
    assert all(days == (march(3), 2, 2) for days in kept(standing).values())
    assert standing.state is (step.to_state or CaseState.RECEIVED)
    assert standing.version == 2
    assert standing.is_paused is (verb == "ask")
    assert standing.reopened == (verb in {"contest", "reopen"})
    assert (standing.closed_at == at(3)) is (step.to_state is CaseState.CLOSED)
    assert (standing.answered_at == at(3)) is (verb == "answer")


def test_a_clock_is_stopped_once() -> None:
    standing = told(("acknowledge", 2), ("inform", 3), ("inform", 4), ("answer", 5), ("inform", 8))
    assert kept(standing) == {
        "ack": (march(2), 1, 1),
        "first_response": (march(3), 2, 2),
        "answer": (march(5), 4, 4),
    }
    assert standing.due_on is None
    assert standing.first_answer == standing.clocks[ClockName.ANSWER]


def test_while_we_wait_for_the_filer_no_answer_is_due() -> None:
    standing = told(("ask", 3))
    assert standing.is_paused
    assert (standing.due_on, standing.closed_pauses) == (None, [])
    assert facts_of(FRAME, standing).answer_due_on is None
    assert standing.clocks[ClockName.ANSWER].due_on == march(15)


def test_a_promise_to_read_is_due_even_while_we_wait_for_the_filer() -> None:
    # No step of today asks without having read: the promises are put there by hand.
    waiting = replace(told(("ask", 3)), clocks=told().clocks)
    assert (waiting.is_paused, waiting.due_on) == (True, march(3))


def test_the_days_spent_waiting_are_added_to_the_answer_s_day() -> None:
    standing = told(("ask", 3), ("reply", 5))
    assert not standing.is_paused
    assert standing.closed_pauses == [(at(3), at(5))]
    assert (standing.due_on, standing.first_answer_due_on) == (march(17), march(17))
    assert facts_of(FRAME, standing).answer_due_on == march(17)


def test_two_waits_are_added_up_and_the_net_days_leave_both_out() -> None:
    standing = told(("ask", 3), ("reply", 5), ("ask", 8), ("resume", 9), ("answer", 10))
    assert standing.closed_pauses == [(at(3), at(5)), (at(8), at(9))]
    assert standing.first_answer_due_on == march(18)
    assert kept(standing)["answer"] == (march(10), 7, 4)
    assert kept(standing)["first_response"] == (march(3), 2, 2)


def test_an_answer_ends_the_wait_that_it_comes_into() -> None:
    standing = told(("ask", 3), ("answer", 5))
    assert standing.closed_pauses == [(at(3), at(5))]
    assert kept(standing)["answer"] == (march(5), 4, 2)


@pytest.mark.parametrize("verb", ["note", "inform", "photo_added", "translated"])
def test_what_does_not_move_the_case_lets_it_wait_on(verb: str) -> None:
    standing = told(("ask", 3), (verb, 4))
    assert standing.is_paused
    assert (standing.state, standing.version) == (CaseState.WAITING_FILER, 3)


def test_a_wait_of_more_than_fifteen_days_moves_the_promise_by_fifteen() -> None:
    late = fold(
        FRAME,
        [
            Happened("filed", at(1), {"kind": "complaint"}),
            Happened("ask", at(2), {}),
            Happened("reply", datetime(2027, 4, 30, 10, tzinfo=PARIS), {}),
        ],
    )
    assert late.first_answer_due_on == date(2027, 4, 5)  # 25 working days after 1 March


def test_a_second_look_is_a_new_promise_and_the_first_answer_still_counts() -> None:
    standing = told(("answer", 3), ("contest", 4), ("ask", 5), ("reply", 8))
    answer = standing.clocks[ClockName.ANSWER]
    assert (standing.state, standing.reopened) == (CaseState.IN_PROGRESS, 1)
    assert (answer.started_at, answer.stopped_at, answer.due_on) == (at(4), None, march(19))
    assert (standing.answered_at, standing.pauses[0].since) == (None, at(5))
    assert standing.first_answer is not None
    assert standing.first_answer.stopped_at == at(3)
    assert standing.first_answer_due_on == march(15)
    facts = facts_of(FRAME, standing)
    assert (facts.answered_on, facts.answer_due_on) == (march(3), march(15))
    assert (facts.answer_net_days, facts.answer_gross_days, facts.reopened) == (2, 2, 1)


def test_a_wait_within_the_second_look_leaves_the_first_answer_s_day_told() -> None:
    standing = told(("answer", 3), ("contest", 4), ("ask", 5))
    assert standing.is_paused
    assert facts_of(FRAME, standing).answer_due_on == march(15)


def test_the_first_answer_stays_the_one_that_figures_count() -> None:
    standing = told(
        ("answer", 3), ("contest", 4), ("answer", 10), ("close", 11, {"outcome": "answered"}), ("reopen", 12)
    )
    assert standing.first_answer is not None
    assert standing.first_answer.stopped_at == at(3)
    assert (standing.reopened, standing.outcome, standing.closed_at) == (2, None, None)


def test_the_waits_of_the_first_look_do_not_count_in_the_second() -> None:
    standing = told(("ask", 2), ("reply", 4), ("answer", 5), ("contest", 8), ("answer", 12))
    answer = standing.clocks[ClockName.ANSWER]
    assert standing.pauses == ()
    assert (answer.gross_days, answer.net_days) == (4, 4)


def test_words_of_thanks_that_are_reopened_promise_no_answer() -> None:
    standing = told(("settle", 2), ("reopen", 3), ("ask", 4), ("reply", 5), kind=Kind.THANKS)
    assert set(standing.clocks) == {ClockName.ACK}
    assert (standing.first_answer_due_on, standing.reopened) == (None, 1)


def test_a_wait_that_ends_after_the_answer_moves_no_promise() -> None:
    standing = told(("answer", 3), ("ask", 4), ("reply", 8))
    assert standing.clocks[ClockName.ANSWER].due_on == march(15)
    assert standing.first_answer_due_on == march(15)


@pytest.mark.parametrize(
    ("verb", "payload", "outcome"),
    [
        ("close", {"outcome": "redirected"}, Outcome.REDIRECTED),
        ("dismiss", {"outcome": "spam"}, Outcome.SPAM),
        ("accept", {}, Outcome.ANSWERED),
        ("auto_close", {}, Outcome.ANSWERED),
        ("settle", {}, None),
    ],
)
def test_a_case_closes_with_the_outcome_that_was_said(
    verb: str, payload: dict[str, str], outcome: Outcome | None
) -> None:
    standing = told(("answer", 3), (verb, 4, payload))
    assert (standing.outcome, standing.closed_at) == (outcome, at(4))
    facts = facts_of(FRAME, standing)
    assert (facts.outcome, facts.is_open) == (outcome, False)


def test_what_was_found_stays_until_it_is_said_anew() -> None:
    standing = told(("answer", 3), ("close", 4, {"outcome": "answered", "finding": "partly"}), ("note", 5))
    assert standing.finding is Finding.PARTLY
    again = told(
        ("close", 4, {"outcome": "answered", "finding": "partly"}), ("conclude", 5, {"finding": "upheld"})
    )
    assert again.finding is Finding.UPHELD
    assert facts_of(FRAME, again).finding is Finding.UPHELD


def test_who_took_the_first_step_has_the_case_until_the_case_names_them() -> None:
    first = ("start", 2, {"handler": "aa"})
    assert told(first, ("inform", 3, {"handler": "bb"})).handler_id == "aa"
    assert told(first, ("note", 3)).handler_id == "aa"
    assert told(first, ("person_named", 3, {"person": "cc"})).handler_id == "aa"
    assert told(first, ("translated", 3, {"person": "aa"})).handler_id == "aa"
    freed = told(first, ("person_named", 3, {"person": "aa"}))
    assert (freed.handler_id, freed.version, freed.state) == (None, 3, CaseState.IN_PROGRESS)
    assert (
        told(first, ("person_named", 3, {"person": "aa"}), ("inform", 4, {"handler": "bb"})).handler_id
        == "bb"
    )


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], "none"),
        ([Happened("answer", at(1), {"kind": "complaint"})], "first"),
        (
            [
                Happened("filed", at(1), {"kind": "complaint"}),
                Happened("filed", at(2), {"kind": "complaint"}),
            ],
            "filed",
        ),
        ([Happened("filed", at(1), {"kind": "complaint"}), Happened("burn", at(2), {})], "burn"),
    ],
)
def test_events_that_no_house_wrote_are_refused(events: list[Happened], reason: str) -> None:
    with pytest.raises(Tampered) as tampered:
        fold(FRAME, events)
    assert (tampered.value.fact, tampered.value.facts) == ("events", {"reason": reason})


def test_facts_are_told_in_days_of_the_place() -> None:
    late = [
        Happened("filed", datetime(2027, 3, 1, 23, 30, tzinfo=UTC), {"kind": "complaint"}),
        Happened("inform", datetime(2027, 3, 3, 23, 30, tzinfo=UTC), {}),
        Happened("answer", datetime(2027, 3, 7, 23, 30, tzinfo=UTC), {}),
    ]
    facts = facts_of(FRAME, fold(FRAME, late))
    assert (facts.received_on, facts.answered_on) == (march(2), march(8))
    # Half past midnight of the 2nd is before closing time: that day is day zero.
    assert (facts.ack_net_days, facts.first_response_net_days, facts.answer_net_days) == (2, 2, 4)


@pytest.mark.parametrize("verb", [step.verb for step in STEPS])
def test_a_case_is_open_until_it_is_answered_or_closed(verb: str) -> None:
    standing = told((verb, 3))
    assert facts_of(FRAME, standing).is_open is (
        verb not in {"answer", "close", "dismiss", "settle", "accept", "auto_close"}
    )


def test_a_case_of_which_nothing_was_done_tells_no_days() -> None:
    facts = facts_of(FRAME, told())
    assert (facts.ack_net_days, facts.first_response_net_days, facts.answer_net_days) == (None, None, None)
    assert (facts.answer_gross_days, facts.answered_on, facts.reopened) == (None, None, 0)
    thanks = facts_of(FRAME, told(kind=Kind.THANKS))
    assert (thanks.first_response_net_days, thanks.answer_due_on) == (None, None)
