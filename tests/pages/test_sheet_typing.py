"""Sheets of paper typed by staff: one page each, dated as they were filled in, apart when the team helped."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

import pytest
from insight_world import answered
from sqlalchemy import select
from staff import Colleague, signed_in

from portal.certification.drawing import derived, drawn
from portal.certification.models import Review
from portal.certification.report import Span, from_document
from portal.certification.reviewing import close_review, open_review
from portal.channels.actions import retire_code
from portal.core.db import Scope
from portal.people.rules import Role
from portal.questionnaires.composing import Draft
from portal.questionnaires.models import Answer, AnswerText, Response, RollupMonth
from portal.questionnaires.publishing import publish_local
from portal.questionnaires.queries import published
from portal.questionnaires.rules import MODES, Mode

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse

KEY = "/s/passerelle/opinions/key"
DAY = "2027-03-19"
FEBRUARY = "2027-02-10"


def run_of(world: World, **more: str) -> dict[str, str]:
    """What a run of sheets of Lyon's code shares."""
    return {"code": world.lyon.code.code, "day": DAY, "language": "fr", "mode": "paper", **more}


def token_of(page: TestResponse) -> str:
    """The token of the empty sheet."""
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def typed(world: World, colleague: Colleague, token: str = "", **fields: str) -> TestResponse:
    """What comes back of a sheet as this colleague opens and fills it."""
    run = run_of(world)
    token = token or token_of(colleague.get(f"{KEY}?{urlencode(run)}"))
    return colleague.post(KEY, token=token, number="0", **{**run, **fields})


def kept(world: World) -> list[Response]:
    """Every response of Lyon."""
    with world.database.reading(world.lyon.scope) as u:
        return list(u.all(select(Response)))


def counted(world: World) -> tuple[Counter[Any], Counter[Any]]:
    """The rollup without its empty cells, and the same counted again on the answers and their responses."""
    with world.database.reading(world.lyon.scope) as u:
        rollup = {
            (row.item_id, row.month, row.site_id, row.code_id, row.choice, row.assisted): row.n
            for row in u.all(select(RollupMonth))
            if row.n
        }
        by_id = {row.id: row for row in u.all(select(Response))}
        again = Counter(
            (
                row.item_id,
                row.day.replace(day=1),
                row.site_id,
                by_id[row.response_id].code_id,
                row.choice,
                MODES[Mode(by_id[row.response_id].mode)].assisted,
            )
            for row in u.all(select(Answer))
        )
        assert all(
            row.assisted == MODES[Mode(by_id[row.response_id].mode)].assisted for row in u.all(select(Answer))
        )
    return Counter(rollup), again


def figures(colleague: Colleague) -> dict[str, dict[str, Any]]:
    """The figures of the dashboard as data, by id."""
    found = colleague.get("/s/passerelle/dashboard.json").json
    assert found is not None
    return {row["id"]: row for row in found["figures"]}


def test_a_mediator_types_a_sheet_by_the_digits_of_its_boxes(world: World) -> None:
    mediator = signed_in(world, Role.MEDIATOR)
    sent = typed(world, mediator, row="1120", **{"answer-word": "Merci à l’équipe."})
    assert sent.status_code == 303, sent.text
    (row,) = kept(world)
    assert (row.day, row.mode, row.language, row.finished) == (date(2027, 3, 19), "paper", "fr", True)
    assert row.code_id == world.lyon.code.id
    shown = mediator.get(sent.location)
    assert "Feuille 1 enregistrée." in shown.text
    assert "Bien · Oui · Un peu · – · “Merci à l’équipe.”" in shown.text
    assert "<h1>Feuille 2</h1>" in shown.text
    with world.database.reading(world.lyon.scope) as u:
        assert len(u.all(select(Answer))) == 3
        (words,) = u.all(select(AnswerText))
        assert (words.day, b"Merci" in words.body_sealed) == (date(2027, 3, 19), False)
    assert counted(world)[0] == counted(world)[1]


def test_a_sheet_box_by_box_is_the_same_sheet(world: World) -> None:
    lead = signed_in(world)
    boxes = {"answer-meeting": "good", "answer-listened": "yes", "answer-understood": "little"}
    assert typed(world, lead, **boxes).status_code == 303
    assert typed(world, lead, row="112").status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        rows = {(row.item_id, row.choice): row.n for row in u.all(select(RollupMonth))}
    assert sorted(rows.values()) == [2, 2, 2]


def test_the_same_form_sent_twice_is_one_sheet(world: World) -> None:
    lead = signed_in(world)
    token = token_of(lead.get(f"{KEY}?{urlencode(run_of(world))}"))
    sent = [typed(world, lead, token, row="1111") for _ in range(3)]
    assert [one.status_code for one in sent] == [303, 303, 303]
    assert len(kept(world)) == 1
    assert counted(world)[0] == counted(world)[1]


def test_another_sheet_on_a_page_gone_back_to_is_asked_for_once_more_and_not_lost(
    sqlite_world: World,
) -> None:
    lead = signed_in(sqlite_world)
    token = token_of(lead.get(f"{KEY}?{urlencode(run_of(sqlite_world))}"))
    typed(sqlite_world, lead, token, row="1111")
    again = typed(sqlite_world, lead, token, row="3333")
    assert again.status_code == 422
    assert "a déjà enregistré une autre feuille" in again.text
    assert 'value="3333"' in again.text
    assert typed(sqlite_world, lead, token_of(again), row="3333").status_code == 303
    assert len(kept(sqlite_world)) == 2


def test_a_sheet_taken_back_counts_nowhere(world: World) -> None:
    lead = signed_in(world)
    answered(world, meeting={"good": 2, "bad": 1})
    before = counted(world)[0]
    shown = lead.get(typed(world, lead, row="3211", mode="assisted", **{"answer-word": "Non."}).location)
    assert counted(world)[0] != before
    token = re.search(r'name="typed" value="([^"]+)"', shown.text)
    assert token
    back = lead.post(f"{KEY}/undo", typed=token[1], **run_of(world))
    assert back.status_code == 303
    assert "La feuille est retirée" in lead.get(back.location).text
    assert counted(world) == (before, before)
    with world.database.reading(world.lyon.scope) as u:
        assert u.all(select(AnswerText)) == []
    assert lead.post(f"{KEY}/undo", typed=token[1], **run_of(world)).status_code == 303  # a second tap


def test_a_pile_stays_of_the_version_it_was_printed_as_whatever_is_published_meanwhile(
    sqlite_world: World,
) -> None:
    lead = signed_in(sqlite_world)
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        printed = published(u).version_id
    page = lead.get(f"{KEY}?{urlencode(run_of(sqlite_world))}")
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        publish_local(u, [Draft("yes3", {"fr": "Le local vous plaît ?"})])
        assert published(u).version_id != printed
    for row in ("1111", "2222"):
        hidden = dict(
            re.findall(r'name="(token|code|day|language|version|number)" value="([^"]*)"', page.text)
        )
        page = lead.get(lead.post(KEY, **hidden, mode="paper", row=row).location)
        assert "Version 1</bdi>" in page.text
    assert [row.version_id for row in kept(sqlite_world)] == [printed] * 2
    assert "Version 2</bdi>" in lead.get(f"{KEY}?{urlencode(run_of(sqlite_world))}").text


def test_only_who_typed_a_sheet_takes_it_back_and_only_for_half_an_hour(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    shown = lead.get(typed(sqlite_world, lead, row="1").location)
    token = re.search(r'name="typed" value="([^"]+)"', shown.text)
    assert token
    other = signed_in(sqlite_world, Role.MEDIATOR, email="ines@passerelle.example")
    assert other.post(f"{KEY}/undo", typed=token[1], **run_of(sqlite_world)).status_code == 410
    sqlite_world.clock.advance(timedelta(minutes=31))
    assert lead.post(f"{KEY}/undo", typed=token[1], **run_of(sqlite_world)).status_code == 410
    assert len(kept(sqlite_world)) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"row": "1911"}, "Chiffre n° 2"),
        ({"row": "11112"}, "Chiffre n° 5"),
        ({"row": "1x"}, "Chiffre n° 2"),
        ({"row": "0000"}, "une feuille vide n’est pas enregistrée"),
        ({"row": "1", "answer-helped": "yes"}, "pas les deux"),
        ({"answer-meeting": "splendid"}, "Choisissez l’une des cases."),
        ({"row": "1", "answer-word": "a" * 10_001}, "Ce texte est trop long"),
        ({"row": "1", "day": "2027-03-25"}, "Ce jour est encore à venir."),
        ({"row": "1", "day": "2026-03-22"}, "Il y a plus d’un an"),
        ({"row": "1", "day": "hier"}, "Donnez le jour"),
        ({"row": "1", "code": "NOSUCH"}, "Choisissez où"),
    ],
)
def test_what_is_wrong_is_said_and_no_half_sheet_is_kept(
    sqlite_world: World, fields: dict[str, str], told: str
) -> None:
    sent = typed(sqlite_world, signed_in(sqlite_world), **fields)
    assert sent.status_code == 422
    assert told in sent.text
    assert kept(sqlite_world) == []
    assert counted(sqlite_world)[0] == {}


def test_a_page_left_overnight_keeps_what_was_typed(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    token = token_of(lead.get(f"{KEY}?{urlencode(run_of(sqlite_world))}"))
    sqlite_world.clock.advance(timedelta(days=2))
    lead = signed_in(sqlite_world, Role.MEDIATOR, email="ines@passerelle.example")
    late = typed(sqlite_world, lead, token, row="112")
    assert late.status_code == 422
    assert 'value="112"' in late.text
    assert typed(sqlite_world, lead, token_of(late), row="112").status_code == 303


def test_a_sheet_of_a_retired_code_can_still_be_typed(sqlite_world: World) -> None:
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        retire_code(u, sqlite_world.lyon.code.id)
    assert typed(sqlite_world, signed_in(sqlite_world), row="1").status_code == 303


def test_a_sheet_without_a_code_counts_at_its_site(world: World) -> None:
    assert typed(world, signed_in(world), row="1", code=str(world.lyon.site.id)).status_code == 303
    (row,) = kept(world)
    assert (row.code_id, row.site_id) == (None, world.lyon.site.id)


def test_no_point_of_another_structure_takes_a_sheet(world: World) -> None:
    lead = signed_in(world)
    for point in (world.strasbourg.code.code, str(world.strasbourg.site.id)):
        assert typed(world, lead, row="1", code=point).status_code == 422
    assert kept(world) == []


def test_what_the_team_helped_with_is_told_apart_and_moves_no_share(world: World) -> None:
    lead = signed_in(world)
    answered(world, meeting={"good": 8, "bad": 2})
    path = "/s/passerelle/dashboard"
    was = figures(lead)
    for _ in range(5):
        assert typed(world, lead, row="11", mode="assisted").status_code == 303
    assert counted(world)[0] == counted(world)[1]
    found = figures(lead)
    apart = {"opinions_assisted", "satisfied_assisted"}
    assert {id_: row for id_, row in found.items() if id_ not in apart} == {
        id_: row for id_, row in was.items() if id_ not in apart
    }
    assert found["opinions_assisted"]["value"] == 5
    assert (found["satisfied_assisted"]["value"], found["satisfied_assisted"]["n"]) == (1.0, 5)
    page = lead.get(path).text
    assert "5 avis de plus ont été donnés sur papier avec notre aide." in page
    assert "helped=yes" in page
    assert (
        lead.get("/s/passerelle/responses?helped=yes").text.count("Sur papier, avec l’aide de l’équipe") == 5
    )


def test_of_fewer_than_five_only_their_number_is_told(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    for _ in range(4):
        typed(sqlite_world, lead, row="1", mode="assisted")
    found = figures(lead)
    assert (found["opinions_assisted"]["value"], found["satisfied_assisted"]["value"]) == (4, None)


def test_under_the_floor_a_few_whom_the_team_helped_are_not_shown(world: World) -> None:
    lead, auditor = signed_in(world), signed_in(world, Role.AUDITOR, email="audit@passerelle.example")
    for turn in range(5):
        found = figures(auditor)
        assert found["opinions_assisted"]["value"] in ({0} if turn == 0 else {None}), turn
        typed(world, lead, row="1", mode="assisted", day=FEBRUARY)
    found = figures(auditor)
    assert (found["opinions_assisted"]["value"], found["satisfied_assisted"]["value"]) == (5, 1.0)


def test_a_sheet_that_somebody_close_helped_with_counts_with_the_others(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    typed(sqlite_world, lead, row="1", mode="aided")
    found = figures(lead)
    assert (found["opinions"]["value"], found["opinions_assisted"]["value"]) == (1, 0)


def test_who_may_not_write_down_may_not_type(sqlite_world: World) -> None:
    board = signed_in(sqlite_world, Role.BOARD)
    assert board.get(KEY).status_code == 403
    assert board.post(KEY, row="1").status_code == 403


def test_a_sheet_typed_after_a_review_was_closed_leaves_its_figures_alone(world: World) -> None:
    lead = signed_in(world)
    march = Span(date(2027, 3, 1), date(2027, 3, 31))
    typed(world, lead, row="1")
    typed(world, lead, row="1", mode="assisted")
    world.clock.advance(timedelta(days=19))
    everything = Scope.of(world.lyon.structure.id)
    with world.database.transaction(everything) as u:
        review = open_review(u, date(2027, 4, 12), march)
        close_review(u, review.id, "Vu ensemble.", lead.person_id)
    world.clock.advance(timedelta(days=1))
    other = signed_in(world, Role.MEDIATOR, email="ines@passerelle.example")
    typed(world, other, row="3")
    with world.database.reading(everything) as u:
        row = u.all(select(Review))[0]
        assert row.figures is not None
        assert row.closed_at is not None
        frozen = from_document(row.figures)
        assert derived(u, march, row.closed_at) == frozen
        assert derived(u, march, u.now) == drawn(u, march) != frozen
    counts = {one.id: one.now.n for one in frozen}
    assert counts["opinions"] == 1


@pytest.mark.parametrize("first", ["2027-03-15", "2027-03-22"])
def test_a_sheet_in_the_figures_of_a_closed_campaign_is_not_taken_back(world: World, first: str) -> None:
    lead, campaign = signed_in(world), "/s/passerelle/campaigns/1"
    lead.post("/s/passerelle/campaigns/new", name="Mars", first=first, last="2027-03-23")
    kept_first, assisted = (
        unquote(typed(world, lead, row="1", mode=mode, day="2027-03-21").location.rpartition("typed=")[2])
        for mode in ("paper", "assisted")
    )
    lead.post(f"{campaign}/note", learnt="On nous attend.")
    lead.post(f"{campaign}/close")
    world.clock.advance(timedelta(minutes=1))
    later = unquote(typed(world, lead, row="1").location.rpartition("typed=")[2])
    refused = lead.post(f"{KEY}/undo", typed=kept_first, **run_of(world))
    assert (refused.status_code, "ne peut plus être retirée" in refused.text) == (422, True)
    for token in (assisted, later):
        assert lead.post(f"{KEY}/undo", typed=token, **run_of(world)).status_code == 303
    assert len(kept(world)) == 1
    assert "les mêmes chiffres" in lead.get(campaign).text


def test_a_sheet_in_the_figures_of_a_closed_review_is_not_taken_back(sqlite_world: World) -> None:
    lead, everything = signed_in(sqlite_world), Scope.of(sqlite_world.lyon.structure.id)
    token = unquote(typed(sqlite_world, lead, row="1").location.rpartition("typed=")[2])
    with sqlite_world.database.transaction(everything) as u:
        review = open_review(u, date(2027, 3, 24), Span(date(2027, 3, 1), date(2027, 3, 23)))
        close_review(u, review.id, "Vu ensemble.", lead.person_id)
    assert lead.post(f"{KEY}/undo", typed=token, **run_of(sqlite_world)).status_code == 422
    assert len(kept(sqlite_world)) == 1
