"""A case that names somebody who works here, and two ways of looking for a trace of it as that person."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import UUID

from flask import Flask, Request
from mailing import filed
from phone import Phone
from sqlalchemy import select
from staff import Colleague, signed_in
from walls.addresses import signed_in_again, staff_pages
from walls.planting import Planted, plant_case, planter_at
from walls.siege import unwalled
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import AnyConverter, IntegerConverter, UUIDConverter
from werkzeug.utils import cached_property

from portal.cases.beside import name_person
from portal.cases.rules import STEPS, CaseState, Kind
from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.schema import Base
from portal.insight.selection import Period
from portal.tenancy.actions import tell_staff_informed
from portal.web.guard import access_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from build import World
    from werkzeug.routing import Rule
    from werkzeug.test import TestResponse

    from portal.channels.models import Code
    from portal.people.rules import Role

MARK = "Grauweide"
FEBRUARY = datetime(2027, 2, 10, 9, 0, tzinfo=UTC)
"""Readers bound by the display floor see months that are over."""
MARCH = datetime(2027, 3, 24, 9, 0, tzinfo=UTC)
"""When everybody looks."""
OTHERS = 6
"""Cases that name nobody: enough for the floor to let their count through."""
NOBODYS = UUID("01a476c3-0000-7000-8000-000000000000")
NOBODYS_REFERENCE = "PAS-2027-999999"
_FIELDS = """id case message photo note of to item response handler person mediator code site team agreement
membership invitation reference""".split()  # noqa: SIM905 -- a line of names reads better
ANSWERED_BY_FLASK = frozenset({"HEAD", "OPTIONS"})
"""HEAD is GET without its body; OPTIONS reaches no view."""
_TOKEN = re.compile(rb'(?<=name="token" value=")[^"]+')
_EVERY = "*"
Told = tuple[int, tuple[tuple[str, str], ...], bytes]


@dataclass(frozen=True, slots=True)
class Affair:
    """Somebody, a colleague of the same role, and the cases that will name the one and not the other."""

    world: World
    role: Role
    named: Colleague
    colleague: Colleague
    planted: Planted
    card: Code
    """A code that names the first."""

    def happen(self) -> None:
        """A case is filed by their code, and another case turns out to be about them."""
        self.world.clock.set(FEBRUARY)
        plant_case(self.world, self.world.lyon, self.planted, MARK)
        with self.world.database.transaction(self.planted.lead) as u:
            name_person(u, self.planted.ids["case_id"], self.named.person_id)
        phone = Phone.at(self.world, f"/q/{self.card.code}/fr/complaint")
        contact = {"contact_kind": "email", "contact": f"voisine@{MARK}.example", "name": f"Rose {MARK}"}
        shown = phone.send(message=f"{MARK} : la carte que l’on m’a donnée", **contact)
        assert shown.status_code == 200, shown.text
        self.world.clock.set(MARCH)

    @property
    def references(self) -> list[str]:
        """How the two cases are called."""
        return [f"PAS-2027-{OTHERS + n:06}" for n in (1, 2)]

    def rows(self) -> str:
        """Every row of the two cases, read without walls."""
        engine = unwalled(self.world.database.engine.url.render_as_string(hide_password=False))
        cases, lines = Base.metadata.tables["cases"], []
        with engine.connect() as connection:
            wanted = select(cases.c.id).where(cases.c.reference.in_(self.references))
            for table in Base.metadata.sorted_tables:
                column = table.c.get("case_id", table.c.id if table is cases else None)
                if column is not None:
                    found = connection.execute(select(table).where(column.in_(wanted)))
                    lines.append(f"{table.name}: {sorted(map(repr, found))}")
        engine.dispose()
        return "\n".join(lines)


def affair_of(world: World, role: Role) -> Affair:
    """A world in which all is ready, and nothing has happened."""
    with world.database.transaction(world.lyon.scope) as u:
        tell_staff_informed(u, date(2027, 1, 4))
    named = signed_in(world, role, email="sam@passerelle.example", name="Sam Petit")
    colleague = signed_in(world, role, email="alix@passerelle.example", name="Alix Grand")
    planted = planter_at(world, world.lyon, "Chêne")
    del planted.ids["body_id"]  # a body is no name of the case
    with world.database.transaction(world.lyon.scope) as u:
        mine = CodeGiven(CodeKind.CARD, "", world.lyon.site.id, mediator_id=named.person_id)
        card = issue_code(u, mine)
    world.clock.set(FEBRUARY - timedelta(days=1))
    for n in range(OTHERS):
        filed(world, f"other{n}")
    world.clock.set(MARCH)
    return Affair(world, role, named, colleague, planted, card)


def narrowings(affair: Affair) -> list[str]:
    """What an address of staff may be narrowed by, the words of the case among it."""
    return [
        f"kind={Kind.COMPLAINT}",
        *(f"state={state}" for state in (CaseState.RECEIVED, CaseState.ACKNOWLEDGED)),
        *("open=1", "late=1", "kind=complaint&open=1&late=1", f"all=1&offset={OTHERS}", f"offset={OTHERS}"),
        *("month=2027-02", "month=2027-03"),
        *("from=2027-02-01&to=2027-02-28", "from=2027-02-10&to=2027-02-10&late=1"),
        *(f"period={period}" for period in (Period.MONTH, Period.YEAR)),
        f"period={Period.TWELVE}&site={affair.world.lyon.site.id}",
        *(f"reference={word}&q={word}&search={word}&all=1" for word in (affair.references[0], MARK)),
    ]


def all_that(affair: Affair, who: Colleague) -> dict[str, Told]:
    """What somebody is told at every address of staff that needs no name, however it is narrowed."""
    looked = _noting(affair.world.app)
    told = bare(affair, who)
    pages = list(told)
    while asked := [
        address
        for path in pages
        for one in narrowings(affair)
        if (address := f"{path}?{one}") not in told and not looked[path].isdisjoint({_EVERY, *parse_qs(one)})
    ]:  # a page may look for one thing only where another is given
        told |= {address: told_by(who.get(address)) for address in asked}
    return told


class _Noting(ImmutableMultiDict[str, str]):
    """What stands behind the question mark, which notes the names that a view asks for."""

    looked: set[str]

    def __getitem__(self, key: str) -> str:
        self.looked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.looked.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, *how: Any, **more: Any) -> list[Any]:
        """Its values."""
        self.looked.add(key)
        return super().getlist(key, *how, **more)

    def lists(self) -> Any:
        """Everything: who goes through all names may ask for each."""
        self.looked.add(_EVERY)
        return super().lists()

    items = keys = values = to_dict = lists  # type: ignore[assignment]  # whichever way, it is everything


def _noting(app: Flask) -> Mapping[str, set[str]]:
    """Where the names will be found that each address has asked for behind its question mark."""
    looked: defaultdict[str, set[str]] = defaultdict(set)

    class Noted(Request):
        @cached_property
        def args(self) -> _Noting:
            noting = _Noting(super().args)
            noting.looked = looked[self.path]
            return noting

    app.request_class = Noted
    return looked


def bare(affair: Affair, who: Colleague) -> dict[str, Told]:
    """The same, not narrowed."""
    app, below = affair.world.app, staff_pages(affair.world, affair.world.lyon)
    beside = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if access_of(app, rule.endpoint) == "signed_in"
        and "GET" in (rule.methods or ())
        and not rule.arguments
    ]
    return {path: told_by(who.get(path)) for path in [*(path for path, _ in below), *beside]}


def told_by(answer: TestResponse, *secrets: tuple[str, str]) -> Told:
    """What an answer tells, with names put in the place of others, without the nonce of its form."""
    body = _TOKEN.sub(b"", answer.get_data())
    headers = [(name, value) for name, value in answer.headers if name != "Content-Length"]
    for given, put in secrets:
        body = body.replace(given.encode(), put.encode())
        headers = [(name, value.replace(given, put)) for name, value in headers]
    return answer.status_code, tuple(sorted(headers)), body


def differences(before: Mapping[str, Told], after: Mapping[str, Told]) -> list[str]:
    """The addresses that tell another thing than before."""
    return [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]


@dataclass(frozen=True, slots=True)
class Probe:
    """Somebody who asks every address for the case, by each of its names, and for a case that nobody has."""

    affair: Affair
    who: Colleague
    _nobodys: dict[tuple[str, str], Told] = field(default_factory=dict)
    """What was told of the name that nobody has: several names of the case stand beside the same one."""

    def findings(self) -> Iterator[str]:
        """The requests that tell a known name from an unknown one; none for whom the case names."""
        return (
            f"{method} {known}"
            for rule, mark in self._rules()
            for known, unknown in self._addresses(rule)
            for method in sorted((rule.methods or set()) - ANSWERED_BY_FLASK)
            if self._tells(method, mark, known, unknown)
        )

    def _tells(self, method: str, mark: str, known: str, unknown: str) -> bool:
        """Whether the answers differ. An address without a name in it is asked once before.

        What it does but once (a reminder) it has done then, whatever is asked afterwards.
        """
        if known == unknown:
            self._told(method, unknown, mark, is_known=False)
            first = self._told(method, known, mark, is_known=True)
            return first != self._told(method, unknown, mark, is_known=False)
        return self._told(method, known, mark, is_known=True) != self._told_nobody(method, unknown, mark)

    def _told_nobody(self, method: str, unknown: str, mark: str) -> Told:
        asked = (method, unknown)
        if asked not in self._nobodys:
            self._nobodys[asked] = self._told(method, unknown, mark, is_known=False)
        return self._nobodys[asked]

    def _rules(self) -> list[tuple[Rule, str]]:
        """What staff may ask for, with its mark; last the routes that end the sessions of whoever asks."""
        app = self.affair.world.app
        marked = [(rule, access_of(app, rule.endpoint)) for rule in app.url_map.iter_rules()]
        staff = [(rule, mark) for rule, mark in marked if mark not in {None, "public"} and mark is not None]
        return sorted(staff, key=lambda one: one[1] == "signed_in")

    def _addresses(self, rule: Rule) -> Iterator[tuple[str, str]]:
        """The rule's addresses with the case's names, each beside the same with a name that nobody has."""
        build = self.affair.world.app.url_map.bind("localhost").build
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        names = sorted(rule.arguments)
        for pairs in product(*(self._values(rule, name) for name in names)):
            known, unknown = (
                {name: pair[n] for name, pair in zip(names, pairs, strict=True)} for n in (0, 1)
            )
            yield build(rule.endpoint, known, method=method), build(rule.endpoint, unknown, method=method)

    @property
    def _ids(self) -> list[UUID]:
        """Ids of the case and its rows; where it happened is no secret."""
        return [one for name, one in self.affair.planted.ids.items() if name != "site_id"]

    def _values(self, rule: Rule, name: str) -> list[tuple[Any, Any]]:
        """What an argument can be: a name of the case and what stands for it elsewhere."""
        converter = rule._converters[name]
        is_below_a_case = "reference" in rule.arguments
        if isinstance(converter, UUIDConverter):
            return [(one, NOBODYS) for one in self._ids[: None if is_below_a_case else 1]]
        if isinstance(converter, AnyConverter):
            return [(one, one) for one in sorted(converter.items)]
        if isinstance(converter, IntegerConverter):
            return [(1, 1)]  # every structure counts its own things from one: a number names nobody's case
        if name == "slug":
            return [(self.affair.world.lyon.structure.slug,) * 2]
        if name in {"verb", "step"}:
            return [(step.verb, step.verb) for step in STEPS]
        is_asked_alone = rule.arguments == {"slug", name}
        return [(one, NOBODYS_REFERENCE) for one in self.affair.references[: None if is_asked_alone else 1]]

    def _told(self, method: str, path: str, mark: str, *, is_known: bool) -> Told:
        who = signed_in_again(self.affair.world, self.who) if mark == "signed_in" else self.who
        sent_along = {} if method in {"GET", "HEAD", "OPTIONS"} else self._form(who, is_known=is_known)
        answer = who.client.open(path, method=method, data=sent_along)
        return told_by(
            answer,
            (who.csrf, "csrf"),
            *((reference, NOBODYS_REFERENCE) for reference in self.affair.references),
            *((text, str(NOBODYS)) for one in self._ids for text in (str(one), one.hex)),
        )

    def _form(self, who: Colleague, *, is_known: bool) -> dict[str, str]:
        form = {"csrf_token": who.csrf, "outcome": "answered", "finding": "upheld"}
        for turn, name in enumerate(_FIELDS):
            form[name] = form[f"{name}_id"] = str(self._ids[turn % len(self._ids)] if is_known else NOBODYS)
        form["reference"] = self.affair.references[0] if is_known else NOBODYS_REFERENCE
        return form | {"message": "Bonjour", "note": "Bonjour"}
