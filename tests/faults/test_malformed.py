"""Whatever is sent, nothing breaks: no answer above 499, no way of the program told, no memory kept.

`PORTAL_TEST_LONG=1` sends a hundred thousand requests instead of some hundred.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from faults.malformed import Ground, Sent
from faults.malformed_kinds import KINDS, made, no_http, odd_segment
from faults.storm import founded, supervised
from walls.addresses import plant_view
from walls.planting import planted_at
from walls.ways import Names
from werkzeug.test import run_wsgi_app

from portal.web.guard import access_of, cookie_name, public

if TYPE_CHECKING:
    from collections.abc import Callable

    from build import World
    from faults.storm import Portal

LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
TO_THE_APPLICATION, DOWN_A_SOCKET = (48_000, 4_000) if LONG else (400, 120)
"""On each engine; down a socket on the embedded one alone."""
SEED = 20_270_324
WARM = 0.5
"""The part of the requests after which every cache should have what it keeps."""
MOST_GROWTH = 0.10
UNKNOWN_CODING = 501
"""What gunicorn says to a transfer coding that nobody knows, as RFC 9112 (6.1) asks."""
PICTURES = ("/codes/print/", ".png", ".pdf")
"""Expensive to make, and without a field to abuse beyond what other pages have."""
HOSTILE = (b"<script>alert(1)</script>", b"Traceback (most recent call last)", b"sqlalchemy.")

_WRONG_HEADER = re.compile(rb"\r\n(?:set-cookie|x-powered-by|server: .*\d)[^\r]*", re.IGNORECASE)
"""A cookie for a stranger, and what tells the version of what serves."""


def memory(pid: int | str = "self") -> int:
    """Bytes of a process that lie in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def ground_of(world: World) -> Ground:
    """Every address of Lyon with names that exist there, and what somebody who works there holds."""
    planted = planted_at(world, world.lyon, "Hagebutte")
    names, build = Names.of(world, planted), world.app.url_map.bind("localhost").build
    pages: list[bytes] = []
    forms: list[bytes] = []
    for rule in world.app.url_map.iter_rules():
        for method, found in (("GET", pages), ("POST", forms)):
            is_ending = access_of(world.app, rule.endpoint) == "signed_in" and method == "POST"
            if method in (rule.methods or ()) and not is_ending:
                address = build(rule.endpoint, names.first(rule), method=method)
                if not any(part in address for part in PICTURES):
                    found.append(address.encode())
    with world.app.app_context():
        cookie = planted.colleague.client.get_cookie(cookie_name(), domain="localhost")
    assert cookie is not None
    return Ground(
        pages=tuple(pages),
        forms=tuple(forms),
        cookie=cookie.value.encode(),
        csrf=planted.colleague.csrf.encode(),
        tokens=tuple(token.encode() for token in names.tokens.values()),
        receipts=(planted.receipt.encode(),),
    )


@dataclass(slots=True)
class Told:
    """What became of the requests: how many of each status, what was wrong, how memory grew."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    warm: int = 1
    end: int = 1

    @property
    def growth(self) -> float:
        """The part by which memory grew after it was warm."""
        return self.end / self.warm - 1

    def say(self) -> None:
        """Print the figures, for whoever runs it in full."""
        figures = f"{sorted(self.statuses.items())}, memory {self.warm} > {self.end}: {self.growth:+.2%}"
        print(f"{self.statuses.total()} requests: {figures}")  # noqa: T201 -- with `pytest -s`

    def note(self, sent: Sent, status: int, said: bytes) -> None:
        """One answer, with its head."""
        self.statuses[status] += 1
        is_broken = status >= 500 and not (status == UNKNOWN_CODING and sent.kind == "no http")
        wrong = [f"answers {status}"] if is_broken else []
        wrong += [f"says {words.decode()}" for words in HOSTILE if words in said]
        self.faults += [f"{sent.kind}: {sent.method!r} {sent.target[:200]!r} {one}" for one in wrong]


class Records(logging.Handler):
    """Keeps what the application logs as a fault."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.told.append(record.getMessage())


def attacked(world: World, ground: Ground, n: int, source: Callable[[Random, Ground], Sent] = made) -> Told:
    """So many requests handed to the application, with what came of them."""
    chance, told, records = Random(SEED), Told(), Records()  # noqa: S311 -- the same requests each time
    logging.getLogger("portal").addHandler(records)
    try:
        for turn in range(n):
            if turn == int(n * WARM):
                told.warm = memory()
            sent = source(chance, ground)
            body, status, headers = run_wsgi_app(world.app, sent.environ(), buffered=True)
            head = "\n".join(f"{name}: {value}" for name, value in headers)
            if any("\r" in value or "\n" in value for _name, value in headers):
                told.faults.append(f"{sent.kind}: a header of more than one line")
            told.note(sent, int(status[:3]), head.encode() + b"".join(body))
        told.end = memory()
    finally:
        logging.getLogger("portal").removeHandler(records)
    told.faults += records.told
    return told


def said_to(port: int, sent: bytes) -> bytes:
    """What the server says to these bytes; empty when it closes the connection without a word."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                heard += part
        except TimeoutError:
            return b"HTTP/1.1 598 says nothing for too long"
        except OSError:
            pass  # it had heard enough, and closed
    return heard


def on_the_wire(portal: Portal, ground: Ground, n: int) -> Told:
    """So many requests sent to a real server, with what came of them."""
    chance, told = Random(SEED), Told()  # noqa: S311 -- the same requests each time
    workers = portal.workers()
    for turn in range(n):
        if turn == int(n * WARM):
            told.warm = sum(map(memory, workers))
        sent = made(chance, ground) if turn % 5 else Sent("no http", b"", no_http(chance))
        heard = said_to(portal.port, sent.wire() if sent.method else sent.target)
        status = int(heard[9:12]) if heard.startswith(b"HTTP/1.1 ") else 0
        told.note(sent, status, heard)
        head = heard.partition(b"\r\n\r\n")[0] + b"\r\n"
        told.faults += [f"{sent.kind}: {line!r}" for line in _WRONG_HEADER.findall(head)]
    told.end = sum(map(memory, workers))
    if not {*workers} <= {*portal.workers()}:
        told.faults.append("a worker died")
    return told


def ground_on(portal: Portal, code: str) -> Ground:
    """What somebody outside knows of a served portal: its public addresses, and a token of its own."""
    page = portal.insist("GET", f"/q/{code}/fr").body
    token = page.partition('name="token" value="')[2].partition('"')[0].encode()
    root = f"/q/{code}/fr".encode()
    forms = (root, *(root + rest for rest in (b"/complaint", b"/follow", b"/answers/" + token + b"/2")))
    pages = (*forms, b"/", b"/sign-in", b"/help", b"/healthz", b"/static/portal.css", b"/s/escale/people")
    uploads = (root + b"/case/" + token + b"/photo",)
    return Ground(pages, (*forms, *uploads, b"/sign-in", b"/forgotten-password"), tokens=(token,))


def test_no_malformed_bytes_break_the_server(tmp_path: Path) -> None:
    code, _ = founded(tmp_path)
    with supervised(tmp_path) as portal:
        ground = ground_on(portal, code)
        told = on_the_wire(portal, ground, DOWN_A_SOCKET)
        assert portal.ask("GET", f"/q/{code}/fr").status == 200
    told.say()
    assert "\n".join(told.faults) == ""
    assert told.growth < MOST_GROWTH or not LONG, "a hundred requests do not warm two workers"
    assert told.statuses[200] > 0


def test_no_malformed_request_breaks_the_application(world: World) -> None:
    told = attacked(world, ground_of(world), TO_THE_APPLICATION)
    told.say()
    assert told.faults == []
    assert told.growth < MOST_GROWTH
    assert {200, 303, 400, 404, 405, 413, 422} <= told.statuses.keys(), "every sort of refusal is met"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_reaches_the_application_and_is_the_same_for_a_seed(
    kind: Callable[[Random, Ground], Sent], sqlite_world: World
) -> None:
    ground = Ground((b"/", b"/sign-in"), (b"/sign-in",))
    sent = [kind(Random(seed), ground) for seed in range(5)]  # noqa: S311 -- idem
    assert sent == [kind(Random(seed), ground) for seed in range(5)]  # noqa: S311 -- idem
    assert len({one.wire() for one in sent}) > 1
    for one in sent:
        _body, status, _headers = run_wsgi_app(sqlite_world.app, one.environ(), buffered=True)
        assert int(status[:3]) < 500


def only(address: bytes) -> Ground:
    """A ground of one page."""
    return Ground((address,), (address,))


def test_a_view_that_breaks_is_found(sqlite_world: World) -> None:
    @public
    def fragile(word: str) -> str:
        return str(int(word))

    plant_view(sqlite_world, "/fragile/<word>", fragile)
    told = attacked(sqlite_world, only(b"/fragile/1"), 120)
    assert told.statuses[500] > 0
    assert any("answers 500" in fault for fault in told.faults)
    assert any("ValueError" in fault for fault in told.faults)


def test_a_view_that_says_what_it_was_sent_is_found(sqlite_world: World) -> None:
    @public
    def echo(word: str) -> str:
        return word

    plant_view(sqlite_world, "/echo/<path:word>", echo)
    told = attacked(sqlite_world, only(b"/echo/1"), 600, odd_segment)
    assert any("says <script>" in fault for fault in told.faults)


def test_a_view_that_keeps_memory_is_found(sqlite_world: World) -> None:
    kept = []

    @public
    def hoarder() -> str:
        kept.append(b"x" * (1 << 20))
        return "yes"

    plant_view(sqlite_world, "/hoarder", hoarder)
    most = 2 * memory() >> 20
    assert attacked(sqlite_world, only(b"/hoarder"), most).growth > MOST_GROWTH
