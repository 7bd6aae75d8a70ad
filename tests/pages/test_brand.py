"""The brand of a structure: looked at before it is kept, shown at once when it is, gone when it goes."""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from rules.test_brand import REFUSED, SVG, drawing, noise, written
from sqlalchemy import func, select
from staff import Colleague, signed_in
from strict_page import faults

from portal.core.languages import LANGUAGES
from portal.people.models import JournalEntry
from portal.people.rules import Act
from portal.tenancy.branding import keep_logo, logo_of
from portal.tenancy.models import Logo
from portal.tenancy.pictures import MOST_SMALL, redrawn
from portal.tenancy.queries import current_structure
from portal.web.identity import LOGO_FAULTS

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse

    from portal.core.clock import FixedClock

IDENTITY = "/s/passerelle/settings/identity"
GIVEN = {"name": "La Passerelle", "colour": "#0b5c68"}
ON_THE_WIRE = 8192
MOST_IN_MEMORY = 500_000
"""Bytes beyond which the test client writes a file that nobody closes."""
LOGO = written(drawing())
"""A logo of usual kind."""


def sent(one: Colleague, raw: bytes | None = None, path: str = IDENTITY, /, **fields: str) -> TestResponse:
    """The answer to the form as its page stands now, with a file if there is one."""
    file: dict[str, Any] = {} if raw is None else {"logo": (BytesIO(raw), "logo.png")}
    return one.client.post(
        fresh(one, path) if path == IDENTITY else path,
        data={"csrf_token": one.csrf, **GIVEN, **fields, **file},
        content_type="multipart/form-data",
    )


def fresh(one: Colleague, path: str = IDENTITY) -> str:
    """Where the form of the page goes: with what it is made from now."""
    found = re.search(rf'action="({re.escape(path)}[^"]*)"', one.get(path).text)
    assert found
    return unescape(found[1])


def again(page: TestResponse) -> dict[str, str]:
    """What the form of a page sends again."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found if name != "csrf_token"}


def frames(page: TestResponse) -> list[str]:
    """The markup of the pages within a page."""
    return [unescape(one) for one in re.findall(r'srcdoc="([^"]*)"', page.text)]


def kept(world: World, raw: bytes) -> None:
    """Give Lyon a logo."""
    with world.database.transaction(world.lyon.scope) as u:
        keep_logo(u, redrawn(raw))
        current_structure(u).branding_revision += 1


def resident(world: World, **headers: str) -> TestResponse:
    """The first page of Lyon."""
    return world.app.test_client().get(f"/q/{world.lyon.code.code}/fr", headers=headers)


def logos(world: World) -> int:
    """How many logos Lyon has."""
    with world.database.reading(world.lyon.scope) as u:
        return u.one(select(func.count()).select_from(Logo)) or 0


def test_a_logo_is_looked_at_then_kept_and_shows_at_once(world: World) -> None:
    lead, before = signed_in(world), resident(world).text
    look = sent(lead, LOGO)
    assert look.status_code == 200
    assert logos(world) == 0
    assert resident(world).text.count("<img") == before.count("<img") == 0
    done = lead.post(fresh(lead), do="keep", **again(look))
    assert done.status_code == 303
    with world.database.reading(world.lyon.scope) as u:
        standing = logo_of(u)
        facts = u.all(select(JournalEntry.facts).where(JournalEntry.act == Act.BRANDING_CHANGED))
    assert standing is not None
    assert standing == redrawn(LOGO)
    assert f'<img src="{standing.small}" alt=""' in resident(world).text
    assert [one["logo"] for one in facts] == ["new"]
    assert "Sur les pages des habitants" in unescape(lead.get("/s/passerelle/settings").text)


def test_another_logo_replaces_the_first_whose_bytes_go(world: World) -> None:
    lead, other = signed_in(world), written(drawing(300, 300))
    kept(world, LOGO)
    first = resident(world).text
    assert redrawn(LOGO).small in first
    assert lead.post(fresh(lead), do="keep", **again(sent(lead, other))).status_code == 303
    page = resident(world).text
    assert redrawn(other).small in page
    assert redrawn(LOGO).small not in page
    assert logos(world) == 1


def test_a_logo_taken_away_is_gone_from_pages_and_from_the_database(world: World) -> None:
    lead = signed_in(world)
    kept(world, LOGO)
    assert "<img" in resident(world).text
    look = sent(lead, no_logo="y")
    assert not any("<img" in page for page in frames(look))
    assert lead.post(fresh(lead), do="keep", **again(look)).status_code == 303
    assert "<img" not in resident(world).text
    assert logos(world) == 0


def test_a_change_of_the_name_leaves_the_logo(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    kept(sqlite_world, LOGO)
    assert sent(lead, do="keep", name="Ici").status_code == 303
    assert redrawn(LOGO).small in resident(sqlite_world).text


def test_a_logo_stays_with_its_structure(world: World) -> None:
    kept(world, LOGO)
    for code, has in ((world.lyon.code.code, True), (world.strasbourg.code.code, False)):
        assert ("<img" in world.app.test_client().get(f"/q/{code}/fr").text) is has
    with world.database.reading(world.strasbourg.scope) as u:
        assert logo_of(u) is None


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_pages_with_a_logo_are_in_order(sqlite_world: World, language: str) -> None:
    kept(sqlite_world, LOGO)
    for door in ("", "/complaint", "/follow"):
        page = sqlite_world.app.test_client().get(f"/q/{sqlite_world.lyon.code.code}/{language}{door}")
        assert "<img" in page.text
        assert faults(page, language) == []


def largest_logo() -> bytes:
    """A logo whose small form is as large as pages take."""
    files = (written(noise(side, side)) for side in range(33, 120))
    return max(files, key=lambda raw: len(redrawn(raw).small))


def test_the_first_screen_fits_in_eight_kilobytes_with_the_largest_logo(sqlite_world: World) -> None:
    raw = largest_logo()
    assert len(redrawn(raw).small) > 0.9 * MOST_SMALL
    kept(sqlite_world, raw)
    sizes = {}
    for language in LANGUAGES:
        address = f"/q/{sqlite_world.lyon.code.code}/{language}"
        page = sqlite_world.app.test_client().get(address, headers={"Accept-Encoding": "gzip"})
        assert b"<img" in gzip.decompress(page.data)
        heads = sum(len(f"{name}: {value}\r\n") for name, value in page.headers)
        sizes[language] = len(page.data) + heads
    assert max(sizes.values()) <= ON_THE_WIRE, sizes


def test_a_logo_too_rich_for_pages_is_told_and_printed_only(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    look = sent(lead, written(noise(120, 36)))
    assert "Sur les cartes, badges et affiches seulement" in unescape(look.text)
    assert not any("<img" in page for page in frames(look))
    assert lead.post(fresh(lead), do="keep", **again(look)).status_code == 303
    assert "<img" not in resident(sqlite_world).text
    assert "seulement" in unescape(lead.get("/s/passerelle/settings").text)


def test_the_preview_shows_three_pages_and_the_card_as_they_would_be(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    look = sent(lead, LOGO, name="Le <Pont>", colour="#ffee00")
    shown, small = frames(look), redrawn(LOGO).small
    heads = [re.findall("<h1[^>]*>([^<]+)", page)[0].replace("\N{NO-BREAK SPACE}", " ") for page in shown]
    assert heads == [
        "Comment s’est passée la rencontre avec notre équipe ?",
        "Un problème avec notre travail",
        "Où en est mon message ?",
    ]
    for page in shown:
        assert "Le &lt;Pont&gt;" in page
        assert small in page
        assert "--brand:#ffee00" not in page
        assert re.search("--brand:#[0-9a-f]{6}", page)
    assert look.text.count("sandbox") == look.text.count(" inert ") == 3
    assert 'class="paper" src="data:image/png;base64,' in look.text
    told = unescape(look.text)
    for words in ("#ffee00", "trop pâle", "Nous avons foncé", "au lieu de", "#0b5c68"):
        assert words in told, words
    assert "Le <Pont>" not in unescape(resident(sqlite_world).text)


def test_the_policy_of_the_preview_names_every_style_in_its_frames(sqlite_world: World) -> None:
    look = sent(signed_in(sqlite_world), colour="#7a1f5c")
    policy = look.headers["Content-Security-Policy"]
    styles = [css for page in frames(look) for css in re.findall("<style>(.*?)</style>", page, re.DOTALL)]
    assert len(styles) == 6
    for css in styles:
        assert b64encode(sha256(css.encode()).digest()).decode() in policy
    assert "unsafe" not in policy
    assert "script" not in policy
    assert re.findall(r' src="(?!data:image/)', look.text) == []


def test_nothing_typed_or_sent_is_lost_on_the_way_back(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    look = sent(lead, LOGO, name="Le Pont", colour="#7a1f5c")
    form = lead.post(IDENTITY, do="change", **again(look))
    assert form.status_code == 200
    assert 'value="Le Pont"' in form.text
    assert 'value="#7a1f5c"' in form.text
    assert redrawn(LOGO).small in form.text
    third = sent(lead, **{**again(form), "name": "Le Grand Pont"})
    assert redrawn(LOGO).small in frames(third)[0]
    assert lead.post(fresh(lead), do="keep", **again(third)).status_code == 303
    assert redrawn(LOGO).small in resident(sqlite_world).text


def test_a_logo_waits_while_another_field_is_wrong(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    wrong = sent(lead, LOGO, name=" ")
    assert wrong.status_code == 422
    assert "est toujours là" in unescape(wrong.text)
    look = sent(lead, **{**again(wrong), "name": "Le Pont"})
    assert redrawn(LOGO).small in frames(look)[0]


@pytest.mark.parametrize(
    "what", [what for what, (raw, _reason) in REFUSED.items() if len(raw) < MOST_IN_MEMORY]
)
def test_a_file_that_is_no_logo_gets_a_sentence_that_helps(sqlite_world: World, what: str) -> None:
    raw, reason = REFUSED[what]
    page = sent(signed_in(sqlite_world), raw, name="Le Pont")
    assert page.status_code == 422
    assert 'value="Le Pont"' in page.text
    assert reason in LOGO_FAULTS
    assert 'id="logo-error"' in page.text
    assert logos(sqlite_world) == 0


def test_the_sentence_on_a_drawing_says_what_to_do(sqlite_world: World) -> None:
    page = sent(signed_in(sqlite_world), SVG)
    assert "Exportez-le en PNG" in unescape(page.text)


def test_a_logo_that_waited_too_long_or_was_touched_is_asked_for_again(
    sqlite_world: World, clock: FixedClock
) -> None:
    lead = signed_in(sqlite_world)
    look = again(sent(lead, LOGO))
    touched = lead.post(fresh(lead), do="keep", **{**look, "waiting": look["waiting"][:-9] + "A" * 9})
    assert touched.status_code == 422
    clock.advance(timedelta(hours=25))
    another = signed_in(sqlite_world, email="deux@passerelle.example")
    late = another.post(fresh(another), do="keep", **look)
    assert late.status_code == 422
    assert "choisissez de nouveau le fichier" in unescape(late.text)
    assert logos(sqlite_world) == 0


def test_a_logo_that_waits_for_one_structure_is_none_for_another(world: World) -> None:
    look = again(sent(signed_in(world), LOGO))
    other = signed_in(world, at=world.strasbourg)
    path = f"/s/{world.strasbourg.structure.slug}/settings/identity"
    assert other.post(path, do="keep", **look).status_code == 422


def test_a_form_that_does_not_say_what_it_was_made_from_overwrites_nothing(world: World) -> None:
    lead = signed_in(world)
    for path in (IDENTITY, f"{IDENTITY}?seen=", f"{IDENTITY}?seen=x"):
        stale = lead.post(path, do="keep", **{**GIVEN, "name": "Le Pont"})
        assert stale.status_code == 409
        assert "Le Pont" in stale.text
    assert "Le Pont" not in resident(world).text
    assert lead.post(fresh(lead), do="keep", **{**GIVEN, "name": "Le Pont"}).status_code == 303


def test_a_preview_that_somebody_overtook_overwrites_nothing(world: World) -> None:
    lead, other = signed_in(world), signed_in(world, email="deux@passerelle.example")
    look = sent(lead, LOGO, f"{IDENTITY}?seen=1", name="Le Pont")
    assert sent(other, do="keep", name="L’Autre").status_code == 303
    stale = lead.post(f"{IDENTITY}?seen=1", do="keep", **again(look))
    assert stale.status_code == 409
    assert redrawn(LOGO).small in stale.text
    assert "L’Autre" in resident(world).text
    (post,) = re.findall(r'action="([^"]*identity[^"]*)"', stale.text)
    assert (
        lead.post(unescape(post), do="keep", **again(stale), name="Le Pont", colour="#0b5c68").status_code
        == 303
    )
    assert "Le Pont" in resident(world).text
