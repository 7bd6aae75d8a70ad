"""Opinions on their page: the day and never an hour; free words open on the next working day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from staff import signed_in

from portal.people.rules import Role
from portal.questionnaires.actions import Journey, record
from portal.questionnaires.queries import published
from portal.questionnaires.rules import ItemKind

if TYPE_CHECKING:
    from build import World

WORDS = "شكرًا على صبركم."


def answered(world: World) -> None:
    """A face and a free word in Arabic, today."""
    with world.database.transaction(world.lyon.scope) as u:
        shown = published(u)
        journey = Journey(b"nonce-of-one", u.now.date(), "ar", world.lyon.site.id, world.lyon.code.id)
        record(u, shown, journey, shown.form.questions[0], "good")
        asked = next(one for one in shown.form.questions if one.kind is ItemKind.TEXT)
        record(u, shown, journey, asked, WORDS)


def test_free_words_open_on_the_next_working_day(world: World) -> None:
    answered(world)
    lead = signed_in(world)
    today = lead.get("/s/passerelle/responses")
    assert "24 mars 2027" in today.text
    assert WORDS not in today.text
    world.clock.advance(timedelta(days=1))
    again = signed_in(world, email="autre@exemple.test")
    assert WORDS in again.get("/s/passerelle/responses").text


def test_words_of_a_friday_stay_closed_over_the_weekend(sqlite_world: World) -> None:
    sqlite_world.clock.advance(timedelta(days=2))
    answered(sqlite_world)
    sqlite_world.clock.advance(timedelta(days=2))
    lead = signed_in(sqlite_world)
    assert WORDS not in lead.get("/s/passerelle/responses").text


@pytest.mark.parametrize("role", [Role.MEDIATOR, Role.SUPERVISOR, Role.AUDITOR, Role.NETWORK_LEAD])
def test_who_may_not_read_responses_is_refused(sqlite_world: World, role: Role) -> None:
    answered(sqlite_world)
    sqlite_world.clock.advance(timedelta(days=1))
    page = signed_in(sqlite_world, role).get("/s/passerelle/responses")
    assert page.status_code == 403
    assert WORDS not in page.text
