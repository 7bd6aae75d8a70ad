"""The settings: each change shows at once, is journalled, and never changes what was promised before."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, time
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from staff import Colleague, signed_in

from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.worktime import WorkCalendar
from portal.people.models import JournalEntry
from portal.people.rules import Act, Role
from portal.tenancy.queries import agreements, calendar_of, current_structure, policy, sites, teams
from portal.tenancy.rules import targets_of

if TYPE_CHECKING:
    from build import World
    from werkzeug.test import TestResponse

SETTINGS = "/s/passerelle/settings"
WEEK = {f"day_{day}": "09:00-12:00, 14:00-17:30" for day in range(5)} | {"day_5": "", "day_6": ""}
SITE = {"zone": "metropole", **WEEK, "closures": "2027-08-02 - 2027-08-04 Fermeture d’été"}
KINDS = ("complaint", "request", "concern", "thanks", "idea")
PROMISES = {"document_code": "PR-07", "document_version": "2"} | {
    f"{kind}_{name}": str(days)
    for kind in KINDS
    for name, days in (("ack_days", 1), ("first_response_days", 3), ("answer_days", 8))
}
INFORMED = {"day": "2027-03-01"}
TEAM = {"name": "Équipe du soir"}
AGREEMENT = {"partner": "Ville de Lyon", "purpose": "Médiation de nuit", "starts_on": "2027-01-01"}


def site_address(world: World) -> str:
    """The page of the main site's calendar."""
    return f"{SETTINGS}/sites/{world.lyon.site.id}"


def acts(world: World) -> Counter[str]:
    """What the journal tells, and how often (what happens in one millisecond has no order)."""
    with world.database.reading(world.lyon.scope) as u:
        return Counter(u.all(select(JournalEntry.act)))


def saved(one: Colleague, path: str, fields: dict[str, str]) -> TestResponse:
    """The page after a change that was taken."""
    sent = one.post(path, **fields)
    assert sent.status_code == 303, unescape(" ".join(re.findall(r'class="error"[^>]*>([^<]+)', sent.text)))
    after = one.get(sent.location)
    assert 'role="status"' in after.text
    return after


def refused(one: Colleague, path: str, fields: dict[str, str]) -> str:
    """The page that says what is wrong, entities resolved, blanks alike."""
    sent = one.post(path, **fields)
    assert sent.status_code == 422
    assert 'role="alert"' in sent.text
    return unescape(sent.text).replace("\N{NO-BREAK SPACE}", " ")


def test_the_page_shows_every_part(sqlite_world: World) -> None:
    page = unescape(signed_in(sqlite_world).get(SETTINGS).text)
    for words in (
        "La Passerelle, centre",
        "PAS",
        "PR-01, version 1",
        "pas encore",
        "Lundi à vendredi",
        "09:00-12:00, 14:00-18:00",
        "Samedi à dimanche",
        "#0b5c68",
        "Encadrement",
    ):
        assert words in page, words


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.QUALITY_LEAD, Role.DIRECTOR}])
def test_who_manages_nothing_is_refused(sqlite_world: World, role: Role) -> None:
    other = signed_in(sqlite_world, role)
    for path in (SETTINGS, f"{SETTINGS}/identity", site_address(sqlite_world), f"{SETTINGS}/teams/new"):
        assert other.get(path).status_code == 403
        assert other.post(path).status_code in {403, 405}


def test_a_new_name_and_colour_show_at_once(world: World) -> None:
    lead = signed_in(world)
    path = post_of(lead.get(f"{SETTINGS}/identity"))
    saved(lead, path, {"name": "La Grande Passerelle", "colour": "#ffee00", "do": "keep"})
    resident = world.app.test_client().get(f"/q/{world.lyon.code.code}/fr").text
    assert "La Grande Passerelle" in resident
    assert "--brand:#ffee00" not in resident  # too light to read: shown darkened
    page = lead.get(SETTINGS).text
    assert "#ffee00" in page
    assert "Nous avons foncé" in unescape(page)
    assert acts(world)[Act.BRANDING_CHANGED] == 1


def test_a_wrong_colour_changes_nothing(sqlite_world: World) -> None:
    page = refused(signed_in(sqlite_world), f"{SETTINGS}/identity", {"name": "Autre nom", "colour": "rouge"})
    assert "#17606b" in page
    assert 'value="Autre nom"' in page
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert current_structure(u).name == "La Passerelle"


def test_new_promises_are_a_new_version(world: World) -> None:
    lead = signed_in(world)
    saved(lead, f"{SETTINGS}/staff-informed", INFORMED)
    saved(lead, f"{SETTINGS}/promises", PROMISES)
    with world.database.reading(world.lyon.scope) as u:
        now = policy(u)
        assert (now.number, now.document_code, now.staff_informed_on) == (3, "PR-07", date(2027, 3, 1))
        assert targets_of(now.targets, "idea").answer_days == 8
    assert Counter((Act.POLICY_CHANGED, Act.STAFF_INFORMED)).items() <= acts(world).items()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"complaint_ack_days": "0"}, "Écrivez un nombre de 1 à 60."),
        ({"complaint_ack_days": "deux"}, "Écrivez un nombre entier."),
        ({"complaint_answer_days": "2"}, "Ce délai ne peut pas être plus court que le précédent."),
        ({"document_code": " "}, "Remplissez ce champ."),
    ],
)
def test_wrong_promises_are_told_and_stay_typed(
    sqlite_world: World, wrong: dict[str, str], sentence: str
) -> None:
    page = refused(signed_in(sqlite_world), f"{SETTINGS}/promises", {**PROMISES, **wrong})
    assert sentence in page
    assert 'value="PR-07"' in page or "document_code" in wrong
    ((name, typed),) = wrong.items()
    assert f'name="{name}"' in page
    assert f'value="{typed}"' in page
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert policy(u).number == 1


def test_codes_that_name_a_mediator_open_and_close_with_the_date(world: World) -> None:
    lead = signed_in(world)
    mediator = signed_in(world, Role.MEDIATOR, email="m@passerelle.example", name="Mehdi Roux").person_id
    with world.database.transaction(world.lyon.scope) as u:
        given = CodeGiven(CodeKind.BADGE, "Badge", world.lyon.site.id, mediator_id=mediator)
        badge = issue_code(u, given).code
    resident = world.app.test_client()
    assert resident.get(f"/q/{badge}/fr").status_code == 410
    saved(lead, f"{SETTINGS}/staff-informed", INFORMED)
    assert resident.get(f"/q/{badge}/fr").status_code == 200
    saved(lead, f"{SETTINGS}/staff-informed", {"day": ""})
    assert resident.get(f"/q/{badge}/fr").status_code == 410


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2027-03-25", "Ce jour est encore à venir."),
        ("hier", "Ce n’est pas une date."),
        ("31/02/2027", "Ce n’est pas une date."),
    ],
)
def test_a_wrong_day_is_told(sqlite_world: World, typed: str, sentence: str) -> None:
    page = refused(signed_in(sqlite_world), f"{SETTINGS}/staff-informed", {"day": typed})
    assert sentence in page
    assert f'value="{typed}"' in page


def test_a_calendar_is_changed_in_a_new_version(world: World) -> None:
    lead = signed_in(world)
    page = saved(lead, site_address(world), {**SITE, "zone": "alsace_moselle", "day_5": "9h-12h30"})
    with world.database.reading(world.lyon.scope) as u:
        version = calendar_of(u, world.lyon.site.id)
    calendar = WorkCalendar.from_document(version.document)
    assert (version.number, version.zone) == (2, "alsace_moselle")
    assert calendar.opening[5] == ((time(9), time(12, 30)),)
    assert 6 not in calendar.opening
    assert list(calendar.closures) == [date(2027, 8, 2), date(2027, 8, 3), date(2027, 8, 4)]
    assert date(2027, 12, 26) in calendar.holidays
    shown = unescape(page.text)
    assert "Fermeture d’été" in shown
    assert "2 août 2027 à 4 août 2027" in shown
    assert acts(world)[Act.CALENDAR_CHANGED] == 1
    again = unescape(lead.get(site_address(world)).text)
    assert "2027-08-02 - 2027-08-04 Fermeture d’été" in again
    assert 'value="09:00-12:30"' in again


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"day_0": "neuf heures"}, "Nous ne pouvons pas lire « neuf heures »."),
        ({"day_1": "14:00-12:00"}, "« 14:00-12:00 » finit avant de commencer."),
        ({"day_2": "09:00-12:00, 11:00-15:00"}, "Deux périodes d’ouverture se chevauchent."),
        ({"closures": "2027-08-02 Pont\nNoël"}, "La ligne 2 ne commence pas par une date."),
        ({"closures": "2027-02-30 Pont"}, "Ligne 1 : il n’y a pas de jour 2027-02-30."),
        ({"closures": "2027-08-02"}, "Ligne 1 : écrivez la raison après la date."),
        ({"closures": "2027-08-02 a\n02/08/2027 b"}, "La ligne 2 nomme un jour déjà cité plus haut."),
        ({"closures": "2027-08-04 - 2027-08-02 a"}, "La ligne 1 finit avant de commencer."),
        ({"closures": "2027-01-01 - 2028-12-31 a"}, "La ligne 1 dure plus d’un an."),
        ({"zone": "lune"}, "Choisissez dans la liste."),
    ],
)
def test_a_wrong_calendar_is_told_and_stays_typed(
    sqlite_world: World, wrong: dict[str, str], sentence: str
) -> None:
    page = refused(signed_in(sqlite_world), site_address(sqlite_world), {**SITE, "day_6": "10h-11h", **wrong})
    assert sentence in page
    assert 'value="10h-11h"' in page
    assert all(typed in page or "zone" in wrong for typed in wrong.values())
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert calendar_of(u, sqlite_world.lyon.site.id).number == 1


def test_a_foreign_site_is_not_found(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    foreign = f"{SETTINGS}/sites/{sqlite_world.strasbourg.site.id}"
    assert lead.get(foreign).status_code == 404
    assert lead.post(foreign, **SITE).status_code == 404
    sent = lead.post(f"{SETTINGS}/teams/new", **TEAM, site=str(sqlite_world.strasbourg.site.id))
    assert sent.status_code == 422


def test_a_site_a_team_and_an_agreement_are_added(world: World) -> None:
    lead = signed_in(world)
    saved(lead, f"{SETTINGS}/sites/new", {"name": "Annexe de l’Étoile", "zone": "guyane"})
    saved(lead, f"{SETTINGS}/teams/new", {**TEAM, "site": str(world.lyon.site.id)})
    page = saved(lead, f"{SETTINGS}/agreements/new", {**AGREEMENT, "ends_on": "31/12/2027"})
    with world.database.reading(world.lyon.scope) as u:
        added = sites(u)[1]
        assert (added.slug, added.is_main) == ("annexe-de-l-etoile", False)
        assert calendar_of(u, added.id).document["timezone"] == "America/Cayenne"
        assert [one.name for one in teams(u)] == ["Équipe du soir"]
        assert [one.ends_on for one in agreements(u)] == [date(2027, 12, 31)]
    shown = unescape(page.text)
    for words in ("Annexe de l’Étoile", "Guyane", "Équipe du soir", "Ville de Lyon", "Médiation de nuit"):
        assert words in shown
    assert Counter((Act.AGREEMENT_ADDED, Act.TEAM_ADDED, Act.SITE_ADDED)).items() <= acts(world).items()


@pytest.mark.parametrize(
    ("path", "fields", "sentence"),
    [
        ("sites/new", {"name": "la passerelle, centre", "zone": "metropole"}, "Un site porte déjà ce nom."),
        ("sites/new", {"name": "", "zone": "metropole"}, "Remplissez ce champ."),
        ("teams/new", {"name": "Équipe"}, "Choisissez dans la liste."),
        ("agreements/new", {**AGREEMENT, "ends_on": "2026-12-31"}, "C’est avant le début de la convention."),
        ("agreements/new", {**AGREEMENT, "starts_on": ""}, "Remplissez ce champ."),
    ],
)
def test_what_cannot_be_added_is_told(
    sqlite_world: World, path: str, fields: dict[str, str], sentence: str
) -> None:
    page = refused(signed_in(sqlite_world), f"{SETTINGS}/{path}", fields)
    assert sentence in page
    assert all(f'value="{typed}"' in page for typed in fields.values() if typed)


def test_a_page_of_settings_that_somebody_changed_meanwhile_overwrites_nothing(world: World) -> None:
    lead, other = signed_in(world), signed_in(world, email="deux@passerelle.example")
    changes = {
        "identity": {"name": "La Passerelle", "colour": "#0b5c68", "do": "keep"},
        "promises": PROMISES,
        "staff-informed": INFORMED,
        f"sites/{world.lyon.site.id}": SITE,
    }
    for path, fields in changes.items():
        mine, theirs = (one.get(f"{SETTINGS}/{path}") for one in (lead, other))
        assert other.post(post_of(theirs), **fields).status_code == 303, path
        stale = lead.post(post_of(mine), **fields)
        assert stale.status_code == 409, path
        assert "entre-temps" in stale.text
        assert lead.post(post_of(stale), **fields).status_code == 303, path


def post_of(page: TestResponse) -> str:
    """Where the page's form goes."""
    found = re.search(r'<form[^>]* action="(/s/[^"]*settings[^"]*)"', page.text)
    assert found is not None
    return unescape(found[1])


def test_the_notice_names_whom_one_writes_to_about_ones_data(world: World) -> None:
    lead, notice = signed_in(world), "/p/passerelle/privacy"
    client = world.app.test_client()
    assert "mailto:" not in client.get(notice).text
    for address in ("donnees@passerelle.example", "dpo@passerelle.example"):
        saved(lead, f"{SETTINGS}/privacy", {"email": address})
        assert f"mailto:{address}" in client.get(notice).text
    assert "mailto:" not in client.get("/p/rive-gauche/privacy").text
    page = lead.post(f"{SETTINGS}/privacy", email="chez moi")
    assert (page.status_code, 'href="#email"' in page.text) == (422, True)
    assert "mailto:dpo@passerelle.example" in client.get(notice).text
