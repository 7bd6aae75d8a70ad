"""A world behind a real socket: what a browser or a script opens instead of the test client."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from build import World

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """A world and where it is served; clock and database are the test's own."""

    world: World
    base_url: str

    def url(self, path: str) -> str:
        """The whole address of a path."""
        return self.base_url + path


def _closing(application: WSGIApplication) -> WSGIApplication:
    """The application, whose answers are closed once they are sent or left.

    Werkzeug's server leaves the file of an answer open when the browser has gone to another page meanwhile.
    """

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        answered = application(environ, start)
        try:
            yield from answered
        finally:
            if hasattr(answered, "close"):
                answered.close()

    return answer


class _Quiet(WSGIRequestHandler):
    """Tells nobody which page was opened, as the access log is off for residents."""

    def log(self, *_args: object) -> None:
        """Nothing."""


@contextmanager
def serving(world: World) -> Iterator[Served]:
    """The world, served by threads of this process on a port of its own until the block ends."""
    server = make_server(HOST, 0, _closing(world.app), threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]  # a browser keeps idle connections open
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Served(world, f"http://{HOST}:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
