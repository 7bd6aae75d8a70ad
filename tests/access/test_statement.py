"""A structure claims what an audit has shown, as long as it holds, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from staff import signed_in

from portal.core.languages import LANGUAGES
from portal.people.rules import Role
from portal.web.grades import Audit, Grade, grade_of
from portal.web.rgaa import HUMAN, OPEN

if TYPE_CHECKING:
    from build import World

SETTING = "/s/passerelle/settings/accessibility"
SPACE = "\N{NO-BREAK SPACE}"
NOT, PARTLY = f"Accessibilité{SPACE}: non conforme", f"Accessibilité{SPACE}: partiellement conforme"
TODAY = date(2027, 3, 24)


def page(world: World, path: str = "/p/passerelle/fr/accessibility") -> str:
    """What anybody reads."""
    return world.app.test_client().get(path).text


@pytest.mark.parametrize(
    ("audit", "grade"),
    [
        (None, Grade.NOT),
        (Audit(TODAY, 49), Grade.NOT),
        (Audit(TODAY, 50), Grade.PARTLY),
        (Audit(TODAY, 99), Grade.PARTLY),
        (Audit(TODAY, 100), Grade.FULLY),
        (Audit(date(2024, 3, 25), 100), Grade.FULLY),
        (Audit(date(2024, 3, 24), 100), Grade.NOT),
    ],
)
def test_what_may_be_claimed(audit: Audit | None, grade: Grade) -> None:
    assert grade_of(audit, TODAY) is grade


def test_without_an_audit_every_page_says_that_it_does_not_conform(world: World) -> None:
    root = f"/q/{world.lyon.code.code}/fr"
    for path in ("/p/passerelle/fr/accessibility", root, f"{root}/complaint", f"{root}/danger"):
        assert NOT in page(world, path), path


def test_an_audit_that_is_written_down_shows_in_the_statement_and_in_every_footer(world: World) -> None:
    lead, root = signed_in(world), f"/q/{world.lyon.code.code}/fr"
    assert NOT in page(world, root)
    sent = lead.post(SETTING, day="2027-03-01", rate="87")
    assert sent.status_code == 303
    assert "1er mars 2027" in page(world)
    assert f"87{SPACE}%" in page(world).replace("\N{NARROW NO-BREAK SPACE}", SPACE)
    for path in ("/p/passerelle/fr/accessibility", root, f"{root}/complaint"):
        assert PARTLY in page(world, path), path
    assert NOT in page(world, f"/q/{world.strasbourg.code.code}/fr"), "another structure claims nothing"
    assert "mars 2027" in lead.get("/s/passerelle/settings").text


def test_an_audit_older_than_three_years_no_longer_counts(sqlite_world: World) -> None:
    root = f"/q/{sqlite_world.lyon.code.code}/fr"
    signed_in(sqlite_world).post(SETTING, day="2027-03-01", rate="100")
    assert NOT not in page(sqlite_world, root)
    sqlite_world.clock.set(sqlite_world.clock.now() + timedelta(days=3 * 366))
    assert NOT in page(sqlite_world)
    assert "Il a plus de trois ans" in page(sqlite_world)
    assert NOT in page(sqlite_world, root), "the footer goes on claiming it"


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "2027-03-25", "rate": "87"},
        {"day": "", "rate": "87"},
        {"day": "2027-03-01", "rate": "101"},
        {"day": "2027-03-01", "rate": ""},
        {"day": "2027-03-01", "rate": "beaucoup"},
    ],
)
def test_an_audit_that_cannot_be_is_told(sqlite_world: World, wrong: dict[str, str]) -> None:
    answer = signed_in(sqlite_world).post(SETTING, **wrong)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert NOT in page(sqlite_world)


def test_only_who_manages_the_settings_writes_an_audit_down(sqlite_world: World) -> None:
    mediator = signed_in(sqlite_world, Role.MEDIATOR, email="noor@passerelle.example")
    assert mediator.post(SETTING, day="2027-03-01", rate="100").status_code == 403
    assert NOT in page(sqlite_world)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_statement_says_all_that_the_law_asks(sqlite_world: World, language: str) -> None:
    text = page(sqlite_world, f"/p/passerelle/{language}/accessibility")
    for part in ("La Passerelle", "RGAA 4.1.2", "106", "2026", "/complaint", "Libre réponse 71120"):
        assert part in text, part
    assert text.count("<li>") > len(OPEN) + len(HUMAN)
