"""Reads of who works here: persons by address, members of a structure, memberships, invitations, sessions.

Names and addresses are opened here and nowhere else; they leave as `Card`, never as a row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.core.crypto import Keys, Tokens, keyed_digest, place, unseal
from portal.core.errors import Expired, NotFound, Tampered
from portal.people.models import AuthSession, Invitation, Membership, Person
from portal.people.passwords import same_email
from portal.tenancy.models import Structure
from portal.tenancy.vault import opened, structure_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from portal.core.crypto import JSON
    from portal.core.db import Unit
    from portal.people.rules import Role

PERSON = "person"
INVITATION = "invitation"
INVITATION_AGE = timedelta(days=7)
SESSION_IDLE = timedelta(hours=12)
SESSION_AGE = timedelta(days=30)
TOUCH_EVERY = timedelta(minutes=5)
_NOBODY = 0
_SECRET_BYTES = 16


@dataclass(frozen=True, slots=True)
class Card:
    """A person as pages and mails show them; neither name nor address stands in `repr`."""

    id: UUID
    name: str = field(repr=False)
    email: str = field(repr=False)
    locale: str


@dataclass(frozen=True, slots=True)
class Member:
    """An active membership of the structure in scope, and whose it is."""

    membership_id: UUID
    person: Card
    role: Role
    team_id: UUID | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A structure where a person has a role now."""

    structure: Structure
    role: Role
    team_id: UUID | None


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation that can still be accepted, opened."""

    id: UUID
    name: str = field(repr=False)
    email: str = field(repr=False)
    role: Role
    until: datetime


def person_digest(keys: Keys, email: str) -> bytes:
    """The keyed digest under which an address is found: one for every writing of it."""
    return keyed_digest(keys.sub(PERSON), "email", same_email(email))


def person_place(person_id: UUID, column: str) -> str:
    """Where a person's sealed text stands; persons belong to no structure."""
    return place(_NOBODY, PERSON, person_id, column)


def person_by_email(u: Unit, email: str) -> Person | None:
    """The person with this address, also one stored under the former secret; None if there is none."""
    digests = [person_digest(u.keys, email)]
    former = u.keys.old_sub(PERSON)
    if former is not None:
        digests.append(keyed_digest(former, "email", same_email(email)))
    return u.one(select(Person).where(Person.email_digest.in_(digests)))


def person(u: Unit, person_id: UUID) -> Person:
    """The row of a person. Raises `NotFound`."""
    found = u.one(select(Person).where(Person.id == person_id))
    if found is None:
        raise NotFound("person")
    return found


def card(u: Unit, row: Person) -> Card:
    """The person's card, opened. Raises `Tampered` when the row was moved or changed."""
    return Card(row.id, _open(u, row, "name"), _open(u, row, "email"), row.locale)


def cards(u: Unit, person_ids: Iterable[UUID]) -> dict[UUID, Card]:
    """The cards of these persons, by id; unknown ids are left out."""
    wanted = list(set(person_ids))
    rows = u.all(select(Person).where(Person.id.in_(wanted))) if wanted else ()
    return {row.id: card(u, row) for row in rows}


def _open(u: Unit, row: Person, column: str) -> str:
    blob, aad = getattr(row, f"{column}_sealed"), person_place(row.id, column)
    try:
        return unseal(u.keys.sub(PERSON), blob, aad=aad)
    except Tampered:
        former = u.keys.old_sub(PERSON)
        if former is None:
            raise
        return unseal(former, blob, aad=aad)


def members(u: Unit) -> list[Member]:
    """Who has a role in the structure in scope, by name; empty in a structure that nobody joined."""
    rows = u.rows(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        # The wall also shows the reader's memberships elsewhere; here only this structure's count.
        .where(Membership.structure_id == u.structure_id, Membership.ended_at.is_(None))
        .where(Person.disabled_at.is_(None))
    )
    found = [Member(m.id, card(u, p), m.role, m.team_id, m.created_at) for m, p in rows]
    return sorted(found, key=lambda member: (member.person.name.casefold(), member.membership_id))


def roles_held(u: Unit) -> Counter[Role]:
    """How many people have each role in the structure in scope now."""
    return Counter(
        u.all(
            select(Membership.role)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.structure_id == u.structure_id, Membership.ended_at.is_(None))
            .where(Person.disabled_at.is_(None))
        )
    )


def roles_offered(u: Unit) -> Counter[Role]:
    """How many open invitations there are to each role."""
    waiting = (Invitation.used_at.is_(None), Invitation.expires_at > u.now)
    return Counter(u.all(select(Invitation.role).where(*waiting)))


def membership(u: Unit, membership_id: UUID) -> Membership:
    """An active membership of the structure in scope. Raises `NotFound`."""
    found = u.one(
        select(Membership).where(
            Membership.structure_id == u.structure_id,
            Membership.id == membership_id,
            Membership.ended_at.is_(None),
        )
    )
    if found is None:
        raise NotFound("membership")
    return found


def role_in(u: Unit, person_id: UUID) -> Role | None:
    """The role of a person in the structure in scope; None for a stranger."""
    return u.one(
        select(Membership.role).where(
            Membership.structure_id == u.structure_id,
            Membership.person_id == person_id,
            Membership.ended_at.is_(None),
        )
    )


def memberships_of(u: Unit, person_id: UUID) -> list[Place]:
    """Where the person has a role now, by name of the structure.

    The unit's scope must carry the person as `actor_id`: then the wall shows these rows without a structure.
    """
    rows = u.rows(
        select(Membership, Structure)
        .join(Structure, Structure.id == Membership.structure_id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .order_by(Structure.name, Structure.id)
    )
    return [Place(structure, row.role, row.team_id) for row, structure in rows]


def open_invitations(u: Unit) -> list[Offer]:
    """Invitations of the structure that wait for an answer, the newest first."""
    rows = u.all(
        select(Invitation)
        .where(Invitation.used_at.is_(None), Invitation.expires_at > u.now)
        .order_by(Invitation.created_at.desc(), Invitation.id)
    )
    return [offer(u, row) for row in rows]


def offer(u: Unit, row: Invitation) -> Offer:
    """The invitation, opened."""
    key = structure_key(u)
    name, email = (
        opened(u, key, blob, (INVITATION, row.id, column))
        for column, blob in (("name", row.name_sealed), ("email", row.email_sealed))
    )
    return Offer(row.id, name, email, row.role, row.expires_at)


def invitation_secret(keys: Keys, structure_id: int, invitation_id: UUID) -> str:
    """The secret of an invitation, 128 bits in hex.

    Derived and not drawn, so that the outbox need not keep it: the link is made again when the mail leaves,
    and the database holds its digest alone.
    """
    derived = keyed_digest(keys.sub("invitation-secret", structure_id), invitation_id.bytes)
    return derived[:_SECRET_BYTES].hex()


def invitation_digest(keys: Keys, secret: str) -> bytes:
    """What is stored of an invitation's secret."""
    return keyed_digest(keys.sub("invitation-digest"), secret)


def invitation_token(u: Unit, invitation_id: UUID) -> str:
    """The token of the invitation's link: the signed structure id and the secret."""
    payload: dict[str, JSON] = {
        "s": u.structure_id,
        "t": invitation_secret(u.keys, u.structure_id, invitation_id),
    }
    return Tokens(u.keys).seal(INVITATION, payload, now=u.now)


def invitation_to_send(u: Unit, invitation_id: UUID) -> tuple[Offer, str] | None:
    """The invitation and its token, for the mail; None when it was used or withdrawn meanwhile."""
    row = u.one(
        select(Invitation).where(
            Invitation.id == invitation_id, Invitation.used_at.is_(None), Invitation.expires_at > u.now
        )
    )
    return None if row is None else (offer(u, row), invitation_token(u, row.id))


def read_invitation(tokens: Tokens, token: str, *, now: datetime) -> tuple[int, str]:
    """Structure and secret of a link, known before anything is looked up.

    Raises `Tampered` for a link that is not ours, `Expired` for an old one.
    """
    payload = tokens.open(INVITATION, token, now=now, max_age=INVITATION_AGE)
    return int(payload["s"]), str(payload["t"])


def invitation_by_secret(u: Unit, secret: str) -> Invitation:
    """The invitation of this secret, locked for this transaction. Raises `Expired` when it is used up."""
    wanted = select(Invitation).where(Invitation.token_digest == invitation_digest(u.keys, secret))
    row = u.one(wanted.with_for_update() if u.session.writes else wanted)
    if row is None or row.used_at is not None or row.expires_at <= u.now:
        raise Expired(INVITATION)
    return row


def session_digest(keys: Keys, token: str) -> bytes:
    """What is stored of a session's token."""
    return keyed_digest(keys.sub("session"), token)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who is signed in, and whether their session should be marked as seen."""

    person: Card
    touch_due: bool


def session_row(u: Unit, token: str) -> AuthSession | None:
    """The session of this token if it still stands: neither revoked, nor idle, nor too old."""
    digest = session_digest(u.keys, token)
    row = u.one(select(AuthSession).where(AuthSession.token_digest == digest))
    if row is None or row.revoked_at is not None:
        return None
    is_good = u.now < row.expires_at and u.now - row.seen_at < SESSION_IDLE
    return row if is_good else None


def session_person(u: Unit, token: str) -> SignedIn | None:
    """Who is signed in by this token; None when the session ended or the person was disabled."""
    session = session_row(u, token)
    if session is None:
        return None
    row = u.one(select(Person).where(Person.id == session.person_id, Person.disabled_at.is_(None)))
    return None if row is None else SignedIn(card(u, row), u.now - session.seen_at >= TOUCH_EVERY)


def sessions_of(u: Unit, person_id: UUID) -> Sequence[AuthSession]:
    """Every session of a person that was not revoked."""
    return u.all(
        select(AuthSession).where(AuthSession.person_id == person_id, AuthSession.revoked_at.is_(None))
    )
