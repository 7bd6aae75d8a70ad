"""Who may open a page: every view is marked `public`, `signed_in`, `member` or `requires(permission)`.

The mark is checked when the application is composed, so that a route without one never starts. A view for
staff receives its `Desk` first: person, structure, role, scope, and the token of its forms.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import wraps
from hmac import compare_digest
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeAlias, TypeVar
from urllib.parse import quote

from flask import redirect, request
from flask_babel import force_locale

from portal.core.crypto import keyed_digest
from portal.core.db import Scope
from portal.core.errors import Expired, NotFound, Refused, Tampered
from portal.core.languages import DEFAULT, LANGUAGES
from portal.core.outage import outage_of
from portal.people.actions import touch_session
from portal.people.queries import Card, Place, memberships_of, session_person
from portal.people.rules import Permission, Role, may
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.typing import ResponseReturnValue

    from portal.core.db import Database
    from portal.tenancy.models import Structure

P = ParamSpec("P")
R = TypeVar("R")
_MARK = "portal_access"
_MOST = "portal_most_bytes"
_CSRF = "csrf"
KEPT_WORDS = ("message", "note", "said")
"""The fields in which somebody writes at length: a page that came too late gives them back."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_STATIC = "static"
_STAFF_ADDRESSES = frozenset(
    {
        "s",
        "sign-in",
        "sign-out",
        "structures",
        "_components",
        "account",
        "invitations",
        "forgotten-password",
        "new-password",
        "start",
        "network",
    }
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A signed-in person at a structure; at `/structures` and `/sign-out`, at none."""

    person: Card
    language: str
    csrf: str = field(repr=False)
    structure: Structure | None = None
    role: Role | None = None

    @property
    def scope(self) -> Scope:
        """The scope of this person: their structure, or the tables owned by nobody."""
        if self.structure is None:
            return Scope.nobody(actor_id=self.person.id, locale=self.language)
        role = self.role.value if self.role else None
        return Scope.of(self.structure.id, actor_id=self.person.id, role=role, locale=self.language)

    @property
    def slug(self) -> str:
        """The slug of the structure. Raises `NotFound` where there is none."""
        if self.structure is None:
            raise NotFound("structure")
        return self.structure.slug

    def may(self, permission: Permission) -> bool:
        """Whether this person's role has the permission here."""
        return self.role is not None and may(self.role, permission)

    def url(self, *parts: str) -> str:
        """An address below the structure's staff pages."""
        return "/".join(("", "s", self.slug, *parts))


View: TypeAlias = "Callable[P, ResponseReturnValue]"
DeskView: TypeAlias = "Callable[Concatenate[Desk, P], ResponseReturnValue]"


def public(view: View[P]) -> View[P]:
    """The view, open to everybody."""
    setattr(view, _MARK, "public")
    return view


def signed_in(view: DeskView[P]) -> View[P]:
    """The view, for whoever is signed in, at no structure."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        desk = current_desk()
        if desk is None:
            return to_sign_in()
        _check_form(desk)
        with force_locale(desk.language):
            return view(desk, *args, **kwargs)

    setattr(guarded, _MARK, "signed_in")
    return guarded


def requires(permission: Permission) -> Callable[[DeskView[P]], Callable[..., ResponseReturnValue]]:
    """The view below `/s/<slug>/`, for members of the structure whose role has the permission.

    Unknown and foreign structures look the same (404); without the permission, one's own refuses (403).
    """

    def marked(view: DeskView[P]) -> Callable[..., ResponseReturnValue]:
        return _at_structure(view, permission)

    return marked


def member(view: DeskView[P]) -> Callable[..., ResponseReturnValue]:
    """The view below `/s/<slug>/`, for every member of the structure, whatever the role."""
    return _at_structure(view, None)


def _at_structure(view: DeskView[P], permission: Permission | None) -> Callable[..., ResponseReturnValue]:
    @wraps(view)
    def guarded(slug: str, *args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        desk = current_desk(slug)
        if desk is None:
            return to_sign_in()
        if permission is not None and not desk.may(permission):
            raise Refused("permission", permission=permission.value)
        _check_form(desk)
        with force_locale(desk.language):
            return view(desk, *args, **kwargs)

    setattr(guarded, _MARK, permission.value if permission else "member")
    return guarded


def takes(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The view, taking a body of so many bytes (a file) where others take 256 kB; above or below the mark."""

    def marked(view: Callable[P, R]) -> Callable[P, R]:
        setattr(view, _MOST, most)
        return view

    return marked


def most_bytes(app: Flask, endpoint: str | None) -> int | None:
    """The size that `takes` gave a view; None without one."""
    return getattr(app.view_functions.get(endpoint or ""), _MOST, None)


def check_marks(app: Flask) -> None:
    """Refuse to serve a view that does not say who may open it."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != _STATIC and access_of(app, rule.endpoint) is None:
            message = f"{rule.rule}: mark its view as public, signed_in, member or requires(permission)"
            raise RuntimeError(message)


def access_of(app: Flask, endpoint: str) -> str | None:
    """The mark of a view: "public", "signed_in", "member", a permission's value; None without one."""
    return getattr(app.view_functions.get(endpoint), _MARK, None)


def is_of_teams(app: Flask, route: str | None) -> bool:
    """Whether a view is for people who are signed in; False for the unknown address."""
    return route is not None and access_of(app, route) not in {None, "public"}


def is_staff_address(path: str) -> bool:
    """Whether the address belongs to the teams, whoever asks and whether or not it exists."""
    return path.split("/", 2)[1] in _STAFF_ADDRESSES


def cookie_name() -> str:
    """The session's cookie; its name and flags follow the scheme of the base address (decisions, 27)."""
    return "__Host-portal" if is_https() else "portal"


def is_https() -> bool:
    """Whether residents' phones reach the portal by https."""
    return house().config.base_url.startswith("https:")


def current_desk(slug: str | None = None) -> Desk | None:
    """The signed-in person, at the structure of the slug; None for nobody. A stranger gets `NotFound`."""
    token = request.cookies.get(cookie_name())
    if not token:
        return None
    database = house().database
    with database.reading(Scope.nobody()) as u:
        found = session_person(u, token)
    if found is None:
        return None
    if found.touch_due:
        _touch(database, token)
    person = found.person
    language = person.locale if person.locale in LANGUAGES else DEFAULT
    desk = Desk(person, language, csrf_token(token))
    if slug is None:
        return desk
    place = next((one for one in places_of(desk) if one.structure.slug == slug), None)
    if place is None:
        raise NotFound("structure")
    return replace(desk, structure=place.structure, role=place.role)


def _touch(database: Database, token: str) -> None:
    """The session was used now; while nothing can be written, it can still be read."""
    try:
        with database.transaction(Scope.nobody()) as u:
            touch_session(u, token)
    except Exception as error:
        if outage_of(error) is None:
            raise


def places_of(desk: Desk) -> list[Place]:
    """Where the person may work."""
    with house().database.reading(Scope.nobody(actor_id=desk.person.id)) as u:
        return memberships_of(u, desk.person.id)


def csrf_token(session_token: str) -> str:
    """The token of a session's forms: whoever cannot read the cookie cannot make it."""
    return keyed_digest(house().keys.sub(_CSRF), session_token).hex()


def _check_form(desk: Desk) -> None:
    """Refuse a form that did not come from a page of this session."""
    if request.method in _READS:
        return
    if not compare_digest(request.form.get("csrf_token", "").encode(), desk.csrf.encode()):
        raise Tampered(_CSRF)


def to_sign_in() -> ResponseReturnValue:
    """The way to the sign-in page, and back here after it when a page was asked for.

    Raises `Expired("session")` for a form with words in it: the page that says so gives them back.
    """
    if any(request.form.get(name) for name in KEPT_WORDS):
        raise Expired("session")
    wanted = f"?next={quote(request.full_path.rstrip('?'))}" if request.method == "GET" else ""
    return redirect(f"/sign-in{wanted}", 303)
