"""What the slices below published becomes rows of the outbox, in the same transaction; nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cases.events import CaseFiled, CaseStepTaken
from portal.cases.queries import case_by_id, contact_of
from portal.cases.rules import STEPS, CaseState
from portal.notifications.actions import tell_filer, tell_forgetful, tell_handlers, tell_invited
from portal.notifications.rules import Notice
from portal.people.events import PasswordForgotten, PersonInvited

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from portal.core.bus import Event
    from portal.core.db import Unit

_ENDS = frozenset(step.verb for step in STEPS if step.to_state is CaseState.CLOSED)
_BY_MAIL = "email"


def on_case_filed(u: Unit, event: CaseFiled) -> None:
    """Every handler hears of a new case."""
    due = event.due_on.isoformat() if event.due_on else None
    tell_handlers(u, Notice.CASE_FILED, event.case_id, reference=event.reference, due=due)


def on_case_step_taken(u: Unit, event: CaseStepTaken) -> None:
    """The other side hears of it; a filer who ends their case asks nothing of anybody.

    A filer who left a telephone number is called by a person: no row is written.
    """
    if event.by_filer and event.verb not in _ENDS:
        tell_handlers(u, Notice.FILER_REPLIED, event.case_id, reference=event.reference)
    if event.tells_filer:
        contact = contact_of(u, event.case_id)
        if contact is not None and contact.kind == _BY_MAIL:
            tell_filer(u, contact.value, case_by_id(u, event.case_id).language)


def on_person_invited(u: Unit, event: PersonInvited) -> None:
    """The invited person gets the link."""
    tell_invited(u, event.invitation_id)


def on_password_forgotten(u: Unit, event: PasswordForgotten) -> None:
    """The person gets a link to a new password."""
    tell_forgetful(u, event.person_id)


SUBSCRIPTIONS: tuple[tuple[type[Event], Callable[[Unit, Any], None]], ...] = (
    (CaseFiled, on_case_filed),
    (CaseStepTaken, on_case_step_taken),
    (PersonInvited, on_person_invited),
    (PasswordForgotten, on_password_forgotten),
)
"""Which event is heard by whom, for the composition root."""
