"""The public holidays of each zone, against the dates that the laws name."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import holidays
import pytest

from portal.tenancy.holidays_fr import ZONES, public_holidays

NATIONAL = {
    date(2027, 1, 1): "Jour de l'an",
    date(2027, 3, 29): "Lundi de Pâques",
    date(2027, 5, 1): "Fête du Travail",
    date(2027, 5, 6): "Ascension",
    date(2027, 5, 8): "Fête de la Victoire",
    date(2027, 5, 17): "Lundi de Pentecôte",
    date(2027, 7, 14): "Fête nationale",
    date(2027, 8, 15): "Assomption",
    date(2027, 11, 1): "Toussaint",
    date(2027, 11, 11): "Armistice",
    date(2027, 12, 25): "Noël",
}
ABOLITION = "Abolition de l'esclavage"
OWN: dict[str, dict[date, str]] = {
    "metropole": {},
    "alsace_moselle": {date(2027, 3, 26): "Vendredi saint", date(2027, 12, 26): "Saint-Étienne"},
    "guadeloupe": {date(2027, 5, 27): ABOLITION},
    "martinique": {date(2027, 5, 22): ABOLITION},
    "guyane": {date(2027, 6, 10): ABOLITION},
    "la_reunion": {date(2027, 12, 20): ABOLITION},
    "mayotte": {date(2027, 4, 27): ABOLITION},
    "saint_martin": {date(2027, 5, 28): ABOLITION},
    "saint_barthelemy": {date(2027, 10, 9): ABOLITION},
    "saint_pierre_et_miquelon": {},
}
FIRST, LAST = 2024, 2060


def test_every_zone_has_its_dates_here() -> None:
    assert set(OWN) == set(ZONES)


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_has_the_eleven_national_days_and_its_own(zone: str) -> None:
    assert public_holidays(zone, [2027]) == NATIONAL | OWN[zone]


@pytest.mark.parametrize("zone", ZONES)
def test_the_own_days_of_a_zone_come_back_every_year(zone: str) -> None:
    """A day of fixed date by its date; Good Friday three days before Easter Monday."""
    for year in range(FIRST, LAST):
        found = public_holidays(zone, [year])
        monday = next(day for day, name in found.items() if "Lundi de Pâques" in name)
        for day, name in OWN[zone].items():
            moving = date.fromordinal(monday.toordinal() - 3)
            assert name in found[moving if name == "Vendredi saint" else day.replace(year=year)]


@pytest.mark.parametrize("zone", ZONES)
def test_the_time_zone_of_a_zone_is_known(zone: str) -> None:
    assert ZoneInfo(ZONES[zone].timezone).key == ZONES[zone].timezone


@pytest.mark.parametrize(
    ("zone", "day", "name"),
    [
        ("metropole", date(2008, 5, 1), "Ascension et Fête du Travail"),
        ("metropole", date(2059, 5, 8), "Ascension et Fête de la Victoire"),
        ("guyane", date(2030, 6, 10), "Abolition de l'esclavage et Lundi de Pentecôte"),
        ("martinique", date(2031, 5, 22), "Abolition de l'esclavage et Ascension"),
    ],
)
def test_two_holidays_on_one_day_keep_both_names(zone: str, day: date, name: str) -> None:
    assert public_holidays(zone, [day.year])[day] == name


@pytest.mark.parametrize("zone", ["guadeloupe", "martinique", "saint_martin"])
def test_customs_that_no_law_names_are_left_out(zone: str) -> None:
    """The library lists them: without the choice of days by law they would move promises."""
    listed = holidays.country_holidays("FR", subdiv=ZONES[zone].subdivision, years=2027, language="fr")
    found = public_holidays(zone, [2027])
    assert date(2027, 7, 21) in listed
    assert date(2027, 7, 21) not in found
    assert date(2027, 3, 26) not in found


def test_the_days_of_several_years_come_in_order() -> None:
    found = list(public_holidays("mayotte", [2028, 2027]))
    assert found == sorted(found)
    assert {day.year for day in found} == {2027, 2028}
    assert public_holidays("mayotte", []) == {}
