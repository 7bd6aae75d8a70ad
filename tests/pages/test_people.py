"""The pages of who works here: members, invitations, ends of access."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from staff import signed_in

from portal.core.db import Scope
from portal.people.models import AuthSession

if TYPE_CHECKING:
    from build import World


def test_a_colleague_made_by_the_helper_has_a_session(world: World) -> None:
    colleague = signed_in(world)
    with world.database.reading(Scope.nobody()) as u:
        assert [row.person_id for row in u.all(select(AuthSession))] == [colleague.person_id]
