"""What is held outlives its time and is told of; words of the plan go after a cycle, and no figure moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from mailing import in_folder
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from staff import signed_in
from walls.planting import planted_at
from walls.siege import unwalled
from walls.test_at_rest import MARK
from walls.test_purge import BEGAN, closed

from portal.cases.beside import name_person
from portal.cases.models import Case
from portal.certification.actions import Decided, finish, open_action, take_up
from portal.certification.models import Action, ActionStep, Observation, Review
from portal.certification.observing import answer, observe
from portal.certification.queries import action_by_number, what_of
from portal.certification.report import Span
from portal.certification.reviewing import close_review, open_review
from portal.certification.rules import Observed
from portal.core.errors import Invalid, Refused
from portal.core.schema import table_of
from portal.insight.queries import figures
from portal.insight.selection import Selection
from portal.jobs import PLAN, purge_all, tell_of_week
from portal.people.rules import Role
from portal.protection.finding import AHEAD, coming
from portal.protection.holding import LONGEST, end_hold, hold_case, hold_register, holds, renew_hold
from portal.protection.queries import destroyed
from portal.protection.requests import Asked, enter, erase
from portal.protection.rights import Proof, Right
from portal.protection.rules import HELD, Kept
from portal.records.models import PastCase
from portal.tenancy.queries import local_day

if TYPE_CHECKING:
    from pathlib import Path

    from build import World
    from walls.planting import Planted

    from portal.core.db import Unit

PAGE = "/s/passerelle/settings/retention"


def grown(world: World) -> Planted:
    """One closed case, long ago."""
    world.clock.set(BEGAN)
    planted = planted_at(world, world.lyon, MARK)
    closed(world, planted)
    return planted


@pytest.fixture
def planted(world: World) -> Planted:
    """The same on both engines."""
    return grown(world)


def worded(world: World, reference: str) -> bool:
    """Whether a case has its words."""
    with world.database.reading(world.lyon.scope) as u:
        return u.one(select(Case.key_wrapped).where(Case.reference == reference)) is not None


def nightly(world: World) -> int:
    """How many things the job destroys tonight."""
    with world.database.transaction(world.lyon.scope) as u:
        return purge_all(u)


def rules(world: World) -> dict[str, int]:
    """The log: how many things by line."""
    with world.database.reading(world.lyon.scope) as u:
        return {row.rule: row.things for row in destroyed(u)}


def test_what_is_held_stays_until_its_last_day_and_the_log_says_so_once(
    world: World, planted: Planted
) -> None:
    world.clock.advance(timedelta(days=700))
    until = world.clock.now().date() + timedelta(days=90)
    with world.database.transaction(planted.lead) as u:
        hold_case(u, planted.reference.lower(), "Plainte devant le tribunal", until)
        assert not {Kept.CASE, Kept.CASE_ASIDE} & coming(u).keys()
    world.clock.advance(timedelta(days=60))
    for _ in range(3):
        nightly(world)
    assert worded(world, planted.reference)
    assert rules(world)[HELD] == 1
    assert not {"case", "case_aside", "contact"} & rules(world).keys()
    world.clock.set(datetime(until.year, until.month, until.day, 20, tzinfo=UTC))
    nightly(world)
    assert worded(world, planted.reference), "the last day still holds"
    world.clock.advance(timedelta(days=1))
    nightly(world)
    assert not worded(world, planted.reference)
    with world.database.reading(world.lyon.scope) as u:
        assert list(holds(u)) == []


@pytest.mark.parametrize("what", ["case", "register"])
def test_two_presses_at_once_hold_it_once(world: World, planted: Planted, what: str) -> None:
    until, refused = world.clock.now().date() + timedelta(days=9), []

    def hold(u: Unit) -> None:
        if what == "case":
            hold_case(u, planted.reference, "Litige", until)
        else:
            hold_register(u, planted.ids["register_id"], "Litige", until)

    def press() -> None:
        try:
            with world.database.transaction(planted.lead) as u:
                hold(u)
        except Invalid as fault:
            refused.append(fault.facts["reason"])

    second = Thread(target=press)
    with world.database.transaction(planted.lead) as u:
        hold(u)
        second.start()
        second.join(0.3)  # by now it waits for what the first one locked
    second.join()
    assert refused == ["held"]
    with world.database.reading(planted.lead) as u:
        assert len(holds(u)) == 1


def test_what_is_held_meanwhile_is_not_erased(world: World, planted: Planted) -> None:
    until, refused = world.clock.now().date() + timedelta(days=9), []
    with world.database.transaction(planted.lead) as u:
        of_case = u.all(select(Case.id).where(Case.reference == planted.reference))[0]
        asked = Asked(Right.ERASURE, Proof.RECEIPT, local_day(u), who="Karim", asked="", case_id=of_case)
        number = enter(u, asked).number

    def press() -> None:
        try:
            with world.database.transaction(planted.lead) as u:
                erase(u, number)
        except Refused as refusal:
            refused.append(str(refusal))

    second = Thread(target=press)
    with world.database.transaction(planted.lead) as u:
        hold_case(u, planted.reference, "Litige", until)
        second.start()
        second.join(0.3)
    second.join()
    assert refused
    assert worded(world, planted.reference)


def test_a_hold_that_is_ended_or_renewed(world: World, planted: Planted) -> None:
    world.clock.advance(timedelta(days=760))
    today = world.clock.now().date()
    with world.database.transaction(planted.lead) as u:
        row = hold_case(u, planted.reference, "Litige", today + timedelta(days=5))
        renew_hold(u, row.id, today + LONGEST)
        for bad in (None, today - timedelta(days=1), today + LONGEST + timedelta(days=1)):
            with pytest.raises(Invalid):
                renew_hold(u, row.id, bad)
    nightly(world)
    with world.database.transaction(planted.lead) as u, pytest.raises(Refused, match="held"):
        erase(u, planted.number)
    with world.database.transaction(planted.lead) as u:
        end_hold(u, row.id)
    nightly(world)
    assert not worded(world, planted.reference)


def test_it_is_announced_a_month_before_on_the_page_and_in_the_week_s_mail(
    sqlite_world: World, tmp_path: Path
) -> None:
    world, planted = sqlite_world, grown(sqlite_world)
    world.clock.set(datetime(2026, 2, 1, 8, 30, tzinfo=UTC))
    nightly(world)
    with world.database.reading(planted.lead) as u:
        assert Kept.CASE not in coming(u, PLAN), "what is kept for two years has seven weeks left"
    world.clock.set(datetime(2026, 3, 9, 8, 30, tzinfo=UTC))  # a Monday, eleven days before
    with world.database.reading(world.lyon.scope) as u:
        announced = coming(u, PLAN)
    assert announced == dict.fromkeys((Kept.CASE, Kept.ANSWER_WORDS, Kept.PAST_WORDS, Kept.THANKS_WORDS), 1)
    page = signed_in(world, email="camille.soon@passerelle.example").get(PAGE).text
    assert 'id="soon"' in page
    with world.database.transaction(world.lyon.scope) as u:
        assert tell_of_week(u) >= 1
    texts = [mail.get_content() for mail in in_folder(world, tmp_path)]
    told = [text for text in texts if "/settings/retention" in text]
    assert told
    assert "4 éléments" in told[0]
    world.clock.advance(AHEAD)
    nightly(world)
    gone = rules(world)
    assert {kept: gone[kept] for kept in announced} == announced


def test_words_of_the_plan_go_after_a_cycle_and_every_figure_stays(world: World, planted: Planted) -> None:
    with world.database.transaction(planted.lead) as u:
        day = u.now.date()
        action = open_action(u, Decided("Voir Mme Quittenbaum", planted.colleague.person_id, day))
        finish(u, action.id, "Mme Quittenbaum a été reçue")
        seen = observe(u, Observed.IDEA, "Chez Quittenbaum")
        answer(u, seen.id, "Merci pour Quittenbaum")
        review = open_review(u, day, Span(day - timedelta(days=30), day - timedelta(days=1)))
        number, review_id = action.number, review.id
    with world.database.transaction(planted.lead) as u:
        close_review(u, review_id, "Quittenbaum absent", planted.colleague.person_id)
    chosen = Selection(date(2023, 1, 1), date(2032, 12, 31))

    def told() -> str:
        with world.database.reading(planted.lead) as u:
            rows = u.rows(select(Action.number, Action.due_on, Action.done_on).order_by(Action.number))
            columns = (ActionStep.number, ActionStep.act, ActionStep.due_on)
            steps = u.rows(select(*columns).order_by(ActionStep.id))
            frozen = u.rows(select(Review.number, Review.closed_at, Review.figures))
            return repr((figures(u, chosen).values, rows, steps, frozen))

    world.clock.advance(timedelta(days=59 * 31))
    before = told()
    world.clock.advance(timedelta(days=31))
    nightly(world)
    lines = rules(world)
    assert lines[Kept.ACTION_WORDS] == 1, "the one that is done; those that are open stay"
    assert lines[Kept.REVIEW_WORDS] == 1
    assert lines[Kept.OBSERVATION_WORDS] == 2
    assert told() == before
    with world.database.reading(planted.lead) as u:
        assert what_of(u, action_by_number(u, number)) == ""
        assert u.all(select(ActionStep.id).where(ActionStep.words_sealed.is_not(None))) == []
        assert u.all(select(Observation.id).where(Observation.words_sealed != b"")) == []
        assert u.all(select(Review.id).where(Review.words_sealed.is_not(None))) == []
    # Taken up again afterwards: the words of that have an end of their own.
    with world.database.transaction(planted.lead) as u:
        take_up(u, action.id, "Mme Quittenbaum revient")
        finish(u, action.id, "Quittenbaum encore")
    nightly(world)
    with world.database.reading(planted.lead) as u:
        assert len(u.all(select(ActionStep.id).where(ActionStep.words_sealed.is_not(None)))) == 2
    world.clock.advance(timedelta(days=61 * 31))
    nightly(world)
    with world.database.reading(planted.lead) as u:
        assert u.all(select(ActionStep.id).where(ActionStep.words_sealed.is_not(None))) == []
        last = destroyed(u)[0]
        assert (last.rule, last.things, last.pieces) == (Kept.ACTION_WORDS, 1, {"texts": 2})
    page = signed_in(world, email="cycle@passerelle.example").get(f"/s/passerelle/actions/{number}").text
    assert "Texte effacé" in page
    frozen(world)


def frozen(world: World) -> None:
    """The database lets words go from what is never changed, and nothing else, nor other words come."""
    step, review = table_of(ActionStep), table_of(Review)
    engine = unwalled(world.database.engine.url.render_as_string(hide_password=False))
    for table, change in (
        (step, {"words_sealed": b"other"}),
        (step, {"number": 77}),
        (review, {"words_sealed": b"other"}),
        (review, {"number": 77}),
        (review, {"figures": {"n": 1}}),
    ):
        alone = review.c.closed_at if table is review else step.c.at
        with engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(update(table).where(alone.is_not(None)).values(change))
    engine.dispose()


def test_a_register_that_is_held_outlives_its_time_and_is_not_taken_back(sqlite_world: World) -> None:
    world, planted = sqlite_world, grown(sqlite_world)
    register = planted.ids["register_id"]
    lead = signed_in(world, email="hold@passerelle.example")
    given = {"reference": "", "register": str(register), "reason": "Litige", "until": "2025-03-01"}
    assert lead.post(f"{PAGE}/holds", **given).status_code == 303
    assert lead.post(f"/s/passerelle/records/{register}/undo").status_code == 409
    with world.database.transaction(planted.lead) as u:
        (row,) = holds(u)
        world.clock.advance(timedelta(days=340))
    for _ in range(3):  # renewed year after year
        with world.database.transaction(planted.lead) as u:
            renew_hold(u, row.id, world.clock.now().date() + LONGEST)
        world.clock.advance(timedelta(days=360))
        nightly(world)
    with world.database.reading(planted.lead) as u:
        assert u.all(select(PastCase.id).where(PastCase.words_sealed.is_not(None)))
    with world.database.transaction(planted.lead) as u:
        end_hold(u, row.id)
    nightly(world)
    with world.database.reading(planted.lead) as u:
        assert not u.all(select(PastCase.id).where(PastCase.words_sealed.is_not(None)))


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "reference"),
    ({"reference": "PAS-1999-000001"}, "reference"),
    ({"reference": "{ours}", "reason": " "}, "reason"),
    ({"reference": "{ours}", "until": "2020-01-01"}, "until"),
    ({"reference": "{ours}", "until": "2031-01-01"}, "until"),
    ({"reference": "{ours}", "register": "x"}, "register"),
)


def test_what_cannot_be_held_is_told_at_its_field(sqlite_world: World) -> None:
    planted = grown(sqlite_world)
    lead = signed_in(sqlite_world, email="hold@passerelle.example")
    for fields, wrong in WRONG:
        given = {"register": "", "reason": "Litige", "until": "2024-09-01", **fields}
        page = lead.post(
            f"{PAGE}/holds", **{name: value.format(ours=planted.reference) for name, value in given.items()}
        )
        assert (page.status_code, f'href="#{wrong}"' in page.text) == (422, True), fields


def test_a_hold_is_made_renewed_and_ended_on_the_page_and_hidden_from_whom_the_case_names(
    sqlite_world: World,
) -> None:
    world, planted = sqlite_world, grown(sqlite_world)
    lead = signed_in(world, email="hold@passerelle.example")
    given = {"reference": planted.reference, "register": "", "reason": "Litige secret", "until": "2024-09-01"}
    assert lead.post(f"{PAGE}/holds", **given).status_code == 303
    assert lead.post(f"{PAGE}/holds", **given).status_code == 422
    page = lead.get(PAGE).text
    assert "Litige secret" in page
    assert "1er septembre 2024" in page
    renew = next(part for part in page.split('"') if part.endswith("/renew"))
    assert lead.post(renew, until="2024-12-01").status_code == 303
    assert lead.post(renew, until="").status_code == 422
    assert "1er décembre 2024" in lead.get(PAGE).text
    with world.database.transaction(world.lyon.scope) as u:
        case = u.one(select(Case).where(Case.reference == planted.reference))
        assert case is not None
        name_person(u, case.id, lead.person_id)
    assert "Litige secret" not in lead.get(PAGE).text
    assert lead.post(renew.replace("/renew", "/end")).status_code == 404
    other = signed_in(world, Role.DIRECTOR, email="boss@passerelle.example")
    assert other.post(renew.replace("/renew", "/end")).status_code == 303
    assert other.post(renew.replace("/renew", "/end")).status_code == 409
