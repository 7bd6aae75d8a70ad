"""The ways in: an address with its password, and an invitation's link.

Here and nowhere else a transaction waits for Argon2: look up, close, hash, open again and decide. Every
refusal of a sign-in is the same fact after the same work, so that an answer does not tell who exists.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portal.core.db import Scope
from portal.core.errors import Conflict, Invalid
from portal.people.actions import (
    accept_invitation,
    add_member,
    add_person,
    journal,
    note_failure,
    open_session,
)
from portal.people.passwords import LONGEST, check_password, must_wait
from portal.people.queries import (
    invitation_by_secret,
    memberships_of,
    offer,
    person_by_email,
    read_invitation,
)
from portal.people.rules import Act, Role
from portal.tenancy.queries import current_structure

if TYPE_CHECKING:
    from uuid import UUID

    from portal.core.crypto import Tokens
    from portal.core.db import Database, Unit
    from portal.core.passwords import Hasher
    from portal.people.queries import Offer


@dataclass(frozen=True, slots=True)
class Admitted:
    """A session that has just begun: its token for the cookie, and whose it is."""

    token: str = field(repr=False)
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation's page shows: the offer, by whom, and whether the address has a password already."""

    structure_id: int
    structure_name: str
    structure_slug: str
    structure_colour: str
    secret: str = field(repr=False)
    offer: Offer
    is_known: bool


def sign_in(database: Database, hasher: Hasher, *, email: str, password: str) -> Admitted:
    """A new session. Raises `Invalid("sign_in")` alike for unknown, wrong, waiting and disabled."""
    admitted = _prove(database, hasher, email=email, password=password)
    if admitted is None:
        raise Invalid("sign_in")
    _journal_everywhere(database, admitted.person_id)
    return admitted


def _prove(database: Database, hasher: Hasher, *, email: str, password: str) -> Admitted | None:
    with database.reading(Scope.nobody()) as u:
        found = person_by_email(u, email)
        stored = found.password_hash if found else None
    # Also while the account waits, and for nobody: the time of an answer must not tell which it was.
    matches = hasher.verify(stored, password[: LONGEST + 1])
    # And the second look-up also for nobody: without it their answer came 2.8 ms earlier.
    with database.transaction(Scope.nobody()) as u:
        return _decide(u, email, stored, matches=matches)


def _decide(u: Unit, email: str, stored: str | None, *, matches: bool) -> Admitted | None:
    """A session, or None with the failure noted; the caller raises after the commit that keeps the note."""
    person = person_by_email(u, email)
    if person is None or person.disabled_at is not None:
        return None
    if must_wait(person.locked_until, u.now):
        return None
    if not matches or person.password_hash != stored:
        note_failure(u, person)
        return None
    person.failures, person.locked_until = 0, None
    return Admitted(open_session(u, person.id), person.id)


def _journal_everywhere(database: Database, person_id: UUID) -> None:
    """Tell each structure where the person has a role that they came in."""
    with database.reading(Scope.nobody(actor_id=person_id)) as u:
        places = memberships_of(u, person_id)
    for one in places:
        with database.transaction(Scope.of(one.structure.id, actor_id=person_id, role=one.role.value)) as u:
            journal(u, Act.SIGNED_IN)


def look_at(database: Database, tokens: Tokens, token: str) -> Invited:
    """What a link offers. Raises `Tampered` (not ours), `Expired` (old, used, withdrawn)."""
    structure_id, secret = read_invitation(tokens, token, now=database.clock.now())
    with database.reading(Scope.of(structure_id)) as u:
        invited = offer(u, invitation_by_secret(u, secret))
        person = person_by_email(u, invited.email)
        structure = current_structure(u)
    return Invited(
        structure_id=structure_id,
        structure_name=structure.name,
        structure_slug=structure.slug,
        structure_colour=structure.colour,
        secret=secret,
        offer=invited,
        is_known=person is not None and person.password_hash is not None,
    )


def is_known(u: Unit, email: str) -> bool:
    """Whether the address has an account with a password."""
    person = person_by_email(u, email)
    return person is not None and person.password_hash is not None


def begin(u: Unit, *, email: str, name: str, password_hash: str | None, locale: str) -> Admitted:
    """A session of the quality lead with whom a structure begins, who is there already or new.

    `password_hash` is for a new person alone; whoever has an account has proved it. Raises `Invalid`.
    """
    person = person_by_email(u, email) or add_person(u, email=email, name=name, locale=locale)
    if person.password_hash is None:
        person.password_hash = password_hash
    elif password_hash is not None:
        raise Conflict("password")
    add_member(u, person.id, Role.QUALITY_LEAD)
    return Admitted(open_session(u, person.id), person.id)


def join(database: Database, hasher: Hasher, *, invited: Invited, password: str, locale: str) -> Admitted:
    """A session of who accepted: a new person chooses the password, a known one gives theirs.

    Raises `Invalid("password", reason=…)`: "wrong", or a key of `PASSWORD_FAULTS`; `Expired` when the link
    was used meanwhile.
    """
    email, scope = invited.offer.email, Scope.of(invited.structure_id, locale=locale)
    if invited.is_known:
        admitted = _prove(database, hasher, email=email, password=password)
        if admitted is None:
            raise Invalid("password", reason="wrong")
        with database.transaction(scope) as u:
            accept_invitation(u, invited.secret, password_hash=None)
        return admitted
    check_password(password, email=email, structure=invited.structure_name)
    hashed = hasher.hash(password)
    with database.transaction(scope) as u:
        person_id = accept_invitation(u, invited.secret, password_hash=hashed)
        return Admitted(open_session(u, person_id), person_id)
