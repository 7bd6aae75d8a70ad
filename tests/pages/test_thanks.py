"""Thanks given back: the colleague reads an excerpt that a handler chose, and nothing of the message."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from learning import leading
from mailing import in_folder
from phone import Phone
from sqlalchemy import select
from staff import signed_in
from walls.addresses import signed_in_again

from portal.cases.beside import name_person
from portal.cases.chain import Author
from portal.cases.erasing import forget_words
from portal.cases.models import Case, CaseFact
from portal.cases.rules import Kind
from portal.certification.models import ThanksGiven
from portal.certification.weekly import tell_week
from portal.insight.queries import figures
from portal.insight.selection import Selection, last_day, month_of
from portal.people.models import Membership
from portal.people.rules import Role
from portal.protection.requests import Asked, enter, erase
from portal.protection.rights import Proof, Right
from portal.questionnaires.models import AnswerText
from portal.tenancy.actions import add_team
from portal.tenancy.queries import local_day

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from build import World
    from staff import Colleague

    from portal.core.db import Unit

THANKS = "/s/passerelle/thanks"
WROTE = "Merci à Karim, bâtiment C, il a porté mes courses."
EXCERPT = "Merci, il a porté mes courses."


def written(world: World, kind: str = "thanks", text: str = WROTE) -> str:
    """The reference of a message of thanks that somebody sent."""
    Phone.at(world, f"/p/passerelle/fr/{kind}").send(message=text)
    with world.database.reading(world.lyon.scope) as u:
        return u.all(select(Case.reference).where(Case.kind == Kind(kind)))[0]


def mediator_of(world: World) -> Colleague:
    """A colleague who works in the street."""
    return signed_in(world, Role.MEDIATOR, email="sami@passerelle.example", name="Sami Diallo")


def from_team(u: Unit, person: Colleague, team_id: UUID) -> None:
    """The colleague works in this team."""
    for row in u.all(select(Membership).where(Membership.person_id == person.person_id)):
        row.team_id = team_id


def to(person: Colleague) -> str:
    """How a form names whom thanks are for."""
    return f"person:{person.person_id}"


def test_a_colleague_reads_the_excerpt_and_nothing_of_the_message(world: World, tmp_path: Path) -> None:
    lead, sami = signed_in(world), mediator_of(world)
    reference = written(world)
    with world.database.transaction(leading(lead)) as u:
        name_person(u, u.all(select(Case.id))[0], sami.person_id)
    page = lead.get(THANKS).text
    assert reference in page
    form = lead.get(f"{THANKS}/new?case={reference}").text
    assert "bâtiment C" in form, "the handler begins with what was written"
    assert lead.post(f"{THANKS}/new?case={reference}", words="", whom=to(sami)).status_code == 422
    assert lead.post(f"{THANKS}/new?case={reference}", words=EXCERPT, whom="person:x").status_code == 422
    assert lead.post(f"{THANKS}/new?case={reference}", words=EXCERPT, whom=to(sami)).status_code == 303
    again = lead.post(f"{THANKS}/new?case={reference}", words=EXCERPT, whom=to(sami))
    assert "before" in again.location
    seen = sami.get(THANKS).text
    assert EXCERPT in seen
    assert "1 remerciement" in seen
    for hidden in (reference, "bâtiment", "Karim", "Camille Roux"):
        assert hidden not in seen
    assert sami.get(f"{THANKS}/new?case={reference}").status_code == 403
    # The mail of the week counts them, for whoever they are for, and says not a word of them.
    world.clock.advance(timedelta(days=6))
    with world.database.transaction(world.lyon.scope) as u:
        assert tell_week(u) == 2, "the lead has the message itself, the mediator its thanks"
    (mail,) = [
        one for one in in_folder(world, tmp_path) if "semaine" in one["Subject"] and one["To"] == sami.email
    ]
    body = mail.get_content()
    assert "Un remerciement pour vous et votre équipe" in body
    assert "/s/passerelle/thanks" in body
    assert "courses" not in body
    lead, sami = signed_in_again(world, lead), signed_in_again(world, sami)
    assert lead.post(f"{THANKS}/1/withdraw").status_code == 303
    assert EXCERPT not in sami.get(THANKS).text
    assert reference in lead.get(THANKS).text, "it may be given back in other words"
    with world.database.reading(leading(lead)) as u:
        assert [one.words_sealed for one in u.all(select(ThanksGiven))] == [None]


def test_a_team_reads_its_own_and_no_other_team_does(sqlite_world: World) -> None:
    world = sqlite_world
    lead, sami = signed_in(world), mediator_of(world)
    noor = signed_in(world, Role.MEDIATOR, email="noor@passerelle.example", name="Noor")
    with world.database.transaction(world.lyon.scope) as u:
        team = add_team(u, site_id=world.lyon.site.id, name="Équipe du soir").id
        from_team(u, sami, team)
    reference = written(world)
    assert lead.post(f"{THANKS}/new?case={reference}", words=EXCERPT, whom=f"team:{team}").status_code == 303
    assert EXCERPT in sami.get(THANKS).text
    assert EXCERPT not in noor.get(THANKS).text
    assert "Équipe du soir" in lead.get(THANKS).text


def test_whose_words_are_erased_on_request_is_read_nowhere_any_more(world: World) -> None:
    """What the schedule takes is another thing: thanks given back have a time of their own."""
    lead, sami = signed_in(world), mediator_of(world)
    reference = written(world)
    assert lead.post(f"{THANKS}/new?case={reference}", words=WROTE, whom=to(sami)).status_code == 303
    assert "Karim" in sami.get(THANKS).text
    with world.database.transaction(leading(lead)) as u:
        asked = Asked(Right.ERASURE, Proof.RECEIPT, local_day(u), who="Karim", asked="", case_id=only(u).id)
        erase(u, enter(u, asked).number)
    assert "Karim" not in sami.get(THANKS).text
    assert "Karim" not in lead.get(THANKS).text
    with world.database.reading(leading(lead)) as u:
        (row,) = u.all(select(ThanksGiven))
        assert (row.words_sealed, row.withdrawn_by) == (None, lead.person_id)


def test_what_the_schedule_takes_leaves_the_thanks_their_own_time(sqlite_world: World) -> None:
    lead, sami = signed_in(sqlite_world), mediator_of(sqlite_world)
    reference = written(sqlite_world)
    assert lead.post(f"{THANKS}/new?case={reference}", words=EXCERPT, whom=to(sami)).status_code == 303
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        forget_words(u, only(u).id, Author("job"), rule="case")
    assert EXCERPT in sami.get(THANKS).text


def only(u: Unit) -> Case:
    """The one case there is."""
    (case,) = u.all(select(Case))
    return case


def test_a_second_look_is_noted_and_never_by_who_gave_it(sqlite_world: World) -> None:
    world = sqlite_world
    lead, sami = signed_in(world), mediator_of(world)
    other = signed_in(world, Role.DIRECTOR, email="noe@passerelle.example", name="Noé Petit")
    reference = written(world)
    lead.post(f"{THANKS}/new?case={reference}", words=EXCERPT, whom=to(sami))
    assert f"{THANKS}/1/look" not in lead.get(THANKS).text
    assert lead.post(f"{THANKS}/1/look").status_code == 403
    assert f"{THANKS}/1/look" in other.get(THANKS).text
    assert other.post(f"{THANKS}/1/look").status_code == 303
    assert "Relu par Noé Petit" in lead.get(THANKS).text


def test_a_complaint_is_not_given_back_as_thanks_and_no_figure_counts_any(sqlite_world: World) -> None:
    world = sqlite_world
    lead, sami = signed_in(world), mediator_of(world)
    complaint, thanks = written(world, "complaint", "Personne n’est venu."), written(world)
    assert lead.get(f"{THANKS}/new?case={complaint}").status_code == 404
    today = world.clock.now().date()
    asked = Selection(month_of(today), last_day(today))

    def told() -> object:
        with world.database.reading(leading(lead)) as u:
            return figures(u, asked).values, sorted(one.kind for one in u.all(select(CaseFact)))

    before = told()
    assert before[1] == [Kind.COMPLAINT, Kind.THANKS]  # type: ignore[index]  # a pair
    assert lead.post(f"{THANKS}/new?case={thanks}", words=EXCERPT, whom=to(sami)).status_code == 303
    assert told() == before
    assert lead.get(f"{THANKS}/new?case=PAS-2099-000001").status_code == 404
    assert lead.get(f"{THANKS}/new").status_code == 404


def test_free_words_of_an_opinion_are_given_back_from_the_day_on_which_they_are_read(
    sqlite_world: World,
) -> None:
    world = sqlite_world
    lead, sami = signed_in(world), mediator_of(world)
    phone = Phone.at(world, f"/q/{world.lyon.code.code}/fr")
    for answer in ("good", "yes", "yes", "yes"):
        phone.send(answer=answer)
    phone.send(answer="Une équipe en or, merci à Karim.")
    with world.database.reading(leading(lead)) as u:
        (response,) = u.all(select(AnswerText.response_id))
    address = f"{THANKS}/new?response={response}"
    assert lead.get(address).status_code == 404, "not before the next working day"
    world.clock.advance(timedelta(days=2))
    lead, sami = signed_in_again(world, lead), signed_in_again(world, sami)
    supervisor = signed_in(world, Role.SUPERVISOR, email="lou@passerelle.example", name="Lou Martin")
    assert address in lead.get("/s/passerelle/responses").text
    assert supervisor.get(address).status_code == 404, "who may not read free words"
    assert lead.post(address, words="Une équipe en or.", whom=to(sami)).status_code == 303
    assert "Une équipe en or." in sami.get(THANKS).text
    assert "before" in lead.post(address, words="Une équipe en or.", whom=to(sami)).location
