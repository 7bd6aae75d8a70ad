"""Which way a text runs, and which of two languages it is written in."""

from __future__ import annotations

from gettext import GNUTranslations
from io import BytesIO

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portal.core.languages import direction_of, written_in
from portal.core.paths import TRANSLATIONS


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


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (0, "بلا تأخير"),
        (1, "متأخر يوم عمل واحد"),
        (2, "متأخر يومي عمل"),
        (3, "متأخر 3 أيام عمل"),
        (10, "متأخر 10 أيام عمل"),
        (11, "متأخر 11 يوم عمل"),
        (99, "متأخر 99 يوم عمل"),
        (100, "متأخر 100 يوم عمل"),
        (102, "متأخر 102 يوم عمل"),
        (103, "متأخر 103 أيام عمل"),
    ],
)
def test_arabic_counts_as_it_does(n: int, told: str) -> None:
    """Six forms of a plural: CLDR 47, plural rules of "ar"."""
    with (TRANSLATIONS / "ar" / "LC_MESSAGES" / "portal.po").open("rb") as file:
        catalogue = read_po(file)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    found = GNUTranslations(compiled).ngettext("%(num)d working day late", "%(num)d working days late", n)
    assert found % {"num": n} == told
