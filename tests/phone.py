"""A resident's phone: opens pages, taps answers, and remembers the page it stands on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from build import World
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse


@dataclass(slots=True)
class Phone:
    """A browser without cookies or scripts, on one page at a time."""

    client: FlaskClient
    page: TestResponse

    @classmethod
    def at(cls, world: World, path: str) -> Phone:
        """A phone that has just opened an address; redirections are followed."""
        client = world.app.test_client(use_cookies=False)
        return cls(client, client.get(path, follow_redirects=True))

    def open(self, path: str, **headers: str) -> TestResponse:
        """Open another address."""
        self.page = self.client.get(path, headers=headers, follow_redirects=True)
        return self.page

    def send(self, **fields: str) -> TestResponse:
        """Send the page's form with these fields; a 303 is followed, anything else is shown."""
        data = {"token": self.token, **fields}
        answer = self.client.post(self.action, data=data)
        self.page = self.open(answer.location) if answer.status_code == 303 else answer
        return self.page

    @property
    def path(self) -> str:
        """Where the phone stands."""
        return self.page.request.path

    @property
    def token(self) -> str:
        """The token in the page's form."""
        return self._first(r'name="token" value="([^"]+)"')

    @property
    def action(self) -> str:
        """Where the page's form goes."""
        return self._first(r'<form[^>]* action="([^"]+)"')

    @property
    def title(self) -> str:
        """The heading."""
        return re.sub(r"<[^>]+>", "", self._first(r"(?s)<h1[^>]*>(.*?)</h1>")).strip()

    def link(self, words: str) -> str:
        """The address behind a link or button with these words."""
        links = re.findall(r'(?s)<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', self.page.text)
        return next(unescape(url) for url, inside in links if words in inside)

    def _first(self, pattern: str) -> str:
        found = re.search(pattern, self.page.text)
        assert found, f"{pattern} is not on {self.path}"
        return unescape(found[1])
