"""The log of the real server: lines of declared fields, and no word of anybody, whatever is sent to it."""

from __future__ import annotations

import ast
import json
import logging
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from commanding import environment, portal, wait_until_up
from servers import free_port

from portal.app import compose
from portal.cli.logs import EVENTS, FIELDS, JsonLine
from portal.core.config import load
from portal.core.db import Scope
from portal.people.actions import add_member, add_person, open_session
from portal.people.rules import Role
from portal.web.guard import csrf_token

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
WORD = "Qzxplover"
HOUSE = Path(__file__).parents[2] / "portal"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that breaks in many ways, and how somebody speaks to it."""

    port: int
    session: str
    csrf: str

    def ask(self, method: str, path: str, body: str | None = None) -> int:
        """The status of a request of which every part holds the word; 0 when the line was cut."""
        headers = {
            "User-Agent": f"{WORD}/1.0",
            "Referer": f"http://127.0.0.1/{WORD}",
            "X-Forwarded-For": WORD,
            "Accept-Language": f"fr, {WORD}",
            "Authorization": f"Bearer {WORD}",
            "Cookie": f"portal={self.session}; other={WORD}",
            **(_FORM if body else {}),
        }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, f"{path}?who={WORD}&next=/{WORD}", body, headers)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()

    def shout(self, what: bytes) -> None:
        """Send bytes that are no HTTP, and wait for the line to be closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(what)
            line.shutdown(socket.SHUT_WR)
            while line.recv(4096):
                pass


@contextmanager
def faulty(folder: Path, how: str) -> Iterator[Serving]:
    """The server over a founded structure with one person signed in; its log is `folder/log`."""
    portal(folder, "db", "upgrade")
    portal(folder, "structure", "create", "--slug", "escale", "--letters", "ESC", "--name", f"L’{WORD}")
    app, database = compose(load(environment(folder)))
    with app.app_context():
        with database.transaction(Scope.of(1)) as u:
            person = add_person(u, email=f"{WORD}@escale.example", name=WORD, locale="fr")
            add_member(u, person.id, Role.QUALITY_LEAD)
            session = open_session(u, person.id)
        csrf = csrf_token(session)
    database.engine.dispose()
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 -- our own script
            [sys.executable, HERE / "faulty_server.py", WORD, how, "serve", "--port", str(port)],
            env=environment(folder, PORTAL_LOG_LEVEL="DEBUG"),
            stderr=log,
        )
        try:
            wait_until_up(port)
            yield Serving(port, session, csrf)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def requests_of(folder: Path) -> list[tuple[str, str]]:
    """Method and address of every view, each argument filled; what ends the session comes last."""
    app, database = compose(load(environment(folder)))
    database.engine.dispose()
    return [
        (method, _ARGUMENT.sub(filled, rule.rule))
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: "leave" in rule.endpoint)
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


_ARGUMENT = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")


def filled(argument: re.Match[str]) -> str:
    """What stands in an address for an argument: something of its kind, or the word."""
    kind, choices, name = argument.groups()
    if name == "slug":
        return "escale"
    if kind == "any":
        return str(choices).split(",")[0].strip("\"' ")
    return {"int": "7", "uuid": str(UUID(int=7))}.get(str(kind), WORD)


def everything(serving: Serving, folder: Path) -> dict[int, int]:
    """Send all there is to send; how many answers of each status came."""
    statuses: dict[int, int] = {}
    fields = dict.fromkeys(("message", "token", "answer", "email", "password", "receipt", "name"), WORD)
    body = urlencode({**fields, "csrf_token": serving.csrf})
    asked = requests_of(folder)
    asked += [("GET", "/faulty/row"), ("GET", "/faulty/ours"), ("GET", "/faulty/strange")]
    asked += [(method, f"/faulty/value/{WORD}") for method in ("GET", "POST")]
    asked += [("GET", f"/{WORD}"), ("DELETE", f"/q/{WORD}"), ("GET", f"/s/escale/cases/{quote(WORD)}/x")]
    for method, path in asked:
        status = serving.ask(method, path, body if method == "POST" else None)
        statuses[status] = statuses.get(status, 0) + 1
    for noise in (
        b"%s\r\n\r\n",
        b"GET /%s\r\n\r\n",
        b"GET / HTTP/1.1\r\n%s bad: x\r\n\r\n",
        b"POST / HTTP/9.%s\r\n\r\n",
    ):
        serving.shout(noise % WORD.encode())
    serving.shout(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + WORD.encode() + b"\r\n"
    )
    time.sleep(0.5)
    return statuses


TEAM = ("/s/escale/cases", "/s/other/cases")


def answered(folder: Path) -> list[tuple[str, int]]:
    """Method and status of each request that left a line: pages of residents leave none."""
    lines = [json.loads(line) for line in (folder / "log").read_text().splitlines() if line.startswith("{")]
    told = [line for line in lines if line["event"] == "answered"]
    assert {line["route"] for line in told} == {"cases.cases"}
    return [(line["method"], line["status"]) for line in told]


def test_no_word_of_anybody_reaches_the_log_of_the_real_server(tmp_path: Path) -> None:
    with faulty(tmp_path, "quiet") as serving:
        for path in ("/", "/p/escale", "/sign-in", "/healthz", "/nothing", *TEAM):
            serving.ask("GET", path)
        assert answered(tmp_path) == [("GET", 200), ("GET", 404)]
        statuses = everything(serving, tmp_path)
    assert statuses.get(500, 0) >= 4, statuses
    assert {200, 303, 404, 405, 422} <= statuses.keys(), statuses
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert WORD.lower() not in log.lower()
    assert "127.0.0.1" not in log.partition("Ctrl-C")[2]
    assert "192.0.2.1" not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert len(lines) > 60
    assert {name for line in lines for name in line} <= FIELDS.keys()
    said = {line["event"] for line in lines}
    assert {"answered", "a view broke", "a request was no HTTP", "a thread ended"} <= said
    assert [line for line in log.splitlines() if not line.startswith("{")] == [log.splitlines()[0]]


def test_the_same_requests_fill_a_log_without_tables_with_words(tmp_path: Path) -> None:
    with faulty(tmp_path, "aloud") as serving:
        everything(serving, tmp_path)
    assert (tmp_path / "log").read_text(encoding="utf-8").count(WORD) > 20


def spoken() -> set[str]:
    """Every text that the portal hands to its log."""
    texts: set[str] = set()
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                text = node.args[0]
                assert isinstance(text, ast.Constant), f"{path.name}:{node.lineno}"
                texts.add(str(text.value))
    return texts


def test_every_sentence_of_ours_stands_in_the_table_of_the_log() -> None:
    assert spoken() - EVENTS.keys() == set()
    assert len(spoken()) > 8
    assert {name for event in EVENTS.values() for name in event.fields} <= FIELDS.keys()


@pytest.mark.parametrize(
    ("field", "value", "passes"),
    [
        ("status", 404, True),
        ("status", "404 for Sofia", False),
        ("status", True, False),
        ("route", "cases.listed", True),
        ("route", "/q/7KQ4M2", False),
        ("way", "cases.py:12 listed > db.py:3 one", True),
        ("way", "cases.py:12 listed > <frozen importlib._bootstrap>:1176 _find_and_load", True),
        ("way", "cases.py:12 listed of Sofia", False),
        ("way", "<Sofia>:12 listed", False),
        ("notice", "0" * 32, True),
        ("notice", "lea@example.org", False),
        ("address", "lea@example.org", False),
    ],
)
def test_a_value_passes_when_it_looks_as_its_field_must(field: str, value: object, *, passes: bool) -> None:
    record = logging.LogRecord("portal.web", logging.INFO, __file__, 1, "answered", (), None)
    setattr(record, field, value)
    told = json.loads(JsonLine().format(record))
    assert (told.get(field) == value) is passes
    assert told["event"] == "answered"
