"""Pages rendered and compressed once, with holes where one resident's page differs from the next.

What stands in the holes (entrance, name, colour, token) is read for each request, so a change of the
branding shows at once, and a thousand structures that ask the same questions share one stencil. Compressing
such a page anew took a quarter of the time that the whole page takes.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING, TypeAlias

from portal.core.memory import Bounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHANCE = token_hex(12)
"""Nobody outside the process can write a hole into a name or a question."""
_HOLE = re.compile(f"hole{_CHANCE}([a-z]+)x")

_PACKED = "mark"
"""The hole whose value is compressed too, and kept so: a logo is long, and the same on every page."""
_LOGOS = 512
_STEADY = frozenset({"root", "token", "theme"})
"""Holes whose values have the same length on nearly every page."""
_LENGTHS = 64
"""For how many lengths of them a stencil keeps its compressed texts."""
_LEVEL = 9
_RAW = -15
_WINDOW = 32_768
_SHORT = 16
"""Bytes up to which a text costs less stored than compressed by itself."""
_NEVER = b"\xff"
"""A byte that no UTF-8 text holds: where a hole stands, nothing to come is like it."""
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_Run: TypeAlias = "tuple[tuple[bool, str], ...]"
"""Parts that are stored: whether each is a hole, and its name or text."""
_Block: TypeAlias = "bytes | str | _Run"
"""A compressed text, the name of a hole whose value is compressed by itself, or parts that are stored."""
_END = b"\x03\x00"


def hole(name: str) -> str:
    """What stands in a template's context for something filled in later: letters and digits alone."""
    return f"hole{_CHANCE}{name}x"


class Stencil:
    """A rendered page, cut at its holes."""

    __slots__ = ("_packs", "_pieces", "_steady")

    def __init__(self, html: str) -> None:
        # An odd piece is the name of a hole, an even one text.
        self._pieces: tuple[str, ...] = tuple(_HOLE.split(html))
        self._steady = sorted(_STEADY.intersection(self._pieces[1::2]))
        self._packs: Bounded[tuple[int, ...], tuple[_Block, ...]] = Bounded(_LENGTHS)

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The page with these values, which are escaped already. Raises `KeyError` for a hole without one."""
        pieces = list(self._pieces)
        pieces[1::2] = [values[name] for name in pieces[1::2]]
        return "".join(pieces).encode()

    def pack(self, values: Mapping[str, str], filled: bytes) -> bytes:
        """The page filled with these values, as gzip (RFC 1952).

        Texts are compressed once, values stored as they are, in blocks of one DEFLATE stream (RFC 1951).
        """
        lengths = tuple(len(values[name].encode()) for name in self._steady)
        blocks = self._packs.get(lengths)
        if blocks is None:
            blocks = tuple(self._blocks(dict(zip(self._steady, lengths, strict=True))))
            self._packs.put(lengths, blocks)
        parts = [_HEAD]
        for block in blocks:
            if isinstance(block, bytes):
                parts.append(block)
            elif isinstance(block, str):
                parts.append(_packed(values[block]))
            else:
                run = "".join([values[part] if is_hole else part for is_hole, part in block]).encode()
                parts.append(_stored(run))
        parts.append(_END)
        parts.append(zlib.crc32(filled).to_bytes(4, "little"))
        parts.append((len(filled) & 0xFFFFFFFF).to_bytes(4, "little"))
        return b"".join(parts)

    def _blocks(self, lengths: Mapping[str, int]) -> Iterator[_Block]:
        """Compressed texts, and between them runs of holes and short texts that are stored.

        A text may refer back to what stands before it as long as the distance is known: past holes of known
        length, never past another.
        """
        before, run = b"", list[tuple[bool, str]]()
        for number, piece in enumerate(self._pieces):
            text = piece.encode()
            if piece == _PACKED and number % 2:
                yield tuple(run)
                yield piece
                before, run = b"", []
            elif number % 2:
                run.append((True, piece))
                before = before + _NEVER * lengths[piece] if piece in lengths else b""
            elif len(text) <= _SHORT:
                run.append((False, piece))
                before += text
            else:
                yield tuple(run)
                run = []
                packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=before[-_WINDOW:])
                yield packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
                before += text
        yield tuple(run)


@lru_cache(maxsize=_LOGOS)
def _packed(value: str) -> bytes:
    """A value as blocks of their own; what is short is stored."""
    text = value.encode()
    if len(text) <= _SHORT:
        return _stored(text)
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(run: bytes) -> bytes:
    """A block that holds its bytes as they are (RFC 1951, 3.2.4)."""
    return b"\x00" + len(run).to_bytes(2, "little") + (len(run) ^ 0xFFFF).to_bytes(2, "little") + run
