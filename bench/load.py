"""The residents: journeys over plain sockets, so many at once, each answer looked at before the next request.

One thread and one selector drive them all, so that a server with slow answers is not asked more gently than
one with fast ones. A journey is a generator: it yields requests and is sent what came back.
"""

from __future__ import annotations

import gzip
import re
import socket
import time
from dataclasses import dataclass, field
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

HOST = "127.0.0.1"
PATIENCE_SECONDS = 30.0
_CHUNK = 65_536
_HEADER_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)
_ZIPPED = re.compile(rb"\r\ncontent-encoding: *gzip", re.IGNORECASE)
# What a phone's browser sends, so that what it asks for is really made.
_HEADERS = (
    f"Host: {HOST}\r\n"
    "User-Agent: Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: fr,fr-FR;q=0.8,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
)


class Failed(Exception):
    """A journey that did not go as it must: what was asked, what came back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response as it came over the wire."""

    status: int
    head: bytes
    body: bytes

    @property
    def is_zipped(self) -> bool:
        """Whether it came packed."""
        return _ZIPPED.search(self.head) is not None

    @property
    def text(self) -> str:
        """The page itself, unpacked."""
        return (gzip.decompress(self.body) if self.is_zipped else self.body).decode()

    @property
    def location(self) -> str:
        """Where it sends the browser. Raises `Failed` when it sends it nowhere."""
        found = _LOCATION.search(self.head)
        if found is None:
            raise Failed(f"{self.status} without a location")
        return found[1].decode()

    def must(self, status: int) -> Answer:
        """The answer itself. Raises `Failed` on another status."""
        if self.status != status:
            raise Failed(f"{self.status} where {status} was due: {self.body[:120]!r}")
        return self


Journey: TypeAlias = "Generator[bytes, Answer, None]"


def get(path: str) -> bytes:
    """A request for a page."""
    return f"GET {path} HTTP/1.1\r\n{_HEADERS}\r\n".encode()


def post(path: str, **form: str) -> bytes:
    """A request that sends a form."""
    body = urlencode(form)
    return (
        f"POST {path} HTTP/1.1\r\n{_HEADERS}Origin: http://{HOST}\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def parsed(received: bytes) -> Answer | None:
    """The response that these bytes hold; None while some of it is still on its way."""
    head, end, body = received.partition(_HEADER_END)
    if not end:
        return None
    length = _LENGTH.search(head)
    if length is None:
        raise Failed(f"no length: {head[:200]!r}")
    if len(body) < int(length[1]):
        return None
    return Answer(int(head.split(b" ", 2)[1]), head, body)


@dataclass(slots=True)
class _Trip:
    """One journey under way on its connection."""

    journey: Journey
    line: socket.socket
    begun: float
    received: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class _Drive:
    """The journeys that still wait and those under way."""

    port: int
    waiting: Iterator[Journey]
    selector: DefaultSelector = field(default_factory=DefaultSelector)
    under_way: int = 0
    seconds: list[float] = field(default_factory=list)

    def begin_next(self) -> None:
        """Let one more resident open the page, if there is one."""
        journey = next(self.waiting, None)
        if journey is None:
            return
        begun = time.perf_counter()
        line = socket.create_connection((HOST, self.port), PATIENCE_SECONDS)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(line, EVENT_READ, _Trip(journey, line, begun))
        self.under_way += 1
        line.sendall(next(journey))

    def hear(self, trip: _Trip) -> None:
        """Take what has come for a journey, and go on with it when an answer is whole."""
        heard = trip.line.recv(_CHUNK)
        if not heard:
            raise Failed("the server closed the connection")
        trip.received += heard
        answer = parsed(bytes(trip.received))
        if answer is None:
            return
        trip.received.clear()
        try:
            trip.line.sendall(trip.journey.send(answer))
        except StopIteration:
            self.seconds.append(time.perf_counter() - trip.begun)
            self.selector.unregister(trip.line)
            trip.line.close()
            self.under_way -= 1
            self.begin_next()


def drive(port: int, journeys: Iterable[Journey], *, at_once: int = 1) -> list[float]:
    """Seconds of each journey, in the order of their ends. Raises `Failed` at the first that goes wrong."""
    drive = _Drive(port, iter(journeys))
    for _ in range(at_once):
        drive.begin_next()
    while drive.under_way:
        ready = drive.selector.select(PATIENCE_SECONDS)
        if not ready:
            raise Failed(f"nothing came for {PATIENCE_SECONDS:.0f} s")
        for key, _events in ready:
            drive.hear(key.data)
    drive.selector.close()
    return drive.seconds


_FORM = re.compile(r'<form[^>]* action="([^"]*/answers/[^"]+)"')
_FORM_TOKEN = re.compile(r'name="token" value="([^"]+)"')


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise Failed(f"nothing on the page looks like {pattern.pattern}")
    return found[1]


def opinion(entrance: str, choice: str, pages: list[str] | None = None) -> Journey:
    """A resident's opinion up to the second question: the page, the first tap, the next page.

    `pages` takes the two pages.
    """
    first = (yield get(entrance)).must(200)
    sent = (yield post(_found(_FORM, first.text), answer=choice)).must(303)
    following = (yield get(sent.location)).must(200)
    _found(_FORM, following.text)
    if pages is not None:
        pages += [first.text, following.text]


def complaint(entrance: str, words: str, pages: list[str] | None = None) -> Journey:
    """A complaint: the form, the form sent, the receipt. `pages` takes the two pages."""
    form = (yield get(f"{entrance}/complaint")).must(200)
    token = _found(_FORM_TOKEN, form.text)
    sent = yield post(
        f"{entrance}/complaint", token=token, message=words, contact_kind="none", identity="nobody"
    )
    receipt = (yield get(sent.must(303).location)).must(200)
    if pages is not None:
        pages += [form.text, receipt.text]
