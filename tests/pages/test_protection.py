"""The protection kit: drafts made of the structure's own settings, and what only the structure can fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pytest
from printed import require_fonts
from staff import signed_in

from portal.core.paths import TEMPLATES
from portal.people.rules import Role
from portal.web.protection_papers import PAPERS, TO_FILL

if TYPE_CHECKING:
    from build import World

KIT = "/s/passerelle/protection"


def text_of(pdf: bytes) -> str:
    """All that a PDF says, in one line."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    return " ".join(" ".join(pages).split())


@pytest.mark.parametrize("name", PAPERS)
def test_a_draft_says_what_is_set(sqlite_world: World, name: str) -> None:
    require_fonts()
    lead = signed_in(sqlite_world)
    before = text_of(lead.get(f"{KIT}/{name}.pdf").data)
    assert "La Passerelle" in before
    assert "Projet du 24 mars 2027" in before
    assert "24 mois" in before
    assert TO_FILL in before or name == "staff"
    lead.post("/s/passerelle/settings/privacy", email="donnees@passerelle.example")
    lead.post("/s/passerelle/settings/staff-informed", day="2027-03-01")
    lead.post("/s/passerelle/settings/retention", case="9")
    after = text_of(lead.get(f"{KIT}/{name}.pdf").data)
    assert "9 mois" in after
    assert ("donnees@passerelle.example" in after) == ("contact" in _source(name))
    assert ("1 mars 2027" in after or "1er mars 2027" in after) == ("informed }}" in _source(name))


def _source(name: str) -> str:
    return (TEMPLATES / "protection" / f"{name}.md").read_text(encoding="utf-8").split("-#}")[1]


def test_the_kit_says_what_is_missing(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    before = lead.get(KIT).text
    assert "La date n’est pas encore notée." in before
    assert "On ne dit pas encore à qui écrire" in before
    lead.post("/s/passerelle/settings/privacy", email="donnees@passerelle.example")
    lead.post("/s/passerelle/settings/staff-informed", day="2027-03-01")
    after = lead.get(KIT).text
    assert "La date n’est pas encore notée." not in after
    assert "On ne dit pas encore à qui écrire" not in after
    assert "à compléter" in after  # the address of the structure, the host: no setting knows them


def test_an_auditor_reads_the_kit_and_changes_nothing(sqlite_world: World) -> None:
    auditor = signed_in(sqlite_world, Role.AUDITOR, email="audit@exemple.test", name="Audit")
    page = auditor.get(KIT).text
    assert "/protection/record.pdf" in page
    assert "/settings/" not in page
