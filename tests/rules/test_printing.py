"""What comes out of the printer: sizes, squares that two readers read, every letter, and nothing cut off."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import typst
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from printed import ARABIC, FRENCH, LONG_NAME, order, payloads, require_fonts, sizes, words_of
from second_reader import second_reader

from portal.channels import qr
from portal.cli import checks
from portal.core.config import load
from portal.core.errors import Invalid, Refused
from portal.printing import making
from portal.printing.fonts import FAMILIES, missing, system_fonts
from portal.printing.formats import COLUMNS, FORMATS, ROWS, RULER, Shift
from portal.printing.making import made
from portal.printing.proof import each_page, require_readable, squares_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MM_PER_INCH = 25.4
RESOLUTIONS = (100, 150, 300)
ANGLES = (0, 30, -30)
WHITE = 255


def turned(picture: Image.Image, angle: float) -> Image.Image:
    """The raster, as a phone held askew sees it."""
    return picture.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=WHITE)


def kept(picture: Image.Image) -> Image.Image:
    """The raster itself, so that a test can look at pages one by one."""
    return picture.copy()


@pytest.mark.parametrize("what", FORMATS)
def test_a_page_has_its_size(what: str) -> None:
    format_ = FORMATS[what]
    for width, height in sizes(made(format_, order(2))):
        assert width == pytest.approx(format_.width, abs=0.2)
        assert height == pytest.approx(format_.height, abs=0.2)


def test_cards_and_badges_are_as_large_as_bank_cards() -> None:
    for what in ("card", "badge"):
        assert (FORMATS[what].width, FORMATS[what].height) == (85.6, 54.0)


@pytest.mark.parametrize("dpi", RESOLUTIONS)
@pytest.mark.parametrize("what", FORMATS)
def test_two_readers_read_every_square_of_the_file_however_it_is_held(what: str, dpi: int) -> None:
    ordered = order(FORMATS[what].per_page, structure=LONG_NAME)
    pdf, expected = made(FORMATS[what], ordered), payloads(ordered, what)
    pages = each_page(pdf, kept, dpi=dpi)
    readers: dict[str, Callable[[Image.Image], list[str]]] = {
        "zxing": squares_in,
        "zbar": second_reader().read,
    }
    for angle in ANGLES:
        for name, read in readers.items():
            assert [sorted(read(turned(page, angle))) for page in pages] == expected, (name, angle)


def test_a_smudged_square_is_read_by_neither() -> None:
    (page,) = each_page(made(FORMATS["badge"], order()), kept, dpi=150)
    assert squares_in(page)
    assert second_reader().read(page)
    (found,) = zxingcpp.read_barcodes(page)
    corner, opposite = found.position.top_left, found.position.bottom_right
    middle = ((corner.x + opposite.x) // 2, (corner.y + opposite.y) // 2)
    ImageDraw.Draw(page).rectangle(((corner.x, middle[1]), (opposite.x, opposite.y)), fill=90)
    assert squares_in(page) == []
    assert second_reader().read(page) == []


def test_a_file_whose_square_says_otherwise_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        making, "svg", lambda _payload, *, title: qr.svg("HTTPS://OTHER/Q/222222", title=title)
    )
    with pytest.raises(Refused) as refusal:
        made(FORMATS["badge"], order())
    assert refusal.value.facts["reason"] == "pdf_says_otherwise"


def test_a_missing_page_or_square_is_found() -> None:
    ordered = order(2)
    pdf, expected = made(FORMATS["card"], ordered), payloads(ordered, "card")
    require_readable(pdf, expected, square=33)
    for wrong in (expected[:1], [*expected, []], [sorted(expected[0] + expected[1])], expected[::-1]):
        with pytest.raises(Refused):
            require_readable(pdf, wrong, square=33)


def test_a_hundred_badges_are_made_and_read_back_within_two_seconds() -> None:
    ordered = order(100)
    made(FORMATS["badge"], order())
    begun = time.process_time()
    made(FORMATS["badge"], ordered)
    assert time.process_time() - begun <= 2


def test_the_ruler_on_a_sheet_measures_50_mm() -> None:
    dpi = 300
    (page,) = each_page(made(FORMATS["sheet"], order(10)), kept, dpi=dpi)
    strip = page.crop((0, page.height - round(12 * dpi / MM_PER_INCH), page.width, page.height))
    measured = max(longest_dark_run(strip, row) for row in range(strip.height)) * MM_PER_INCH / dpi
    assert measured == pytest.approx(RULER, abs=0.2)


def longest_dark_run(picture: Image.Image, row: int) -> int:
    """The longest run of dark pixels in a row."""
    line = "".join(
        "#" if sign < 128 else " " for sign in picture.crop((0, row, picture.width, row + 1)).tobytes()
    )
    return max(map(len, line.split()), default=0)


@pytest.mark.parametrize(("right", "down"), [(0.0, 0.0), (3.0, -2.0), (-4.5, 6.0)])
def test_a_shifted_sheet_lies_where_it_was_moved(right: float, down: float) -> None:
    dpi = 200
    shifted = order(10, shift=Shift(right=right, down=down))
    at = [each_page(made(FORMATS["sheet"], one), corner_of_first, dpi=dpi)[0] for one in (order(10), shifted)]
    moved = [(after - before) * MM_PER_INCH / dpi for before, after in zip(*at, strict=True)]
    assert moved == [pytest.approx(right, abs=0.2), pytest.approx(down, abs=0.2)]


def corner_of_first(page: Image.Image) -> tuple[int, int]:
    """Where the upper left square begins, in pixels."""
    corners = [one.position.top_left for one in zxingcpp.read_barcodes(page)]
    return min(one.x for one in corners), min(one.y for one in corners)


@given(*[st.floats(allow_nan=True, allow_infinity=True)] * 4)
def test_no_shift_lets_a_card_leave_the_paper(right: float, down: float, gap_x: float, gap_y: float) -> None:
    hold(right, down, gap_x, gap_y)


@given(*[st.floats(-16, 16)] * 4)
def test_a_shift_within_reason_keeps_every_card_whole(
    right: float, down: float, gap_x: float, gap_y: float
) -> None:
    hold(right, down, abs(gap_x), abs(gap_y))


def hold(right: float, down: float, gap_x: float, gap_y: float) -> None:
    """Refused, or ten cards apart from one another on the paper."""
    try:
        shift = Shift(right, down, gap_x, gap_y)
    except Invalid:
        return
    assert (len(shift.columns), len(shift.rows)) == (COLUMNS, ROWS)
    for edges, card, paper in ((shift.columns, 85.6, 210), (shift.rows, 54, 297)):
        assert edges[0] >= 0
        assert edges[-1] + card <= paper + 1e-9
        assert all(after - before >= card - 1e-9 for before, after in pairwise(edges))


@pytest.mark.parametrize("what", ["card", "badge", "sticker"])
@pytest.mark.parametrize("name", ["La Passerelle", LONG_NAME])
def test_nothing_stands_at_the_edge_where_it_would_be_cut(what: str, name: str) -> None:
    dpi = 200
    (page,) = each_page(made(FORMATS[what], order(words=(FRENCH, ARABIC) * 2, structure=name)), kept, dpi=dpi)
    edge = round(1.4 * dpi / MM_PER_INCH)
    inside = page.crop((edge, edge, page.width - edge, page.height - edge))
    border = page.copy()
    border.paste(WHITE, (edge, edge, edge + inside.width, edge + inside.height))
    assert border.getextrema() == (WHITE, WHITE)


@pytest.mark.parametrize("what", FORMATS)
def test_words_that_do_not_fit_are_refused(what: str) -> None:
    with pytest.raises(Refused) as refusal:
        made(FORMATS[what], order(structure="Donaudampfschifffahrtsgesellschaft" * 12))
    assert refusal.value.facts["reason"] == "room"


@pytest.mark.parametrize("what", FORMATS)
def test_many_languages_fit_on_paper(what: str) -> None:
    pdf = made(FORMATS[what], order(words=(FRENCH, ARABIC) * 4, structure=LONG_NAME))
    shown = words_of(pdf)
    most = FORMATS[what].most_languages
    assert (shown.count(FRENCH.how) == 4) == (most is None)


def test_what_people_wrote_is_never_markup() -> None:
    odd = "#panic() $x$ *gras* [bloc] \\ <a> @b `c`"
    assert odd in words_of(made(FORMATS["poster-a4"], order(structure=odd))).replace("\r\n", " ")


def test_the_code_stands_beneath_in_two_groups() -> None:
    ordered = order()
    code = ordered.squares[0].code
    assert f"{code[:3]}\N{FIGURE SPACE}{code[3:]}" in words_of(made(FORMATS["badge"], ordered))


def test_the_file_declares_to_be_accessible() -> None:
    pdf = made(FORMATS["poster-a4"], order())
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert "Badge · La Passerelle".encode() in pdf


def test_the_same_order_makes_the_same_file() -> None:
    assert made(FORMATS["card"], order()) == made(FORMATS["card"], order())


def latin(folder: Path) -> typst.Fonts:
    """The fonts of a machine without a letter of Arabic."""
    require_fonts()
    for font in system_fonts().fonts():
        if font.family == "Noto Sans" and font.path and font.style == "normal":
            shutil.copy(font.path, folder)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


def test_a_missing_font_is_named(tmp_path: Path) -> None:
    fonts = latin(tmp_path)
    assert missing(fonts) == ["Noto Sans Arabic"]
    with pytest.raises(Refused) as refusal:
        made(FORMATS["card"], order(), fonts=fonts)
    assert refusal.value.facts == {"reason": "fonts", "families": ["Noto Sans Arabic"]}


def test_the_doctor_names_missing_fonts_and_their_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (check,) = [one for one in checks.CHECKS if one.name == "fonts"]
    config = load({"PORTAL_SECRET_KEY": "s" * 32, "PORTAL_DATA": str(tmp_path)})
    assert list(check.look(config)) == []
    fonts = latin(tmp_path)
    monkeypatch.setattr(checks, "system_fonts", lambda: fonts)
    (finding,) = check.look(config)
    assert "Noto Sans Arabic" in finding.sentence
    assert "fonts-noto-core" in finding.sentence


def test_a_letter_that_no_font_has_is_an_error_and_no_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.printing.fonts.FAMILIES", FAMILIES[:1])
    fonts = latin(tmp_path)
    made(FORMATS["card"], order(words=(FRENCH,)), fonts=fonts)
    with pytest.raises(Refused) as refusal:
        made(FORMATS["card"], order(), fonts=fonts)
    assert refusal.value.facts["reason"] == "glyph"
    assert str(refusal.value.facts["told"]) in ARABIC.card
    with pytest.raises(Refused) as refusal:
        made(FORMATS["badge"], order(structure="Passerelle \U000f1234"))
    assert refusal.value.facts["reason"] == "glyph"


def test_arabic_is_joined_and_runs_to_the_left() -> None:
    shaped, apart = (arabic_ink(text) for text in ("شاركونا رأيكم", "ش ا ر ك و ن ا ر أ ي ك م"))
    assert shaped < apart * 0.8


def arabic_ink(call: str) -> int:
    """Width in pixels of the Arabic line of a badge."""
    lines = (replace(FRENCH, call="."), replace(ARABIC, call=call))
    (page,) = each_page(made(FORMATS["badge"], order(words=lines, structure="-")), kept, dpi=200)
    right = page.crop((page.width * 58 // 100, page.height * 70 // 100, page.width, page.height))
    box = right.point(lambda shade: WHITE - shade).getbbox()
    assert box is not None
    assert box[2] > right.width * 0.9
    return box[2] - box[0]


def test_too_many_codes_are_refused_before_any_work() -> None:
    with pytest.raises(Refused) as refusal:
        made(FORMATS["poster-a3"], order(51))
    assert refusal.value.facts == {"reason": "many", "most": 50}
