"""What the team notices and an audit finds: two fields, then an action or an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from learning import leading
from sqlalchemy import select
from staff import signed_in

from portal.certification.models import Action, Observation
from portal.certification.rules import Origin
from portal.people.rules import Role

if TYPE_CHECKING:
    from build import World
    from staff import Colleague

LIST = "/s/passerelle/observations"
FALL = "Une chute dans l’escalier du local."


def colleagues(world: World) -> tuple[Colleague, Colleague, Colleague]:
    """The lead, a mediator and an auditor."""
    return (
        signed_in(world),
        signed_in(world, Role.MEDIATOR, email="sami@passerelle.example", name="Sami Diallo"),
        signed_in(world, Role.AUDITOR, email="ana@passerelle.example", name="Ana Silva"),
    )


def test_an_incident_is_filed_in_two_fields_and_an_action_follows_that_its_filer_reads(world: World) -> None:
    lead, mediator, _ = colleagues(world)
    form = mediator.get(f"{LIST}/new").text
    assert form.count('class="field') == 3  # the third names a colleague, and nobody unless asked to
    assert re.search(r'<option value="" selected>Personne</option>', form)
    assert mediator.post(f"{LIST}/new", kind="incident", words=" ").status_code == 422
    assert mediator.post(f"{LIST}/new", kind="incident", words=FALL).status_code == 303
    assert FALL in lead.get(LIST).text
    fields = {"what": "Poser une rampe", "who": str(lead.person_id), "when": "2027-04-20"}
    assert lead.post(f"{LIST}/1/follow", **{**fields, "what": ""}).status_code == 422
    assert lead.post(f"{LIST}/1/follow", **fields).status_code == 303
    assert lead.post(f"{LIST}/1/follow", **fields).status_code == 409
    seen = mediator.get(f"{LIST}/1").text
    assert "Poser une rampe" in seen
    assert "/actions/1" not in seen, "the plan is not theirs to open"
    with world.database.reading(leading(lead)) as u:
        row, action = u.all(select(Observation))[0], u.all(select(Action))[0]
    assert action.origin is Origin.TEAM
    assert row.read_by == lead.person_id


def test_an_auditor_files_a_strength_and_sees_no_incident_of_the_team(world: World) -> None:
    lead, mediator, auditor = colleagues(world)
    mediator.post(f"{LIST}/new", kind="incident", words=FALL)
    assert mediator.post(f"{LIST}/new", kind="strength", words="Bravo").status_code == 422
    assert auditor.post(f"{LIST}/new", kind="strength", words="Un accueil remarquable.").status_code == 303
    seen = auditor.get(LIST).text
    assert "Un accueil remarquable." in seen
    assert FALL not in seen
    assert auditor.get(f"{LIST}/1").status_code == 404
    assert "Un accueil remarquable." not in mediator.get(LIST).text
    fields = {"what": "Le dire à l’équipe", "who": str(lead.person_id), "when": "2027-04-20"}
    assert lead.post(f"{LIST}/2/follow", **fields).status_code == 303
    with world.database.reading(leading(lead)) as u:
        assert u.all(select(Action))[0].origin is Origin.AUDIT


def test_an_idea_is_answered_once_and_its_filer_reads_the_answer(world: World) -> None:
    lead, mediator, auditor = colleagues(world)
    mediator.post(f"{LIST}/new", kind="idea", words="Ouvrir le samedi")
    assert "Pas encore lu" in mediator.get(LIST).text
    assert lead.post(f"{LIST}/1/read").status_code == 303
    assert "Pas encore lu" not in mediator.get(LIST).text
    assert lead.post(f"{LIST}/1/answer", words="").status_code == 422
    assert lead.post(f"{LIST}/1/answer", words="On essaie en mai.").status_code == 303
    assert lead.post(f"{LIST}/1/answer", words="Encore").status_code == 409
    assert "On essaie en mai." in mediator.get(f"{LIST}/1").text
    assert auditor.post(f"{LIST}/1/answer", words="Non").status_code == 403


def test_what_concerns_a_colleague_does_not_exist_for_them(world: World) -> None:
    lead = signed_in(world)
    other = signed_in(world, email="alix@passerelle.example", name="Alix Grand")
    mediator = signed_in(world, Role.MEDIATOR, email="sam@passerelle.example", name="Sam Petit")
    sent = {"kind": "incident", "words": "Une dispute à l’accueil."}
    assert mediator.post(f"{LIST}/new", **sent, about=str(lead.person_id)).status_code == 303
    assert sent["words"] in other.get(LIST).text
    assert other.get(f"{LIST}/1").status_code == 200
    assert sent["words"] not in lead.get(LIST).text
    gone, nobodys = lead.get(f"{LIST}/1"), lead.get(f"{LIST}/9")
    assert (gone.status_code, gone.text.replace("/1", "/9")) == (404, nobodys.text)
    assert lead.post(f"{LIST}/1/answer", words="Je réponds.").status_code == 404
    assert other.post(f"{LIST}/1/answer", words="Nous en parlons jeudi.").status_code == 303
    action = {"what": "Revoir l’accueil", "when": "2027-05-04"}
    assert other.post(f"{LIST}/1/follow", **action, who=str(lead.person_id)).status_code == 422
    assert other.post(f"{LIST}/1/follow", **action, who=str(other.person_id)).status_code == 303
    plan = lead.get("/s/passerelle/actions/1").text
    assert "Revoir l’accueil" in plan
    assert "Remarqué par un collègue" not in plan


def test_what_is_filed_again_with_whom_it_concerns_is_not_lost(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    mediator = signed_in(sqlite_world, Role.MEDIATOR, email="sam@passerelle.example", name="Sam Petit")
    for about in ("", str(lead.person_id)):
        mediator.post(f"{LIST}/new", kind="incident", words="Une dispute.", about=about)
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert set(u.all(select(Observation.about_id))) == {None, lead.person_id}


def test_nobody_says_of_themselves_or_of_a_stranger_that_it_concerns_them(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    stranger = signed_in(sqlite_world, at=sqlite_world.strasbourg, email="leo@strasbourg.example")
    for whom in (lead.person_id, stranger.person_id):
        answer = lead.post(f"{LIST}/new", kind="incident", words="Une dispute.", about=str(whom))
        assert answer.status_code == 422
        assert "Une dispute." in answer.text
