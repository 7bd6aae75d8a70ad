"""Builders: the smallest world in which a sentence about the portal can be tested."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jinja2 import BytecodeCache

from portal.app import compose
from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.config import load
from portal.core.db import Scope
from portal.questionnaires.publishing import publish_shipped
from portal.tenancy.actions import SiteGiven, found_structure, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from jinja2.bccache import Bucket

    from portal.channels.models import Code
    from portal.core.clock import FixedClock
    from portal.core.db import Database
    from portal.tenancy.models import Site, Structure

SECRET = "a secret of at least thirty-two characters, for tests"


class _Compiled(BytecodeCache):
    """Templates, compiled once for all the applications of a test worker."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was compiled before, if it was."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class _Statements(dict[Any, Any]):
    """Statements, compiled once for all the databases of one kind of a test worker.

    SQLAlchemy keeps them by the dialect's own object, which each engine has for itself.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        """What was compiled before, if it was."""
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        """Keep what was compiled."""
        super().__setitem__((key[0].name, *key[1:]), compiled)


_STATEMENTS = _Statements()


@dataclass(frozen=True, slots=True)
class Furnished:
    """One structure with its main site, a code on it and the published resident questionnaire."""

    structure: Structure
    site: Site
    code: Code

    @property
    def scope(self) -> Scope:
        """The scope of the structure, signed in as nobody."""
        return Scope.of(self.structure.id)


@dataclass(frozen=True, slots=True)
class World:
    """The application over a fresh database, with a structure in Lyon and one in Strasbourg."""

    app: Flask
    database: Database
    clock: FixedClock
    lyon: Furnished
    strasbourg: Furnished

    @classmethod
    @contextmanager
    def made(
        cls, url: str, clock: FixedClock, folder: Path, there: tuple[Furnished, Furnished] | None = None
    ) -> Iterator[World]:
        """A world over a migrated, empty database; or over one in which these two were furnished before."""
        environ = {
            "PORTAL_DATABASE_URL": url,
            "PORTAL_DATA": str(folder),
            "PORTAL_SECRET_KEY": SECRET,
            "PORTAL_BASE_URL": "http://portal.test",
        }
        app, database = compose(replace(load(environ), cheap_hashes=True), clock=clock)
        app.jinja_env.bytecode_cache = _COMPILED
        for engine in database.engines:
            engine._compiled_cache = _STATEMENTS
        try:
            lyon, strasbourg = there or (
                furnished(database, "passerelle", "PAS", "La Passerelle", "metropole"),
                furnished(database, "rive-gauche", "RIV", "Rive Gauche", "alsace_moselle"),
            )
            yield cls(app, database, clock, lyon, strasbourg)
        finally:
            database.engine.dispose()


def furnished(database: Database, slug: str, letters: str, name: str, zone: str) -> Furnished:
    """A structure that already listens."""
    with database.transaction(Scope.nobody()) as u:
        structure = found_structure(u, slug=slug, letters=letters, name=name, colour="#0b5c68")
    with database.transaction(Scope.of(structure.id)) as u:
        site = furnish(u, site=SiteGiven(name=f"{name}, centre", slug="centre", zone=zone, is_main=True))
        publish_shipped(u, "q-res")
        code = issue_code(u, CodeGiven(CodeKind.CARD, "Carte", site.id))
    return Furnished(structure, site, code)
