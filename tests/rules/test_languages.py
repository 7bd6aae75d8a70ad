"""Which way a text runs, and which of two languages it is written in."""

from __future__ import annotations

import pytest

from portal.core.languages import direction_of, written_in


@pytest.mark.parametrize(
    ("text", "language", "direction"),
    [
        ("Merci", "fr", "ltr"),
        ("شكرا", "ar", "rtl"),
        ("شكرا", "fr", "auto"),
        ("Merci", "ar", "auto"),
        ("12", "ar", "auto"),
        ("OK شكرا", "ar", "rtl"),
        ("Hallo", "de", "auto"),
    ],
)
def test_a_text_runs_as_its_page_does_unless_it_was_written_otherwise(
    text: str, language: str, direction: str
) -> None:
    assert direction_of(text, language) == direction


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("نعتذر", "ar"),
        ("« نعتذر »", "ar"),
        ("Nous sommes désolés.", "fr"),
        ("Merci : شكرا", "fr"),
        ("12 h 30 🙏", "fr"),
        ("", "fr"),
    ],
)
def test_a_colleague_who_works_in_french_writes_arabic_to_who_reads_it(text: str, language: str) -> None:
    assert written_in(text, "fr", "ar") == language


def test_what_was_said_of_a_text_counts_where_its_letters_do_not_speak_against_it() -> None:
    assert written_in("Come in", "en", "fr") == "en"
    assert written_in("نعتذر", "fr", "en") == "fr"
    assert written_in("Bonjour", "ar", "fr", "ar") == "fr"
    assert written_in("Bonjour", "tlh", "fr", "ar") == "fr"
