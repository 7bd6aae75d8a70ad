"""What was sent to a side, and whether it is stored: rows counted, and values read back."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from itertools import repeat
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import select

from bench.load import complaint, opinion
from bench.verdict import Refused, check_stored
from portal.app import compose
from portal.cases.models import Case
from portal.cases.queries import thread
from portal.core.config import load
from portal.core.db import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.house import House
    from bench.load import Journey
    from bench.served import Served

WORDS = "Le médiateur n'est pas venu au rendez-vous, et personne ne m'a prévenu. Numéro {number}."
_COUNTS = {
    "response": "SELECT count(*) FROM response",
    "rollup": "SELECT coalesce(sum(n), 0) FROM rollup_month",
    "case": "SELECT count(*) FROM cases",
    "reference": "SELECT coalesce(sum(last), 0) FROM case_counter",
    "message": "SELECT count(*) FROM message",
    "event": "SELECT count(*) FROM case_event",
    "chain": "SELECT coalesce(sum(length), 0) FROM event_chain",
    "fact": "SELECT count(*) FROM case_fact",
    "clock": "SELECT count(*) FROM clock",
    "notice": "SELECT count(*) FROM outbox",
}
_CHOICES = "SELECT choice, count(*) FROM answer GROUP BY choice"
_NEWEST = "SELECT body_sealed FROM message ORDER BY at DESC, case_id DESC LIMIT 1"


def rows_of(url: str, statement: str) -> list[Any]:
    """The rows of a statement that only reads, on either database."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as lite:
            return lite.execute(statement).fetchall()
    with psycopg.connect(url) as server:
        return server.execute(statement.encode()).fetchall()


def stored(url: str) -> dict[str, int]:
    """How much of each is stored; answers by their choice."""
    counts = {what: int(rows_of(url, statement)[0][0]) for what, statement in _COUNTS.items()}
    return {**counts, **dict(rows_of(url, _CHOICES))}


class Ledger:
    """The book of one side, opened before its first journey."""

    def __init__(self, house: House, side: Served) -> None:
        self._house, self._side = house, side
        self._url = side.stand.url
        self._before = stored(self._url)
        self._sent: Counter[str] = Counter()

    def opinions(self, count: int, entrances: Iterator[str] | None = None) -> Iterator[Journey]:
        """So many opinions, at these entrances in turn, each noted as it begins."""
        place = self._house.place
        entrances = entrances or repeat(place.entrance)
        for number in range(count):
            choice = place.choices[number % len(place.choices)]
            self._sent.update((choice, "response", "rollup"))
            yield opinion(next(entrances), choice)

    def complaints(self, count: int) -> Iterator[Journey]:
        """So many complaints, each noted as it begins."""
        seen = self._house.record()
        for _ in range(count):
            self._sent.update(("case", "reference", "message", "event", "chain", "fact"))
            self._sent.update({"clock": len(seen.clocks), "notice": len(seen.handlers)})
            yield complaint(self._house.place.entrance, WORDS.format(number=self._sent["case"]))

    def check(self) -> None:
        """Nothing. Raises `Refused` unless all that was sent is stored once, and reads as it was sent."""
        now = stored(self._url)
        found = {what: count - self._before.get(what, 0) for what, count in now.items()}
        check_stored(self._side.name, self._sent, found)
        if self._sent["case"]:
            sent = {WORDS.format(number=number) for number in range(1, self._sent["case"] + 1)}
            if self._newest_words() not in sent:
                raise Refused(f"{self._side.name}: the words of a complaint do not read as they were sent")

    def _newest_words(self) -> str:
        if self._side.name.startswith("floor"):
            return bytes(rows_of(self._url, _NEWEST)[0][0]).decode()
        return _words_of(self._side.environ, self._house.place.structure_id)


def _words_of(environ: Mapping[str, str], structure_id: int) -> str:
    """The words of the newest case, unsealed by the portal's own reading."""
    config = load({name: text for name, text in environ.items() if name.startswith("PORTAL_")})
    _, database = compose(config)
    try:
        with database.reading(Scope.of(structure_id)) as u:
            case_id = u.one(select(Case.id).order_by(Case.received_at.desc()).limit(1))
            case = u.one(select(Case).where(Case.id == case_id))
            if case is None:
                return ""
            return thread(u, case)[0].text
    finally:
        database.engine.dispose()
