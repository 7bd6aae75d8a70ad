"""The tablet of a counter: it starts anew by itself, and shows nothing of the person before."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from phone import Phone
from sqlalchemy import select

from portal.cases.models import Case
from portal.channels.actions import CodeGiven, issue_code, retire_code
from portal.channels.models import FunnelDay
from portal.channels.rules import CodeKind
from portal.questionnaires.models import Response

if TYPE_CHECKING:
    from build import World

WORD = "Personne ne m'a rappelé depuis trois semaines."
BACK = "60; url=/t/"


def start(world: World) -> str:
    """Where the tablet begins."""
    return f"/t/{world.lyon.code.code}"


def tablet(world: World, rest: str = "") -> Phone:
    """The tablet on one of its pages."""
    return Phone.at(world, start(world) + rest)


def test_an_opinion_on_a_tablet_is_told_apart_and_ends_where_it_began(world: World) -> None:
    page = tablet(world)
    assert "Refresh" not in page.page.headers  # nobody has begun: it waits as long as it takes
    assert page.page.headers["Clear-Site-Data"] == '"cache"'
    for answer in ("good", "yes", "little", "no", WORD):
        page.send(answer=answer)
        assert page.page.headers["Cache-Control"] == "no-store"
        assert page.page.headers["Refresh"].endswith(f"; url={start(world)}")
        assert page.path.startswith(f"{start(world)}/fr/")
    assert page.title.startswith("Merci.")
    assert page.page.headers["Refresh"] == f"20; url={start(world)}"
    with world.database.reading(world.lyon.scope) as u:
        (row,) = u.all(select(Response))
        assert (row.mode, row.finished, row.code_id) == ("tablet", True, world.lyon.code.id)
        assert u.all(select(FunnelDay)) == []


def test_who_goes_back_sees_no_answer_of_the_person_before(sqlite_world: World) -> None:
    page = tablet(sqlite_world)
    page.send(answer="bad")
    first = page.path
    page.send(answer="no")
    page.send(answer="no")
    page.send(answer="no")
    page.send(answer=WORD)  # the last page of the one before, sent and gone back to
    for position in (2, 3, 4, 5):
        again = page.open(re.sub(r"/\d+$", f"/{position}", first)).text
        assert "votre réponse" not in again
        assert "answer answer-chosen" not in again
        assert "rappelé" not in again
    on_a_phone = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr")
    on_a_phone.send(answer="bad")
    on_a_phone.send(answer="no")
    assert "answer answer-chosen" in on_a_phone.open(re.sub(r"/\d+$", "/2", on_a_phone.path)).text


def test_every_page_says_how_long_it_waits_and_gives_more_time(sqlite_world: World) -> None:
    page = tablet(sqlite_world, "/fr")
    assert page.page.headers["Refresh"] == f"60; url={start(sqlite_world)}"
    assert "Après 1 minute sans toucher" in page.page.text
    assert f'href="{start(sqlite_world)}/fr?more=1"' in page.page.text
    assert page.open(f"{start(sqlite_world)}/fr?more=1").status_code == 200
    waiting = tablet(sqlite_world).page.text
    assert "sans toucher" not in waiting
    thanks = tablet(sqlite_world, "/fr/done").page
    assert "Après 20 secondes sans toucher" in thanks.text
    assert tablet(sqlite_world, "/fr/done?more=1").page.headers["Refresh"].startswith("60;")


@pytest.mark.parametrize("door", ["complaint", "request", "concern", "thanks"])
def test_more_time_keeps_what_was_written_and_files_nothing(sqlite_world: World, door: str) -> None:
    page = tablet(sqlite_world, f"/fr/{door}")
    assert page.page.headers["Refresh"].startswith("300;")
    assert "Après 5 minutes sans toucher" in page.page.text
    asked = page.send(message=WORD, more="1")
    assert (asked.status_code, WORD.replace("'", "&#39;") in asked.text) == (200, True)
    assert page.send(message="", more="1").status_code == 200
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert u.all(select(Case)) == []


def test_more_time_keeps_a_free_word_that_was_begun(sqlite_world: World) -> None:
    page = tablet(sqlite_world)
    for answer in ("good", "yes", "little", "no"):
        page.send(answer=answer)
    assert page.page.headers["Refresh"].startswith("300;")
    asked = page.send(answer=WORD, more="1")
    assert (asked.status_code, WORD.replace("'", "&#39;") in asked.text) == (200, True)
    assert page.send(answer=WORD).status_code == 200
    assert page.title.startswith("Merci.")


def test_a_complaint_is_filed_and_its_number_goes_with_the_person(sqlite_world: World) -> None:
    page = tablet(sqlite_world, "/fr/complaint")
    receipt = page.send(message=WORD)
    assert re.search(r"\d{6} \d{10} \d{2}", re.sub(r"<[^>]+>", "", receipt.text))
    assert receipt.headers["Refresh"] == f"60; url={start(sqlite_world)}"
    assert "sms:" not in receipt.text
    assert "/case/" not in receipt.text
    assert f"http://portal.test/q/{sqlite_world.lyon.code.code}/fr/follow" in re.sub(
        "<[^>]+>", "", receipt.text
    )
    kept = page.path
    sqlite_world.clock.advance(timedelta(seconds=50))
    assert page.open(f"{kept}?more=1").status_code == 200  # by a number of its own, for a minute again
    assert page.path != kept
    sqlite_world.clock.advance(timedelta(seconds=50))
    assert page.open(page.path).status_code == 200
    gone = page.open(kept)
    assert gone.status_code == 410
    assert gone.headers["Refresh"] == f"60; url={start(sqlite_world)}"
    sqlite_world.clock.advance(timedelta(seconds=20))
    assert page.open(page.path).status_code == 410


def test_a_tablet_left_on_overnight_takes_the_first_answer(sqlite_world: World) -> None:
    page = tablet(sqlite_world)
    sqlite_world.clock.advance(timedelta(days=3))
    page.send(answer="good")
    assert page.path.endswith("/2")
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert len(u.all(select(Response))) == 1


def test_no_page_of_a_tablet_leads_away_from_it(sqlite_world: World) -> None:
    seen: set[str] = set()
    waiting = [start(sqlite_world)]
    page = tablet(sqlite_world)
    page.send(answer="good")
    waiting += [page.path, f"{start(sqlite_world)}/fr/done"]
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 60:
            continue
        seen.add(path)
        answer = page.open(path)
        assert answer.status_code == 200, path
        for link in re.findall(r'href="(/[^"#]*)"', answer.text):
            assert link.startswith("/t/"), (path, link)
            waiting.append(link.split("?")[0])
    assert len(seen) > 20


def test_an_address_of_a_tablet_opens_nothing_on_a_phone(sqlite_world: World) -> None:
    page, phone = tablet(sqlite_world), Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr")
    seen = []
    for answer in ("good", "yes", "little", "no"):
        page.send(answer=answer)
        seen.append(page.path)
    phone.send(answer="bad")
    seen.append(phone.path)
    filed = tablet(sqlite_world, "/fr/complaint")
    filed.send(message=WORD)
    for path in [*seen, filed.path]:
        assert page.open(path).status_code == 200
        other = path.replace("/t/", "/q/") if "/t/" in path else path.replace("/q/", "/t/")
        turned = page.open(other)
        assert turned.status_code == 400
        assert not re.search(r"\d{6} \d{10} \d{2}", re.sub(r"<[^>]+>", "", turned.text))


def test_nobody_opens_their_messages_on_a_tablet(sqlite_world: World) -> None:
    assert "/follow" not in tablet(sqlite_world).page.text
    for rest in ("/fr/follow", "/fr/partner"):
        assert tablet(sqlite_world, rest).page.status_code == 404


def test_an_error_brings_the_tablet_back_too(sqlite_world: World) -> None:
    assert tablet(sqlite_world, "/fr/nothing").page.headers["Refresh"].startswith(BACK)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        retire_code(u, sqlite_world.lyon.code.id)
    retired = tablet(sqlite_world).page
    assert (retired.status_code, retired.headers["Refresh"].startswith(BACK)) == (410, True)
    assert "Refresh" not in Phone.at(sqlite_world, "/t/!!").page.headers


def test_no_error_leads_a_tablet_away_or_forgets_its_language(sqlite_world: World) -> None:
    root = start(sqlite_world)
    for rest, status in (
        ("/ar/answers/bad/2", 400),
        ("/ar/receipts/bad", 400),
        ("/ar/nothing", 404),
        ("/xx", 404),
    ):
        assert errs(tablet(sqlite_world, rest), root) == (status, "ar" if "/ar" in rest else "fr"), rest
    page = tablet(sqlite_world, "/ar/complaint")
    page.send(message=WORD)
    sqlite_world.clock.advance(timedelta(minutes=2))
    page.open(page.path)
    assert errs(page, root) == (410, "ar")
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        retire_code(u, sqlite_world.lyon.code.id)
    for rest in ("", "/ar", "/ar/danger", "/ar/complaint"):
        gone = tablet(sqlite_world, rest)
        assert errs(gone, root) == (410, "ar" if rest else "fr"), rest
        assert "<form" not in gone.page.text
    assert 'href="/p/' in Phone.at(sqlite_world, root.replace("/t/", "/q/")).page.text  # as a phone is told


def errs(page: Phone, root: str) -> tuple[int, str]:
    """Status and language of an error on the tablet, which offers no way but to its beginning."""
    links = re.findall(r'(?:href|action)="(/[^"]*)"', page.page.text)
    assert links
    assert all(one == root or one.startswith(f"{root}/") for one in links), links
    assert page.page.headers["Refresh"].endswith(f"; url={root}")
    return page.page.status_code, re.findall(r'<html lang="(\w+)"', page.page.text)[0]


def test_a_partners_code_has_no_tablet(sqlite_world: World) -> None:
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        code = issue_code(u, CodeGiven(CodeKind.PARTNER, "", sqlite_world.lyon.site.id)).code
    assert Phone.at(sqlite_world, f"/t/{code}").page.status_code == 404


def test_pages_elsewhere_never_start_anew(sqlite_world: World) -> None:
    for root in (f"/q/{sqlite_world.lyon.code.code}", "/p/passerelle"):
        for rest in ("/fr", "/fr/complaint", "/fr/done", "/fr/danger"):
            headers = Phone.at(sqlite_world, root + rest).page.headers
            assert not {"Refresh", "Clear-Site-Data"} & set(headers.keys())
