"""A review: its page is drawn, what blocks closing is listed, its frozen figures hold against the events."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
from insight_world import answered
from learning import complaint, decided, leading, version_on
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from staff import signed_in
from walls.addresses import signed_in_again

from portal.cases.actions import Given, take
from portal.cases.beside import name_person
from portal.cases.models import Case
from portal.cases.rules import Finding
from portal.certification.actions import finish
from portal.certification.drawing import derived, drawn
from portal.certification.models import Action, Review
from portal.certification.report import Span, from_document
from portal.certification.reviewing import close_review, open_review
from portal.core.db import Scope
from portal.people.rules import Role
from portal.questionnaires.models import Questionnaire
from portal.questionnaires.publishing import publish, shipped_set

if TYPE_CHECKING:
    from build import World
    from staff import Colleague

REVIEWS = "/s/passerelle/reviews"
APRIL = datetime(2027, 4, 12, 8, 0, tzinfo=UTC)
MARCH = Span(date(2027, 3, 1), date(2027, 3, 31))


def begun(lead: Colleague, period: str = "month") -> str:
    """The address of a new review."""
    sent = lead.post(f"{REVIEWS}/new", held_on="2027-04-12", period=period)
    assert sent.status_code == 303, sent.text
    return sent.location


def moved(world: World, who: Colleague, at: datetime) -> Colleague:
    """The colleague at another time, signed in anew: a session does not last so long."""
    world.clock.set(at)
    return signed_in_again(world, who)


def forge(world: World, scope: Scope, figures: dict[str, Any], **more: object) -> None:
    """Write other figures onto the one review there is."""
    with world.database.transaction(scope) as u:
        row = u.all(select(Review))[0]
        row.figures = figures
        for name, value in more.items():
            setattr(row, name, value)
        u.session.flush()


def test_a_review_is_a_date_and_a_period_and_its_figures_are_there(world: World) -> None:
    lead = signed_in(world)
    complaint(world, leading(lead), finding=Finding.NOT_UPHELD)
    lead = moved(world, lead, APRIL)
    form = lead.get(f"{REVIEWS}/new").text
    assert form.count('class="field') == 2
    page = lead.get(begun(lead)).text
    assert "1er mars 2027" in page
    assert "1 sur 1" in page
    assert "Pour clore" in page


def test_what_blocks_closing_is_listed_with_its_link_and_what_it_decides_is_in_the_plan(world: World) -> None:
    lead = signed_in(world)
    reference = complaint(world, leading(lead), finding=Finding.UPHELD)
    lead = moved(world, lead, APRIL)
    address = begun(lead)
    page = lead.get(address).text
    assert f"/s/passerelle/cases/{reference}#learning" in page
    assert lead.post(f"{address}/close").status_code == 422
    case = f"/s/passerelle/cases/{reference}"
    version = version_on(lead.get(case).text)
    lead.post(f"{case}/no-action", version=version, message="Fait unique")
    sent = lead.post(f"{address}/close")
    assert sent.status_code == 422, "neither a decision nor a word"
    fields = {"what": "Revoir les rondes", "who": str(lead.person_id), "when": "2027-04-20"}
    assert lead.post(f"{address}/decisions", **{**fields, "what": ""}).status_code == 422
    assert lead.post(f"{address}/decisions", **fields).status_code == 303
    assert "Revoir les rondes" in lead.get("/s/passerelle/actions").text
    assert lead.post(f"{address}/close", message="Bon trimestre").status_code == 303
    assert lead.post(f"{address}/close").status_code == 409
    assert lead.post(f"{address}/decisions", **fields).status_code == 409
    minutes = lead.get(f"{address}/minutes").text
    for words in ("Revoir les rondes", "Bon trimestre", "les mêmes chiffres"):
        assert words in minutes
    paper = lead.get(f"{address}/minutes.pdf")
    assert paper.content_type == "application/pdf"
    with pypdfium2.PdfDocument(paper.data) as document:
        (text,) = [page.get_textpage().get_text_range() for page in document]
    for words in ("Revoir les rondes", "Bon trimestre", "les mêmes chiffres", "1 sur 1"):
        assert words in text.replace("\r\n", " ")
    # The next review opens with it, and is blocked by it once it is late.
    lead = moved(world, lead, APRIL + timedelta(days=30))
    sent = lead.post(f"{REVIEWS}/new", held_on="2027-05-12", period="month")
    page = lead.get(sent.location).text
    assert page.index("Revoir les rondes") < page.index("Réclamations reçues")
    assert lead.post(f"{sent.location}/close", message="Rien").status_code == 422
    with world.database.transaction(leading(lead)) as u:
        finish(u, u.all(select(Action.id))[0], "Fait")
    assert lead.post(f"{sent.location}/close", message="Rien").status_code == 303


def test_a_period_that_is_not_over_cannot_be_closed(world: World) -> None:
    lead = signed_in(world)
    with world.database.transaction(leading(lead)) as u:
        open_review(u, date(2027, 3, 24), MARCH)
    assert "La période n’est pas finie" in lead.get(f"{REVIEWS}/1").text
    assert lead.post(f"{REVIEWS}/1/close", message="Trop tôt").status_code == 422


def test_frozen_figures_are_those_that_the_events_give_again_whatever_comes_after(world: World) -> None:
    lead = signed_in(world)
    scope = leading(lead)
    findings = (Finding.UPHELD, None, Finding.PARTLY, Finding.NOT_UPHELD, None, Finding.SETTLED)
    references = [complaint(world, scope, finding=one, salt=n) for n, one in enumerate(findings)]
    decided(world, lead, due_on=date(2027, 3, 30))
    decided(world, lead, due_on=date(2027, 3, 31))
    with world.database.transaction(scope) as u:
        finish(u, u.all(select(Action.id).order_by(Action.number))[0], "Fait")
    world.clock.set(APRIL)
    with world.database.transaction(scope) as u:
        review = open_review(u, APRIL.date(), MARCH)
    with world.database.transaction(Scope.of(world.lyon.structure.id)) as u:
        close_review(u, review.id, "Vu ensemble.", lead.person_id)
    world.clock.advance(timedelta(days=3))
    with world.database.transaction(scope) as u:  # what was open is answered, the rest reopened, more comes
        late = u.all(select(Case).where(Case.reference == references[1]))[0]
        take(u, late.id, "acknowledge")
        take(u, late.id, "answer", Given("Pardon du retard.", "fr", finding=Finding.UPHELD))
        finish(u, u.all(select(Action.id).order_by(Action.number))[1], "Enfin")
    complaint(world, scope, salt=99)
    with world.database.reading(Scope.of(world.lyon.structure.id)) as u:
        row = u.all(select(Review))[0]
        assert row.figures is not None
        assert row.closed_at is not None
        frozen = from_document(row.figures)
        assert derived(u, MARCH, row.closed_at) == frozen
        now = drawn(u, MARCH)
        assert now != frozen, "something did change since"
        assert derived(u, MARCH, u.now) == now
    counts = {one.id: (one.now.n, one.now.of) for one in frozen}
    assert counts["complaints"] == (6, None)
    assert counts["answered"] == (4, 6)
    assert counts["founded"] == (2, 4)
    assert counts["actions_kept"] == (1, 2)
    assert "les mêmes chiffres" in moved(world, lead, world.clock.now()).get(f"{REVIEWS}/1").text


def test_a_question_asked_anew_takes_nothing_from_a_closed_review(sqlite_world: World) -> None:
    answered(sqlite_world, meeting={"good": 5, "bad": 2}, day=date(2027, 3, 9))
    lead = moved(sqlite_world, signed_in(sqlite_world), APRIL)
    address = begun(lead)
    assert lead.post(f"{address}/close", message="Rien à dire").status_code == 303
    sqlite_world.clock.advance(timedelta(days=1))
    with sqlite_world.database.transaction(leading(lead)) as u:
        questionnaire = u.all(select(Questionnaire))[0]
        document = deepcopy(shipped_set("q-res"))
        document["items"][0]["meaning_rev"] = 2
        publish(u, questionnaire, document)
    with sqlite_world.database.reading(Scope.of(sqlite_world.lyon.structure.id)) as u:
        assert {one.id: one.now.of for one in drawn(u, MARCH)}["satisfied"] == 0
    assert "les mêmes chiffres" in moved(sqlite_world, lead, sqlite_world.clock.now()).get(address).text


@pytest.mark.both
def test_a_closed_review_is_kept_by_the_database_itself(world: World) -> None:
    lead = signed_in(world)
    lead = moved(world, lead, APRIL)
    address = begun(lead)
    assert lead.post(f"{address}/close", message="Rien à dire").status_code == 303
    with pytest.raises(DBAPIError, match="never changed"):
        forge(world, leading(lead), {"lines": []})
    with world.database.reading(leading(lead)) as u:
        figures = u.all(select(Review))[0].figures
    assert figures is not None
    assert figures["lines"]


def test_the_proof_on_the_page_finds_figures_that_were_forged(world: World) -> None:
    # Figures that are not those of the events, as a forger would leave them: written before it closes.
    lead = signed_in(world)
    lead = moved(world, lead, APRIL)
    address = begun(lead)
    forge(
        world,
        leading(lead),
        {"lines": [{"id": "complaints", "n": 7, "of": None, "was": 0, "was_of": None}]},
        closed_at=APRIL,
    )
    assert "d’autres chiffres" in lead.get(address).text


def test_small_counts_stay_hidden_from_whom_they_must(world: World) -> None:
    lead = signed_in(world)
    auditor = signed_in(world, Role.AUDITOR, email="ana@passerelle.example", name="Ana Silva")
    named = signed_in(world, Role.DIRECTOR, email="noe@passerelle.example", name="Noé Petit")
    complaint(world, leading(lead), finding=Finding.NOT_UPHELD)
    with world.database.transaction(leading(lead)) as u:
        name_person(u, u.all(select(Case.id))[0], named.person_id)
    lead = moved(world, lead, APRIL)
    address = begun(lead)
    assert lead.post(f"{address}/close", message="Vu").status_code == 303
    row = r"Réclamations reçues</th>\s*<td[^>]*>([^<]*)<"
    auditor, named = (signed_in_again(world, one) for one in (auditor, named))
    seen = [re.search(row, one.get(address).text) for one in (lead, auditor, named)]
    told = [found[1] if found else None for found in seen]
    assert told == ["1", "non affiché", "non affiché"]
    assert auditor.get(f"{REVIEWS}/new").status_code == 403


def test_no_review_is_seen_by_who_reads_no_plan(world: World) -> None:
    mediator = signed_in(world, Role.MEDIATOR, email="sami@passerelle.example", name="Sami Diallo")
    assert mediator.get(REVIEWS).status_code == 403
