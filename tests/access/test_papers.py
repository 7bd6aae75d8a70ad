"""Papers are made for everybody too: tagged, titled, in a language that they tell, and never the only way."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from printed import require_fonts
from pypdfium2 import raw
from staff import signed_in

from portal.core.languages import LANGUAGES
from portal.printing.formats import FORMATS

if TYPE_CHECKING:
    from build import World

PRINT = "/s/passerelle/codes/print"


def faults(paper: bytes) -> list[str]:
    """What a paper lacks for a screen reader."""
    found = []
    document = pypdfium2.PdfDocument(paper)
    try:
        if not raw.FPDFCatalog_IsTagged(document):
            found.append("no tags")
        if not document.get_metadata_value("Title"):
            found.append("no title")
        if not _language(document):
            found.append("no language")
    finally:
        document.close()
    return found


def _language(document: pypdfium2.PdfDocument) -> str:
    size = raw.FPDFCatalog_GetLanguage(document, None, 0)
    held = (ctypes.c_ushort * max(1, size // 2))()
    raw.FPDFCatalog_GetLanguage(document, held, size)
    return bytes(held).decode("utf-16-le").rstrip("\0")


@pytest.mark.parametrize("what", FORMATS)
def test_a_paper_is_tagged_titled_and_tells_its_language(sqlite_world: World, what: str) -> None:
    require_fonts()
    answer = signed_in(sqlite_world).get(f"{PRINT}/{what}.pdf?code={sqlite_world.lyon.code.code}")
    assert answer.status_code == 200
    assert faults(answer.data) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_questionnaire_on_paper_is_one_too(sqlite_world: World, language: str) -> None:
    require_fonts()
    path = f"/s/passerelle/opinions/paper.pdf?language={language}&code={sqlite_world.lyon.code.code}"
    answer = signed_in(sqlite_world).get(path)
    assert answer.status_code == 200
    assert faults(answer.data) == []


def test_a_paper_without_tags_is_seen() -> None:
    plain = pypdfium2.PdfDocument.new()
    plain.new_page(100, 100)
    assert not raw.FPDFCatalog_IsTagged(plain)
    assert _language(plain) == ""
    plain.close()
