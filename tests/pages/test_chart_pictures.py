"""A chart on a slide says what the dashboard says, to whom it says it, in letters that a room can read."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import typst
from insight_world import answered, case_of
from PIL import Image
from staff import signed_in

from portal.cases.rules import Kind
from portal.people.rules import Role
from portal.printing.slides import HEIGHT, LEAST, WIDTH, Bar, Part, Point, Slide, slide

if TYPE_CHECKING:
    from build import World

CHART = "/s/passerelle/papers/chart"


def furnished(world: World) -> None:
    """Opinions of two months, and some messages."""
    answered(world, meeting={"good": 41, "bad": 9}, day=date(2027, 1, 12))
    answered(world, meeting={"good": 30, "bad": 10}, listened={"yes": 25, "no": 15}, day=date(2027, 2, 9))
    for kind in (Kind.COMPLAINT, Kind.REQUEST, Kind.COMPLAINT):
        case_of(world, kind, due=date(2027, 4, 1))


def words_of(svg: str) -> str:
    """What the picture says to who cannot see it."""
    found = re.search(r"<title>(.*?)</title>", svg, re.DOTALL)
    assert found
    return found[1].replace("\u202f", " ").replace("\xa0", " ")


def test_a_chart_is_a_picture_of_sixteen_to_nine_with_the_percentages_of_the_dashboard(world: World) -> None:
    lead = signed_in(world)
    furnished(world)
    board = lead.get("/s/passerelle/dashboard").text.replace("\u202f", " ").replace("\xa0", " ")
    for name in ("questions", "trend", "kinds", "ages"):
        png = lead.get(f"{CHART}/{name}.png")
        assert png.content_type == "image/png"
        assert Image.open(BytesIO(png.data)).size == (WIDTH, HEIGHT) == (1600, 900)
        svg = lead.get(f"{CHART}/{name}.svg")
        assert svg.content_type.startswith("image/svg+xml")
        assert 'viewBox="0 0 1600 900"' in svg.text
        assert "<script" not in svg.text
    told = words_of(lead.get(f"{CHART}/questions.svg").text)
    shares = re.findall(r"\d+ %", told)
    assert shares[:2] == ["79 %", "0 %"]
    assert all(one in board for one in shares)
    assert "ماذا يقول" in lead.get(f"{CHART}/questions.svg?language=ar").text


def test_a_reader_bound_by_the_floor_gets_no_more_in_a_picture(sqlite_world: World) -> None:
    world = sqlite_world
    lead = signed_in(world)
    auditor = signed_in(world, Role.AUDITOR, email="ana@passerelle.example", name="Ana Silva")
    answered(world, meeting={"good": 6, "bad": 2}, day=date(2027, 2, 9))
    assert "75 %" in words_of(lead.get(f"{CHART}/questions.svg").text), "the control"
    assert auditor.get(f"{CHART}/questions.svg").status_code == 404, "two were not: a small count"
    answered(world, meeting={"good": 10, "bad": 4}, day=date(2027, 2, 10))
    assert "73 %" in words_of(auditor.get(f"{CHART}/questions.svg").text)
    case_of(world, Kind.COMPLAINT, due=date(2027, 4, 1))
    assert auditor.get(f"{CHART}/kinds.svg").status_code == 404


def test_there_is_no_picture_of_nothing_nor_in_a_language_we_do_not_speak(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    for name in ("questions", "trend", "kinds", "ways", "ages"):
        assert lead.get(f"{CHART}/{name}.png").status_code == 404
    assert lead.get(f"{CHART}/nothing.png").status_code == 404
    answered(sqlite_world, meeting={"good": 30})
    assert lead.get(f"{CHART}/questions.png?language=xx").status_code == 404
    operator = signed_in(sqlite_world, Role.OPERATOR, email="op@passerelle.example", name="Op")
    assert operator.get(f"{CHART}/questions.png").status_code == 403


def test_the_papers_lead_to_every_picture(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    page = lead.get("/s/passerelle/papers").text
    assert len(re.findall(rf'href="{CHART}/\w+\.(?:png|svg)\?language=\w+"', page)) == 5 * 2 * 3


LONG = "Une question très longue, que personne ne lirait jusqu’au bout, et qui tient encore sur la ligne"
PIECES = [
    Part("Très bien", 60, "60 %", "good"),
    Part("Bien", 30, "30 %", "fair"),
    Part("Mal", 10, "10 %", "bad"),
]
CROWDED = {
    "five long questions": {"bars": [Bar(LONG[:70], "1 234 avis · 58 % à 62 %", PIECES)] * 5},
    "nine ways": {
        "bars": [Bar("Par un formulaire du site", "", [Part("", 12.5 * n, str(n), "good")]) for n in range(9)]
    },
    "twelve months": {"points": [Point("sept. 2026", 50 + n, 40 + n, 60 + n) for n in range(12)]},
}


@pytest.mark.parametrize("what", CROWDED)
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_no_letter_is_too_small_for_the_last_row(
    monkeypatch: pytest.MonkeyPatch, what: str, language: str
) -> None:
    """The same drawing as a PDF, where each letter tells its size."""
    made: list[bytes] = []
    kept = typst.compile

    def as_pdf(*given: object, **more: object) -> bytes:
        made.append(kept(*given, **{**more, "format": "pdf"}))  # type: ignore[call-overload]  # as it was given
        picture: bytes = kept(*given, **more)  # type: ignore[call-overload]  # idem
        return picture

    monkeypatch.setattr(typst, "compile", as_pdf)
    one = Slide(
        LONG,
        "mars 2026 à février 2027",
        "",
        LONG + LONG,
        LONG,
        "La Passerelle",
        "#0b5b68",
        language,
        **CROWDED[what],
        scale=["0 %", "50 %", "100 %"],
    )  # type: ignore[arg-type]  # given by name
    assert slide(one, "png")
    with pypdfium2.PdfDocument(made[0]) as document:
        assert len(document) == 1
        page = document[0]
        assert page.get_size() == (WIDTH, HEIGHT)
        text = page.get_textpage()
        written = [at for at in range(text.count_chars()) if text.get_text_range(at, 1).strip()]
        sizes = [pdfium.FPDFText_GetFontSize(text, at) for at in written]
        boxes = [text.get_charbox(at) for at in range(text.count_chars())]
    assert sizes
    assert LEAST <= min(sizes) < LEAST + 6, "as small as that in places, and nowhere smaller"
    assert all(left >= -1 and right <= WIDTH + 1 for left, _, right, _ in boxes), "nothing runs off the slide"
