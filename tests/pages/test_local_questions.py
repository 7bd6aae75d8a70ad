"""A structure asks questions of its own; its network locks what all are asked; figures never mix meanings."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from insight_world import answered
from pages.test_network import leading, proposed
from phone import Phone
from PIL import Image
from sqlalchemy import select
from staff import signed_in

from portal.insight.opinions import OTHER_MEANING, asked_now, counted, tallies_by_day
from portal.people.rules import Role
from portal.questionnaires.composing import Draft
from portal.questionnaires.models import Item, QuestionnaireVersion
from portal.questionnaires.publishing import publish_local, shipped_set, standing
from portal.questionnaires.queries import published
from portal.tenancy.branding import logo_of

if TYPE_CHECKING:
    from build import World
    from staff import Colleague
    from werkzeug.test import TestResponse

PAGE, SET = "/s/passerelle/questionnaires/local", "/network/questionnaire"
ASKED = {
    "fr-0": "Le local vous plaît ?",
    "en-0": "Do you like the room?",
    "scale-0": "yes3",
    "code-0": "",
}


def seen(who: Colleague) -> str:
    """The version that the page was made from."""
    found = re.search(r'name="seen" value="(\d+)"', who.get(PAGE).text)
    assert found
    return found[1]


def own(who: Colleague, do: str = "publish", **fields: str) -> TestResponse:
    """Send the form of local questions."""
    return who.post(PAGE, **{"seen": seen(who), "do": do, **ASKED, **fields})


def network_set(**changes: str) -> dict[str, str]:
    """The form of the shipped set, with changes."""
    fields: dict[str, str] = {"do": "publish"}
    for n, row in enumerate(shipped_set("q-res")["items"]):
        fields |= {f"{tag}-{n}": text for tag, text in row["wording"].items()}
        fields |= {f"code-{n}": row["code"], f"scale-{n}": row.get("scale", "text")}
    return {**fields, **changes}


def codes(world: World) -> list[str]:
    """What residents of Lyon are asked, in order."""
    with world.database.reading(world.lyon.scope) as u:
        return [one.code for one in published(u).form.questions]


def test_an_own_question_comes_last_and_is_answered(world: World) -> None:
    lead = signed_in(world)
    before = codes(world)
    assert own(lead).location == "/s/passerelle/questionnaires?done=published"
    assert codes(world) == [*before, "local-1"]
    listed = lead.get("/s/passerelle/questionnaires").text
    assert "Le local vous plaît" in listed
    assert "la vôtre" in listed
    phone = Phone.at(world, f"/q/{world.lyon.code.code}/fr")
    for answer in ("good", "yes", "no", "little"):
        phone.send(answer=answer)
    phone.send(skip="1")
    assert "Le local vous plaît" in phone.page.text
    phone.send(answer="yes")
    with world.database.reading(world.lyon.scope) as u:
        (asked,) = [one for one in asked_now(u) if one.question.code == "local-1"]
        today = world.clock.now().date()
        assert counted(asked, tallies_by_day(u, [asked], today, today)) == {"yes": 1}


def test_nothing_that_everybody_is_asked_can_be_changed_or_left_out(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    with world.database.reading(world.lyon.scope) as u:
        locked = standing(u)[1][0].document["items"]
    own(lead, **{"code-0": "meeting", "fr-0": "Tout va bien ?", "scale-0": "yes3"})
    own(lead, **{"code-0": "", "fr-0": "", "en-0": ""})
    with world.database.reading(world.lyon.scope) as u:
        versions = standing(u)[1]
        assert [one.document["items"][: len(locked)] for one in versions] == [locked] * len(versions)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"fr-0": " "}, "fr-0", "Écrivez la question en français"),
        ({"fr-0": "x" * 201}, "fr-0", "200 caractères"),
        ({"scale-0": "faces3"}, "scale-0", "Choisissez dans la liste"),
        ({"scale-0": "stars"}, "scale-0", "Choisissez dans la liste"),
    ],
)
def test_a_gap_in_french_keeps_a_version_from_being_published(
    sqlite_world: World, fields: dict[str, str], field: str, words: str
) -> None:
    lead = signed_in(sqlite_world)
    answer = own(lead, **fields)
    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)
    assert words in answer.text
    assert "Do you like the room?" in answer.text
    assert "local-1" not in codes(sqlite_world)


def test_it_is_looked_at_before_and_says_what_is_not_translated_or_too_long(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    long = "Le local de la rue des Peupliers vous plaît il toujours autant depuis les travaux ?"
    shown = own(lead, do="look", **{"fr-0": long})
    assert shown.status_code == 200
    assert 'id="looked"' in shown.text
    assert "15 mots" in shown.text
    assert "pas de traduction" in shown.text
    assert "local-1" not in codes(sqlite_world)
    more = own(lead, do="add")
    assert more.text.count("<legend>Question") == 2
    assert "Do you like the room?" in more.text
    assert own(lead, do="drop-0").text.count("<legend>Question") == 0


def test_no_more_than_three(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    four = {
        f"{name}-{n}": value for n in range(4) for name, value in (("fr", f"Une {n} ?"), ("scale", "yes3"))
    }
    own(lead, **four)
    assert [one for one in codes(world) if one.startswith("local")] == ["local-1", "local-2", "local-3"]
    assert 'value="add"' not in lead.get(PAGE).text


def test_who_was_slower_is_told_and_overwrites_nobody(world: World) -> None:
    lead = signed_in(world)
    old = seen(lead)
    own(lead)
    late = own(lead, seen=old, **{"fr-0": "Autre chose ?"})
    assert late.status_code == 409
    assert "Autre chose" in late.text
    assert own(lead, **{"code-0": "local-1"}).location == "/s/passerelle/questionnaires?done=same"


def counted_for(world: World, choices: dict[str, int]) -> None:
    """So many people who answered the structure's own question."""
    more: dict[str, Any] = {"local-1": choices}
    answered(world, meeting={"good": sum(choices.values())}, **more)


def test_another_meaning_is_never_counted_with_the_one_before(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    own(lead)
    counted_for(world, {"yes": 3})
    own(lead, **{"code-0": "local-1", "fr-0": "Le local vous plait-il ?", "same-0": "y"})
    counted_for(world, {"yes": 2})
    own(lead, **{"code-0": "local-1", "fr-0": "Le local est-il propre ?"})
    counted_for(world, {"no": 4})
    with world.database.reading(world.lyon.scope) as u:
        asked = next(one for one in asked_now(u) if one.question.code == "local-1")
        rows = tallies_by_day(u, [asked], world.clock.now().date(), world.clock.now().date())
        assert asked.question.meaning_rev == 2
        assert counted(asked, rows) == {"no": 4, OTHER_MEANING: 5}
    own(lead, **{"code-0": "local-1", "fr-0": "Le local est-il propre ?", "scale-0": "helped4"})
    assert codes(world)[-1] == "local-2"
    own(lead, **{"code-0": "", "fr-0": "Le local vous plaît ?", "scale-0": "text"})
    assert codes(world)[-1] == "local-3", "a code is never used again"


@pytest.mark.parametrize("role", [Role.MEDIATOR, Role.SUPERVISOR, Role.AUDITOR, Role.NETWORK_LEAD])
def test_who_may_not_change_settings_asks_nothing_of_their_own(sqlite_world: World, role: Role) -> None:
    who = signed_in(sqlite_world, role)
    assert who.get(PAGE).status_code == 403
    assert who.post(PAGE, **ASKED, do="publish").status_code == 403


def offered(lead: Colleague, quality: Colleague, **changes: str) -> str:
    """The network's set is proposed; the address at which Lyon takes it."""
    assert lead.post(SET, **network_set(**changes)).location == "/network?done=proposed"
    page = quality.get("/s/passerelle/start").text
    return proposed(page, "take")


def test_a_network_s_set_is_locked_once_taken_and_own_questions_stay_after_it(world: World) -> None:
    lead, quality = leading(world), signed_in(world)
    own(quality)
    assert "Comment s’est passée la rencontre" in lead.get(SET).text
    added = {"fr-5": "Vous sentez-vous en sécurité ici ?", "ar-5": "هل تشعر بالأمان هنا؟", "scale-5": "yes3"}
    take = offered(lead, quality, **added)
    assert "Vous sentez-vous en sécurité" in quality.get("/s/passerelle/start").text
    assert codes(world)[-2:] == ["word", "local-1"], "nothing changes before it is taken"
    assert quality.post(take).status_code == 303
    *_, new, local = codes(world)
    assert (new.startswith("net-"), local) == (True, "local-1")
    assert "Questions\N{NO-BREAK SPACE}: acceptées" in lead.get("/network").text
    assert "verrouillée par votre réseau" in quality.get("/s/passerelle/questionnaires").text
    with world.database.reading(world.lyon.scope) as u:
        item = u.one(select(Item).where(Item.code == new))
        assert item is not None
        assert (item.concept, item.scale) == (new, "yes3")
        assert u.one(select(QuestionnaireVersion).where(QuestionnaireVersion.number == 1)) is not None
    assert "Vous sentez-vous en sécurité" in lead.get(SET).text, (
        "the editor goes on from the set proposed last"
    )


def test_figures_go_on_where_the_network_keeps_the_words_and_not_where_it_changes_them(world: World) -> None:
    lead, quality = leading(world), signed_in(world)
    answered(world, meeting={"good": 6}, listened={"yes": 4})
    quality.post(offered(lead, quality, **{"fr-1": "Avez-vous été respecté ?"}))
    answered(world, meeting={"good": 2}, listened={"no": 2})
    today = world.clock.now().date()
    with world.database.reading(world.lyon.scope) as u:
        meeting, listened = asked_now(u)[:2]
        rows = tallies_by_day(u, [meeting, listened], today, today)
        assert counted(meeting, rows) == {"good": 8}
        assert counted(listened, rows) == {"no": 2, OTHER_MEANING: 4}


def test_a_network_s_editor_arranges_and_refuses(sqlite_world: World) -> None:
    lead, quality = leading(sqlite_world), signed_in(sqlite_world)
    moved = lead.post(SET, **network_set(do="up-3")).text
    assert moved.index("Cela vous a aidé") < moved.index("Vous avez compris")
    assert "Un mot à ajouter" not in lead.post(SET, **network_set(do="drop-4")).text
    first = lead.post(SET, **network_set(**{"scale-0": "yes3"}))
    assert (first.status_code, 'href="#scale-0"' in first.text) == (422, True)
    assert 'id="proposed"' not in quality.get("/s/passerelle/start").text
    assert quality.get(SET).status_code == 404
    assert quality.post(SET, **network_set()).status_code == 404


def picture() -> bytes:
    """A logo with a word behind its pixels."""
    file = BytesIO()
    Image.new("RGB", (300, 100), "teal").save(file, "PNG")
    return file.getvalue() + b"a secret behind the picture"


def test_a_logo_of_the_network_takes_the_place_of_ones_own_once_taken(sqlite_world: World) -> None:
    world = sqlite_world
    lead, quality = leading(world), signed_in(world)
    broken = lead.post("/network/offer", logo=(BytesIO(picture()[:60]), "logo.png"))
    assert broken.status_code == 422
    assert lead.post("/network/offer", logo=(BytesIO(picture()), "logo.png")).status_code == 303
    page = quality.get("/s/passerelle/start").text
    assert "data:image/png" in page
    with world.database.reading(world.lyon.scope) as u:
        assert logo_of(u) is None
    quality.post(proposed(page, "take"))
    with world.database.reading(world.lyon.scope) as u:
        kept = logo_of(u)
    assert kept is not None
    assert b"secret" not in kept.paper


def test_two_publishing_at_once_make_two_versions_or_one_is_told(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        publish_local(u, [Draft("yes3", {"fr": "Une ?"})])
        publish_local(u, [Draft("yes3", {"fr": "Une ?"}, "local-1"), Draft("text", {"fr": "Deux ?"})])
        numbers: list[Any] = [one.number for one in standing(u)[1]]
    assert numbers == [3, 2, 1]


def test_a_question_sent_twice_is_told_and_nothing_is_published(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    own(lead)
    before = codes(sqlite_world)
    again = own(lead, **{"code-0": "local-1", "code-1": "local-1", "fr-1": "Deux ?", "scale-1": "yes3"})
    assert (again.status_code, "deux fois" in again.text) == (422, True), again.text
    assert codes(sqlite_world) == before
