"""A request goes the short way through Flask, and arrives where Flask's and Werkzeug's own would bring it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint
from gunicorn.http.errors import InvalidHeader
from gunicorn.http.wsgi import Response as Sent
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phone import Phone
from walls.addresses import stand_in
from werkzeug.routing import BuildError, Map, MapAdapter, Rule
from werkzeug.routing.converters import BaseConverter
from werkzeug.routing.exceptions import NoMatch, RequestPath
from werkzeug.routing.matcher import StateMachineMatcher
from werkzeug.test import create_environ, run_wsgi_app
from werkzeug.wrappers import Response

from portal.web.dispatch import Portal, check_hooks
from portal.web.house import this_request
from portal.web.kit import FinalResponse
from portal.web.matching import Way, Ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from build import World

METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS")
ODD = ("", "0", "9999999999", "-1", "fr", "danger", "..", "%2e", "\u0661", "7KQ4M2", "answers", "a.b", " ")


def theirs(ways: Ways, path: str, method: str) -> tuple[str, str, Any] | None:
    """The rule of an address and its values as Werkzeug finds them; None for what it refuses or sends on."""
    begun = f"/{path.lstrip('/')}"  # which its adapter does first
    try:
        rule, values = StateMachineMatcher.match(ways._matcher, "", begun, method, websocket=False)
    except (NoMatch, RequestPath):
        return None
    return rule.endpoint, rule.rule, values


def ours(ways: Ways, path: str, method: str) -> tuple[str, str, Any] | None:
    """The same as the short way finds them; None for what it leaves to Werkzeug."""
    found = ways.plainly(path, method)
    return None if found is None else (found[0].endpoint, found[0].rule, found[1])


def differing(ways: Ways, paths: Iterable[str]) -> list[tuple[str, str]]:
    """The addresses, with a method, that the short way takes elsewhere than Werkzeug's, or not at all."""
    ways.update()
    return [
        (path, method)
        for path in paths
        for method in METHODS
        if ours(ways, path, method) != theirs(ways, path, method)
    ]


def places(place: Any) -> Iterator[Any]:
    """A place of the walk and all that come after it."""
    yield place
    for then in (*place.words.values(), *(step.then for step in place.steps)):
        yield from places(then)


def spoiled(ways: Ways) -> Iterator[str]:
    """Each rule's address as it stands, and with each part left out, doubled, or replaced by odd ones."""
    for rule in ways.iter_rules():
        yield rule.rule
        parts = rule.rule.split("/")[1:]
        for at in range(len(parts) + 1):
            yield "/" + "/".join(parts[:at])
            yield "/" + "/".join([*parts[:at], "", *parts[at:]])
            for odd in ODD:
                yield "/" + "/".join([*parts[:at], odd, *parts[at + 1 :]])


def sound(ways: Ways) -> Iterator[tuple[str, str]]:
    """An address of each rule, each of its values a word that its converter takes, and a method."""
    for rule in ways.iter_rules():
        values = {name: stand_in(one, 3) for name, one in rule._converters.items()}
        _domain, path = rule.build(values) or ("", "")
        for method in sorted(rule.methods or ()):
            yield path, method


@pytest.fixture
def ways(sqlite_world: World) -> Ways:
    found = sqlite_world.app.url_map
    assert isinstance(found, Ways)
    return found


def test_every_address_means_what_it_means_to_werkzeug(ways: Ways) -> None:
    assert not differing(ways, spoiled(ways))


PARTS = st.sampled_from(["q", "p", "t", "s", "fr", "ar", "answers", "7KQ4M2", "1", "", "complaint", "done"])


@settings(max_examples=300)
@given(st.lists(PARTS, max_size=7))
@example(["q", "x", "fr"])
def test_so_do_addresses_put_together_by_chance(parts: list[str]) -> None:
    ways = Ways([Rule("/<any(q, p):kind>/<key>", endpoint="first", methods=["GET"])])
    ways.add(Rule("/<any(q, p):kind>/<key>/<language>", endpoint="second", methods=["POST"]))
    ways.add(Rule("/<any(q, p, t):kind>/<key>/<language>/done", endpoint="third"))
    ways.add(Rule("/q/<key>/fr/", endpoint="fourth"))
    ways.add(Rule("/s/<path:rest>", endpoint="fifth"))
    assert not differing(ways, ["/" + "/".join(parts)])


def test_a_walk_that_tries_the_ways_in_another_order_is_found() -> None:
    planted = Ways([Rule("/x/<int:number>", endpoint="number"), Rule("/x/<word>", endpoint="word")])
    assert not differing(planted, ["/x/7"])
    (place,) = (one for one in places(planted._matcher._start) if len(one.steps) > 1)
    object.__setattr__(place, "steps", place.steps[::-1])
    assert differing(planted, ["/x/7"])


def test_every_rule_has_an_address_that_is_found_plainly(ways: Ways) -> None:
    found = {(path, method): ways.plainly(path, method) for path, method in sound(ways)}
    assert len(found) > 400
    assert all(told is not None and method in (told[0].methods or ()) for (_, method), told in found.items())


def test_a_request_is_not_brought_to_its_view_by_werkzeugs_walk(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_asked: object, **_told: object) -> None:
        raise AssertionError("asked")

    ask = sqlite_world.app.test_client()
    monkeypatch.setattr(StateMachineMatcher, "match", never)
    assert ask.get("/healthz").status_code == 200
    assert ask.get("/nowhere/at/all").status_code == 500


def test_a_value_that_its_converter_refuses_is_no_address() -> None:
    assert not differing(Ways([Rule("/<int(max=5):n>", endpoint="n")]), ["/5", "/6", "/x"])


def test_an_address_is_written_as_werkzeug_writes_it_once_somebody_asks(ways: Ways) -> None:
    adapter = ways.bind("localhost")
    for rule in ways.iter_rules():
        assert isinstance(rule, Way)
        values = {name: stand_in(one, 3) for name, one in rule._converters.items()}
        plain = Rule(rule.rule, endpoint="plain")
        Map([plain], converters=ways.converters)
        assert rule.build({**values, "more": "x"}) == plain.build({**values, "more": "x"})
        assert rule.build(values, append_unknown=False) == plain.build(values, append_unknown=False)
    with pytest.raises(BuildError):
        adapter.build("nowhere.at_all")


def test_what_werkzeug_says_of_other_addresses_is_said(sqlite_world: World) -> None:
    ask = sqlite_world.app.test_client()
    assert ask.get("/nowhere/at/all").status_code == 404
    assert ask.put("/q/7KQ4M2").status_code == 405
    slashes = ask.get("/q//7KQ4M2?a=b")
    assert (slashes.status_code, slashes.location) == (308, "/q/7KQ4M2?a=b")
    options = ask.options("/q/7KQ4M2")
    assert options.status_code == 200
    assert options.allow is not None
    assert set(options.allow) == {"GET", "HEAD", "OPTIONS"}


def test_an_adapter_holds_what_werkzeugs_holds_once_it_is_asked(sqlite_world: World) -> None:
    with sqlite_world.app.test_request_context("/q/7KQ4M2?a=b", method="POST", base_url="https://x.test"):
        finder = sqlite_world.app.create_url_adapter(this_request())
        assert finder is not None
        whole = MapAdapter(finder.map, "x.test", "", "", "https", "/q/7KQ4M2", "POST", "a=b")
        assert {name: getattr(finder, name) for name in vars(whole)} == vars(whole)
        with pytest.raises(AttributeError):
            getattr(finder, "nothing")  # noqa: B009 -- it has none, as mypy would say


class _Pair(BaseConverter):
    regex = "(a)|(b)"


class _Named(BaseConverter):
    regex = "(?P<first>a)b"


@pytest.mark.parametrize(
    "rule",
    [
        Rule("/x", endpoint="x", defaults={"page": 1}),
        Rule("/x", endpoint="x", alias=True),
        Rule("/x", endpoint="x", redirect_to="y"),
        Rule("/x", endpoint="x", websocket=True),
        Rule("/x/<path:rest>/", endpoint="x"),
        Rule("/<pair:both>", endpoint="x"),
        Rule("/<named:both>", endpoint="x"),
        Rule("/x", endpoint="x", strict_slashes=False),
    ],
    ids=str,
)
def test_a_rule_that_the_walk_could_not_decide_is_refused(rule: Rule) -> None:
    ways = Ways(converters={**Map.default_converters, "pair": _Pair, "named": _Named})
    ways.add(rule)
    with pytest.raises(RuntimeError):
        ways.update()


def test_the_application_has_no_hook_that_would_not_be_called(sqlite_world: World) -> None:
    check_hooks(sqlite_world.app)


@pytest.mark.parametrize(
    "hook", ["before_request", "after_request", "teardown_request", "url_value_preprocessor"]
)
def test_a_hook_of_a_blueprint_is_refused(hook: str) -> None:
    app, blueprint = Portal("planted"), Blueprint("planted", "planted")
    getattr(blueprint, hook)(lambda *_told: None)
    app.register_blueprint(blueprint)
    with pytest.raises(RuntimeError, match="planted"):
        check_hooks(app)


@pytest.mark.parametrize("hook", ["teardown_request", "url_value_preprocessor", "teardown_appcontext"])
def test_so_is_one_that_the_application_itself_never_calls(hook: str) -> None:
    app = Portal("planted")
    getattr(app, hook)(lambda *_told: None)
    with pytest.raises(RuntimeError, match="never called"):
        check_hooks(app)


def test_nothing_is_hung_on_the_way_of_a_request_once_one_has_come() -> None:
    app = Portal("planted")
    assert app.test_client().get("/").status_code == 404
    with pytest.raises(AssertionError, match="before_request"):
        app.before_request(lambda: "late")


def test_a_hook_that_came_after_the_look_is_refused_with_the_first_request() -> None:
    app, late = Portal("planted"), Blueprint("late", "late")
    app.add_url_rule("/", view_func=lambda: "seen")
    check_hooks(app)
    late.before_request(lambda: "refused")
    app.register_blueprint(late)
    app.logger.disabled = True
    assert [app.test_client().get("/").status_code for _ in range(2)] == [500, 500]


def test_a_hook_that_fails_is_an_error_page_and_fails_again_without_harm() -> None:
    app, told = Portal("planted"), list[str]()

    def broken(response: Any) -> Any:
        told.append(response.status)
        raise LookupError

    app.add_url_rule("/", view_func=lambda: "seen")
    app.after_request(broken)
    app.logger.disabled = True
    assert app.test_client().get("/").status_code == 500
    assert told == ["200 OK", "500 INTERNAL SERVER ERROR"]


def test_hooks_are_called_in_flasks_order_and_the_first_refusal_ends_the_way() -> None:
    app, called = Portal("planted"), list[str]()

    def told(name: str, answer: Any = None) -> Any:
        def hook(*given: Any) -> Any:
            called.append(name)
            return given[0] if given else answer

        return hook

    app.add_url_rule("/", view_func=told("view", "seen"))
    app.before_request(told("one"))
    app.before_request(told("two"))
    app.after_request(told("after one"))
    app.after_request(told("after two"))
    assert app.test_client().get("/").text == "seen"
    assert called == ["one", "two", "view", "after two", "after one"]
    called.clear()
    app._got_first_request = False
    app.before_request(told("three", "refused"))
    assert app.test_client().get("/").text == "refused"
    assert called == ["one", "two", "three", "after two", "after one"]


def sent_by(response: Response, method: str) -> tuple[bytes, str, list[tuple[str, str]]]:
    """What a server gets of a response: body, status, and headers by name."""
    body, status, headers = run_wsgi_app(response, create_environ(method=method))
    return b"".join(body), status, sorted(headers)


@pytest.mark.parametrize("status", [200, 303, 404, 410, 422])
def test_a_finished_response_is_sent_as_werkzeug_would_send_it(status: int) -> None:
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "3")]
    finished, plain = FinalResponse((b"abc",), status, [*headers]), Response(b"abc", status, headers)
    finished.headers["Cache-Control"] = plain.headers["Cache-Control"] = "no-store"
    for method in ("GET", "HEAD"):
        assert sent_by(finished, method) == sent_by(plain, method)
    assert (finished.status_code, finished.get_data()) == (status, b"abc")
    with pytest.raises(KeyError):
        FinalResponse((b"abc",), 999, [])
    closed: list[str] = []
    finished.call_on_close(lambda: closed.append("told"))
    finished.close()
    assert closed == ["told"]


def test_a_line_break_in_a_header_ends_at_the_door_or_at_the_server(sqlite_world: World) -> None:
    phone = Phone.at(sqlite_world, f"/q/{sqlite_world.lyon.code.code}/fr")
    assert "/answers/" in phone.action
    for broken in ("/answers/%0d%0aSet-Cookie:%20a=b", "/answers/%0a"):
        answer = phone.client.post(phone.action.replace("/answers/", broken), data={"answer": "yes"})
        assert answer.status_code == 400
        assert not {"Location", "Set-Cookie"} & set(dict(answer.headers))
    sent = object.__new__(Sent)
    sent.headers = []
    with pytest.raises(InvalidHeader):
        sent.process_headers([("Location", "/q/x\r\nSet-Cookie: a=b")])
