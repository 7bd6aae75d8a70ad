"""What is measured upon: a folder with a migrated database, one structure that listens, and its staff.

Both sides get the same file, each its own copy; both stand on the same disk.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from portal.app import compose
from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.config import load
from portal.core.db import Scope
from portal.core.upgrade import upgrade
from portal.people.actions import add_member, add_person
from portal.people.rules import Role
from portal.questionnaires.publishing import publish_shipped
from portal.questionnaires.queries import published
from portal.tenancy.actions import SiteGiven, add_agreement, add_team, found_structure, furnish
from portal.tenancy.queries import calendar_of, local_day, policy

if TYPE_CHECKING:
    from pathlib import Path

    from portal.core.db import Unit

LANGUAGE = "fr"
_QUESTIONNAIRE = "q-res"
_NO_PASSWORD = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"  # noqa: S105 -- a hash nobody has the word of


@dataclass(frozen=True, slots=True)
class Place:
    """The entrance that all journeys use, with the ids (as hex) that a bare application must know."""

    structure_id: int
    code: str
    code_id: str
    site_id: str
    team_id: str
    agreement_id: str
    calendar_id: str
    policy_id: str
    version_id: str
    items: tuple[tuple[str, tuple[str, ...]], ...]
    """The questions with choices in their order: id, and the codes of the choices."""
    handlers: tuple[str, ...]
    """Whom a new case is told to."""

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be answered to the first question."""
        return self.items[0][1]

    @property
    def entrance(self) -> str:
        """The address of the first page."""
        return f"/q/{self.code}/{LANGUAGE}"


def environment(folder: Path, database_url: str | None = None) -> dict[str, str]:
    """The settings of an installation in this folder, as an operator would write them."""
    return {
        "PORTAL_DATA": str(folder),
        "PORTAL_DATABASE_URL": database_url or f"sqlite:///{folder / 'portal.db'}",
        "PORTAL_SECRET_KEY": secrets.token_hex(32),
        "PORTAL_BASE_URL": "http://127.0.0.1",
        "PORTAL_MAIL_URL": f"file:{folder / 'mail'}",
    }


def found(environ: dict[str, str]) -> Place:
    """The place in a new database that the settings name; its hashes are as strong as anybody's."""
    config = load(environ)
    upgrade(config.database_owner_url, make_url(config.database_url).username)
    _, database = compose(config)
    with database.transaction(Scope.nobody()) as u:
        structure_id = found_structure(u, slug="mesure", letters="MES", name="La Mesure", colour="#0b5c68").id
    with database.transaction(Scope.of(structure_id)) as u:
        place = _furnished(u)
    database.engine.dispose()
    return place


def _furnished(u: Unit) -> Place:
    site = furnish(u, site=SiteGiven("Centre", "centre", is_main=True))
    version = publish_shipped(u, _QUESTIONNAIRE)
    team = add_team(u, site_id=site.id, name="Équipe")
    today = local_day(u)
    held = add_agreement(u, partner="Ville", purpose="Présence", starts_on=today, ends_on=None)
    code = issue_code(u, CodeGiven(CodeKind.CARD, "Cartes", site.id, team.id, held.id))
    for role in Role:
        email = f"{role.value}@mesure.example"
        add_member(u, add_person(u, email=email, name=role.value, password_hash=_NO_PASSWORD).id, role)
    shown = published(u, _QUESTIONNAIRE)
    return Place(
        structure_id=u.structure_id,
        code=code.code,
        code_id=code.id.hex,
        site_id=site.id.hex,
        team_id=team.id.hex,
        agreement_id=held.id.hex,
        calendar_id=calendar_of(u, site.id).id.hex,
        policy_id=policy(u).id.hex,
        version_id=version.id.hex,
        items=tuple(
            (shown.items[asked.code].hex, tuple(choice.code for choice in asked.choices))
            for asked in shown.form.questions
            if asked.choices
        ),
        handlers=(),
    )
