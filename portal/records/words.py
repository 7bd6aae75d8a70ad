"""Words of a register, brought to the form in which they are compared. Pure."""

from __future__ import annotations

import re
import unicodedata

_ELSE = re.compile(r"[^a-z0-9./:-]+")


def plain(text: str) -> str:
    """A text in small letters without accents, signs or doubled spaces: "N° de réf. " is "n de ref."."""
    bare = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe")).casefold()
    letters = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return _ELSE.sub(" ", letters).strip()
