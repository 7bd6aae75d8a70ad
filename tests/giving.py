"""Verified actions, and what is told of them, as tests of « vous avez dit, nous avons fait » need them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from learning import NOBODY_CAME, decided, leading
from staff import signed_in
from walls.addresses import signed_in_again

from portal.certification.actions import finish
from portal.certification.effects import LEAST_DAYS
from portal.people.rules import Role

if TYPE_CHECKING:
    from uuid import UUID

    from build import World
    from staff import Colleague

    from portal.certification.models import Action

GIVEN = "/s/passerelle/given-back"
SAID, DID = "On attend trop longtemps le soir.", "Deux personnes de plus après 18 heures."


def colleague(world: World) -> Colleague:
    """A second person, who handles cases as well."""
    return signed_in(world, Role.DIRECTOR, email="noe@passerelle.example", name="Noé Petit")


def carried_out(
    world: World, lead: Colleague, what: str = "Doubler les rondes", *, site_id: UUID | None = None
) -> Action:
    """An action done today, which says what it should change."""
    action = decided(world, lead, what, motif=NOBODY_CAME, site_id=site_id)
    with world.database.transaction(leading(lead)) as u:
        return finish(u, action.id, "Fait")


def two_months_on(world: World, *people: Colleague) -> list[Colleague]:
    """The colleagues once its effect could be looked at, signed in anew."""
    world.clock.advance(timedelta(days=LEAST_DAYS + 1))
    return [signed_in_again(world, one) for one in people]


def told(author: Colleague, reader: Colleague, number: int = 1, *, tag: str = "fr", **words: str) -> None:
    """The sentences of an action written by one, read by the other."""
    sent = author.post(f"{GIVEN}/{number}/{tag}", **{"said": SAID, "did": DID, "version": "0", **words})
    assert sent.status_code == 303, sent.text
    assert reader.post(f"{GIVEN}/{number}/{tag}/check", version="1").status_code == 303
