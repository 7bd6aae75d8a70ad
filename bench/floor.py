"""The floor: the least that stores what a journey stores, with the driver of the database and nothing else.

A bare WSGI application behind the same gunicorn and worker class as the portal. It knows one structure, one
questionnaire and one code, asks nobody's rights, translates nothing and reads nothing back: what the portal
takes beyond it is what the portal is for.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import sqlite3
import sys
import threading
import time
from binascii import hexlify
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from gunicorn.arbiter import Arbiter

from portal.cli.server import Server
from portal.core.config import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from portal.core.config import Config

_ON_CONNECT = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous={synchronous}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
)
_ADD_RESPONSE = "INSERT INTO response VALUES (?, ?, ?, ?, ?, ?, ?, 'fr', ?, 'web', ?, 0)"
_ADD_ANSWER = "INSERT INTO answer VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)"
_COUNT = (
    "INSERT INTO rollup_month VALUES (?, ?, 1, ?, ?, ?, ?, 1) "
    "ON CONFLICT (structure_id, item_id, meaning_rev, month, site_id, code_id, choice) "
    "DO UPDATE SET n = n + excluded.n"
)
_TOKEN = re.compile(r"/answers/([^/]+)/")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the floor is told: the database, the ids, and the two pages as the portal sends them."""

    database: str
    synchronous: str
    place: dict[str, Any]
    first: str
    following: str


class Floor:
    """The application."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._key = plan, os.urandom(32)
        place = plan.place
        self._structure = place["structure_id"]
        self._ids = {
            name: bytes.fromhex(text)
            for name, text in place.items()
            if name.endswith("_id") and isinstance(text, str)
        }
        self._item = bytes.fromhex(place["items"][0][0])
        self._first, self._following = (_pieces(page) for page in (plan.first, plan.following))
        self._root = f"/q/{place['code']}/fr"
        self._local = threading.local()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request: a page, or a tap that is kept."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] == "POST":
            token = path.split("/")[-2]
            form = dict(parse_qsl(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()))
            self._keep(self._checked(token), form["answer"])
            start("303 SEE OTHER", [("Location", f"{self._root}/answers/{token}/2"), ("Content-Length", "0")])
            return [b""]
        if path == self._root:
            body = self._new_token().join(self._first)
        else:
            token = path.split("/")[-2]
            self._checked(token)
            body = token.encode().join(self._following)
        start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]

    def _new_token(self) -> bytes:
        nonce = os.urandom(12)
        return hexlify(nonce + hmac.digest(self._key, nonce, "sha256"))

    def _checked(self, token: str) -> bytes:
        sealed = bytes.fromhex(token)
        if not hmac.compare_digest(hmac.digest(self._key, sealed[:12], "sha256"), sealed[12:]):
            raise ValueError("token")
        return sealed[:12]

    def _connection(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._local.connection = sqlite3.connect(self._plan.database, isolation_level=None)
            for pragma in _ON_CONNECT:
                known.execute(pragma.format(synchronous=self._plan.synchronous))
        return known

    def _keep(self, nonce: bytes, choice: str) -> None:
        ids, structure, day = self._ids, self._structure, time.strftime("%Y-%m-%d")
        response = os.urandom(16)
        where = (ids["site_id"], ids["team_id"], ids["agreement_id"])
        database = self._connection()
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            _ADD_RESPONSE,
            (structure, response, ids["version_id"], ids["code_id"], *where, day, sha256(nonce).digest()),
        )
        database.execute(_ADD_ANSWER, (structure, response, self._item, choice, day, *where))
        database.execute(
            _COUNT, (structure, self._item, f"{day[:7]}-01", ids["site_id"], ids["code_id"], choice)
        )
        database.execute("COMMIT")


def _pieces(page: str) -> list[bytes]:
    """The page, cut where its token stands."""
    found = _TOKEN.search(page)
    if found is None:
        raise ValueError("a page without a token")
    return [piece.encode() for piece in page.split(found[1])]


class FloorServer(Server):
    """The portal's own server over the floor, without the job worker beside."""

    def __init__(self, config: Config, plan: Plan, *, port: int, workers: int) -> None:
        self._plan = plan
        super().__init__(config, port=port, workers=workers)

    def load(self) -> Any:
        """The application of one worker."""
        return Floor(self._plan)

    def run(self) -> None:
        """Serve until asked to stop."""
        Arbiter(self).run()

    def _began(self, worker: Any) -> None:
        """Nothing: the floor counts no scans."""


def main(port: int, workers: int, plan: Path) -> None:
    """Serve the floor of this plan."""
    told = json.loads(plan.read_text(encoding="utf-8"))
    FloorServer(load(os.environ), Plan(**told), port=port, workers=workers).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
