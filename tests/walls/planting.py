"""Personal words, planted by every way that leads into the house, and the ids of the rows that hold them.

Three suites search for them: what a stranger is shown (`test_foreign_ids`), what somebody is shown whom a
case names (`test_conflict`), and what lies on the disk (`test_at_rest`). A new way in is planted here once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from phone import Phone
from PIL import Image
from sqlalchemy import select
from staff import PASSWORD, signed_in

from portal.cases.actions import Filing, Given, take
from portal.cases.beside import name_person, translate
from portal.cases.errands import BodyGiven, add_body
from portal.cases.filing import file
from portal.cases.models import Case, Message
from portal.cases.queries import attachment_of, case_by_id, case_key, photos_of, voices_of
from portal.cases.rules import Direction, Kind
from portal.cases.ways import BodyKind
from portal.certification.actions import Decided, open_action
from portal.certification.campaigning import Campaigned, open_campaign
from portal.certification.observing import observe
from portal.certification.report import Span
from portal.certification.reviewing import open_review
from portal.certification.rules import Observed
from portal.certification.thanking import Thanked, give
from portal.core.db import Scope
from portal.people.actions import PersonGiven, invite
from portal.people.models import Invitation, Membership
from portal.people.rules import Role
from portal.protection.requests import Asked, enter
from portal.protection.rights import Proof, Right
from portal.questionnaires.actions import Journey, record
from portal.questionnaires.models import Response
from portal.questionnaires.queries import published
from portal.questionnaires.rules import ItemKind
from portal.records.actions import look_at
from portal.records.actions import take as take_register
from portal.records.earlier import Result
from portal.records.series import take_series
from portal.web.house import house
from portal.web.survey import new_trip

if TYPE_CHECKING:
    from uuid import UUID

    from build import Furnished, World
    from staff import Colleague

    from portal.core.db import Unit

TEXTS = (
    "Le médiateur {} a crié dans l’escalier — c’est « inacceptable » \\ n° {}",
    "الوسيط {} لم يستمع إليّ في الدرج رقم {}",
    "মধ্যস্থতাকারী {} সিঁড়িতে আমার কথা শোনেননি {}",
    "Меня зовут {}, квартира {}",
)
"""A free text in four scripts, with quotes, a backslash and accents that encodings treat differently."""
_ARTIST, _SAYS, _GPS, _PLACE = 0x013B, 0x010E, 0x8825, 0x001C
"""Tags of Exif 2.32: who took a photo, what it shows, and the name of the place in its GPS part."""


@dataclass(slots=True)
class Planted:
    """What was planted at one structure: the words nobody else may see, and how its rows are named."""

    colleague: Colleague
    words: list[str] = field(default_factory=list)
    invitation_token: str = ""
    trip: str = ""
    reference: str = ""
    receipt: str = ""
    """Of the last case, as it is shown."""
    contacts: list[str] = field(default_factory=list)
    """Those of the words at which a notice arrives."""
    photo_words: list[str] = field(default_factory=list)
    """Those of the words that were in a photo beside its pixels, and must be nowhere afterwards."""
    photo: bytes = b""
    """The last photo, as it is kept."""
    number: int = 0
    """Of the last request about somebody's data."""
    ids: dict[str, UUID] = field(default_factory=dict)

    def word(self, text: str) -> str:
        """The text, noted."""
        self.words.append(text)
        return text

    @property
    def lead(self) -> Scope:
        """The scope of the colleague at work."""
        return Scope.of(
            self.colleague.structure.structure.id,
            actor_id=self.colleague.person_id,
            role=Role.QUALITY_LEAD.value,
            locale="fr",
        )


def planted_at(world: World, where: Furnished, mark: str, *, rounds: int = 1) -> Planted:
    """Words of staff, invited people and residents, each with the mark; `rounds` times as many."""
    planted = planter_at(world, where, mark)
    boss_id = planted.colleague.person_id
    for turn in range(rounds):
        _plant_people(world, where, planted, f"{mark}{turn}")
        _plant_answer(world, where, planted, TEXTS[turn % len(TEXTS)].format(f"{mark}{turn}", 4107 + turn))
        plant_case(world, where, planted, f"{mark}{turn}", turn)
        with world.database.transaction(planted.lead) as u:
            what, day = planted.word(f"Recevoir {mark}{turn}-Promesse"), u.now.date() + timedelta(days=9)
            open_action(u, Decided(what, boss_id, day, case_id=planted.ids["case_id"]))
            observe(u, Observed.INCIDENT, planted.word(f"Chute de {mark}{turn}-Collègue"))
            open_review(u, u.now.date(), Span(u.now.date() - timedelta(days=30), u.now.date()))
            who, said = planted.word(f"Mme {mark}{turn}-Demande"), planted.word(f"Effacez {mark}{turn}-tout")
            asked = Asked(Right.ERASURE, Proof.MET, u.now.date(), who, said, planted.ids["case_id"])
            planted.number = enter(u, asked).number
            name_person(u, planted.ids["case_id"], planted.ids["person_id"])
    return planted


def planter_at(world: World, where: Furnished, mark: str) -> Planted:
    """A quality lead whose name and address bear the mark, who handles what is planted."""
    domain = f"{mark.lower()}.example"
    boss = signed_in(
        world, Role.QUALITY_LEAD, where, email=f"chef@{domain}", name=f"Nadège {mark}-Chef", locale="fr"
    )
    planted = Planted(boss, words=[f"chef@{domain}", f"Nadège {mark}-Chef"])
    with world.database.transaction(boss.scope) as u:
        # Everybody who handles cases may read the list: a body tells of no case.
        body = BodyGiven(f"Bailleur {mark}", BodyKind.LANDLORD, "Guichet")
        planted.ids["body_id"] = add_body(u, body).id
    return planted


def _plant_people(world: World, where: Furnished, planted: Planted, mark: str) -> None:
    email, name = planted.word(f"equipe-{mark.lower()}@exemple.test"), planted.word(f"Yasmine {mark}-Équipe")
    member = signed_in(world, Role.MEDIATOR, where, email=email, name=name)
    invited = PersonGiven(
        planted.word(f"invite-{mark.lower()}@exemple.test"),
        planted.word(f"Émile {mark}-Invité"),
        Role.MEDIATOR,
    )
    # They sign in as everybody does: the journal tells of it.
    signing = world.app.test_client().post("/sign-in", data={"email": email, "password": PASSWORD})
    assert signing.status_code == 303, signing.text
    with world.app.app_context(), world.database.transaction(planted.lead) as u:
        planted.invitation_token = invite(u, invited)
        planted.ids["person_id"] = member.person_id
        planted.ids["invitation_id"] = u.all(select(Invitation.id).order_by(Invitation.id.desc()))[0]
        membership = select(Membership.id).where(Membership.person_id == member.person_id)
        planted.ids["membership_id"] = u.all(membership)[0]
        planted.ids["register_id"] = _register(u, planted, mark, member.person_id)
        open_campaign(u, Campaigned("Hiver", Span(date(2027, 2, 1), date(2027, 2, 28))))
        give(u, Thanked(planted.word(f"{mark}-merci"), "fr", person_id=member.person_id))
        before = Result(date(2025, 1, 1), date(2025, 12, 31), "Accueil ?", 200, satisfied=168)
        series = take_series(u, "Enquête mairie", "Rapport 2025", [before], by=member.person_id)
        planted.ids["series_id"] = series.id


def _register(u: Unit, planted: Planted, mark: str, by: UUID) -> UUID:
    """A register from before the portal, brought in."""
    said, number = planted.word(f"{mark}-ancienne"), planted.word(f"{mark}-numéro")
    raw = f"N°;Reçue le;Motif\n{number};03/02/2024;{said}\n".encode()
    row = look_at(u, name=f"{said}.csv", raw=raw, by=by)
    return take_register(u, row.id).id


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


def plant_case(world: World, where: Furnished, planted: Planted, mark: str, turn: int = 0) -> None:
    """A case with all there can be: texts of both sides with their translations, a note, a photo."""
    by_mail = turn % 2 == 0
    contact = f"habitante-{mark.lower()}@exemple.test" if by_mail else f"+33 6 41 88 {turn:02} 73"
    planted.contacts.append(contact)
    filing = Filing(
        kind=tuple(Kind)[turn % len(Kind)],
        text=planted.word(_text(turn + 1, f"{mark}-plainte")),
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
    planted.reference, planted.receipt = filed.reference, filed.receipt.shown
    planted.ids["case_id"] = filed.case_id
    _work_on(world, planted, mark, turn)
    _come_back(world, where, planted, mark, turn)
    with world.database.reading(planted.lead) as u:
        case = case_by_id(u, filed.case_id)
        planted.ids["site_id"] = case.site_id
        planted.ids["photo_id"], planted.photo = _photo_kept(u, case)
        planted.ids["voice_id"] = voices_of(u, case.id)[-1].id


def _text(turn: int, what: str) -> str:
    return TEXTS[turn % len(TEXTS)].format(what, 5000 + turn)


def _work_on(world: World, planted: Planted, mark: str, turn: int) -> None:
    """What staff write about the case and to its filer, who is told by mail."""
    case_id = planted.ids["case_id"]
    with world.database.transaction(planted.lead) as u:
        take(u, case_id, "note", Given(planted.word(_text(turn + 2, f"{mark}-note"))))
        take(u, case_id, "acknowledge")
        take(u, case_id, "inform", Given(planted.word(_text(turn, f"{mark}-réponse"))))
        for said in (Direction.FROM_FILER, Direction.TO_FILER):
            of_case = select(Message.id).where(Message.case_id == case_id, Message.direction == said)
            message_id = u.all(of_case)[0]
            meaning = planted.word(_text(turn + 3, f"{mark}-traduit-{said}"))
            translate(u, case_id, message_id, Given(meaning, "fr"))
            planted.ids[f"{said}_message_id"] = message_id
        planted.ids["message_id"] = planted.ids["from_filer_message_id"]


def _come_back(world: World, where: Furnished, planted: Planted, mark: str, turn: int) -> None:
    """What the filer does with the receipt: write again, and send a photo that tells more than it shows."""
    phone = Phone.at(world, f"/p/{where.structure.slug}/fr/follow")
    phone.page = phone.client.post(phone.path, data={"receipt": planted.receipt}, follow_redirects=True)
    case = phone.path
    written = planted.word(_text(turn + 1, f"{mark}-suite"))
    sent = phone.client.post(f"{case}/message", data={"token": phone.token, "message": written})
    assert sent.status_code == 303, sent.text
    words = [f"{mark}-{what}" for what in ("Appareil", "Légende", "Quartier", "Commentaire")]
    planted.words += words
    planted.photo_words += words
    spoken = phone.client.post(f"{case}/voice", data={"voice": (BytesIO(SPOKEN), "memo.amr")})
    assert spoken.status_code == 303, spoken.text
    sent = phone.client.post(
        f"{case}/photo", data={"photo": (BytesIO(telling_photo(*words)), "photo.jpg", "image/jpeg")}
    )
    assert sent.status_code == 303, sent.text


SPOKEN = b"#!AMR\n" + bytes(range(256)) * 4
"""A voice message as a phone records it."""


def telling_photo(artist: str, says: str, place: str, comment: str) -> bytes:
    """A JPEG with these words beside its pixels: in Exif, in its GPS part, as a comment.

    Its height is that of the artist's name, so that photos of others can be told from it.
    """
    picture = Image.linear_gradient("L").resize((96, 64 + len(artist))).convert("RGB")
    exif = Image.Exif()
    # What Exif calls ASCII is written as it comes: phones put UTF-8 there.
    exif[_ARTIST], exif[_SAYS] = artist.encode(), says.encode()
    exif[_GPS] = {1: "N", 2: (45.0, 45.0, 36.0), 3: "E", 4: (4.0, 50.0, 24.0), _PLACE: place.encode()}
    written = BytesIO()
    picture.save(written, "JPEG", exif=exif, comment=comment.encode())
    return written.getvalue()


def _photo_kept(u: Unit, case: Case) -> tuple[UUID, bytes]:
    photo_id = photos_of(u, case.id)[-1].id
    return photo_id, attachment_of(u, case_key(u, case), case.id, photo_id)[1]
