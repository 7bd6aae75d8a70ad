"""What the verbs of people do, on both databases: invitations, accesses, sessions, the journal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.core.crypto import Tokens
from portal.core.db import Scope
from portal.core.errors import Conflict, Expired, Invalid, NotFound, Refused, Tampered
from portal.people.actions import (
    PersonGiven,
    accept_invitation,
    add_member,
    add_person,
    end_membership,
    invite,
    open_session,
    touch_session,
    withdraw_invitation,
)
from portal.people.models import AuthSession, Invitation, JournalEntry, Membership, Person
from portal.people.queries import (
    cards,
    invitation_to_send,
    members,
    memberships_of,
    open_invitations,
    person_by_email,
    read_invitation,
    session_person,
)
from portal.people.rules import Act, Role

if TYPE_CHECKING:
    from uuid import UUID

    from build import Furnished, World

    from portal.people.queries import SignedIn

HASH = "a hash"
NOOR = PersonGiven("noor@passerelle.example", "Noor Haddad", Role.SUPERVISOR)


def newcomer(
    world: World,
    email: str,
    role: Role | None = None,
    *,
    at: Furnished | None = None,
    name: str = "Sacha Petit",
) -> UUID:
    """A person with a password's hash, and with a role if one is given."""
    with world.database.transaction((at or world.lyon).scope) as u:
        row = person_by_email(u, email) or add_person(u, email=email, name=name, password_hash=HASH)
        if role is not None:
            add_member(u, row.id, role)
        return row.id


def acting(world: World, role: Role, person_id: UUID | None = None) -> Scope:
    """The scope of somebody at work in Lyon."""
    return Scope.of(world.lyon.structure.id, actor_id=person_id, role=role.value)


def invited(world: World, given: PersonGiven = NOOR, scope: Scope | None = None) -> str:
    """The secret of a new invitation to Lyon's structure."""
    with world.database.transaction(scope or world.lyon.scope) as u:
        token = invite(u, given)
    structure_id, secret = read_invitation(Tokens(world.database.keys), token, now=world.clock.now())
    assert structure_id == world.lyon.structure.id
    return secret


def accepted(world: World, secret: str, password_hash: str | None = HASH) -> UUID:
    """Who joined by this secret."""
    with world.database.transaction(world.lyon.scope) as u:
        return accept_invitation(u, secret, password_hash=password_hash)


def acts(world: World) -> list[str]:
    """What the journal of Lyon's structure tells, by name: two acts may share their instant."""
    with world.database.reading(world.lyon.scope) as u:
        return sorted(u.all(select(JournalEntry.act)))


def test_an_invitation_makes_a_member_with_its_name_and_role(world: World) -> None:
    person_id = accepted(world, invited(world))
    with world.database.reading(world.lyon.scope) as u:
        (one,) = members(u)
        assert (one.person.id, one.person.name, one.person.email) == (person_id, NOOR.name, NOOR.email)
        assert one.role is Role.SUPERVISOR
        assert open_invitations(u) == []
    assert acts(world) == [Act.INVITED, Act.JOINED]


def test_an_invitation_is_used_once(world: World) -> None:
    secret = invited(world)
    accepted(world, secret)
    with pytest.raises(Expired):
        accepted(world, secret)


def test_an_invitation_ends_after_seven_days(world: World) -> None:
    secret = invited(world)
    world.clock.advance(timedelta(days=7, seconds=-1))
    with world.database.reading(world.lyon.scope) as u:
        assert len(open_invitations(u)) == 1
    world.clock.advance(timedelta(seconds=1))
    with pytest.raises(Expired):
        accepted(world, secret)
    with world.database.reading(world.lyon.scope) as u:
        assert open_invitations(u) == []


def test_a_link_older_than_seven_days_is_refused_before_any_look_up(world: World) -> None:
    tokens = Tokens(world.database.keys)
    with world.database.transaction(world.lyon.scope) as u:
        token = invite(u, NOOR)
    read_invitation(tokens, token, now=world.clock.now())
    with pytest.raises(Expired):
        read_invitation(tokens, token, now=world.clock.now() + timedelta(days=7, minutes=10))
    with pytest.raises(Tampered):
        read_invitation(tokens, token[:-1] + ("A" if token[-1] != "A" else "B"), now=world.clock.now())


def test_a_withdrawn_invitation_opens_nothing(world: World) -> None:
    secret = invited(world)
    with world.database.transaction(world.lyon.scope) as u:
        withdraw_invitation(u, open_invitations(u)[0].id)
    with pytest.raises(Expired):
        accepted(world, secret)
    assert acts(world) == [Act.INVITATION_WITHDRAWN, Act.INVITED]


def test_a_second_invitation_of_an_address_ends_the_first(world: World) -> None:
    first = invited(world)
    second = invited(world, PersonGiven(NOOR.email.upper(), NOOR.name, Role.MEDIATOR))
    with pytest.raises(Expired):
        accepted(world, first)
    accepted(world, second)
    with world.database.reading(world.lyon.scope) as u:
        assert [one.role for one in members(u)] == [Role.MEDIATOR]


def test_the_mail_makes_the_link_again_until_it_is_used(world: World) -> None:
    secret = invited(world)
    with world.database.reading(world.lyon.scope) as u:
        invitation_id = open_invitations(u)[0].id
        sent = invitation_to_send(u, invitation_id)
    assert sent is not None
    offer, token = sent
    assert offer.email == NOOR.email
    assert read_invitation(Tokens(world.database.keys), token, now=world.clock.now())[1] == secret
    accepted(world, secret)
    with world.database.reading(world.lyon.scope) as u:
        assert invitation_to_send(u, invitation_id) is None


def test_another_structure_sees_and_ends_no_invitation_of_ours(world: World) -> None:
    secret = invited(world)
    with world.database.reading(world.lyon.scope) as u:
        invitation_id = open_invitations(u)[0].id
    with world.database.transaction(world.strasbourg.scope) as u:
        assert open_invitations(u) == []
        with pytest.raises(NotFound):
            withdraw_invitation(u, invitation_id)
        with pytest.raises(Expired):
            accept_invitation(u, secret, password_hash=HASH)


def test_a_member_is_not_invited_twice(world: World) -> None:
    newcomer(world, NOOR.email, Role.MEDIATOR)
    with pytest.raises(Invalid) as fault:
        invited(world)
    assert (fault.value.fact, fault.value.facts["reason"]) == ("email", "member")


@pytest.mark.parametrize(
    "email", ["", "noor", "noor@passerelle", "a b@c.example", "a@b.example\nBcc: c@d.example"]
)
def test_what_is_no_address_is_not_invited(sqlite_world: World, email: str) -> None:
    with pytest.raises(Invalid) as fault:
        invited(sqlite_world, PersonGiven(email, "Noor", Role.BOARD))
    assert fault.value.fact == "email"


def test_a_known_person_joins_without_a_change_of_password(world: World) -> None:
    person_id = newcomer(world, NOOR.email, Role.BOARD, at=world.strasbourg)
    assert accepted(world, invited(world), password_hash=None) == person_id
    with world.database.reading(Scope.nobody(actor_id=person_id)) as u:
        assert [one.structure.slug for one in memberships_of(u, person_id)] == ["passerelle", "rive-gauche"]
        person = person_by_email(u, NOOR.email)
        assert person is not None
        assert person.password_hash == HASH


def test_a_link_never_replaces_a_password_chosen_meanwhile(world: World) -> None:
    secret = invited(world)
    newcomer(world, NOOR.email)
    with pytest.raises(Conflict):
        accepted(world, secret, password_hash="another hash")
    with world.database.reading(world.lyon.scope) as u:
        assert members(u) == []
        assert len(open_invitations(u)) == 1


@pytest.mark.parametrize(
    ("giver", "given", "allowed"),
    [
        (Role.OPERATOR, Role.OPERATOR, True),
        (Role.OPERATOR, Role.DIRECTOR, False),
        (Role.OPERATOR, Role.MEDIATOR, False),
        (Role.QUALITY_LEAD, Role.DIRECTOR, True),
        (Role.DIRECTOR, Role.OPERATOR, True),
        (Role.SUPERVISOR, Role.MEDIATOR, False),
        (Role.BOARD, Role.BOARD, False),
    ],
)
def test_nobody_gives_a_role_beyond_their_own(
    sqlite_world: World, giver: Role, given: Role, *, allowed: bool
) -> None:
    offer = PersonGiven(NOOR.email, NOOR.name, given)
    if allowed:
        assert invited(sqlite_world, offer, acting(sqlite_world, giver))
        return
    with pytest.raises(Refused) as refusal:
        invited(sqlite_world, offer, acting(sqlite_world, giver))
    assert refusal.value.fact == "role"


def test_nobody_ends_an_access_beyond_their_own(world: World) -> None:
    newcomer(world, "director@passerelle.example", Role.DIRECTOR)
    newcomer(world, "lead@passerelle.example", Role.QUALITY_LEAD)
    invited(world, PersonGiven(NOOR.email, NOOR.name, Role.DIRECTOR))
    with world.database.transaction(acting(world, Role.OPERATOR)) as u:
        with pytest.raises(Refused):
            end_membership(u, members(u)[0].membership_id)
        with pytest.raises(Refused):
            withdraw_invitation(u, open_invitations(u)[0].id)


def test_the_last_person_who_can_invite_stays(world: World) -> None:
    newcomer(world, "mediator@passerelle.example", Role.MEDIATOR)
    newcomer(world, "director@passerelle.example", Role.DIRECTOR)
    newcomer(world, "lead@passerelle.example", Role.QUALITY_LEAD, at=world.strasbourg)
    with world.database.transaction(acting(world, Role.DIRECTOR)) as u:
        by_role = {one.role: one.membership_id for one in members(u)}
        with pytest.raises(Refused) as refusal:
            end_membership(u, by_role[Role.DIRECTOR])
        assert refusal.value.fact == "last_manager"
        end_membership(u, by_role[Role.MEDIATOR])
    newcomer(world, "second@passerelle.example", Role.QUALITY_LEAD)
    with world.database.transaction(acting(world, Role.DIRECTOR)) as u:
        end_membership(u, by_role[Role.DIRECTOR])
        u.session.flush()
        assert [one.role for one in members(u)] == [Role.QUALITY_LEAD]


def test_an_ended_access_is_found_no_more_and_can_be_given_again(world: World) -> None:
    newcomer(world, "director@passerelle.example", Role.DIRECTOR)
    person_id = newcomer(world, NOOR.email, Role.MEDIATOR)
    with world.database.transaction(world.lyon.scope) as u:
        membership_id = next(one.membership_id for one in members(u) if one.role is Role.MEDIATOR)
        end_membership(u, membership_id)
    with world.database.transaction(world.lyon.scope) as u:
        with pytest.raises(NotFound):
            end_membership(u, membership_id)
        assert [one.person.id for one in members(u) if one.person.id == person_id] == []
        add_member(u, person_id, Role.BOARD)
        assert [one.role for one in members(u) if one.person.id == person_id] == [Role.BOARD]


def test_another_structures_access_cannot_be_ended(world: World) -> None:
    newcomer(world, "director@passerelle.example", Role.DIRECTOR)
    newcomer(world, "lead@passerelle.example", Role.QUALITY_LEAD)
    with world.database.reading(world.lyon.scope) as u:
        membership_id = members(u)[0].membership_id
    with world.database.transaction(world.strasbourg.scope) as u, pytest.raises(NotFound):
        end_membership(u, membership_id)


def test_one_address_is_one_person(world: World) -> None:
    newcomer(world, "sacha@passerelle.example")
    with world.database.transaction(Scope.nobody()) as u, pytest.raises(Invalid) as fault:
        add_person(u, email="SACHA@passerelle.example ", name="Sacha")
    assert fault.value.facts["reason"] == "taken"


def seen(world: World, token: str) -> SignedIn | None:
    """Who is signed in by this token now."""
    with world.database.reading(Scope.nobody()) as u:
        return session_person(u, token)


def test_a_disabled_person_is_signed_out(world: World) -> None:
    person_id = newcomer(world, "sacha@passerelle.example")
    with world.database.transaction(Scope.nobody()) as u:
        token = open_session(u, person_id)
    assert seen(world, token) is not None
    with world.database.transaction(Scope.nobody()) as u:
        u.session.get_one(Person, person_id).disabled_at = u.now
    assert seen(world, token) is None


def test_a_session_is_marked_as_seen_every_five_minutes_at_most(world: World) -> None:
    person_id = newcomer(world, "sacha@passerelle.example")
    with world.database.transaction(Scope.nobody()) as u:
        token = open_session(u, person_id)
    world.clock.advance(timedelta(minutes=4, seconds=59))
    early = seen(world, token)
    world.clock.advance(timedelta(seconds=1))
    late = seen(world, token)
    assert early is not None
    assert late is not None
    assert (early.touch_due, late.touch_due) == (False, True)
    with world.database.transaction(Scope.nobody()) as u:
        touch_session(u, token)
    again = seen(world, token)
    assert again is not None
    assert not again.touch_due


def test_neither_token_nor_address_nor_name_stands_in_a_row(world: World) -> None:
    person_id = newcomer(world, "sacha@passerelle.example", Role.BOARD, name="Sacha Petit")
    secret = invited(world)
    with world.database.transaction(Scope.nobody()) as u:
        token = open_session(u, person_id)
    with world.database.reading(world.lyon.scope) as u:
        kept = [u.all(select(table)) for table in (Person, AuthSession, Invitation, Membership, JournalEntry)]
        values = repr([[vars(row) for row in rows] for rows in kept])
        assert cards(u, [person_id])[person_id].name == "Sacha Petit"
    assert str(person_id) in values
    for told in ("Sacha", "sacha@", "Noor", "noor@", token, secret):
        assert told not in values
