"""Orders to print, built from nothing but words, and what a test looks at in the file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest

from portal.channels.qr import code_url
from portal.core.ids import CODE_ALPHABET
from portal.printing.fonts import missing, system_fonts
from portal.printing.formats import FORMATS, Shift
from portal.printing.making import Order, Square, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

_MM = 72 / 25.4
FRENCH = Words(
    "fr",
    "ltr",
    "Donnez votre avis",
    "Dites-nous comment ça s’est passé. Visez ce carré avec votre téléphone.",
    "Ici, votre avis compte.",
    "Visez ce carré avec votre téléphone.",
    "Quelques questions, sans donner votre nom.",
)
ARABIC = Words(
    "ar",
    "rtl",
    "شاركونا رأيكم",
    "أخبرونا كيف كان اللقاء. وجّهوا هاتفكم نحو هذا المربّع.",
    "رأيكم يهمّنا هنا.",
    "وجّهوا هاتفكم نحو هذا المربّع.",
    "بضعة أسئلة، دون ذكر الاسم.",
)
LONG_NAME = "Association de médiation sociale de la métropole lilloise et du bassin minier"


def codes(n: int) -> list[str]:
    """So many codes, each another one, the same each time."""
    found = []
    for at in range(n):
        signs, rest = "", 7919 * at + 11
        for _ in range(6):
            rest, sign = divmod(rest, len(CODE_ALPHABET))
            signs += CODE_ALPHABET[sign]
        found.append(signs)
    return found


def require_fonts() -> None:
    """Nothing where the fonts are installed; elsewhere the test is skipped by name."""
    if missing(system_fonts()):
        pytest.skip("the fonts (Debian: fonts-noto-core) are not installed")


def order(n: int = 1, *, words: Sequence[Words] = (FRENCH, ARABIC), **changed: Any) -> Order:
    """An order for so many squares; `changed` are fields of `Order`."""
    require_fonts()
    squares = [
        Square(code, code_url("https://avis.exemple.fr", code), "Lyon, centre", f"Carré du code {code}")
        for code in codes(n)
    ]
    made = Order(
        squares=squares,
        words=words,
        structure="La Passerelle",
        host="avis.exemple.fr",
        brand="#0b5c68",
        on_brand="#ffffff",
        language="fr",
        title="Badge · La Passerelle",
        ruler="Imprimez à 100 % : cette règle mesure 50 mm.",
        shift=Shift(),
    )
    return replace(made, **changed)


def payloads(ordered: Order, what: str) -> list[list[str]]:
    """What must be read on each page, sorted."""
    all_, per_page = [one.payload for one in ordered.squares], FORMATS[what].per_page
    return [sorted(all_[at : at + per_page]) for at in range(0, len(all_), per_page)]


def sizes(pdf: bytes) -> list[tuple[float, float]]:
    """Width and height of each page in mm."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [(page.get_width() / _MM, page.get_height() / _MM) for page in document]


def words_of(pdf: bytes) -> str:
    """All text of the file, as a search in it or a voice would find it."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
