"""What every request and every answer must respect, whichever view serves it: headers, origin, size, text.

A view may set a policy of content that allows more (its own stylesheet); one that sets none gets nothing.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import BadRequest, ClientDisconnected
from werkzeug.formparser import FormDataParser
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from portal.core.errors import Refused
from portal.web import throttle
from portal.web.guard import is_https, is_of_teams, is_staff_address, most_bytes
from portal.web.house import house, this_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask, Response

HEADERS: dict[str, str] = {
    "X-Content-Type-Options": "nosniff",
    # "no-referrer" would make browsers post `Origin: null` (decisions, 11).
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STRICTEST = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
MAX_PUBLIC_BYTES = 256 * 1024
_WITH_FILES = "multipart/form-data"
_WITHOUT_FILES = "application/x-www-form-urlencoded"
_NO_FILES: ImmutableMultiDict[str, Any] = ImmutableMultiDict()
_TWO_YEARS = "max-age=63072000"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_NUL, _UNREADABLE = "\0", "\ufffd"


class Number(IntegerConverter):
    """A number in an address: one that a column holds. With more digits it is the number of nothing."""

    regex = r"\d{1,9}"


class StrictParser(FormDataParser):
    """Forms as they were sent: what cannot be read is refused, where Werkzeug would drop it in silence."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **{**settings, "silent": False})

    def _parse_urlencoded(
        self, stream: IO[bytes], _mimetype: str, length: int | None, _options: dict[str, str]
    ) -> Any:
        body = stream.read()
        if length is None:
            stream.read(1)  # which refuses a body that is cut at the limit
        return stream, self.cls(_fields(body)), self.cls()


def _fields(body: bytes) -> list[tuple[str, str]]:
    """Names and values of a form. Raises `ValueError` for what is no Unicode."""
    return parse_qsl(body.decode(), keep_blank_values=True, errors="strict")


class PortalRequest(Request):
    """A request whose form is Unicode without NUL, which no database column holds, or a `BadRequest`."""

    form_data_parser_class = StrictParser
    # Plain attributes, of which a view with files raises one (`_refuse`). Flask's own would look into its
    # settings at every reading: those of these names mean nothing here, and None is no limit at all.
    max_content_length: int | None = MAX_PUBLIC_BYTES
    max_form_memory_size: int | None = 500_000
    max_form_parts: int | None = 1_000

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        try:
            if not self._read_as_sent():
                super(Request, self)._load_form_data()  # Flask's own only helps whoever debugs
        except ValueError:
            # `from None`: the original error would carry what was sent into the log.
            raise BadRequest from None
        if any(_NUL in value for values in self.form.listvalues() for value in values):
            raise BadRequest

    def _read_as_sent(self) -> bool:
        """Whether the form came as browsers send one without files, its length told; then it is read.

        Werkzeug's parser would ask what it is, count what it reads and choose a way: longer than the reading.
        """
        environ, told = self.environ, self.__dict__
        length, most = self.content_length, self.max_content_length
        if environ.get("CONTENT_TYPE") != _WITHOUT_FILES or length is None or "stream" in told:
            return False
        if most is not None and length > most:
            return False  # Werkzeug's own way says so
        try:
            body = environ["wsgi.input"].read(length)
        except OSError:
            raise ClientDisconnected from None
        if len(body) < length:
            raise ClientDisconnected
        told["stream"], told["files"] = BytesIO(), _NO_FILES
        told["form"] = ImmutableMultiDict(_fields(body))
        return True


def register(app: Flask) -> None:
    """Let the application refuse what no view should meet, and send its headers with every answer."""
    app.request_class = PortalRequest
    app.url_map.converters["int"] = Number
    with app.app_context():
        proxies = house().config.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]  # Flask's documented way
    throttle.register(app)
    app.wsgi_app = _with(_constant_headers(app), app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way
    app.before_request(partial(_refuse, app))
    app.after_request(partial(_protect, app))


def _constant_headers(app: Flask) -> list[tuple[str, str]]:
    """What goes with every answer, whoever gives it."""
    with app.app_context():
        return [*HEADERS.items(), *([("Strict-Transport-Security", _TWO_YEARS)] if is_https() else [])]


def _with(headers: list[tuple[str, str]], application: Callable[..., Iterable[bytes]]) -> Any:
    """The application with these headers on every answer, added where it costs least."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, own: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*own, *headers], *more)

        return application(environ, start)

    return answer


def _refuse(app: Flask) -> None:
    """Refuse forms sent from another site, and addresses that are no text."""
    asked = this_request()
    if asked.method not in _READS and asked.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Refused("cross_site")
    if _NUL in asked.path or _UNREADABLE in asked.path or not _is_text(asked.query_string):
        raise BadRequest
    most = most_bytes(app, asked.endpoint)
    if most is not None and asked.mimetype == _WITH_FILES:  # without a file no form is so long
        asked.max_content_length = most


def _is_text(query: bytes) -> bool:
    """Whether a query can be read; one that was not even encoded breaks whoever looks for a name in it."""
    try:
        query.decode()
    except UnicodeDecodeError:
        return False
    return b"%00" not in query


def _protect(app: Flask, response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", STRICTEST)
    asked = this_request()
    if is_staff_address(asked.path) or is_of_teams(app, asked.endpoint):
        response.headers["Cache-Control"] = "no-store"
    return response
