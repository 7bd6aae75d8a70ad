"""What is made of a structure's name: every one can be used, and none is taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.people.passwords import name_in
from portal.tenancy.holidays_fr import ZONES
from portal.tenancy.rules import (
    COLOUR,
    COLOURS,
    LETTERS,
    SLUG,
    check_names,
    colour_of,
    first_targets,
    letters_of,
    slug_of,
    zone_of,
)
from portal.web.theme import corrected

NAMES = st.text(min_size=1, max_size=60).filter(str.strip)


@given(NAMES, st.sets(st.sampled_from(["la-passerelle", "structure", "structure-2", "abc"])))
def test_every_name_gives_names_that_can_be_used_and_are_free(name: str, taken: set[str]) -> None:
    slug, letters = slug_of(name, taken, stem="structure"), letters_of(name, {"STR", "PAS"})
    assert SLUG.fullmatch(slug)
    assert slug not in taken
    assert LETTERS.fullmatch(letters)
    assert letters not in {"STR", "PAS"}
    assert zone_of(name) in ZONES
    check_names(slug=slug, letters=letters, name=name, colour=colour_of(name))


@pytest.mark.parametrize(
    ("name", "slug", "letters"),
    [
        ("La Passerelle", "la-passerelle", "PAS"),
        ("L’Escale", "l-escale", "ESC"),
        ("Association Cœur de Ville", "association-coeur-de-ville", "COE"),
        ("Médiation sociale du centre", "mediation-sociale-du-centre", "MED"),
        ("Ô", "structure-o", "OX"),
        ("مركز", "structure", "STR"),
        ("3 Rivières", "structure-3-rivieres", "RIV"),
    ],
)
def test_names_are_told_as_a_person_would_tell_them(name: str, slug: str, letters: str) -> None:
    assert slug_of(name, (), stem="structure") == slug
    assert letters_of(name, ()) == letters


def test_letters_that_are_taken_go_on_in_the_alphabet_until_free() -> None:
    taken: set[str] = set()
    for _ in range(300):
        taken.add(letters_of("La Passerelle", taken))
    assert {"PAS", "PASA", "PASAA"} <= taken
    assert all(LETTERS.fullmatch(one) for one in taken)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_that_was_not_chosen_needs_no_correction(colour: str) -> None:
    assert COLOUR.fullmatch(colour)
    assert corrected(colour).brand == colour


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Médiation Strasbourg", "alsace_moselle"),
        ("Les Relais de La Réunion", "la_reunion"),
        ("Réunion des habitants", "metropole"),
        ("Pas de Cayenne ?", "guyane"),
        ("Lyon", "metropole"),
    ],
)
def test_a_zone_is_told_only_by_a_place_that_lies_in_no_other(name: str, zone: str) -> None:
    assert zone_of(name) == zone


@pytest.mark.parametrize("days", [1, 2, 5, 10, 60])
def test_no_first_promise_is_later_than_the_answer(days: int) -> None:
    (targets,) = first_targets(days).values()
    assert targets.ack_days <= targets.first_response_days <= targets.answer_days == days


@pytest.mark.parametrize(
    ("email", "name"),
    [("lea.fontaine@e.fr", "Lea Fontaine"), ("c_roux+q@e.fr", "C Roux"), ("42@e.fr", "42")],
)
def test_an_address_gives_a_name_to_begin_with(email: str, name: str) -> None:
    assert name_in(email) == name
