"""The containers of recordings, walked piece by piece: what is not sound is blanked in place, or left out.

Each function takes a file and gives it bare. It raises `ValueError` or `IndexError` for what is no such file,
for one with a moving picture, and for one of more pieces than a minute can have. Formats: RFC 3533, RFC 7845
(Ogg, Opus), RFC 8794, RFC 9559 (EBML, Matroska), ISO/IEC 14496-12 (MP4, 3GP), ID3v2.4, and RIFF.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")
_PIECE = 8
_MOST_PIECES = 20_000
_WAVE_PIECES = (b"fmt ", b"data")
_ID3, _ID3_TRAILER = 10, 128
_MOST_TAGS = 3
_MP3_FRAME = 0xFFE2
_SEVEN_BITS = 7
_PAGE_HEAD = 27


def _few(pieces: Iterable[T]) -> Iterator[T]:
    """The pieces, as long as they are no more than a recording has."""
    for number, piece in enumerate(pieces):
        if number >= _MOST_PIECES:
            raise ValueError("too many pieces")
        yield piece


def bare_wave(raw: bytes) -> bytes:
    """A WAVE file of nothing but its format and its sound."""
    found: dict[bytes, bytes] = {}
    at = 12
    for _ in range(_MOST_PIECES):
        if at + _PIECE > len(raw):
            break
        name, size = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "little")
        if name in _WAVE_PIECES:
            found.setdefault(name, raw[at + _PIECE : at + _PIECE + size])
        at += _PIECE + size + size % 2
    if not all(found.get(name) for name in _WAVE_PIECES):
        raise ValueError("no sound")
    kept = b"".join(
        name + len(found[name]).to_bytes(4, "little") + found[name] + b"\0" * (len(found[name]) % 2)
        for name in _WAVE_PIECES
    )
    return b"RIFF" + (len(kept) + 4).to_bytes(4, "little") + b"WAVE" + kept


def bare_mp3(raw: bytes) -> bytes:
    """The frames of an MP3 file, without the tags before and behind them."""
    for _ in range(_MOST_TAGS):
        if raw[:3] == b"ID3":
            size = sum((byte & 0x7F) << (_SEVEN_BITS * at) for at, byte in enumerate(reversed(raw[6:10])))
            raw = raw[_ID3 + size :]
    if raw[-_ID3_TRAILER:][:3] == b"TAG":
        raw = raw[:-_ID3_TRAILER]
    raw = raw.partition(b"APETAGEX")[0]
    # Eleven bits of a frame's beginning, then two for the version, and layer III.
    if int.from_bytes(raw[:2], "big") & 0xFFE6 != _MP3_FRAME:
        raise ValueError("no frame")
    return raw


# MP4 and 3GP: boxes in boxes.

_HOLDS_BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"}
_TELLS = {b"udta", b"meta", b"uuid", b"free", b"skip", b"wide"}
_DATED = {b"mvhd", b"tkhd", b"mdhd"}
_LONG = 16
_DEEPEST = 8


def bare_mp4(raw: bytes) -> bytes:
    """The file without names, place, device and hours: blanked in place, so that no sound moves."""
    blank = bytearray(raw)
    handlers = set()
    for name, label, begin, end in _few(_boxes(raw, 0, len(raw), depth=0)):
        if name in _TELLS:
            blank[label : label + 4] = b"free"
            blank[begin:end] = bytes(end - begin)
        elif name in _DATED:
            width = 8 if raw[begin] == 1 else 4  # the version says how wide both instants are
            blank[begin + 4 : begin + 4 + 2 * width] = bytes(2 * width)
        elif name == b"hdlr":
            handlers.add(raw[begin + 8 : begin + 12])
            blank[begin + 24 : end] = bytes(max(0, end - begin - 24))
    if b"soun" not in handlers or b"vide" in handlers or len(blank) != len(raw):
        raise ValueError("no sound alone")
    return bytes(blank)


def _boxes(raw: bytes, at: int, end: int, *, depth: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Each box: its name, where the name stands, where its content begins and ends; those inside, too."""
    while at + _PIECE <= end:
        size, name, head = int.from_bytes(raw[at : at + 4], "big"), raw[at + 4 : at + 8], _PIECE
        if size == 1:
            size, head = int.from_bytes(raw[at + 8 : at + _LONG], "big"), _LONG
        if size == 0:
            size = end - at
        if size < head or at + size > end or depth > _DEEPEST:
            raise ValueError("a box that does not fit")
        yield name, at + 4, at + head, at + size
        if name in _HOLDS_BOXES:
            yield from _boxes(raw, at + head, at + size, depth=depth + 1)
        at += size


# Ogg: pages, of which the second packet holds the comments.

_OGG_POLYNOMIAL = 0x04C11DB7
_TAGS = b"OpusTags"
_NO_TAGS = _TAGS + bytes(8)
"""No maker's name and no comment; what follows is padding (RFC 7845, 5.2)."""
_CONTINUED = 1


def bare_ogg(raw: bytes) -> bytes:
    """An Opus file without its comments; the pages that held them get their sum anew.

    The comments end with a page of their own (RFC 7845, 3), so no sound stands beside them.
    """
    pages = [bytearray(page) for page in _pages(raw)]
    if not pages[0][_PAGE_HEAD + pages[0][26] :].startswith(b"OpusHead"):
        raise ValueError("no Opus")
    is_comment = False
    for page in pages[1:]:
        body = _PAGE_HEAD + page[26]
        begins = page[body:].startswith(_TAGS)
        is_comment = begins or (is_comment and bool(page[5] & _CONTINUED))
        if is_comment:
            size = len(page) - body
            page[body:] = (_NO_TAGS if begins else b"").ljust(size, b"\0")[:size]
            page[22:26] = bytes(4)
            page[22:26] = _ogg_sum(bytes(page)).to_bytes(4, "little")
    return b"".join(pages)


def _pages(raw: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(raw):
        if raw[at : at + 4] != b"OggS":
            raise ValueError("no page")
        lengths = raw[at + _PAGE_HEAD : at + _PAGE_HEAD + raw[at + 26]]
        end = at + _PAGE_HEAD + len(lengths) + sum(lengths)
        if end > len(raw):
            raise ValueError("half a page")
        yield raw[at:end]
        at = end


def _ogg_table() -> tuple[int, ...]:
    found = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (_OGG_POLYNOMIAL if value & 0x80000000 else 0)
        found.append(value & 0xFFFFFFFF)
    return tuple(found)


_OGG_TABLE = _ogg_table()


def _ogg_sum(page: bytes) -> int:
    """The sum of a page whose own sum is zero (RFC 3533, section 6)."""
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _OGG_TABLE[(value >> 24) ^ byte]
    return value


# WebM: elements in elements, of which a live recording does not know the length.

_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_TRACK = 0xAE
_TOLD = {0x1254C367, 0x1941A469, 0x1043A770}
"""Tags, attachments, chapters."""
_TOLD_IN_INFO = {0x4461, 0x7BA9, 0x73A4, 0x4D80, 0x5741}
"""Hour, title, number, and both programs."""
_TOLD_IN_TRACK = {0x536E}
_TRACK_KIND, _MOVING = 0x83, 1
_VOID = 0xEC
_OPEN = {_SEGMENT, _CLUSTER, _INFO, _TRACKS, _TRACK}


def bare_matroska(raw: bytes) -> bytes:
    """The file with tags, titles, hours and programs turned into empty elements of the same length."""
    blank, has_sound = bytearray(raw), False
    for name, begin, content, end in _few(_elements(raw, 0, len(raw))):
        if name in _TOLD | _TOLD_IN_INFO | _TOLD_IN_TRACK:
            _void(blank, begin, end)
        elif name == _TRACK_KIND and end - content == 1:
            if raw[content] == _MOVING:
                raise ValueError("a moving picture")
            has_sound = True
    if not has_sound:
        raise ValueError("no sound")
    return bytes(blank)


def _elements(raw: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Each element: its name, where it, its content and what follows begin; those of open ones, too.

    An element of unknown length is entered and ends where the file does: what follows it is met all the same.
    """
    while at < end:
        begin = at
        name, at = _number(raw, at, with_marker=True)
        size, content = _number(raw, at, with_marker=False)
        is_unknown = size < 0
        after = end if is_unknown else content + size
        if after > end:
            raise ValueError("an element that does not fit")
        yield name, begin, content, after
        at = content if name in _OPEN or is_unknown else after


def _number(raw: bytes, at: int, *, with_marker: bool) -> tuple[int, int]:
    """A number of variable length and where it ends; -1 for an unknown size."""
    length = _PIECE + 1 - raw[at].bit_length()
    if length > _PIECE or at + length > len(raw):
        raise ValueError("no number")
    value = int.from_bytes(raw[at : at + length], "big")
    if with_marker:
        return value, at + length
    mask = (1 << (_SEVEN_BITS * length)) - 1
    return (-1 if value & mask == mask else value & mask), at + length


def _void(blank: bytearray, begin: int, end: int) -> None:
    """An element of nothing, as long as the one that stood there."""
    total = end - begin
    width = _PIECE if total > _PIECE else 1
    size = total - 1 - width
    blank[begin:end] = (
        bytes([_VOID]) + (size | 1 << (_SEVEN_BITS * width)).to_bytes(width, "big") + bytes(size)
    )
