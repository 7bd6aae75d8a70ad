"""Codes on paper: the right size, the right square, and no file that a phone could not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pytest
from staff import signed_in

from portal.printing.formats import FORMATS
from portal.printing.proof import each_page, squares_in

if TYPE_CHECKING:
    from build import World

MM = 72 / 25.4


def sizes(pdf: bytes) -> list[tuple[float, float]]:
    """Width and height of each page in mm."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [(page.get_width() / MM, page.get_height() / MM) for page in document]


@pytest.mark.parametrize("what", ["card", "badge"])
def test_a_badge_is_as_large_as_a_bank_card_and_its_square_is_read(sqlite_world: World, what: str) -> None:
    lead, code = signed_in(sqlite_world), sqlite_world.lyon.code.code
    answer = lead.get(f"/s/passerelle/codes/print/{what}.pdf?code={code}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert sizes(answer.data) == [(pytest.approx(85.6, abs=0.2), pytest.approx(54.0, abs=0.2))]
    assert each_page(answer.data, squares_in) == [[f"HTTP://PORTAL.TEST/Q/{code}"]]


def test_every_format_is_offered_on_the_page(sqlite_world: World) -> None:
    lead, code = signed_in(sqlite_world), sqlite_world.lyon.code.code
    page = lead.get(f"/s/passerelle/codes/print?code={code}")
    assert page.status_code == 200
    for what in FORMATS:
        assert f"/s/passerelle/codes/print/{what}.pdf" in page.text


def test_a_foreign_code_is_not_printed(sqlite_world: World) -> None:
    lead, code = signed_in(sqlite_world), sqlite_world.strasbourg.code.code
    assert lead.get(f"/s/passerelle/codes/print/badge.pdf?code={code}").status_code == 404
    assert lead.get(f"/s/passerelle/codes/print?code={code}").status_code == 404
