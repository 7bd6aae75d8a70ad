"""Commands that bring a structure and its first people into being, before anybody can sign in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from portal.channels.qr import code_url, terminal
from portal.cli.checks import is_new, require_servable
from portal.cli.ground import AS_JSON, opened, settings, tell
from portal.cli.leaving import structure_erase, structure_export
from portal.cli.points import structure_import
from portal.core.crypto import Keys, Tokens
from portal.core.db import Scope
from portal.people.actions import PersonGiven, invite
from portal.people.passwords import name_in, read_email, read_name
from portal.people.rules import Role
from portal.tenancy.holidays_fr import ZONES
from portal.tenancy.queries import structure_by_slug, structures
from portal.web.founding import MOST_DAYS, USUAL_DAYS, Founding, found, start_token

if TYPE_CHECKING:
    from portal.core.config import Config
    from portal.core.db import Database

_NOBODY = "Nobody can sign in there yet: portal person invite --structure {slug} --role quality_lead …"


@click.group()
def structure() -> None:
    """Structures."""


structure.add_command(structure_import)
structure.add_command(structure_export)
structure.add_command(structure_erase)


@structure.command("create")
@click.option("--name", help="As residents know it.")
@click.option("--email", help="Of the quality lead, who is invited.")
@click.option(
    "--promise",
    "days",
    type=click.IntRange(1, MOST_DAYS),
    help=f"Working days until a complaint is answered; {USUAL_DAYS} unless said.",
)
@click.option("--person", help="First name and name of the quality lead; made of the address unless said.")
@click.option("--slug", help="Its name in addresses, such as la-passerelle; made of the name unless said.")
@click.option("--letters", help="2 to 6 letters A-Z that begin its references; made of the name.")
@click.option("--zone", type=click.Choice(sorted(ZONES)), help="Of its public holidays; told by the name.")
@click.option("--colour", help="Such as #17606b.")
@AS_JSON
def structure_create(  # noqa: PLR0913 -- a parameter for each option
    *,
    name: str | None,
    email: str | None,
    days: int | None,
    person: str | None,
    slug: str | None,
    letters: str | None,
    zone: str | None,
    colour: str | None,
    as_json: bool,
) -> None:
    """Found a structure: its main site, the residents' questionnaire, a code that collects, its quality lead.

    On a terminal it asks for what is missing: name, e-mail, promise. Cut half way, it goes on when it is run
    again with the same words.
    """
    config = settings()
    require_servable(config)
    if sys.stdin.isatty():
        name = name or click.prompt("Name of the structure")
        email = email or click.prompt("E-mail of the quality lead")
        days = days or click.prompt(
            "Working days until a complaint is answered", USUAL_DAYS, type=click.IntRange(1, MOST_DAYS)
        )
    if not name:
        raise click.UsageError("Missing option '--name'.")
    asked = Founding(name, days or USUAL_DAYS, slug=slug, letters=letters, zone=zone, colour=colour)
    with opened(config) as database:
        lead = _lead(email, person)
        made, token = found(database, asked, first=lambda u: invite(u, lead) if lead else None)
    row = {"slug": made.slug, "letters": made.letters, "name": made.name, "code": made.code}
    row["url"] = f"{config.base_url}/q/{made.code}"
    if token is not None:
        row["invitation"] = f"{config.base_url}/invitations/{token}"
    tell(row, as_json=as_json)
    if not as_json and sys.stdout.isatty():
        click.echo(terminal(code_url(config.base_url, made.code)))
    if token is None and not as_json:
        click.echo(_NOBODY.format(slug=made.slug), err=True)


def _lead(email: str | None, name: str | None) -> PersonGiven | None:
    """Who is invited first, checked before anything is founded; None without an address. Raises `Invalid`."""
    if not email:
        return None
    address = read_email(email)
    return PersonGiven(address, read_name(name) if name else name_in(address), Role.QUALITY_LEAD)


@structure.command("start-link")
@AS_JSON
def structure_start_link(*, as_json: bool) -> None:
    """Print a link that founds one structure in the browser; it opens once, within 7 days."""
    config = settings()
    require_servable(config)
    with opened(config) as database:
        link = start_link(config, database)
    tell({"url": link}, as_json=as_json)


def start_link(config: Config, database: Database) -> str:
    """The address at which whoever holds it founds one structure, once."""
    with database.reading(Scope.nobody()) as u:
        return f"{config.base_url}/start/{start_token(u, _tokens(config))}"


def first_link(config: Config) -> str | None:
    """The start link of a portal without any structure; None once there is one."""
    if not is_new(config):
        return None
    with opened(config) as database:
        return start_link(config, database)


def _tokens(config: Config) -> Tokens:
    return Tokens(Keys(config.secret_key, config.secret_key_old))


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
