"""Writes of cases: filing one, and taking a step.

Each act is one event; the row, its clocks and its facts are then written anew from all events of the case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from portal.cases.errands import payload_of
from portal.cases.events import CaseFiled, CaseStepTaken
from portal.cases.models import (
    Case,
    CaseCounter,
    CasePerson,
    Message,
)
from portal.cases.partners import note_partner
from portal.cases.queries import (
    CASES,
    able_to_handle,
    case_key,
    events_of,
    frame_of,
    happened,
    locked,
    seen_before,
)
from portal.cases.rules import (
    ENDING,
    Actor,
    CaseMode,
    CaseState,
    Direction,
    Finding,
    Kind,
    Outcome,
    Step,
    take_step,
)
from portal.cases.standing import (
    FILED,
    Happened,
    Standing,
    fold,
)
from portal.cases.ways import CALLED, CHANNELS, REACHED_AT, Channel, ContactKind
from portal.cases.writing import BY_FILER, Words, author, happen, in_order, read_text, say, submit_key, told
from portal.core.errors import Conflict, Invalid, Refused
from portal.core.ids import Receipt, new_id, reference
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.core.worktime import WorkCalendar
from portal.people.queries import role_in
from portal.people.rules import Role
from portal.tenancy.queries import calendar, calendar_of, current_structure, policy
from portal.tenancy.vault import new_wrapped_key, sealed

if TYPE_CHECKING:
    from uuid import UUID

    from portal.cases.entry import Reception
    from portal.cases.errands import Errand
    from portal.cases.partners import PartnerGiven
    from portal.cases.voices import Voice
    from portal.cases.ways import Help, Moment, Told
    from portal.core.db import Unit

COUNT = Walled(insert(table_of(CaseCounter)), key=("structure_id", "year"), add=("last",))


@dataclass(frozen=True, slots=True)
class Filing:
    """What somebody files, and through which entrance; texts stay out of `repr`."""

    kind: Kind
    text: str = field(repr=False)
    language: str
    site_id: UUID
    nonce: bytes = field(repr=False)
    contact_kind: str = "none"
    contact: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    code_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    mediator_id: UUID | None = None
    """Whom the code names: to them the case will not exist."""
    channel: Channel = Channel.WEB
    reception: Reception | None = None
    """When it really reached us, of what staff type; None: now."""
    concerns: tuple[UUID, ...] = ()
    """Colleagues whom it is about, as whoever types it says."""
    said_in: str = ""
    """The language of the words as they were typed; the filer's own unless given."""
    contact_when: Moment | None = None
    may_leave_message: bool | None = None
    help: Help | None = None
    partner: PartnerGiven | None = None
    """In whose name a partner files it."""
    voice: Voice | None = field(default=None, repr=False)
    """What the person said aloud: kept with the case, or neither is."""

    @property
    def is_typed(self) -> bool:
        """Whether staff type what somebody else said."""
        return CHANNELS[self.channel].is_typed

    @property
    def mode(self) -> CaseMode:
        """Who may know the filer: anonymous without contact and name, identified with a name."""
        if self.name:
            return CaseMode.IDENTIFIED
        return CaseMode.CONFIDENTIAL if self.contact else CaseMode.ANONYMOUS


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with a step: its text, and what is said at the end."""

    message: str = field(default="", repr=False)
    language: str = "fr"
    outcome: Outcome | None = None
    finding: Finding | None = None
    nonce: bytes | None = field(default=None, repr=False)
    """Of the filer's form: a message sent twice is stored once."""
    version: int = 0
    """What the page was made from; 0 without a page."""
    told: Told | None = None
    """How the person was told of the answer in their own language, when it is not written in it."""
    errand: Errand | None = None
    """What goes out with the step besides words."""


def file_case(u: Unit, filing: Filing, receipt: Receipt, secret_hash: str) -> Case:
    """The new case with its first event, clocks, facts and first message.

    Raises `Invalid("message")`, and `Invalid("concerns")` when nobody could handle it or it is about whoever
    types it. A second filing of the same form is refused by the database: see `filing`.
    """
    text = read_text(filing.text)
    received_at = filing.reception.at if filing.reception else u.now
    case_id = new_id(u.now)
    key, wrapped = new_wrapped_key(u, CASES, case_id)
    place, promises = calendar_of(u, filing.site_id), policy(u)
    case = Case(
        id=case_id,
        reference=_next_reference(u, WorkCalendar.from_document(place.document).local(u.now).year),
        kind=filing.kind,
        state=CaseState.RECEIVED,
        mode=filing.mode,
        language=filing.language,
        site_id=filing.site_id,
        team_id=filing.team_id,
        agreement_id=filing.agreement_id,
        code_id=filing.code_id,
        calendar_id=place.id,
        policy_id=promises.id,
        received_at=received_at,
        channel=_channel(filing),
        registered_at=u.now if filing.is_typed else None,
        entered_by=u.scope.actor_id if filing.is_typed else None,
        locator=receipt.locator,
        secret_hash=secret_hash,
        submit_key=submit_key(u, filing.nonce),
        key_wrapped=wrapped,
        contact_kind=_contact_kind(filing),
        contact_sealed=_sealed_or_none(u, key, filing.contact, (CASES, case_id, "contact_sealed")),
        name_sealed=_sealed_or_none(u, key, filing.name, (CASES, case_id, "name_sealed")),
        contact_when=filing.contact_when,
        may_leave_message=filing.may_leave_message,
        help=filing.help,
        version=0,
    )
    u.add(case)
    _keep_from(u, case_id, filing)
    if filing.partner is not None:
        note_partner(u, case_id, filing.partner, filing.contact)
    message = say(u, case, Direction.FROM_FILER, Words(text, filing.said_in or filing.language))
    payload = {
        "kind": filing.kind.value,
        "mode": filing.mode.value,
        "language": filing.language,
        "calendar": place.id.hex,
        "policy": promises.id.hex,
        **_way_in(u, filing),
        **told(message, text, u),
    }
    by = author(u, None) if filing.is_typed else BY_FILER
    standing = happen(u, case, Happened(FILED, received_at, payload), by)
    u.publish(CaseFiled(case.id, case.reference, case.kind, standing.due_on))
    return case


def _channel(filing: Filing) -> Channel:
    """The way in: an entrance by a code is told from one without."""
    is_code = filing.channel is Channel.WEB and filing.code_id is not None
    return Channel.CODE if is_code else filing.channel


def _contact_kind(filing: Filing) -> str:
    """How the person wishes to be answered; a way that needs an address, and has none, is none."""
    kind = ContactKind(filing.contact_kind)
    return ContactKind.NONE.value if kind in REACHED_AT and not filing.contact else kind.value


def _keep_from(u: Unit, case_id: UUID, filing: Filing) -> None:
    """Hide the case from whom it is about, before anybody is told of it."""
    if filing.mediator_id is not None:
        u.add(CasePerson(case_id=case_id, person_id=filing.mediator_id, since=u.now))
    concerned = set(filing.concerns) - {filing.mediator_id}
    if not concerned:
        return
    if u.scope.actor_id in concerned:
        raise Invalid("concerns", reason="self")
    if any(role_in(u, person_id) is None for person_id in concerned):
        raise Invalid("concerns", reason="unknown")
    if not able_to_handle(u, case_id) - concerned:
        raise Invalid("concerns", reason="last_handler")
    u.add(*(CasePerson(case_id=case_id, person_id=one, since=u.now) for one in concerned))


def _way_in(u: Unit, filing: Filing) -> dict[str, Any]:
    """What the first event says of how the case came; of typed ones, when and about whom."""
    told_of: dict[str, Any] = {"channel": _channel(filing).value}
    if filing.is_typed:
        told_of["registered"] = u.now.isoformat()
        told_of["hour_known"] = filing.reception is None or filing.reception.hour_known
    if filing.concerns:
        told_of["concerns"] = sorted(person_id.hex for person_id in filing.concerns)
    return told_of


def complete(u: Unit, case: Case, filing: Filing) -> None:
    """The case with a contact and a name that its form did not give before; what was given stays."""
    key = case_key(u, case)
    if filing.contact and case.contact_sealed is None:
        case.contact_kind = filing.contact_kind
        case.contact_sealed = sealed(u, key, filing.contact, (CASES, case.id, "contact_sealed"))
        case.contact_when, case.may_leave_message = filing.contact_when, filing.may_leave_message
    case.help = case.help or filing.help
    if filing.name and case.name_sealed is None:
        case.name_sealed = sealed(u, key, filing.name, (CASES, case.id, "name_sealed"))
    if case.name_sealed is not None:
        case.mode = CaseMode.IDENTIFIED
    elif case.contact_sealed is not None:
        case.mode = CaseMode.CONFIDENTIAL
    u.session.flush()


def _next_reference(u: Unit, year: int) -> str:
    u.run(COUNT, year=year, last=1)
    last = u.one(select(CaseCounter.last).where(CaseCounter.year == year)) or 1
    return reference(current_structure(u).letters, year, last)


def _sealed_or_none(u: Unit, key: bytes, text: str, where: tuple[str, UUID, str]) -> bytes | None:
    return sealed(u, key, text, where) if text else None


def take(
    u: Unit, case_id: UUID, verb: str, given: Given | None = None, *, who: Actor | None = None
) -> Standing:
    """Where the case stands after the step.

    `who` is the filer or a job; None means the role in scope. Raises `Conflict` for a stale page,
    `Refused("step")` when `STEPS` does not allow it, `Refused("erased")` once the words of the case are gone,
    `Invalid` for a missing text or finding, `NotFound`.
    """
    given = given or Given()
    case = locked(u, case_id)
    if who is Actor.FILER and given.nonce and _is_replay(u, given.nonce, given.message):
        return fold(frame_of(u, case), happened(events_of(u, case_id)))
    check_fresh(case, given)
    if case.key_wrapped is None:
        raise Refused("erased")
    step = take_step(case.kind, case.state, who or _role(u), verb)
    if verb in ENDING and u.scope.actor_id in seen_before(u, case_id):
        raise Refused("second_look")
    payload = _payload(u, case, step, given)
    standing = happen(u, case, Happened(verb, u.now, payload), author(u, who))
    u.publish(
        CaseStepTaken(
            case.id,
            case.reference,
            verb,
            by_filer=who is Actor.FILER,
            tells_filer=who is not Actor.FILER
            and (step.tells or step.is_news or step.to_state is CaseState.CLOSED),
        )
    )
    return standing


def check_fresh(case: Case, given: Given) -> None:
    """Nothing. Raises `Conflict` for what was given on a page that is stale."""
    if given.version and given.version != case.version:
        raise Conflict("case", version=given.version)


def _role(u: Unit) -> Role:
    if u.scope.role is None:
        raise Refused("role")
    return Role(u.scope.role)


def _is_replay(u: Unit, nonce: bytes, message: str) -> bool:
    known = submit_key(u, nonce, in_order(message))
    return u.one(select(Message.id).where(Message.submit_key == known)) is not None


def _payload(u: Unit, case: Case, step: Step, given: Given) -> dict[str, Any]:
    """The event's payload, with the message of the step written. Raises `Invalid` for what is missing."""
    payload: dict[str, Any] = {}
    needs_finding = "finding" in step.needs and case.kind is Kind.COMPLAINT and case.finding is None
    if needs_finding and given.finding is None:
        raise Invalid("finding", reason="empty")
    if "outcome" in step.needs and given.outcome is None:
        raise Invalid("outcome", reason="empty")
    if given.finding is not None and case.kind is Kind.COMPLAINT:
        payload["finding"] = given.finding.value
    if given.outcome is not None:
        payload["outcome"] = given.outcome.value
    if u.scope.actor_id is not None and case.handler_id is None and step.verb != "note":
        payload["handler"] = u.scope.actor_id.hex
    payload |= payload_of(u, case, step.verb, given.errand)
    payload |= _told(u, case, step, given)
    if "message" in step.needs or given.message.strip():
        text = read_text(given.message)
        message = say(u, case, step.direction, Words(text, given.language, given.nonce))
        payload.update(told(message, text, u))
    return payload


def _told(u: Unit, case: Case, step: Step, given: Given) -> dict[str, Any]:
    """How the person learns of what the step says: already told, to be called today, or nothing to note.

    An answer counts as given only in the person's language, or once it was told to them (with who and when):
    until then it is `foreign`, and the promise runs on.
    """
    if not step.tells:
        return {}
    if step.verb in ENDING and given.told is not None:
        return {"told": given.told.value}
    payload: dict[str, Any] = {"foreign": True} if _is_foreign(case, step, given) else {}
    if case.contact_kind in CALLED:
        payload["call"] = calendar(u, case.calendar_id).local(u.now).date().isoformat()
    return payload


def _is_foreign(case: Case, step: Step, given: Given) -> bool:
    return step.verb in ENDING and given.language != case.language
