"""Commands that bring a structure and its first people into being, before anybody can sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.cli.checks import require_servable
from portal.cli.ground import AS_JSON, opened, settings, tell
from portal.core.db import Scope
from portal.people.actions import PersonGiven, invite
from portal.people.rules import Role
from portal.questionnaires.publishing import publish_shipped
from portal.tenancy.actions import SiteGiven, found_structure, furnish
from portal.tenancy.holidays_fr import ZONES
from portal.tenancy.queries import sites, structure_by_slug, structures
from portal.web.theme import DEFAULT_COLOUR

if TYPE_CHECKING:
    from portal.core.db import Database


@click.group()
def structure() -> None:
    """Structures."""


@structure.command("create")
@click.option("--slug", required=True, help="Its name in addresses, such as la-passerelle.")
@click.option("--letters", required=True, help="2 to 6 letters A-Z that begin its references.")
@click.option("--name", required=True)
@click.option("--zone", type=click.Choice(sorted(ZONES)), default="metropole", show_default=True)
@click.option("--colour", default=DEFAULT_COLOUR, show_default=True)
@AS_JSON
def structure_create(  # noqa: PLR0913 -- a parameter for each option
    *, slug: str, letters: str, name: str, zone: str, colour: str, as_json: bool
) -> None:
    """Found a structure with its main site, the resident questionnaire and a first code.

    Cut half way, it goes on when it is run again with the same words.
    """
    config = settings()
    require_servable(config)
    with opened(config) as database:
        structure_id = _half_made(database, slug, letters, name)
        if structure_id is None:
            with database.transaction(Scope.nobody()) as u:
                row = found_structure(u, slug=slug, letters=letters, name=name, colour=colour)
                structure_id = row.id
        shown = name.strip()
        code = _furnished(database, structure_id, shown, zone)
    address = f"{config.base_url}/q/{code}"
    tell({"slug": slug, "letters": letters, "name": shown, "code": code, "url": address}, as_json=as_json)


def _half_made(database: Database, slug: str, letters: str, name: str) -> int | None:
    """The structure that this very command founded and was cut before it could furnish it, if there is one.

    Two transactions are needed: a structure's own rows can be written only once it has a scope.
    """
    asked = (slug, letters, name.strip())
    with database.reading(Scope.nobody()) as u:
        found = [row.id for row in structures(u) if (row.slug, row.letters, row.name) == asked]
    if not found:
        return None
    with database.reading(Scope.of(found[0])) as u:
        return None if sites(u) else found[0]


def _furnished(database: Database, structure_id: int, name: str, zone: str) -> str:
    """The first code of a structure, ready to listen."""
    with database.transaction(Scope.of(structure_id)) as u:
        site = furnish(u, site=SiteGiven(name, "centre", zone, is_main=True))
        publish_shipped(u, "q-res")
        return issue_code(u, CodeGiven(CodeKind.SITE, name, site.id)).code


@structure.command("list")
@AS_JSON
def structure_list(*, as_json: bool) -> None:
    """Every structure, a line for each."""
    config = settings()
    require_servable(config)
    with opened(config) as database, database.reading(Scope.nobody()) as u:
        rows = [{"slug": row.slug, "letters": row.letters, "name": row.name} for row in structures(u)]
    tell(rows, as_json=as_json)


@click.group()
def person() -> None:
    """Who works here."""


@person.command("invite")
@click.option("--structure", "slug", required=True, help="Its slug.")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@AS_JSON
def person_invite(*, slug: str, email: str, name: str, role: str, as_json: bool) -> None:
    """Invite somebody: prints a link that opens once, within 7 days."""
    config = settings()
    require_servable(config)
    with opened(config) as database:
        with database.reading(Scope.nobody()) as u:
            structure_id = structure_by_slug(u, slug).id
        with database.transaction(Scope.of(structure_id)) as u:
            token = invite(u, PersonGiven(email, name, Role(role)))
    link = f"{config.base_url}/invitations/{token}"
    tell({"email": email, "role": role, "url": link}, as_json=as_json)
