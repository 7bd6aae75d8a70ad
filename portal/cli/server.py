"""The server of the portal: gunicorn's master over its workers, and the job worker beside.

It needs no proxy in front and no supervisor beside it.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import socket
import threading
from contextlib import suppress
from functools import partial
from logging.config import dictConfig
from selectors import EVENT_READ
from shutil import rmtree
from signal import SIG_BLOCK, SIG_DFL, SIG_UNBLOCK, SIGINT, SIGKILL, SIGQUIT, SIGTERM, pthread_sigmask, signal
from tempfile import mkdtemp
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

import portal
from portal.app import compose
from portal.cli.ground import refuse
from portal.cli.logs import log_settings, tell_of_threads
from portal.cli.work import work
from portal.web.metrics import FOLDER
from portal.web.scans import start as start_scans

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from portal.core.config import Config

log = logging.getLogger("portal.cli")

LOCAL = "127.0.0.1"
"""Where the server listens unless asked otherwise: for this machine, and for a proxy on it."""
_THREADS = 16
"""Requests that one worker answers at a time; connections that say nothing take none."""
_GRACE_SECONDS = 8
"""What a request that is being answered may still take when the server is asked to stop."""
_KEEPALIVE_SECONDS = 5
_HUNG_SECONDS, _NOTICE_SECONDS = 30, 1.0
"""After how long a silence gunicorn's master ends a worker, and how often a worker tells that it lives."""
_RETRY_SECONDS, _POLL_SECONDS = 5.0, 0.05
_STOPS = (SIGTERM, SIGINT, SIGQUIT)
_OTHERS = 0o077
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
"""From glibc's <malloc.h>."""
_LARGE_BYTES = 4 * 1024 * 1024
"""Pieces of memory that are given back as soon as they are free: those of a hash."""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Threads, of which a connection takes one only once it has sent something.

    Browsers open connections on speculation and leave them idle. gunicorn's own worker gives each a thread
    for five seconds, so that a few hundred keep everybody waiting; here they wait where kept-alive ones do.
    """

    _next_notice = 0.0

    def notify(self) -> None:
        """Tell the master that this worker lives, once a second at most.

        gunicorn tells it at every event by touching a file, which waits while the disk keeps what another
        worker has committed.
        """
        now = monotonic()
        if now >= self._next_notice:
            self._next_notice = now + _NOTICE_SECONDS
            super().notify()

    def accept(self, listener: Any) -> None:
        """Take a connection, and look at it again when it has something to say."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # the other worker was faster, or the client gave up
        self.nr_conns += 1
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.set_timeout()
        self.pending_conns.append(connection)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, connection))

    def murder_pending(self) -> None:
        """Close connections that stayed silent; all of them when the server stops."""
        if not self.alive:
            for connection in self.pending_conns:
                connection.timeout = 0
        super().murder_pending()


class Master(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's master, which keeps one more child alive: the job worker."""

    _jobs_pid = 0
    _next_try = 0.0

    def manage_workers(self) -> None:
        """Begin the workers that are missing; gunicorn looks every second."""
        super().manage_workers()
        if self.app.has_jobs and not self._has_jobs() and monotonic() >= self._next_try:
            self._next_try = monotonic() + _RETRY_SECONDS
            self._begin_jobs()

    def _begin_jobs(self) -> None:
        master = os.getpid()
        # Until the child has handlers of its own, a signal ends it: the master's, which it inherits, would
        # put it by and nobody would look.
        pthread_sigmask(SIG_BLOCK, _STOPS)
        self._jobs_pid = os.fork()
        if self._jobs_pid == 0:
            for number in _STOPS:
                signal(number, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, _STOPS)
        if self._jobs_pid:
            return
        try:
            for listener in self.LISTENERS:
                listener.close()
            work(self.app.portal, beside=master)
        except Exception:
            log.exception("the job worker could not go on")
        finally:
            os._exit(0)  # the master's own clean-up is not the child's

    def _has_jobs(self) -> bool:
        """Whether the job worker lives; gunicorn collects dead children, whoever they are."""
        try:
            os.kill(self._jobs_pid, 0)
        except ProcessLookupError:
            return False
        return self._jobs_pid > 0

    def stop(self, graceful: bool = True) -> None:  # noqa: FBT001, FBT002 -- gunicorn's signature
        """Ask every child to stop, and wait: a mail that is on its way gets there."""
        if self._has_jobs():
            os.kill(self._jobs_pid, SIGTERM)
        deadline = monotonic() + _GRACE_SECONDS
        super().stop(graceful)
        while self._has_jobs() and monotonic() < deadline:
            self.reap_workers()
            sleep(_POLL_SECONDS)
        if self._has_jobs():
            os.kill(self._jobs_pid, SIGKILL)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn over the portal, which is composed before the workers are forked: what it weighs, they share.

    Each opens its own connections; the master, which answers nobody, has none.
    """

    def __init__(
        self, config: Config, *, port: int, workers: int, host: str = LOCAL, has_jobs: bool = True
    ) -> None:
        self.config, self.has_jobs = config, has_jobs
        self._port, self._workers, self._host = port, workers, host
        self._stop_scans: Callable[[], None] | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand our options over; its own command line and files are not read."""
        options = {
            "bind": f"{self._host}:{self._port}",
            "worker_class": Worker,
            "workers": self._workers,
            "threads": _THREADS,
            "loglevel": "warning",
            "accesslog": None,
            "control_socket_disable": True,
            "timeout": _HUNG_SECONDS,
            "graceful_timeout": _GRACE_SECONDS,
            "keepalive": _KEEPALIVE_SECONDS,
            "on_starting": self._starting,
            "post_worker_init": self._began,
            "worker_exit": self._ended,
            "on_exit": self._stopped,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application."""
        return self.portal

    def run(self) -> None:
        """Serve until asked to stop; leaves with the status of the master."""
        Master(self).run()

    def _starting(self, _master: object) -> None:
        dictConfig(log_settings(self.config.log_level))
        logging.raiseExceptions = False  # a record that cannot be written would be told with its values
        logging.captureWarnings(capture=True)
        threading.excepthook = tell_of_threads
        if self.config.metrics_token:
            os.environ[FOLDER] = mkdtemp(prefix="portevoix-")
        try:
            app = self.portal = compose(self.config)[0]
        except BaseException as fault:
            self._stopped(_master)  # gunicorn asks for it only once it has begun
            if not isinstance(fault, Exception):
                raise
            log.exception("the portal could not begin")
            raise SystemExit(1) from None  # a traceback on the terminal would tell values
        app.wsgi_app = _readable(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way
        _share_memory()

    def _began(self, worker: Any) -> None:
        self._stop_scans = start_scans(worker.wsgi)

    def _stopped(self, _master: object) -> None:
        if self.config.metrics_token:
            rmtree(os.environ.pop(FOLDER), ignore_errors=True)

    def _ended(self, _master: object, _worker: object) -> None:
        if self._stop_scans is not None:
            self._stop_scans()


class _Body:
    """What a client sends, where chunks that are none break the reading as bytes that are no text do."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, *most: int) -> bytes:
        """Some bytes; none at the end. Raises `ValueError` for what gunicorn cannot take apart."""
        try:
            found: bytes = self._body.read(*most)
        except ParseException:
            # `from None`: the original error would carry what was sent into the log.
            raise ValueError("chunk") from None
        return found


def _readable(application: Callable[..., Any]) -> Callable[..., Any]:
    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return application(environ, start_response)

    return answer


def _share_memory() -> None:
    """Let the workers, which are forked after this, share what the master has loaded, and give memory back.

    Hashing a receipt takes 19 MB. Left to itself, glibc learns from the first such piece to keep the next for
    each thread that ever hashed; a threshold that is set stays, and in one arena threads share what is left.
    Objects that collections do not visit stay in the pages that all processes share.
    """
    with suppress(OSError, AttributeError):  # another C library, which has no such habit
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 1)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    gc.collect()
    gc.freeze()


def serve_on(
    config: Config, *, port: int, workers: int = 2, host: str = LOCAL, has_jobs: bool = True
) -> None:
    """Serve until asked to stop; `has_jobs`: with the job worker beside the pages."""
    os.umask(_OTHERS)
    click.echo(f"Portevoix {portal.__version__} answers on http://{host}:{port}; Ctrl-C stops it.", err=True)
    Server(config, port=port, workers=workers, host=host, has_jobs=has_jobs).run()


def require_free(port: int, host: str = LOCAL) -> None:
    """Leave with a sentence when nobody can listen there: another program does, or the host is odd."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            refuse(f"Port {port} of {host} cannot be used: another program has it, or {host} is not here.")
