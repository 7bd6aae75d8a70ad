"""Writes of who works here. Each act that another person may ask about later leaves a journal entry.

Hashes come in ready-made: Argon2 takes its time on purpose and never inside a transaction (`entrance`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.core.crypto import seal
from portal.core.errors import Conflict, Invalid, NotFound, Refused
from portal.core.ids import new_id
from portal.core.languages import LANGUAGES
from portal.people.events import PersonInvited
from portal.people.models import AuthSession, Invitation, JournalEntry, Membership, Person
from portal.people.passwords import must_wait, read_email, read_name, same_email, wait_after
from portal.people.queries import (
    INVITATION,
    INVITATION_AGE,
    PERSON,
    SESSION_AGE,
    invitation_by_secret,
    invitation_digest,
    invitation_secret,
    invitation_token,
    members,
    membership,
    offer,
    open_invitations,
    person,
    person_by_email,
    person_digest,
    person_place,
    role_in,
    session_digest,
    session_row,
    sessions_of,
)
from portal.people.rules import Act, Permission, Role, may, may_give
from portal.tenancy.vault import sealed, structure_key

if TYPE_CHECKING:
    from uuid import UUID

    from portal.core.db import Unit

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class PersonGiven:
    """Who is invited, as what, limited to a team or not."""

    email: str = field(repr=False)
    name: str = field(repr=False)
    role: Role
    team_id: UUID | None = None


def journal(u: Unit, act: Act, *, by: UUID | None = None, **facts: str) -> None:
    """Write down who did what; `facts` hold ids and words of ours, never personal text."""
    entry = JournalEntry(
        id=new_id(u.now), at=u.now, person_id=by or u.scope.actor_id, act=act.value, facts=facts
    )
    u.add(entry)


def add_person(
    u: Unit, *, email: str, name: str, password_hash: str | None = None, locale: str = "fr"
) -> Person:
    """A new person. Raises `Invalid("email")` when it can be no address or is taken, `Invalid("name")`."""
    email, name = read_email(email), read_name(name)
    if person_by_email(u, email) is not None:
        raise Invalid("email", reason="taken")
    person_id, key = new_id(u.now), u.keys.sub(PERSON)
    row = Person(
        id=person_id,
        email_digest=person_digest(u.keys, email),
        email_sealed=seal(key, email, aad=person_place(person_id, "email")),
        name_sealed=seal(key, name, aad=person_place(person_id, "name")),
        password_hash=password_hash,
        locale=locale,
        failures=0,
        created_at=u.now,
    )
    u.add(row)
    return row


def set_locale(u: Unit, person_id: UUID, locale: str) -> None:
    """The language in which the person reads the staff pages. Raises `Invalid("locale")`, `NotFound`."""
    if locale not in LANGUAGES:
        raise Invalid("locale")
    person(u, person_id).locale = locale


def add_member(u: Unit, person_id: UUID, role: Role, *, team_id: UUID | None = None) -> Membership:
    """A role for the person in the structure in scope. Raises `Invalid("email")` for who has one already."""
    if role_in(u, person_id) is not None:
        raise Invalid("email", reason="member")
    row = Membership(
        id=new_id(u.now), person_id=person_id, role=role, team_id=team_id, created_at=u.now, ended_at=None
    )
    u.add(row)
    journal(u, Act.JOINED, by=person_id, role=role.value)
    return row


def end_membership(u: Unit, membership_id: UUID) -> None:
    """The access ends now; what the person did stays told.

    Raises `NotFound`; `Refused("role")` when the actor's role may not end that one, `Refused("last_manager")`
    for the last person who can invite others.
    """
    row = membership(u, membership_id)
    _check_giver(u, row.role)
    managers = [one for one in members(u) if may(one.role, Permission.MANAGE_PEOPLE)]
    if [one.membership_id for one in managers] == [row.id]:
        raise Refused("last_manager")
    row.ended_at = u.now
    journal(u, Act.ROLE_ENDED, person=str(row.person_id), role=row.role.value)


def invite(u: Unit, given: PersonGiven) -> str:
    """The token of a single-use link, good for 7 days, that makes somebody a member.

    An earlier invitation of the same address ends. Raises `Invalid("email" | "name")` and `Refused("role")`.
    """
    _check_giver(u, given.role)
    email, name = read_email(given.email), read_name(given.name)
    known = person_by_email(u, email)
    if known is not None and role_in(u, known.id) is not None:
        raise Invalid("email", reason="member")
    for earlier in open_invitations(u):
        if same_email(earlier.email) == same_email(email):
            _end_invitation(u, earlier.id)
    row = _invitation(u, email, name, given)
    u.add(row)
    journal(u, Act.INVITED, invitation=str(row.id), role=given.role.value)
    u.publish(PersonInvited(row.id))
    return invitation_token(u, row.id)


def _invitation(u: Unit, email: str, name: str, given: PersonGiven) -> Invitation:
    invitation_id, key = new_id(u.now), structure_key(u)
    secret = invitation_secret(u.keys, u.structure_id, invitation_id)
    return Invitation(
        id=invitation_id,
        token_digest=invitation_digest(u.keys, secret),
        email_sealed=sealed(u, key, email, (INVITATION, invitation_id, "email")),
        name_sealed=sealed(u, key, name, (INVITATION, invitation_id, "name")),
        role=given.role,
        team_id=given.team_id,
        invited_by=u.scope.actor_id,
        created_at=u.now,
        expires_at=u.now + INVITATION_AGE,
    )


def withdraw_invitation(u: Unit, invitation_id: UUID) -> None:
    """The link opens nothing any more. Raises `NotFound`, and `Refused("role")` as for ending an access."""
    found = next((one for one in open_invitations(u) if one.id == invitation_id), None)
    if found is None:
        raise NotFound(INVITATION)
    _check_giver(u, found.role)
    _end_invitation(u, invitation_id)
    journal(u, Act.INVITATION_WITHDRAWN, invitation=str(invitation_id))


def _end_invitation(u: Unit, invitation_id: UUID) -> None:
    row = u.one(select(Invitation).where(Invitation.id == invitation_id))
    if row is not None:
        row.expires_at = u.now
        u.session.flush()


def accept_invitation(u: Unit, secret: str, *, password_hash: str | None) -> UUID:
    """The person who joined by this link; a new one unless the address is known.

    `password_hash` is for a new person alone: an invitation never changes the password of a known one, or
    whoever invites could take over an account. Raises `Expired` when the link was used or withdrawn,
    `Conflict("password")` when the new person chose one by another invitation meanwhile.
    """
    row = invitation_by_secret(u, secret)
    invited = offer(u, row)
    joining = person_by_email(u, invited.email)
    if joining is None:
        joining = add_person(u, email=invited.email, name=invited.name, locale=u.scope.locale)
    if joining.password_hash is None:
        joining.password_hash = password_hash
    elif password_hash is not None:
        # Nothing has proved yet that whoever holds this link knows the password of that account.
        raise Conflict("password")
    row.used_at = u.now
    add_member(u, joining.id, row.role, team_id=row.team_id)
    return joining.id


def _check_giver(u: Unit, role: Role) -> None:
    """Refuse a role beyond the actor's own; the command line, where nobody signs in, may give any."""
    if u.scope.role is not None and not may_give(Role(u.scope.role), role):
        raise Refused("role", role=role.value)


def note_failure(u: Unit, failing: Person) -> None:
    """One more wrong password in a row; tries during a wait do not lengthen it."""
    if must_wait(failing.locked_until, u.now):
        return
    failing.failures += 1
    failing.locked_until = u.now + wait_after(failing.failures)


def open_session(u: Unit, person_id: UUID) -> str:
    """The token of a new session, for the cookie; the database keeps its digest."""
    token = token_urlsafe(_TOKEN_BYTES)
    u.add(
        AuthSession(
            token_digest=session_digest(u.keys, token),
            person_id=person_id,
            created_at=u.now,
            seen_at=u.now,
            expires_at=u.now + SESSION_AGE,
        )
    )
    return token


def touch_session(u: Unit, token: str) -> None:
    """The session was used now; nothing happens to one that has ended."""
    row = session_row(u, token)
    if row is not None:
        row.seen_at = u.now


def close_session(u: Unit, token: str) -> None:
    """The session ends; an unknown one has ended already."""
    row = session_row(u, token)
    if row is not None:
        row.revoked_at = u.now


def revoke_all(u: Unit, person_id: UUID) -> int:
    """How many sessions of the person ended: every browser is signed out."""
    rows = sessions_of(u, person_id)
    for row in rows:
        row.revoked_at = u.now
    return len(rows)
