"""The one way to a drawing: the fonts are there, Typst sets it, and what a person can mend is a refusal."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import typst

from portal.core.errors import Refused
from portal.core.paths import TEMPLATES
from portal.printing.fonts import missing, system_fonts

if TYPE_CHECKING:
    from collections.abc import Mapping

_DRAWINGS = TEMPLATES / "print"
_STANDARD: Final = "ua-1"
"""PDF/UA-1 (ISO 14289-1): tagged, titled, no picture without words, no letter without a glyph."""
_NO_GLYPH = re.compile(r'the text `"(.*)"` could not be displayed')
_NO_ROOM = "no room"


def drawn(name: str, data: Mapping[str, object], *, fonts: typst.Fonts | None = None, **output: Any) -> bytes:
    """The drawing of this name with these data, as PDF/UA unless `output` asks for another form.

    Raises `Refused("print")` with `reason` "fonts" (and `families`), "glyph" (and `told`) or "room".
    """
    found = fonts or system_fonts()
    if absent := missing(found):
        raise Refused("print", reason="fonts", families=absent)
    try:
        file: bytes = typst.compile(
            str(_DRAWINGS / f"{name}.typ"),
            root=str(_DRAWINGS),
            font_paths=found,
            sys_inputs={"data": json.dumps(data)},
            **(output or {"pdf_standards": _STANDARD}),
        )
    except typst.TypstError as fault:
        raise _refusal_of(fault) from fault
    return file


def _refusal_of(fault: typst.TypstError) -> Exception:
    """What a person can do something about becomes a refusal; anything else is a fault of ours."""
    if no_glyph := _NO_GLYPH.search(fault.message):
        return Refused("print", reason="glyph", told=no_glyph[1])
    if _NO_ROOM in fault.message:
        return Refused("print", reason="room")
    return fault
