"""One furnished world for the whole battery, and visitors who open its pages in one language.

Opening is done by the test client, which is quick; a browser is shown what was answered (see `battery`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import TYPE_CHECKING

from insight_world import answered
from phone import Phone
from staff import Colleague, signed_in
from walls.planting import Planted, planted_at

from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.people.rules import Role
from portal.tenancy.actions import add_agreement, add_team

if TYPE_CHECKING:
    from build import World
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

HOST = "http://portal.test"
_NUMBERS = count()
STAFF_LANGUAGES = ("fr", "ar", "en")
_VERSION = re.compile(r'name="version" value="(\d+)"')
_CASE = re.compile(r'"([^"]*/case/[^"/]+)"')


@dataclass(frozen=True, slots=True)
class Ground:
    """The world with people, opinions and cases in it; Strasbourg has nothing yet."""

    world: World
    planted: Planted
    leads: dict[str, Colleague]
    """The quality lead of Lyon, by the language they read."""
    newcomers: dict[str, Colleague]
    """The quality lead of Strasbourg, where nothing has happened, likewise."""
    retired: str
    references: dict[str, str] = field(default_factory=dict)
    """Cases by how far they have come; `receipts` open them."""
    receipts: dict[str, str] = field(default_factory=dict)


def furnished(world: World) -> Ground:
    """Everything that a page can show, at Lyon; nothing, at Strasbourg."""
    leads = {one: _lead(world, one) for one in STAFF_LANGUAGES}
    newcomers = {
        one: signed_in(world, at=world.strasbourg, email=f"lead.{one}@rive.example", name="Inès", locale=one)
        for one in STAFF_LANGUAGES
    }
    answered(world, meeting={"good": 9, "bad": 3}, day=date(2027, 2, 9))
    answered(world, meeting={"good": 12, "fair": 2, "bad": 1, "unknown": 1}, listened={"yes": 5, "no": 2})
    with world.database.transaction(world.lyon.scope) as u:
        team = add_team(u, site_id=world.lyon.site.id, name="Équipe du soir")
        held = add_agreement(u, partner="Bailleur", purpose="Halls", starts_on=date(2026, 1, 1), ends_on=None)
        issue_code(u, CodeGiven(CodeKind.TEAM, "Équipe", world.lyon.site.id, team.id, held.id))
        retired = issue_code(u, CodeGiven(CodeKind.POSTER, "Ancienne affiche", world.lyon.site.id)).code
    assert leads["fr"].post(f"/s/passerelle/codes/{retired}/retire").status_code == 303
    ground = Ground(world, planted_at(world, world.lyon, "Plume", rounds=5), leads, newcomers, retired)
    _cases(ground)
    return ground


def _lead(world: World, language: str) -> Colleague:
    return signed_in(world, email=f"lead.{language}@passerelle.example", name="Camille Roux", locale=language)


STEPS: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "received": (),
    "asked": (("acknowledge", {}), ("ask", {"message": "Quel jour était-ce ?"})),
    "answered": (("acknowledge", {}), ("answer", {"message": "Nous avons changé.", "finding": "upheld"})),
    "closed": (
        ("acknowledge", {}),
        ("answer", {"message": "Nous avons changé.", "finding": "partly"}),
        ("close", {"outcome": "answered"}),
    ),
}
"""What staff did with a complaint, by how far it has come."""


def _cases(ground: Ground) -> None:
    for state, steps in STEPS.items():
        phone = Phone.at(ground.world, f"/p/passerelle/ar/{'complaint'}")
        phone.send(
            message="انتظرنا ساعة في الدرج.", contact_kind="sms", contact="0641887310", identity="nobody"
        )
        receipt = re.search(r"\d{6} \d{10} \d{2}", re.sub(r"<[^>]+>", "", phone.page.text))
        assert receipt, phone.page.text
        ground.receipts[state] = receipt[0]
        listed = ground.leads["fr"].get("/s/passerelle/cases").text
        new = set(re.findall(r"PAS-2027-\d{6}", listed)) - set(ground.references.values())
        ground.references[state] = max(new)
        for verb, given in steps:
            act(ground.leads["fr"], ground.references[state], verb, **given)


def act(colleague: Colleague, reference: str, verb: str, **given: str) -> TestResponse:
    """A step as the page offers it. Raises `AssertionError` where it is not taken."""
    done = step(colleague, reference, verb, **given)
    assert done.status_code == 303, (verb, done.text)
    return done


def step(colleague: Colleague, reference: str, verb: str, **given: str) -> TestResponse:
    """What a step answers, sent with the version that the page holds."""
    address = f"/s/passerelle/cases/{reference}"
    version = _VERSION.search(colleague.get(address).text)
    assert version
    return colleague.post(f"{address}/{verb}", **{"version": version[1], **given})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who opens pages in one language: outside, in the team of Lyon, or in that of Strasbourg."""

    ground: Ground
    language: str

    @property
    def world(self) -> World:
        """Where all this is."""
        return self.ground.world

    @property
    def team(self) -> Colleague:
        """The quality lead of Lyon."""
        return self.ground.leads[self.language]

    @property
    def newcomer(self) -> Colleague:
        """The quality lead of Strasbourg."""
        return self.ground.newcomers[self.language]

    @property
    def root(self) -> str:
        """The entrance of Lyon by its code, in this language."""
        return f"/q/{self.world.lyon.code.code}/{self.language}"

    @property
    def client(self) -> FlaskClient:
        """A browser that knows nobody."""
        return self.world.app.test_client(use_cookies=False)

    def opens(self, path: str) -> TestResponse:
        """A page that anybody may open."""
        return self.client.get(path, headers={"Accept-Language": self.language}, follow_redirects=True)

    def sends(self, path: str, **fields: str) -> TestResponse:
        """What a form answers that anybody may send, in the browser's language."""
        return self.client.post(path, data=fields, headers={"Accept-Language": self.language})

    def phone(self, *rest: str) -> Phone:
        """A phone below the entrance."""
        return Phone.at(self.world, "/".join((self.root, *rest)))

    def follows(self, state: str) -> Phone:
        """A phone at the page of the message that has come so far."""
        phone = self.phone("follow")
        phone.page = phone.client.post(phone.path, data={"receipt": self.ground.receipts[state]})
        phone.open(phone.page.location)
        return phone

    def at_case(self, state: str) -> str:
        """The address of a case's page for the team."""
        return f"/s/passerelle/cases/{self.ground.references[state]}"

    def mediator(self) -> Colleague:
        """Somebody who may do little."""
        return signed_in(
            self.world,
            Role.MEDIATOR,
            email=f"mediator.{next(_NUMBERS)}@passerelle.example",
            name="Noor",
            locale=self.language,
        )
