"""No square leaves the house that says anything but its address."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from portal.channels import qr
from portal.channels.qr_svg import raster
from portal.core.errors import Invalid, Refused
from portal.core.ids import CODE_ALPHABET

ADDRESS = "HTTPS://AVIS.EXAMPLE.ORG/Q/7KQ4M2"
OTHER = "HTTPS://AVIS.EXAMPLE.ORG/Q/7KQ4M3"
codes = st.text(CODE_ALPHABET, min_size=6, max_size=6)


def png_of(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def opened(picture: bytes) -> Image.Image:
    return Image.open(BytesIO(picture)).convert("L")


def path_of(*commands: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 3" role="img" shape-rendering="crispEdges">'
        '<title>x</title><rect width="3" height="3" fill="#fff"/>'
        f'<path d="{"".join(commands)}"/></svg>'
    )


def cells(document: str) -> list[str]:
    return ["".join("#" if cell else "." for cell in row) for row in raster(document)]


# -- the address -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("https://avis.example.org", "HTTPS://AVIS.EXAMPLE.ORG/Q/7KQ4M2"),
        ("https://avis.example.org/", "HTTPS://AVIS.EXAMPLE.ORG/Q/7KQ4M2"),
        ("http://127.0.0.1:8000", "HTTP://127.0.0.1:8000/Q/7KQ4M2"),
        ("https://example.org/avis/", "HTTPS://EXAMPLE.ORG/AVIS/Q/7KQ4M2"),
        ("https://médiation.example", "HTTPS://XN--MDIATION-B1A.EXAMPLE/Q/7KQ4M2"),
        ("https://avis.example.org/?a=b#c", "HTTPS://AVIS.EXAMPLE.ORG/Q/7KQ4M2"),
    ],
)
def test_the_address_in_the_square_is_upper_case_throughout(base_url: str, address: str) -> None:
    assert qr.code_url(base_url, "7kq4m2") == address


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "avis.example.org",
        "ftp://avis.example.org",
        "https://",
        "http://[::1]:8000",
        "https://a:99999",
        "https://a_b.org",
        "https://a..b",
    ],
)
def test_a_base_that_no_square_can_hold_is_refused(base_url: str) -> None:
    with pytest.raises(Invalid, match="base_url"):
        qr.code_url(base_url, "7KQ4M2")


# -- the square ------------------------------------------------------------------------------------------


def test_the_square_has_a_quiet_zone_of_four_modules() -> None:
    rows = qr.matrix(ADDRESS)
    side = len(rows)
    assert side == 37
    for y, row in enumerate(rows):
        assert len(row) == side
        assert not any(dark for x, dark in enumerate(row) if not (4 <= x < side - 4 and 4 <= y < side - 4))


def test_an_address_of_a_thirty_letter_host_still_fits_a_badge() -> None:
    host = "a" * 26 + ".org"
    assert qr.fits_badge(qr.code_url(f"https://{host}", "7KQ4M2"))
    assert not qr.fits_badge(qr.code_url(f"https://a{host}", "7KQ4M2"))


@pytest.mark.parametrize("payload", ["", "https://avis.example.org/q/7kq4m2", "É", "A\n", "A" * 2421])
def test_what_the_alphanumeric_mode_cannot_hold_is_refused(payload: str) -> None:
    with pytest.raises(Invalid, match="payload"):
        qr.matrix(payload)


# -- reading back ----------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(codes)
def test_every_code_is_read_back_from_both_its_pictures(code: str) -> None:
    address = qr.code_url("https://avis.example.org", code)
    square = qr.checked(address, title="Votre avis")
    assert qr.read_back(square.png) == qr.read_back_svg(square.svg) == square.payload == address
    assert square.version == 3


@pytest.mark.parametrize("degrees", [-30, -17, 17, 30, 90, 180])
def test_a_square_held_askew_is_read(degrees: int) -> None:
    askew = opened(qr.png(ADDRESS)).rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    assert qr.read_back(png_of(askew)) == ADDRESS


def test_a_pale_print_is_read() -> None:
    pale = opened(qr.png(ADDRESS)).point(lambda level: 120 + level // 4)
    assert qr.read_back(png_of(pale)) == ADDRESS


@pytest.mark.parametrize("pixels", [2, 3, 8, 20])
def test_a_square_is_read_in_several_sizes(pixels: int) -> None:
    picture = qr.png(ADDRESS, pixels_per_module=pixels)
    assert opened(picture).size == (37 * pixels, 37 * pixels)
    assert qr.read_back(picture) == ADDRESS


def test_a_blank_or_broken_picture_is_refused() -> None:
    blank = png_of(Image.new("L", (200, 200), 255))
    for picture in (blank, b"", b"no picture", qr.png(ADDRESS)[:200]):
        with pytest.raises(Refused):
            qr.read_back(picture)


def test_a_picture_of_two_squares_is_refused() -> None:
    one = opened(qr.png(ADDRESS))
    two = Image.new("L", (one.width * 2, one.height), 255)
    two.paste(one, (0, 0))
    two.paste(opened(qr.png(OTHER)), (one.width, 0))
    with pytest.raises(Refused, match="unreadable"):
        qr.read_back(png_of(two))


def test_a_square_printed_light_on_dark_is_refused() -> None:
    with pytest.raises(Refused):
        qr.read_back(png_of(opened(qr.png(ADDRESS)).point(lambda level: 255 - level)))


# -- planted faults: the check must see each ---------------------------------------------------------------


def test_a_planted_picture_of_another_address_is_refused_in_either_form() -> None:
    good = qr.checked(ADDRESS, title="x")
    qr.require_readable(good)
    with pytest.raises(Refused, match="png_says_otherwise"):
        qr.require_readable(replace(good, png=qr.png(OTHER)))
    with pytest.raises(Refused, match="svg_says_otherwise"):
        qr.require_readable(replace(good, svg=qr.svg(OTHER, title="x")))


def test_a_planted_wrong_matrix_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = qr.matrix(OTHER)
    monkeypatch.setattr(qr, "matrix", lambda _payload: wrong)
    with pytest.raises(Refused, match="says_otherwise"):
        qr.checked(ADDRESS, title="x")


def test_a_torn_square_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    torn = tuple(row if y % 3 else (False,) * len(row) for y, row in enumerate(qr.matrix(ADDRESS)))
    monkeypatch.setattr(qr, "matrix", lambda _payload: torn)
    with pytest.raises(Refused, match="unreadable"):
        qr.checked(ADDRESS, title="x")


def test_a_path_that_lost_its_dark_is_refused_though_the_matrix_was_right() -> None:
    good = qr.checked(ADDRESS, title="x")
    with pytest.raises(Refused, match="unreadable"):
        qr.require_readable(replace(good, svg=good.svg.replace("v1h", "v0h")))


# -- the document ----------------------------------------------------------------------------------------


def test_the_svg_is_a_named_picture_of_one_path_without_style() -> None:
    document = qr.svg(ADDRESS, title="Votre avis <ici> & là")
    root = ET.fromstring(document)  # noqa: S314 -- our own document
    assert root.get("role") == "img"
    assert root.get("viewBox") == "0 0 37 37"
    assert root[0].text == "Votre avis <ici> & là"
    assert [element.tag.partition("}")[2] for element in root] == ["title", "rect", "path"]
    assert "style" not in document
    assert len(document) < 6_000


def test_the_svg_says_module_for_module_what_the_matrix_says() -> None:
    assert raster(qr.svg(ADDRESS, title="x")) == qr.matrix(ADDRESS)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ["...", "...", "..."]),
        ("M0 0h3v1h-3z", ["###", "...", "..."]),
        ("M1 1v2h1v-2z", ["...", ".#.", ".#."]),
        ("M0 0h3v3h-3zM1 1v1h1v-1z", ["###", "#.#", "###"]),  # the inner one turns the other way: a hole
        ("M0 0h3v3h-3zM1 1h1v1h-1z", ["###", "###", "###"]),  # the same way: none, by the non-zero rule
        ("M0 0h2v1h1v2h-1v-1h-2z", ["##.", "###", "..#"]),
    ],
)
def test_the_raster_follows_svgs_own_rule_of_filling(path: str, expected: list[str]) -> None:
    assert cells(path_of(path)) == expected


@pytest.mark.parametrize(
    "path",
    [
        "M0 0l1 1z",
        "M0 0h1",
        "h1v1z",
        "M0 0h1.5v1h-1.5z",
        "M0 0h9v1h-9z",
        "M0 0h1v-1h-1z",
        "M0 0h2v2z",
        "m0 0h1v1h-1z",
        "x",
    ],
)
def test_a_path_in_other_words_is_refused_and_not_guessed(path: str) -> None:
    with pytest.raises(Refused, match="svg_form"):
        raster(path_of(path))


@pytest.mark.parametrize(
    ("ours", "planted"),
    [
        ("<path ", '<path transform="scale(2)" '),
        ("<path ", '<path fill="#fff" '),
        ('fill="#fff"', 'fill="#000"'),
        ("</svg>", "<path d=''/></svg>"),
        ("</svg>", "<text>x</text></svg>"),
        ("<title>x</title>", ""),
        ("<title>x</title>", "<title>x<rect/></title>"),
        ('viewBox="0 0 3 3"', 'viewBox="0 0 3 4"'),
        ('viewBox="0 0 3 3"', 'viewBox="1 0 3 3"'),
        ('role="img"', 'role="img" style="filter:invert(1)"'),
        ('xmlns="http://www.w3.org/2000/svg"', ""),
        ("</svg>", ""),
    ],
)
def test_a_document_with_anything_else_in_it_is_refused(ours: str, planted: str) -> None:
    document = path_of("M0 0h3v1h-3z")
    assert raster(document)
    with pytest.raises(Refused, match="svg_form"):
        raster(document.replace(ours, planted, 1))


def test_a_title_that_no_xml_can_hold_is_refused() -> None:
    with pytest.raises(Refused, match="svg_form"):
        qr.checked(ADDRESS, title="\x00")


# -- the terminal ----------------------------------------------------------------------------------------


def test_the_square_in_a_terminal_is_read_dark_on_light() -> None:
    lines = [line.partition("231m")[2].removesuffix("\x1b[0m") for line in qr.terminal(ADDRESS).splitlines()]
    upper = {" ": 255, "▀": 0, "▄": 255, "█": 0}
    lower = {" ": 255, "▀": 255, "▄": 0, "█": 0}
    shown = bytes(half[sign] for line in lines for half in (upper, lower) for sign in line)
    picture = Image.frombytes("L", (37, 38), shown).resize((37 * 8, 38 * 8), Image.Resampling.NEAREST)
    assert qr.read_back(png_of(picture)) == ADDRESS
