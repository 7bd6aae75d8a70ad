"""Every page that anybody may open: one request, no script, no cookie, no other host, the right language.

The routes come from the application itself: a new public page that is not opened here makes this fail.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from phone import Phone
from serving import serving
from staff import signed_in
from strict_page import OWN_HOST, faults
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from portal.cases.partners import digest_of, partner_token
from portal.core.languages import LANGUAGES
from portal.people.actions import PersonGiven, invite
from portal.people.forgotten import reset_token
from portal.people.rules import Role
from portal.web.founding import start_token
from portal.web.guard import access_of, is_staff_address
from portal.web.guide_text import FRONT, LANGUAGES_OF_GUIDES, NAMES, path_of
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Callable

    from build import World

ON_THE_WIRE = 8192
DOORS = ("complaint", "request", "concern", "thanks", "idea")
PROGRAMS = {
    *("operators.alive", "operators.ready", "operators.version", "metrics.metrics"),
    *("front.scanned_results", "front.scanned_follow"),  # lead on at once
}
"""What programs ask is no page, nor what leads on at once."""

IN_THEIR_OWN_LANGUAGE = {"sign_in.invitation", "guides.front", "guides.show"}
"""What is written in the language of its address or its reader, whatever the browser asks for."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who looks at everything, in one language."""

    world: World
    language: str

    @property
    def roots(self) -> tuple[str, str]:
        """By the code, and from the website."""
        return f"/q/{self.world.lyon.code.code}", "/p/passerelle"

    def each(self, *rest: str) -> list[str]:
        """Both entrances in this language, with what follows."""
        return ["/".join((root, self.language, *rest)) for root in self.roots]

    def on_the_way(self) -> list[str]:
        """The questions after the first, up to the free word."""
        found = []
        for start in self.each():
            phone = Phone.at(self.world, start)
            for answer in ("good", "yes", "no", "little"):
                phone.send(answer=answer)
                found.append(phone.path)
        return found

    def receipts(self) -> list[str]:
        """The receipt of a message behind each door."""
        found = []
        for start in (address for door in DOORS for address in self.each(door)):
            phone = Phone.at(self.world, start)
            phone.send(message="Bonjour, merci.")
            found.append(phone.path)
        return found

    def cases(self) -> list[str]:
        """The page of a complaint followed from its receipt."""
        found = []
        for start in self.receipts()[:2]:
            page = Phone.at(self.world, start).page.text
            found.append(next(part for part in page.split('"') if "/case/" in part))
        return found

    def invitations(self) -> list[str]:
        """An invitation's page."""
        lead = signed_in(self.world, email="lead@passerelle.example")
        with self.world.database.transaction(lead.scope) as u:
            return [f"/invitations/{invite(u, PersonGiven('n@p.example', 'Noor', Role.SUPERVISOR))}"]

    def links(self) -> list[str]:
        """The page of a link to a new password."""
        lead = signed_in(self.world, email="lead@passerelle.example")
        with self.world.database.reading(lead.scope) as u:
            return [f"/new-password/{reset_token(u, lead.person_id)}"]

    def of_partner(self) -> list[str]:
        """What a partner has filed, by the link of a mail."""
        email = "nora@habitat.example"
        for start in self.each("partner"):
            phone = Phone.at(self.world, start)
            phone.send(wants="complaint", organisation="Habitat", message="Bonjour", email=email)
        with self.world.database.reading(self.world.lyon.scope) as u:
            token = partner_token(u, digest_of(u, email))
        return self.each("partner", "cases", token)

    def starts(self) -> list[str]:
        """The page that founds a structure."""
        with self.world.app.app_context(), self.world.database.reading(self.world.lyon.scope) as u:
            return [f"/start/{start_token(u, house().tokens)}"]


PAGES: dict[str, Callable[[Visit], list[str]]] = {
    "front.home": lambda _visit: ["/"],
    "front.privacy": lambda visit: ["/p/passerelle/privacy", f"/p/passerelle/{visit.language}/privacy"],
    "front.accessibility": lambda visit: [
        "/p/passerelle/accessibility",
        f"/p/passerelle/{visit.language}/accessibility",
    ],
    "front.results": lambda visit: ["/p/passerelle/results", f"/p/passerelle/{visit.language}/results"],
    "guides.front": lambda _visit: ["/help", *(f"/help/{language}" for language in LANGUAGES_OF_GUIDES)],
    "guides.show": lambda _visit: [
        path_of(name, language) for name in NAMES for language in LANGUAGES_OF_GUIDES if name != FRONT
    ],
    "survey.entrance": lambda visit: [*visit.each(), *visit.roots, f"{visit.roots[0]}/danger"],
    "survey.question": Visit.on_the_way,
    "survey.thanks": lambda visit: visit.each("done"),
    "survey.danger": lambda visit: visit.each("danger"),
    "doors.door": lambda visit: [address for door in DOORS for address in visit.each(door)],
    "doors.receipt": Visit.receipts,
    "follow.ask": lambda visit: visit.each("follow"),
    "follow.case": Visit.cases,
    "partner.ask": lambda visit: visit.each("partner"),
    "partner.ask_link": lambda visit: visit.each("partner", "cases"),
    "partner.listed": Visit.of_partner,
    "sign_in.show": lambda _visit: ["/sign-in"],
    "sign_in.invitation": Visit.invitations,
    "forgotten.show": lambda _visit: ["/forgotten-password", "/forgotten-password?sent"],
    "forgotten.link": Visit.links,
    "start.form": Visit.starts,
    "start.where": lambda _visit: [],  # closed as soon as there is a structure: see test_start
}
"""How each public page is come to."""


def opened(world: World, address: str, language: str) -> TestResponse:
    """A page as a phone in that language gets it."""
    client = world.app.test_client(use_cookies=False)
    return client.get(address, headers={"Accept-Language": language}, base_url=OWN_HOST)


def test_every_public_page_is_looked_at(sqlite_world: World) -> None:
    app = sqlite_world.app
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if access_of(app, rule.endpoint) == "public" and "GET" in (rule.methods or ())
    }
    assert public == PAGES.keys() | PROGRAMS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("endpoint", PAGES)
def test_a_public_page_asks_for_nothing_keeps_nothing_and_speaks_the_language(
    sqlite_world: World, endpoint: str, language: str
) -> None:
    for address in PAGES[endpoint](Visit(sqlite_world, language)):
        page = opened(sqlite_world, address, language)
        assert page.status_code == 200, address
        spoken = page.headers["Content-Language"] if endpoint in IN_THEIR_OWN_LANGUAGE else language
        assert faults(page, spoken, is_one_request=not is_staff_address(address.partition("?")[0])) == [], (
            address
        )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rest", ["tlh", "fr/nowhere", "fr/answers/x/2", "fr/receipts/x", "fr/case/x"])
def test_a_page_of_what_went_wrong_is_held_to_the_same(sqlite_world: World, rest: str, language: str) -> None:
    address = f"/q/{sqlite_world.lyon.code.code}/{rest.replace('fr', language)}"
    page = opened(sqlite_world, address, language)
    assert page.status_code >= 400
    assert faults(page, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refused_form_is_held_to_the_same(sqlite_world: World, language: str) -> None:
    for address, fields in (("", {"answer": "none"}), ("/complaint", {"message": ""})):
        phone = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/{language}{address}")
        phone.send(**fields)
        assert phone.page.status_code == 422
        assert faults(phone.page, language) == []


# The first screen on the wire


def wire(base_url: str, path: str, language: str) -> bytes:
    """Everything a server sends for a page to a browser that takes gzip: status line, headers and body."""
    host = urlsplit(base_url)
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {host.netloc}\r\nAccept-Encoding: gzip, deflate, br\r\n"
        f"Accept-Language: {language}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((host.hostname or "", host.port or 80), timeout=10) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_screen_fits_in_eight_kilobytes_headers_and_all(sqlite_world: World, language: str) -> None:
    with serving(sqlite_world) as served:
        for path in (f"/q/{sqlite_world.lyon.code.code}/{language}", "/", f"/p/passerelle/{language}/danger"):
            sent = wire(served.base_url, path, language)
            assert sent.startswith(b"HTTP/1.1 200")
            assert b"Content-Encoding: gzip" in sent
            assert len(sent) <= ON_THE_WIRE, f"{path}: {len(sent)} bytes"


def test_a_page_is_compressed_only_for_who_takes_it(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    path = f"/q/{sqlite_world.lyon.code.code}/fr"
    for accepted, encoding in {"gzip": "gzip", "": None, "br": None, "gzip;q=0": None}.items():
        page = client.get(path, headers={"Accept-Encoding": accepted})
        assert page.headers.get("Content-Encoding") == encoding, accepted
        assert "Accept-Encoding" in page.headers["Vary"]
        assert page.headers["Content-Length"] == str(len(page.data))


# The checker sees each fault when it is planted


PLANTED: dict[str, tuple[str, str]] = {
    "script": ("</main>", "<script>1</script></main>"),
    "script by attribute": ("<main", "<main onclick=x"),
    "script by address": ("</main>", '<a href="javascript:x">x</a></main>'),
    "stylesheet": ("</head>", '<link rel=stylesheet href="/static/portal.css"></head>'),
    "own picture": ("</main>", '<img src="/logo.png" alt=""></main>'),
    "foreign picture": ("</main>", '<img src="http://pixel.example/a.gif" alt=""></main>'),
    "address without scheme": ("</main>", '<a href="//elsewhere.example/">x</a></main>'),
    "foreign link": ("</main>", '<a href="https://elsewhere.example">x</a></main>'),
    "relative frame": ("</main>", "<iframe></iframe></main>"),
    "refresh": ("</head>", '<meta http-equiv="Refresh" content="3"></head>'),
    "import in the style": ("<style>", "<style>@import 'a.css';"),
    "picture in the style": ("<style>", "<style>a{background:url(/b.png)}"),
    "style without its hash": ("</head>", "<style>a{}</style></head>"),
    "style on a tag": ("<main", "<main style='color:red'"),
    "wrong language": ('lang="fr"', 'lang="en"'),
    "wrong direction": ('dir="ltr"', 'dir="rtl"'),
    "field without label": ("</main>", "<input name=x id=x></main>"),
    "picture from an svg": ("</main>", '<svg><use href="/a.svg#b"/></svg></main>'),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_the_checker_sees_what_is_planted(sqlite_world: World, fault: str) -> None:
    page = opened(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr", "fr")
    before, after = PLANTED[fault]
    assert before in page.text
    assert faults(again(page, page.text.replace(before, after, 1)), "fr") != []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Set-Cookie", "a=b"),
        ("Link", "</a.css>; rel=preload"),
        ("Report-To", "https://elsewhere.example"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ("Content-Language", "en"),
    ],
)
def test_the_checker_sees_a_header_that_is_planted(sqlite_world: World, name: str, value: str) -> None:
    page = opened(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr", "fr")
    assert faults(page, "fr") == []
    page.headers[name] = value
    assert faults(page, "fr") != []


def again(page: TestResponse, text: str) -> TestResponse:
    """The same answer with another text."""
    return TestResponse([text.encode()], page.status, Headers(page.headers), page.request)
