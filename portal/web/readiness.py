"""What a structure still lacks to listen well: one table, each row computed from what the structure holds.

Nothing is ticked by hand but what leaves no trace in the portal: that a printed code hangs where people pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.cases.rules import KINDS
from portal.core.languages import N_
from portal.people.models import JournalEntry
from portal.people.queries import roles_held, roles_offered
from portal.people.rules import Act, Permission, Role, may
from portal.questionnaires.models import Response
from portal.tenancy.branding import small_logo_of
from portal.tenancy.models import CalendarVersion
from portal.tenancy.offers import open_offers
from portal.tenancy.queries import current_structure, policy, privacy_contact, sites

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from portal.core.db import Unit
    from portal.tenancy.models import PolicyVersion

HANDLERS = 2
"""Who is ill or named in a complaint must not leave it without anybody (decisions, 4)."""
_FIRST = 1
"""The number of a calendar, and of a brand, that nobody has changed since the founding."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a structure holds, as far as a row of the table asks."""

    roles: Counter[Role]
    offered: Counter[Role]
    """Roles that somebody has been invited to, and has not taken yet."""
    promises: PolicyVersion
    brand: int
    has_logo: bool
    calendars: Mapping[UUID, int]
    """The newest calendar of each site, by number."""
    has_offer: bool
    """Whether a proposal of the network waits for an answer."""
    has_contact: bool
    is_answered: bool
    told: frozenset[str]
    """The rows that somebody has ticked."""


@dataclass(frozen=True, slots=True)
class Step:
    """A row: what must be so, why, who sees to it, where, and whether it is so."""

    id: str
    sentence: str
    why: str
    owner: Role
    path: str
    done: Callable[[Held], bool]
    coming: Callable[[Held], int] = lambda _held: 0
    """How many open invitations may bring it about."""
    is_told: bool = False
    """True: nothing in the portal shows it; somebody says so."""


def _handlers(roles: Counter[Role]) -> int:
    """How many people may handle what comes in, within the team's line."""
    return sum(n for role, n in roles.items() if may(role, Permission.HANDLE_CASES) and role != Role.BOARD)


OFFER = Step(
    "offer",
    N_("What the network proposes is answered"),
    N_("A colour, a campaign, questions. Nothing changes before you say yes."),
    Role.QUALITY_LEAD,
    "start",
    lambda held: not held.has_offer,
)
"""First of all where a network has proposed something; elsewhere there is no such row."""
STEPS: tuple[Step, ...] = (
    Step(
        "handlers",
        N_("Two people handle what comes in"),
        N_("One alone is on leave one day, or is named in a complaint."),
        Role.QUALITY_LEAD,
        "people/invite",
        lambda held: _handlers(held.roles) >= HANDLERS,
        coming=lambda held: _handlers(held.offered),
    ),
    Step(
        "recourse",
        N_("Somebody outside the team's line can look again"),
        N_("A member of the board, or of the network: whoever asks for a second look is heard by them."),
        Role.DIRECTOR,
        "people/invite",
        lambda held: held.roles[Role.BOARD] > 0,
        coming=lambda held: held.offered[Role.BOARD],
    ),
    Step(
        "procedure",
        N_("The complaints procedure has its code and version"),
        N_("Each case keeps those of its day: an auditor looks for them first."),
        Role.QUALITY_LEAD,
        "settings/promises",
        lambda held: bool(held.promises.document_code and held.promises.document_version),
    ),
    Step(
        "promises",
        N_("The promises are looked at for each kind of message"),
        N_("To acknowledge, to write, to answer: a complaint is not an idea."),
        Role.DIRECTOR,
        "settings/promises",
        lambda held: all(kind.value in held.promises.targets for kind in KINDS),
    ),
    Step(
        "identity",
        N_("Residents recognise you: a logo or your colour"),
        N_("On their pages, on cards and posters."),
        Role.QUALITY_LEAD,
        "settings/identity",
        lambda held: held.has_logo or held.brand > _FIRST,
    ),
    Step(
        "calendars",
        N_("The opening hours and holidays of each site are looked at"),
        N_("Every promised date is computed from them. Open the site, correct, save."),
        Role.QUALITY_LEAD,
        "settings/sites/{site}",
        lambda held: all(number > _FIRST for number in held.calendars.values()),
    ),
    Step(
        "informed",
        N_("Staff and works council are informed"),
        N_("The law asks for it before a code names a mediator; write down the date."),
        Role.DIRECTOR,
        "settings/staff-informed",
        lambda held: held.promises.staff_informed_on is not None,
    ),
    Step(
        "privacy",
        N_("People know whom to write to about their data"),
        N_("Whoever asks to read or erase what they wrote gets an answer within a month."),
        Role.DIRECTOR,
        "settings/privacy",
        lambda held: held.has_contact,
    ),
    Step(
        "printed",
        N_("A printed code hangs where people pass"),
        N_("A poster at the entrance, cards in the mediators' pockets. Nobody but you can see it."),
        Role.QUALITY_LEAD,
        "codes/print",
        lambda held: "printed" in held.told,
        is_told=True,
    ),
    Step(
        "answer",
        N_("The first answer has come"),
        N_("It is counted the moment it is given."),
        Role.QUALITY_LEAD,
        "codes",
        lambda held: held.is_answered,
    ),
)
"""In the order in which they are best done."""


def held(u: Unit) -> Held:
    """What the structure in scope holds."""
    numbers = u.rows(
        select(CalendarVersion.site_id, func.max(CalendarVersion.number)).group_by(CalendarVersion.site_id)
    )
    newest = dict(numbers)
    told = u.all(select(JournalEntry.facts).where(JournalEntry.act == Act.START_TICKED.value))
    return Held(
        roles=roles_held(u),
        offered=roles_offered(u),
        promises=policy(u),
        brand=current_structure(u).branding_revision,
        has_logo=small_logo_of(u) is not None,
        calendars={site.id: newest[site.id] for site in sites(u)},
        has_offer=bool(open_offers(u)),
        has_contact=privacy_contact(u) is not None,
        is_answered=u.one(select(Response.id).limit(1)) is not None,
        told=frozenset(str(facts["step"]) for facts in told),
    )


def steps_of(held: Held) -> tuple[Step, ...]:
    """The rows of this structure."""
    return (OFFER, *STEPS) if held.has_offer else STEPS


def open_steps(held: Held) -> list[Step]:
    """The rows that are still to be done, in their order."""
    return [step for step in steps_of(held) if not step.done(held)]
