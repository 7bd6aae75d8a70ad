"""Somebody who tries everything: any route, any method, any name in any place, as anybody of one structure.

What comes back is searched for the other structure: in bodies (the words of a PDF too), headers and log
records. Rows and mails are compared by the test afterwards. Chance is seeded: the same walk each time.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from printed import words_of
from staff import Colleague, signed_in
from walls.addresses import signed_in_again
from walls.planting import Planted, planted_at
from walls.ways import Names

from portal.people.rules import Role
from portal.web.guard import access_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from build import Furnished, World
    from flask.testing import FlaskClient
    from werkzeug.routing import Rule
    from werkzeug.test import TestResponse

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARERS = ("/invitations/", "/new-password/", "/start/")
"""Before a token that is itself the right to see what is behind, at whichever structure."""
_ENTRANCES = (*_BEARERS, "/sign-in")
_COSTLY = "/codes/print/"
_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
_ODD = ("-1", "0", "9" * 300, "é語\u202e", "%", "..", "' or 1=1 --", "None", "ÿ", "{0}", "١٢٣", "a" * 40)
_MISSING = {
    "slug": "nowhere",
    "key": "nowhere",
    "reference": "PAS-2099-999999",
    "code": "ZZZZZZ",
    "token": "AAAA.BBBB.CCCC",
}
_NOBODY = "01a476c3-0000-7000-8000-000000000000"
_LANGUAGES = ("fr", "fr", "ar", "en", "xx", "FR", "fr-FR")
_FIELDS = """id case message_id photo note of to item response handler person mediator code site team
agreement membership invitation reference concerns people structure structure_id slug from offset kind state
period next""".split()  # noqa: SIM905 -- a line of names reads better
_PLAUSIBLE = {
    "message": ("Bonjour", "", "x" * 11_000),
    "note": ("Vu ensemble.", ""),
    "answer": ("good", "yes", "little", "none"),
    "outcome": ("answered", "redirected"),
    "finding": ("upheld", "not_upheld"),
    "contact_kind": ("none", "email", "phone"),
    "contact": ("voisine@exemple.test", "0612345678"),
    "identity": ("nobody", "handler"),
    "name": ("Noor", ""),
    "role": (*Role, "emperor"),
    "password": ("la lampe du hall reste bleue", "court"),
    "locale": ("fr", "ar"),
    "kind": ("card", "poster", "complaint"),
    "zone": ("metropole", "alsace_moselle"),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One structure with everything in it, and who works there."""

    where: Furnished
    planted: Planted
    names: Names
    people: tuple[Colleague, ...]

    @property
    def everything(self) -> list[str]:
        """All names of its things, of every kind."""
        named = [self.names.code, self.names.reference, self.names.slug, *self.names.tokens.values()]
        return [*map(str, self.names.ids.values()), *named]

    @property
    def secrets(self) -> list[str]:
        """What nobody outside may be shown: words, and names of things, unless they sent them themselves."""
        digits = re.sub(r"\D", "", self.planted.receipt)
        hexes = [one.hex for one in self.names.ids.values()]
        names = [
            *map(str, self.names.ids.values()),
            *hexes,
            self.names.reference,
            *self.names.tokens.values(),
        ]
        return [*self.planted.words, digits, self.planted.receipt, *names]


def side_of(world: World, where: Furnished, mark: str) -> Side:
    """A structure in which all there can be was planted, with a person of every role."""
    planted = planted_at(world, where, mark)
    people = tuple(
        signed_in(world, role, where, email=f"{role.value}@{mark.lower()}.example", name=f"{role} {mark}")
        for role in Role
    )
    return Side(where, planted, Names.of(world, planted), people)


@dataclass(frozen=True, slots=True)
class Try:
    """One request, and who sends it; None is somebody who is not signed in."""

    who: Colleague | None
    method: str
    path: str
    rule: Rule
    fields: dict[str, str]

    @property
    def sent(self) -> str:
        """Everything that was sent: what is only given back tells nothing."""
        return " ".join((self.path, *self.fields, *self.fields.values()))

    def __str__(self) -> str:
        """As a finding names it."""
        return f"{self.who.email if self.who else 'nobody'}: {self.method} {self.path[:160]}"


class Records(logging.Handler):
    """Keeps what is logged, however little it matters."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one, with its error."""
        self.told.append(f"{record.getMessage()} {record.exc_info or ''}")


@dataclass
class Wanderer:
    """Everybody of one side, against the other."""

    world: World
    home: Side
    abroad: Side
    chance: Random
    findings: list[str] = field(default_factory=list)
    tried: int = 0
    opened: int = 0
    """How many answers were pages or redirections: a walk that is always refused finds nothing."""

    @cached_property
    def _stranger(self) -> FlaskClient:
        return self.world.app.test_client(use_cookies=False)

    def wander(self, n: int, rules: Sequence[Rule]) -> None:
        """So many tries over these routes; what they told of the other side is in `findings`."""
        records, ours = Records(), logging.getLogger("portal")
        before = ours.level
        ours.setLevel(logging.DEBUG)
        logging.getLogger().addHandler(records)
        try:
            for _ in range(n):
                self._go(self._next(rules))
        finally:
            logging.getLogger().removeHandler(records)
            ours.setLevel(before)
        for side in (self.home, self.abroad):
            word = next((one for one in side.planted.words for line in records.told if one in line), None)
            if word is not None:
                self.findings.append(f"the log tells {word}")

    def _next(self, rules: Sequence[Rule]) -> Try:
        chance, rule = self.chance, self.chance.choice(rules)
        if _COSTLY in rule.rule and chance.random() < 0.8:
            rule = chance.choice(rules)
        allowed = sorted((rule.methods or set()) & set(METHODS))
        method = chance.choice(allowed if chance.random() < 0.8 else METHODS)
        mark = access_of(self.world.app, rule.endpoint)
        is_residents = mark == "public"
        who = chance.choice((None, *self.home.people, *(() if is_residents else self.home.people)))
        if who and method not in _SAFE:
            if mark == "signed_in":  # it may end the session
                who = signed_in_again(self.world, who)
            elif rule.rule.startswith(_ENTRANCES):  # it may begin another's
                who = None
        is_foreign = chance.random() < 0.4
        path = _ARGUMENT.sub(lambda found: self._argument(rule, found[1], is_foreign=is_foreign), rule.rule)
        if chance.random() < 0.3:
            path += "?" + "&".join(f"{name}={quote(self._any())}" for name in chance.sample(_FIELDS, 2))
        fields = {} if method in _SAFE else self._form(who)
        return Try(who, method, path, rule, fields)

    def _argument(self, rule: Rule, name: str, *, is_foreign: bool) -> str:
        """A value for an argument; most of the time one that leads to something."""
        chance, draw = self.chance, self.chance.random()
        if name in {"language", "first"} and draw < 0.9:
            return chance.choice((*_LANGUAGES, "complaint", "danger")[: None if name == "first" else -2])
        if draw < 0.1:
            return quote(chance.choice(_ODD), safe="")
        if draw < 0.15:
            return _MISSING.get(name, _NOBODY)
        if draw < 0.25:
            return quote(self._any(), safe="")
        whose = self.home
        if is_foreign and draw < 0.8 and not self._is_held(rule, name):
            whose = self.abroad
        values = whose.names.of_rule(rule)[name]
        return quote(str(values[0] if chance.random() < 0.6 else chance.choice(values)), safe="")

    @staticmethod
    def _is_held(rule: Rule, name: str) -> bool:
        """Whether whoever holds the foreign value has the right to what is behind: the one it was sent to."""
        return name == "token" and (rule.rule.startswith(_BEARERS) or "<key>" in rule.rule)

    def _any(self) -> str:
        """The name of anything of either side, of whatever kind, that is no key to a door."""
        tokens = {*self.abroad.names.tokens.values()}
        names = [one for one in (*self.home.everything, *self.abroad.everything) if one not in tokens]
        return self.chance.choice(names)

    def _form(self, who: Colleague | None) -> dict[str, str]:
        chance, fields = self.chance, {}
        if who and chance.random() < 0.9:
            fields["csrf_token"] = who.csrf
        for name in chance.sample(_FIELDS, chance.randrange(2, 12)):
            fields[name] = fields[f"{name}_id"] = self._any()
        for name, values in _PLAUSIBLE.items():
            if chance.random() < 0.7:
                fields[name] = str(chance.choice(values))
        fields["email"] = chance.choice(("rien@exemple.test", self.home.planted.colleague.email))
        # Never the token of a new message: by it, everybody may write to whichever structure.
        fields["token"] = self.home.names.tokens[chance.choice(("answers", "case", "receipts"))]
        return fields

    def _go(self, one: Try) -> None:
        client = one.who.client if one.who else self._stranger
        address = f"198.51.{self.chance.randrange(256)}.{self.chance.randrange(256)}"
        answer = client.open(
            one.path, method=one.method, data=one.fields or None, environ_overrides={"REMOTE_ADDR": address}
        )
        self.tried += 1
        self.opened += answer.status_code < 400
        if answer.status_code >= 500:
            self.findings.append(f"{one} fails with {answer.status_code}")
        self._search(one, answer)

    def _search(self, one: Try, answer: TestResponse) -> None:
        """Note what the answer tells of the other side, beyond what was sent."""
        body = answer.get_data()
        is_printed = answer.mimetype == "application/pdf"
        text = words_of(body) if is_printed and body else body.decode("utf-8", "replace")
        for place, told in (("body", text), ("headers", str(answer.headers))):
            for secret in self._found(told):
                if secret not in one.sent and quote(secret) not in one.sent:
                    self.findings.append(f"{one} tells {secret} in its {place}")
        if body and body == self.abroad.planted.photo:
            self.findings.append(f"{one} shows a foreign photo")

    def _found(self, told: str) -> set[str]:
        return set(self._secrets.findall(told))

    @cached_property
    def _secrets(self) -> re.Pattern[str]:
        """Everything of the other side; the mark, which all its words bear, in whatever form they come."""
        mark = self.abroad.planted.words[0].partition("@")[2].partition(".")[0]
        words = sorted({mark, mark.title(), *self.abroad.secrets}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, words)))


def routes(world: World) -> list[Rule]:
    """Every route of the application but its files."""
    return [rule for rule in world.app.url_map.iter_rules() if rule.endpoint != "static"]


def secrets_in(text: str, side: Side) -> list[str]:
    """The words of a side that stand in a text."""
    return [word for word in side.planted.words if word in text]
