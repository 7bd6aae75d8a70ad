"""Pages rendered and compressed once, with holes where one resident's page differs from the next.

What stands in the holes (entrance, name, colour, token) is read for each request, so a change of the
branding shows at once, and a thousand structures that ask the same questions share one stencil. Compressing
such a page anew took a quarter of the time that the whole page takes.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from itertools import zip_longest
from secrets import token_hex
from typing import TYPE_CHECKING, TypeAlias

from portal.core.memory import Bounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CHANCE = token_hex(12)
"""Nobody outside the process can write a hole into a name or a question."""
_HOLE = re.compile(f"hole{_CHANCE}([a-z]+)x")

_PACKED = "mark"
"""The hole whose value is compressed too, and kept so: a logo is long, and the same on every page."""
_LOGOS = 512
_STEADY = frozenset({"root", "token", "theme"})
"""Holes whose values have the same length on nearly every page."""
_LENGTHS = 32
"""For how many lengths of them a stencil keeps its recipe."""
_LEVEL = 9
_RAW = -15
_WINDOW = 32_768
_SHORT = 16
"""Bytes up to which a text costs less stored than compressed by itself."""
_NEVER = b"\xff"
"""A byte that no UTF-8 text holds: where a hole stands, nothing to come is like it."""
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_END = b"\x03\x00"
_Parts: TypeAlias = "tuple[tuple[bool, str], ...]"
"""Whether each part is a hole, and its name or text."""


def hole(name: str) -> str:
    """What stands in a template's context for something filled in later: letters and digits alone."""
    return f"hole{_CHANCE}{name}x"


class Stencil:
    """A rendered page, cut at its holes."""

    __slots__ = ("_names", "_recipes", "_steady", "_texts")

    def __init__(self, html: str) -> None:
        # An odd piece is the name of a hole, an even one text.
        pieces = _HOLE.split(html)
        self._texts = tuple(text.encode() for text in pieces[::2])
        self._names = tuple(pieces[1::2])
        self._steady = sorted(_STEADY.intersection(self._names))
        self._recipes: Bounded[tuple[int, ...], tuple[list[bytes], tuple[str, ...]]] = Bounded(_LENGTHS)

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The page with these values, which are escaped already. Raises `KeyError` for a hole without one."""
        held = {name: value.encode() for name, value in values.items()}
        return _woven(self._texts, [held[name] for name in self._names])

    def pack(self, values: Mapping[str, str], filled: bytes) -> bytes:
        """The page filled with these values, as gzip (RFC 1952).

        Texts are compressed once, values stored as they are, in blocks of one DEFLATE stream (RFC 1951).
        """
        held = {name: value.encode() for name, value in values.items()}
        lengths = tuple([len(held[name]) for name in self._steady])
        recipe = self._recipes.get(lengths)
        if recipe is None:
            recipe = self._recipe(dict(zip(self._steady, lengths, strict=True)))
            self._recipes.put(lengths, recipe)
        for name in held.keys() - _STEADY:
            held[name] = _packed(values[name]) if name == _PACKED else _stored(held[name])
        texts, names = recipe
        page = _woven(texts, [held[name] for name in names])
        size = len(filled) & 0xFFFFFFFF
        return b"".join((page, zlib.crc32(filled).to_bytes(4, "little"), size.to_bytes(4, "little")))

    def _recipe(self, lengths: Mapping[str, int]) -> tuple[list[bytes], tuple[str, ...]]:
        """All that does not change of the packed page, cut at its holes, and their names.

        A steady hole takes its value as it is; another one a block, which the value is packed in.
        """
        texts, names = [_HEAD], list[str]()
        for block in self._blocks(lengths):
            if isinstance(block, bytes):
                texts[-1] += block
                continue
            if block and all(name in lengths for is_hole, name in block if is_hole):
                texts[-1] += _stored_head(sum(_length(part, lengths) for part in block))
            for is_hole, part in block:
                if is_hole:
                    names.append(part)
                    texts.append(b"")
                else:
                    texts[-1] += part.encode()
        texts[-1] += _END
        return texts, tuple(names)

    def _blocks(self, lengths: Mapping[str, int]) -> Iterator[bytes | _Parts]:
        """Compressed texts, and between them runs of steady holes and short texts, or another hole alone.

        A text may refer back to what stands before it as long as the distance is known: past holes of known
        length, never past another.
        """
        before, run = b"", list[tuple[bool, str]]()
        for text, name in zip_longest(self._texts, self._names):
            if len(text) <= _SHORT:
                run.append((False, text.decode()))
            else:
                yield tuple(run)
                run = []
                packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=before[-_WINDOW:])
                yield packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
            before += text
            if name in lengths:
                run.append((True, name))
                before += _NEVER * lengths[name]
            elif name is not None:
                yield tuple(run)
                yield ((True, name),)
                before, run = b"", []
        yield tuple(run)


def _woven(texts: Sequence[bytes], values: Sequence[bytes]) -> bytes:
    """The texts with a value between each two of them."""
    pieces = [b""] * (len(texts) + len(values))
    pieces[::2], pieces[1::2] = texts, values
    return b"".join(pieces)


def _length(part: tuple[bool, str], lengths: Mapping[str, int]) -> int:
    is_hole, text = part
    return lengths[text] if is_hole else len(text.encode())


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
    return _stored_head(len(run)) + run


def _stored_head(length: int) -> bytes:
    return b"\x00" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little")
