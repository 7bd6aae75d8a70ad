"""Words of violence, danger and discrimination lift a text to the top until it was read, and say no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework import file, step
from phone import Phone
from staff import signed_in
from walls.addresses import signed_in_again

if TYPE_CHECKING:
    from build import World

CALM = "Le rendez-vous a été annulé sans prévenir."
ALARMING = "Il m’a frappée devant la porte."


def test_a_case_with_such_a_word_stands_first_until_somebody_has_read_it(world: World) -> None:
    lead = signed_in(world)
    _, calm = file(world, text=CALM)
    _, alarming = file(world, text=ALARMING)
    page = lead.get("/s/passerelle/cases").text
    assert "À lire d’abord" in page
    assert "Mots à regarder" in page
    assert "frappée" in page.split("Mots à regarder", 1)[1][:60]
    assert page.index(alarming) < page.index(calm)
    assert step(lead, alarming, "acknowledge").status_code == 303
    page = lead.get("/s/passerelle/cases").text
    assert "À lire d’abord" not in page
    assert "Mots à regarder" in page


def test_an_opinion_with_such_a_word_stands_first_once_its_day_has_come(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    phone = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr")
    for answer in ("bad", "no", "no", "no"):
        phone.send(answer=answer)
    phone.send(answer="Le gardien a insulté mon fils.")
    assert "insulté" not in lead.get("/s/passerelle/responses").text
    assert "nouveau commentaire" not in lead.get("/s/passerelle/cases").text
    sqlite_world.clock.set(sqlite_world.clock.now().replace(day=25))
    lead = signed_in_again(sqlite_world, lead)
    work = lead.get("/s/passerelle/cases").text
    assert "1 nouveau commentaire dans les avis" in work
    assert 'responses?from=2027-03-24&amp;to=2027-03-24"' in work
    page = lead.get("/s/passerelle/responses").text
    assert "À lire d’abord" in page
    assert page.count("Le gardien a insulté mon fils.") == 2


def test_a_structure_adds_a_word_and_leaves_one_out(world: World) -> None:
    lead = signed_in(world)
    file(world, text="Les caïds du hall ont un couteau.")
    own = {"word": "caïd*", "alarm": "danger", "language": "fr", "counts": "yes"}
    assert lead.post("/s/passerelle/settings/words", **own).status_code == 303
    out = {"word": "couteau*", "alarm": "violence", "language": "fr", "counts": "no"}
    assert lead.post("/s/passerelle/settings/words", **out).status_code == 303
    words = lead.get("/s/passerelle/cases").text.split("Mots à regarder", 1)[1][:80]
    assert "caïds" in words
    assert "couteau" not in words
    page = lead.get("/s/passerelle/settings/words").text
    assert "<s><bdi" in page
    again = lead.post("/s/passerelle/settings/words", **{**out, "counts": "yes"})
    assert again.status_code == 303
    assert "<s><bdi" not in lead.get("/s/passerelle/settings/words").text


def test_a_word_of_two_letters_is_refused(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    for word in ("", "ab", "x" * 61):
        sent = lead.post("/s/passerelle/settings/words", word=word, alarm="danger", language="fr")
        assert sent.status_code == 422
