"""The language of a page that names none: what the browser asks for first, among those that are shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.core.languages import LANGUAGES
from portal.web.kit import accepted_language

if TYPE_CHECKING:
    from build import World

ASKED = {
    "ar-MA,fr;q=0.8": "ar",
    "ar-DZ": "ar",
    "fr-CA,ar;q=0.9": "fr",
    "en-GB,en;q=0.9,fr;q=0.8": "en",
    "fr;q=0.8,ar-MA;q=0.9": "ar",
    "fr;q=0.2,en;q=0.3": "en",
    "AR-ma,FR;Q=0.5": "ar",
    "ar-Arab-MA,fr;q=0.8": "ar",
    "pt-PT,ar-TN;q=0.7,fr;q=0.5": "ar",
    "fr,ar": "fr",
    "ar,fr": "ar",
    "ar;q=0,fr;q=0.1": "fr",
    "*,ar;q=0.5": "ar",
    "arz": None,
    "frr-DE": None,
    "ar;q=0": None,
    "*": None,
    "pt-PT,pt;q=0.9": None,
    "": None,
    ";;q=,,-": None,
}


def answered(header: str) -> str | None:
    """The language for a header."""
    with Flask(__name__).test_request_context(headers={"Accept-Language": header}):
        return accepted_language()


@pytest.mark.parametrize("header", ASKED)
def test_the_first_language_asked_for_and_shipped_is_taken(header: str) -> None:
    assert answered(header) == ASKED[header]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*LANGUAGES, "pt", "de"]),
            st.sampled_from(["", "-MA", "-FR", "-Latn-GB"]),
            st.integers(0, 1000),
        ),
        max_size=5,
    )
)
def test_no_language_of_less_weight_is_taken(asked: list[tuple[str, str, int]]) -> None:
    header = ",".join(f"{tag}{region};q={weight / 1000:.3f}" for tag, region, weight in asked)
    heaviest = max((weight for tag, _, weight in asked if tag in LANGUAGES), default=0)
    first = next((tag for tag, _, weight in asked if tag in LANGUAGES and weight == heaviest), None)
    assert answered(header) == (first if heaviest else None)


def test_a_phone_set_to_moroccan_arabic_gets_the_first_question_in_arabic(sqlite_world: World) -> None:
    phone = sqlite_world.app.test_client()
    shown = phone.get(f"/q/{sqlite_world.lyon.code.code}", headers={"Accept-Language": "ar-MA,fr;q=0.8"})
    assert shown.headers["Content-Language"] == "ar"
    assert '<html lang="ar" dir="rtl"' in shown.text
