"""The staff pages of the application, as addresses of one structure, and pages that a test adds to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from werkzeug.routing import AnyConverter, IntegerConverter, UUIDConverter

from portal.people.actions import open_session
from portal.web.guard import access_of, cookie_name, csrf_token

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from build import Furnished, World
    from staff import Colleague
    from werkzeug.routing import Rule

_NOBODY = UUID("01a476c3-0000-7000-8000-000000000000")


def staff_pages(
    world: World, where: Furnished, method: str = "GET", *, number: int = 1
) -> list[tuple[str, str]]:
    """Address and mark of every page below the structure that answers the method.

    Other arguments than the slug are filled with what nobody has, and with this number: the guard stands
    before the look-up.
    """
    adapter = world.app.url_map.bind("localhost")
    return [
        (adapter.build(rule.endpoint, _filled(rule, where, number), method=method), mark)
        for rule in world.app.url_map.iter_rules()
        if "slug" in rule.arguments
        and method in (rule.methods or ())
        and (mark := access_of(world.app, rule.endpoint)) not in {None, "public"}
        and mark is not None
    ]


def plant_view(world: World, path: str, view: Callable[..., Any]) -> None:
    """Answer an address with a view that no release has; the application may already be at work."""
    app = world.app
    app.url_map.add(app.url_rule_class(path, endpoint=path, methods={"GET"}))
    app.view_functions[path] = view


def signed_in_again(world: World, who: Colleague) -> Colleague:
    """The same person in another browser."""
    with world.app.app_context(), world.database.transaction(who.scope) as u:
        token = open_session(u, who.person_id)
        client = world.app.test_client()
        client.set_cookie(cookie_name(), token, domain="localhost")
        return replace(who, client=client, csrf=csrf_token(token))


def _filled(rule: Rule, where: Furnished, number: int) -> dict[str, object]:
    filled = {name: stand_in(one, number) for name, one in rule._converters.items()}
    return filled | {"slug": where.structure.slug}


def stand_in(converter: object, number: int) -> object:
    """A value that the converter takes and nobody has; this number where it takes one."""
    if isinstance(converter, UUIDConverter):
        return _NOBODY
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return number if isinstance(converter, IntegerConverter) else "PAS-2099-999999"
