"""What was acknowledged, beside what is stored: each form once and whole, each notice sent once."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from build import SECRET
from commanding import environment
from sqlalchemy import create_engine, text

from portal.app import compose
from portal.core.clock import FixedClock, SystemClock
from portal.core.config import load
from portal.core.crypto import Keys, Tokens, keyed_digest
from portal.core.db import Scope
from portal.core.schema import ID_BYTES
from portal.notifications.mailers import FileMailer
from portal.notifications.sending import Post, send_due
from portal.web.doors import FILING
from portal.web.mail_text import mail_text
from portal.web.survey import PURPOSE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from faults.storm import Crowd

KEYS = Keys(SECRET)
_AGE = timedelta(days=1)
_PAST_ANY_LEASE = timedelta(hours=1)
_NOTICES = {
    "sqlite": "select json_extract(facts, '$.case'), count(*) from outbox group by 1",
    "postgresql": "select facts->>'case', count(*) from outbox group by 1",
}


def nonce(purpose: str, token: str) -> bytes:
    """The nonce of a form that was sent."""
    payload = Tokens(KEYS).open(purpose, token, now=SystemClock().now(), max_age=_AGE)
    return urlsafe_b64decode(payload["n"])


def answer_keys(structure_id: int, tokens: Iterable[str]) -> list[bytes]:
    """What is stored of the forms of answers."""
    key, opened = KEYS.sub("submit"), Tokens(KEYS).open_raw
    # The id of the version stands first.
    trips = [opened(PURPOSE, token, now=SystemClock().now(), max_age=_AGE) for token in tokens]
    return sorted(keyed_digest(key, str(structure_id), trip[ID_BYTES:], "0") for trip in trips)


def case_keys(structure_id: int, tokens: Iterable[str]) -> list[bytes]:
    """What is stored of the forms of cases."""
    key = KEYS.sub("submit-key", structure_id)
    return sorted(keyed_digest(key, nonce(FILING, token)) for token in tokens)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a database holds of the storm's structure, read past every wall."""

    structure_id: int
    responses: list[bytes]
    cases: list[bytes]
    answers: int
    rollup: int
    notices: list[int]
    """How many notices each case has."""

    @classmethod
    def of(cls, url: str) -> Ledger:
        """The ledger of a database, whose file must be sound; `url` is an owner's or a superuser's."""
        engine = create_engine(url)
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                assert connection.execute(text("pragma integrity_check")).scalar() == "ok"

            def column(query: str) -> list[bytes]:
                return sorted(bytes(key) for key in connection.execute(text(query)).scalars())

            def number(query: str) -> int:
                return int(connection.execute(text(query)).scalar() or 0)

            found = cls(
                number("select id from structure"),
                column("select submit_key from response"),
                column("select submit_key from cases"),
                number("select count(*) from answer"),
                number("select sum(n) from rollup_month"),
                [n for _, n in connection.execute(text(_NOTICES[engine.dialect.name]))],
            )
        engine.dispose()
        return found

    def faults(self, crowd: Crowd, handlers: int) -> dict[str, int]:
        """How many forms were lost, kept twice or never acknowledged, and what was miscounted; empty: none.

        Residents press on until they are told, so that at the end every form kept was acknowledged.
        """
        wanted = Counter(answer_keys(self.structure_id, crowd.answers))
        wanted += Counter(case_keys(self.structure_id, crowd.cases))
        kept = Counter(self.responses) + Counter(self.cases)
        found = {
            "lost": (wanted - kept).total(),
            "twice": sum(n - 1 for n in kept.values()),
            "never acknowledged": len(kept.keys() - wanted.keys()),
            "answers": abs(self.answers - len(crowd.answers)),
            "counted": abs(self.rollup - len(crowd.answers)),
            "notices": sum(n != handlers for n in self.notices) + abs(len(self.notices) - len(crowd.cases)),
        }
        return {name: n for name, n in found.items() if n}


def post_the_rest(folder: Path, **settings: str) -> int:
    """How many files of mail lie in the folder once every notice was sent, an hour later by the clock.

    A worker that was killed while it sent keeps its notice for a quarter of an hour.
    """
    config = load(environment(folder, **settings))
    app, database = compose(config, clock=FixedClock(SystemClock().now() + _PAST_ANY_LEASE))
    mail = Path(config.mail_url.removeprefix("file:"))
    with app.app_context():
        post = Post(config.base_url, mail_text(app), FileMailer(mail))
        while send_due(database, Scope.of(1), post).sent:
            pass
    database.engine.dispose()
    return len(list(mail.glob("*.eml")))
