"""What a partner files: in whose name, under which reference of theirs, how urgent; and all they have filed.

A partner has no account. Who can read the mails of the address they left may see what was filed with it, for
half an hour: the link travels by mail, and the address is found by its keyed digest, never in clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.cases.models import Case, PartnerCase
from portal.core.crypto import SET_BACK, Tokens, keyed_digest
from portal.core.errors import Tampered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from portal.cases.ways import Urgency
    from portal.core.crypto import JSON
    from portal.core.db import Unit

MOST_ORGANISATION, MOST_REFERENCE = 120, 60
SHOWN = 200
PARTNER = "partner"
LINK_AGE = timedelta(minutes=30)
_LABEL = "partner-address"


@dataclass(frozen=True, slots=True)
class PartnerGiven:
    """In whose name somebody files, and what they call it themselves."""

    organisation: str
    reference: str = ""
    urgency: Urgency | None = None


def digest_of(u: Unit, address: str) -> bytes:
    """What finds the cases of a mail address in this structure; the same for any spelling in capitals."""
    return keyed_digest(u.keys.sub(_LABEL, u.structure_id), address.strip().casefold())


def partner_token(u: Unit, digest: bytes) -> str:
    """What opens the cases of an address for half an hour; it travels by mail to that address alone."""
    payload: dict[str, JSON] = {"s": u.structure_id, "d": digest.hex()}
    return Tokens(u.keys).seal(PARTNER, payload, now=u.now)


def digest_in(u: Unit, token: str) -> bytes:
    """The address that a link is for. Raises `Expired`, `Tampered`, also for another structure's."""
    told = Tokens(u.keys).open(PARTNER, token, now=u.now, max_age=LINK_AGE, ahead=SET_BACK)
    if told["s"] != u.structure_id:
        raise Tampered("token", purpose=PARTNER)
    return bytes.fromhex(told["d"])


def note_partner(u: Unit, case_id: UUID, given: PartnerGiven, address: str) -> None:
    """Keep beside the case who files it."""
    u.add(
        PartnerCase(
            case_id=case_id,
            organisation=given.organisation,
            reference=given.reference,
            urgency=given.urgency,
            address_digest=digest_of(u, address),
        )
    )


def partner_of(u: Unit, case_id: UUID) -> PartnerGiven | None:
    """In whose name a case was filed; None for anybody else's, and once its words are gone."""
    row = u.one(select(PartnerCase).where(PartnerCase.case_id == case_id))
    if row is None or not row.organisation:
        return None
    return PartnerGiven(row.organisation, row.reference, row.urgency)


def filed_since(u: Unit, digest: bytes, since: datetime) -> int:
    """How many cases were filed with this address after that instant."""
    is_its = (PartnerCase.structure_id == Case.structure_id) & (PartnerCase.case_id == Case.id)
    wanted = select(func.count()).select_from(PartnerCase).join(Case, is_its)
    return u.one(wanted.where(PartnerCase.address_digest == digest, Case.received_at > since)) or 0


def cases_of_partner(u: Unit, digest: bytes) -> Sequence[tuple[Case, PartnerCase]]:
    """What was filed with this address, the newest first."""
    is_its = (PartnerCase.structure_id == Case.structure_id) & (PartnerCase.case_id == Case.id)
    wanted = (
        select(Case, PartnerCase)
        .join(PartnerCase, is_its)
        .where(PartnerCase.address_digest == digest)
        .order_by(Case.received_at.desc(), Case.id)
        .limit(SHOWN)
    )
    return [(row[0], row[1]) for row in u.rows(wanted)]
