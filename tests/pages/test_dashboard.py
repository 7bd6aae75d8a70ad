"""The page of figures, the lists that it opens, and the same figures as data."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from insight_world import TODAY, answered, asked_in, case_of, named
from staff import signed_in

from portal.cases.rules import CaseState, Kind
from portal.insight.catalogue import INDICATORS
from portal.people.rules import Role
from portal.tenancy.actions import SiteGiven, add_agreement, add_site, add_team

if TYPE_CHECKING:
    from build import World
    from staff import Colleague

PAGE = "/s/passerelle/dashboard"
FEBRUARY = date(2027, 2, 10)


def words(one: Colleague, query: str = "") -> str:
    """What the page says, without markup, blanks as one space."""
    response = one.get(PAGE + query)
    assert response.status_code == 200
    text = re.sub(r"<[^>]+>", " ", response.text)
    return re.sub(r"[\s\u00a0\u202f]+", " ", text)


def data(one: Colleague, query: str = "") -> dict[str, dict[str, Any]]:
    """The figures as data, by id."""
    response = one.get(f"{PAGE}.json{query}")
    assert response.status_code == 200
    assert response.json is not None
    return {row["id"]: row for row in response.json["figures"]}


def links(one: Colleague, query: str = "") -> list[str]:
    """Where the page leads."""
    return [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', one.get(PAGE + query).text)]


def test_three_sentences_say_what_to_know(world: World) -> None:
    answered(world, meeting={"good": 26, "fair": 4, "bad": 2, "unknown": 3})
    case_of(world, Kind.COMPLAINT, due=TODAY - timedelta(days=1))
    case_of(
        world, Kind.COMPLAINT, due=TODAY - timedelta(days=1), answered_on=TODAY - timedelta(days=2), net=3
    )
    said = words(signed_in(world))
    assert "Sur 32 avis, 81 % sont « Bien » (entre 65 % et 91 %)." in said
    assert "Réclamations : réponses données à temps, 1 sur 2." in said
    assert "Réclamations encore sans réponse après le jour promis : 1." in said


def test_a_small_number_is_told_with_a_word_of_caution(world: World) -> None:
    answered(world, meeting={"good": 3})
    assert "C’est peu" in words(signed_in(world))


def test_a_structure_without_an_answer_is_told_how_to_begin(world: World) -> None:
    lead = signed_in(world)
    assert "Personne n’a encore répondu" in words(lead)
    assert "/s/passerelle/codes" in links(lead)


def test_the_data_are_the_pages_figures(world: World) -> None:
    answered(world, meeting={"good": 8, "bad": 2})
    for days in range(20):
        case_of(world, Kind.COMPLAINT, answered_on=TODAY, due=TODAY - timedelta(days=1), net=days, first=2)
    lead = signed_in(world)
    found, said = data(lead), words(lead)
    assert list(found) == list(INDICATORS)
    assert found["satisfied"] == {
        "id": "satisfied",
        "value": 0.8,
        "n": 10,
        "low": pytest.approx(0.4902, abs=1e-4),
        "high": pytest.approx(0.9433, abs=1e-4),
        "unit": "share",
    }
    assert "80 % entre 49 % et 94 % · n = 10" in said
    assert (found["opinions"]["value"], found["answer_median"]["value"], found["answer_p90"]["value"]) == (
        10,
        9,
        17,
    )
    assert "9 jours ouvrés neuf sur dix en 17 · n = 20" in said
    assert found["answer_median"]["unit"] == "working days"


def test_below_twenty_the_page_lists_the_delays(world: World) -> None:
    case_of(world, Kind.COMPLAINT, answered_on=TODAY, net=7, gross=9)
    lead = signed_in(world)
    assert "Délais de réponse" in words(lead)
    assert data(lead)["answer_median"]["value"] is None


def test_a_figure_opens_its_list_with_the_pages_filters(world: World) -> None:
    answered(world, meeting={"good": 1})
    site = world.lyon.site.id
    found = links(signed_in(world), f"?period=month&site={site}")
    days = "from=2027-03-01&to=2027-03-31"
    assert f"/s/passerelle/cases?{days}&site={site}&kind=complaint" in found
    assert f"/s/passerelle/cases?{days}&site={site}&kind=complaint&late=1" in found
    assert f"/s/passerelle/cases?site={site}&open=1" in found
    assert f"/s/passerelle/responses?{days}&site={site}&helped=no" in found


@pytest.mark.parametrize(
    ("role", "cases", "responses"),
    [
        (Role.QUALITY_LEAD, True, True),
        (Role.SUPERVISOR, True, False),
        (Role.MEDIATOR, False, False),
        (Role.AUDITOR, False, False),
        (Role.NETWORK_LEAD, False, False),
    ],
)
def test_a_figure_opens_its_list_only_for_who_may_read_it(
    world: World, role: Role, *, cases: bool, responses: bool
) -> None:
    answered(world, meeting={"good": 9}, day=FEBRUARY)
    found = links(signed_in(world, role))
    assert any("/cases?" in link for link in found) is cases
    assert any("/responses?" in link for link in found) is responses


def test_an_operator_sees_no_figure(world: World) -> None:
    operator = signed_in(world, Role.OPERATOR)
    assert [operator.get(path).status_code for path in (PAGE, f"{PAGE}.json")] == [403, 403]


def test_places_stand_side_by_side_and_open_their_own_figures(world: World) -> None:
    with world.database.transaction(world.lyon.scope) as u:
        east = add_site(u, SiteGiven(name="Antenne Est", slug="est")).id
        team = add_team(u, site_id=east, name="Équipe du soir").id
        agreement = add_agreement(
            u, partner="Habitat Sud", purpose="Halls", starts_on=date(2026, 1, 1), ends_on=None
        ).id
    answered(world, meeting={"good": 9})
    answered(
        world, meeting={"bad": 6}, code=asked_in(world, site_id=east, team_id=team, agreement_id=agreement)
    )
    lead = signed_in(world)
    said, found = words(lead), links(lead)
    assert "Antenne Est 6 0 % 0 % à 39 %" in said
    assert f"{PAGE}?period=12-months&site={east}" in found
    for query in (f"?site={east}", f"?team={team}", f"?agreement={agreement}"):
        assert data(lead, query)["satisfied"]["value"] == 0
    assert "Habitat Sud, Halls" in words(lead, f"?agreement={agreement}")


@pytest.mark.parametrize("name", ["site", "team", "agreement"])
def test_a_place_of_another_structure_does_not_exist(world: World, name: str) -> None:
    lead = signed_in(world)
    for given in (str(world.strasbourg.site.id), "nonsense"):
        assert lead.get(f"{PAGE}?{name}={given}").status_code == 404


def test_an_unknown_period_is_the_usual_one(world: World) -> None:
    assert "avril 2026 à mars 2027" in words(signed_in(world), "?period=century")


def test_a_case_that_names_the_reader_is_not_on_their_page(world: World) -> None:
    lead = signed_in(world)
    named(world, case_of(world, Kind.COMPLAINT), lead.person_id)
    answered(world, meeting={"good": 1})
    other = signed_in(world, Role.DIRECTOR, email="noor@passerelle.example")
    assert data(lead)["cases_complaint"]["value"] == 0
    assert data(other)["cases_complaint"]["value"] == 1


def test_numbers_are_written_in_the_readers_language(world: World) -> None:
    answered(world, meeting={"good": 4, "bad": 1})
    said = words(signed_in(world, locale="en"))
    assert "80%" in said
    page = signed_in(world, locale="ar", email="amal@passerelle.example").get(PAGE).text
    assert 'dir="rtl"' in page


def test_under_the_floor_the_running_month_is_not_told(world: World) -> None:
    answered(world, meeting={"good": 9}, day=FEBRUARY)
    answered(world, meeting={"good": 9})
    mediator = signed_in(world, Role.MEDIATOR)
    assert data(mediator, "?period=month")["opinions"]["value"] == 9
    assert "jusqu’au 28 février 2027" in words(mediator)


def test_under_the_floor_few_are_not_shown(world: World) -> None:
    answered(world, meeting={"good": 9, "bad": 2}, day=FEBRUARY)
    case_of(world, Kind.COMPLAINT, received_on=FEBRUARY)
    auditor = signed_in(world, Role.AUDITOR)
    found, said = data(auditor), words(auditor)
    assert (found["opinions"]["value"], found["satisfied"]["value"]) == (11, None)
    assert found["cases_complaint"] == {
        "id": "cases_complaint",
        "value": None,
        "n": None,
        "low": None,
        "high": None,
        "unit": "messages",
    }
    assert "moins de 5" in said
    assert "Pas bien 18 %" not in said


def test_few_promises_are_told_as_counts_not_as_a_percentage(world: World) -> None:
    case_of(
        world, Kind.COMPLAINT, due=TODAY - timedelta(days=1), answered_on=TODAY - timedelta(days=2), net=3
    )
    said = words(signed_in(world))
    assert "1 sur 1" in said
    assert "100 %" not in said.replace("de 0 à 100 %", "")


def test_a_list_holds_as_many_as_its_figure_counts(world: World) -> None:
    due = TODAY - timedelta(days=1)
    case_of(world, Kind.COMPLAINT, due=due, answered_on=due, net=3, state=CaseState.CLOSED)
    case_of(world, Kind.COMPLAINT, due=due)
    case_of(world, Kind.COMPLAINT, received_on=date(2020, 1, 1), due=date(2020, 1, 15))
    case_of(world, Kind.REQUEST, due=due)
    lead = signed_in(world)
    page = lead.get(PAGE).text
    figures = (("Réclamations", 2), ("Demandes d’aide", 1), ("Réclamations sans réponse, en retard", 2))
    for label, n in figures:
        link = re.search(r'href="([^"]+)"[^>]*>(?:<span class="tile-label">)?' + label + "<", page)
        assert link is not None, label
        assert re.search(rf">\s*{n} messages?<", lead.get(link[1].replace("&amp;", "&")).text), label


def test_a_supervisor_reads_the_cases_so_their_counts_are_told(world: World) -> None:
    case_of(world, Kind.COMPLAINT, received_on=FEBRUARY, due=FEBRUARY + timedelta(days=14))
    assert data(signed_in(world, Role.SUPERVISOR))["complaints_late"]["value"] == 1
