"""Complaints, subjects and actions as a test of the improvement plan needs them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.actions import Filing, Given, take
from portal.cases.filing import file
from portal.cases.learning import choose_motif
from portal.cases.models import Case
from portal.cases.rules import Finding, Kind
from portal.certification.actions import Decided, open_action
from portal.people.rules import Role
from portal.web.house import house

if TYPE_CHECKING:
    from uuid import UUID

    from build import World
    from staff import Colleague

    from portal.certification.models import Action
    from portal.core.db import Scope

NOBODY_CAME = "work.absence"


def leading(colleague: Colleague) -> Scope:
    """The scope of the colleague as quality lead."""
    return type(colleague.scope).of(
        colleague.structure.structure.id,
        actor_id=colleague.person_id,
        role=Role.QUALITY_LEAD.value,
        locale="fr",
    )


def complaint(
    world: World,
    scope: Scope,
    *,
    motif: str | None = NOBODY_CAME,
    finding: Finding | None = None,
    salt: int = 0,
) -> str:
    """The reference of a new complaint about this, answered when something was found."""
    filing = Filing(
        kind=Kind.COMPLAINT,
        text="Personne n’est venu au rendez-vous.",
        language="fr",
        site_id=world.lyon.site.id,
        nonce=f"complaint {salt}".encode(),
        code_id=world.lyon.code.id,
    )
    with world.app.app_context():
        filed = file(world.database, house().hasher, world.lyon.scope, filing)
    with world.database.transaction(scope) as u:
        if motif:
            choose_motif(u, filed.case_id, motif)
        if finding:
            take(u, filed.case_id, "acknowledge")
            take(u, filed.case_id, "answer", Given("Nous avons changé le planning.", "fr", finding=finding))
    return filed.reference


def reference_of(world: World, case_id: UUID) -> str:
    """How a case is called."""
    with world.database.reading(world.lyon.scope) as u:
        return u.all(select(Case.reference).where(Case.id == case_id))[0]


def decided(
    world: World,
    colleague: Colleague,
    what: str = "Revoir le planning",
    due_on: date | None = None,
    **more: object,
) -> Action:
    """An action that the colleague will do."""
    with world.database.transaction(leading(colleague)) as u:
        day = due_on or u.now.date() + timedelta(days=30)
        return open_action(u, Decided(what, colleague.person_id, day, **more))  # type: ignore[arg-type]  # given by name


def version_on(page: str) -> str:
    """What the page was made from."""
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]
