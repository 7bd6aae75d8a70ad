"""A database that cannot write, or is gone: a page that says so, keeps what was typed, and asks to wait."""

from __future__ import annotations

import logging
import re
import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from build import World
from mailing import filed
from phone import Phone
from servers import as_superuser
from sqlalchemy import event, func, select
from staff import signed_in

from portal.cases.models import Case
from portal.questionnaires.models import Response as Opinion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from portal.core.clock import FixedClock

WORDS = "On ne m’a pas <répondu>.\n\nمرّتين & encore."


@contextmanager
def unwritable(world: World) -> Iterator[None]:
    """Within it, somebody holds the embedded database's one lock for longer than anybody waits."""

    def lose_patience(driver: Any, *_: object) -> None:
        cursor = driver.cursor()
        cursor.admitted = True
        cursor.execute("pragma busy_timeout=0")

    event.listen(world.database.writing, "checkout", lose_patience)
    holder = sqlite3.connect(str(world.database.engine.url.database), isolation_level=None)
    holder.execute("begin immediate")
    try:
        yield
    finally:
        holder.close()
        event.remove(world.database.writing, "checkout", lose_patience)
        world.database.engine.dispose()


@contextmanager
def gone(cluster: int, world: World) -> Iterator[None]:
    """Within it, PostgreSQL has cut every line to this database and takes no new one."""
    name = world.database.engine.url.database
    cut = "select pg_terminate_backend(pid, 2000) from pg_stat_activity where datname = "
    as_superuser(cluster, f"alter database {name} allow_connections false", f"{cut} '{name}'")
    try:
        yield
    finally:
        as_superuser(cluster, f"alter database {name} allow_connections true")


def fields_of(page: str) -> dict[str, str]:
    """What the form of a page would send."""
    form = re.findall(r"(?s)<main.*?<form.*?</form>", page)[0]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    written = re.findall(r'(?s)<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', form)
    return {name: unescape(value) for name, value in [*hidden, *written]}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("fr", "n’a pas été enregistré"), ("ar", "لم يُسجَّل"), ("en", "was not recorded")],
)
def test_a_resident_gets_the_form_back_and_sends_it_again_once(
    sqlite_world: World, language: str, sentence: str
) -> None:
    phone = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/{language}/complaint")
    sent = {
        "token": phone.token,
        "message": WORDS,
        "contact_kind": "email",
        "contact": "a@b.example",
        "identity": "handler",
        "name": "Dina",
    }
    with unwritable(sqlite_world):
        refused = phone.send(**sent)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["Cache-Control"] == "no-store"
    assert f'<html lang="{language}"' in refused.text
    assert sentence in refused.text
    assert "La Passerelle" in refused.text
    assert {k: v.replace("\r\n", "\n") for k, v in fields_of(refused.text).items()} == sent
    for _ in range(2):
        done = phone.client.post(refused.request.path, data=fields_of(refused.text))
        assert done.status_code == 303
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert u.one(select(func.count()).select_from(Case)) == 1


def test_a_tap_that_could_not_be_kept_is_sent_again_and_counts_once(sqlite_world: World) -> None:
    phone = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr")
    face = re.findall(r'name="answer" value="([^"]+)"', phone.page.text)[0]
    with unwritable(sqlite_world):
        refused = phone.send(answer=face)
    assert refused.status_code == 503
    for _ in range(2):
        assert phone.client.post(refused.request.path, data=fields_of(refused.text)).status_code == 303
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert u.one(select(func.count()).select_from(Opinion)) == 1


def test_pages_stay_open_while_nothing_can_be_written(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    case = filed(sqlite_world)
    code = sqlite_world.lyon.code.code
    sqlite_world.clock.advance(timedelta(minutes=30))  # the session's last use would be noted now
    with unwritable(sqlite_world):
        for path in (f"/q/{code}/fr", f"/q/{code}/fr/complaint", "/p/passerelle/fr/results"):
            assert sqlite_world.app.test_client().get(path).status_code == 200
        for path in ("cases", f"cases/{case.reference}", "dashboard", "people"):
            assert lead.get(f"/s/passerelle/{path}").status_code == 200, path


def test_a_colleague_gets_the_form_back_in_their_language(
    sqlite_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    lead = signed_in(sqlite_world, locale="ar")
    case = filed(sqlite_world)
    path = f"/s/passerelle/cases/{case.reference}/acknowledge"
    with unwritable(sqlite_world), caplog.at_level(logging.ERROR, "portal.web"):
        refused = lead.post(path, message=WORDS, note="")
    assert refused.status_code == 503
    assert '<html lang="ar" dir="rtl">' in refused.text
    fields = fields_of(refused.text)
    assert fields["message"] == WORDS
    assert fields["csrf_token"] == lead.csrf
    (line,) = caplog.messages
    assert line == "database locked in cases.step: OperationalError"
    assert lead.client.post(path, data=fields).status_code == 303


def test_no_password_is_given_back(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    with unwritable(sqlite_world):
        refused = sqlite_world.app.test_client().post(
            "/sign-in", data={"email": lead.email, "password": "la lampe du hall reste bleue"}
        )
    assert refused.status_code == 503
    assert "lampe" not in refused.text
    assert "name=" not in re.findall(r"(?s)<main.*</main>", refused.text)[0]


@pytest.mark.postgres
def test_a_server_that_went_away_comes_back_without_hands(
    cluster: int, postgresql_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    with World.made(postgresql_url, clock, tmp_path) as world:
        lead = signed_in(world)
        phone = Phone.at(world, f"/q/{world.lyon.code.code}/fr/complaint")
        with gone(cluster, world):
            refused = phone.send(message=WORDS, contact_kind="none", identity="nobody")
            page, desk = phone.client.get(phone.path), lead.get("/s/passerelle/cases")
            written = lead.post("/s/passerelle/cases/PAS-2027-000001/acknowledge", message=WORDS)
        assert [one.status_code for one in (refused, page, desk, written)] == [503] * 4
        assert "La connexion a été coupée avant la confirmation" in refused.text
        assert "il n’est pas certain que votre envoi ait été enregistré" in written.text
        assert "La Passerelle" not in written.text
        for path in (f"/q/{world.lyon.code.code}/fr", "/p/passerelle/fr"):
            assert phone.client.get(path).status_code == 200
        assert lead.get("/s/passerelle/cases").status_code == 200
        assert phone.client.post(refused.request.path, data=fields_of(refused.text)).status_code == 303
