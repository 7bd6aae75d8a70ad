"""An opinion from the square to the thanks, and everything a hurried, lent or forgotten phone does to it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from phone import Phone
from sqlalchemy import event, select

from portal.core.languages import LANGUAGES
from portal.questionnaires.models import Answer, AnswerText, Response
from portal.questionnaires.rules import MAX_TEXT
from portal.tenancy import vault
from portal.tenancy.models import Structure
from portal.web.house import house
from portal.web.survey import PURPOSE, TABLET_PURPOSE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from build import Furnished, World

SCRIPTS = {"latin": "é", "arabic": "ع", "bengali": "আ", "chinese": "语", "emoji": "🙏", "newline": "a\n"}


def entrance(world: World, language: str = "fr") -> str:
    """The address of Lyon's code."""
    return f"/q/{world.lyon.code.code}/{language}"


def at_the_free_word(world: World, language: str = "fr") -> Phone:
    """A phone on the last question."""
    phone = Phone.at(world, entrance(world, language))
    for answer in ("good", "yes", "no", "little"):
        phone.send(answer=answer)
    return phone


def stored(world: World, where: Furnished | None = None) -> list[str]:
    """Every choice stored at a structure, in no order."""
    with world.database.reading((where or world.lyon).scope) as u:
        return sorted(u.all(select(Answer.choice)))


def responses(world: World) -> list[bool]:
    """For each response at Lyon whether it was finished."""
    with world.database.reading(world.lyon.scope) as u:
        return sorted(u.all(select(Response.finished)))


def words(world: World) -> list[str]:
    """The free words of Lyon."""
    with world.database.reading(world.lyon.scope) as u:
        return [
            vault.opened(
                u,
                vault.row_key(u, "answer_text", row.response_id, row.key_wrapped),
                row.body_sealed,
                ("answer_text", row.response_id, "word"),
            )
            for row in u.all(select(AnswerText))
        ]


# The whole way


@pytest.mark.parametrize("language", LANGUAGES)
def test_five_taps_lead_from_the_square_to_the_thanks(world: World, language: str) -> None:
    phone = at_the_free_word(world, language)
    phone.send(answer="Merci شكرا 🙏")
    assert phone.path == entrance(world, language) + "/done"
    assert stored(world) == ["good", "little", "no", "yes"]
    assert words(world) == ["Merci شكرا 🙏"]
    assert responses(world) == [True]


def test_each_answer_is_kept_as_soon_as_it_is_given(world: World) -> None:
    phone = Phone.at(world, entrance(world))
    phone.send(answer="good")
    assert stored(world) == ["good"]
    phone.send(answer="yes")
    assert stored(world) == ["good", "yes"]
    assert responses(world) == [False]


def test_a_structure_hears_its_visitors_without_a_code(world: World) -> None:
    phone = Phone.at(world, "/p/passerelle/en")
    phone.send(answer="bad")
    assert phone.path.startswith("/p/passerelle/en/answers/")
    assert stored(world) == ["bad"]


def test_a_code_is_read_in_either_case(sqlite_world: World) -> None:
    code = sqlite_world.lyon.code.code
    for address in (f"/Q/{code}", f"/q/{code.lower()}", f"/Q/{code}/fr"):
        assert (
            Phone.at(sqlite_world, address).title == "Comment s’est passée la rencontre avec notre équipe ?"
        )


def test_the_browser_chooses_the_language_where_the_address_does_not(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    for accepted, spoken in {"ar": "ar", "en-GB,en": "en", "de": "fr", "de,ar;q=0.5": "ar", "": "fr"}.items():
        page = client.get(f"/q/{sqlite_world.lyon.code.code}", headers={"Accept-Language": accepted})
        assert page.headers["Content-Language"] == spoken, accepted
        assert "Accept-Language" in page.headers["Vary"]


# Back, skip, change


def test_going_back_shows_the_answer_and_another_one_replaces_it(world: World) -> None:
    phone = Phone.at(world, entrance(world))
    phone.send(answer="good")
    phone.send(answer="yes")
    phone.open(phone.link("Retour"))
    assert re.findall(r'answer-chosen" type="submit" name="answer" value="(\w+)"', phone.page.text) == ["yes"]
    assert "votre réponse" in phone.page.text
    phone.send(answer="no")
    assert stored(world) == ["good", "no"]


def test_going_back_to_the_first_question_changes_it_and_makes_no_second_response(world: World) -> None:
    phone = Phone.at(world, entrance(world))
    phone.send(answer="good")
    phone.open(phone.link("Retour"))
    phone.send(answer="fair")
    assert stored(world) == ["fair"]
    assert responses(world) == [False]


def test_skipping_stores_nothing_and_takes_back_what_was_given(world: World) -> None:
    phone = Phone.at(world, entrance(world))
    phone.send(answer="good")
    phone.send(skip="1")
    assert stored(world) == ["good"]
    phone.open(phone.link("Retour"))
    phone.send(answer="yes")
    phone.open(phone.link("Retour"))
    phone.send(skip="1")
    assert stored(world) == ["good"]


def test_an_empty_word_is_no_word(world: World) -> None:
    for given in ({"answer": "  \n "}, {"skip": "1", "answer": "quelque chose"}, {"answer": ""}):
        phone = at_the_free_word(world)
        phone.send(**given)
        assert phone.path.endswith("/done")
    assert words(world) == []


def test_the_language_can_change_on_the_way(world: World) -> None:
    phone = Phone.at(world, entrance(world))
    phone.send(answer="good")
    phone.open(phone.link("العربية"))
    assert phone.page.status_code == 200
    assert phone.title == "هل استُمع إليك؟"
    phone.send(answer="yes")
    assert stored(world) == ["good", "yes"]


# Twice, again, somebody else


def test_a_double_tap_on_any_button_counts_once(world: World) -> None:
    phone = Phone.at(world, entrance(world))
    for answer in ("good", "yes", "no", "little", "Merci"):
        data = {"token": phone.token, "answer": answer}
        first, second = (phone.client.post(phone.action, data=data) for _ in range(2))
        assert (second.status_code, second.location) == (first.status_code, first.location)
        phone.open(first.location)
    assert stored(world) == ["good", "little", "no", "yes"]
    assert words(world) == ["Merci"]
    assert responses(world) == [True]


def test_after_the_thanks_another_answer_is_another_response(world: World) -> None:
    phone = at_the_free_word(world)
    phone.send(answer="Merci")
    phone.open(entrance(world))
    first_token = phone.token
    for answer in ("good", "yes", "no", "little", ""):
        phone.send(answer=answer)
    client = phone.client
    client.post(entrance(world), data={"token": first_token, "answer": "good"})
    assert len(responses(world)) == 2
    client.post(entrance(world), data={"token": first_token, "answer": "bad"})
    assert len(responses(world)) == 3


def test_another_person_answers_anew_on_the_same_phone(world: World) -> None:
    phone = at_the_free_word(world)
    last = phone.path
    phone.send(answer="Mon secret")
    phone.open(phone.link("Une autre personne veut répondre"))
    assert phone.path == entrance(world)
    phone.send(answer="bad")
    assert responses(world) == [False, True]
    shown = phone.open(last).text
    assert "Mon secret" not in shown
    assert '"answer answer-chosen"' not in phone.open(last.replace("/5", "/2")).text


# What cannot be taken


def test_an_answer_that_is_none_of_them_is_refused_with_a_sentence(world: World) -> None:
    phone = Phone.at(world, entrance(world))
    for fields in ({"answer": "excellent"}, {}, {"skip": "1"}, {"answer": ""}):
        phone.send(**fields)
        assert phone.page.status_code == 422
        assert "Touchez une des réponses." in phone.page.text
    assert stored(world) == []
    phone.send(answer="good")
    assert stored(world) == ["good"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_ten_thousand_characters_of_any_script_are_kept(world: World, script: str) -> None:
    text = (SCRIPTS[script] * MAX_TEXT)[: MAX_TEXT - 1] + "."
    phone = at_the_free_word(world)
    phone.send(answer=text.replace("\n", "\r\n"))
    assert phone.path.endswith("/done")
    assert words(world) == [text]


def test_one_character_more_is_refused_and_nothing_is_lost(world: World) -> None:
    text = "<ع>" * 3333 + "&é"
    assert len(text) == MAX_TEXT + 1
    phone = at_the_free_word(world)
    phone.send(answer=text)
    assert phone.page.status_code == 422
    assert "10001" in re.sub(r"\D", "", phone.page.text)
    assert text in unescaped(phone)
    phone.send(answer=text[:-1])
    assert words(world) == [text[:-1]]


def unescaped(phone: Phone) -> str:
    """What stands in the page's text field."""
    found = re.search(r"(?s)<textarea[^>]*>\n(.*?)</textarea>", phone.page.text)
    assert found
    return found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def test_text_that_is_none_is_refused(world: World) -> None:
    phone = at_the_free_word(world)
    body = b"token=" + phone.token.encode() + b"&answer=%ff%fe"
    answer = phone.client.post(phone.action, data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert "Aller à la première page" in answer.text
    assert words(world) == []


def test_a_token_of_yesterday_is_gone_and_the_page_leads_on(world: World) -> None:
    phone = Phone.at(world, entrance(world))
    phone.send(answer="good")
    world.clock.advance(timedelta(hours=24, seconds=1))
    for page in (phone.client.get(phone.path), phone.client.post(phone.path, data={"answer": "yes"})):
        assert page.status_code == 410
        assert "Cette page est restée ouverte trop longtemps" in page.text
        assert f'href="{entrance(world)}"' in page.text
    assert stored(world) == ["good"]


def test_words_that_waited_too_long_are_shown_again_and_can_be_sent(world: World) -> None:
    phone = at_the_free_word(world)
    world.clock.advance(timedelta(hours=25))
    phone.send(answer="Écrit hier <ici>")
    assert phone.page.status_code == 410
    assert "Vos mots sont toujours là" in phone.page.text
    assert unescaped(phone) == "Écrit hier <ici>"
    phone.send(answer=unescaped(phone))
    assert phone.path.endswith("/done")
    assert words(world) == ["Écrit hier <ici>"]


def of_another_version(world: World, purpose: str) -> str:
    """A token of this key and purpose that holds what another version of the portal put into it."""
    with world.app.app_context():
        return house().tokens.seal(purpose, {"v": "0" * 32, "n": "0" * 16}, now=world.clock.now())


def test_a_token_of_another_version_of_the_portal_is_as_old_as_it_looks(sqlite_world: World) -> None:
    phone, old = at_the_free_word(sqlite_world), of_another_version(sqlite_world, PURPOSE)
    here, where = phone.path.replace(phone.path.split("/")[-2], old), phone.action.split("/")[-2]
    assert phone.client.get(here).status_code == 410
    phone.page = phone.client.post(phone.action.replace(where, old), data={"answer": "Écrit avant <ici>"})
    assert (phone.page.status_code, unescaped(phone)) == (410, "Écrit avant <ici>")
    phone.send(answer=unescaped(phone))
    assert words(sqlite_world) == ["Écrit avant <ici>"]


def test_the_first_page_of_a_tablet_takes_an_answer_across_versions(sqlite_world: World) -> None:
    tablet = Phone.at(sqlite_world, f"/t/{sqlite_world.lyon.code.code}")
    old = of_another_version(sqlite_world, TABLET_PURPOSE)
    sent = tablet.client.post(
        tablet.action.replace(tablet.action.split("/")[-2], old), data={"answer": "good"}
    )
    assert (sent.status_code, stored(sqlite_world)) == (303, ["good"])


@pytest.mark.parametrize("token", ["x", "AAAA", "%F0%9F%99%8F", "a" * 3000])
def test_a_token_that_is_none_leads_back_to_the_first_page(sqlite_world: World, token: str) -> None:
    here = entrance(sqlite_world)
    page = Phone.at(sqlite_world, f"{here}/answers/{token}/2").page
    assert page.status_code == 400
    assert f'href="{here}"' in page.text


def test_a_token_for_something_else_opens_nothing(sqlite_world: World) -> None:
    phone = Phone.at(sqlite_world, entrance(sqlite_world) + "/complaint")
    assert (
        phone.client.post(entrance(sqlite_world), data={"token": phone.token, "answer": "good"}).status_code
        == 400
    )
    assert phone.client.post(entrance(sqlite_world), data={"answer": "good"}).status_code == 400


def test_a_token_of_another_structure_opens_nothing(world: World) -> None:
    token = Phone.at(world, entrance(world)).token
    foreign = f"/q/{world.strasbourg.code.code}/fr"
    answer = world.app.test_client().post(foreign, data={"token": token, "answer": "good"})
    assert answer.status_code == 404
    assert stored(world, world.strasbourg) == stored(world) == []


@pytest.mark.parametrize("position", ["0", "6", "99999999999999999999", "-1", "x"])
def test_a_question_that_is_not_there_is_not_found(sqlite_world: World, position: str) -> None:
    phone = Phone.at(sqlite_world, entrance(sqlite_world))
    phone.send(answer="good")
    assert phone.open(phone.path.rsplit("/", 1)[0] + f"/{position}").status_code == 404


# Language, method, head


@pytest.mark.parametrize("rest", ["", "/danger", "/done", "/complaint", "/answers/x/2"])
def test_an_unknown_language_lists_those_we_speak_with_links_that_work(
    sqlite_world: World, rest: str
) -> None:
    here = f"/q/{sqlite_world.lyon.code.code}"
    phone = Phone.at(sqlite_world, f"{here}/tlh{rest}")
    assert phone.page.status_code == 404
    for tag, language in LANGUAGES.items():
        assert phone.link(language.own_name) == f"{here}/{tag}{rest}"
    if not rest.startswith("/answers"):
        page = phone.open(f"{here}/ar{rest}")
        assert (page.status_code, page.headers["Content-Language"]) == (200, "ar")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_another_method_gets_a_page_that_says_so(sqlite_world: World, method: str) -> None:
    page = sqlite_world.app.test_client().open(entrance(sqlite_world, "ar"), method=method)
    assert page.status_code == 405
    assert {"GET", "HEAD", "POST"} <= set(page.headers["Allow"].split(", "))
    assert 'dir="rtl"' in page.text


def test_head_tells_what_get_would_and_sends_no_page(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    for path in ("/", entrance(sqlite_world), entrance(sqlite_world) + "/danger", "/p/passerelle/privacy"):
        head, page = client.head(path), client.get(path)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["Content-Type"] == page.headers["Content-Type"]


def test_a_page_with_a_token_in_its_address_is_kept_nowhere(sqlite_world: World) -> None:
    phone = Phone.at(sqlite_world, entrance(sqlite_world))
    assert phone.page.headers["Cache-Control"] == "private, no-cache"
    phone.send(answer="good")
    assert phone.page.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in phone.page.text


# Doors and danger


def test_a_door_without_a_language_leads_to_it_in_the_browsers(sqlite_world: World) -> None:
    code = sqlite_world.lyon.code.code
    client = sqlite_world.app.test_client()
    for door in ("complaint", "request", "concern", "thanks", "idea", "follow"):
        answer = client.get(f"/Q/{code}/{door}", headers={"Accept-Language": "ar"})
        assert (answer.status_code, answer.location) == (302, f"/q/{code}/ar/{door}")
        assert "Accept-Language" in answer.headers["Vary"]
        assert client.get(answer.location).status_code == 200


@pytest.mark.parametrize("language", ["", "/fr", "/en", "/ar"])
@pytest.mark.parametrize("root", ["/q/{}", "/p/passerelle"])
def test_danger_shows_the_numbers_at_once(sqlite_world: World, root: str, language: str) -> None:
    page = Phone.at(sqlite_world, root.format(sqlite_world.lyon.code.code) + language + "/danger").page
    assert page.status_code == 200
    numbers = re.findall(r'class="number" href="([^"]+)"', page.text)
    assert numbers == ["tel:17", "tel:112", "tel:15", "sms:114", "tel:119", "tel:3919"]


# What a page costs


@pytest.fixture
def statements(world: World) -> Iterator[list[str]]:
    """The statements that the database gets, besides those that begin and end transactions."""
    seen: list[str] = []

    def note(statement: str) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            seen.append(statement.split(maxsplit=1)[0])

    def executed(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        note(statement)

    def borrowed(driver: sqlite3.Connection, *_more: object) -> None:
        driver.set_trace_callback(note)  # the prepared ones do not pass the engine

    is_embedded = world.database.engine.dialect.name == "sqlite"
    what = ("checkout", borrowed) if is_embedded else ("before_cursor_execute", executed)
    for engine in world.database.engines:
        event.listen(engine, *what)
    yield seen
    for engine in world.database.engines:
        event.remove(engine, *what)


def test_a_page_costs_two_look_ups_an_answer_four_statements(world: World, statements: list[str]) -> None:
    phone = Phone.at(world, entrance(world))
    statements.clear()
    phone.open(entrance(world))
    assert statements == ["SELECT", "SELECT"]
    token = phone.token
    statements.clear()
    answer = phone.client.post(entrance(world), data={"token": token, "answer": "good"})
    assert statements == ["SELECT", "INSERT", "INSERT", "INSERT"]
    statements.clear()
    phone.client.post(answer.location, data={"answer": "yes"})
    assert statements == ["SELECT", "SELECT", "SELECT", "INSERT", "INSERT"]


def test_a_get_writes_nothing(world: World, statements: list[str]) -> None:
    phone = at_the_free_word(world)
    statements.clear()
    for path in (phone.path, phone.path.replace("/5", "/2"), entrance(world), entrance(world) + "/done"):
        phone.open(path)
    assert set(statements) == {"SELECT"}


# One stencil for all


def test_a_change_of_the_branding_shows_at_once(world: World) -> None:
    phone = Phone.at(world, entrance(world))
    assert "La Passerelle" in phone.page.text
    before = phone.page.headers["Content-Security-Policy"]
    with world.database.transaction(world.lyon.scope) as u:
        row = u.one(select(Structure).where(Structure.id == world.lyon.structure.id))
        assert row
        row.name, row.colour, row.branding_revision = "Ici <b>&\"'", "#7a1f5c", 2
        u.session.flush()
    page = phone.open(entrance(world))
    assert "Ici &lt;b&gt;&amp;&#34;&#39;" in page.text
    assert "La Passerelle" not in page.text
    assert "<b>" not in page.text
    assert page.headers["Content-Security-Policy"] != before
    assert "Rive Gauche" in Phone.at(world, f"/q/{world.strasbourg.code.code}/fr").page.text


def test_a_page_from_a_stencil_names_its_own_structure_and_code_alone(world: World) -> None:
    own, other = world.lyon, world.strasbourg
    Phone.at(world, f"/q/{other.code.code}/fr")
    page = Phone.at(world, entrance(world)).page.text
    assert {other.code.code, "rive-gauche", "Rive Gauche"} & set(re.findall(r"[\w-]+", page)) == set()
    assert page.count(own.code.code) > len(LANGUAGES)
    assert "hole" not in page
