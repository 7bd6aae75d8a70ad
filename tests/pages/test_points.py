"""Many points of one structure from a table: what the page says of it, and what it opens."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from staff import signed_in

from portal.channels.queries import codes
from portal.people.rules import Role
from portal.tenancy.queries import agreements, sites, teams

if TYPE_CHECKING:
    from build import Furnished, World
    from staff import Colleague
    from werkzeug.test import TestResponse

POINTS = "/s/passerelle/settings/points"
TABLE = (
    "site;équipe;partenaire;objet;début;code;libellé\n"
    "Annexe;Nord;Bailleur;Soirées;01/01/2027;Affiche;Hall\n"
    ";;;;;Carte;Accueil\n"
)


def sent(who: Colleague, text: str | bytes, **more: str) -> TestResponse:
    """A table, sent to be looked at."""
    raw = text.encode() if isinstance(text, str) else text
    return who.post(POINTS, table=(BytesIO(raw), "points.csv"), **more)


def kept(who: Colleague, page: TestResponse) -> TestResponse:
    """The table that waits in this page, opened."""
    waiting = page.text.partition('name="file" value="')[2].partition('"')[0]
    return opened(who, waiting)


def opened(who: Colleague, waiting: str) -> TestResponse:
    """The page's second form, as a browser sends it."""
    sent = {"csrf_token": who.csrf, "file": waiting}
    return who.client.post(POINTS, data=sent, content_type="multipart/form-data")


def there(world: World, where: Furnished) -> tuple[int, int, int, int]:
    """How many sites, teams, agreements and codes there are."""
    with world.database.reading(where.scope) as u:
        return len(sites(u)), len(teams(u)), len(agreements(u)), len(codes(u))


def test_a_table_is_looked_at_before_it_opens_anything_and_again_after(world: World) -> None:
    lead = signed_in(world)
    page = sent(lead, TABLE)
    assert page.status_code == 200
    assert "2 codes seront ouverts" in page.text
    assert there(world, world.lyon) == (1, 0, 0, 1)
    assert kept(lead, page).location == "/s/passerelle/codes?done=opened"
    assert there(world, world.lyon) == (2, 1, 1, 3)
    assert there(world, world.strasbourg) == (1, 0, 0, 1)
    again = sent(lead, TABLE)
    assert 'name="file"' not in again.text
    assert kept(lead, page).status_code == 303
    assert there(world, world.lyon) == (2, 1, 1, 3)


def test_an_example_can_be_sent_as_it_is(world: World) -> None:
    lead = signed_in(world)
    example = lead.get(f"{POINTS}/example.csv")
    assert example.data.startswith(b"\xef\xbb\xbf")
    assert sent(lead, example.data).status_code == 200


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Choisissez un fichier"),
        ("site;zone\nAnnexe;Lune\n", "Lune"),
        ("site;partenaire\nAnnexe;Bailleur\n", "quand cette convention commence"),
        ("structure;site\nRive Gauche;Annexe\n", "Seule <bdi>La Passerelle</bdi>"),
        ("<html>", "page web"),
        ("site\n" + "x" * 300_000, "trop long"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_opened(world: World, text: str, told: str) -> None:
    page = sent(signed_in(world), text)
    assert (page.status_code, told in page.text) == (422, True)
    assert there(world, world.lyon) == (1, 0, 0, 1)


@pytest.mark.parametrize("waiting", ["%%%", "AAAA", "", "x" * 400_000])
def test_a_file_that_was_tampered_with_in_the_page_is_read_as_any_other(world: World, waiting: str) -> None:
    assert opened(signed_in(world), waiting).status_code == 422
    assert there(world, world.lyon) == (1, 0, 0, 1)


def test_what_a_table_says_is_shown_as_text(sqlite_world: World) -> None:
    page = sent(signed_in(sqlite_world), "site;zone\nAnnexe;<script>alert(1)</script>\n")
    assert "<script>" not in page.text


def test_a_supervisor_sends_no_table(sqlite_world: World) -> None:
    assert sent(signed_in(sqlite_world, Role.SUPERVISOR), TABLE).status_code == 403
