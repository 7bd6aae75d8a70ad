"""Both sides of the benchmark: the floor stores what the portal stores, and what was sent is found stored."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from bench.fill import add_responses, add_structures
from bench.floor import Floor, Plan
from bench.ground import environment, found
from bench.house import House, Recorded
from bench.ledger import Ledger, stored
from bench.load import Answer, Journey, complaint, opinion
from bench.served import Served, Stand
from bench.verdict import Refused
from portal.app import compose
from portal.core.config import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Founded ground, and what the portal sent and stored on a first walk."""
    root = tmp_path_factory.mktemp("bench")
    template = root / "template"
    template.mkdir()
    environ = environment(template)
    house = House(root, environ, found(environ))
    pages: list[str] = []
    walked = copied(house, "recorded")
    with portal_of(house, walked) as client:
        walk(client, opinion(house.place.entrance, house.place.choices[0], pages))
        walk(client, complaint(house.place.entrance, "Des mots.", pages))
    with closing(sqlite3.connect(walked / "portal.db")) as database:
        handlers = [person.hex() for (person,) in database.execute("SELECT person_id FROM outbox")]
        clocks = [name for (name,) in database.execute("SELECT name FROM clock")]
    house.recorded = Recorded(tuple(pages[:2]), tuple(pages[2:]), tuple(handlers), tuple(clocks), 0.0)
    return house


def copied(house: House, name: str) -> Path:
    folder = house.root / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(house.template, folder)
    return folder


def settings_of(house: House, folder: Path) -> dict[str, str]:
    return {key: text.replace(str(house.template), str(folder)) for key, text in house.environ.items()}


def portal_of(house: House, folder: Path) -> closing[Any]:
    """The portal in this process; closing it closes its database."""
    app, database = compose(load(settings_of(house, folder)))
    client: Any = app.test_client(use_cookies=False)
    client.close = database.engine.dispose
    return closing(client)


def floor_of(house: House, folder: Path) -> Client:
    seen = house.record()
    plan = Plan(
        database_url=f"sqlite:///{folder / 'portal.db'}",
        place=asdict(house.place),
        pages=[*seen.opinion, *seen.complaint],
        handlers=list(seen.handlers),
        clocks=list(seen.clocks),
        hashes=False,
    )
    return Client(Floor(plan))


def walk(client: Client, journey: Journey) -> None:
    """The journey in this process, its requests handed over without a wire."""
    request = next(journey)
    while True:
        head, _, body = request.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        method, path, _ = line.split()
        headers = dict(field.split(": ", 1) for field in fields)
        answer = client.open(path, method=method, data=body, headers=headers)
        head = "".join(f"\r\n{name}: {value}" for name, value in answer.headers).encode()
        try:
            request = journey.send(Answer(answer.status_code, head, answer.data))
        except StopIteration:
            return


def side_of(house: House, name: str, folder: Path) -> Served:
    return Served(Stand(name, folder, 0, house.place.entrance), settings_of(house, folder), 0, 0.0)


def rows_in(folder: Path) -> Iterator[tuple[str, int]]:
    """Each table with its number of rows."""
    with closing(sqlite3.connect(folder / "portal.db")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            yield name, database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 -- names of the schema


def test_the_floor_stores_as_many_rows_as_the_portal(house: House) -> None:
    entrance, choices = house.place.entrance, house.place.choices
    ours, bare = copied(house, "ours"), copied(house, "bare")
    before = dict(rows_in(ours))
    with portal_of(house, ours) as client:
        for side in (client, floor_of(house, bare)):
            walk(side, opinion(entrance, choices[0]))
            walk(side, opinion(entrance, choices[1]))
            walk(side, complaint(entrance, "Des mots."))
            walk(side, complaint(entrance, "D'autres mots."))
    stored_by_portal = {name: count - before[name] for name, count in rows_in(ours)}
    assert stored_by_portal == {name: count - before[name] for name, count in rows_in(bare)}
    assert stored_by_portal["response"] == stored_by_portal["cases"] == 2
    assert stored_by_portal["outbox"] >= 2


@pytest.mark.parametrize("name", ["portal", "floor"])
def test_a_ledger_finds_what_was_sent_and_reads_it_back(house: House, name: str) -> None:
    folder = copied(house, name)
    ledger = Ledger(house, side_of(house, name, folder))
    with portal_of(house, folder) as portal:
        client = portal if name == "portal" else floor_of(house, folder)
        for journey in (*ledger.opinions(5), *ledger.complaints(2)):
            walk(client, journey)
    ledger.check()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM answer WHERE choice = 'fair'", "were sent"),
        ("UPDATE answer SET choice = 'bad' WHERE choice = 'fair'", "were sent"),
        ("UPDATE rollup_month SET n = n + 1", "rollup"),
        ("DELETE FROM outbox", "notice"),
        ("UPDATE event_chain SET length = length - 1", "chain"),
        ("UPDATE message SET body_sealed = x'2e'", "do not read as they were sent"),
    ],
)
def test_a_ledger_refuses_what_is_not_stored_as_it_was_sent(house: House, damage: str, told: str) -> None:
    folder = copied(house, "damaged")
    ledger, client = Ledger(house, side_of(house, "floor", folder)), floor_of(house, folder)
    for journey in (*ledger.opinions(4), *ledger.complaints(1)):
        walk(client, journey)
    ledger.check()
    with closing(sqlite3.connect(folder / "portal.db")) as database:
        database.execute(damage)
        database.commit()
    with pytest.raises(Refused, match=told):
        ledger.check()


def test_a_journey_that_was_begun_and_never_stored_is_refused(house: House) -> None:
    ledger = Ledger(house, side_of(house, "floor", copied(house, "lazy")))
    assert len(list(ledger.opinions(3))) == 3
    with pytest.raises(Refused, match="were sent, 0 are stored"):
        ledger.check()


def test_a_past_looks_as_if_the_portal_had_written_it(house: House) -> None:
    folder = copied(house, "past")
    add_responses(folder, house.place, 700)
    with closing(sqlite3.connect(folder / "portal.db")) as database:
        scanned = database.execute("SELECT item_id, choice, count(*) FROM answer GROUP BY 1, 2").fetchall()
        counted = database.execute(
            "SELECT item_id, choice, sum(n) FROM rollup_month GROUP BY 1, 2"
        ).fetchall()
        months = database.execute("SELECT count(DISTINCT month) FROM rollup_month").fetchone()
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert sorted(scanned) == sorted(counted)
    assert months[0] in {12, 13}
    assert stored(f"sqlite:///{folder / 'portal.db'}")["response"] == 700
    with portal_of(house, folder) as client:
        walk(client, opinion(house.place.entrance, house.place.choices[0]))


def test_every_structure_that_is_added_can_be_answered(house: House) -> None:
    folder = copied(house, "many")
    with closing(sqlite3.connect(folder / "portal.db")) as database:
        guards = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        before = database.execute(guards).fetchall()
    entrances = add_structures(folder, house.place, 12)
    assert len(set(entrances)) == 12
    with portal_of(house, folder) as client:
        for entrance in entrances:
            walk(client, opinion(entrance, house.place.choices[0]))
    with closing(sqlite3.connect(folder / "portal.db")) as database:
        answered = database.execute("SELECT count(DISTINCT structure_id) FROM response").fetchone()
        assert database.execute(guards).fetchall() == before
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert answered == (12,)
