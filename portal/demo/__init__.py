"""The demo world: two fictional structures with a year of opinions and cases, drawn from a fixed seed.

Everything goes through the same actions as real life, at instants of the past, in their order.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from portal.app import compose
from portal.cases.errands import BodyGiven, add_body
from portal.cases.models import Case
from portal.cases.ways import BodyKind
from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.clock import FixedClock
from portal.core.config import load
from portal.core.db import Scope
from portal.core.upgrade import upgrade
from portal.demo.making import DAYS, Made, Maker
from portal.demo.opinions import opinions
from portal.demo.stories import cases
from portal.demo.words import ASKED, ASKED_BY, NAMES, STRUCTURES
from portal.people.actions import add_member, add_person, journal
from portal.people.rules import Act, Role
from portal.protection.purging import purge
from portal.protection.requests import Asked, enter
from portal.protection.rights import Proof, Right
from portal.questionnaires.publishing import publish_shipped
from portal.tenancy.actions import (
    SiteGiven,
    add_agreement,
    add_site,
    add_team,
    found_structure,
    furnish,
    set_branding,
    set_calendar,
    set_privacy_contact,
    tell_staff_informed,
)
from portal.tenancy.queries import local_day
from portal.tenancy.rules import DEFAULT_OPENING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from portal.core.config import Config
    from portal.core.db import Unit
    from portal.demo.words import StructureWords
    from portal.tenancy.models import Site

SEED = 20_270_324
PASSWORD = "quatre mots pour essayer"  # noqa: S105 -- of fictional people in a throw-away world
_ASKED_DAYS_AGO = 5
"""So long ago somebody asked what is kept of them."""
_BODIES = (
    ("Habitat des Deux Rives", BodyKind.LANDLORD, "Agence de quartier, guichet du matin"),
    ("Mairie, service de la propreté", BodyKind.TOWN_HALL, "Standard de la mairie"),
    ("Réseau des trams", BodyKind.TRANSPORT, "Service des clients"),
)
"""To whom what is not theirs is passed on."""


def settings(folder: Path, port: int) -> Config:
    """The settings of a world in this folder; its secret is drawn once and lies beside it (demo only)."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "secret"
    if not secret.exists():
        secret.write_text(secrets.token_hex(32), encoding="ascii")
        secret.chmod(0o600)
    environ = {
        "PORTAL_DATA": str(folder),
        "PORTAL_DATABASE_URL": f"sqlite:///{folder / 'portal.db'}",
        "PORTAL_SECRET_KEY": secret.read_text(encoding="ascii"),
        "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
        "PORTAL_MAIL_URL": f"file:{folder / 'mail'}",
    }
    return replace(load(environ), cheap_hashes=True)


def make_world(config: Config, now: datetime) -> dict[str, Any]:
    """The world, made in an empty folder, as the contract's JSON tells it; `now` ends its twelve months."""
    upgrade(config.database_url)
    clock = FixedClock(now)
    app, database = compose(config, clock=clock)
    house = app.extensions["portal"]
    maker = Maker(Random(SEED), clock, database, house.hasher, now)  # noqa: S311 -- a world drawn alike each time
    made = [_founded(maker, words) for words in STRUCTURES]
    with app.app_context():
        for one in made:
            opinions(maker, one)
            cases(maker, one)
            _protected(maker, one)
    told = {"base_url": config.base_url, "structures": [_told(maker, config, one) for one in made]}
    (config.data / "world.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    database.engine.dispose()
    return told


def _founded(maker: Maker, words: StructureWords) -> Made:
    maker.at(maker.now - timedelta(days=DAYS + 20))
    with maker.database.transaction(Scope.nobody()) as u:
        row = found_structure(u, slug=words.slug, letters=words.letters, name=words.name, colour=words.colour)
    made = Made(row.id, row.slug, row.name, words)
    with maker.database.transaction(made.scope()) as u:
        main = SiteGiven(words.sites[0], "centre", words.zone, is_main=True)
        sites = [furnish(u, site=main)]
        sites += [
            add_site(u, SiteGiven(name, f"site-{n}", words.zone)) for n, name in enumerate(words.sites[1:])
        ]
        made.site_names = {site.id: site.name for site in sites}
        publish_shipped(u, "q-res")
        _made_ready(u, words, sites)
        teams = [add_team(u, site_id=sites[n].id, name=name) for n, name in enumerate(words.teams)]
        begins = date(maker.now.year - 2, 1, 1)
        held = [
            add_agreement(u, partner=partner, purpose=purpose, starts_on=begins, ends_on=None)
            for partner, purpose in words.agreements
        ]
        made.bodies = [add_body(u, BodyGiven(*body)).id for body in _BODIES]
        made.codes = [
            issue_code(u, CodeGiven(CodeKind.CARD, "Cartes", sites[0].id, teams[0].id, held[0].id)),
            issue_code(u, CodeGiven(CodeKind.TEAM, "Équipe", sites[1].id, teams[1].id, held[1].id)),
            issue_code(u, CodeGiven(CodeKind.POSTER, "Affiche", sites[2].id)),
            issue_code(u, CodeGiven(CodeKind.SITE, "Accueil", sites[0].id)),
        ]
    _people(maker, made)
    return made


def _made_ready(u: Unit, words: StructureWords, sites: Sequence[Site]) -> None:
    """What a structure that has long begun has seen to."""
    set_branding(u, name=words.name, colour=words.colour)
    tell_staff_informed(u, local_day(u))
    set_privacy_contact(u, f"donnees@{words.slug}.example")
    for site in sites:
        set_calendar(u, site.id, zone=words.zone, opening=DEFAULT_OPENING, closures={})
    journal(u, Act.START_TICKED, step="printed")


def _people(maker: Maker, made: Made) -> None:
    hashed = maker.hasher.hash(PASSWORD)
    for role, name in zip(Role, NAMES[made.words.letters], strict=True):
        email = f"{role.value.replace('_', '.')}@{made.slug}.example"
        with maker.database.transaction(made.scope()) as u:
            person = add_person(u, email=email, name=name, password_hash=hashed)
            add_member(u, person.id, role)
        made.staff[role] = person
        made.accounts.append({"role": role.value, "email": email, "password": PASSWORD, "totp_secret": None})


def _protected(maker: Maker, made: Made) -> None:
    """What the night destroys of a year, and somebody who asks what is kept of them."""
    maker.at(maker.now)
    with maker.database.transaction(made.scope()) as u:
        purge(u)
    with maker.database.transaction(made.scope(Role.QUALITY_LEAD)) as u:
        asked_on = local_day(u) - timedelta(days=_ASKED_DAYS_AGO)
        enter(u, Asked(Right.ACCESS, Proof.RECEIPT, asked_on, ASKED_BY, ASKED))


def _told(maker: Maker, config: Config, made: Made) -> dict[str, Any]:
    with maker.database.reading(made.scope()) as u:
        states = {one["reference"]: one for one in made.cases}
        for row in u.all(select(Case)):
            states[row.reference]["state"] = row.state.value
    return {
        "slug": made.slug,
        "name": made.name,
        "network": None,
        "accounts": made.accounts,
        "codes": [
            {
                "code": code.code,
                "kind": code.kind.value,
                "site": made.site_names[code.site_id],
                "url": f"{config.base_url}/q/{code.code}",
            }
            for code in made.codes
        ],
        "cases": made.cases,
    }
