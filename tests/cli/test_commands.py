"""The command as an operator drives it: what it prints, and how it refuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from commanding import portal, serving

from bench.meter import tree
from portal.cli import server

if TYPE_CHECKING:
    import pytest

_IDLE = 40


def databases_of(pid: int) -> list[str]:
    """The files of a database that a process holds open."""
    held: list[str] = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            held.append(str(link.readlink()))
    return [name for name in held if "/portal.db" in name]


def test_a_structure_is_founded_listed_and_someone_invited(tmp_path: Path) -> None:
    assert portal(tmp_path, "db", "upgrade").returncode == 0
    assert portal(tmp_path, "db", "check").returncode == 0
    given = ("--slug", "escale", "--letters", "ESC", "--name", "L’Escale")
    made = portal(tmp_path, "structure", "create", *given, "--json")
    assert len(json.loads(made.stdout)["code"]) == 6
    assert [row["slug"] for row in json.loads(portal(tmp_path, "structure", "list", "--json").stdout)] == [
        "escale"
    ]
    person = ("--email", "lea@escale.example", "--name", "Léa Fontaine", "--role", "director")
    invited = portal(tmp_path, "person", "invite", "--structure", "escale", *person, "--json")
    assert "/invitations/" in json.loads(invited.stdout)["url"]
    assert portal(tmp_path, "doctor").returncode == 0


def test_a_name_an_address_and_a_promise_are_enough_to_collect(tmp_path: Path) -> None:
    assert portal(tmp_path, "db", "upgrade").returncode == 0
    link = portal(tmp_path, "doctor").stderr.strip().rsplit(" ", 1)[-1]
    assert "/start/" in link
    lead = ("--email", "lea.fontaine@escale.example", "--promise", "8")
    made = portal(tmp_path, "structure", "create", "--name", "L’Escale", *lead, "--json")
    assert made.returncode == 0, made.stderr
    row = json.loads(made.stdout)
    assert (row["slug"], row["letters"]) == ("l-escale", "ESC")
    assert row["url"].endswith(f"/q/{row['code']}")
    assert "/invitations/" in row["invitation"]
    again = portal(tmp_path, "structure", "create", "--name", "l’escale", *lead)
    assert (again.returncode, "--slug" in again.stderr) == (1, True)
    assert "/start/" not in portal(tmp_path, "doctor").stderr
    assert "/start/" in portal(tmp_path, "structure", "start-link").stdout
    wrong = portal(tmp_path, "structure", "create", "--name", "Autre", "--email", "lea at home")
    assert (wrong.returncode, "mail address" in wrong.stderr) == (1, True)
    assert len(json.loads(portal(tmp_path, "structure", "list", "--json").stdout)) == 1
    assert portal(tmp_path, "structure", "create", "--promise", "8").returncode == 2


def test_what_cannot_be_done_is_refused_with_a_sentence(tmp_path: Path) -> None:
    early = portal(tmp_path, "structure", "list")
    assert (early.returncode, early.stdout) == (1, "")
    assert "portal db upgrade" in early.stderr
    portal(tmp_path, "db", "upgrade")
    given = ("structure", "create", "--slug", "escale", "--letters", "ESC", "--name", "L’Escale")
    portal(tmp_path, *given)
    again = portal(tmp_path, *given)
    assert again.returncode == 1
    assert "taken" in again.stderr


def test_unknown_and_missing_settings_are_told_all_at_once(tmp_path: Path) -> None:
    faulty = portal(tmp_path, "db", "check", PORTAL_COLOUR="blue", PORTAL_SECRET_KEY="")
    assert faulty.returncode == 1
    assert "PORTAL_COLOUR" in faulty.stderr
    assert "PORTAL_SECRET_KEY" in faulty.stderr


def test_wrong_usage_is_two(tmp_path: Path) -> None:
    assert portal(tmp_path, "structure", "paint").returncode == 2


def test_the_server_answers_beside_idle_connections_and_stops_when_asked(tmp_path: Path) -> None:
    portal(tmp_path, "db", "upgrade")
    with serving(tmp_path, "--workers", "1") as (port, _):
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(_IDLE)]
        try:
            with urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5) as page:
                assert page.status == 200
        finally:
            for connection in idle:
                connection.close()


def test_the_master_opens_no_connection_that_its_forks_would_share(tmp_path: Path) -> None:
    portal(tmp_path, "db", "upgrade")
    with serving(tmp_path, "--workers", "1") as (port, master):
        with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
            assert page.status == 200
        assert not databases_of(master)
        assert any(databases_of(pid) for pid in tree(master)), "nobody has read the database"


def test_a_worker_tells_once_a_second_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    now = 1_000.0
    monkeypatch.setattr(server, "monotonic", lambda: now)
    worker: Any = object.__new__(server.Worker)
    worker.tmp = SimpleNamespace(notify=lambda: told.append(now))
    for now in (1_000.0, 1_000.2, 1_000.9, 1_001.0, 1_001.5, 1_031.0):  # noqa: B007 -- the clock reads it
        worker.notify()
    assert told == [1_000.0, 1_001.0, 1_031.0]


def test_a_job_worker_that_has_hardly_begun_hears_that_it_should_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "work", lambda *_given, **_named: time.sleep(60))
    master: Any = object.__new__(server.Master)
    master.app, master.LISTENERS = SimpleNamespace(portal=None), []
    # As gunicorn's own handler, which the fork inherits: it puts the signal by.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        master._begin_jobs()
        os.kill(master._jobs_pid, signal.SIGTERM)
        late = time.monotonic() + 5
        while (ended := os.waitpid(master._jobs_pid, os.WNOHANG)) == (0, 0) and time.monotonic() < late:
            time.sleep(0.02)
        assert ended[0] == master._jobs_pid
    finally:
        signal.signal(signal.SIGTERM, before)
        with suppress(ProcessLookupError):
            os.kill(master._jobs_pid, signal.SIGKILL)


def test_the_demo_world_is_as_the_contract_tells_it(tmp_path: Path) -> None:
    told = tmp_path / "world.json"
    made = portal(tmp_path, "demo", "--data", str(tmp_path / "d"), "--json", str(told), "--no-serve")
    assert made.returncode == 0, made.stderr
    world = json.loads(told.read_text(encoding="utf-8"))
    assert [one["slug"] for one in world["structures"]] == ["passerelle", "rive-gauche"]
    cases = [case for one in world["structures"] for case in one["cases"]]
    assert len(cases) == 60
    assert {case["kind"] for case in cases} == {"complaint", "request", "concern", "thanks", "idea"}
    assert len({case["state"] for case in cases}) == 7
    assert {account["role"] for account in world["structures"][0]["accounts"]} >= {"quality_lead", "auditor"}
    assert {code["site"] for one in world["structures"] for code in one["codes"]} >= {"Centre", "Krutenau"}
