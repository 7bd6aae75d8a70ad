"""Which view an address means: Werkzeug's own walk over its states, with nothing worked out twice.

Werkzeug compiles each pattern it meets and sorts the groups of each match, at every request; that is a tenth
of a resident's page. What is not plainly one rule's (a slash too many, another method, the address of
nothing) is left to Werkzeug, which knows what to say of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from werkzeug.routing import Map, MapAdapter, Rule, ValidationError
from werkzeug.routing.matcher import StateMachineMatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flask import Request
    from werkzeug.routing import RuleFactory
    from werkzeug.routing.matcher import State


_HELD = frozenset(
    {
        "server_name",
        "script_name",
        "subdomain",
        "url_scheme",
        "path_info",
        "default_method",
        "query_args",
        "websocket",
    }
)
"""What an adapter of Werkzeug's holds besides its map."""
_VALUE = "__werkzeug_"
"""How Werkzeug names the groups that hold values, before a number."""
_Found: TypeAlias = "tuple[Rule, tuple[str, ...]]"


class _Unusual(Exception):
    """An address that the plain walk does not decide."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A segment of an address that holds values, or all that is left of it, and what comes then."""

    pattern: re.Pattern[str]
    takes_rest: bool
    then: _Place


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk stands: the rules that end here, and the ways on in the order of trying."""

    rules: Sequence[Rule]
    words: dict[str, _Place]
    steps: Sequence[_Step]


class Matcher(StateMachineMatcher):
    """Werkzeug's matcher, and a shorter way to what an address plainly means."""

    _start: _Place

    def update(self) -> None:
        """Sort the ways as Werkzeug does, and learn them."""
        super().update()
        self._start = _place(self._root)

    def plainly(self, path: str, method: str) -> tuple[Rule, dict[str, Any]] | None:
        """The rule of an address and its values by name; None where Werkzeug has to say what it means."""
        # Before the path stands the domain, which no rule here names.
        parts = ["", "", *path.lstrip("/").split("/"), None]
        try:
            found = _walk(self._start, parts, 0, method)
            if found is None:
                return None
            rule, texts = found
            converters = rule._converters.items()  # noqa: SLF001 -- no public way to them
            return rule, {
                name: one.to_python(text) for (name, one), text in zip(converters, texts, strict=True)
            }
        except (_Unusual, ValidationError):
            return None


class Way(Rule):
    """A rule that learns how its address is written once somebody asks; here addresses are written by hand.

    To learn it for every rule is nine tenths of what it takes to compose the application.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 -- theirs
        learned: list[Callable[..., tuple[str, str]]] = []

        def write(rule: Way, **values: Any) -> tuple[str, str]:
            if not learned:
                learned.append(super()._compile_builder(append_unknown))
            return learned[0](rule, **values)

        return write


class Ways(Map):
    """Werkzeug's map of addresses over the shorter matcher."""

    _matcher: Matcher

    def __init__(
        self, rules: Iterable[RuleFactory] | None = None, *settings: Any, **more_settings: Any
    ) -> None:
        super().__init__(None, *settings, **more_settings)
        self._matcher = Matcher(self.merge_slashes)
        for rule in rules or ():
            self.add(rule)

    def plainly(self, path: str, method: str) -> tuple[Rule, dict[str, Any]] | None:
        """The rule of an address and its values; None where it is not plainly one rule's."""
        self.update()
        return self._matcher.plainly(path, method)


class Finder(MapAdapter):
    """What finds the view of a request: by its path alone, whatever host it was asked of.

    Whatever else Werkzeug's adapter can tell begins once somebody asks: it takes as long as the way itself.
    """

    map: Ways

    def __init__(self, ways: Ways, asked: Request) -> None:
        self.map, self._asked = ways, asked

    def match(self, *given: Any, **named: Any) -> Any:
        """As Werkzeug's: the rule and its values, for Flask, which asks for the request's own address."""
        found = None
        if not given and named == {"return_rule": True}:
            found = self.map.plainly(self._asked.path, self._asked.method)
        return super().match(*given, **named) if found is None else found

    def make_redirect_url(self, *given: Any, **named: Any) -> str:
        """The same address written as it should be; without a host, which is whatever the client said."""
        whole = urlsplit(super().make_redirect_url(*given, **named))
        return urlunsplit(("", "", f"/{whole.path.lstrip('/')}", whole.query, ""))

    def __getattr__(self, name: str) -> Any:
        """What Werkzeug's adapter holds from its beginning, which is now."""
        if name not in _HELD:
            raise AttributeError(name)
        asked = self._asked
        query = asked.query_string.decode(errors="replace")
        super().__init__(
            self.map, asked.host, asked.root_path, "", asked.scheme, asked.path, asked.method, query
        )
        return self.__dict__[name]


def _place(state: State) -> _Place:
    """What the walk finds at a state. Raises `RuntimeError` for a rule that it could not decide."""
    for rule in state.rules:
        if rule.alias or rule.defaults or rule.websocket or rule.redirect_to or not rule.strict_slashes:
            raise RuntimeError(f"{rule}: an address has one rule here, and values where they stand")
    words = {word: _place(then) for word, then in state.static.items()}
    steps = [_step(part, then) for part, then in state.dynamic]
    return _Place(tuple(state.rules), words, tuple(steps))


def _step(part: Any, then: State) -> _Step:
    if part.suffixed:
        raise RuntimeError(f"{part.content}: what takes the rest of an address takes its last slash, too")
    pattern = re.compile(part.content)
    if len([name for name in pattern.groupindex if name.startswith(_VALUE)]) != pattern.groups:
        raise RuntimeError(f"{part.content}: a converter with groups of its own")
    return _Step(pattern, part.final, _place(then))


def _walk(place: _Place, parts: Sequence[Any], at: int, method: str) -> _Found | None:
    """The rule and the texts of its values; None where no rule takes the address from here on.

    The parts are texts, and after the last one stands None.
    """
    part = parts[at]
    if part is None:
        return _ended(place, method)
    found = _walk(place.words[part], parts, at + 1, method) if part in place.words else None
    if found is not None:
        return found
    for step in place.steps:
        text, after = ("/".join(parts[at:-1]), -1) if step.takes_rest else (part, at + 1)
        match = step.pattern.match(text)
        found = _walk(step.then, parts, after, method) if match else None
        if match and found is not None:
            rule, texts = found
            return rule, match.groups() + texts
    return None


def _ended(place: _Place, method: str) -> _Found | None:
    """The rule that ends here and takes this method, which has no value any more."""
    for rule in place.rules:
        if rule.methods is None or method in rule.methods:
            return rule, ()
    if "" in place.words:
        raise _Unusual  # a slash is missing
    return None
