"""Whoever tries whatever: not a byte of the other structure is told, not a row of it is changed.

A seeded walk over routes x roles x methods x names x languages, both ways. `PORTAL_TEST_LONG=1` tries
a hundred thousand times over both engines.
"""

from __future__ import annotations

import logging
import os
from random import Random
from typing import TYPE_CHECKING

import pytest
from mailing import read, sent
from walls.addresses import plant_view
from walls.siege import rows_of
from walls.wander import Side, Wanderer, routes, secrets_in, side_of

from portal.core.db import Scope
from portal.core.ids import new_id
from portal.notifications.mailers import FileMailer
from portal.people.actions import PersonGiven, invite
from portal.people.rules import Permission, Role
from portal.tenancy.models import Team
from portal.web.guard import Desk, public, requires
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from build import World
    from werkzeug.routing import Rule

LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
WALKS, TRIES = (20, 1_250) if LONG else (1, 250)
"""Walks on each engine, and tries of each in each direction; each walk begins in a new world."""


def mails_of(world: World, side: Side, folder: Path) -> str:
    """All that one structure has to send, as one text."""
    sent(world, FileMailer(folder), side.where)
    mails = [read(path.read_bytes()) for path in sorted(folder.glob("*"))]
    return "\n".join(f"{list(map(str, mail.values()))} {mail.get_content()}" for mail in mails)


def found(wanderer: Wanderer, folder: Path, n: int = TRIES, rules: list[Rule] | None = None) -> list[str]:
    """What a walk of everybody at home told of the structure abroad, or did to it."""
    world, home, abroad = wanderer.world, wanderer.home, wanderer.abroad
    before = rows_of(world, abroad.where)
    wanderer.wander(n, rules or routes(world))
    findings = wanderer.findings
    if rows_of(world, abroad.where) != before:
        findings.append("a foreign row is no longer what it was")
    mails = mails_of(world, home, folder / home.names.slug)
    findings += [f"a mail tells {word}" for word in secrets_in(mails, abroad)]
    print(f"{home.names.slug}: {wanderer.tried} tries, {wanderer.opened} opened, {len(findings)} findings")  # noqa: T201 -- with `pytest -s`
    return findings


@pytest.mark.parametrize("walk", range(WALKS))
def test_no_attempt_tells_or_changes_anything_of_the_other_structure(
    world: World, tmp_path: Path, walk: int
) -> None:
    lyon = side_of(world, world.lyon, "Hagebutte")
    strasbourg = side_of(world, world.strasbourg, "Zwiebelturm")
    for turn, (home, abroad) in enumerate(((lyon, strasbourg), (strasbourg, lyon))):
        chance = Random(2 * walk + turn)  # noqa: S311 -- the same walk each time
        wanderer = Wanderer(world, home, abroad, chance)
        assert found(wanderer, tmp_path) == []
        assert wanderer.opened > wanderer.tried / 3, "who is always refused finds nothing"


# Each way out is found when it is planted


def leak_in_body(words: list[str]) -> Callable[..., object]:
    """A view that says a foreign word to whoever may read cases."""

    @requires(Permission.READ_FIGURES)
    def view(_desk: Desk) -> str:
        return f"<p>{words[3]}</p>"

    return view


def leak_in_header(words: list[str]) -> Callable[..., object]:
    """A view that says it in a header alone, to everybody."""

    @public
    def view(slug: str) -> tuple[str, dict[str, str]]:
        return slug, {"X-Who": words[0]}

    return view


def leak_in_log(words: list[str]) -> Callable[..., object]:
    """A view that writes it into the log."""

    @public
    def view(slug: str) -> str:
        logging.getLogger("portal.web").info("%s asks for %s", slug, words[1])
        return slug

    return view


def leak_in_mail(words: list[str]) -> Callable[..., object]:
    """A view that sends a mail where only the other structure has reason to."""
    address = next(word for word in words if word.startswith("invite-"))

    @requires(Permission.READ_FIGURES)
    def view(desk: Desk) -> str:
        with house().database.transaction(desk.scope) as u:
            return invite(u, PersonGiven(address, "Noor", Role.MEDIATOR))

    return view


def write_abroad(structure_id: int, site_id: UUID) -> Callable[..., object]:
    """A view that changes the other structure."""

    @requires(Permission.READ_FIGURES)
    def view(_desk: Desk) -> str:
        with house().database.transaction(Scope.of(structure_id)) as u:
            u.add(Team(id=new_id(u.now), site_id=site_id, name="x", created_at=u.now))
        return "ok"

    return view


def broken() -> Callable[..., object]:
    """A view that breaks."""

    @public
    def view(slug: str) -> str:
        return str(int(slug))

    return view


def test_each_way_out_is_found(sqlite_world: World, tmp_path: Path) -> None:
    lyon = side_of(sqlite_world, sqlite_world.lyon, "Hagebutte")
    strasbourg = side_of(sqlite_world, sqlite_world.strasbourg, "Zwiebelturm")
    words, there = strasbourg.planted.words, strasbourg.where
    ways = {
        "in its body": leak_in_body(words),
        "in its headers": leak_in_header(words),
        "the log tells": leak_in_log(words),
        "a mail tells": leak_in_mail(words),
        "a foreign row is no longer what it was": write_abroad(there.structure.id, there.site.id),
        "fails with 500": broken(),
    }
    for turn, (told, view) in enumerate(ways.items()):
        plant_view(sqlite_world, f"/s/<slug>/planted{turn}", view)
        planted = [rule for rule in routes(sqlite_world) if rule.rule.endswith(f"/planted{turn}")]
        wanderer = Wanderer(sqlite_world, lyon, strasbourg, Random(turn))  # noqa: S311 -- idem
        findings = found(wanderer, tmp_path / str(turn), 40, planted)
        assert any(told in one for one in findings), told
        others = ways.keys() - {told, "fails with 500"}
        assert not [one for one in findings for other in others if other in one], told
