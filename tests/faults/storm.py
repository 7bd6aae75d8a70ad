"""What fault tests stand on: the real server over a database, and residents who press on until they are told.

A resident's phone sends the same form again until it gets an answer. What was acknowledged is remembered, and
looked for afterwards: once, and whole.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from build import furnished
from commanding import PORTAL, environment
from servers import free_port

from portal.app import compose
from portal.cli.database import make_room
from portal.core.config import load
from portal.core.upgrade import application_role_of, upgrade
from portal.people.actions import add_member, add_person
from portal.people.rules import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE_SECONDS = 60
_TAKEN = 303
_TOKEN = re.compile(r'name="token" value="([^"]+)"')
_ANSWER = re.compile(r'name="answer" value="([^"]+)"')


class GivenUp(Exception):
    """Nobody answered for as long as a resident may wait in a test."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    location: str
    body: str
    retry_after: str

    def asks_to_wait(self, sent: dict[str, str]) -> bool:
        """Whether it is a whole page that says when to come again, and gives back all that was sent."""
        page = unescape(self.body).replace("\r\n", "\n")
        is_whole = self.retry_after.isdecimal() and self.body.rstrip().endswith("</html>")
        return is_whole and "Traceback" not in page and all(value in page for value in sent.values())


@dataclass(slots=True)
class Portal:
    """`portal serve` as a supervisor runs it: whatever kills it, it comes back on the same port."""

    folder: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    command: tuple[str, ...] = (PORTAL,)
    process: subprocess.Popen[bytes] | None = None
    refusals: Counter[tuple[int, bool]] = field(default_factory=Counter)
    """Answers from 500 on: their status, and whether they were pages that ask to wait."""
    log: list[str] = field(default_factory=list)
    """What the server wrote, line by line."""

    def begin(self) -> None:
        """Start the server, again if it could not listen yet, and return once it answers."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(  # noqa: S603 -- our own command
                    [*self.command, "serve", "--port", str(self.port)],
                    env=environment(self.folder, **self.settings),
                    stderr=subprocess.PIPE,
                )
                Thread(target=self._listen, args=(self.process,), daemon=True).start()
            with suppress(OSError, HTTPException):
                if self.ask("GET", "/healthz").status == 200:
                    return
            time.sleep(0.1)
        raise GivenUp(self.port)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            self.log.extend(line.decode().rstrip("\n") for line in lines)

    def end(self) -> None:
        """Stop it as an operator would."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)

    def workers(self) -> list[int]:
        """The processes below the master, the job worker among them."""
        assert self.process is not None
        told = subprocess.run(  # noqa: S603 -- a fixed command
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],  # noqa: S607 -- found on the path of any system
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(line) for line in told.stdout.split()]

    def ask(
        self, method: str, path: str, fields: dict[str, str] | None = None, *, cookie: str = ""
    ) -> Answer:
        """One answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "identity"}
            headers |= {"Cookie": cookie} if cookie else {}
            connection.request(method, path, urlencode(fields) if fields is not None else None, headers)
            answer = connection.getresponse()
            body = answer.read().decode()
            return Answer(
                answer.status, answer.getheader("Location", ""), body, answer.getheader("Retry-After", "")
            )
        finally:
            connection.close()

    def insist(self, method: str, path: str, fields: dict[str, str] | None = None) -> Answer:
        """The answer, asked for until there is one that is no trouble of the server's."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError, HTTPException):
                answer = self.ask(method, path, fields)
                if answer.status < 500:  # anything above: not taken, or not known to be
                    assert answer.status == (200 if method == "GET" else _TAKEN), (answer.status, path)
                    return answer
                self.refusals[answer.status, answer.asks_to_wait(fields or {})] += 1
            time.sleep(0.05)
        raise GivenUp(path)


@contextmanager
def supervised(
    folder: Path, settings: dict[str, str] | None = None, *, command: tuple[str, ...] = (PORTAL,)
) -> Iterator[Portal]:
    """The server over a database that is up to date, until the block ends."""
    portal = Portal(folder, settings or {}, command=command)
    try:
        portal.begin()
        yield portal
    finally:
        portal.end()


@dataclass(slots=True)
class Crowd:
    """Residents at one entrance: the tokens of the forms that were acknowledged, by what they were."""

    portal: Portal
    code: str
    answers: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    _enough: Event = field(default_factory=Event)

    def answer(self) -> None:
        """Open the first question and tap a face."""
        page = self.portal.insist("GET", f"/q/{self.code}/fr").body
        token, face = unescape(_TOKEN.findall(page)[0]), _ANSWER.findall(page)[0]
        self.portal.insist("POST", f"/q/{self.code}/fr", {"token": token, "answer": face})
        self.answers.append(token)

    def complain(self) -> None:
        """Open the complaint's form and send it; it must lead to a receipt."""
        path = f"/q/{self.code}/fr/complaint"
        page = self.portal.insist("GET", path).body
        token = unescape(_TOKEN.findall(page)[0])
        fields = {
            "token": token,
            "message": "On ne m’a pas répondu.",
            "contact_kind": "none",
            "identity": "nobody",
        }
        location = self.portal.insist("POST", path, fields).location
        receipt = self.portal.insist("GET", location).body
        assert re.search(r"\d{6} \d{10} \d{2}", re.sub(r"<[^>]+>", "", receipt)) is not None
        self.cases.append(token)

    def reach(self, answers: int) -> None:
        """Return when so many answers were acknowledged; each takes as long as it takes."""
        while len(self.answers) < answers and not self.faults:
            time.sleep(0.02)

    @contextmanager
    def pressing(self, people: int, *, complaint_each: int = 6) -> Iterator[None]:
        """So many residents at once until the block ends; every so many answers, a complaint."""

        def press() -> None:
            try:
                while not self._enough.is_set():
                    self.answer()
                    if len(self.answers) % complaint_each == 0:
                        self.complain()
            except BaseException as fault:  # noqa: BLE001 -- told by the test
                self.faults.append(fault)

        threads = [Thread(target=press) for _ in range(people)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._enough.set()
            for thread in threads:
                thread.join()
        for fault in self.faults:
            raise fault


def founded(folder: Path, **settings: str) -> tuple[str, int]:
    """A structure in an up-to-date database of the folder; its code, and how many people handle its cases."""
    config = load(environment(folder, **settings))
    make_room(config)
    upgrade(config.database_owner_url or config.database_url, application_role_of(config.database_url))
    app, database = compose(config)
    roles = (Role.QUALITY_LEAD, Role.SUPERVISOR)
    escale = furnished(database, "escale", "ESC", "L’Escale", "metropole")
    with app.app_context(), database.transaction(escale.scope) as u:
        for role in roles:
            person = add_person(u, email=f"{role.value}@escale.example", name=role.value.title(), locale="fr")
            add_member(u, person.id, role)
    database.engine.dispose()
    return escale.code.code, len(roles)
