"""The demo world: two fictional structures with a year of opinions and cases, drawn from a fixed seed.

Everything goes through the same actions as real life, at instants of the past, in their order.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from portal.app import compose
from portal.cases.actions import Filing, Given, take
from portal.cases.entry import Reception
from portal.cases.errands import BodyGiven, Looked, PassedOn, add_body
from portal.cases.filing import file
from portal.cases.models import Case
from portal.cases.rules import Actor, Finding, Kind, Outcome
from portal.cases.ways import BodyKind, Channel, Checked, Consent, Moment, Told
from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.clock import FixedClock
from portal.core.config import load
from portal.core.db import Scope
from portal.core.upgrade import upgrade
from portal.demo_plan import Learner, motif_of
from portal.demo_plan import plans as learned
from portal.demo_words import ASKED, ASKED_BY, CASE_WORDS, FREE_WORDS, NAMES, STAFF_WORDS, STRUCTURES
from portal.people.actions import add_member, add_person, journal
from portal.people.rules import Act, Role
from portal.protection.purging import purge
from portal.protection.requests import Asked, enter
from portal.protection.rights import Proof, Right
from portal.questionnaires.actions import Journey, finish, record
from portal.questionnaires.publishing import publish_shipped
from portal.questionnaires.queries import published
from portal.questionnaires.rules import ItemKind
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
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from uuid import UUID

    from portal.cases.errands import Errand
    from portal.channels.models import Code
    from portal.core.config import Config
    from portal.core.db import Database, Unit
    from portal.core.passwords import Hasher
    from portal.demo_words import StructureWords
    from portal.people.models import Person
    from portal.tenancy.models import Site

SEED = 20_270_324
PASSWORD = "quatre mots pour essayer"  # noqa: S105 -- of fictional people in a throw-away world
_DAYS = 365
_OPINIONS = 1_000
_CASES = 30
_SATISFIED = {"good": 78, "fair": 13, "bad": 6, "unknown": 3}
_MOODS = {
    "good": {"yes": 84, "little": 11, "no": 2, "early": 12},
    "fair": {"yes": 40, "little": 45, "no": 10, "early": 14},
    "bad": {"yes": 12, "little": 30, "no": 55, "early": 9},
    "unknown": {"yes": 40, "little": 30, "no": 10, "early": 30},
}
"""How somebody who chose this face answers the questions after it."""
_LANGUAGES = {"fr": 70, "ar": 18, "en": 12}
_MOST_WORDS = 0.16
_SATURDAY, _SUNDAY = 5, 6
_TYPED, _CALLED = 5, 7
_LAG = timedelta(days=1)
_ASKED_DAYS_AGO = 5
"""So long ago somebody asked what is kept of them."""
_LEARNED_FROM = 13
"""The case, of those filed before, from which the first action of the plan follows."""
_ALL_CLOSED = 30
"""Days after which every case of the world is closed."""


@dataclass(slots=True)
class Made:
    """One structure of the world while it is being made."""

    id: int
    slug: str
    name: str
    words: StructureWords
    codes: list[Code] = field(default_factory=list)
    site_names: dict[UUID, str] = field(default_factory=dict)
    staff: dict[Role, Person] = field(default_factory=dict)
    bodies: list[UUID] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def scope(self, role: Role | None = None, language: str = "fr") -> Scope:
        """The scope of a colleague, or of somebody who is not signed in."""
        if role is None:
            return Scope.of(self.id, locale=language)
        return Scope.of(self.id, actor_id=self.staff[role].id, role=role.value, locale=language)


@dataclass(slots=True)
class Maker:
    """The tools of the making: chance from the seed, a clock that is set, the database."""

    chance: Random
    clock: FixedClock
    database: Database
    hasher: Hasher
    now: datetime

    def at(self, instant: datetime) -> None:
        """Let it be this instant."""
        self.clock.set(instant)

    def drawn(self, weights: dict[str, int]) -> str:
        """One of the keys, by weight."""
        return self.chance.choices(list(weights), list(weights.values()))[0]


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
            _opinions(maker, one)
            _cases(maker, one)
            _protected(maker, one)
    told = {"base_url": config.base_url, "structures": [_told(maker, config, one) for one in made]}
    (config.data / "world.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    database.engine.dispose()
    return told


def _founded(maker: Maker, words: StructureWords) -> Made:
    maker.at(maker.now - timedelta(days=_DAYS + 20))
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


def _opinions(maker: Maker, made: Made) -> None:
    """A year of opinions, a little better month by month, none on Sundays."""
    first = (maker.now - timedelta(days=_DAYS)).date()
    days = [
        first + timedelta(days=n) for n in range(_DAYS) if (first + timedelta(days=n)).weekday() < _SUNDAY
    ]
    drawn = sorted(maker.chance.choices(days, k=_OPINIONS))
    for day in sorted(set(drawn)):
        maker.at(datetime.combine(day, time(10), tzinfo=UTC))
        with maker.database.transaction(made.scope()) as u:
            shown = published(u)
            for _ in range(drawn.count(day)):
                code = maker.chance.choice(made.codes)
                journey = Journey(
                    nonce=maker.chance.randbytes(12),
                    day=day,
                    language=maker.drawn(_LANGUAGES),
                    site_id=code.site_id,
                    code_id=code.id,
                    team_id=code.team_id,
                    agreement_id=code.agreement_id,
                )
                mood: dict[str, int] = _SATISFIED
                for asked in shown.form.questions:
                    if asked.kind is ItemKind.TEXT:
                        if maker.chance.random() < _MOST_WORDS:
                            record(
                                u, shown, journey, asked, maker.chance.choice(FREE_WORDS[journey.language])
                            )
                        continue
                    choice = maker.drawn({one.code: mood[one.code] for one in asked.choices})
                    record(u, shown, journey, asked, choice)
                    mood = _MOODS.get(choice, mood)
                finish(u, journey)


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a case's story: which, by whom (None: the filer), how many days after the one before."""

    verb: str
    after_days: float
    by: Role | None = Role.SUPERVISOR
    outcome: Outcome | None = None
    finding: Finding | None = None


_LEAD = Role.QUALITY_LEAD
_END = Turn("close", 4, _LEAD, Outcome.ANSWERED, Finding.UPHELD)
STORIES: tuple[tuple[int, tuple[Turn, ...]], ...] = (
    (90, (Turn("acknowledge", 1), Turn("answer", 5, _LEAD, finding=Finding.PARTLY), _END)),
    (75, (Turn("acknowledge", 1), Turn("ask", 1), Turn("reply", 3, None), Turn("answer", 4), _END)),
    (60, (Turn("start", 2), Turn("pass_on", 2), Turn("check", 8), Turn("answer", 4), _END)),
    (48, (Turn("acknowledge", 1), Turn("answer", 2), Turn("accept", 1, None))),
    (45, (Turn("dismiss", 2, _LEAD, Outcome.REDIRECTED),)),
    (40, (Turn("start", 1), Turn("answer", 6), Turn("contest", 2, None), Turn("answer", 5, _LEAD), _END)),
    (24, (Turn("acknowledge", 1), Turn("pass_on", 1))),
    (12, (Turn("acknowledge", 1), Turn("answer", 4))),
    (9, (Turn("acknowledge", 1), Turn("start", 2))),
    (6, (Turn("start", 1), Turn("ask", 1))),
    (5, (Turn("acknowledge", 1),)),
    (1, ()),
)
"""How long ago a case was filed, and what became of it."""
_BODIES = (
    ("Habitat des Deux Rives", BodyKind.LANDLORD, "Agence de quartier, guichet du matin"),
    ("Mairie, service de la propreté", BodyKind.TOWN_HALL, "Standard de la mairie"),
    ("Réseau des trams", BodyKind.TRANSPORT, "Service des clients"),
)
"""To whom what is not theirs is passed on."""
_KINDS = (
    Kind.COMPLAINT,
    Kind.REQUEST,
    Kind.COMPLAINT,
    Kind.CONCERN,
    Kind.THANKS,
    Kind.IDEA,
    Kind.COMPLAINT,
)
"""Seven in turn over twelve stories: every kind meets every story."""


def _cases(maker: Maker, made: Made) -> None:
    """Cases of every kind in every state, their steps taken in the order of time."""
    plans: list[tuple[datetime, int, Callable[[], None]]] = []
    learner = Learner(
        maker.database, maker.now, made.scope, {role: person.id for role, person in made.staff.items()}
    )
    tales: list[Tale] = []
    for number in range(_CASES):
        days, story = STORIES[number % len(STORIES)]
        ago = (
            days
            if number < len(STORIES)
            else days + (number // len(STORIES)) * (60 if days > _ALL_CLOSED else 0)
        )
        filed_at = _office_hour(maker.now - timedelta(days=ago), number)
        tale = Tale(maker, made, number, _KINDS[number % len(_KINDS)])
        tales.append(tale)
        plans.append((filed_at, number, tale.file))
        motif = motif_of(tale.kind, number, maker.now - filed_at)
        if motif is not None:
            plans.append((filed_at, number, partial(tale.sort, learner, motif)))
        at = filed_at
        turns = (Turn("settle", 1),) if tale.kind is Kind.THANKS and story else story
        for turn in turns:
            at = min(_office_hour(at + timedelta(days=turn.after_days), number), maker.now)
            plans.append((at, number, partial(tale.take, turn)))
    plans += learned(learner, lambda: tales[_LEARNED_FROM].id)
    for at, _, act in sorted(plans, key=lambda plan: plan[:2]):
        maker.at(at)
        act()


def _protected(maker: Maker, made: Made) -> None:
    """What the night destroys of a year, and somebody who asks what is kept of them."""
    maker.at(maker.now)
    with maker.database.transaction(made.scope()) as u:
        purge(u)
    with maker.database.transaction(made.scope(Role.QUALITY_LEAD)) as u:
        asked_on = local_day(u) - timedelta(days=_ASKED_DAYS_AGO)
        enter(u, Asked(Right.ACCESS, Proof.RECEIPT, asked_on, ASKED_BY, ASKED))


def _office_hour(instant: datetime, number: int) -> datetime:
    """The same day, or the Monday after it, at an hour when people are there."""
    day = instant.date()
    day += timedelta(days=7 - day.weekday() if day.weekday() >= _SATURDAY else 0)
    return datetime.combine(day, time(8 + number % 7, (number * 7) % 60), tzinfo=UTC)


@dataclass(slots=True)
class Tale:
    """One case of the world on its way."""

    maker: Maker
    made: Made
    number: int
    kind: Kind
    case_id: UUID | None = None
    language: str = "fr"

    @property
    def id(self) -> UUID:
        """The case, once it is filed."""
        if self.case_id is None:
            raise LookupError(self.number)
        return self.case_id

    def sort(self, learner: Learner, motif: str) -> None:
        """Staff say what it is about."""
        learner.subject(self.id, motif)

    def file(self) -> None:
        """The filer writes."""
        words = CASE_WORDS[self.kind.value]
        language, text = words[self.number % len(words)]
        self.language, way_in = language, self._way_in()
        code = self.made.codes[self.number % len(self.made.codes)]
        filing = Filing(
            kind=self.kind,
            text=text,
            language=language,
            site_id=code.site_id,
            nonce=self.maker.chance.randbytes(16),
            **self._contact(),
            name="Sofia Lemoine" if self.number % 6 == 0 else "",
            code_id=None if way_in else code.id,
            team_id=code.team_id,
            agreement_id=code.agreement_id,
            **way_in,
        )
        scope = self.made.scope(Role.MEDIATOR if way_in else None, language)
        filed = file(self.maker.database, self.maker.hasher, scope, filing)
        self.case_id = filed.case_id
        self.made.cases.append(
            {"kind": self.kind.value, "reference": filed.reference, "receipt": filed.receipt.shown}
        )

    def _contact(self) -> dict[str, Any]:
        """One in three leaves an address, one in seven a number (of those that are nobody's)."""
        if self.number % 3 == 0:
            return {"contact_kind": "email", "contact": f"habitant.{self.number}@courriel.example"}
        if self.number % _CALLED == 1:
            number = f"06 39 98 00 {self.number:02}"
            return {"contact_kind": "phone", "contact": number, "contact_when": Moment.EVENING}
        return {}

    def _errand(self, verb: str) -> Errand | None:
        """What goes out with a step: to the landlord, to be looked at again after a week."""
        body, later = self.made.bodies[self.number % len(self.made.bodies)], timedelta(days=7)
        errands: dict[str, Errand] = {
            "pass_on": PassedOn(body, Consent.CALL, None, (self.maker.clock.now() + later).date()),
            "check": Looked(body, Checked.DONE),
        }
        return errands.get(verb)

    def _way_in(self) -> dict[str, Any]:
        """One in five was said to a mediator the day before, on the telephone or at the counter."""
        if self.number % _TYPED != _TYPED - 1:
            return {}
        channel = (Channel.PHONE, Channel.COUNTER)[self.number % 2]
        return {"channel": channel, "reception": Reception(self.maker.clock.now() - _LAG, hour_known=True)}

    def take(self, turn: Turn) -> None:
        """The next step."""
        message = STAFF_WORDS.get(turn.verb, "")
        finding = turn.finding if self.kind is Kind.COMPLAINT else None
        given = Given(
            message,
            "fr",
            outcome=turn.outcome,
            finding=finding,
            told=Told.CALL if turn.verb == "answer" and self.language != "fr" else None,
            errand=self._errand(turn.verb),
        )
        with self.maker.database.transaction(self.made.scope(turn.by)) as u:
            take(u, self.id, turn.verb, given, who=Actor.FILER if turn.by is None else None)


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
