"""What a resident's page must never hold: a checker that reads a response as a suspicious browser would."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

from portal.core.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.test import TestResponse

OWN_HOST = "http://portal.test"
_LOADS = {"src", "srcset", "poster", "background", "data", "action-xhr", "ping", "imagesrcset"}
"""Attributes that make a browser ask for something by itself."""
_LOADING_TAGS = {"script", "iframe", "frame", "object", "embed", "audio", "video", "source", "base", "portal"}
_LOADING_HREFS = {"link", "image", "use"}
"""Where an address is loaded, not only led to."""
_OUTSIDE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^\s\"'<>)]+", re.IGNORECASE)
_SCHEMES = re.compile(r"^(?:(?:tel|sms|mailto):|[/#?]|data:,$)", re.IGNORECASE)
_WITHIN = re.compile(r"data:image/(?:png|webp);base64,[A-Za-z0-9+/=]+")
"""A picture within the page: no address, though two of its signs may look like the beginning of one."""
_CSS_LOADS = re.compile(r"@import|url\(\s*['\"]?(?!data:)", re.IGNORECASE)


@dataclass(slots=True)
class _Reader(HTMLParser):
    """Collects what matters of a page."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    """Fields that stand in no label of their own; a `<label for>` may still name them."""
    _in_style: bool = False
    _in_label: bool = False

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag with its attributes."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._in_style = tag == "style"
        if self._in_style:
            self.styles.append("")
        self._in_label = self._in_label or tag == "label"
        attributes = self.tags[-1][1]
        is_typed = tag in {"textarea", "select"} or (
            tag == "input" and attributes.get("type") not in {"hidden", "submit"}
        )
        if is_typed and not self._in_label and "aria-label" not in attributes:
            self.unlabelled.append(attributes.get("id", ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave a style block or a label."""
        if tag == "label":
            self._in_label = False
        if tag == "style":
            self._in_style = False

    def handle_data(self, data: str) -> None:
        """Note what a style block says."""
        if self._in_style:
            self.styles[-1] += data


def faults(response: TestResponse, language: str, *, is_one_request: bool = True) -> list[str]:
    """Everything wrong with a page, in short sentences; empty for a page in order.

    `is_one_request` is what residents' pages promise: nothing is asked for besides the page itself.
    """
    page = _Reader()
    page.feed(response.text)
    found = [*_headers(response), *_addresses(response.text), *_spoken(page, response, language)]
    found += [*_active(page), *_unlabelled(page)]
    if is_one_request:
        found += [*_loaded(page), *_unnamed_styles(page, response)]
    return found


def _headers(response: TestResponse) -> Iterator[str]:
    if "Set-Cookie" in response.headers:
        yield "sets a cookie"
    for name in ("Link", "Refresh"):
        if name in response.headers:
            yield f"header {name} makes a browser ask for more"
    for name, value in response.headers:
        if any(not url.startswith(OWN_HOST) for url in _OUTSIDE.findall(value)):
            yield f"header {name} names another host"


def _addresses(text: str) -> Iterator[str]:
    for url in _OUTSIDE.findall(_WITHIN.sub("", unquote(text))):
        if not url.startswith(OWN_HOST):
            yield f"names another host: {url[:60]}"


def _spoken(page: _Reader, response: TestResponse, language: str) -> Iterator[str]:
    root = next((attributes for tag, attributes in page.tags if tag == "html"), {})
    if root.get("lang") != language or response.headers.get("Content-Language") != language:
        yield f"is in {root.get('lang')} instead of {language}"
    if root.get("dir") != LANGUAGES[language].direction:
        yield f"reads {root.get('dir')}"


def _active(page: _Reader) -> Iterator[str]:
    for tag, attributes in page.tags:
        if tag == "script":
            yield "has a script"
        for name, value in attributes.items():
            if name.startswith("on"):
                yield f"has a script in {name}"
            if name == "style":
                yield f"has a style on <{tag}>, which the policy blocks"
            if name in {"href", "action", "formaction"} and not (
                _SCHEMES.match(value) or value.startswith(OWN_HOST)
            ):
                yield f"leads to {value[:40]}"


def _loaded(page: _Reader) -> Iterator[str]:
    for tag, attributes in page.tags:
        if tag in _LOADING_TAGS:
            yield f"loads by <{tag}>"
        if tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            yield "loads another page by itself"
        loading = {name for name in attributes if tag in _LOADING_HREFS and "href" in name}
        for name in (_LOADS & attributes.keys()) | loading:
            if not attributes[name].startswith("data:"):
                yield f"loads {attributes[name][:40]}"
    if any(_CSS_LOADS.search(style) for style in page.styles):
        yield "loads by its style"


def _unnamed_styles(page: _Reader, response: TestResponse) -> Iterator[str]:
    policy = response.headers.get("Content-Security-Policy", "")
    for style in page.styles:
        if f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" not in policy:
            yield "has a style that its policy does not name"
    if "'unsafe" in policy or "default-src 'none'" not in policy:
        yield "has a loose policy"


def _unlabelled(page: _Reader) -> Iterator[str]:
    named = {attributes.get("for", "") for tag, attributes in page.tags if tag == "label"}
    for name in page.unlabelled:
        if name not in named:
            yield f"has a field without label: {name}"
