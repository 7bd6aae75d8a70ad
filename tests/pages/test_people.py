"""The pages of who works here: members, invitations, ends of access."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from staff import PASSWORD, signed_in

from portal.people.actions import PersonGiven, invite, withdraw_invitation
from portal.people.queries import members, open_invitations
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse

    from portal.core.db import Scope

PEOPLE = "/s/passerelle/people"
NOOR = {"name": "Noor Haddad", "email": "noor@passerelle.example", "role": "supervisor"}
CHOSEN = "quatre mots bien choisis"


def link(world: World, scope: Scope | None = None, role: Role = Role.SUPERVISOR) -> str:
    """The address of an invitation to Noor."""
    with world.database.transaction(scope or world.lyon.scope) as u:
        return f"/invitations/{invite(u, PersonGiven(NOOR['email'], NOOR['name'], role))}"


def follow(world: World, address: str, password: str = CHOSEN) -> TestResponse:
    """Send the form of an invitation from a fresh browser."""
    return world.app.test_client().post(address, data={"password": password})


def test_the_page_lists_members_and_open_invitations(world: World) -> None:
    lead = signed_in(world)
    link(world)
    page = lead.get(PEOPLE)
    assert page.status_code == 200
    assert "Camille Roux" in page.text
    assert "Depuis le 24 mars 2027" in page.text
    assert "Noor Haddad" in page.text
    assert "jusqu’au 31 mars 2027" in page.text


def test_another_structures_people_do_not_show(world: World) -> None:
    signed_in(world)
    stranger = signed_in(
        world, Role.DIRECTOR, world.strasbourg, email="dir@rive.example", name="Dominique Weber"
    )
    page = stranger.get("/s/rive-gauche/people")
    assert "Dominique Weber" in page.text
    assert "Camille" not in page.text
    assert stranger.get(PEOPLE).status_code == 404


def test_inviting_makes_an_open_invitation_and_says_so(world: World) -> None:
    lead = signed_in(world)
    sent = lead.post(f"{PEOPLE}/invite", **NOOR)
    assert (sent.status_code, sent.location) == (303, f"{PEOPLE}?done=invited")
    with world.database.reading(world.lyon.scope) as u:
        (one,) = open_invitations(u)
    assert (one.name, one.email, one.role) == (NOOR["name"], NOOR["email"], Role.SUPERVISOR)
    assert 'role="status"' in lead.get(sent.location).text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"email": "noor at passerelle"}, "Ce n’est pas une adresse e-mail."),
        ({"name": "  "}, "Écrivez le prénom et le nom."),
        ({"role": "emperor"}, "Choisissez l’un des rôles."),
        ({"email": "camille@passerelle.example"}, "Cette personne fait déjà partie de la structure."),
    ],
)
def test_a_wrong_field_is_told_and_nothing_typed_is_lost(
    sqlite_world: World, wrong: dict[str, str], sentence: str
) -> None:
    page = signed_in(sqlite_world).post(f"{PEOPLE}/invite", **{**NOOR, **wrong})
    assert page.status_code == 422
    assert f'href="#{next(iter(wrong))}"' in page.text
    assert page.text.count(sentence) == 2
    for name in {"email", "name"} - wrong.keys():
        assert f'value="{NOOR[name]}"' in page.text


def test_every_wrong_field_is_told_at_once(sqlite_world: World) -> None:
    page = signed_in(sqlite_world).post(f"{PEOPLE}/invite", name="", email="x", role="")
    assert re.findall(r'<li><a href="#(\w+)"', page.text) == ["name", "email", "role"]


def test_an_operator_is_offered_no_role_that_reads(sqlite_world: World) -> None:
    signed_in(sqlite_world)
    operator = signed_in(sqlite_world, Role.OPERATOR, email="op@portal.example", name="Alix Morel")
    offered = re.findall(r'name="role" value="(\w+)"', operator.get(f"{PEOPLE}/invite").text)
    assert offered == ["operator"]
    assert operator.post(f"{PEOPLE}/invite", **{**NOOR, "role": "director"}).status_code == 422
    assert "/end" not in operator.get(PEOPLE).text


def test_an_access_beyond_ones_own_is_not_ended_by_its_address(world: World) -> None:
    signed_in(world)
    signed_in(world, Role.DIRECTOR, email="dir@passerelle.example")
    operator = signed_in(world, Role.OPERATOR, email="op@portal.example", name="Alix Morel")
    with world.database.reading(world.lyon.scope) as u:
        director = next(one for one in members(u) if one.role is Role.DIRECTOR)
    refused = operator.post(f"{PEOPLE}/{director.membership_id}/end")
    assert refused.status_code == 403
    assert "plus que le vôtre" in refused.text


def test_the_last_who_can_invite_is_told_why_they_stay(world: World) -> None:
    lead = signed_in(world)
    with world.database.reading(world.lyon.scope) as u:
        own = members(u)[0].membership_id
    refused = lead.post(f"{PEOPLE}/{own}/end")
    assert refused.status_code == 403
    assert "dernière personne" in refused.text


def test_ids_of_another_structure_and_unknown_ones_look_the_same(world: World) -> None:
    lead = signed_in(world)
    stranger = signed_in(world, Role.DIRECTOR, world.strasbourg, email="dir@rive.example")
    link(world, world.lyon.scope)
    with world.database.reading(world.lyon.scope) as u:
        ours, open_one = members(u)[0].membership_id, open_invitations(u)[0].id
    nothing = "019d1c6e-0000-7000-8000-000000000000"
    for path in (f"{ours}/end", f"{nothing}/end", f"invitations/{open_one}/withdraw"):
        assert stranger.post(f"/s/rive-gauche/people/{path}").status_code == 404
    assert lead.get(f"{PEOPLE}/not-an-id/end").status_code == 404


def test_a_withdrawn_link_asks_for_a_new_one(world: World) -> None:
    lead, address = signed_in(world), link(world)
    withdraw = re.search(r'action="([^"]+/withdraw)"', lead.get(PEOPLE).text)
    assert withdraw
    assert lead.post(withdraw[1]).location == f"{PEOPLE}?done=withdrawn"
    page = world.app.test_client().get(address)
    assert page.status_code == 410
    assert "Demandez-en une nouvelle" in page.text


def test_a_new_person_reads_the_offer_chooses_a_password_and_is_in(world: World) -> None:
    signed_in(world)
    address = link(world)
    client = world.app.test_client()
    page = client.get(address)
    assert page.status_code == 200
    for words in ("La Passerelle vous invite", "Noor Haddad", "Encadrement", NOOR["email"], "new-password"):
        assert words in page.text
    assert "Set-Cookie" not in page.headers
    joined = client.post(address, data={"password": CHOSEN})
    assert (joined.status_code, joined.location) == (303, "/s/passerelle/")
    assert client.get(joined.location).location == "/s/passerelle/cases"
    entered = world.app.test_client().post("/sign-in", data={"email": NOOR["email"], "password": CHOSEN})
    assert entered.status_code == 303


def test_a_used_link_and_an_old_one_ask_for_a_new_one(world: World) -> None:
    address = link(world)
    assert follow(world, address).status_code == 303
    for page in (world.app.test_client().get(address), follow(world, address)):
        assert page.status_code == 410
        assert "Demandez-en une nouvelle" in page.text
    other = link(world, role=Role.BOARD, scope=world.strasbourg.scope)
    world.clock.advance(timedelta(days=7))
    assert world.app.test_client().get(other).status_code == 410
    world.clock.advance(timedelta(days=7))
    assert world.app.test_client().get(other).status_code == 410


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("court", "12 caractères"),
        ("", "12 caractères"),
        ("motdepasse123", "Beaucoup de gens"),
        ("la passerelle", "nom de la structure"),
        ("x" * 257, "256 caractères"),
    ],
)
def test_a_weak_password_is_told_and_not_repeated(sqlite_world: World, password: str, sentence: str) -> None:
    page = follow(sqlite_world, link(sqlite_world), password)
    assert page.status_code == 422
    assert sentence in page.text
    assert 'value=""' in page.text
    assert f'value="{password or "?"}"' not in page.text


def test_a_known_person_gives_the_password_they_have(world: World) -> None:
    signed_in(world, Role.BOARD, world.strasbourg, email=NOOR["email"], name=NOOR["name"])
    address = link(world)
    page = world.app.test_client().get(address)
    assert "current-password" in page.text
    assert "Vous avez déjà un compte" in page.text
    wrong = follow(world, address, "not the password I have")
    assert wrong.status_code == 422
    assert follow(world, address, PASSWORD).location == "/s/passerelle/"


def test_a_broken_link_says_that_a_part_is_missing(sqlite_world: World) -> None:
    address = link(sqlite_world)
    for broken in (address[:-4], "/invitations/abc", f"{address}%20"):
        page = sqlite_world.app.test_client().get(broken)
        assert page.status_code == 400
        assert "Ouvrez de nouveau le lien" in page.text


def test_a_link_whose_person_belongs_by_now_says_so(sqlite_world: World) -> None:
    address = link(sqlite_world)
    signed_in(sqlite_world, email=NOOR["email"])
    page = follow(sqlite_world, address, PASSWORD)
    assert page.status_code == 409
    assert "déjà partie de cette structure" in page.text


def test_withdrawing_twice_is_not_found(world: World) -> None:
    link(world)
    with world.database.reading(world.lyon.scope) as u:
        open_one = open_invitations(u)[0].id
    with world.database.transaction(world.lyon.scope) as u:
        withdraw_invitation(u, open_one)
    assert signed_in(world).post(f"{PEOPLE}/invitations/{open_one}/withdraw").status_code == 404


def test_the_account_tells_what_one_may_do_in_each_structure(world: World) -> None:
    signed_in(world)
    colleague = signed_in(world, Role.MEDIATOR, world.strasbourg)
    page = colleague.get("/account")
    assert page.status_code == 200
    assert page.text.index("La Passerelle") < page.text.index("Rive Gauche")
    assert page.text.count("Inviter des personnes") == 1
    assert page.text.count("Voir les codes") == 2


def test_the_language_one_chooses_stays(world: World) -> None:
    colleague = signed_in(world)
    assert colleague.post("/account/language", locale="ar").status_code == 303
    assert '<html lang="ar" dir="rtl">' in colleague.get(PEOPLE).text
    assert colleague.post("/account/language", locale="xx").status_code == 422


def test_signing_out_everywhere_ends_every_session_of_the_person_alone(world: World) -> None:
    colleague = signed_in(world)
    other = signed_in(world, email="deux@passerelle.example")
    telephone = world.app.test_client()
    telephone.post("/sign-in", data={"email": colleague.email, "password": PASSWORD})
    assert telephone.get(PEOPLE).status_code == 200
    assert colleague.post("/account/sign-out-everywhere").location == "/sign-in"
    for client in (telephone, colleague.client):
        assert client.get(PEOPLE).location.startswith("/sign-in")
    assert other.get(PEOPLE).status_code == 200
