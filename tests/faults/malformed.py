"""What malformed requests are made of: the ground they stand on, and a request kept as bytes.

It is handed to the application as a server would (`environ`), or sent down a socket as it is (`wire`). The
kinds of requests are in `malformed_kinds`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

if TYPE_CHECKING:
    from random import Random

FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=part"
HOST = b"portal.test"
_CONTENT = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_BODILESS = frozenset({b"GET", b"HEAD"})


@dataclass(frozen=True, slots=True)
class Ground:
    """What a hostile visitor may know: pages and forms that exist, a session, tokens that once were good."""

    pages: tuple[bytes, ...]
    forms: tuple[bytes, ...]
    cookie: bytes = b""
    csrf: bytes = b""
    tokens: tuple[bytes, ...] = ()
    receipts: tuple[bytes, ...] = ()
    names: tuple[bytes, ...] = (b"token", b"message", b"answer", b"contact", b"name", b"receipt", b"email")
    """Fields that forms have."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request, as bytes; `headers` may hold what no client library would send."""

    kind: str
    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = field(default=b"", repr=False)
    length: bytes | None = None
    """What is said about the length of the body, when it is a lie."""
    host: bytes = HOST
    address: str = "203.0.113.9"

    def environ(self) -> dict[str, Any]:
        """The same as a server would hand it to the application."""
        path, _, query = self.target.partition(b"?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method.decode("latin-1"),
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "RAW_URI": self.target.decode("latin-1"),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.address,
            "HTTP_HOST": self.host.decode("latin-1"),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(self.body),
            "wsgi.errors": StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in self._all_headers():
            key = name.decode("latin-1").upper().replace("-", "_")
            key = _CONTENT.get(name.lower(), f"HTTP_{key}")
            told = value.decode("latin-1")
            environ[key] = f"{environ[key]},{told}" if key in environ and key.startswith("HTTP_") else told
        return environ

    def wire(self) -> bytes:
        """The same as it goes down a socket."""
        lines = [b"%s %s HTTP/1.1" % (self.method, self.target), b"Host: " + self.host, b"Connection: close"]
        lines += [b"%s: %s" % one for one in self._all_headers()]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body

    def _all_headers(self) -> list[tuple[bytes, bytes]]:
        length = self.length if self.length is not None else b"%d" % len(self.body)
        bears = self.length is not None or self.method not in _BODILESS or self.body
        return [*self.headers, *([(b"Content-Length", length)] if bears else [])]


def noise(chance: Random, most: int = 40) -> bytes:
    """Some bytes, of a sort that programs stumble over."""
    sort = chance.randrange(8)
    n = chance.randrange(1, most + 1)
    if sort == 0:
        return chance.randbytes(n)
    if sort == 1:
        return b"".join(b"%%%02X" % byte for byte in chance.randbytes(n))
    odd = (
        "\ud800".encode("utf-8", "surrogatepass"),
        b"\xc0\xaf\xe0\x80\xaf",
        b"\x00",
        "٣٤\u202e\ufeff\u0000".encode(),
        "İıſK\u0345".encode(),
        b"{{7*7}}${7*7}<%= 7 %>",
        b"'; drop table structure; --",
        b"<script>alert(1)</script>",
        b"%(x)s %s %n {0.__class__}",
        b"../../../../etc/passwd",
        b"-1",
        b"9" * 400,
        b"1e999",
        b"NaN",
        "\u0661\u0662".encode(),
        b"2027-02-30",
        b"0000-00-00",
        b"\r\nSet-Cookie: a=b\r\n",
        b"http://elsewhere.example/",
        b"//elsewhere.example",
    )
    return chance.choice(odd) * chance.choice((1, 1, 1, n))


def page(chance: Random, ground: Ground, kind: str) -> Sent:
    """A page that exists, asked for."""
    return _known(chance, ground, Sent(kind, b"GET", chance.choice(ground.pages)))


def form(chance: Random, ground: Ground, kind: str, body: bytes, type_: bytes = FORM) -> Sent:
    """A form that exists, sent with this body."""
    sent = Sent(kind, b"POST", chance.choice(ground.forms), ((b"Content-Type", type_),), body)
    return _known(chance, ground, sent)


def _known(chance: Random, ground: Ground, sent: Sent) -> Sent:
    """The request with a session in most cases, from an address of its own."""
    address = f"198.51.{chance.randrange(256)}.{chance.randrange(256)}"
    if ground.cookie and (sent.target.startswith((b"/s/", b"/account")) or chance.random() < 0.2):
        sent = replace(sent, headers=(*sent.headers, (b"Cookie", b"portal=" + ground.cookie)))
    return replace(sent, address=address)


def fields(chance: Random, ground: Ground) -> list[tuple[bytes, bytes]]:
    """Fields of a form that is nearly good."""
    held = [(b"csrf_token", ground.csrf), (b"token", chance.choice(ground.tokens or (b"",)))]
    names = chance.sample(ground.names, chance.randrange(1, len(ground.names)))
    return held + [(name, noise(chance)) for name in names]


def encoded(fields: list[tuple[bytes, bytes]]) -> bytes:
    """The fields as the body of a form."""
    return b"&".join(
        b"%s=%s" % (quote_from_bytes(n).encode(), quote_from_bytes(v).encode()) for n, v in fields
    )
