"""Pages rendered once, with holes where one resident's page differs from the next.

What stands in the holes (entrance, name, colour, token) is read for each request, so a change of the
branding shows at once, and a thousand structures that ask the same questions share one stencil.
"""

from __future__ import annotations

import re
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHANCE = token_hex(12)
"""Nobody outside the process can write a hole into a name or a question."""
_HOLE = re.compile(f"hole{_CHANCE}([a-z]+)x")


def hole(name: str) -> str:
    """What stands in a template's context for something filled in later: letters and digits alone."""
    return f"hole{_CHANCE}{name}x"


class Stencil:
    """A rendered page, cut at its holes."""

    __slots__ = ("_pieces",)

    def __init__(self, html: str) -> None:
        # An odd piece is the name of a hole, an even one text.
        self._pieces: tuple[str, ...] = tuple(_HOLE.split(html))

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The page with these values, which are escaped already. Raises `KeyError` for a hole without one."""
        pieces = list(self._pieces)
        pieces[1::2] = [values[name] for name in pieces[1::2]]
        return "".join(pieces).encode()
