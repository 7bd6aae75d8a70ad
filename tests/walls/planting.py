"""Personal words, planted by every way that leads into the house, and the ids of the rows that hold them.

Two suites search for them: what a stranger is shown (`test_foreign_ids`) and what lies on the disk
(`test_at_rest`). A new way in is planted here once, and both search for its words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select
from staff import signed_in

from portal.cases.actions import Filing, Given, name_person, take, translate
from portal.cases.filing import file
from portal.cases.models import Message
from portal.cases.queries import case_by_id
from portal.cases.rules import Kind
from portal.core.db import Scope
from portal.people.actions import PersonGiven, invite
from portal.people.models import Invitation, Membership
from portal.people.rules import Role
from portal.questionnaires.actions import Journey, record
from portal.questionnaires.models import Response
from portal.questionnaires.queries import published
from portal.questionnaires.rules import ItemKind
from portal.web.house import house
from portal.web.survey import new_trip

if TYPE_CHECKING:
    from uuid import UUID

    from build import Furnished, World
    from staff import Colleague

TEXTS = (
    "Le médiateur {} a crié dans l’escalier — c’est « inacceptable » \\ n° {}",
    "الوسيط {} لم يستمع إليّ في الدرج رقم {}",
    "মধ্যস্থতাকারী {} সিঁড়িতে আমার কথা শোনেননি {}",
    "Меня зовут {}, квартира {}",
)
"""A free text in four scripts, with quotes, a backslash and accents that encodings treat differently."""


@dataclass(slots=True)
class Planted:
    """What was planted at one structure: the words nobody else may see, and how its rows are named."""

    colleague: Colleague
    words: list[str] = field(default_factory=list)
    invitation_token: str = ""
    trip: str = ""
    reference: str = ""
    receipt: str = ""
    ids: dict[str, UUID] = field(default_factory=dict)

    def word(self, text: str) -> str:
        """The text, noted."""
        self.words.append(text)
        return text


def planted_at(world: World, where: Furnished, mark: str, *, rounds: int = 1) -> Planted:
    """Words of staff, invited people and residents, each with the mark; `rounds` times as many."""
    domain = f"{mark.lower()}.example"
    boss = signed_in(
        world, Role.QUALITY_LEAD, where, email=f"chef@{domain}", name=f"Nadège {mark}-Chef", locale="fr"
    )
    planted = Planted(boss, words=[f"chef@{domain}", f"Nadège {mark}-Chef"])
    for turn in range(rounds):
        _plant_people(world, where, planted, f"{mark}{turn}")
        _plant_answer(world, where, planted, TEXTS[turn % len(TEXTS)].format(f"{mark}{turn}", 4107 + turn))
        _plant_case(world, where, planted, f"{mark}{turn}", turn)
    return planted


def _plant_people(world: World, where: Furnished, planted: Planted, mark: str) -> None:
    email, name = planted.word(f"equipe-{mark.lower()}@exemple.test"), planted.word(f"Yasmine {mark}-Équipe")
    member = signed_in(world, Role.MEDIATOR, where, email=email, name=name)
    invited = PersonGiven(
        planted.word(f"invite-{mark.lower()}@exemple.test"),
        planted.word(f"Émile {mark}-Invité"),
        Role.MEDIATOR,
    )
    lead = Scope.of(
        where.structure.id, actor_id=planted.colleague.person_id, role=Role.QUALITY_LEAD.value, locale="fr"
    )
    with world.app.app_context(), world.database.transaction(lead) as u:
        planted.invitation_token = invite(u, invited)
        planted.ids["person_id"] = member.person_id
        planted.ids["invitation_id"] = u.all(select(Invitation.id).order_by(Invitation.id.desc()))[0]
        membership = select(Membership.id).where(Membership.person_id == member.person_id)
        planted.ids["membership_id"] = u.all(membership)[0]


def _plant_answer(world: World, where: Furnished, planted: Planted, text: str) -> None:
    with world.app.test_request_context(), world.database.transaction(where.scope) as u:
        shown = published(u)
        trip = new_trip(shown.version_id)
        journey = Journey(trip.nonce, u.now.date(), "fr", where.site.id, where.code.id)
        asked = next(one for one in shown.form.questions if one.kind is ItemKind.TEXT)
        planted.trip = trip.token
        planted.ids["version_id"] = shown.version_id
        planted.ids["response_id"] = record(u, shown, journey, asked, planted.word(text))
        assert u.one(select(Response.id)) is not None


def _plant_case(world: World, where: Furnished, planted: Planted, mark: str, turn: int) -> None:
    by_mail = turn % 2 == 0
    contact = f"habitante-{mark.lower()}@exemple.test" if by_mail else f"+33 6 41 88 {turn:02} 73"
    filing = Filing(
        kind=tuple(Kind)[turn % len(Kind)],
        text=planted.word(TEXTS[(turn + 1) % len(TEXTS)].format(f"{mark}-plainte", 5000 + turn)),
        language="fr",
        site_id=where.site.id,
        nonce=f"{mark}".encode(),
        contact_kind="email" if by_mail else "phone",
        contact=planted.word(contact),
        name=planted.word(f"Fatoumata {mark}-Habitante"),
        code_id=where.code.id,
    )
    with world.app.app_context():
        filed = file(world.database, house().hasher, where.scope, filing)
    planted.reference, planted.receipt = filed.reference, filed.receipt.secret
    planted.ids["case_id"] = filed.case_id
    lead = Scope.of(
        where.structure.id, actor_id=planted.colleague.person_id, role=Role.QUALITY_LEAD.value, locale="fr"
    )
    with world.database.transaction(lead) as u:
        note = planted.word(TEXTS[(turn + 2) % len(TEXTS)].format(f"{mark}-note", 6000 + turn))
        take(u, filed.case_id, "note", Given(note))
        message_id = u.all(select(Message.id).where(Message.case_id == filed.case_id).order_by(Message.id))[0]
        meaning = planted.word(TEXTS[(turn + 3) % len(TEXTS)].format(f"{mark}-traduit", 7000 + turn))
        translate(u, filed.case_id, message_id, Given(meaning, "fr"))
        name_person(u, filed.case_id, planted.ids["person_id"])
        planted.ids["message_id"] = message_id
        planted.ids["site_id"] = case_by_id(u, filed.case_id).site_id
