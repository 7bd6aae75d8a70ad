"""The codes of a structure on their page: offered only when read back, retired, replaced, printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from staff import signed_in

from portal.channels.qr import read_back, read_back_svg
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World


def test_the_squares_say_the_address(sqlite_world: World) -> None:
    lead, code = signed_in(sqlite_world), sqlite_world.lyon.code.code
    address = f"HTTP://PORTAL.TEST/Q/{code}"
    assert code in lead.get("/s/passerelle/codes").text
    assert read_back(lead.get(f"/s/passerelle/codes/{code}.png").data) == address
    assert read_back_svg(lead.get(f"/s/passerelle/codes/{code}.svg").text) == address
    cards = lead.get("/s/passerelle/codes/cards").text
    assert code in cards
    assert cards.count("<svg") == 1


def test_a_replaced_code_answers_410_and_a_new_one_stands_there(world: World) -> None:
    lead, code = signed_in(world), world.lyon.code.code
    assert lead.post(f"/s/passerelle/codes/{code}/replace").status_code == 303
    resident = world.app.test_client()
    assert resident.get(f"/q/{code}/fr").status_code == 410
    shown = re.findall(r'<bdi dir="ltr">(\w{6})</bdi>', lead.get("/s/passerelle/codes").text)
    assert len(shown) == 2
    new = next(one for one in shown if one != code)
    assert resident.get(f"/q/{new}/fr").status_code == 200
    assert lead.post(f"/s/passerelle/codes/{new}/retire").status_code == 303
    assert resident.get(f"/q/{new}/fr").status_code == 410


def test_a_mediator_sees_the_codes_and_changes_none(sqlite_world: World) -> None:
    mediator, code = signed_in(sqlite_world, Role.MEDIATOR), sqlite_world.lyon.code.code
    page = mediator.get("/s/passerelle/codes")
    assert page.status_code == 200
    assert "/retire" not in page.text
    assert mediator.post(f"/s/passerelle/codes/{code}/retire").status_code == 403


def test_a_foreign_code_is_not_found(sqlite_world: World) -> None:
    lead, code = signed_in(sqlite_world), sqlite_world.strasbourg.code.code
    for ending in (".svg", ".png"):
        assert lead.get(f"/s/passerelle/codes/{code}{ending}").status_code == 404
    assert lead.post(f"/s/passerelle/codes/{code}/retire").status_code == 404
