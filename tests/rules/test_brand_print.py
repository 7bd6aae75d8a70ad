"""A logo on paper: where a format has room for it, beside every word, and never in the way of the square."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
from printed import ARABIC, FRENCH, LONG_NAME, order, require_fonts, words_of
from pypdfium2 import raw
from rules.test_brand import drawing, written

from portal.printing.formats import FORMATS
from portal.printing.making import Picture, looked_at, made
from portal.tenancy.pictures import redrawn

if TYPE_CHECKING:
    from collections.abc import Sequence

MM = 72 / 25.4
SHAPES = {"long": (600, 110), "square": (300, 300), "upright": (150, 600)}
PLACES = {"card": 1, "badge": 1, "sheet": 10, "sticker": 0, "poster-a4": 1, "poster-a3": 1}
"""How many logos stand on a page of each format."""

pytestmark = pytest.mark.usefixtures("fonts")


@pytest.fixture
def fonts() -> None:
    """Fonts, or the test is skipped by name."""
    require_fonts()


def logo(shape: str = "long") -> Picture:
    """A logo of this shape."""
    drawn = redrawn(written(drawing(*SHAPES[shape])))
    return Picture(drawn.paper, drawn.width, drawn.height)


def boxes(pdf: bytes) -> list[tuple[float, float, float, float]]:
    """Where the pictures of the first page stand, in mm: left, bottom, right, top."""
    with pypdfium2.PdfDocument(pdf) as document:
        page: Any = document[0]
        found: Sequence[Any] = list(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=9))
        return [tuple(side / MM for side in one.get_bounds()) for one in found]


def told(pdf: bytes) -> list[str]:
    """The words of a file, wherever its lines end."""
    return sorted(words_of(pdf).split())


@pytest.mark.parametrize("what", FORMATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_logo_stands_where_there_is_room_for_it(what: str, shape: str) -> None:
    format_ = FORMATS[what]
    asked = order(format_.per_page, logo=logo(shape))
    found = boxes(made(format_, asked))
    assert len(found) == PLACES[what]
    for left, bottom, right, top in found:
        assert 0 < left < right < format_.width
        assert 0 < bottom < top < format_.height
        wide, high = SHAPES[shape]
        assert (right - left) / (top - bottom) == pytest.approx(wide / high, rel=0.05)


@pytest.mark.parametrize("what", ["card", "badge", "poster-a4"])
def test_every_word_is_there_beside_a_logo(what: str) -> None:
    words = (FRENCH, ARABIC)
    plain = made(FORMATS[what], order(words=words))
    assert boxes(plain) == []
    assert told(made(FORMATS[what], order(words=words, logo=logo()))) == told(plain)


def test_words_come_before_the_logo() -> None:
    name = " ".join([LONG_NAME] * 2)
    file = made(FORMATS["badge"], order(structure=name, logo=logo()))
    assert boxes(file) == []
    assert told(file) == told(made(FORMATS["badge"], order(structure=name)))


def test_a_card_to_look_at_is_a_picture_of_the_card() -> None:
    with_logo, without = (looked_at(FORMATS["card"], order(logo=one)) for one in (logo(), None))
    assert with_logo.startswith(b"\x89PNG")
    assert with_logo != without
