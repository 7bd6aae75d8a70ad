"""What has had its time is gone: from every file of the database, and from no figure.

Every kind of thing that the schedule knows is planted, then two years go by. The sealed bytes of each are
noted before, and looked for afterwards: what cannot be found cannot be opened, whoever has the keys.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, select, text
from staff import signed_in
from walls.planting import Planted, planted_at
from walls.siege import unwalled
from walls.test_at_rest import MARK, files_of, found_in

from portal.cases.actions import Given, take
from portal.cases.chain import verify
from portal.cases.models import Attachment, Case, CaseFact, Clock, Message
from portal.cases.partners import PartnerGiven, note_partner
from portal.cases.replay import drifted
from portal.cases.rules import Finding, Outcome
from portal.core.schema import Base, table_of
from portal.insight.queries import figures as insight
from portal.insight.selection import Period, Selection
from portal.jobs import PLAN
from portal.people.models import Invitation
from portal.people.rules import Role
from portal.protection.actions import shorten
from portal.protection.models import RightsRequest
from portal.protection.purging import purge, purge_journal
from portal.protection.queries import destroyed
from portal.protection.requests import answer
from portal.protection.rules import RETENTION, Kept
from portal.questionnaires.models import Answer, AnswerText, Response
from portal.questionnaires.reading import Wanted, count_opinions, opinions_by_version
from portal.records.models import PastCase, PastRegister
from portal.records.queries import past_years

if TYPE_CHECKING:
    from pathlib import Path

    from build import World

ROUNDS = 4
BEGAN = datetime(2024, 3, 20, 9, 0, tzinfo=UTC)
"""So long ago that it is more than half a year by the clock of the database too, which no test sets."""
LATER = timedelta(days=800)
"""More than two years: everything that the schedule knows has had its time."""
SEALED: dict[type[Base], tuple[str, ...]] = {
    Case: ("key_wrapped", "contact_sealed", "name_sealed"),
    Message: ("body_sealed",),
    Attachment: ("body_sealed",),
    AnswerText: ("key_wrapped", "body_sealed"),
    PastCase: ("words_sealed",),
    PastRegister: ("key_wrapped", "name_sealed"),
    RightsRequest: ("key_wrapped", "words_sealed"),
    Invitation: ("email_sealed", "name_sealed", "token_digest"),
}
"""The columns that hold what is personal and has an end."""
_PIECE = 48
"""Bytes of the end of a sealed text that are looked for: no other holds the same."""


def sealed_bytes(world: World) -> dict[str, bytes]:
    """The end of every sealed text that has an end, by table, column and number."""
    engine = unwalled(world.database.engine.url.render_as_string(hide_password=False))
    found = {}
    with engine.connect() as connection:
        for model, columns in SEALED.items():
            table = table_of(model)
            rows = connection.execute(select(*(table.c[name] for name in columns)))
            for number, row in enumerate(rows):
                for name, value in zip(columns, row, strict=True):
                    if value:
                        found[f"{table.name}.{name} {number}"] = bytes(value)[-_PIECE:]
    engine.dispose()
    return found


def left(world: World, folder: Path) -> list[tuple[str, bytes]]:
    """Every file of the database, once it has put itself in order."""
    url = world.database.engine.url
    if url.get_backend_name() == "sqlite":
        world.database.settle()
        return files_of(folder)
    owner = create_engine(url.set(username="postgres").render_as_string(hide_password=False))
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Segments of the log that are over are kept to be written anew, with the old bytes, unless told not.
        for order in ("alter system set wal_recycle = off", "select pg_reload_conf()"):
            connection.execute(text(order))
        for order in ("vacuum full", "select pg_switch_wal()", "checkpoint", "checkpoint"):
            connection.execute(text(order))
        base = connection.execute(text("select oid from pg_database where datname = current_database()"))
        folder_of = str(connection.execute(text("show data_directory")).scalar())
        number = base.scalar()
    owner.dispose()
    server = type(folder)(folder_of)
    return [*files_of(server / "base" / str(number)), *files_of(server / "pg_wal")]


def sampled(world: World) -> None:
    """PostgreSQL keeps the most common values of its columns, as it does by itself now and then."""
    if world.database.engine.url.get_backend_name() == "postgresql":
        owner = create_engine(
            world.database.engine.url.set(username="postgres").render_as_string(hide_password=False)
        )
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("analyze"))
        owner.dispose()


def closed(world: World, planted: Planted) -> None:
    """Every case of Lyon, at its end: answered and closed, or set aside."""
    with world.database.reading(world.lyon.scope) as u:
        cases = [(case.id, case.kind) for case in u.all(select(Case).order_by(Case.reference))]
    for number, (case_id, _kind) in enumerate(cases):
        with world.database.transaction(planted.lead) as u:
            words = Given(
                planted.word(f"Adieu {MARK}{number}"), outcome=Outcome.REDIRECTED, finding=Finding.UPHELD
            )
            named = PartnerGiven(
                planted.word(f"Gardien {MARK}{number}"), planted.word(f"Loc. {MARK}{number}")
            )
            note_partner(u, case_id, named, "gardien@exemple.test")
            if number % 2:
                take(u, case_id, "dismiss", words)
            else:
                take(u, case_id, "answer", words)
                take(u, case_id, "close", Given(outcome=Outcome.ANSWERED, finding=Finding.UPHELD))


def answered(world: World, planted: Planted) -> None:
    """Every request about somebody's data."""
    for number in range(1, ROUNDS + 1):
        with world.database.transaction(planted.lead) as u:
            answer(u, number, planted.word(f"Voici, {MARK}{number}"))


@pytest.fixture
def planted(world: World) -> Planted:
    """Everything that has an end, two years ago."""
    world.clock.set(BEGAN)
    planted = planted_at(world, world.lyon, MARK, rounds=ROUNDS)
    closed(world, planted)
    answered(world, planted)
    world.clock.advance(LATER)
    return planted


def figures(world: World, planted: Planted) -> dict[str, str]:
    """Every figure that there is, over all the years: of each place, for who sees all and who sees groups."""
    told = {}
    places = (None, world.lyon.site.id)
    for role in (Role.QUALITY_LEAD, Role.AUDITOR):
        scope = planted.lead._replace(role=role.value)
        with world.database.reading(scope) as u:
            for site in places:
                chosen = Selection(date(2023, 1, 1), date(2030, 12, 31), site_id=site)
                told[f"{role} {site}"] = repr(insight(u, chosen))
    with world.database.reading(world.lyon.scope) as u:
        told["registers"] = repr(past_years(u))
        told["opinions"] = repr((count_opinions(u, Wanted()), sorted(opinions_by_version(u).items())))
        told["tables"] = repr([len(u.all(select(model))) for model in (Response, Answer, CaseFact, Clock)])
    return told


def purged(world: World) -> int:
    """How many things went."""
    with world.database.transaction(world.lyon.scope) as u:
        return purge(u) + purge_journal(u)


def test_every_figure_stays_to_the_last_digit(world: World, planted: Planted) -> None:
    before = figures(world, planted)
    assert "value=" in before[f"{Role.QUALITY_LEAD} None"]
    assert purged(world) > ROUNDS
    assert figures(world, planted) == before
    with world.database.reading(world.lyon.scope) as u:
        assert verify(u) is None
        assert list(drifted(u)) == []
        lines = {row.rule: (row.things, row.pieces) for row in destroyed(u)}
    # The contact went with the rest of its case; the words of the plan stay for years yet.
    assert lines.keys() == {*Kept} - {Kept.CONTACT} - PLAN.keys()
    assert sum(lines[kept][0] for kept in (Kept.CASE, Kept.CASE_ASIDE)) == ROUNDS
    assert purged(world) == 0


def test_nothing_of_it_is_left_in_any_file(world: World, planted: Planted, tmp_path: Path) -> None:
    before = sealed_bytes(world)
    assert {name.split(" ")[0] for name in before} == {
        f"{table_of(model).name}.{column}" for model, columns in SEALED.items() for column in columns
    }
    whole = b"\0".join(content for _, content in left(world, tmp_path))
    assert [name for name, piece in before.items() if piece not in whole] == [], "the search is blind"
    assert found_in([("all", whole)], planted.words) != [], "what partners call it stands in clear"
    sampled(world)
    purged(world)
    files = left(world, tmp_path)
    assert [(name, of) for name, piece in before.items() for of, content in files if piece in content] == []
    assert found_in(files, planted.words) == []


def test_the_page_of_figures_tells_the_same(world: World) -> None:
    """A structure that keeps as little as it may: what the page shows of the year rests on what went."""
    planted = planted_at(world, world.lyon, MARK, rounds=ROUNDS)
    with world.database.transaction(world.lyon.scope) as u:
        shorten(u, {kept: row.least for kept, row in RETENTION.items()})
    closed(world, planted)
    answered(world, planted)
    world.clock.advance(timedelta(days=130))
    reader = signed_in(world, Role.DIRECTOR, email="chiffres@exemple.test", name="Chiffres")

    def told() -> list[str]:
        pages = [f"{page}?period={of}" for page in ("dashboard", "dashboard.json") for of in Period]
        return [reader.get(f"/s/passerelle/{page}").text for page in pages]

    before = told()
    assert (
        sum(
            one["value"] not in {None, 0}
            for one in json.loads(before[list(Period).index(Period.TWELVE) + len(Period)])["figures"]
        )
        > ROUNDS
    )
    with world.database.transaction(world.lyon.scope) as u:
        assert purge(u) > ROUNDS
    assert told() == before
