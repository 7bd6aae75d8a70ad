"""The floor: the least that stores what a journey stores, with the driver of the database and nothing else.

A bare WSGI application behind the same gunicorn and worker class as the portal. It knows one structure, one
questionnaire and one code, asks nobody's rights, translates nothing, seals nothing and reads nothing back:
what the portal takes beyond it is what the portal is for.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from argon2 import PasswordHasher
from gunicorn.arbiter import Arbiter

from bench.stores import store_of
from portal.cli.server import Server
from portal.core.config import load
from portal.core.passwords import STRONG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.stores import Store
    from portal.core.config import Config

TOKEN_IN_PATH = re.compile(r"/answers/([^/]+)/")
TOKEN_IN_FORM = re.compile(r'name="token" value="([^"]+)"')
_NONCE_BYTES = 12

ADD_RESPONSE = (
    "INSERT INTO response (structure_id, id, version_id, code_id, site_id, team_id, agreement_id, "
    "language, day, mode, submit_key, finished) VALUES (?, ?, ?, ?, ?, ?, ?, 'fr', ?, 'web', ?, false)"
)
ADD_ANSWER = (
    "INSERT INTO answer (structure_id, response_id, item_id, choice, meaning_rev, day, "
    "site_id, team_id, agreement_id) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)"
)
COUNT_ANSWER = (
    "INSERT INTO rollup_month (structure_id, item_id, meaning_rev, month, site_id, code_id, choice, n) "
    "VALUES (?, ?, 1, ?, ?, ?, ?, 1) "
    "ON CONFLICT (structure_id, item_id, meaning_rev, month, site_id, code_id, choice, assisted) "
    "DO UPDATE SET n = rollup_month.n + excluded.n"
)
COUNT_CASE = (
    "INSERT INTO case_counter (structure_id, year, last) VALUES (?, ?, 1) "
    "ON CONFLICT (structure_id, year) DO UPDATE SET last = case_counter.last + 1 RETURNING last"
)
ADD_CASE = (
    "INSERT INTO cases (structure_id, id, reference, kind, state, mode, language, site_id, team_id, "
    "agreement_id, code_id, calendar_id, policy_id, received_at, due_on, locator, secret_hash, submit_key, "
    "key_wrapped, contact_kind, version) VALUES (?, ?, ?, 'complaint', 'received', 'anonymous', 'fr', "
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'none', 1)"
)
ADD_MESSAGE = (
    "INSERT INTO message (structure_id, id, case_id, direction, at, language, body_sealed) "
    "VALUES (?, ?, ?, 'from_filer', ?, 'fr', ?)"
)
BEGIN_CHAIN = (
    "INSERT INTO event_chain (structure_id, length, head) VALUES (?, 0, ?) "
    "ON CONFLICT (structure_id) DO NOTHING"
)
SEE_CHAIN = "SELECT length, head FROM event_chain WHERE structure_id = ?"
MOVE_CHAIN = "UPDATE event_chain SET length = ?, head = ? WHERE structure_id = ?"
ADD_EVENT = (
    "INSERT INTO case_event (structure_id, id, case_id, number, type, actor_kind, occurred_at, recorded_at, "
    "payload, digest) VALUES (?, ?, ?, ?, 'filed', 'filer', ?, ?, ?, ?)"
)
ADD_FACT = (
    "INSERT INTO case_fact (structure_id, case_id, kind, site_id, team_id, agreement_id, received_on, "
    "is_open, answer_due_on, reopened) VALUES (?, ?, 'complaint', ?, ?, ?, ?, true, ?, 0)"
)
ADD_CLOCK = (
    "INSERT INTO clock (structure_id, case_id, name, started_at, target_days, due_on) "
    "VALUES (?, ?, ?, ?, 2, ?)"
)
ADD_NOTICE = (
    "INSERT INTO outbox (structure_id, id, notice, person_id, language, facts, created_at, next_try_at, "
    "attempts) VALUES (?, ?, 'case_filed', ?, 'fr', ?, ?, ?, 0)"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the floor is told: the database, the ids, and the pages as the portal sends them."""

    database_url: str
    place: dict[str, Any]
    pages: list[str]
    """The first question, the second, the form of a complaint, its receipt."""
    handlers: list[str]
    """Whom a new case is told to (hex)."""
    clocks: list[str]
    """Which clocks a new case begins."""
    hashes: bool
    """Whether the secret half of a receipt is hashed as the portal hashes it."""


class Floor:
    """The application."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._key = plan, os.urandom(32)
        self._store: Store = store_of(plan.database_url)
        place, of = plan.place, self._store.identifier
        self._structure: int = place["structure_id"]
        self._item = of(place["items"][0][0])
        self._version, self._code = of(place["version_id"]), of(place["code_id"])
        self._site, self._team, self._held = (of(place[f"{one}_id"]) for one in ("site", "team", "agreement"))
        self._calendar, self._policy = of(place["calendar_id"]), of(place["policy_id"])
        self._handlers = [of(one) for one in plan.handlers]
        first, following, form, receipt = plan.pages
        self._first, self._following = _pieces(first, TOKEN_IN_PATH), _pieces(following, TOKEN_IN_PATH)
        self._form, self._receipt = _pieces(form, TOKEN_IN_FORM), receipt.encode()
        self._hasher = PasswordHasher(
            memory_cost=STRONG.memory_kib, time_cost=STRONG.time_cost, parallelism=STRONG.parallelism
        )
        self._root = f"/q/{place['code']}/fr"

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request: a page, or what was sent is kept."""
        path: str = environ["PATH_INFO"]
        is_case = path.endswith("/complaint")
        if environ["REQUEST_METHOD"] == "POST":
            form = dict(parse_qsl(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()))
            token = form["token"] if is_case else path.split("/")[-2]
            nonce = self._checked(token)
            if is_case:
                self._file(nonce, form["message"])
                location = f"{self._root}/receipts/{token}"
            else:
                self._keep(nonce, form["answer"])
                location = f"{self._root}/answers/{token}/2"
            start("303 SEE OTHER", [("Location", location), ("Content-Length", "0")])
            return [b""]
        body = self._page(path, is_case=is_case)
        start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]

    def _page(self, path: str, *, is_case: bool) -> bytes:
        if path == self._root:
            return self._new_token().join(self._first)
        if is_case:
            return self._new_token().join(self._form)
        if "/receipts/" in path:
            self._checked(path.rsplit("/", 1)[1])
            return self._receipt
        token = path.split("/")[-2]
        self._checked(token)
        return token.encode().join(self._following)

    def _new_token(self) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return (nonce + hmac.digest(self._key, nonce, "sha256")).hex().encode()

    def _checked(self, token: str) -> bytes:
        sealed = bytes.fromhex(token)
        nonce, mac = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        if not hmac.compare_digest(hmac.digest(self._key, nonce, "sha256"), mac):
            raise ValueError("token")
        return nonce

    def _keep(self, nonce: bytes, choice: str) -> None:
        structure, day = self._structure, time.strftime("%Y-%m-%d")
        where = (self._site, self._team, self._held)
        response = self._store.new_id()
        with self._store.transaction() as run:
            key = sha256(nonce).digest()
            run(ADD_RESPONSE, structure, response, self._version, self._code, *where, day, key)
            run(ADD_ANSWER, structure, response, self._item, choice, day, *where)
            run(COUNT_ANSWER, structure, self._item, f"{day[:7]}-01", self._site, self._code, choice)

    def _file(self, nonce: bytes, words: str) -> None:
        structure, now, new_id = (
            self._structure,
            time.strftime("%Y-%m-%d %H:%M:%S.000000"),
            self._store.new_id,
        )
        secret_hash = self._hasher.hash(nonce) if self._plan.hashes else nonce.hex()
        where = (self._site, self._team, self._held)
        case, message, today = new_id(), new_id(), now[:10]
        with self._store.transaction() as run:
            ((last,),) = run(COUNT_CASE, structure, int(now[:4]))
            run(
                ADD_CASE,
                *(structure, case, f"MES-{now[:4]}-{last:06d}", *where, self._code, self._calendar),
                *(self._policy, now, today, f"{last:06d}", secret_hash, sha256(nonce).digest(), nonce),
            )
            run(ADD_MESSAGE, structure, message, case, now, words.encode())
            run(BEGIN_CHAIN, structure, b"")
            ((length, head),) = run(SEE_CHAIN, structure)
            payload = json.dumps(
                {"kind": "complaint", "message": str(message), "text": sha256(nonce).hexdigest()}
            )
            digest = sha256(bytes(head) + payload.encode()).digest()
            run(ADD_EVENT, structure, new_id(), case, length + 1, now, now, payload, digest)
            run(MOVE_CHAIN, length + 1, digest, structure)
            run(ADD_FACT, structure, case, *where, today, today)
            for clock in self._plan.clocks:
                run(ADD_CLOCK, structure, case, clock, now, today)
            facts = json.dumps({"case": str(case), "reference": f"MES-{now[:4]}-{last:06d}", "due": today})
            for person in self._handlers:
                run(ADD_NOTICE, structure, new_id(), person, facts, now, now)


def _pieces(page: str, token: re.Pattern[str]) -> list[bytes]:
    """The page, cut where its token stands."""
    found = token.search(page)
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
