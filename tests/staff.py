"""A colleague at work: somebody who is signed in, so that a test of a staff page starts at the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.core.db import Scope
from portal.people.actions import add_member, add_person, open_session
from portal.people.queries import person_by_email
from portal.people.rules import Role
from portal.web.guard import cookie_name, csrf_token
from portal.web.house import house

if TYPE_CHECKING:
    from uuid import UUID

    from build import Furnished, World
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

PASSWORD = "la lampe du hall reste bleue"
"""What every colleague types."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A signed-in person of a structure: a client that carries their cookie, and the token of their forms."""

    client: FlaskClient
    person_id: UUID
    email: str
    csrf: str
    structure: Furnished

    @property
    def scope(self) -> Scope:
        """The structure, signed in as this person, without a role: whoever builds a world may do all."""
        return Scope.of(self.structure.structure.id, actor_id=self.person_id)

    def get(self, path: str) -> TestResponse:
        """Open a page; no redirection is followed."""
        return self.client.get(path)

    def post(self, path: str, **fields: object) -> TestResponse:
        """Send a form with its `csrf_token`, unless `fields` give another; no redirection is followed."""
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})


def signed_in(  # noqa: PLR0913 -- who, as what and where; the rest has defaults
    world: World,
    role: Role = Role.QUALITY_LEAD,
    at: Furnished | None = None,
    *,
    email: str = "camille@passerelle.example",
    name: str = "Camille Roux",
    locale: str = "fr",
) -> Colleague:
    """A colleague with this role at a structure (Lyon's, unless said), already signed in.

    The same `email` a second time is the same person, with a role in one more structure.
    """
    where = at or world.lyon
    with world.app.app_context():
        hashed = house().hasher.hash(PASSWORD)
        with world.database.transaction(where.scope) as u:
            person = person_by_email(u, email) or add_person(
                u, email=email, name=name, password_hash=hashed, locale=locale
            )
            add_member(u, person.id, role)
            token = open_session(u, person.id)
        client = world.app.test_client()
        client.set_cookie(cookie_name(), token, domain="localhost")
        return Colleague(client, person.id, email, csrf_token(token), where)
