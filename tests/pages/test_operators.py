"""What programs that watch the portal ask."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

import portal
from portal.core.upgrade import head
from portal.web.house import KEY

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse


def asked(world: World, path: str) -> TestResponse:
    """The answer to a program."""
    return world.app.test_client().get(path)


def placed(world: World, url: str) -> None:
    """Let the application ask another database whether it is ready."""
    house = world.app.extensions[KEY]
    world.app.extensions[KEY] = replace(house, config=replace(house.config, database_url=url))


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/version"])
def test_a_portal_in_order_says_so_and_sets_no_cookie(world: World, path: str) -> None:
    answer = asked(world, path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_version_is_told_with_its_schema(sqlite_world: World) -> None:
    assert asked(sqlite_world, "/version").json == {
        "name": "portevoix",
        "version": portal.__version__,
        "schema": head(),
    }


def test_a_database_behind_is_not_ready_and_says_what_to_do(sqlite_world: World) -> None:
    url = sqlite_world.app.extensions[KEY].config.database_url
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0000'"))
    engine.dispose()
    answer = asked(sqlite_world, "/readyz")
    assert answer.status_code == 503
    assert "portal db upgrade" in answer.text
    assert asked(sqlite_world, "/healthz").status_code == 200


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/portal.db", "postgresql://portal_app@127.0.0.1:1/portal"]
)
def test_a_database_that_does_not_answer_is_not_ready(sqlite_world: World, url: str) -> None:
    placed(sqlite_world, url)
    answer = asked(sqlite_world, "/readyz")
    assert answer.status_code == 503
    assert answer.text == "The database does not answer.\n"
    assert asked(sqlite_world, "/healthz").status_code == 200


def test_an_empty_database_is_not_ready(sqlite_world: World, tmp_path: object) -> None:
    placed(sqlite_world, f"sqlite:///{tmp_path}/empty.db")
    assert asked(sqlite_world, "/readyz").status_code == 503
