"""A forgotten password: a link by mail, good for half an hour and for one new password.

No table keeps it. The token holds the person and a digest of the password it replaces, so that it opens
nothing once that password has changed: by itself, by another link, or by whoever remembered in the end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from portal.core.crypto import Tokens, keyed_digest
from portal.core.db import Scope
from portal.core.errors import Expired, NotFound
from portal.people.actions import journal, revoke_all
from portal.people.events import PasswordForgotten
from portal.people.passwords import check_password
from portal.people.queries import card, memberships_of, person, person_by_email
from portal.people.rules import Act

if TYPE_CHECKING:
    from portal.core.db import Database, Unit
    from portal.core.passwords import Hasher
    from portal.people.models import Person
    from portal.people.queries import Card

RESET = "password_reset"
RESET_AGE = timedelta(minutes=30)


def ask(database: Database, email: str) -> None:
    """The link goes out by mail to whoever has a password here; nobody else hears of it, nor the asker."""
    with database.reading(Scope.nobody()) as u:
        found = person_by_email(u, email)
        person_id = found.id if found and found.password_hash and found.disabled_at is None else None
    if person_id is None:
        return
    with database.reading(Scope.nobody(actor_id=person_id)) as u:
        places = memberships_of(u, person_id)
    if places:
        with database.transaction(Scope.of(places[0].structure.id, actor_id=person_id)) as u:
            u.publish(PasswordForgotten(person_id))


def reset_token(u: Unit, person_id: UUID) -> str | None:
    """The token of a link, from now on; None for whoever cannot sign in by a password any more."""
    row = person(u, person_id)
    if row.password_hash is None or row.disabled_at is not None:
        return None
    return Tokens(u.keys).seal(RESET, {"p": row.id.hex, "d": _digest(u, row)}, now=u.now)


def who_resets(database: Database, token: str) -> Card:
    """Whose link it is. Raises `Tampered`, and `Expired` for one that is too old or has been used."""
    with database.reading(Scope.nobody()) as u:
        return card(u, _person_of(u, token))


def choose_password(database: Database, hasher: Hasher, token: str, password: str) -> None:
    """The password is the new one, and every session of before has ended.

    Raises `Invalid("password", reason=…)` with a key of `PASSWORD_FAULTS`, and as `who_resets` does.
    """
    who = who_resets(database, token)
    check_password(password, email=who.email, structure="")
    hashed = hasher.hash(password)
    with database.transaction(Scope.nobody()) as u:
        row = _person_of(u, token)
        row.password_hash, row.failures, row.locked_until = hashed, 0, None
        revoke_all(u, row.id)
    with database.reading(Scope.nobody(actor_id=who.id)) as u:
        places = memberships_of(u, who.id)
    for one in places:
        with database.transaction(Scope.of(one.structure.id, actor_id=who.id, role=one.role.value)) as u:
            journal(u, Act.PASSWORD_CHANGED)


def _person_of(u: Unit, token: str) -> Person:
    told = Tokens(u.keys).open(RESET, token, now=u.now, max_age=RESET_AGE)
    try:
        row = person(u, UUID(hex=told["p"]))
    except NotFound:
        raise Expired(RESET) from None
    if row.disabled_at is not None or told["d"] != _digest(u, row):
        raise Expired(RESET)
    return row


def _digest(u: Unit, row: Person) -> str:
    """What changes with the password and tells nothing of it."""
    return keyed_digest(u.keys.sub(RESET), row.password_hash or "")[:16].hex()
