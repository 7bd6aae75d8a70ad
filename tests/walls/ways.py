"""What the arguments of every route can be filled with: the names that one structure's things really have.

Whoever walks over the routes of the application takes the values from here: of the asker's structure, and of
the other one. A route with an argument that is not known here fails the walk: name it once, in `Names`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from phone import Phone
from werkzeug.routing import AnyConverter, IntegerConverter, UUIDConverter

from portal.cases.partners import digest_of, partner_token
from portal.cases.rules import STEPS
from portal.people.forgotten import reset_token
from portal.protection.holding import hold_case
from portal.tenancy.offers import Offered, offer
from portal.web.founding import start_token
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from build import World
    from walls.planting import Planted
    from werkzeug.routing import Rule

_TOKENS = ("answers", "case", "receipts", "invitations", "new-password", "start", "kept", "cases")
"""What an address says before its token, by which one tells the tokens from each other."""


class UnknownArgument(Exception):
    """A route takes an argument that nobody can fill."""


def _partner(world: World, planted: Planted) -> str:
    """What opens the cases of a partner."""
    with world.database.reading(planted.lead) as u:
        return partner_token(u, digest_of(u, "partenaire@exemple.test"))


def _entered(planted: Planted) -> str:
    """The address of the receipt of something that a colleague has typed."""
    path = f"/s/{planted.colleague.structure.structure.slug}/cases/new"
    found = re.search(r'name="token" value="([^"]+)"', planted.colleague.get(path).text)
    assert found
    fields = {"kind": "request", "channel": "phone", "received_on": "2027-03-24"}
    words = planted.word(f"Appel de {planted.words[0]}")
    sent = planted.colleague.post(path, token=found[1], message=words, **fields)
    assert sent.status_code == 303, sent.text
    return sent.location


@dataclass(frozen=True, slots=True)
class Names:
    """How the things of one structure are called in addresses; all of them exist."""

    slug: str
    code: str
    reference: str
    ids: dict[str, UUID]
    tokens: dict[str, str]
    """By the word that stands before them in an address."""

    @classmethod
    def of(cls, world: World, planted: Planted) -> Names:
        """The names of what was planted; a journey, a receipt and a case are opened by a phone."""
        where = planted.colleague.structure
        phone = Phone.at(world, f"/p/{where.structure.slug}/fr/complaint")
        receipts = phone.send(message=planted.word(f"Bonjour de {planted.words[0]}"))
        assert "/receipts/" in phone.path, receipts.text
        receipt = phone.path.rsplit("/", 1)[1]
        followed = Phone.at(world, f"/p/{where.structure.slug}/fr/follow")
        data = {"receipt": planted.receipt}
        case = followed.client.post(followed.path, data=data, follow_redirects=True).request.path
        with world.app.app_context(), world.database.reading(planted.lead) as u:
            reset = reset_token(u, planted.colleague.person_id)
            start = start_token(u, house().tokens)
        tokens = {
            "answers": planted.trip,
            "case": case.rsplit("/", 1)[1],
            "receipts": receipt,
            "invitations": planted.invitation_token,
            "new-password": reset or "",
            "start": start,
            "kept": _entered(planted).rsplit("/", 1)[1],
            "cases": _partner(world, planted),
        }
        with world.database.transaction(planted.lead) as u:
            (offered,) = offer(u, Offered(colour="#2f5d9b"), by=planted.colleague.person_id)
            day = u.now.date() + timedelta(days=9)
            held = hold_case(u, planted.reference, planted.word(f"Litige de {planted.words[0]}"), day)
        ids = {**planted.ids, "offer_id": offered.id, "hold_id": held.id}
        return cls(where.structure.slug, where.code.code, planted.reference, ids, tokens)

    def of_rule(self, rule: Rule) -> dict[str, list[Any]]:
        """Every value that each argument of the rule may take. Raises `UnknownArgument`."""
        return {name: list(self._values(rule, name)) for name in sorted(rule.arguments)}

    def _values(self, rule: Rule, name: str) -> Iterator[Any]:
        converter = rule._converters[name]
        if isinstance(converter, UUIDConverter):
            yield self.ids.get(name, next(iter(self.ids.values())))
            yield from (one for own, one in self.ids.items() if own != name)
        elif isinstance(converter, AnyConverter) and name != "kind":
            yield from sorted(converter.items)
        elif isinstance(converter, IntegerConverter):
            yield from (1, 2, 5)
        elif name == "token":
            yield self.tokens[next(word for word in _TOKENS if f"/{word}/" in rule.rule)]
        else:
            yield from self._named(rule, name)

    def _named(self, rule: Rule, name: str) -> list[str]:
        known = {
            "slug": [self.slug],
            "kind": ["p"],
            "key": [self.slug],
            "language": ["fr"],
            "first": ["fr", "complaint"],
            "reference": [self.reference],
            "code": [self.code],
            "step": ["printed"],
            "verb": ["note", *sorted({step.verb for step in STEPS} - {"note"})],
            "name": ["mediator"],
            "filename": ["portal.css"],
        }
        if name not in known:
            message = f"{rule.rule}: give <{name}> a value in tests/walls/ways.py"
            raise UnknownArgument(message)
        return known[name]

    def first(self, rule: Rule) -> dict[str, Any]:
        """The first value of each argument: an address of the rule that leads to something."""
        return {name: values[0] for name, values in self.of_rule(rule).items()}
